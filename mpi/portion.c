#include "mpi/portion.h"

#include "core/task/sudoku.h"
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
struct hrm_portion_state {
    int begin, end; ///< rows of this round; all before were run
    bool decided;   ///< rows from `end` on are left out
};

static double seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static const struct hrm_plan *plan_of(const struct hrm_evaluation *evaluation)
{
    return &evaluation->store->votes.plan;
}

static size_t item_bytes(const struct hrm_evaluation *evaluation)
{
    return (size_t)evaluation->store->votes.task.shape.item_bytes;
}

// --- memory --------------------------------------------------------------------------------------

static int rows_of(const struct hrm_plan *plan, enum hrm_rule prune)
{
    return prune == HRM_RULES ? 1 : plan->checkpoints * plan->perturbations;
}

int64_t hrm_portion_most(const struct hrm_plan *plan, enum hrm_rule prune)
{
    int rows = rows_of(plan, prune);
    int puzzles = RECORDS / rows < PUZZLES ? RECORDS / rows : PUZZLES;
    return puzzles < plan->block ? 1 : puzzles / plan->block;
}

int hrm_portion_init(struct hrm_portion *portion, const struct hrm_evaluation *evaluation,
                     const atomic_bool *cancel, struct hrm_error *error)
{
    const struct hrm_model *model = &evaluation->weights->models[0];
    *portion = (struct hrm_portion){.evaluation = evaluation, .cancel = cancel};
    const struct hrm_plan *plan = plan_of(evaluation);
    portion->rows = rows_of(plan, evaluation->prune);
    portion->puzzles = (int)hrm_portion_most(plan, evaluation->prune) * plan->block;
    size_t rows = (size_t)portion->rows, puzzles = (size_t)portion->puzzles;
    portion->items = calloc(puzzles, item_bytes(evaluation));
    portion->perturbation = calloc(rows, sizeof *portion->perturbation);
    portion->checkpoint = calloc(rows, sizeof *portion->checkpoint);
    portion->passes = calloc(rows * puzzles, evaluation->store->votes.record);
    portion->stored = calloc(rows, HRM_VOTES_NEIGHBOURS * sizeof *portion->stored);
    portion->written = calloc(rows, HRM_VOTES_NEIGHBOURS * sizeof *portion->written);
    portion->kept = calloc(rows, sizeof *portion->kept);
    portion->state = calloc(puzzles, sizeof *portion->state);
    portion->jobs = calloc(rows * puzzles, sizeof *portion->jobs);
    portion->index = calloc(rows, sizeof *portion->index);
    if (!portion->items || !portion->perturbation || !portion->checkpoint || !portion->passes ||
        !portion->stored || !portion->written || !portion->kept || !portion->state ||
        !portion->jobs || !portion->index)
        return hrm_fail(error, HRM_FAILED, "no memory for %d passes of %d puzzles", portion->rows,
                        portion->puzzles);
    for (int t = 0; t < portion->rows; t++)
        portion->index[t] = t;
    int status = hrm_ballot_init(&portion->ballot, portion->rows, error);
    if (status)
        return status;
    int slots = hrm_runner_slots(model, portion->rows * portion->puzzles);
    return hrm_runner_init(&portion->runner, model, slots, error);
}

void hrm_portion_free(struct hrm_portion *portion)
{
    hrm_runner_free(&portion->runner);
    hrm_ballot_free(&portion->ballot);
    free(portion->items);
    free(portion->perturbation);
    free(portion->checkpoint);
    free(portion->passes);
    free(portion->stored);
    free(portion->written);
    free(portion->kept);
    free(portion->state);
    free(portion->jobs);
    free(portion->index);
}

// --- the file ------------------------------------------------------------------------------------

static size_t record_of(const struct hrm_portion *portion)
{
    return portion->evaluation->store->votes.record;
}

static struct hrm_pass *pass_at(const struct hrm_portion *portion, int t, int i)
{
    return hrm_pass_at(portion->passes, record_of(portion), (int64_t)t * portion->puzzles + i);
}

static bool *stored_at(const struct hrm_portion *portion, int t, int i)
{
    int block = i / plan_of(portion->evaluation)->block;
    return &portion->stored[(size_t)t * HRM_VOTES_NEIGHBOURS + (size_t)block];
}

static bool *written_at(const struct hrm_portion *portion, int t, int64_t b)
{
    return &portion->written[t * HRM_VOTES_NEIGHBOURS + b];
}

/// Index of the first block of a row.
static int64_t block_of(const struct hrm_portion *portion, int t)
{
    const struct hrm_plan *plan = plan_of(portion->evaluation);
    int64_t perturbation = (portion->first + t) % plan->perturbations;
    int64_t row = (int64_t)portion->checkpoint[t] * plan->perturbations + perturbation;
    return row * plan->ranges + portion->range;
}

