#ifndef HRM_FILE_SEAL_H
#define HRM_FILE_SEAL_H

#include "core/base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// A checksum of a whole file in front of it, in the HDF5 user block, so that a damaged file is
/// found before HDF5 looks at it: HDF5 trusts what it reads and can crash on it.
///
/// On the disk, little-endian, HRM_SEAL_BYTES in all: the magic of 8 bytes; u32 version, u32
/// number of ranges; i64 bytes of the file; u64 XXH3 of the file without the seal and the ranges;
/// the ranges, each as i64 first, i64 bytes; zeros; u64 XXH3 of the seal up to here.
#define HRM_SEAL_BYTES  1024 ///< a size that HDF5 allows for a user block
#define HRM_SEAL_RANGES 32   ///< at most

/// A part of the file that is not under the seal, since it has checksums of its own.
struct hrm_seal_range {
    int64_t first, bytes;
};

struct hrm_seal {
    int64_t bytes; ///< of the file
    int count;
    struct hrm_seal_range ranges[HRM_SEAL_RANGES]; ///< in rising order, apart
};

/// Seal a file in memory. @param file  [in,out] [bytes], room for the seal at the front
void hrm_seal_memory(unsigned char *file, size_t bytes);

/// Seal a file on the disk, whose first HRM_SEAL_BYTES are free, as long as it is.
/// @param seal  [in,out] count and ranges are given
/// Errors: HRM_FAILED.
int hrm_seal_write(const char *path, struct hrm_seal *seal, struct hrm_error *error);

/// Whether a file begins as a sealed one.
bool hrm_seal_exists(const char *path);

/// What two copies of a sealed file have in common: the checksum of the seal, which has that of the
/// file. Reads one kilobyte. 0: not sealed, or not readable.
uint64_t hrm_seal_mark(const char *path);

/// Check a file against its seal. A file without one passes, with *sealed false.
/// Costs one read of what is under the seal: 0.1 s for a full-size checkpoint in the page cache.
/// Errors: HRM_DATA when the file is cut or damaged, or cannot be read.
int hrm_seal_check(const char *path, bool *sealed, struct hrm_seal *seal, struct hrm_error *error);

#endif
