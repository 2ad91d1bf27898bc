#ifndef HRM_FILE_PUZZLE_FILE_H
#define HRM_FILE_PUZZLE_FILE_H

#include "core/base/atomic_file.h"
#include "core/base/error.h"
#include "core/sudoku/puzzle_hash.h"
#include "core/sudoku/puzzles.h"

#include <hdf5.h>
#include <stdbool.h>
#include <stdint.h>

/// A compiled puzzle set: an HDF5 file under a seal (core/file/seal.h), read and written a few
/// thousand rows at a time, so that a set of any size takes no memory.
///
/// Root attributes: schema "hrmpi-puzzles", schema_version, program, created_from, hash (16
/// hexadecimal digits). Datasets: question and answer u8 [n,81], rating i32 [n], source u8 [n],
/// source_names text [k]; contiguous.

#define HRM_PUZZLE_SCHEMA  "hrmpi-puzzles"
#define HRM_PUZZLE_VERSION 1

/// Reads a compiled set row by row.
struct hrm_puzzle_file_reader {
    char path[HRM_PATH];
    hid_t file;
    int64_t count;               ///< rows of the set
    int64_t row;                 ///< that comes next
    struct hrm_puzzles piece;    ///< rows around it
    int64_t first;               ///< row of the set that is row 0 of the piece
    struct hrm_puzzle_hash hash; ///< of the rows before
};

/// Open a set; its checksum is compared, which reads the file once. The caller closes, on failure
/// too. Errors: HRM_DATA naming what was wanted and found, and what to run.
int hrm_puzzle_file_reader_open(struct hrm_puzzle_file_reader *reader, const char *path,
                                struct hrm_error *error);

/// Read and check the next row; its answer must solve its question, and after the last row the
/// hash must be that of the set. @param more  [out] false at the end
/// Errors: HRM_DATA naming file and row or dataset.
int hrm_puzzle_file_reader_next(struct hrm_puzzle_file_reader *reader, struct hrm_puzzle *puzzle,
                                bool *more, struct hrm_error *error);

/// Close. A zeroed reader is allowed.
void hrm_puzzle_file_reader_close(struct hrm_puzzle_file_reader *reader);

/// Writes a compiled set row by row.
struct hrm_puzzle_file_writer {
    struct hrm_atomic_file output; ///< the file appears when it is complete
    hid_t file;
    int64_t count;            ///< rows that the set will have
    int64_t row;              ///< where the piece goes
    struct hrm_puzzles piece; ///< rows that are not in the file yet
    struct hrm_puzzle_hash hash;
};

/// Create a set of `count` rows, whose disk space is reserved where the disk can do that. The
/// caller closes or abandons.
/// @param program  name and version of the program that writes
/// @param created_from  path of the file that the set came from
/// Errors: HRM_FAILED (disk), HRM_USAGE (no such folder).
int hrm_puzzle_file_writer_open(struct hrm_puzzle_file_writer *writer, const char *path,
                                int64_t count, const char *program, const char *created_from,
                                struct hrm_error *error);

/// Add a row. Errors: HRM_FAILED; HRM_DATA when there are too many rows or sources.
int hrm_puzzle_file_writer_put(struct hrm_puzzle_file_writer *writer,
                               const struct hrm_puzzle *puzzle, struct hrm_error *error);

/// Finish the file and give it its name. Errors: HRM_FAILED, HRM_DATA when rows are missing; then
/// no file appears.
int hrm_puzzle_file_writer_close(struct hrm_puzzle_file_writer *writer, struct hrm_error *error);

/// Forget an unfinished file. Does nothing on a zeroed or closed writer.
void hrm_puzzle_file_writer_abandon(struct hrm_puzzle_file_writer *writer);

#endif
