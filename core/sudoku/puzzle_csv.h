#ifndef HRM_SUDOKU_PUZZLE_CSV_H
#define HRM_SUDOKU_PUZZLE_CSV_H

#include "core/base/atomic_file.h"
#include "core/base/error.h"
#include "core/base/lines.h"
#include "core/sudoku/puzzle_columns.h"
#include "core/sudoku/puzzles.h"

#include <stdbool.h>
#include <stdint.h>

/// The header of the files that Sudoku-Extreme is published as.
#define HRM_PUZZLE_HEADER "source,question,answer,rating"

/// Reads a CSV file row by row, plain or gzip, so that a file of any size takes no memory.
/// The header must name a question and an answer (core/sudoku/puzzle_columns.h); a rating or source
/// that is missing or empty is HRM_UNRATED or "". A source of 64 bytes or more keeps its first 46
/// and a hash of all. Blank lines are passed over.
struct hrm_puzzle_reader {
    struct hrm_lines lines; ///< lines.line: of the row that was read last
    struct hrm_puzzle_columns columns;
};

/// Open a file and read its header. The caller closes.
/// Errors: HRM_DATA naming the file, what was found and what to do.
int hrm_puzzle_reader_open(struct hrm_puzzle_reader *reader, const char *path,
                           struct hrm_error *error);

/// A row as its texts.
struct hrm_puzzle_row {
    const char *question, *answer; ///< as they stand; they last until the next row
    int32_t rating;
    char source[HRM_SOURCE_NAME];
};

/// Read the next row of puzzles of any kind. @param more  [out] false at the end of the file
/// Errors: HRM_DATA naming file and line.
int hrm_puzzle_reader_row(struct hrm_puzzle_reader *reader, struct hrm_puzzle_row *row, bool *more,
                          struct hrm_error *error);

/// Read and check the next row; its answer must solve its question.
/// @param more  [out] false at the end of the file, then `puzzle` is untouched
/// Errors: HRM_DATA naming file and line.
int hrm_puzzle_reader_next(struct hrm_puzzle_reader *reader, struct hrm_puzzle *puzzle, bool *more,
                           struct hrm_error *error);

/// Close. A zeroed reader is allowed.
void hrm_puzzle_reader_close(struct hrm_puzzle_reader *reader);

/// Writes a CSV file row by row, gzip when its name ends in ".gz".
struct hrm_puzzle_writer {
    struct hrm_atomic_file output; ///< the file appears when it is complete
    void *stream;                  ///< of zlib
};

/// Open a file for writing, with its header. The caller closes or abandons.
/// Errors: HRM_USAGE (no such folder), HRM_FAILED.
int hrm_puzzle_writer_open(struct hrm_puzzle_writer *writer, const char *path,
                           struct hrm_error *error);

/// Write a row of puzzles of any kind; a text with spaces stands in quotes.
/// Errors: HRM_FAILED, also for a full disk.
int hrm_puzzle_writer_row(struct hrm_puzzle_writer *writer, const struct hrm_puzzle_row *row,
                          struct hrm_error *error);

/// Write a row. Errors: as of hrm_puzzle_writer_row().
int hrm_puzzle_writer_put(struct hrm_puzzle_writer *writer, const struct hrm_puzzle *puzzle,
                          struct hrm_error *error);

/// Finish the file and give it its name. Errors: HRM_FAILED, and then no file appears.
int hrm_puzzle_writer_close(struct hrm_puzzle_writer *writer, struct hrm_error *error);

/// Forget an unfinished file. Does nothing on a zeroed or closed writer.
void hrm_puzzle_writer_abandon(struct hrm_puzzle_writer *writer);

#endif
