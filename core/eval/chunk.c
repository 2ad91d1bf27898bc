#include "core/eval/chunk.h"

#include "core/vote/prune.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
    PUZZLES = 128,  ///< of a claim: many, so that the slots are seldom empty before its end
    RECORDS = 65536 ///< of a claim, at most, where one block has fewer
};

#define SLOW 0.25 ///< seconds of a segment

/// How far a puzzle is.
struct hrm_chunk_state {
    int begin, end; ///< rows of this round; all before were run
    bool decided;   ///< rows from `end` on are left out
};

static double seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

// --- memory --------------------------------------------------------------------------------------

static int rows_of(const struct hrm_plan *plan, enum hrm_rule prune)
{
    return prune == HRM_RULES ? 1 : plan->checkpoints * plan->perturbations;
}

int64_t hrm_chunk_most(const struct hrm_plan *plan, enum hrm_rule prune)
{
    int rows = rows_of(plan, prune);
    int puzzles = RECORDS / rows < PUZZLES ? RECORDS / rows : PUZZLES;
    return puzzles < plan->block ? 1 : puzzles / plan->block;
}

int hrm_chunk_init(struct hrm_chunk *chunk, const struct hrm_chunk_work *work,
                   struct hrm_error *error)
{
    const struct hrm_model *model = &work->models[0];
    const struct hrm_plan *plan = work->plan;
    *chunk =
        (struct hrm_chunk){.work = work, .record = hrm_pass_bytes(work->task->shape.answer_bytes)};
    chunk->rows = rows_of(plan, work->prune);
    chunk->puzzles = (int)hrm_chunk_most(plan, work->prune) * plan->block;
    size_t rows = (size_t)chunk->rows, puzzles = (size_t)chunk->puzzles;
    chunk->items = calloc(puzzles, (size_t)work->task->shape.item_bytes);
    chunk->perturbation = calloc(rows, sizeof *chunk->perturbation);
    chunk->checkpoint = calloc(rows, sizeof *chunk->checkpoint);
    chunk->passes = calloc(rows * puzzles, chunk->record);
    chunk->stored = calloc(rows, HRM_PLAN_NEIGHBOURS * sizeof *chunk->stored);
    chunk->written = calloc(rows, HRM_PLAN_NEIGHBOURS * sizeof *chunk->written);
    chunk->kept = calloc(rows, sizeof *chunk->kept);
    chunk->state = calloc(puzzles, sizeof *chunk->state);
    chunk->jobs = calloc(rows * puzzles, sizeof *chunk->jobs);
    chunk->index = calloc(rows, sizeof *chunk->index);
    if (!chunk->items || !chunk->perturbation || !chunk->checkpoint || !chunk->passes ||
        !chunk->stored || !chunk->written || !chunk->kept || !chunk->state || !chunk->jobs ||
        !chunk->index)
        return hrm_fail(error, HRM_FAILED, "no memory for %d passes of %d puzzles", chunk->rows,
                        chunk->puzzles);
    for (int t = 0; t < chunk->rows; t++)
        chunk->index[t] = t;
    int status = hrm_ballot_init(&chunk->ballot, chunk->rows, error);
    if (status)
        return status;
    int slots = hrm_runner_slots(model, chunk->rows * chunk->puzzles);
    return hrm_runner_init(&chunk->runner, work->task, model, slots, error);
}

void hrm_chunk_free(struct hrm_chunk *chunk)
{
    hrm_runner_free(&chunk->runner);
    hrm_ballot_free(&chunk->ballot);
    free(chunk->items);
    free(chunk->perturbation);
    free(chunk->checkpoint);
    free(chunk->passes);
    free(chunk->stored);
    free(chunk->written);
    free(chunk->kept);
    free(chunk->state);
    free(chunk->jobs);
    free(chunk->index);
}

// --- the file ------------------------------------------------------------------------------------

static struct hrm_pass *pass_at(const struct hrm_chunk *chunk, int t, int i)
{
    return hrm_pass_at(chunk->passes, chunk->record, (int64_t)t * chunk->puzzles + i);
}

static bool *stored_at(const struct hrm_chunk *chunk, int t, int i)
{
    int block = i / chunk->work->plan->block;
    return &chunk->stored[(size_t)t * HRM_PLAN_NEIGHBOURS + (size_t)block];
}

static bool *written_at(const struct hrm_chunk *chunk, int t, int64_t b)
{
    return &chunk->written[t * HRM_PLAN_NEIGHBOURS + b];
}

/// Index of the first block of a row.
static int64_t block_of(const struct hrm_chunk *chunk, int t)
{
    const struct hrm_plan *plan = chunk->work->plan;
    int64_t perturbation = (chunk->first + t) % plan->perturbations;
    int64_t row = (int64_t)chunk->checkpoint[t] * plan->perturbations + perturbation;
    return row * plan->ranges + chunk->range;
}

