#include "core/sudoku/augment.h"

#include "core/base/random.h"
#include "core/sudoku/mixing.h"
#include "core/sudoku/symmetry.h"

#include <assert.h>
#include <limits.h>
#include <stddef.h>
#include <stdlib.h>

void hrm_sample_augment(const struct hrm_sample_key *key, struct hrm_board *question,
                        struct hrm_board *answer)
{
    uint64_t step = (uint64_t)key->step;
    uint64_t slot = (uint64_t)key->slot;
    struct hrm_random random = hrm_random_open(key->seed, HRM_RANDOM_AUGMENT, step, slot);
    struct hrm_symmetry symmetry = hrm_symmetry_random(hrm_sudoku_of(9), &random);
    *question = hrm_symmetry_apply(&symmetry, question);
    *answer = hrm_symmetry_apply(&symmetry, answer);
    if (key->moves > 0) {
        random = hrm_random_open(key->seed, HRM_RANDOM_MOVE, step, slot);
        int moves = (int)hrm_random_below(&random, (uint32_t)key->moves + 1);
        *question = hrm_board_move(question, answer, moves, &random);
    }
    if (!key->mixing)
        return;
    random = hrm_random_open(key->seed, HRM_RANDOM_MIXING, step, slot);
    if (hrm_random_uniform(&random) < 0.5)
        *question = hrm_board_mix(question, answer, &random);
}

int hrm_sample_order_open(struct hrm_sample_order *order, uint64_t seed, int64_t count,
                          struct hrm_error *error)
{
    assert(count > 0 && count <= INT_MAX);
    *order = (struct hrm_sample_order){.seed = seed, .count = count, .epoch = -1};
    order->permutation = malloc((size_t)count * sizeof *order->permutation);
    if (order->permutation == NULL)
        return hrm_fail(error, HRM_FAILED, "out of memory for the order of %lld puzzles",
                        (long long)count);
    return HRM_OK;
}

int64_t hrm_sample_order_at(struct hrm_sample_order *order, int64_t n)
{
    assert(n >= 0);
    int64_t epoch = n / order->count;
    if (epoch != order->epoch) {
        for (int i = 0; i < (int)order->count; i++)
            order->permutation[i] = i;
        struct hrm_random random =
            hrm_random_open(order->seed, HRM_RANDOM_ORDER, (uint64_t)epoch, 0);
        hrm_random_shuffle(&random, order->permutation, (int)order->count);
        order->epoch = epoch;
    }
    return order->permutation[n % order->count];
}

void hrm_sample_order_free(struct hrm_sample_order *order)
{
    free(order->permutation);
    *order = (struct hrm_sample_order){0};
}
