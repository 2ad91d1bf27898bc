#include "jobs/solve/solve_ensemble.h"

#include "core/file/checkpoint_match.h"

#include <omp.h>
#include <stdlib.h>
#include <string.h>

enum { ROUND = 4 }; ///< passes between two looks at what is certified

// --- checkpoints ---------------------------------------------------------------------------------

static int load_one(struct solve_ensemble *ensemble, int i, const struct checkpoint_list *list,
                    const struct hrm_backend *backend, struct hrm_error *error)
{
    struct hrm_checkpoint checkpoint = {0};
    struct hrm_model *model = &ensemble->models[i];
    int status = hrm_checkpoint_read(list->paths[i], &checkpoint, error);
    if (status == HRM_OK && i > 0)
        status = hrm_checkpoint_match(
            &(struct hrm_checkpoint_model){list->paths[0], &ensemble->models[0].config},
            &(struct hrm_checkpoint_model){list->paths[i], &checkpoint.config}, error);
    if (status == HRM_OK)
        status = hrm_model_init(model, &checkpoint.config, backend, HRM_PACK_FORWARD, error);
    if (status)
        goto done;
    ensemble->provenance[i] = checkpoint.provenance;
    size_t packed = (hrm_model_packed_bytes(model) + 63) / 64 * 64;
    ensemble->params[i] = malloc(model->layout.total * sizeof(float));
    ensemble->packed[i] = packed ? aligned_alloc(64, packed) : NULL;
    if (!ensemble->params[i] || (packed && !ensemble->packed[i])) {
        status = hrm_fail(error, HRM_FAILED, "no memory for %s", list->paths[i]);
        goto done;
    }
    hrm_checkpoint_weights(&checkpoint, ensemble->params[i]);
    hrm_model_attach(model, ensemble->params[i], ensemble->packed[i]);
    hrm_model_pack(model, 0, 1);
done:
    hrm_checkpoint_free(&checkpoint);
    return status;
}

int solve_ensemble_load(struct solve_ensemble *ensemble, const struct checkpoint_list *list,
                        const struct hrm_backend *backend, struct hrm_error *error)
{
    size_t count = (size_t)list->count;
    *ensemble = (struct solve_ensemble){.count = list->count};
    ensemble->models = calloc(count, sizeof *ensemble->models);
    ensemble->params = calloc(count, sizeof *ensemble->params);
    ensemble->packed = calloc(count, sizeof *ensemble->packed);
    ensemble->provenance = calloc(count, sizeof *ensemble->provenance);
    ensemble->newest = calloc(count, sizeof *ensemble->newest);
    if (!ensemble->models || !ensemble->params || !ensemble->packed || !ensemble->provenance ||
        !ensemble->newest)
        return hrm_fail(error, HRM_FAILED, "no memory for %zu checkpoints", count);
    int status = HRM_OK;
    for (int i = 0; i < list->count && status == HRM_OK; i++)
        status = load_one(ensemble, i, list, backend, error);
    if (status == HRM_OK)
        hrm_provenance_newest(ensemble->provenance, ensemble->count, ensemble->newest);
    return status;
}

void solve_ensemble_free(struct solve_ensemble *ensemble)
{
    for (int i = 0; ensemble->models && i < ensemble->count; i++)
        if (ensemble->models[i].owned)
            hrm_model_free(&ensemble->models[i]);
    for (int i = 0; ensemble->params && i < ensemble->count; i++)
        free(ensemble->params[i]);
    for (int i = 0; ensemble->packed && i < ensemble->count; i++)
        free(ensemble->packed[i]);
    free(ensemble->models);
    free(ensemble->params);
    free(ensemble->packed);
    free(ensemble->provenance);
    free(ensemble->newest);
    *ensemble = (struct solve_ensemble){0};
}

// --- passes --------------------------------------------------------------------------------------

/// The puzzles of a round, and the passes that it makes.
struct round {
    const struct solve_ensemble *ensemble;
    const struct solve_task *task;
    struct hrm_runner *runners; ///< [threads]
    int *puzzle;                ///< [open] which are not done
    struct hrm_board *questions;
    struct hrm_pass *passes;     ///< [ROUND, open]
    struct hrm_runner_job *jobs; ///< [ROUND, open]
    int open;
    int first, count; ///< passes first .. first+count-1
};

