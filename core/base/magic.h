#ifndef HRM_BASE_MAGIC_H
#define HRM_BASE_MAGIC_H

#include <stdbool.h>

/// The bytes that a file of this program with a seal (core/file/seal.h) begins with.
#define HRM_MAGIC       "\211HRMPI\r\n"
#define HRM_MAGIC_BYTES 8

/// Whether a file begins with them. What is no regular file does not, and is not waited for.
bool hrm_magic_found(const char *path);

#endif
