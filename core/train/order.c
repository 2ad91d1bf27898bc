#include "core/train/order.h"

#include "core/base/random.h"

#include <assert.h>
#include <limits.h>
#include <stddef.h>
#include <stdlib.h>

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
