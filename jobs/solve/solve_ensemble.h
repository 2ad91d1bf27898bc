#ifndef HRM_JOBS_SOLVE_ENSEMBLE_H
#define HRM_JOBS_SOLVE_ENSEMBLE_H

#include "core/base/error.h"
#include "core/eval/perturbation.h"
#include "core/eval/runner.h"
#include "core/file/model_file.h"
#include "jobs/eval/checkpoint_list.h"
#include "jobs/solve/solve_puzzles.h"

#include <stdbool.h>
#include <stdint.h>

/// Checkpoints of one model. Their weights are read when they are wanted: most puzzles need the
/// newest alone.
struct solve_ensemble {
    int count;
    const struct checkpoint_list *list;
    const struct hrm_backend *backend;
    struct hrm_model_config config;    ///< of all
    struct hrm_task task;              ///< that they answer
    struct hrm_model_file *models;     ///< [count]; params NULL: not read yet
    struct hrm_provenance *provenance; ///< [count]
    int *newest;                       ///< [count] by step: hrm_provenance_newest()
};

/// Read what the checkpoints say of themselves. The list stays with the caller, who keeps
/// it until the last weights are read.
/// Errors: HRM_DATA, HRM_USAGE when they are of different models or tasks, HRM_FAILED. Free with
/// solve_ensemble_free() in any case.
int solve_ensemble_open(struct solve_ensemble *ensemble, const struct checkpoint_list *list,
                        const struct hrm_backend *backend, struct hrm_error *error);
/// Read the weights of checkpoint i, unless they are there. Errors: HRM_DATA, HRM_FAILED.
int solve_ensemble_load(struct solve_ensemble *ensemble, int i, struct hrm_error *error);
void solve_ensemble_free(struct solve_ensemble *ensemble);

/// What is run on the puzzles.
struct solve_task {
    const struct hrm_perturbations *perturbations;
    uint64_t seed;
    int segments, threads;
    bool all; ///< run every pass to its end; else a puzzle is done when a grid is certified
    void (*watch)(void *user,
                  const struct hrm_runner_outcome *outcome); ///< of the first pass, or NULL
    void *user;
};

/// Passes of puzzles: pass t of puzzle i is record i * most + t; puzzle i has run[i] of them.
/// Pass t is of checkpoint newest[t / P] and perturbation t % P, as hrmpi eval has it.
struct solve_outcome {
    int most; ///< passes of a puzzle, C x P
    int *run;
    size_t record; ///< bytes of a pass
    void *passes;
};

/// Run the passes in rounds, the first of one pass and the others of a fixed number, so that the
/// outcome does not depend on the number of threads. Free with solve_outcome_free() in any case.
/// Errors: HRM_NUMERIC, HRM_FAILED.
int solve_ensemble_run(struct solve_ensemble *ensemble, const struct solve_puzzles *puzzles,
                       const struct solve_task *task, struct solve_outcome *outcome,
                       struct hrm_error *error);
void solve_outcome_free(struct solve_outcome *outcome);

#endif