/// Read what an earlier run has stored of a row.
static int recall(struct hrm_chunk *chunk, int t, struct hrm_error *error)
{
    const struct hrm_chunk_store *store = &chunk->work->store;
    bool *stored = stored_at(chunk, t, 0);
    int status = store->get(store->user, block_of(chunk, t), chunk->ranges, pass_at(chunk, t, 0),
                            stored, error);
    for (int i = 0; i < chunk->count; i++)
        if (!*stored_at(chunk, t, i))
            memset(pass_at(chunk, t, i), 0, chunk->record);
    chunk->kept[t] = true;
    memcpy(written_at(chunk, t, 0), stored, (size_t)chunk->ranges * sizeof *stored);
    for (int64_t b = 0; b < chunk->ranges; b++) {
        chunk->kept[t] = chunk->kept[t] && stored[b];
        chunk->result.skipped += stored[b];
    }
    int skipped = 0;
    for (int i = 0; i < chunk->count; i++)
        skipped += *stored_at(chunk, t, i);
    atomic_fetch_add(&chunk->skipped, skipped);
    return status;
}

/// Whether every puzzle of block b has run pass t or does without.
static bool is_complete(const struct hrm_chunk *chunk, int t, int64_t b)
{
    int size = chunk->work->plan->block, first = (int)b * size;
    for (int i = first; i < first + size && i < chunk->count; i++) {
        const struct hrm_chunk_state *state = &chunk->state[i];
        bool left_out = state->decided && t >= state->end;
        if (pass_at(chunk, t, i)->segments == 0 && !left_out)
            return false;
    }
    return true;
}

/// How many blocks of row t, from block b on, can be stored and are not.
static int64_t count_new(const struct hrm_chunk *chunk, int t, int64_t b)
{
    int64_t count = 0;
    while (b + count < chunk->ranges && !*written_at(chunk, t, b + count) &&
           is_complete(chunk, t, b + count))
        count++;
    return count;
}

/// Store blocks b .. b+count-1 of row t.
static int put(struct hrm_chunk *chunk, int t, int64_t b, int64_t count, struct hrm_error *error)
{
    const struct hrm_chunk_work *work = chunk->work;
    int size = work->plan->block, first = (int)b * size;
    int status = work->store.put(work->store.user, block_of(chunk, t) + b, count,
                                 pass_at(chunk, t, first), error);
    chunk->result.blocks += count;
    for (int64_t k = b; k < b + count; k++)
        *written_at(chunk, t, k) = true;
    for (int i = first; i < first + (int)count * size && i < chunk->count; i++)
        chunk->result.passes += pass_at(chunk, t, i)->segments > 0;
    return status;
}

static bool is_whole(const struct hrm_chunk *chunk, int t)
{
    int64_t b = 0;
    while (b < chunk->ranges && is_complete(chunk, t, b))
        b++;
    return b == chunk->ranges;
}

/// Store the rows that are complete; with `parts` also those blocks of the others that are.
static int keep(struct hrm_chunk *chunk, bool parts, struct hrm_error *error)
{
    const struct hrm_chunk_work *work = chunk->work;
    int status = HRM_OK;
    int64_t before = chunk->result.blocks, count = 0;
    double begin = seconds();
    for (int t = 0; t < chunk->rows && status == HRM_OK; t++) {
        if (chunk->kept[t])
            continue;
        chunk->kept[t] = is_whole(chunk, t);
        if (!chunk->kept[t] && !parts)
            continue;
        for (int64_t b = 0; b < chunk->ranges && status == HRM_OK; b += count + !count) {
            count = count_new(chunk, t, b);
            status = count > 0 ? put(chunk, t, b, count, error) : HRM_OK;
        }
    }
    chunk->stored_when = seconds();
    chunk->result.storage += chunk->stored_when - begin;
    if (status == HRM_OK && work->stored && chunk->result.blocks > before)
        work->stored(work->user, chunk->result.blocks - before);
    return status;
}

/// Between segments: a process that is told to end may have no time for another one as slow.
static void keep_now_and_then(void *user)
{
    struct hrm_chunk *chunk = user;
    double now = seconds(), taken = now - chunk->seen;
    chunk->seen = now;
    if (taken < SLOW && now - chunk->stored_when < chunk->work->patience)
        return;
    if (chunk->failure.status == HRM_OK)
        keep(chunk, true, &chunk->failure);
    chunk->seen = seconds();
    chunk->result.busy -= chunk->seen - now;
}

