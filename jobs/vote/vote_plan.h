#ifndef HRM_JOBS_VOTE_PLAN_H
#define HRM_JOBS_VOTE_PLAN_H

#include "core/vote/mcnemar.h"
#include "core/vote/selection.h"
#include "jobs/vote/vote_report.h"

/// The votes of a report before they are counted: selections of passes, and the row that each is
/// added to. Start zeroed but for pool.
struct vote_plan {
    const struct hrm_pool *pool;
    struct hrm_selection *selections; ///< [count]; owned
    struct vote_row **rows;           ///< [count]; owned, what they point at is not
    int count, capacity;
};

/// Plan a vote of some passes for a row.
/// @param passes  [in] only so many, the first of them; 0: all
/// Errors: HRM_FAILED.
int vote_plan_add(struct vote_plan *plan, struct vote_row *row,
                  struct hrm_selection_axis checkpoints, struct hrm_selection_axis perturbations,
                  int passes, struct hrm_error *error);

/// Count all that is planned into the rows. Collective on world.
/// @param pairs   [in] [pair_count] selections whose answers are to be compared, or NULL
/// @param tables  [out] [pair_count]
int vote_plan_count(struct vote_plan *plan, const struct hrm_world *world, const int (*pairs)[2],
                    struct hrm_mcnemar (*tables)[HRM_RULES], int pair_count,
                    struct hrm_error *error);

void vote_plan_free(struct vote_plan *plan);

#endif
