#ifndef HRM_FILE_PUZZLE_STREAM_H
#define HRM_FILE_PUZZLE_STREAM_H

#include "core/base/error.h"
#include "core/base/random.h"
#include "core/file/puzzle_file.h"
#include "core/sudoku/puzzle_csv.h"
#include "core/sudoku/puzzle_hash.h"
#include "core/sudoku/puzzles.h"

#include <stdbool.h>
#include <stdint.h>

/// Which rows of a set are meant, in the order of the set. Zeroed: all.
struct hrm_puzzle_choice {
    bool by_rating; ///< only those from min_rating to max_rating
    int32_t min_rating, max_rating;
    int64_t first; ///< then only so many from the beginning; 0: all
    int64_t
        subset; ///< then so many without replacement, from HRM_RANDOM_SUBSET of the seed; 0: all
    uint64_t seed;
};

/// Reads the chosen rows of a puzzle set of any form, CSV, gzip CSV or compiled, told apart by the
/// content. Memory does not grow with the set.
struct hrm_puzzle_stream {
    char path[HRM_PATH];
    struct hrm_puzzle_choice choice;
    bool compiled;
    struct hrm_puzzle_reader csv;
    struct hrm_puzzle_file_reader file;
    int64_t total; ///< rows that --first has left over, of which a subset is drawn; -1: not counted
    int64_t passed;              ///< rows so far that count for `total`
    int64_t taken;               ///< rows so far that were handed out
    struct hrm_puzzle_hash hash; ///< of these
    struct hrm_random random;
};

/// Whether a file is a compiled set, by its content. Errors: HRM_DATA when it is no regular file or
/// cannot be read.
int hrm_puzzle_stream_look(const char *path, bool *compiled, struct hrm_error *error);

/// Open a set. A subset needs hrm_puzzle_stream_count(), which is called. The caller closes, on
/// failure too. Errors: HRM_DATA naming the file, what was found and what to do.
int hrm_puzzle_stream_open(struct hrm_puzzle_stream *stream, const char *path,
                           const struct hrm_puzzle_choice *choice, struct hrm_error *error);

/// How many rows will come. Reads the set once unless its file tells: 3 us a row.
/// Errors: HRM_DATA; HRM_USAGE when no row has such a rating.
int hrm_puzzle_stream_count(struct hrm_puzzle_stream *stream, int64_t *count,
                            struct hrm_error *error);

/// Begin again. Errors: HRM_DATA.
int hrm_puzzle_stream_rewind(struct hrm_puzzle_stream *stream, struct hrm_error *error);

/// The next row, checked: its answer solves its question. @param more  [out] false at the end
/// Errors: HRM_DATA naming file and row, also for a set without rows; HRM_USAGE when the choice
/// has left nothing over.
int hrm_puzzle_stream_next(struct hrm_puzzle_stream *stream, struct hrm_puzzle *puzzle, bool *more,
                           struct hrm_error *error);

/// XXH3 of the rows that have come (core/sudoku/puzzle_hash.h).
uint64_t hrm_puzzle_stream_hash(const struct hrm_puzzle_stream *stream);

/// Close. A zeroed stream is allowed.
void hrm_puzzle_stream_close(struct hrm_puzzle_stream *stream);

/// Read the chosen rows into memory. Free with hrm_puzzles_free(). Errors: those of the stream.
int hrm_puzzles_open(const char *path, const struct hrm_puzzle_choice *choice,
                     struct hrm_puzzles *puzzles, struct hrm_error *error);

#endif
