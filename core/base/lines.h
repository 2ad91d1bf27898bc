#ifndef HRM_BASE_LINES_H
#define HRM_BASE_LINES_H

#include "core/base/atomic_file.h"
#include "core/base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HRM_LINE 65536 ///< bytes of the longest line that is read

/// Reads a text file line by line, plain or gzip, so that a file of any size takes no memory that
/// grows with it. Lines end in LF, CR LF or CR; a byte order mark of UTF-8 is left out.
struct hrm_lines {
    char path[HRM_PATH]; ///< for messages
    void *stream;        ///< of zlib
    char *buffer;
    size_t at, end; ///< what is in the buffer and was not handed out
    bool ended;     ///< the file has no more
    bool after_cr;  ///< the last line ended in CR, so a LF that follows belongs to it
    int64_t line;   ///< number of the line that was read last, from 1
};

/// Open a file; "-" is the standard input. The caller closes, on failure too.
/// Errors: HRM_DATA naming the file; HRM_FAILED when memory is short.
int hrm_lines_open(struct hrm_lines *lines, const char *path, struct hrm_error *error);

/// The next line without its end, ended by NUL; it may be changed, and lasts until the next call.
/// @param text  [out] NULL at the end of the file
/// Errors: HRM_DATA naming file and line: damaged, too long, or no text.
int hrm_lines_next(struct hrm_lines *lines, char **text, struct hrm_error *error);

/// What comes next without taking it: up to `size` bytes, fewer only at the end of the file.
/// @param text  [out] not ended by NUL  @param length  [out]
int hrm_lines_peek(struct hrm_lines *lines, size_t size, const char **text, size_t *length,
                   struct hrm_error *error);

/// Take the next byte, counting lines; -1 at the end of the file or at a failure.
int hrm_lines_byte(struct hrm_lines *lines, struct hrm_error *error);

/// Close. A zeroed reader is allowed.
void hrm_lines_close(struct hrm_lines *lines);

#endif
