#ifndef HRM_JOBS_VOTE_RUNS_H
#define HRM_JOBS_VOTE_RUNS_H

#include "jobs/vote/vote_report.h"

/// Select checkpoints of report->pool and sort them into runs: fills `checkpoints`, `runs`, the
/// ranges of the sweeps, `unrecorded`, `doubled`, `twin` and `copies`. Checkpoints belong to one
/// run when training, seed, replica and folder are the same, and the segments of their evaluation.
/// @param checkpoints  [in] a list; "last" are the last of each run
/// Errors: HRM_USAGE for a bad list, HRM_FAILED.
int vote_runs_make(struct vote_report *report, const char *checkpoints, struct hrm_error *error);

/// The last checkpoint of a run.
static inline const struct vote_checkpoint *vote_runs_last(const struct vote_report *report,
                                                           const struct vote_run *run)
{
    return &report->checkpoints[run->first + run->count - 1];
}

#endif
