#ifndef HRM_JOBS_PLAN_DEPTH_H
#define HRM_JOBS_PLAN_DEPTH_H

#include "core/base/error.h"
#include "core/eval/plan.h"

#include <stdbool.h>
#include <stdint.h>

/// How many segments a claim takes: what a simulation draws from.
struct plan_depth {
    double *segments; ///< [count] of claims of plan.block puzzles each; owned
    int64_t count;
    double pass;   ///< mean of a pass of the plan, those that are left out counting 0
    bool measured; ///< passes were seen, else all take all segments
};

/// All passes take all segments. Errors: HRM_FAILED.
int plan_depth_full(struct plan_depth *depth, const struct hrm_plan *plan, bool ranges,
                    struct hrm_error *error);

/// As `segments` [count] blocks of plan.block puzzles took; where claims take ranges, no pass is
/// left out. Errors: HRM_FAILED.
int plan_depth_blocks(struct plan_depth *depth, const struct hrm_plan *plan, bool ranges,
                      const double *segments, int64_t count, struct hrm_error *error);

/// As the passes of a votes file did, cut into the plan's blocks. Where claims take ranges of
/// puzzles, a puzzle whose passes were all run takes more in proportion when the plan has more of
/// them. Errors: HRM_DATA; HRM_USAGE when the file's passes could not take as many segments, or it
/// has less than one block.
int plan_depth_like(struct plan_depth *depth, const struct hrm_plan *plan, bool ranges,
                    const char *path, struct hrm_error *error);

void plan_depth_free(struct plan_depth *depth);

#endif
