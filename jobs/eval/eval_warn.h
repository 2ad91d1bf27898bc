#ifndef HRM_JOBS_EVAL_WARN_H
#define HRM_JOBS_EVAL_WARN_H

#include "core/base/error.h"
#include "jobs/eval/eval_options.h"
#include "jobs/eval/puzzle_source.h"
#include "mpi/weights.h"

/// Warn of what makes figures of an evaluation mean something else: checkpoints that were trained
/// on the puzzles, by the hash that they carry, and puzzles without a rating. Rank 0 only.
/// Errors: HRM_DATA when the puzzles cannot be read again.
int eval_warn(const struct puzzle_source *source, const struct eval_options *options,
              const struct hrm_weights *weights, struct hrm_error *error);

#endif
