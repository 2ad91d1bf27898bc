#ifndef HRM_BASE_INPUT_H
#define HRM_BASE_INPUT_H

#include "core/base/error.h"

#include <stddef.h>

/// Refuse to read what is no regular file and can keep a reader waiting without end: a FIFO, a
/// device, a socket. What is missing, and a folder, pass: opening or reading them says so.
/// Errors: HRM_DATA.
int hrm_input_check(const char *path, struct hrm_error *error);

/// Read a small text once, whatever it comes from; a FIFO that nobody writes is not waited for.
/// @param most  bytes
/// @param text  [out] with a newline and a zero byte behind it; free() it. NULL on failure
/// Errors: HRM_USAGE when it cannot be read, is longer, or has a zero byte; HRM_FAILED.
int hrm_input_text(const char *path, size_t most, char **text, size_t *size,
                   struct hrm_error *error);

#endif
