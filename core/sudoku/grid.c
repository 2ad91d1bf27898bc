#include "core/sudoku/grid.h"

#include "core/sudoku/board.h"

#include <pthread.h>
#include <stddef.h>

enum { SIZES = 4 };

static uint8_t units4[3 * 4][4], units6[3 * 6][6], units16[3 * 16][16];

static const struct hrm_sudoku sizes[SIZES] = {
    {4, 16, 2, 2, units4[0]},
    {6, 36, 2, 3, units6[0]},
    {9, 81, 3, 3, hrm_unit_cells[0]},
    {16, 256, 4, 4, units16[0]},
};

static pthread_once_t filled = PTHREAD_ONCE_INIT;

static void fill_units(const struct hrm_sudoku *size, uint8_t *units)
{
    int n = size->side, boxes = n / size->box_columns; // beside each other
    for (int unit = 0; unit < n; unit++)
        for (int i = 0; i < n; i++) {
            int row = unit / boxes * size->box_rows + i / size->box_columns;
            int column = unit % boxes * size->box_columns + i % size->box_columns;
            units[unit * n + i] = (uint8_t)(unit * n + i);
            units[(n + unit) * n + i] = (uint8_t)(i * n + unit);
            units[(2 * n + unit) * n + i] = (uint8_t)(row * n + column);
        }
}

static void fill(void)
{
    fill_units(&sizes[0], units4[0]);
    fill_units(&sizes[1], units6[0]);
    fill_units(&sizes[3], units16[0]);
}

const struct hrm_sudoku *hrm_sudoku_of(int side)
{
    pthread_once(&filled, fill);
    for (int i = 0; i < SIZES; i++)
        if (sizes[i].side == side)
            return &sizes[i];
    return NULL;
}

bool hrm_grid_is_complete(const struct hrm_sudoku *sudoku, const uint8_t *grid)
{
    for (int i = 0; i < sudoku->cells; i++)
        if (grid[i] < 1 || grid[i] > sudoku->side)
            return false;
    return true;
}

bool hrm_grid_keeps_givens(const struct hrm_sudoku *sudoku, const uint8_t *question,
                           const uint8_t *grid)
{
    for (int i = 0; i < sudoku->cells; i++)
        if (question[i] != 0 && question[i] != grid[i])
            return false;
    return true;
}

int hrm_grid_conflicts(const struct hrm_sudoku *sudoku, const uint8_t *grid)
{
    const uint8_t *cell = sudoku->units;
    int conflicts = 0;
    for (int unit = 0; unit < 3 * sudoku->side; unit++) {
        unsigned seen = 0;
        for (int i = 0; i < sudoku->side; i++, cell++) {
            unsigned bit = 1U << grid[*cell];
            conflicts += (seen & bit) != 0 && bit != 1;
            seen |= bit;
        }
    }
    return conflicts;
}

bool hrm_grid_is_certified(const struct hrm_sudoku *sudoku, const uint8_t *question,
                           const uint8_t *grid)
{
    return hrm_grid_is_complete(sudoku, grid) && hrm_grid_keeps_givens(sudoku, question, grid) &&
           hrm_grid_conflicts(sudoku, grid) == 0;
}
