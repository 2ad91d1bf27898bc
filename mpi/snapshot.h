#ifndef HRM_MPI_SNAPSHOT_H
#define HRM_MPI_SNAPSHOT_H

#include "core/base/error.h"
#include "core/file/checkpoint.h"
#include "mpi/trainer.h"

#include <stddef.h>

/// Write the weights, and their moving average where there is one, as a checkpoint. Rank 0 of the
/// group writes. Collective on the group. Errors, the same on every rank: HRM_FAILED.
/// @param provenance  [in] step, seed, replica and backend are filled in from the trainer
int hrm_trainer_snapshot(const struct hrm_trainer *trainer, const char *path,
                         const struct hrm_provenance *provenance, struct hrm_error *error);

/// The hosts of a group without repetition, as "n1 n2 n3", for the provenance. Collective.
/// @param text  [out] char[size] on rank 0 of the group, cut where it does not fit
/// Errors: HRM_FAILED.
int hrm_group_hosts(const struct hrm_group *group, const char *host, char *text, size_t size,
                    struct hrm_error *error);

#endif
