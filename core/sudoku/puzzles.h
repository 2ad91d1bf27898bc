#ifndef HRM_SUDOKU_PUZZLES_H
#define HRM_SUDOKU_PUZZLES_H

#include "core/base/error.h"
#include "core/sudoku/board.h"

#include <stdint.h>

#define HRM_SOURCE_NAME 64  ///< bytes of the name of a source
#define HRM_SOURCES     256 ///< most sources of a set; the last one then stands for all others
#define HRM_SOURCE_REST "(other sources)"

#define HRM_UNRATED (-1) ///< rating of a puzzle that has none

/// One puzzle, as a row of a file has it.
struct hrm_puzzle {
    struct hrm_board question, answer;
    int32_t rating;               ///< guesses of the tdoku solver, larger is harder, or HRM_UNRATED
    char source[HRM_SOURCE_NAME]; ///< where it comes from
};

/// A set of puzzles in memory, in the order of its file. 166 bytes a puzzle.
struct hrm_puzzles {
    int64_t count;
    uint8_t *question;                    ///< [count][81], 0..9
    uint8_t *answer;                      ///< [count][81], 1..9
    int32_t *rating;                      ///< [count]
    uint8_t *source;                      ///< [count], index into source_name
    int sources;                          ///< number of names
    char (*source_name)[HRM_SOURCE_NAME]; ///< [HRM_SOURCES]
    uint64_t hash;    ///< XXH3 (64 bits) over question and answer of every puzzle in order
    int64_t capacity; ///< rows that there is memory for
};

/// Check that an answer solves its question: complete, keeps the givens, breaks no rule.
/// Errors: HRM_DATA naming the cell.
int hrm_puzzle_check(const struct hrm_board *question, const struct hrm_board *answer,
                     struct hrm_error *error);

/// Make room for `capacity` puzzles. Errors: HRM_FAILED when memory is short.
int hrm_puzzles_reserve(struct hrm_puzzles *puzzles, int64_t capacity, struct hrm_error *error);

/// Add a puzzle to a set (a zeroed set is empty) without checking it. The hash is not updated.
/// Errors: HRM_FAILED when memory is short.
int hrm_puzzles_append(struct hrm_puzzles *puzzles, const struct hrm_puzzle *puzzle,
                       struct hrm_error *error);

/// Puzzle number `row`.
struct hrm_puzzle hrm_puzzles_get(const struct hrm_puzzles *puzzles, int64_t row);

/// Compute puzzles->hash anew.
void hrm_puzzles_rehash(struct hrm_puzzles *puzzles);

/// Drop the puzzles that repeat an earlier one, question and answer; takes 9 bytes a puzzle.
/// @param dropped  [out] how many
/// Errors: HRM_FAILED when memory is short.
int hrm_puzzles_drop_repeated(struct hrm_puzzles *puzzles, int64_t *dropped,
                              struct hrm_error *error);

/// Free and zero. A zeroed set is allowed.
void hrm_puzzles_free(struct hrm_puzzles *puzzles);

#endif
