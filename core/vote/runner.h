#ifndef HRM_VOTE_RUNNER_H
#define HRM_VOTE_RUNNER_H

#include "core/base/error.h"
#include "core/model/segment.h"
#include "core/sudoku/perturbation.h"
#include "core/vote/pass.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/// What a pass looks like after a segment, for those who watch.
struct hrm_glimpse {
    int puzzle;                   ///< index in the task
    int segment;                  ///< 1, 2, ...
    const struct hrm_board *grid; ///< mapped back
    float q_halt, q_continue;
};

/// Passes of one checkpoint and one perturbation over some puzzles.
struct hrm_runner_task {
    const struct hrm_model *model;
    const struct hrm_perturbation *perturbation;
    uint64_t seed;        ///< of random initial states and noise, with the puzzle's number
    int64_t first;        ///< number of puzzle 0 in its set
    int count;            ///< puzzles
    int segments;         ///< of a pass, 1..65535
    bool leave_certified; ///< a pass ends when its grid is certified
    const struct hrm_board *questions; ///< [count]
    struct hrm_pass *passes;           ///< [out] [count]
    const bool *skip;          ///< [count] puzzles to pass over: their pass is zeroed; or NULL
    const atomic_bool *cancel; ///< when true, end at once; or NULL
    void (*watch)(void *user, const struct hrm_glimpse *glimpse); ///< or NULL
    void *user;
};

/// One thread's means to run passes: a few puzzles go through a segment together, and when one
/// is done the next takes its place. A pass does not depend on the puzzles beside it.
struct hrm_runner {
    struct hrm_worker worker;
    int slots;                    ///< puzzles that go together
    struct hrm_runner_slot *slot; ///< [slots]
    uint8_t *inputs;              ///< tokens [slots, cells]
    struct hrm_random *noise;     ///< [slots]
    int64_t segments;             ///< run so far, summed over puzzles
};

/// For models of the configuration and backend of `model`. Errors: HRM_USAGE when it is no model
/// of Sudoku (81 cells, 11 tokens), HRM_FAILED.
int hrm_runner_init(struct hrm_runner *runner, const struct hrm_model *model, int slots,
                    struct hrm_error *error);
void hrm_runner_free(struct hrm_runner *runner);

/// Puzzles that suit the caches together for this model, at most `count`.
int hrm_runner_slots(const struct hrm_model *model, int count);

/// Run the passes. Errors: HRM_NUMERIC when q is not finite; HRM_STOPPED when cancelled, and then
/// the passes are worth nothing.
int hrm_runner_run(struct hrm_runner *runner, const struct hrm_runner_task *task,
                   struct hrm_error *error);

#endif