/// Read what an earlier run has stored of a row.
static int recall(struct hrm_portion *portion, int t, struct hrm_error *error)
{
    struct hrm_store *store = portion->evaluation->store;
    bool *stored = stored_at(portion, t, 0);
    int status = hrm_store_get(store, block_of(portion, t), portion->ranges, pass_at(portion, t, 0),
                               stored, error);
    for (int i = 0; i < portion->count; i++)
        if (!*stored_at(portion, t, i))
            memset(pass_at(portion, t, i), 0, record_of(portion));
    portion->kept[t] = true;
    memcpy(written_at(portion, t, 0), stored, (size_t)portion->ranges * sizeof *stored);
    for (int64_t b = 0; b < portion->ranges; b++) {
        portion->kept[t] = portion->kept[t] && stored[b];
        portion->result.skipped += stored[b];
    }
    int skipped = 0;
    for (int i = 0; i < portion->count; i++)
        skipped += *stored_at(portion, t, i);
    atomic_fetch_add(&portion->skipped, skipped);
    return status;
}

/// Whether every puzzle of block b has run pass t or does without.
static bool is_complete(const struct hrm_portion *portion, int t, int64_t b)
{
    int size = plan_of(portion->evaluation)->block, first = (int)b * size;
    for (int i = first; i < first + size && i < portion->count; i++) {
        const struct hrm_portion_state *state = &portion->state[i];
        bool left_out = state->decided && t >= state->end;
        if (pass_at(portion, t, i)->segments == 0 && !left_out)
            return false;
    }
    return true;
}

/// How many blocks of row t, from block b on, can be stored and are not.
static int64_t count_new(const struct hrm_portion *portion, int t, int64_t b)
{
    int64_t count = 0;
    while (b + count < portion->ranges && !*written_at(portion, t, b + count) &&
           is_complete(portion, t, b + count))
        count++;
    return count;
}

/// Store blocks b .. b+count-1 of row t.
static int put(struct hrm_portion *portion, int t, int64_t b, int64_t count,
               struct hrm_error *error)
{
    const struct hrm_evaluation *evaluation = portion->evaluation;
    int size = plan_of(evaluation)->block, first = (int)b * size;
    int status = hrm_store_put(evaluation->store, block_of(portion, t) + b, count,
                               pass_at(portion, t, first), error);
    portion->result.blocks += count;
    for (int64_t k = b; k < b + count; k++)
        *written_at(portion, t, k) = true;
    for (int i = first; i < first + (int)count * size && i < portion->count; i++)
        portion->result.passes += pass_at(portion, t, i)->segments > 0;
    return status;
}

static bool is_whole(const struct hrm_portion *portion, int t)
{
    int64_t b = 0;
    while (b < portion->ranges && is_complete(portion, t, b))
        b++;
    return b == portion->ranges;
}

/// Store the rows that are complete; with `parts` also those blocks of the others that are.
static int keep(struct hrm_portion *portion, bool parts, struct hrm_error *error)
{
    const struct hrm_evaluation *evaluation = portion->evaluation;
    int status = HRM_OK;
    int64_t before = portion->result.blocks, count = 0;
    double begin = seconds();
    for (int t = 0; t < portion->rows && status == HRM_OK; t++) {
        if (portion->kept[t])
            continue;
        portion->kept[t] = is_whole(portion, t);
        if (!portion->kept[t] && !parts)
            continue;
        for (int64_t b = 0; b < portion->ranges && status == HRM_OK; b += count + !count) {
            count = count_new(portion, t, b);
            status = count > 0 ? put(portion, t, b, count, error) : HRM_OK;
        }
    }
    portion->stored_when = seconds();
    portion->result.storage += portion->stored_when - begin;
    if (status == HRM_OK && evaluation->stored && portion->result.blocks > before)
        evaluation->stored(evaluation->user, portion->result.blocks - before);
    return status;
}

/// Between segments: a process that is told to end may have no time for another one as slow.
static void keep_now_and_then(void *user)
{
    struct hrm_portion *portion = user;
    double now = seconds(), taken = now - portion->seen;
    portion->seen = now;
    if (taken < SLOW && now - portion->stored_when < portion->evaluation->patience)
        return;
    if (portion->failure.status == HRM_OK)
        keep(portion, true, &portion->failure);
    portion->seen = seconds();
    portion->result.busy -= portion->seen - now;
}

