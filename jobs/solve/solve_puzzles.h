#ifndef HRM_JOBS_SOLVE_PUZZLES_H
#define HRM_JOBS_SOLVE_PUZZLES_H

#include "core/base/error.h"
#include "core/sudoku/board.h"
#include "core/task/task.h"

/// Puzzles that a person typed or keeps in a file.
struct solve_puzzles {
    struct hrm_task task; ///< of the model that is asked
    int count, capacity;
    unsigned char *items; ///< [count, item_bytes]; owned. Those of Sudoku 9x9 have no answers
};

/// Item number i.
static inline const unsigned char *solve_puzzles_at(const struct solve_puzzles *puzzles, int i)
{
    return puzzles->items + (size_t)i * (size_t)puzzles->task.shape.item_bytes;
}

/// Append an item. Errors: HRM_FAILED when memory is short.
int solve_puzzles_append(struct solve_puzzles *puzzles, const void *item, struct hrm_error *error);

/// Add the puzzles of a command-line argument, the `number`th: of Sudoku 9x9 in any form of
/// core/sudoku/question_text.h, else one question as hrm_task_kind.read() has it.
/// Errors: HRM_DATA naming the place of the wrong character.
int solve_puzzles_add(struct solve_puzzles *puzzles, const char *text, int number,
                      struct hrm_error *error);

/// Add the puzzles of a file ("-": the standard input). Of Sudoku 9x9: text of any form of
/// core/sudoku/question_text.h, JSON (jobs/solve/solve_json.h), either plain or gzip, or a compiled
/// set; else a question a line, or a CSV file with the columns question and answer. Errors:
/// HRM_DATA naming file and line, also for a file without puzzles.
int solve_puzzles_read(struct solve_puzzles *puzzles, const char *path, struct hrm_error *error);

void solve_puzzles_free(struct solve_puzzles *puzzles);

#endif
