#ifndef HRM_JOBS_USAGE_H
#define HRM_JOBS_USAGE_H

#include "jobs/cli/console.h"
#include "mpi/world.h"

/// What all ranks have used so far. Collective on world. Errors: HRM_FAILED.
int hrm_usage_look(struct hrm_usage *usage, const struct hrm_world *world, struct hrm_error *error);

#endif
