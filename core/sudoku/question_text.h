#ifndef HRM_SUDOKU_QUESTION_TEXT_H
#define HRM_SUDOKU_QUESTION_TEXT_H

#include "core/base/error.h"
#include "core/sudoku/board.h"
#include "core/sudoku/puzzle_columns.h"

#include <stdbool.h>
#include <stdint.h>

/// Finds puzzles in text that people and programs write, line by line. Understood are
///
/// - a table whose header names a question (core/sudoku/puzzle_columns.h): that column of each row;
/// - boards of 81 characters, one or several on a line, beside numbers and names; a full grid that
///   solves another board of its line is the answer and no puzzle;
/// - 81 characters with spaces, commas or bars between them, and 81 with spaces as blanks;
/// - grids of nine lines of nine, bare, spaced, framed (.sdk, .ss, what hrm_board_pretty() writes);
/// - nine lines of nine lists of candidates, of which those of one digit are givens (.sdx).
///
/// Blank lines, rules of - + | =, comments (#, ;, //), section names in brackets and the lines that
/// `hrmpi solve` adds to a grid are passed over. Everything else is an error.
struct hrm_question_text {
    const char *name; ///< of the text, for messages
    int (*take)(void *user, const struct hrm_board *board, struct hrm_error *error);
    void *user;
    int64_t found; ///< puzzles so far
    // Its own.
    bool begun; ///< behind the place of a header
    bool table;
    struct hrm_puzzle_columns columns;
    bool passing; ///< in a section that is no puzzle
    struct hrm_board grid;
    int rows;      ///< of the grid that were read
    int64_t first; ///< line of its first row
    char blank;    ///< that its rows have, or 0
};

/// Take a line, which is changed. Errors: HRM_DATA naming text and line; those of take().
int hrm_question_text_line(struct hrm_question_text *text, char *line, int64_t number,
                           struct hrm_error *error);

/// The text is at its end. Errors: HRM_DATA when a grid is not complete.
int hrm_question_text_end(struct hrm_question_text *text, struct hrm_error *error);

#endif
