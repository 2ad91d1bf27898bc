#include "core/sudoku/puzzle_copy.h"

#include "core/base/random.h"
#include "core/sudoku/symmetry.h"

#include <assert.h>

// The place of a row of nine different digits among all of them in the order of the alphabet.
static int64_t rank_row(const uint8_t row[9])
{
    int64_t rank = 0;
    for (int i = 0; i < 9; i++) {
        int smaller = 0; // digits that are left and would come before
        for (int j = i + 1; j < 9; j++)
            smaller += row[j] < row[i];
        rank = rank * (9 - i) + smaller;
    }
    return rank;
}

static void unrank_row(int64_t rank, uint8_t row[9])
{
    for (int i = 8; i >= 0; i--) {
        row[i] = (uint8_t)(rank % (9 - i) + 1);
        rank /= 9 - i;
        for (int j = i + 1; j < 9; j++)
            row[j] = (uint8_t)(row[j] + (row[j] >= row[i]));
    }
}

// A number below 9! that has no factor in common with it.
static int64_t draw_stride(uint64_t seed, int64_t number)
{
    struct hrm_random random = hrm_random_open(seed, HRM_RANDOM_EXPAND, 0, (uint64_t)number);
    for (;;) {
        uint32_t stride = hrm_random_below(&random, HRM_PUZZLE_COPIES);
        if (stride % 2 != 0 && stride % 3 != 0 && stride % 5 != 0 && stride % 7 != 0)
            return stride;
    }
}

struct hrm_puzzle hrm_puzzle_copy(const struct hrm_puzzle *puzzle, int64_t number, uint64_t seed,
                                  int64_t copy)
{
    assert(copy >= 0 && copy < HRM_PUZZLE_COPIES);
    if (copy == 0)
        return *puzzle;
    struct hrm_random random =
        hrm_random_open(seed, HRM_RANDOM_EXPAND, (uint64_t)copy, (uint64_t)number);
    struct hrm_symmetry symmetry = hrm_symmetry_random(hrm_sudoku_of(9), &random);
    uint8_t row[9];
    unrank_row((rank_row(puzzle->answer.cell) + draw_stride(seed, number) * copy) %
                   HRM_PUZZLE_COPIES,
               row);
    for (int i = 0; i < 9; i++)
        symmetry.digit[puzzle->answer.cell[symmetry.cell[i]]] = row[i];
    struct hrm_puzzle image = *puzzle;
    image.question = hrm_symmetry_apply(&symmetry, &puzzle->question);
    image.answer = hrm_symmetry_apply(&symmetry, &puzzle->answer);
    return image;
}
