#include "core/file/votes.h"

#include "core/file/h5.h"
#include "core/file/votes_older.h"
#include "core/file/votes_part.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

int hrm_votes_close(struct hrm_votes *votes, struct hrm_error *error)
{
    hid_t *const sets[] = {&votes->passes, &votes->blocks, &votes->question, &votes->answer,
                           &votes->rating};
    for (size_t i = 0; i < sizeof sets / sizeof *sets; i++)
        if (*sets[i] > 0)
            H5Dclose(*sets[i]);
    if (votes->type > 0)
        H5Tclose(votes->type);
    int status = votes->file > 0 ? hrm_h5_close(&votes->file, error) : HRM_OK;
    free(votes->checkpoints);
    free(votes->perturbations);
    *votes = (struct hrm_votes){0};
    return status;
}

// --- passes --------------------------------------------------------------------------------------

/// 0 means "not stored", so a hash of 0 is told as 1.
static uint64_t checksum(const void *records, size_t bytes)
{
    uint64_t hash = XXH3_64bits(records, bytes);
    return hash ? hash : 1;
}

static struct hrm_votes_part records_of(const struct hrm_votes *votes,
                                        const struct hrm_plan_block *block)
{
    return (struct hrm_votes_part){
        .set = votes->passes,
        .type = votes->type,
        .rank = 3,
        .start = {(hsize_t)block->checkpoint, (hsize_t)block->perturbation, (hsize_t)block->first},
        .stride = {1, 1, 1},
        .count = {1, 1, (hsize_t)block->count},
        .block = {1, 1, 1}};
}

/// Checksum of block i of some neighbours whose records begin with `records`.
static uint64_t checksum_of(const struct hrm_votes *votes, const struct hrm_plan_block *blocks,
                            int64_t i, const void *records)
{
    int64_t at = i * votes->plan.block, left = blocks->count - at;
    int64_t count = left < votes->plan.block ? left : votes->plan.block;
    return checksum(hrm_pass_at(records, votes->record, at), (size_t)count * votes->record);
}

int hrm_votes_write_blocks(struct hrm_votes *votes, int64_t index, int64_t count,
                           const void *records, struct hrm_error *error)
{
    uint64_t sums[HRM_PLAN_NEIGHBOURS];
    assert(count <= HRM_PLAN_NEIGHBOURS && votes->version == HRM_VOTES_VERSION);
    struct hrm_plan_block blocks = hrm_plan_blocks_at(&votes->plan, index, count);
    struct hrm_votes_part part = records_of(votes, &blocks);
    struct hrm_votes_part marks = hrm_votes_line(votes->blocks, H5T_NATIVE_UINT64, index, count);
    for (int64_t i = 0; i < count; i++)
        sums[i] = checksum_of(votes, &blocks, i, records);
    int status = hrm_votes_write_part(votes, &part, records, error);
    return status ? status : hrm_votes_write_part(votes, &marks, sums, error);
}

int hrm_votes_read_blocks(const struct hrm_votes *votes, int64_t index, int64_t count,
                          void *records, bool *stored, struct hrm_error *error)
{
    uint64_t sums[HRM_PLAN_NEIGHBOURS];
    assert(count <= HRM_PLAN_NEIGHBOURS && votes->version == HRM_VOTES_VERSION);
    struct hrm_plan_block blocks = hrm_plan_blocks_at(&votes->plan, index, count);
    struct hrm_votes_part part = records_of(votes, &blocks);
    struct hrm_votes_part marks = hrm_votes_line(votes->blocks, H5T_NATIVE_UINT64, index, count);
    bool any = false;
    int status = hrm_votes_read_part(votes, &marks, sums, error);
    for (int64_t i = 0; i < count; i++) {
        stored[i] = status == HRM_OK && sums[i] != 0;
        any = any || stored[i];
    }
    if (status || !any)
        return status;
    status = hrm_votes_read_part(votes, &part, records, error);
    for (int64_t i = 0; i < count; i++)
        stored[i] = stored[i] && checksum_of(votes, &blocks, i, records) == sums[i];
    return status;
}

/// How many puzzles from the beginning have all their passes, by the checksums.
static int count_finished(const struct hrm_votes *votes, int64_t *puzzles, struct hrm_error *error)
{
    const struct hrm_plan *plan = &votes->plan;
    uint64_t *sums = calloc((size_t)plan->ranges, sizeof *sums);
    if (!sums)
        return hrm_fail(error, HRM_FAILED, "no memory for checksums");
    int64_t ranges = plan->ranges;
    int status = HRM_OK;
    for (int64_t first = 0; first < plan->blocks && status == HRM_OK; first += plan->ranges) {
        struct hrm_votes_part marks =
            hrm_votes_line(votes->blocks, H5T_NATIVE_UINT64, first, plan->ranges);
        int64_t stored = 0;
        status = hrm_votes_read_part(votes, &marks, sums, error);
        while (stored < ranges && sums[stored])
            stored++;
        ranges = stored;
    }
    free(sums);
    *puzzles = ranges * plan->block < plan->puzzles ? ranges * plan->block : plan->puzzles;
    return status;
}

