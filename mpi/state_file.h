#ifndef HRM_MPI_STATE_FILE_H
#define HRM_MPI_STATE_FILE_H

#include "core/base/error.h"
#include "core/file/checkpoint.h"
#include "mpi/trainer_state.h"

#include <stdbool.h>
#include <stdint.h>

#define HRM_STATE_PLACES (HRM_STATE_PIECES + 1) ///< with that of the caller

/// An array of a state file. Units are what one checksum stands for.
struct hrm_state_place {
    struct hrm_state_piece piece; ///< of this rank
    int64_t rows;                 ///< of all ranks
    int64_t bytes, unit, units;   ///< of the array; of a unit, the last may be shorter; how many
    int64_t data_at, sums_at;     ///< [out] where data and checksums lie in the file
};

/// The skeleton of a state file; one process does this. (What it looks like: mpi/state.h.)
struct hrm_state_file {
    struct hrm_state_place places[HRM_STATE_PLACES];
    int count;
};

/// Create it without data, with the disk space reserved where the file system can.
/// Errors: HRM_FAILED.
int hrm_state_file_create(struct hrm_state_file *file, const char *path,
                          const struct hrm_provenance *provenance, struct hrm_error *error);

/// Put the file, whose data is all there, under a seal, and check that the seal reads back.
/// Errors: HRM_FAILED.
int hrm_state_file_seal(const struct hrm_state_file *file, const char *path,
                        struct hrm_error *error);

/// Check the seal and find the places, which must have the sizes that are given. With `file` NULL
/// only the provenance is read. Errors: HRM_DATA.
int hrm_state_file_open(struct hrm_state_file *file, const char *path,
                        struct hrm_provenance *provenance, struct hrm_error *error);

#endif
