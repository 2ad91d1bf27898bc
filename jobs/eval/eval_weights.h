#ifndef HRM_JOBS_EVAL_WEIGHTS_H
#define HRM_JOBS_EVAL_WEIGHTS_H

struct checkpoint_list;
struct hrm_backend;
struct hrm_error;
struct hrm_weights;
struct hrm_world;

/// Load the weights of all checkpoints of a list, each once: files that are no copies of another
/// and have its weights all the same leave the list. Weights that do not fit into the memory of a
/// node are refused before they are read. Collective on world. Errors, the same on every rank: of
/// hrm_weights_load(); HRM_USAGE.
int eval_weights_load(struct hrm_weights *weights, struct checkpoint_list *list,
                      const struct hrm_world *world, const struct hrm_backend *backend,
                      struct hrm_error *error);

#endif
