#ifndef HRM_JOBS_EVAL_WARN_H
#define HRM_JOBS_EVAL_WARN_H

struct eval_options;
struct hrm_error;
struct hrm_weights;
struct puzzle_source;

/// Warn of what makes figures of an evaluation mean something else: checkpoints that were trained
/// on the puzzles, by the hash that they carry, and puzzles without a rating. Rank 0 only.
/// Errors: HRM_DATA when the puzzles cannot be read again.
int eval_warn(const struct puzzle_source *source, const struct eval_options *options,
              const struct hrm_weights *weights, struct hrm_error *error);

#endif
