#ifndef HRM_JOBS_SOLVE_ANSWER_H
#define HRM_JOBS_SOLVE_ANSWER_H

#include "core/base/error.h"
#include "core/task/task.h"
#include "jobs/solve/solve_ensemble.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#define SOLVE_COUNTED 1000    ///< solutions that are counted at most
#define SOLVE_TRIED   5000000 ///< cells that are tried at most to count them: some seconds

/// What the exact solver says of a puzzle, before a model sees it. Of other tasks than Sudoku 9x9
/// only questions with an answer are read.
struct solve_verdict {
    int solutions; ///< up to SOLVE_COUNTED
    bool known;    ///< whether that is all of them, up to SOLVE_COUNTED
};

struct solve_verdict solve_judge(const struct hrm_task *task, const void *item);

/// Bytes for any text of an item and an answer.
size_t solve_text_bytes(const struct hrm_task *task);

/// Whether it is certain that the puzzle has no solution, or several.
bool solve_verdict_is_bad(const struct solve_verdict *verdict);

/// Warn of a puzzle that is bad, or not known to be good. @param number  from 1
/// @param runs  whether the model is run on it all the same
void solve_verdict_warn(const struct solve_verdict *verdict, int number, bool runs);

/// The answer to a puzzle and where it comes from.
struct solve_answer {
    struct solve_verdict verdict;
    bool run;             ///< else there is nothing but the verdict
    const uint8_t *bytes; ///< the answer, as long as the outcome lasts
    bool certified;
    const char *rule;
    int votes, halted, passes; ///< passes with this grid, those of them that halted, all
    double confidence;         ///< sigmoid of the mean q_halt of the passes with this grid
    int64_t segments;          ///< run for this puzzle
};

/// The answer of the passes of puzzle `i` of an outcome. The verdict is left alone.
int solve_answer_make(const struct solve_outcome *outcome, int i, struct solve_answer *answer,
                      struct hrm_error *error);

/// @param text  [solve_text_bytes()] work, of all three
/// A character a cell: the answer, or the question where no model was run; then a word unless the
/// answer is certified.
void solve_answer_print_plain(const struct solve_answer *answer, const struct hrm_task *task,
                              const void *item, char *text);

/// The grid and what is known of it.
void solve_answer_print_pretty(const struct solve_answer *answer, const struct hrm_task *task,
                               const void *item, char *text);

json_t *solve_answer_json(const struct solve_answer *answer, const struct hrm_task *task,
                          const void *item, char *text);

#endif
