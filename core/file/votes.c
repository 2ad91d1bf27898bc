#include "core/file/votes.h"

#include "core/file/h5.h"
#include "core/file/votes_older.h"
#include "core/sudoku/puzzle_hash.h"

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

// --- parts of datasets ---------------------------------------------------------------------------

/// A part of a dataset, contiguous in memory.
struct part {
    hid_t set;
    hid_t type;
    int rank;
    hsize_t start[3], stride[3], count[3], block[3];
};

static int select_part(const struct part *part, hid_t *memory, hid_t *file)
{
    hsize_t size[3];
    for (int i = 0; i < part->rank; i++)
        size[i] = part->count[i] * part->block[i];
    *memory = H5Screate_simple(part->rank, size, NULL);
    *file = H5Dget_space(part->set);
    return H5Sselect_hyperslab(*file, H5S_SELECT_SET, part->start, part->stride, part->count,
                               part->block);
}

static int read_part(const struct hrm_votes *votes, const struct part *part, void *values,
                     struct hrm_error *error)
{
    hid_t memory = -1, file = -1;
    herr_t result = select_part(part, &memory, &file);
    if (result >= 0)
        result = H5Dread(part->set, part->type, memory, file, H5P_DEFAULT, values);
    H5Sclose(memory);
    H5Sclose(file);
    if (result >= 0)
        return HRM_OK;
    HRM_H5_FAIL(error, HRM_DATA, "%s: cannot read", votes->path);
    return hrm_hint(error, "the file is damaged: run hrmpi eval again with --overwrite");
}

static int write_part(const struct hrm_votes *votes, const struct part *part, const void *values,
                      struct hrm_error *error)
{
    hid_t memory = -1, file = -1;
    herr_t result = select_part(part, &memory, &file);
    if (result >= 0)
        result = H5Dwrite(part->set, part->type, memory, file, H5P_DEFAULT, values);
    H5Sclose(memory);
    H5Sclose(file);
    if (result >= 0)
        return HRM_OK;
    HRM_H5_FAIL(error, HRM_FAILED, "%s: cannot write", votes->path);
    return hrm_hint(error, HRM_H5_SPACE);
}

/// `count` elements of a one-dimensional dataset.
static struct part line(hid_t set, hid_t type, int64_t first, int64_t count)
{
    return (struct part){.set = set,
                         .type = type,
                         .rank = 1,
                         .start = {(hsize_t)first},
                         .stride = {1},
                         .count = {(hsize_t)count},
                         .block = {1}};
}

// --- puzzles -------------------------------------------------------------------------------------

static struct part boards(hid_t set, int64_t first, int64_t count)
{
    return (struct part){.set = set,
                         .type = H5T_NATIVE_UINT8,
                         .rank = 2,
                         .start = {(hsize_t)first, 0},
                         .stride = {1, 1},
                         .count = {(hsize_t)count, HRM_CELLS},
                         .block = {1, 1}};
}

int hrm_votes_puzzles_init(struct hrm_votes_puzzles *puzzles, int64_t count,
                           struct hrm_error *error)
{
    size_t n = (size_t)count;
    *puzzles = (struct hrm_votes_puzzles){calloc(n, sizeof *puzzles->questions),
                                          calloc(n, sizeof *puzzles->answers),
                                          calloc(n, sizeof *puzzles->ratings)};
    if (puzzles->questions && puzzles->answers && puzzles->ratings)
        return HRM_OK;
    return hrm_fail(error, HRM_FAILED, "no memory for %lld puzzles", (long long)count);
}

void hrm_votes_puzzles_free(struct hrm_votes_puzzles *puzzles)
{
    free(puzzles->questions);
    free(puzzles->answers);
    free(puzzles->ratings);
    *puzzles = (struct hrm_votes_puzzles){0};
}

int hrm_votes_write_puzzles(struct hrm_votes *votes, int64_t first, int64_t count,
                            const struct hrm_votes_puzzles *puzzles, struct hrm_error *error)
{
    struct part question = boards(votes->question, first, count);
    struct part answer = boards(votes->answer, first, count);
    struct part rating = line(votes->rating, H5T_NATIVE_INT32, first, count);
    int status = write_part(votes, &question, puzzles->questions, error);
    if (status == HRM_OK)
        status = write_part(votes, &answer, puzzles->answers, error);
    return status ? status : write_part(votes, &rating, puzzles->ratings, error);
}

/// The first puzzle of some boards with a cell that is no digit; `count` when there is none.
static int64_t find_bad(const struct hrm_board *boards, int64_t count)
{
    const uint8_t *cells = boards->cell;
    int64_t i = 0;
    while (i < count * HRM_CELLS && cells[i] <= 9)
        i++;
    return i / HRM_CELLS;
}

