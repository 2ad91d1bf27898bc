#ifndef HRM_BASE_PREALLOCATE_H
#define HRM_BASE_PREALLOCATE_H

#include "core/base/error.h"

#include <stdint.h>

/// Reserve disk space for the first `bytes` of a file, which is created if there is none, so that
/// a full disk shows before anything is computed or written. Where the file system cannot promise
/// space, nothing happens. Errors: HRM_FAILED.
int hrm_file_preallocate(const char *path, int64_t bytes, struct hrm_error *error);

#endif
