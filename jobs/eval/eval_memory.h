#ifndef HRM_JOBS_EVAL_MEMORY_H
#define HRM_JOBS_EVAL_MEMORY_H

struct eval_options;
struct hrm_error;
struct hrm_plan;
struct hrm_weights;
struct hrm_world;

/// Refuse an evaluation that does not fit into the memory of a node, before it is allocated.
/// Collective on world. Errors, the same on every rank: HRM_USAGE with what is needed and what
/// there is.
int eval_memory_check(const struct hrm_plan *plan, const struct hrm_weights *weights,
                      const struct eval_options *options, const struct hrm_world *world,
                      struct hrm_error *error);

#endif
