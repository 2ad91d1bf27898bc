#ifndef HRM_JOBS_PLAN_SPEED_H
#define HRM_JOBS_PLAN_SPEED_H

#include "core/base/error.h"
#include "core/compute/backend.h"
#include "core/eval/perturbation.h"
#include "core/eval/plan.h"
#include "core/eval/runner.h"
#include "core/model/config.h"
#include "core/model/model.h"
#include "jobs/eval/puzzle_source.h"

#include <stdbool.h>
#include <stdint.h>

/// How fast a core of this machine runs segments.
struct plan_speed {
    double segment;    ///< seconds of one core for a segment of one puzzle, the others idle
    double contention; ///< times that with all cores at work, >= 1
    const char *from;  ///< in words
};

/// What is measured, for `seconds`, alone and on `cores` threads by turns.
struct plan_trial {
    const struct hrm_backend *backend;
    int cores; ///< of this machine
    double seconds;
    bool wall; ///< other processes count too, and it is the mean; else a thread's time counts
               ///< while it has a core, and it is the best chunk's
    const struct hrm_task *task;
    struct puzzle_source *source; ///< NULL: questions of nothing
};

/// On random weights, a few segments at a time; a model that is not one of the task is taken for
/// one of the default task. Errors: HRM_USAGE, HRM_DATA, HRM_FAILED.
int plan_speed_random(struct plan_speed *speed, const struct plan_trial *trial,
                      const struct hrm_model_config *config, struct hrm_error *error);

/// From the file that `hrmpi bench --json` has printed: the model of that size in it.
/// @param found  [out] whether the model is in it
/// Errors: HRM_DATA when it is no such file.
int plan_speed_bench(struct plan_speed *speed, const char *path,
                     const struct hrm_model_config *config, bool *found, struct hrm_error *error);

/// Blocks as an evaluation runs them.
struct plan_blocks {
    const struct hrm_plan *plan;
    const struct hrm_model *models; ///< [plan->checkpoints]
    const struct hrm_perturbations *perturbations;
    uint64_t seed;
    enum hrm_leave leave;
    int settled;      ///< segments that HRM_LEAVE_SETTLED waits for
    int64_t most;     ///< blocks of a chunk: passes that go through a runner together
    double *segments; ///< [out] [count] that blocks took; owned by the caller
    int64_t count;
};

/// At least one chunk of blocks alone and one on every core.
/// Errors: HRM_DATA, HRM_NUMERIC, HRM_FAILED.
int plan_speed_blocks(struct plan_speed *speed, const struct plan_trial *trial,
                      struct plan_blocks *blocks, struct hrm_error *error);

#endif
