#include "jobs/solve/solve_ensemble.h"

#include "core/file/checkpoint_match.h"

#include <omp.h>
#include <stdlib.h>
#include <string.h>

/// Passes between two looks at what is certified. The first pass, which solves most puzzles, has a
/// round of its own.
enum { ROUND = 4 };

// --- checkpoints ---------------------------------------------------------------------------------

static int read_header(struct solve_ensemble *ensemble, int i, struct hrm_error *error)
{
    const struct checkpoint_list *list = ensemble->list;
    struct hrm_checkpoint header;
    int status = hrm_checkpoint_read_header(list->paths[i], &header, error);
    if (status == HRM_OK && i > 0)
        status = hrm_checkpoint_match(
            &(struct hrm_checkpoint_model){list->paths[0], &ensemble->config},
            &(struct hrm_checkpoint_model){list->paths[i], &header.config}, error);
    if (status == HRM_OK)
        status = hrm_checkpoint_task(&ensemble->task, &header.provenance, list->paths[i],
                                     i > 0 ? list->paths[0] : NULL, error);
    if (i == 0)
        ensemble->config = header.config;
    ensemble->provenance[i] = header.provenance;
    hrm_checkpoint_free(&header);
    return status;
}

int solve_ensemble_open(struct solve_ensemble *ensemble, const struct checkpoint_list *list,
                        const struct hrm_backend *backend, struct hrm_error *error)
{
    size_t count = (size_t)list->count;
    *ensemble = (struct solve_ensemble){.count = list->count, .list = list, .backend = backend};
    ensemble->models = calloc(count, sizeof *ensemble->models);
    ensemble->provenance = calloc(count, sizeof *ensemble->provenance);
    ensemble->newest = calloc(count, sizeof *ensemble->newest);
    if (!ensemble->models || !ensemble->provenance || !ensemble->newest)
        return hrm_fail(error, HRM_FAILED, "no memory for %zu checkpoints", count);
    int status = HRM_OK;
    for (int i = 0; i < list->count && status == HRM_OK; i++)
        status = read_header(ensemble, i, error);
    if (status == HRM_OK)
        hrm_provenance_newest(ensemble->provenance, ensemble->count, ensemble->newest);
    return status;
}

int solve_ensemble_load(struct solve_ensemble *ensemble, int i, struct hrm_error *error)
{
    if (ensemble->models[i].params)
        return HRM_OK;
    return hrm_model_file_read(&ensemble->models[i], ensemble->list->paths[i], ensemble->backend,
                               error);
}

void solve_ensemble_free(struct solve_ensemble *ensemble)
{
    for (int i = 0; ensemble->models && i < ensemble->count; i++)
        hrm_model_file_free(&ensemble->models[i]);
    free(ensemble->models);
    free(ensemble->provenance);
    free(ensemble->newest);
    *ensemble = (struct solve_ensemble){0};
}

// --- passes --------------------------------------------------------------------------------------

/// The puzzles of a round, and the passes that it makes.
struct round {
    struct solve_ensemble *ensemble;
    const struct solve_task *task;
    int threads;                ///< at most
    struct hrm_runner *runners; ///< [threads]
    int *puzzle;                ///< [open] which are not done
    const struct solve_puzzles *puzzles;
    size_t record;               ///< bytes of a pass
    void *passes;                ///< [ROUND, open]
    struct hrm_runner_job *jobs; ///< [ROUND, open]
    int open;
    int first, count; ///< passes first .. first+count-1
    int part, parts;  ///< puzzles that a thread takes of a pass at once, and how many times
};

static int perturbations_of(const struct round *round)
{
    return (int)hrm_perturbations_count(round->task->perturbations);
}

/// The checkpoint of a pass.
static int checkpoint_of(const struct round *round, int t)
{
    return round->ensemble->newest[t / perturbations_of(round)];
}

/// Pass k of the round on one part of its puzzles.
static int run_part(const struct round *round, int k, int part, struct hrm_runner *runner,
                    struct hrm_error *error)
{
    int t = round->first + k, begin = part * round->part, left = round->open - begin;
    struct hrm_perturbation perturbation =
        hrm_perturbations_make(round->task->perturbations, t % perturbations_of(round));
    ptrdiff_t place = (ptrdiff_t)k * round->open + begin;
    struct hrm_runner_job *jobs = round->jobs + place;
    struct hrm_runner_work work = {.model = &round->ensemble->models[checkpoint_of(round, t)].model,
                                   .seed = round->task->seed,
                                   .segments = round->task->segments,
                                   .leave =
                                       round->task->all ? HRM_LEAVE_NEVER : HRM_LEAVE_CERTIFIED,
                                   .jobs = jobs,
                                   .count = left < round->part ? left : round->part};
    for (int i = 0; i < work.count; i++)
        jobs[i] = (struct hrm_runner_job){
            &perturbation, solve_puzzles_at(round->puzzles, round->puzzle[begin + i]), true,
            round->puzzle[begin + i], hrm_pass_at(round->passes, round->record, place + i)};
    if (t == 0) {
        work.watch = round->task->watch;
        work.user = round->task->user;
    }
    return hrm_runner_run(runner, &work, error);
}

