#ifndef HRM_JOBS_PUZZLE_SOURCE_H
#define HRM_JOBS_PUZZLE_SOURCE_H

#include "core/base/atomic_file.h"
#include "core/base/error.h"
#include "core/file/items.h"
#include "core/file/puzzle_stream.h"

#include <stdbool.h>
#include <stdint.h>

/// Puzzles to evaluate. Those of Sudoku 9x9 are read in pieces from a file of any form, and memory
/// does not grow with them; others are read or generated at once.
struct puzzle_source {
    char path[HRM_PATH]; ///< or what asks for the generator
    struct hrm_puzzle_stream stream;
    struct hrm_items items; ///< where there is no stream
    int64_t count;
    uint64_t hash;   ///< core/sudoku/puzzle_hash.h
    uint64_t rated;  ///< likewise, the ratings too: what the plan of an evaluation is known by
    int64_t unrated; ///< puzzles without a rating
    int64_t at;      ///< puzzle that the stream gives next
};

/// Which puzzles of a file.
struct puzzle_choice {
    const struct hrm_task *task;
    const char *name; ///< a file, "test", "val", ...: a bundled set, or "generate:..."
    int64_t first;    ///< only so many from the beginning; 0: all
    int64_t subset;   ///< then so many at random, in order; 0: all
    uint64_t seed;
    bool ambiguous; ///< take a set in which a question has two answers
};

/// Reads the file once or twice, and keeps at most 64 MB while it looks for questions with two
/// answers: beyond 4 million puzzles it goes through the file once more for each 4 million.
/// Errors: HRM_DATA. Free with puzzle_source_close() in any case.
int puzzle_source_open(struct puzzle_source *source, const struct puzzle_choice *choice,
                       struct hrm_error *error);
void puzzle_source_close(struct puzzle_source *source);

/// The hash of all puzzles of the file, chosen or not. A CSV file is read once more.
int puzzle_source_whole_hash(const struct puzzle_source *source, uint64_t *hash,
                             struct hrm_error *error);

/// Puzzles first .. first+count-1 of the choice; quick when they follow those that were read last,
/// or begin at 0. `source` is a struct puzzle_source.
int puzzle_source_read(void *source, int64_t first, int64_t count, void *items,
                       struct hrm_error *error);

#endif