/// Take up the work on some ranges.
static int open_portion(struct hrm_portion *portion, struct hrm_error *error)
{
    const struct hrm_evaluation *evaluation = portion->evaluation;
    const struct hrm_plan *plan = plan_of(evaluation);
    double begin = seconds();
    portion->stored_when = begin;
    struct hrm_plan_block puzzles = hrm_plan_blocks_at(plan, portion->range, portion->ranges);
    portion->begin = puzzles.first;
    portion->count = puzzles.count;
    assert(portion->count <= portion->puzzles && portion->first + portion->rows <= plan->blocks);
    memset(portion->state, 0, (size_t)portion->count * sizeof *portion->state);
    int status = hrm_store_puzzles(evaluation->store, &puzzles, portion->items, error);
    for (int t = 0; t < portion->rows && status == HRM_OK; t++) {
        int64_t pass = portion->first + t;
        portion->checkpoint[t] = evaluation->weights->newest[pass / plan->perturbations];
        portion->perturbation[t] =
            hrm_perturbations_make(evaluation->perturbations, pass % plan->perturbations);
        status = recall(portion, t, error);
    }
    portion->result.storage += seconds() - begin;
    return status;
}

// --- rounds --------------------------------------------------------------------------------------

/// Passes that puzzle i needs at the least after its first `end`.
static int needed(struct hrm_portion *portion, int i)
{
    enum hrm_rule rule = portion->evaluation->prune;
    int run = portion->state[i].end, zero = 0;
    struct hrm_passes passes = {pass_at(portion, 0, i), record_of(portion), portion->rows, 1,
                                portion->puzzles};
    struct hrm_selection before = {.checkpoints = run,
                                   .perturbations = 1,
                                   .passes = run,
                                   .checkpoint = portion->index,
                                   .perturbation = &zero};
    if (rule != HRM_RULES)
        hrm_ballot_fill(&portion->ballot, &passes, &before);
    return hrm_prune_needed(&portion->ballot, rule, portion->rows - run);
}

/// Decide what each puzzle runs next. False when none needs anything.
static bool begin_round(struct hrm_portion *portion)
{
    bool left = false;
    int64_t done = portion->before;
    for (int i = 0; i < portion->count; i++) {
        struct hrm_portion_state *state = &portion->state[i];
        int more = state->decided ? 0 : needed(portion, i);
        state->decided = more == 0;
        state->begin = state->end;
        state->end += more;
        left = left || more > 0;
        done += state->decided ? portion->rows : state->begin;
    }
    atomic_store(&portion->done, done);
    return left;
}

/// List what is to be run of the round, of one checkpoint, with or without noise.
static int list_jobs(struct hrm_portion *portion, int checkpoint, bool noise)
{
    int count = 0;
    for (int i = 0; i < portion->count; i++) {
        const struct hrm_portion_state *state = &portion->state[i];
        const void *item = portion->items + (size_t)i * item_bytes(portion->evaluation);
        for (int t = state->begin; t < state->end; t++) {
            const struct hrm_perturbation *perturbation = &portion->perturbation[t];
            if (portion->checkpoint[t] == checkpoint && (perturbation->noise > 0) == noise &&
                !*stored_at(portion, t, i))
                portion->jobs[count++] = (struct hrm_runner_job){
                    perturbation, hrm_sudoku_question(item), hrm_sudoku_answer(item),
                    portion->begin + i, pass_at(portion, t, i)};
        }
    }
    return count;
}

static int run_jobs(struct hrm_portion *portion, int checkpoint, int count, struct hrm_error *error)
{
    const struct hrm_evaluation *evaluation = portion->evaluation;
    struct hrm_runner_task task = {.model = &evaluation->weights->models[checkpoint],
                                   .seed = evaluation->seed,
                                   .segments = plan_of(evaluation)->segments,
                                   .leave = evaluation->leave,
                                   .settled = evaluation->settled,
                                   .jobs = portion->jobs,
                                   .count = count,
                                   .cancel = portion->cancel,
                                   .after = keep_now_and_then,
                                   .user = portion};
    double begin = seconds();
    portion->seen = begin;
    int status = hrm_runner_run(&portion->runner, &task, error);
    portion->result.busy += seconds() - begin;
    struct hrm_error unstored = portion->failure;
    if (status == HRM_STOPPED && unstored.status == HRM_OK)
        keep(portion, true, &unstored);
    if (unstored.status) {
        *error = unstored;
        return unstored.status;
    }
    return status ? status : keep(portion, false, error);
}

static int run_round(struct hrm_portion *portion, struct hrm_error *error)
{
    int status = HRM_OK;
    for (int i = 0; i < 2 * plan_of(portion->evaluation)->checkpoints && status == HRM_OK; i++) {
        int count = list_jobs(portion, i / 2, i % 2);
        if (count > 0)
            status = run_jobs(portion, i / 2, count, error);
    }
    return status;
}

int hrm_portion_run(struct hrm_portion *portion, int row, int64_t range, int64_t ranges,
                    struct hrm_error *error)
{
    portion->first = row;
    portion->range = range;
    portion->ranges = ranges;
    int status = open_portion(portion, error);
    while (status == HRM_OK && begin_round(portion))
        status = run_round(portion, error);
    if (status == HRM_OK)
        status = keep(portion, false, error);
    portion->before += (int64_t)portion->rows * portion->count;
    portion->result.segments = portion->runner.segments;
    return status;
}
