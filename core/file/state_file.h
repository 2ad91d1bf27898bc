#ifndef HRM_FILE_STATE_FILE_H
#define HRM_FILE_STATE_FILE_H

#include "core/base/error.h"
#include "core/file/checkpoint.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// The file: HDF5, schema "hrmpi-state", version 1, under a seal (core/file/seal.h):
///
///     attributes    provenance, as in a checkpoint
///     /<array>      u8 [rows, row bytes], for every struct hrm_state_array, and /extra;
///     contiguous,
///                   in the types and byte order of the memory
///     /sums/<array> u64: XXH3 of each slot's row, or of each MiB of what all ranks share
///
/// The arrays of slots lie outside the seal, as do all the others: their sums are under it.
#define HRM_STATE_SCHEMA  "hrmpi-state"
#define HRM_STATE_VERSION 1

/// One array of what a trainer must keep to go on exactly where it stopped.
struct hrm_state_array {
    const char *name; ///< "params", "slots/z_h", ...
    void *data;       ///< [rows, row_bytes]; the trainer's own memory
    size_t rows, row_bytes;
    bool per_slot; ///< rows are the slots first .. first + rows - 1 of the global batch, and every
                   ///< rank has others; else the array is the same on every rank of the group
    size_t first;  ///< 0 unless per_slot
};

#define HRM_STATE_ARRAYS 12 ///< at most

#define HRM_STATE_PLACES (HRM_STATE_ARRAYS + 1) ///< with that of the caller

/// An array of a state file. Units are what one checksum stands for.
struct hrm_state_place {
    struct hrm_state_array array; ///< of this rank
    int64_t rows;                 ///< of all ranks
    int64_t bytes, unit, units;   ///< of the array; of a unit, the last may be shorter; how many
    int64_t data_at, sums_at;     ///< [out] where data and checksums lie in the file
};

/// The skeleton of a state file; one process does this.
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
