#include "core/sudoku/symmetry.h"

#include <assert.h>
#include <string.h>

struct hrm_symmetry hrm_symmetry_identity(const struct hrm_sudoku *sudoku)
{
    struct hrm_symmetry symmetry = {.side = (int16_t)sudoku->side};
    for (int d = 0; d <= sudoku->side; d++)
        symmetry.digit[d] = (uint8_t)d;
    for (int i = 0; i < sudoku->cells; i++)
        symmetry.cell[i] = (uint8_t)i;
    return symmetry;
}

struct hrm_symmetry hrm_symmetry_cyclic(const struct hrm_sudoku *sudoku, int shift)
{
    const int n = sudoku->side;
    assert(shift >= 0 && shift < n);
    struct hrm_symmetry symmetry = hrm_symmetry_identity(sudoku);
    for (int d = 1; d <= n; d++)
        symmetry.digit[d] = (uint8_t)((d - 1 + shift) % n + 1);
    return symmetry;
}

struct hrm_symmetry hrm_symmetry_random_digits(const struct hrm_sudoku *sudoku,
                                               struct hrm_random *random)
{
    struct hrm_symmetry symmetry = hrm_symmetry_identity(sudoku);
    int digits[HRM_SUDOKU_SIDE];
    for (int d = 0; d < sudoku->side; d++)
        digits[d] = d + 1;
    hrm_random_shuffle(random, digits, sudoku->side);
    for (int d = 0; d < sudoku->side; d++)
        symmetry.digit[d + 1] = (uint8_t)digits[d];
    return symmetry;
}

// Lines 0..n-1 in an order that keeps the `band` lines of a band together.
static void draw_lines(struct hrm_random *random, int n, int band, int *lines)
{
    int bands[HRM_SUDOKU_SIDE], within[HRM_SUDOKU_SIDE];
    for (int b = 0; b < n / band; b++)
        bands[b] = b;
    hrm_random_shuffle(random, bands, n / band);
    for (int b = 0; b < n / band; b++) {
        for (int i = 0; i < band; i++)
            within[i] = i;
        hrm_random_shuffle(random, within, band);
        for (int i = 0; i < band; i++)
            lines[band * b + i] = band * bands[b] + within[i];
    }
}

struct hrm_symmetry hrm_symmetry_random(const struct hrm_sudoku *sudoku, struct hrm_random *random)
{
    const int n = sudoku->side;
    struct hrm_symmetry symmetry = hrm_symmetry_random_digits(sudoku, random);
    int rows[HRM_SUDOKU_SIDE], columns[HRM_SUDOKU_SIDE];
    bool square = sudoku->box_rows == sudoku->box_columns;
    bool is_transposed = square && hrm_random_uniform(random) < 0.5;
    draw_lines(random, n, sudoku->box_rows, rows);
    draw_lines(random, n, sudoku->box_columns, columns);
    for (int i = 0; i < sudoku->cells; i++) {
        int row = rows[i / n], column = columns[i % n];
        symmetry.cell[i] = (uint8_t)(is_transposed ? n * column + row : n * row + column);
    }
    return symmetry;
}

struct hrm_symmetry hrm_symmetry_compose(const struct hrm_symmetry *first,
                                         const struct hrm_symmetry *second)
{
    assert(first->side == second->side);
    struct hrm_symmetry both = {.side = first->side};
    for (int d = 0; d <= first->side; d++)
        both.digit[d] = second->digit[first->digit[d]];
    for (int i = 0; i < first->side * first->side; i++)
        both.cell[i] = first->cell[second->cell[i]];
    return both;
}

struct hrm_symmetry hrm_symmetry_inverse(const struct hrm_symmetry *symmetry)
{
    struct hrm_symmetry inverse = {.side = symmetry->side};
    for (int d = 0; d <= symmetry->side; d++)
        inverse.digit[symmetry->digit[d]] = (uint8_t)d;
    for (int i = 0; i < symmetry->side * symmetry->side; i++)
        inverse.cell[symmetry->cell[i]] = (uint8_t)i;
    return inverse;
}

void hrm_symmetry_map(const struct hrm_symmetry *symmetry, const uint8_t *grid, uint8_t *image)
{
    for (int i = 0; i < symmetry->side * symmetry->side; i++)
        image[i] = symmetry->digit[grid[symmetry->cell[i]]];
}

struct hrm_board hrm_symmetry_apply(const struct hrm_symmetry *symmetry,
                                    const struct hrm_board *board)
{
    assert(symmetry->side == 9);
    struct hrm_board image;
    hrm_symmetry_map(symmetry, board->cell, image.cell);
    return image;
}

static bool is_permutation(const uint8_t *values, int count)
{
    bool seen[HRM_SUDOKU_CELLS] = {false};
    for (int i = 0; i < count; i++) {
        if (values[i] >= count || seen[values[i]])
            return false;
        seen[values[i]] = true;
    }
    return true;
}

// Whether so many different cells are a row, a column or a box.
static bool is_unit(const struct hrm_sudoku *sudoku, const uint8_t *cells)
{
    const int n = sudoku->side, down = sudoku->box_rows, across = sudoku->box_columns;
    bool row = true, column = true, box = true;
    for (int i = 1; i < n; i++) {
        int a = cells[i], b = cells[0];
        row &= a / n == b / n;
        column &= a % n == b % n;
        box &= a / n / down == b / n / down && a % n / across == b % n / across;
    }
    return row || column || box;
}

bool hrm_symmetry_is_member(const struct hrm_symmetry *symmetry)
{
    const struct hrm_sudoku *sudoku = hrm_sudoku_of(symmetry->side);
    if (!sudoku || symmetry->digit[0] != 0 || !is_permutation(symmetry->digit, sudoku->side + 1) ||
        !is_permutation(symmetry->cell, sudoku->cells))
        return false;
    for (int unit = 0; unit < 3 * sudoku->side; unit++) {
        uint8_t image[HRM_SUDOKU_SIDE];
        for (int i = 0; i < sudoku->side; i++)
            image[i] = symmetry->cell[sudoku->units[unit * sudoku->side + i]];
        if (!is_unit(sudoku, image))
            return false;
    }
    return true;
}
