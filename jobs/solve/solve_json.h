#ifndef HRM_JOBS_SOLVE_JSON_H
#define HRM_JOBS_SOLVE_JSON_H

#include "core/base/error.h"
#include "core/base/lines.h"
#include "core/sudoku/question_text.h"

#include <stdbool.h>

/// Whether a text that was just opened is JSON.
int solve_json_look(struct hrm_lines *lines, bool *json, struct hrm_error *error);

/// Take the puzzles of JSON, of one value or several after each other: texts of 81 characters or
/// nine of nine, numbers in lists (81, or nine of nine; 0 or null is a blank), lists of these, and
/// objects that name a question as a table does, such as `hrmpi solve --json` prints.
/// @param text  a text that nothing was read of
/// Errors: HRM_DATA naming the line.
int solve_json_read(struct hrm_lines *lines, struct hrm_question_text *text,
                    struct hrm_error *error);

#endif
