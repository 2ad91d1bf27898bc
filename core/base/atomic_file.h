#ifndef HRM_BASE_ATOMIC_FILE_H
#define HRM_BASE_ATOMIC_FILE_H

#include "core/base/error.h"
#include "core/base/target.h"

#include <stdbool.h>
#include <stdio.h>

/// A file that appears whole or not at all: written under a temporary name in the same folder,
/// then renamed. A run that is killed leaves the old file as it was. A symbolic link stays, and
/// what it leads to is replaced.
struct hrm_atomic_file {
    char path[HRM_PATH];      ///< of the file itself, links followed
    char temporary[HRM_PATH]; ///< write to this name; empty: straight into what is no regular file
};

/// Whether the names fit that are made of `path`: of files in a run's folder, of temporary ones.
/// Errors: HRM_USAGE.
int hrm_atomic_file_fits(const char *path, struct hrm_error *error);

/// Choose the temporary name of a file that is written in any order. Nothing is created yet.
/// Errors: HRM_USAGE when the path is too long, its folder is missing or cannot be written, or it
/// is a pipe or a device.
int hrm_atomic_file_begin(struct hrm_atomic_file *output, const char *path,
                          struct hrm_error *error);

/// Open a text for writing: a temporary file, or what exists and is no regular file (a FIFO,
/// /dev/null), or an open descriptor (/dev/stdout, /dev/fd/63), which is written straight.
/// @param file  [out] descriptor, to be closed before the commit; -1 on failure
/// Errors: HRM_USAGE as above, and when a sealed file of the program would be replaced; HRM_FAILED.
int hrm_atomic_file_open(struct hrm_atomic_file *output, const char *path, int *file,
                         struct hrm_error *error);

/// Whether hrm_atomic_file_open() would refuse a path, before hours of work. Touches nothing.
int hrm_atomic_file_check(const char *path, struct hrm_error *error);

/// The closed temporary file becomes the file `path`, and is on the disk when this returns.
/// Errors: HRM_FAILED; the temporary file is removed.
int hrm_atomic_file_commit(struct hrm_atomic_file *output, struct hrm_error *error);

/// Remove the temporary file, if any. Does nothing on a zeroed struct or after a commit.
void hrm_atomic_file_abandon(struct hrm_atomic_file *output);

/// Write a text by hrm_atomic_file_open(). `write` puts it on the stream, whose errors are looked
/// at here; what it returns itself is passed on.
typedef int hrm_text_writer(FILE *stream, const void *context, struct hrm_error *error);
int hrm_atomic_file_text(const char *path, hrm_text_writer *write, const void *context,
                         struct hrm_error *error);

/// Whether a file of this name was being written when a run was killed: a temporary name, or one
/// of the empty files that Open MPI puts beside a file it has open: NAME.locktest.N, NAME.data.N
/// and NAME.metadata.N.
bool hrm_atomic_file_is_partial(const char *name);

/// Remove what killed runs left under temporary names of `path`. No other may be writing it.
void hrm_atomic_file_clear(const char *path);

#endif