static int check_puzzles(const struct hrm_votes *votes, int64_t first, int64_t count,
                         const struct hrm_votes_puzzles *puzzles, struct hrm_error *error)
{
    int64_t bad = find_bad(puzzles->questions, find_bad(puzzles->answers, count));
    if (bad == count)
        return HRM_OK;
    hrm_fail(error, HRM_DATA, "%s: puzzle %lld has a cell above 9", votes->path,
             (long long)(first + bad));
    return hrm_hint(error, "the file was changed by another program: run hrmpi eval again with "
                           "--overwrite");
}

int hrm_votes_read_puzzles(const struct hrm_votes *votes, int64_t first, int64_t count,
                           const struct hrm_votes_puzzles *puzzles, struct hrm_error *error)
{
    assert(first >= 0 && count > 0 && first + count <= votes->plan.puzzles);
    struct part question = boards(votes->question, first, count);
    struct part answer = boards(votes->answer, first, count);
    struct part rating = line(votes->rating, H5T_NATIVE_INT32, first, count);
    int status = read_part(votes, &question, puzzles->questions, error);
    if (status == HRM_OK)
        status = read_part(votes, &answer, puzzles->answers, error);
    if (status == HRM_OK)
        status = read_part(votes, &rating, puzzles->ratings, error);
    return status ? status : check_puzzles(votes, first, count, puzzles, error);
}

int hrm_votes_hash(const struct hrm_votes *votes, uint64_t *hash, struct hrm_error *error)
{
    enum { PIECE = 4096 };
    struct hrm_votes_puzzles piece = {0};
    struct hrm_puzzle_hash sum = {0};
    int64_t left = votes->plan.puzzles;
    int status = hrm_puzzle_hash_open(&sum, error);
    if (status == HRM_OK)
        status = hrm_votes_puzzles_init(&piece, PIECE, error);
    while (status == HRM_OK && left > 0) {
        int64_t count = left < PIECE ? left : PIECE;
        status = hrm_votes_read_puzzles(votes, votes->plan.puzzles - left, count, &piece, error);
        for (int64_t i = 0; i < count && status == HRM_OK; i++)
            hrm_puzzle_hash_add(&sum, &piece.questions[i], &piece.answers[i]);
        left -= count;
    }
    if (status == HRM_OK)
        *hash = hrm_puzzle_hash_value(&sum);
    hrm_puzzle_hash_close(&sum);
    hrm_votes_puzzles_free(&piece);
    return status;
}

// --- passes --------------------------------------------------------------------------------------

/// 0 means "not stored", so a hash of 0 is told as 1.
static uint64_t checksum(const void *records, size_t bytes)
{
    uint64_t hash = XXH3_64bits(records, bytes);
    return hash ? hash : 1;
}

static struct part records_of(const struct hrm_votes *votes, const struct hrm_plan_block *block)
{
    return (struct part){
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
    uint64_t sums[HRM_VOTES_NEIGHBOURS];
    assert(count <= HRM_VOTES_NEIGHBOURS && votes->version == HRM_VOTES_VERSION);
    struct hrm_plan_block blocks = hrm_plan_blocks_at(&votes->plan, index, count);
    struct part part = records_of(votes, &blocks);
    struct part marks = line(votes->blocks, H5T_NATIVE_UINT64, index, count);
    for (int64_t i = 0; i < count; i++)
        sums[i] = checksum_of(votes, &blocks, i, records);
    int status = write_part(votes, &part, records, error);
    return status ? status : write_part(votes, &marks, sums, error);
}

int hrm_votes_read_blocks(const struct hrm_votes *votes, int64_t index, int64_t count,
                          void *records, bool *stored, struct hrm_error *error)
{
    uint64_t sums[HRM_VOTES_NEIGHBOURS];
    assert(count <= HRM_VOTES_NEIGHBOURS && votes->version == HRM_VOTES_VERSION);
    struct hrm_plan_block blocks = hrm_plan_blocks_at(&votes->plan, index, count);
    struct part part = records_of(votes, &blocks);
    struct part marks = line(votes->blocks, H5T_NATIVE_UINT64, index, count);
    bool any = false;
    int status = read_part(votes, &marks, sums, error);
    for (int64_t i = 0; i < count; i++) {
        stored[i] = status == HRM_OK && sums[i] != 0;
        any = any || stored[i];
    }
    if (status || !any)
        return status;
    status = read_part(votes, &part, records, error);
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
        struct part marks = line(votes->blocks, H5T_NATIVE_UINT64, first, plan->ranges);
        int64_t stored = 0;
        status = read_part(votes, &marks, sums, error);
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
static int check_ranges(const struct hrm_votes *votes, const struct part *part,
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
    struct part part = records_of(votes, &block);
    part.count[0] = (hsize_t)plan->checkpoints;
    part.count[1] = (hsize_t)plan->perturbations;
    // The blocks of a checkpoint and perturbation are neighbours, plan->ranges of them.
    struct part marks = line(votes->blocks, H5T_NATIVE_UINT64, first / plan->block, rows);
    marks.stride[0] = (hsize_t)plan->ranges;
    marks.block[0] = (hsize_t)ranges;
    int status = read_part(votes, &marks, sums, error);
    if (status == HRM_OK)
        status = read_part(votes, &part, records, error);
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
