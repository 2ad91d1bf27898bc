#ifndef HRM_BASE_TARGET_H
#define HRM_BASE_TARGET_H

#include "core/base/error.h"

#include <stdbool.h>

#define HRM_PATH 4096 ///< bytes of the longest path that can be written to

/// What a path that is to be written leads to.
enum hrm_target_kind {
    HRM_TARGET_FILE,   ///< a regular file, a folder, or nothing yet
    HRM_TARGET_DEVICE, ///< what exists and is neither: a FIFO, a terminal, /dev/null
    HRM_TARGET_OPEN    ///< a descriptor that this process has open: /dev/stdout, /dev/fd/63
};

struct hrm_target {
    enum hrm_target_kind kind;
    int descriptor;      ///< of HRM_TARGET_OPEN
    char path[HRM_PATH]; ///< with symbolic links followed, those too that lead to nothing yet
};

/// Follow a path. Errors: HRM_USAGE when it is too long or its links go in a circle.
int hrm_target_find(struct hrm_target *target, const char *path, struct hrm_error *error);

/// Whether two paths that are to be written are the same file; what is no regular file can be
/// written twice.
bool hrm_target_same(const char *left, const char *right);

/// Refuse to write over what is read: a regular file with the device and inode of an input.
/// @param output  [in] path; empty: none
/// @param inputs  [in] paths, of which NULL and empty ones are passed over
/// Errors: HRM_USAGE, naming both.
int hrm_target_apart(const char *output, const char *const *inputs, int count,
                     struct hrm_error *error);

#endif
