#include "core/train/partials.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

// How many nodes cover a range, and how many buffers it takes to get there.
static const struct {
    int first, shards, nodes, depth;
} ranges[] = {
    {0, 1, 1, 1},     {5, 1, 1, 1},      {0, 2, 1, 2}, {1, 2, 2, 2},  {0, 8, 1, 4},
    {8, 8, 1, 4},     {0, 5, 2, 3},      {5, 5, 3, 4}, {10, 6, 2, 4}, {1, 14, 6, 6},
    {0, 1024, 1, 11}, {1, 1022, 18, 18}, {0, 0, 0, 0},
};

START_TEST(covers_a_range_with_few_nodes)
{
    struct hrm_partials nodes;
    int depth = hrm_partials_cover(&nodes, ranges[_i].first, ranges[_i].shards);
    ck_assert_int_eq(nodes.count, ranges[_i].nodes);
    ck_assert_int_eq(depth, ranges[_i].depth);
    ck_assert_int_eq(hrm_partials_depth(ranges[_i].first, ranges[_i].shards), depth);
    int next = ranges[_i].first;
    for (int n = 0; n < nodes.count; n++) {
        ck_assert_int_eq(nodes.nodes[n].first, next);
        ck_assert_int_eq(next % nodes.nodes[n].span, 0);
        next += nodes.nodes[n].span;
    }
    ck_assert_int_eq(next, ranges[_i].first + ranges[_i].shards);
}
END_TEST

#define SHARDS 32
#define FLOATS 37

/// Leaves whose sum depends on the order of the additions.
static void draw_leaves(float leaves[SHARDS][FLOATS])
{
    unsigned state = 12345;
    for (int s = 0; s < SHARDS; s++)
        for (int i = 0; i < FLOATS; i++) {
            state = state * 1664525u + 1013904223u;
            leaves[s][i] = (float)(state >> 8) * (float)(1 << (state % 17)) - 1e8f;
        }
}

static void sum_tree(float leaves[SHARDS][FLOATS], int first, int span, float *sum)
{
    if (span == 1) {
        memcpy(sum, leaves[first], FLOATS * sizeof *sum);
        return;
    }
    float right[FLOATS];
    sum_tree(leaves, first, span / 2, sum);
    sum_tree(leaves, first + span / 2, span / 2, right);
    for (int i = 0; i < FLOATS; i++)
        sum[i] += right[i];
}

START_TEST(any_split_gives_the_same_bits)
{
    int owners = _i;
    float leaves[SHARDS][FLOATS], wanted[FLOATS];
    draw_leaves(leaves);
    sum_tree(leaves, 0, SHARDS, wanted);

    struct hrm_partials whole = {0};
    for (int owner = 0; owner < owners; owner++) {
        struct hrm_partials own = {0};
        int end = hrm_part_begin(SHARDS, owners, owner + 1);
        for (int s = hrm_part_begin(SHARDS, owners, owner); s < end; s++) {
            struct hrm_partial leaf = {.first = s, .span = 1, .values = leaves[s]};
            hrm_partials_push(&own, leaf, 0, FLOATS);
        }
        for (int n = 0; n < own.count; n++)
            hrm_partials_push(&whole, own.nodes[n], 0, FLOATS);
    }
    ck_assert_int_eq(whole.count, 1);
    ck_assert_int_eq(whole.nodes[0].span, SHARDS);
    ck_assert_mem_eq(whole.nodes[0].values, wanted, sizeof wanted);
}
END_TEST

START_TEST(the_leaves_show_the_order_of_adding)
{
    float leaves[SHARDS][FLOATS], tree[FLOATS], row[FLOATS] = {0};
    draw_leaves(leaves);
    sum_tree(leaves, 0, SHARDS, tree);
    for (int s = 0; s < SHARDS; s++)
        for (int i = 0; i < FLOATS; i++)
            row[i] += leaves[s][i];
    ck_assert_mem_ne(tree, row, sizeof tree);
}
END_TEST

START_TEST(adds_only_the_given_floats)
{
    float left[4] = {1, 2, 3, 4}, right[4] = {10, 20, 30, 40};
    struct hrm_partials nodes = {0};
    hrm_partials_push(&nodes, (struct hrm_partial){.first = 6, .span = 1, .values = left}, 1, 2);
    hrm_partials_push(&nodes, (struct hrm_partial){.first = 7, .span = 1, .values = right}, 1, 2);
    static const float wanted[4] = {1, 22, 33, 4};
    ck_assert_int_eq(nodes.count, 1);
    ck_assert_mem_eq(left, wanted, sizeof wanted);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("partials");
    TCase *tests = tcase_create("partials");
    tcase_set_timeout(tests, 20);
    tcase_add_loop_test(tests, covers_a_range_with_few_nodes, 0,
                        (int)(sizeof ranges / sizeof *ranges));
    tcase_add_loop_test(tests, any_split_gives_the_same_bits, 1, SHARDS + 1);
    tcase_add_test(tests, the_leaves_show_the_order_of_adding);
    tcase_add_test(tests, adds_only_the_given_floats);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
