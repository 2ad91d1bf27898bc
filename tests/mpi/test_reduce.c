#include "mpi/reduce.h"
#include "tests/mpi/ranks.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/// Float i of shard `shard`: of many sizes and both signs, so that the order of adding shows.
static float leaf(int shard, size_t i)
{
    uint32_t state = (uint32_t)i * 2654435761u ^ (uint32_t)(shard + 1) * 40503u;
    state ^= state >> 13;
    state *= 0x9e3779b1u;
    state ^= state >> 16;
    return ldexpf((float)(int32_t)state, -20 - (int)(state % 23));
}

static float tree_sum(int first, int span, size_t i)
{
    if (span == 1)
        return leaf(first, i);
    return tree_sum(first, span / 2, i) + tree_sum(first + span / 2, span / 2, i);
}

/// This rank's nodes, as its threads would leave them. buffers: one for each node.
static void own_nodes(int shards, size_t count, struct hrm_partials *nodes, float **buffers)
{
    int first = hrm_part_begin(shards, world.size, world.rank);
    int end = hrm_part_begin(shards, world.size, world.rank + 1);
    hrm_partials_cover(nodes, first, end - first);
    for (int n = 0; n < nodes->count; n++) {
        struct hrm_partial *node = &nodes->nodes[n];
        node->values = buffers[n] = malloc((count + 1) * sizeof(float));
        ck_assert_ptr_nonnull(node->values);
        for (size_t i = 0; i < count; i++)
            node->values[i] = tree_sum(node->first, node->span, i);
        node->values[count] = 12345;
    }
}

static const struct {
    int shards;
    size_t count;
} cases[] = {
    {4, 1}, {4, 7}, {8, 1000}, {16, 4099}, {64, 257}, {4, HRM_REDUCE_CHUNK + 12345}, {16, 0},
};

/// Sum in `kind` order, compare with the tree; returns the floats whose bits differ.
static size_t sum_and_compare(enum hrm_reduce_kind kind, int shards, size_t count)
{
    struct hrm_error error = {0};
    struct hrm_reduce reduce;
    struct hrm_partials nodes;
    float *buffers[HRM_PARTIALS];
    size_t different = 0, wrong = 0;
    ck_assert_int_eq(hrm_reduce_init(&reduce, world.comm, shards, kind, &error), HRM_OK);
    own_nodes(shards, count, &nodes, buffers);
    ck_assert_int_eq(hrm_reduce_sum(&reduce, &nodes, count, &error), HRM_OK);
    for (size_t i = 0; i < count; i++) {
        float wanted = tree_sum(0, shards, i);
        different += (size_t)(memcmp(&buffers[0][i], &wanted, sizeof wanted) != 0);
        wrong += (size_t) !(fabsf(buffers[0][i] - wanted) <= 1e-3f * (float)shards);
    }
    ck_assert_uint_eq(wrong, 0);
    for (int n = 0; n < nodes.count; n++) {
        ck_assert_float_eq(buffers[n][count], 12345);
        free(buffers[n]);
    }
    hrm_reduce_free(&reduce);
    return different;
}

START_TEST(ordered_sums_do_not_depend_on_the_ranks)
{
    ck_assert_uint_eq(sum_and_compare(HRM_REDUCE_ORDERED, cases[_i].shards, cases[_i].count), 0);
}
END_TEST

START_TEST(allreduce_sums_are_near)
{
    sum_and_compare(HRM_REDUCE_ALLREDUCE, cases[_i].shards, cases[_i].count);
}
END_TEST

START_TEST(gather_gives_every_rank_all_rows)
{
    enum { SHARDS = 16, WIDTH = 5 };
    struct hrm_error error = {0};
    struct hrm_reduce reduce;
    double rows[SHARDS * WIDTH];
    ck_assert_int_eq(hrm_reduce_init(&reduce, world.comm, SHARDS, HRM_REDUCE_ORDERED, &error),
                     HRM_OK);
    int first = hrm_part_begin(SHARDS, world.size, world.rank) * WIDTH;
    int end = hrm_part_begin(SHARDS, world.size, world.rank + 1) * WIDTH;
    for (int i = 0; i < SHARDS * WIDTH; i++)
        rows[i] = i >= first && i < end ? i + 0.5 : NAN;
    ck_assert_int_eq(hrm_reduce_gather(&reduce, rows, WIDTH, &error), HRM_OK);
    for (int i = 0; i < SHARDS * WIDTH; i++)
        ck_assert_double_eq(rows[i], i + 0.5);
    hrm_reduce_free(&reduce);
}
END_TEST

static void add_tests(TCase *tests)
{
    int count = (int)(sizeof cases / sizeof *cases);
    tcase_add_loop_test(tests, ordered_sums_do_not_depend_on_the_ranks, 0, count);
    tcase_add_loop_test(tests, allreduce_sums_are_near, 0, count);
    tcase_add_test(tests, gather_gives_every_rank_all_rows);
}

int main(void)
{
    return run_on_ranks("reduce", add_tests);
}