/// Say that passes are missing, and what there is.
static int missing(const struct hrm_votes *votes, const char *where, struct hrm_error *error)
{
    int64_t puzzles = 0;
    int status = count_finished(votes, &puzzles, error);
    if (status)
        return status;
    hrm_fail(error, HRM_DATA, "%s: there are no votes yet", where);
    if (puzzles == 0)
        return hrm_hint(error, "run the same hrmpi eval again: it continues");
    return hrm_hint(error,
                    "run the same hrmpi eval again: it continues; or count the puzzles that "
                    "have all their passes: --first %lld",
                    (long long)puzzles);
}

/// Compare what was read, [C,P,count] records of `size` bytes, with the checksums [C*P, ranges] of
/// the file.
static int check_ranges(const struct hrm_votes *votes, const struct hrm_votes_part *part,
                        const unsigned char *records, const uint64_t *sums, struct hrm_error *error)
{
    size_t record = H5Tget_size(votes->type);
    int64_t count = (int64_t)part->count[2], first = (int64_t)part->start[2];
    int64_t ranges = (count - 1) / votes->plan.block + 1;
    int64_t rows = (int64_t)votes->plan.checkpoints * votes->plan.perturbations;
    for (int64_t i = 0; i < rows * ranges; i++) {
        int64_t row = i / ranges, at = i % ranges * votes->plan.block;
        int64_t size = count - at < votes->plan.block ? count - at : votes->plan.block;
        if (sums[i] ==
            checksum(records + (size_t)(row * count + at) * record, (size_t)size * record))
            continue;
        char where[HRM_PATH + 96];
        snprintf(where, sizeof where, "%s: checkpoint %d, perturbation %d, puzzles %lld to %lld",
                 votes->path, (int)(row / votes->plan.perturbations),
                 (int)(row % votes->plan.perturbations), (long long)(first + at),
                 (long long)(first + at + size - 1));
        if (!sums[i])
            return missing(votes, where, error);
        hrm_fail(error, HRM_DATA, "%s: the votes are damaged", where);
        return hrm_hint(error, "run hrmpi eval again with --overwrite");
    }
    return HRM_OK;
}

/// Read the records of the file. @param records [out] [C,P,count]
static int read_records(const struct hrm_votes *votes, int64_t first, int64_t count, void *records,
                        struct hrm_error *error)
{
    const struct hrm_plan *plan = &votes->plan;
    int64_t ranges = (count - 1) / plan->block + 1;
    int64_t rows = (int64_t)plan->checkpoints * plan->perturbations;
    uint64_t *sums = calloc((size_t)(rows * ranges), sizeof *sums);
    if (!sums)
        return hrm_fail(error, HRM_FAILED, "no memory for checksums");
    struct hrm_plan_block block = {.first = first, .count = (int)count};
    struct hrm_votes_part part = records_of(votes, &block);
    part.count[0] = (hsize_t)plan->checkpoints;
    part.count[1] = (hsize_t)plan->perturbations;
    // The blocks of a checkpoint and perturbation are neighbours, plan->ranges of them.
    struct hrm_votes_part marks =
        hrm_votes_line(votes->blocks, H5T_NATIVE_UINT64, first / plan->block, rows);
    marks.stride[0] = (hsize_t)plan->ranges;
    marks.block[0] = (hsize_t)ranges;
    int status = hrm_votes_read_part(votes, &marks, sums, error);
    if (status == HRM_OK)
        status = hrm_votes_read_part(votes, &part, records, error);
    if (status == HRM_OK)
        status = check_ranges(votes, &part, records, sums, error);
    free(sums);
    return status;
}

int hrm_votes_read_passes(const struct hrm_votes *votes, int64_t first, int64_t count,
                          void *records, struct hrm_error *error)
{
    const struct hrm_plan *plan = &votes->plan;
    int64_t rows = (int64_t)plan->checkpoints * plan->perturbations;
    assert(first % plan->block == 0 && first + count <= plan->puzzles);
    assert(count % plan->block == 0 || first + count == plan->puzzles);
    if (votes->version == HRM_VOTES_VERSION)
        return read_records(votes, first, count, records, error);
    struct hrm_votes_older *older = calloc((size_t)(rows * count), sizeof *older);
    if (!older)
        return hrm_fail(error, HRM_FAILED, "no memory for %lld passes", (long long)(rows * count));
    int status = read_records(votes, first, count, older, error);
    if (status == HRM_OK)
        status = hrm_votes_older_convert(votes, first, count, older, records, error);
    free(older);
    return status;
}
