#include "core/sudoku/symmetry.h"

#include <assert.h>

struct hrm_symmetry hrm_symmetry_identity(void)
{
    struct hrm_symmetry symmetry;
    for (int d = 0; d < 10; d++)
        symmetry.digit[d] = (uint8_t)d;
    for (int i = 0; i < HRM_CELLS; i++)
        symmetry.cell[i] = (uint8_t)i;
    return symmetry;
}

struct hrm_symmetry hrm_symmetry_cyclic(int shift)
{
    assert(shift >= 0 && shift < 9);
    struct hrm_symmetry symmetry = hrm_symmetry_identity();
    for (int d = 1; d < 10; d++)
        symmetry.digit[d] = (uint8_t)((d - 1 + shift) % 9 + 1);
    return symmetry;
}

struct hrm_symmetry hrm_symmetry_random_digits(struct hrm_random *random)
{
    struct hrm_symmetry symmetry = hrm_symmetry_identity();
    int digits[9] = {1, 2, 3, 4, 5, 6, 7, 8, 9};
    hrm_random_shuffle(random, digits, 9);
    for (int d = 0; d < 9; d++)
        symmetry.digit[d + 1] = (uint8_t)digits[d];
    return symmetry;
}

// Lines 0..8 in an order that keeps the lines of a band together.
static void draw_lines(struct hrm_random *random, int lines[9])
{
    int bands[3] = {0, 1, 2};
    hrm_random_shuffle(random, bands, 3);
    for (int b = 0; b < 3; b++) {
        int within[3] = {0, 1, 2};
        hrm_random_shuffle(random, within, 3);
        for (int i = 0; i < 3; i++)
            lines[3 * b + i] = 3 * bands[b] + within[i];
    }
}

struct hrm_symmetry hrm_symmetry_random(struct hrm_random *random)
{
    struct hrm_symmetry symmetry = hrm_symmetry_random_digits(random);
    int rows[9];
    int columns[9];
    bool is_transposed = hrm_random_uniform(random) < 0.5;
    draw_lines(random, rows);
    draw_lines(random, columns);
    for (int i = 0; i < HRM_CELLS; i++) {
        int row = rows[i / 9];
        int column = columns[i % 9];
        symmetry.cell[i] = (uint8_t)(is_transposed ? 9 * column + row : 9 * row + column);
    }
    return symmetry;
}

struct hrm_symmetry hrm_symmetry_compose(const struct hrm_symmetry *first,
                                         const struct hrm_symmetry *second)
{
    struct hrm_symmetry both;
    for (int d = 0; d < 10; d++)
        both.digit[d] = second->digit[first->digit[d]];
    for (int i = 0; i < HRM_CELLS; i++)
        both.cell[i] = first->cell[second->cell[i]];
    return both;
}

struct hrm_symmetry hrm_symmetry_inverse(const struct hrm_symmetry *symmetry)
{
    struct hrm_symmetry inverse;
    for (int d = 0; d < 10; d++)
        inverse.digit[symmetry->digit[d]] = (uint8_t)d;
    for (int i = 0; i < HRM_CELLS; i++)
        inverse.cell[symmetry->cell[i]] = (uint8_t)i;
    return inverse;
}

struct hrm_board hrm_symmetry_apply(const struct hrm_symmetry *symmetry,
                                    const struct hrm_board *board)
{
    struct hrm_board image;
    for (int i = 0; i < HRM_CELLS; i++)
        image.cell[i] = symmetry->digit[board->cell[symmetry->cell[i]]];
    return image;
}

static bool is_permutation(const uint8_t *values, int count)
{
    bool seen[HRM_CELLS] = {false};
    for (int i = 0; i < count; i++) {
        if (values[i] >= count || seen[values[i]])
            return false;
        seen[values[i]] = true;
    }
    return true;
}

// Whether nine different cells are a row, a column or a box.
static bool is_unit(const uint8_t cells[9])
{
    bool row = true;
    bool column = true;
    bool box = true;
    for (int i = 1; i < 9; i++) {
        row &= cells[i] / 9 == cells[0] / 9;
        column &= cells[i] % 9 == cells[0] % 9;
        box &= cells[i] / 27 == cells[0] / 27 && cells[i] % 9 / 3 == cells[0] % 9 / 3;
    }
    return row || column || box;
}

bool hrm_symmetry_is_member(const struct hrm_symmetry *symmetry)
{
    if (symmetry->digit[0] != 0 || !is_permutation(symmetry->digit, 10) ||
        !is_permutation(symmetry->cell, HRM_CELLS))
        return false;
    for (int unit = 0; unit < HRM_UNITS; unit++) {
        uint8_t image[9];
        for (int i = 0; i < 9; i++)
            image[i] = symmetry->cell[hrm_unit_cells[unit][i]];
        if (!is_unit(image))
            return false;
    }
    return true;
}
