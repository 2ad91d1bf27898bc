#ifndef HRM_EVAL_PLAN_H
#define HRM_EVAL_PLAN_H

#include "core/base/error.h"

#include <stdint.h>

/// The passes of an evaluation = checkpoints x perturbations x puzzles, cut into blocks.
///
/// A block is what a worker claims: one checkpoint, one perturbation, consecutive puzzles. It is
/// computed from its index; the plan's size does not depend on the number of puzzles. Indices run
/// over the ranges of puzzles first, then perturbations, then checkpoints, so that workers that
/// claim neighbours read the same weights.
struct hrm_plan {
    int32_t checkpoints, perturbations;
    int32_t segments; ///< of a pass, at most
    int32_t block;    ///< puzzles of a block; the last of a range may have fewer
    int64_t puzzles;
    int64_t ranges;    ///< blocks of one checkpoint and perturbation
    int64_t blocks;    ///< in all
    uint64_t identity; ///< hash of all that decides the votes: see hrm_plan_identify()
};

struct hrm_plan_block {
    int checkpoint, perturbation;
    int64_t first; ///< puzzle
    int count;     ///< puzzles, 1..plan->block
};

/// When a pass ends before its last segment.
enum hrm_leave {
    HRM_LEAVE_NEVER,
    HRM_LEAVE_HALTED,   ///< the halting head asks to stop
    HRM_LEAVE_SETTLED,  ///< it does, and the answer has stayed as it is for some segments
    HRM_LEAVE_CERTIFIED ///< the answer is one to the question, by the rules of the task
};

#define HRM_PLAN_NEIGHBOURS 128 ///< blocks that are run and stored together, at most

/// Derive `ranges` and `blocks` from the other fields, which the caller has set.
/// Errors: HRM_DATA for an empty set, HRM_USAGE when there are too many blocks to count.
int hrm_plan_make(struct hrm_plan *plan, struct hrm_error *error);

/// Block `index` of 0..plan->blocks-1.
struct hrm_plan_block hrm_plan_block_at(const struct hrm_plan *plan, int64_t index);

/// Blocks index .. index+count-1 of one checkpoint and perturbation as one.
struct hrm_plan_block hrm_plan_blocks_at(const struct hrm_plan *plan, int64_t index, int64_t count);

/// Where the records of a block begin in an array [checkpoints, perturbations, puzzles].
int64_t hrm_plan_record(const struct hrm_plan *plan, const struct hrm_plan_block *block);

/// Set plan->identity from the plan and from `extra`: hashes of the weights, the puzzles, the
/// perturbations and of what else the votes depend on. @param extra [count]
void hrm_plan_identify(struct hrm_plan *plan, const uint64_t *extra, int count);

#endif
