#ifndef HRM_SUDOKU_PUZZLE_COLUMNS_H
#define HRM_SUDOKU_PUZZLE_COLUMNS_H

#include "core/base/error.h"

#include <stdbool.h>

#define HRM_COLUMNS 256 ///< most columns of a table of puzzles

/// Where a table of puzzles has what, by its header: in any order, in capitals or not, beside any
/// other columns, separated by commas, semicolons or tabs. A column that is not there is -1.
struct hrm_puzzle_columns {
    char separator;
    int count;    ///< of all columns
    int question; ///< named question, puzzle, quiz or board, or a plural of these
    int answer;   ///< named answer or solution, or a plural of these
    int rating, source;
};

/// Whether a name is one of the question's.
bool hrm_puzzle_columns_is_question(const char *name);

/// Read a header. @param found  [out] whether the line names a question
/// Errors: HRM_DATA when two columns have names of the same thing, or there are too many.
int hrm_puzzle_columns_read(const char *line, struct hrm_puzzle_columns *columns, bool *found,
                            struct hrm_error *error);

/// Cut a row, in place; there must be as many fields as columns. @param fields  [out]
/// Errors: HRM_DATA.
int hrm_puzzle_columns_cut(const struct hrm_puzzle_columns *columns, char *line,
                           char *fields[HRM_COLUMNS], struct hrm_error *error);

/// The text of a board without the spaces around it, where it has others than 81 characters.
char *hrm_puzzle_columns_board(char *field);

/// Whether a line before the header names the separator, as Excel writes it: sep=;
bool hrm_puzzle_columns_is_separator(const char *line);

#endif
