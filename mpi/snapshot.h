#ifndef HRM_MPI_SNAPSHOT_H
#define HRM_MPI_SNAPSHOT_H

struct hrm_error;
struct hrm_provenance;
struct hrm_trainer;

/// Write the weights, and their moving average where there is one, as a checkpoint. Rank 0 of the
/// group writes. Collective on the group. Errors, the same on every rank: HRM_FAILED.
/// @param provenance  [in] step, seed, replica and backend are filled in from the trainer
int hrm_trainer_snapshot(const struct hrm_trainer *trainer, const char *path,
                         const struct hrm_provenance *provenance, struct hrm_error *error);

#endif