/// Cut the puzzles so that all threads have work, and caches are used well. Who watches wants one
/// puzzle after the other.
static void cut(struct round *round)
{
    const struct hrm_model *model =
        &round->ensemble->models[checkpoint_of(round, round->first)].model;
    int shares = 4 * round->threads, least = hrm_runner_slots(model, round->open);
    round->part = (int)(((int64_t)round->open * round->count + shares - 1) / shares);
    if (round->part < least)
        round->part = least;
    if (round->part > round->open || (round->first == 0 && round->task->watch))
        round->part = round->open;
    round->parts = (round->open + round->part - 1) / round->part;
}

static int run_round(struct round *round, struct hrm_error *error)
{
    int status = HRM_OK;
    for (int k = 0; k < round->count && status == HRM_OK; k++)
        status =
            solve_ensemble_load(round->ensemble, checkpoint_of(round, round->first + k), error);
    if (status)
        return status;
    cut(round);
#pragma omp parallel for schedule(dynamic) num_threads(round->threads)
    for (int n = 0; n < round->count * round->parts; n++) {
        struct hrm_error own = {0};
        int code = run_part(round, n / round->parts, n % round->parts,
                            &round->runners[omp_get_thread_num()], &own);
#pragma omp critical
        if (code && status == HRM_OK) {
            status = code;
            *error = own;
        }
    }
    return status;
}

/// Keep the passes of a round; puzzles with a certified grid are done.
static void conclude(struct round *round, struct solve_outcome *outcome)
{
    int open = 0;
    for (int i = 0; i < round->open; i++) {
        int puzzle = round->puzzle[i];
        bool done = false;
        for (int k = 0; k < round->count; k++) {
            const struct hrm_pass *pass =
                hrm_pass_at(round->passes, round->record, (int64_t)k * round->open + i);
            int64_t place = (int64_t)puzzle * outcome->most + round->first + k;
            memcpy(hrm_pass_at(outcome->passes, outcome->record, place), pass, outcome->record);
            done = done || hrm_pass_has(pass, HRM_PASS_CERTIFIED);
        }
        outcome->run[puzzle] += round->count;
        if (done && !round->task->all)
            continue;
        round->puzzle[open++] = puzzle;
    }
    round->open = open;
}

static int init_round(struct round *round, const struct solve_puzzles *puzzles,
                      struct hrm_error *error)
{
    size_t n = (size_t)puzzles->count;
    int newest = round->ensemble->newest[0], slots = 0;
    const struct hrm_model *model = &round->ensemble->models[newest].model;
    int status = solve_ensemble_load(round->ensemble, newest, error);
    if (status)
        return status;
    slots = hrm_runner_slots(model, puzzles->count);
    round->open = puzzles->count;
    round->threads = round->task->threads;
    if (round->threads > (int64_t)ROUND * puzzles->count)
        round->threads = ROUND * puzzles->count;
    round->runners = calloc((size_t)round->threads, sizeof *round->runners);
    round->puzzle = calloc(n, sizeof *round->puzzle);
    round->passes = calloc(n * ROUND, round->record);
    round->jobs = calloc(n * ROUND, sizeof *round->jobs);
    if (!round->runners || !round->puzzle || !round->passes || !round->jobs)
        return hrm_fail(error, HRM_FAILED, "no memory for %zu puzzles", n);
    for (int i = 0; i < puzzles->count; i++)
        round->puzzle[i] = i;
    for (int i = 0; i < round->threads && status == HRM_OK; i++)
        status = hrm_runner_init(&round->runners[i], &puzzles->task, model, slots, error);
    return status;
}

static void free_round(struct round *round)
{
    for (int i = 0; round->runners && i < round->threads; i++)
        hrm_runner_free(&round->runners[i]);
    free(round->runners);
    free(round->puzzle);
    free(round->passes);
    free(round->jobs);
}

int solve_ensemble_run(struct solve_ensemble *ensemble, const struct solve_puzzles *puzzles,
                       const struct solve_task *task, struct solve_outcome *outcome,
                       struct hrm_error *error)
{
    struct round round = {.ensemble = ensemble,
                          .task = task,
                          .puzzles = puzzles,
                          .record = hrm_pass_bytes(puzzles->task.shape.answer_bytes)};
    size_t n = (size_t)puzzles->count;
    int status = HRM_OK;
    *outcome = (struct solve_outcome){.most = ensemble->count *
                                              (int)hrm_perturbations_count(task->perturbations),
                                      .record = round.record};
    outcome->run = calloc(n, sizeof *outcome->run);
    outcome->passes = calloc(n * (size_t)outcome->most, outcome->record);
    if (!outcome->run || !outcome->passes)
        status =
            hrm_fail(error, HRM_FAILED, "no memory for %d passes of %zu puzzles", outcome->most, n);
    if (status == HRM_OK)
        status = init_round(&round, puzzles, error);
    for (; status == HRM_OK && round.open > 0 && round.first < outcome->most;
         round.first += round.count) {
        int left = outcome->most - round.first, most = round.first == 0 ? 1 : ROUND;
        round.count = left < most ? left : most;
        status = run_round(&round, error);
        if (status == HRM_OK)
            conclude(&round, outcome);
    }
    free_round(&round);
    return status;
}

void solve_outcome_free(struct solve_outcome *outcome)
{
    free(outcome->run);
    free(outcome->passes);
    *outcome = (struct solve_outcome){0};
}
