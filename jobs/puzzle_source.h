#ifndef HRM_JOBS_PUZZLE_SOURCE_H
#define HRM_JOBS_PUZZLE_SOURCE_H

#include "core/base/error.h"
#include "core/base/replace.h"
#include "core/sudoku/puzzles.h"
#include "mpi/votes.h"

#include <stdbool.h>
#include <stdint.h>

/// Puzzles to evaluate, read in pieces. A compiled set (hrmpi data convert) is read piece by
/// piece; a CSV file, or a random subset, is held while the votes file is made, 167 bytes a
/// puzzle.
struct puzzle_source {
    char path[HRM_PATH];
    bool compiled; ///< read from the file; else from `set`
    int64_t count;
    uint64_t hash; ///< of questions, answers and ratings, in order
    struct hrm_puzzles set;
};

/// Which puzzles of a file.
struct puzzle_choice {
    const char *name; ///< a file, or "test", "val", ...: a set that comes with the program
    int64_t first;    ///< only so many from the beginning; 0: all
    int64_t subset;   ///< then so many at random, in order; 0: all
    uint64_t seed;
};

/// Errors: HRM_DATA; HRM_USAGE when there is no such file or set. Free with
/// puzzle_source_close() in any case.
int puzzle_source_open(struct puzzle_source *source, const struct puzzle_choice *choice,
                       struct hrm_error *error);
void puzzle_source_close(struct puzzle_source *source);

/// Puzzles first .. first+count-1 of the choice. `source` is a struct puzzle_source.
int puzzle_source_read(void *source, int64_t first, int64_t count,
                       const struct hrm_votes_puzzles *puzzles, struct hrm_error *error);

#endif