/// Take up the work on some ranges.
static int open_chunk(struct hrm_chunk *chunk, struct hrm_error *error)
{
    const struct hrm_chunk_work *work = chunk->work;
    const struct hrm_plan *plan = work->plan;
    double begin = seconds();
    chunk->stored_when = begin;
    struct hrm_plan_block puzzles = hrm_plan_blocks_at(plan, chunk->range, chunk->ranges);
    chunk->begin = puzzles.first;
    chunk->count = puzzles.count;
    assert(chunk->count <= chunk->puzzles && chunk->first + chunk->rows <= plan->blocks);
    memset(chunk->state, 0, (size_t)chunk->count * sizeof *chunk->state);
    int status = work->store.puzzles(work->store.user, &puzzles, chunk->items, error);
    for (int t = 0; t < chunk->rows && status == HRM_OK; t++) {
        int64_t pass = chunk->first + t;
        chunk->checkpoint[t] = work->newest[pass / plan->perturbations];
        chunk->perturbation[t] =
            hrm_perturbations_make(work->perturbations, pass % plan->perturbations);
        status = recall(chunk, t, error);
    }
    chunk->result.storage += seconds() - begin;
    return status;
}

// --- rounds --------------------------------------------------------------------------------------

/// Passes that puzzle i needs at the least after its first `end`.
static int needed(struct hrm_chunk *chunk, int i)
{
    enum hrm_rule rule = chunk->work->prune;
    int run = chunk->state[i].end, zero = 0;
    struct hrm_passes passes = {pass_at(chunk, 0, i), chunk->record, chunk->rows, 1,
                                chunk->puzzles};
    struct hrm_selection before = {.checkpoints = run,
                                   .perturbations = 1,
                                   .passes = run,
                                   .checkpoint = chunk->index,
                                   .perturbation = &zero};
    if (rule != HRM_RULES)
        hrm_ballot_fill(&chunk->ballot, &passes, &before);
    return hrm_prune_needed(&chunk->ballot, rule, chunk->rows - run);
}

/// Decide what each puzzle runs next. False when none needs anything.
static bool begin_round(struct hrm_chunk *chunk)
{
    bool left = false;
    int64_t done = chunk->before;
    for (int i = 0; i < chunk->count; i++) {
        struct hrm_chunk_state *state = &chunk->state[i];
        int more = state->decided ? 0 : needed(chunk, i);
        state->decided = more == 0;
        state->begin = state->end;
        state->end += more;
        left = left || more > 0;
        done += state->decided ? chunk->rows : state->begin;
    }
    atomic_store(&chunk->done, done);
    return left;
}

/// List what is to be run of the round, of one checkpoint, with or without noise.
static int list_jobs(struct hrm_chunk *chunk, int checkpoint, bool noise)
{
    int count = 0;
    for (int i = 0; i < chunk->count; i++) {
        const struct hrm_chunk_state *state = &chunk->state[i];
        const void *item = chunk->items + (size_t)i * (size_t)chunk->work->task->shape.item_bytes;
        for (int t = state->begin; t < state->end; t++) {
            const struct hrm_perturbation *perturbation = &chunk->perturbation[t];
            if (chunk->checkpoint[t] == checkpoint && (perturbation->noise > 0) == noise &&
                !*stored_at(chunk, t, i))
                chunk->jobs[count++] = (struct hrm_runner_job){
                    perturbation, item, false, chunk->begin + i, pass_at(chunk, t, i)};
        }
    }
    return count;
}

static int run_jobs(struct hrm_chunk *chunk, int checkpoint, int count, struct hrm_error *error)
{
    const struct hrm_chunk_work *work = chunk->work;
    struct hrm_runner_work passes = {.model = &work->models[checkpoint],
                                     .seed = work->seed,
                                     .segments = work->plan->segments,
                                     .leave = work->leave,
                                     .settled = work->settled,
                                     .jobs = chunk->jobs,
                                     .count = count,
                                     .cancel = work->cancel,
                                     .after = keep_now_and_then,
                                     .user = chunk};
    double begin = seconds();
    chunk->seen = begin;
    int status = hrm_runner_run(&chunk->runner, &passes, error);
    chunk->result.busy += seconds() - begin;
    struct hrm_error unstored = chunk->failure;
    if (status == HRM_STOPPED && unstored.status == HRM_OK)
        keep(chunk, true, &unstored);
    if (unstored.status) {
        *error = unstored;
        return unstored.status;
    }
    return status ? status : keep(chunk, false, error);
}

static int run_round(struct hrm_chunk *chunk, struct hrm_error *error)
{
    int status = HRM_OK;
    for (int i = 0; i < 2 * chunk->work->plan->checkpoints && status == HRM_OK; i++) {
        int count = list_jobs(chunk, i / 2, i % 2);
        if (count > 0)
            status = run_jobs(chunk, i / 2, count, error);
    }
    return status;
}

int hrm_chunk_run(struct hrm_chunk *chunk, int row, int64_t range, int64_t ranges,
                  struct hrm_error *error)
{
    chunk->first = row;
    chunk->range = range;
    chunk->ranges = ranges;
    int status = open_chunk(chunk, error);
    while (status == HRM_OK && begin_round(chunk))
        status = run_round(chunk, error);
    if (status == HRM_OK)
        status = keep(chunk, false, error);
    chunk->before += (int64_t)chunk->rows * chunk->count;
    chunk->result.segments = chunk->runner.segments;
    return status;
}
