#ifndef HRM_JOBS_SOLVE_PUZZLES_H
#define HRM_JOBS_SOLVE_PUZZLES_H

#include "core/base/error.h"
#include "core/sudoku/board.h"

/// Puzzles that a person typed or keeps in a text file.
struct solve_puzzles {
    int count, capacity;
    struct hrm_board *boards; ///< [count]; owned
};

/// Add a puzzle of 81 characters, '1'..'9', and '.' or '0' for a blank.
/// Errors: HRM_DATA naming the place of the wrong character.
int solve_puzzles_add(struct solve_puzzles *puzzles, const char *text, struct hrm_error *error);

/// Add the puzzles of a text file ("-": the standard input), one a line: the first field of 81
/// characters of a line counts, so a CSV file will do. Empty lines, lines that begin with '#' and
/// a CSV header are passed over. Errors: HRM_DATA naming file and line.
int solve_puzzles_read(struct solve_puzzles *puzzles, const char *path, struct hrm_error *error);

void solve_puzzles_free(struct solve_puzzles *puzzles);

#endif
