#ifndef HRM_MPI_COMMON_BACKEND_H
#define HRM_MPI_COMMON_BACKEND_H

#include "core/compute/backend.h"
#include "mpi/world.h"

/// The backend that all ranks compute with. Nodes of one job may be of several kinds: "auto" means
/// the first of hrm_backends() that every rank would choose or fall back to.
/// @param name     [in] "auto" or a backend's, the same on all ranks
/// @param usable   [in] hrm_backend_usable(name) of this rank
/// @param backend  [out] the same on all ranks
/// Collective; a sum of one word. Errors: HRM_USAGE with the lowest rank that has none.
int hrm_common_backend(const struct hrm_world *world, const char *name, unsigned usable,
                       const struct hrm_backend **backend, struct hrm_error *error);

#endif
