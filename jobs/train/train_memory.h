#ifndef HRM_JOBS_TRAIN_MEMORY_H
#define HRM_JOBS_TRAIN_MEMORY_H

struct hrm_backend;
struct hrm_error;
struct hrm_group;
struct hrm_model_config;
struct hrm_training;
struct hrm_world;

/// Refuse a training that does not fit into the memory of a node, before it is allocated.
/// Collective on world. Errors, the same on every rank: HRM_USAGE with what is needed and what
/// there is, HRM_FAILED.
int train_memory_check(const struct hrm_training *training, const struct hrm_model_config *config,
                       const struct hrm_backend *backend, const struct hrm_world *world,
                       const struct hrm_group *group, struct hrm_error *error);

#endif
