#include "core/sudoku/board.h"

#include "core/sudoku/grid.h"

#include <ctype.h>
#include <string.h>

const uint8_t hrm_unit_cells[HRM_UNITS][9] = {
    {0, 1, 2, 3, 4, 5, 6, 7, 8},          {9, 10, 11, 12, 13, 14, 15, 16, 17},
    {18, 19, 20, 21, 22, 23, 24, 25, 26}, {27, 28, 29, 30, 31, 32, 33, 34, 35},
    {36, 37, 38, 39, 40, 41, 42, 43, 44}, {45, 46, 47, 48, 49, 50, 51, 52, 53},
    {54, 55, 56, 57, 58, 59, 60, 61, 62}, {63, 64, 65, 66, 67, 68, 69, 70, 71},
    {72, 73, 74, 75, 76, 77, 78, 79, 80}, {0, 9, 18, 27, 36, 45, 54, 63, 72},
    {1, 10, 19, 28, 37, 46, 55, 64, 73},  {2, 11, 20, 29, 38, 47, 56, 65, 74},
    {3, 12, 21, 30, 39, 48, 57, 66, 75},  {4, 13, 22, 31, 40, 49, 58, 67, 76},
    {5, 14, 23, 32, 41, 50, 59, 68, 77},  {6, 15, 24, 33, 42, 51, 60, 69, 78},
    {7, 16, 25, 34, 43, 52, 61, 70, 79},  {8, 17, 26, 35, 44, 53, 62, 71, 80},
    {0, 1, 2, 9, 10, 11, 18, 19, 20},     {3, 4, 5, 12, 13, 14, 21, 22, 23},
    {6, 7, 8, 15, 16, 17, 24, 25, 26},    {27, 28, 29, 36, 37, 38, 45, 46, 47},
    {30, 31, 32, 39, 40, 41, 48, 49, 50}, {33, 34, 35, 42, 43, 44, 51, 52, 53},
    {54, 55, 56, 63, 64, 65, 72, 73, 74}, {57, 58, 59, 66, 67, 68, 75, 76, 77},
    {60, 61, 62, 69, 70, 71, 78, 79, 80},
};

// What a character means, plus one: 1 a blank, 2..10 a digit, 0 nothing.
static const uint8_t meanings[256] = {
    ['.'] = 1, ['0'] = 1, ['_'] = 1, ['*'] = 1, ['x'] = 1,  ['X'] = 1,
    ['-'] = 1, [' '] = 1, ['1'] = 2, ['2'] = 3, ['3'] = 4,  ['4'] = 5,
    ['5'] = 6, ['6'] = 7, ['7'] = 8, ['8'] = 9, ['9'] = 10,
};

int hrm_board_cell(char character)
{
    return meanings[(unsigned char)character] - 1;
}

static int fail_length(int64_t length, struct hrm_error *error)
{
    hrm_fail(error, HRM_DATA, "a board has %lld characters, wanted %d", (long long)length,
             HRM_CELLS);
    return hrm_hint(error, "Sudoku 9x9 was asked for: give such puzzles; other sizes go to a "
                           "checkpoint of that size, or take --task and its options");
}

int hrm_board_parse(const char *text, struct hrm_board *board, struct hrm_error *error)
{
    for (int i = 0; i < HRM_CELLS; i++) {
        char c = text[i];
        int cell = hrm_board_cell(c);
        if (c == '\0')
            return fail_length(i, error);
        if (cell < 0)
            return hrm_fail(error, HRM_DATA,
                            isprint((unsigned char)c)
                                ? "character '%c' at position %d (row %d, column %d) of a board, "
                                  "wanted 1-9, or . 0 _ * x X - or a space for a blank"
                                : "character \\%03o at position %d (row %d, column %d) of a "
                                  "board, wanted 1-9, or . 0 _ * x X - or a space for a blank",
                            (unsigned char)c, i + 1, i / 9 + 1, i % 9 + 1);
        board->cell[i] = (uint8_t)cell;
    }
    if (text[HRM_CELLS] != '\0')
        return fail_length((int64_t)strlen(text), error);
    return HRM_OK;
}

void hrm_board_format(const struct hrm_board *board, char text[HRM_CELLS + 1])
{
    for (int i = 0; i < HRM_CELLS; i++)
        text[i] = board->cell[i] == 0 ? '.' : (char)('0' + board->cell[i]);
    text[HRM_CELLS] = '\0';
}

void hrm_board_pretty(const struct hrm_board *board, char text[HRM_BOARD_PRETTY])
{
    char *end = text;
    for (int row = 0; row < 9; row++) {
        if (row == 3 || row == 6) {
            memcpy(end, "------+-------+------\n", 22);
            end += 22;
        }
        for (int column = 0; column < 9; column++) {
            uint8_t value = board->cell[9 * row + column];
            if (column == 3 || column == 6) {
                *end++ = '|';
                *end++ = ' ';
            }
            *end++ = value == 0 ? '.' : (char)('0' + value);
            *end++ = column == 8 ? '\n' : ' ';
        }
    }
    *end = '\0';
}

int hrm_board_clues(const struct hrm_board *board)
{
    int clues = 0;
    for (int i = 0; i < HRM_CELLS; i++)
        clues += board->cell[i] != 0;
    return clues;
}

bool hrm_board_is_complete(const struct hrm_board *board)
{
    return hrm_grid_is_complete(hrm_sudoku_of(9), board->cell);
}

bool hrm_board_keeps_givens(const struct hrm_board *question, const struct hrm_board *grid)
{
    return hrm_grid_keeps_givens(hrm_sudoku_of(9), question->cell, grid->cell);
}

int hrm_board_conflicts(const struct hrm_board *grid)
{
    return hrm_grid_conflicts(hrm_sudoku_of(9), grid->cell);
}

bool hrm_board_is_certified(const struct hrm_board *question, const struct hrm_board *grid)
{
    return hrm_grid_is_certified(hrm_sudoku_of(9), question->cell, grid->cell);
}
