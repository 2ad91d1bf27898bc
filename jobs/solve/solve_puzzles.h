#ifndef HRM_JOBS_SOLVE_PUZZLES_H
#define HRM_JOBS_SOLVE_PUZZLES_H

#include "core/base/error.h"
#include "core/sudoku/board.h"

/// Puzzles that a person typed or keeps in a file.
struct solve_puzzles {
    int count, capacity;
    struct hrm_board *boards; ///< [count]; owned
};

/// Append a puzzle; `user` is a struct solve_puzzles. Errors: HRM_FAILED when memory is short.
int solve_puzzles_append(void *user, const struct hrm_board *board, struct hrm_error *error);

/// Add the puzzles of a command-line argument, the `number`th, in any form of
/// core/sudoku/question_text.h. Errors: HRM_DATA naming the place of the wrong character.
int solve_puzzles_add(struct solve_puzzles *puzzles, const char *text, int number,
                      struct hrm_error *error);

/// Add the puzzles of a file ("-": the standard input): text of any form of
/// core/sudoku/question_text.h, JSON (jobs/solve/solve_json.h), either plain or gzip, or a compiled
/// set. Errors: HRM_DATA naming file and line, also for a file without puzzles.
int solve_puzzles_read(struct solve_puzzles *puzzles, const char *path, struct hrm_error *error);

void solve_puzzles_free(struct solve_puzzles *puzzles);

#endif
