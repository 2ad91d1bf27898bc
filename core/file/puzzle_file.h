#ifndef HRM_FILE_PUZZLE_FILE_H
#define HRM_FILE_PUZZLE_FILE_H

#include "core/base/error.h"
#include "core/sudoku/puzzles.h"

#include <stdint.h>

/// A compiled puzzle set: an HDF5 file that opens at once and of which rows can be read.
///
/// Root attributes: schema "hrmpi-puzzles", schema_version, program, created_from, hash (16
/// hexadecimal digits). Datasets: question and answer u8 [n,81], rating i32 [n], source u8 [n],
/// source_names text [k]; contiguous.

#define HRM_PUZZLE_SCHEMA  "hrmpi-puzzles"
#define HRM_PUZZLE_VERSION 1

/// Write a set under a temporary name that is renamed.
/// @param program  name and version of the program that writes
/// @param created_from  path of the file that the set came from
/// Errors: HRM_FAILED (disk), HRM_USAGE (no such folder).
int hrm_puzzle_file_write(const char *path, const struct hrm_puzzles *puzzles, const char *program,
                          const char *created_from, struct hrm_error *error);

/// The number of puzzles of a compiled set. Errors: HRM_DATA.
int hrm_puzzle_file_count(const char *path, int64_t *count, struct hrm_error *error);

/// Read rows first..first+count-1 of a compiled set, or all when count is 0. Every answer is
/// checked against its question; of a whole set the hash must match. Otherwise the hash is that
/// of the rows that were read. Free with hrm_puzzles_free().
/// Errors: HRM_DATA naming file and dataset, what was wanted and found, and what to run.
int hrm_puzzle_file_read(const char *path, int64_t first, int64_t count,
                         struct hrm_puzzles *puzzles, struct hrm_error *error);

/// Read a whole puzzle set of any form: CSV, gzip CSV or compiled, told apart by the content.
/// Free with hrm_puzzles_free(). Errors: HRM_DATA.
int hrm_puzzles_open(const char *path, struct hrm_puzzles *puzzles, struct hrm_error *error);

#endif