static int run_pass(const struct round *round, int k, struct hrm_runner *runner,
                    struct hrm_error *error)
{
    const struct solve_ensemble *ensemble = round->ensemble;
    int t = round->first + k,
        perturbations = (int)hrm_perturbations_count(round->task->perturbations);
    struct hrm_perturbation perturbation =
        hrm_perturbations_make(round->task->perturbations, t % perturbations);
    struct hrm_runner_job *jobs = round->jobs + (ptrdiff_t)k * round->open;
    for (int i = 0; i < round->open; i++)
        jobs[i] = (struct hrm_runner_job){&perturbation, &round->questions[i], i,
                                          &round->passes[(ptrdiff_t)k * round->open + i]};
    struct hrm_runner_task task = {.model = &ensemble->models[ensemble->newest[t / perturbations]],
                                   .seed = round->task->seed,
                                   .segments = round->task->segments,
                                   .leave =
                                       round->task->all ? HRM_LEAVE_NEVER : HRM_LEAVE_CERTIFIED,
                                   .jobs = jobs,
                                   .count = round->open};
    if (t == 0) {
        task.watch = round->task->watch;
        task.user = round->task->user;
    }
    return hrm_runner_run(runner, &task, error);
}

static int run_round(const struct round *round, struct hrm_error *error)
{
    int status = HRM_OK;
#pragma omp parallel for schedule(dynamic) num_threads(round->task->threads)
    for (int k = 0; k < round->count; k++) {
        struct hrm_error own = {0};
        int code = run_pass(round, k, &round->runners[omp_get_thread_num()], &own);
#pragma omp critical
        if (code && status == HRM_OK) {
            status = code;
            *error = own;
        }
    }
    return status;
}

/// Keep the passes of a round; puzzles with a certified grid are done.
static void conclude(struct round *round, const struct solve_puzzles *puzzles,
                     struct solve_outcome *outcome)
{
    int open = 0;
    for (int i = 0; i < round->open; i++) {
        int puzzle = round->puzzle[i];
        bool done = false;
        for (int k = 0; k < round->count; k++) {
            const struct hrm_pass *pass = &round->passes[k * round->open + i];
            outcome->passes[(ptrdiff_t)puzzle * outcome->most + round->first + k] = *pass;
            done = done || hrm_pass_certified(pass, &puzzles->boards[puzzle]);
        }
        outcome->run[puzzle] += round->count;
        if (done && !round->task->all)
            continue;
        round->puzzle[open] = puzzle;
        round->questions[open++] = puzzles->boards[puzzle];
    }
    round->open = open;
}

static int init_round(struct round *round, const struct solve_puzzles *puzzles,
                      struct hrm_error *error)
{
    size_t n = (size_t)puzzles->count;
    const struct hrm_model *model = &round->ensemble->models[0];
    round->open = puzzles->count;
    round->runners = calloc((size_t)round->task->threads, sizeof *round->runners);
    round->puzzle = calloc(n, sizeof *round->puzzle);
    round->questions = calloc(n, sizeof *round->questions);
    round->passes = calloc(n * ROUND, sizeof *round->passes);
    round->jobs = calloc(n * ROUND, sizeof *round->jobs);
    if (!round->runners || !round->puzzle || !round->questions || !round->passes || !round->jobs)
        return hrm_fail(error, HRM_FAILED, "no memory for %zu puzzles", n);
    for (int i = 0; i < puzzles->count; i++)
        round->puzzle[i] = i;
    memcpy(round->questions, puzzles->boards, n * sizeof *round->questions);
    int status = HRM_OK;
    for (int i = 0; i < round->task->threads && status == HRM_OK; i++)
        status = hrm_runner_init(&round->runners[i], model, hrm_runner_slots(model, puzzles->count),
                                 error);
    return status;
}

static void free_round(struct round *round)
{
    for (int i = 0; round->runners && i < round->task->threads; i++)
        hrm_runner_free(&round->runners[i]);
    free(round->runners);
    free(round->puzzle);
    free(round->questions);
    free(round->passes);
    free(round->jobs);
}

int solve_ensemble_run(const struct solve_ensemble *ensemble, const struct solve_puzzles *puzzles,
                       const struct solve_task *task, struct solve_outcome *outcome,
                       struct hrm_error *error)
{
    struct round round = {.ensemble = ensemble, .task = task};
    size_t n = (size_t)puzzles->count;
    int status = HRM_OK;
    *outcome = (struct solve_outcome){.most = ensemble->count *
                                              (int)hrm_perturbations_count(task->perturbations)};
    outcome->run = calloc(n, sizeof *outcome->run);
    outcome->passes = calloc(n * (size_t)outcome->most, sizeof *outcome->passes);
    if (!outcome->run || !outcome->passes)
        status =
            hrm_fail(error, HRM_FAILED, "no memory for %d passes of %zu puzzles", outcome->most, n);
    if (status == HRM_OK)
        status = init_round(&round, puzzles, error);
    for (; status == HRM_OK && round.open > 0 && round.first < outcome->most;
         round.first += round.count) {
        int left = outcome->most - round.first;
        round.count = left < ROUND ? left : ROUND;
        status = run_round(&round, error);
        if (status == HRM_OK)
            conclude(&round, puzzles, outcome);
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
