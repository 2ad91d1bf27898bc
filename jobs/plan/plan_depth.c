#include "jobs/plan/plan_depth.h"

#include "core/file/votes.h"

#include <stdlib.h>
#include <string.h>

static int allocate(struct plan_depth *depth, int64_t count, struct hrm_error *error)
{
    *depth = (struct plan_depth){.segments = calloc((size_t)count, sizeof *depth->segments),
                                 .count = count};
    return depth->segments
               ? HRM_OK
               : hrm_fail(error, HRM_FAILED, "no memory for the segments of %lld claims",
                          (long long)count);
}

void plan_depth_free(struct plan_depth *depth)
{
    free(depth->segments);
    *depth = (struct plan_depth){0};
}

/// Passes of a puzzle that a claim takes.
static int64_t rows_of(const struct hrm_plan *plan, bool ranges)
{
    return ranges ? (int64_t)plan->checkpoints * plan->perturbations : 1;
}

/// The mean of a pass.
static void sum_up(struct plan_depth *depth, const struct hrm_plan *plan, bool ranges)
{
    double sum = 0;
    for (int64_t i = 0; i < depth->count; i++)
        sum += depth->segments[i];
    depth->pass = sum / ((double)depth->count * (double)rows_of(plan, ranges) * plan->block);
}

int plan_depth_full(struct plan_depth *depth, const struct hrm_plan *plan, bool ranges,
                    struct hrm_error *error)
{
    double block = (double)plan->block * plan->segments;
    int status = plan_depth_blocks(depth, plan, ranges, &block, 1, error);
    depth->measured = false;
    return status;
}

int plan_depth_blocks(struct plan_depth *depth, const struct hrm_plan *plan, bool ranges,
                      const double *segments, int64_t count, struct hrm_error *error)
{
    int status = allocate(depth, count, error);
    for (int64_t i = 0; i < count && status == HRM_OK; i++)
        depth->segments[i] = segments[i] * (double)rows_of(plan, ranges);
    if (status == HRM_OK)
        sum_up(depth, plan, ranges);
    depth->measured = true;
    return status;
}

// --- a votes file --------------------------------------------------------------------------------

struct reading {
    const struct hrm_plan *plan;
    const struct hrm_votes *votes;
    bool ranges;
    int64_t whole; ///< blocks of the plan that a row of the file fills
    void *records; ///< [C,P,piece]
    struct plan_depth *depth;
};

/// Add the passes of a puzzle, of records that begin with puzzle `first` and have `stride` from row
/// to row.
static void add_puzzle(struct reading *reading, int64_t puzzle, int64_t first, int64_t stride)
{
    const struct hrm_plan *had = &reading->votes->plan;
    int64_t rows = rows_of(had, true), range = puzzle / reading->plan->block;
    double sum = 0;
    bool all = true;
    if (range >= reading->whole)
        return;
    for (int64_t row = 0; row < rows; row++) {
        int segments =
            hrm_pass_at(reading->records, reading->votes->record, row * stride + puzzle - first)
                ->segments;
        sum += segments;
        all = all && segments > 0;
        if (!reading->ranges)
            reading->depth->segments[row * reading->whole + range] += segments;
    }
    if (!reading->ranges)
        return;
    double wanted = (double)rows_of(reading->plan, true) / (double)rows;
    reading->depth->segments[range] += all || wanted < 1 ? sum * wanted : sum;
}

static int read_pieces(struct reading *reading, struct hrm_error *error)
{
    const struct hrm_plan *had = &reading->votes->plan;
    for (int64_t first = 0; first < had->puzzles; first += had->block) {
        int64_t left = had->puzzles - first, count = left < had->block ? left : had->block;
        int status = hrm_votes_read_passes(reading->votes, first, count, reading->records, error);
        if (status)
            return status;
        for (int64_t i = 0; i < count; i++)
            add_puzzle(reading, first + i, first, count);
    }
    return HRM_OK;
}

static int check_like(const struct hrm_plan *plan, const struct hrm_votes *votes,
                      struct hrm_error *error)
{
    if (votes->plan.segments < plan->segments) {
        hrm_fail(error, HRM_USAGE, "%s: its passes had up to %d segments, the plan's have %d",
                 votes->path, votes->plan.segments, plan->segments);
        return hrm_hint(error, "give another --like, or --segments %d", votes->plan.segments);
    }
    if (votes->plan.puzzles >= plan->block)
        return HRM_OK;
    hrm_fail(error, HRM_USAGE, "%s: %lld puzzles do not fill a block of %d", votes->path,
             (long long)votes->plan.puzzles, plan->block);
    return hrm_hint(error, "give another --like, or a smaller --block");
}

int plan_depth_like(struct plan_depth *depth, const struct hrm_plan *plan, bool ranges,
                    const char *path, struct hrm_error *error)
{
    struct hrm_votes votes = {0};
    struct reading reading = {.plan = plan, .votes = &votes, .ranges = ranges, .depth = depth};
    int status = hrm_votes_open(&votes, path, H5F_ACC_RDONLY, error);
    if (status == HRM_OK)
        status = check_like(plan, &votes, error);
    if (status)
        goto done;
    int64_t rows = rows_of(&votes.plan, true);
    reading.whole = votes.plan.puzzles / plan->block;
    reading.records = calloc((size_t)(rows * votes.plan.block), votes.record);
    status = allocate(depth, reading.whole * (ranges ? 1 : rows), error);
    if (status == HRM_OK && !reading.records)
        status = hrm_fail(error, HRM_FAILED, "no memory for the passes of a block");
    if (status == HRM_OK)
        status = read_pieces(&reading, error);
    if (status == HRM_OK)
        sum_up(depth, plan, ranges);
    depth->measured = true;
done:
    free(reading.records);
    hrm_votes_close(&votes, NULL);
    return status;
}
