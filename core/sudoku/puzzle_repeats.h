#ifndef HRM_SUDOKU_PUZZLE_REPEATS_H
#define HRM_SUDOKU_PUZZLE_REPEATS_H

#include "core/base/error.h"
#include "core/sudoku/puzzles.h"

#include <stdint.h>

/// Finds rows of a set that are there twice, and questions with two answers, by hashes: 16 bytes a
/// row. A set can be gone through in parts, each of the rows whose hash falls to it.
struct hrm_puzzle_repeats {
    struct hrm_puzzle_key *keys; ///< [count]
    int64_t count, capacity;
    int64_t row; ///< of the set that comes next
    int part, parts;
};

/// What a row is known by.
struct hrm_puzzle_key {
    uint64_t question; ///< its hash
    uint32_t answer;   ///< likewise
    uint32_t row;      ///< from 0
};

#define HRM_REPEATS_PART (INT64_C(1) << 22) ///< rows of a part, more or less: 64 MB

/// What was found; rows count from 1.
struct hrm_puzzle_repeats_found {
    int64_t repeated;  ///< rows that say what an earlier one says, question and answer
    int64_t ambiguous; ///< questions with two answers or more
    int64_t first_repeated[2], first_ambiguous[2]; ///< an earlier row and the first that repeats it
};

/// In how many parts a set of `rows` is gone through when memory must not grow with it.
int hrm_puzzle_repeats_parts(int64_t rows);

/// Begin, or begin the next part. A zeroed struct is ready for a set in one part.
void hrm_puzzle_repeats_begin(struct hrm_puzzle_repeats *repeats, int part, int parts);

/// Add the next row of the set. Errors: HRM_FAILED when memory is short; HRM_DATA beyond 2^32 rows.
int hrm_puzzle_repeats_add(struct hrm_puzzle_repeats *repeats, const struct hrm_board *question,
                           const struct hrm_board *answer, struct hrm_error *error);

/// The same for any two hashes of the question and the answer.
int hrm_puzzle_repeats_add_hashes(struct hrm_puzzle_repeats *repeats, uint64_t question,
                                  uint32_t answer, struct hrm_error *error);

/// Count what this part has, into `found`, which is zeroed before the first part.
void hrm_puzzle_repeats_count(struct hrm_puzzle_repeats *repeats,
                              struct hrm_puzzle_repeats_found *found);

/// HRM_DATA when a question of the set `name` has two answers, saying the rows.
int hrm_puzzle_repeats_check(const struct hrm_puzzle_repeats_found *found, const char *name,
                             struct hrm_error *error);

/// Free and zero. A zeroed struct is allowed.
void hrm_puzzle_repeats_free(struct hrm_puzzle_repeats *repeats);

#endif
