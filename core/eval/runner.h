#ifndef HRM_EVAL_RUNNER_H
#define HRM_EVAL_RUNNER_H

#include "core/base/error.h"
#include "core/eval/perturbation.h"
#include "core/eval/plan.h"
#include "core/model/segment.h"
#include "core/task/task.h"
#include "core/vote/pass.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/// A pass that is to be run.
struct hrm_runner_job {
    const struct hrm_perturbation *perturbation;
    const void *item;      ///< of the task
    bool unknown;          ///< the item's answer is not known: no pass is right
    int64_t number;        ///< of the puzzle in its set, for random initial states and noise
    struct hrm_pass *pass; ///< [out] a record
};

/// Where a pass is while it runs, for those who look at its state or change it:
/// hrm_state_to_float(), hrm_state_from_float() and the like at (worker, slot).
struct hrm_runner_place {
    int job;     ///< index in the work
    int segment; ///< 1, 2, ...
    struct hrm_worker *worker;
    int slot;
};

/// What a pass looks like after a segment, for those who watch.
struct hrm_runner_outcome {
    struct hrm_runner_place place; ///< whose state is that after the segment
    const float *logits;           ///< [S,V]
    bool *leave;                   ///< [in,out] whether the pass ends here
    const struct hrm_task *task;
    const void *item;
    const uint8_t *answer; ///< to the item, brought back
    float q_halt, q_continue;
};

/// The state of a pass after a module call, for those who study it.
struct hrm_runner_call {
    int job;     ///< index in the work
    int segment; ///< 1, 2, ...
    enum hrm_level level;
    int h_cycle, l_cycle;          ///< as in struct hrm_call
    const struct hrm_model *model; ///< what its element type is
    const void *state; ///< [hrm_model_rows(), D] of the pass alone, hrm_state_bytes() bytes
};

/// Passes of one checkpoint.
struct hrm_runner_work {
    const struct hrm_model *model;
    uint64_t seed; ///< of random initial states and noise
    int segments;  ///< of a pass, at most: 1..65535
    enum hrm_leave leave;
    int settled; ///< segments after the first with an answer that SETTLED waits for
    const struct hrm_runner_job *jobs; ///< [count]; all with noise, or all without
    int count;
    /// Called before every segment of a pass; may change its state, and the tokens [S] that it is
    /// asked, from this segment on. Or NULL.
    void (*before)(void *user, const struct hrm_runner_place *place, uint16_t *inputs);
    const atomic_bool *cancel; ///< when true, end at once; or NULL
    void (*after)(void *user); ///< called after every segment, the passes that have ended in place
    void (*watch)(void *user, const struct hrm_runner_outcome *outcome); ///< or NULL
    void (*call)(void *user, const struct hrm_runner_call *call);        ///< or NULL
    void *user;
};

/// One thread's means to run passes: a few go through a segment together, and when one is done
/// the next takes its place. A pass does not depend on those beside it.
struct hrm_runner {
    struct hrm_worker worker;
    struct hrm_task task;
    int slots;                    ///< passes that go together
    struct hrm_runner_slot *slot; ///< [slots]
    uint16_t *inputs;             ///< tokens [slots, S]
    uint16_t *predictions;        ///< tokens [S]
    uint8_t *answers;             ///< [slots + 1, answer_bytes], the last for the next look
    struct hrm_random *noise;     ///< [slots]
    int64_t segments;             ///< run so far, summed over passes
};

/// For models of the configuration and backend of `model`. Errors: HRM_USAGE when it is no model
/// of the task, HRM_FAILED.
int hrm_runner_init(struct hrm_runner *runner, const struct hrm_task *task,
                    const struct hrm_model *model, int slots, struct hrm_error *error);
void hrm_runner_free(struct hrm_runner *runner);

/// Passes that suit the caches together for this model, at most `count`.
int hrm_runner_slots(const struct hrm_model *model, int count);

/// Run the passes. Errors: HRM_NUMERIC when q is not finite; HRM_STOPPED when cancelled, and then
/// the passes are worth nothing.
int hrm_runner_run(struct hrm_runner *runner, const struct hrm_runner_work *work,
                   struct hrm_error *error);

#endif
