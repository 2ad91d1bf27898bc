#include "core/eval/plan.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

START_TEST(blocks_cover_every_pass_once)
{
    static const struct {
        int checkpoints, perturbations, block;
        int64_t puzzles;
    } cases[] = {{1, 1, 64, 1}, {2, 3, 4, 9}, {3, 1, 5, 10}, {1, 9, 64, 65}, {2, 2, 7, 6}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct hrm_plan plan = {.checkpoints = cases[i].checkpoints,
                                .perturbations = cases[i].perturbations,
                                .block = cases[i].block,
                                .puzzles = cases[i].puzzles};
        ck_assert_int_eq(hrm_plan_make(&plan, NULL), HRM_OK);
        int64_t passes = plan.checkpoints * plan.perturbations * plan.puzzles, seen = 0;
        char *count = calloc((size_t)passes, 1);
        for (int64_t b = 0; b < plan.blocks; b++) {
            struct hrm_plan_block block = hrm_plan_block_at(&plan, b);
            ck_assert_int_ge(block.count, 1);
            ck_assert_int_le(block.count, plan.block);
            ck_assert_int_le(block.first + block.count, plan.puzzles);
            int64_t record = hrm_plan_record(&plan, &block);
            ck_assert_int_eq(record / plan.puzzles,
                             block.checkpoint * plan.perturbations + block.perturbation);
            for (int k = 0; k < block.count; k++)
                ck_assert_int_eq(count[record + k]++, 0);
            seen += block.count;
        }
        ck_assert_int_eq(seen, passes);
        free(count);
    }
}
END_TEST

START_TEST(full_size_costs_nothing)
{
    struct hrm_plan plan = {
        .checkpoints = 90, .perturbations = 1000, .block = 1, .puzzles = 400000000};
    ck_assert_int_eq(hrm_plan_make(&plan, NULL), HRM_OK);
    struct hrm_plan_block last = hrm_plan_block_at(&plan, plan.blocks - 1);
    ck_assert_int_eq(last.first, 399999999);
    ck_assert_int_eq(last.perturbation, 999);
    ck_assert_int_eq(last.checkpoint, 89);
}
END_TEST

START_TEST(empty_sets_are_errors)
{
    for (int i = 0; i < 3; i++) {
        struct hrm_error error = {0};
        struct hrm_plan plan = {
            .checkpoints = i != 0, .perturbations = i != 1, .block = 64, .puzzles = i != 2};
        ck_assert_int_eq(hrm_plan_make(&plan, &error), HRM_DATA);
        ck_assert_str_ne(error.hint, "");
    }
    struct hrm_plan plan = {
        .checkpoints = 90, .perturbations = 1000, .block = 1, .puzzles = INT64_MAX / 1000};
    ck_assert_int_eq(hrm_plan_make(&plan, NULL), HRM_USAGE);
}
END_TEST

START_TEST(identity_follows_what_matters)
{
    uint64_t extra[3] = {1, 2, 3};
    struct hrm_plan plan = {
        .checkpoints = 2, .perturbations = 3, .block = 64, .segments = 16, .puzzles = 100};
    ck_assert_int_eq(hrm_plan_make(&plan, NULL), HRM_OK);
    hrm_plan_identify(&plan, extra, 3);
    uint64_t first = plan.identity;
    ck_assert_uint_ne(first, 0);
    ck_assert_uint_le(first, INT64_MAX);
    hrm_plan_identify(&plan, extra, 3);
    ck_assert_uint_eq(plan.identity, first);
    struct hrm_plan other = plan;
    other.segments = 15;
    hrm_plan_identify(&other, extra, 3);
    ck_assert_uint_ne(other.identity, first);
    extra[2] = 4;
    hrm_plan_identify(&plan, extra, 3);
    ck_assert_uint_ne(plan.identity, first);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("plan");
    TCase *tests = tcase_create("plan");
    tcase_set_timeout(tests, 100);
    tcase_add_test(tests, blocks_cover_every_pass_once);
    tcase_add_test(tests, full_size_costs_nothing);
    tcase_add_test(tests, empty_sets_are_errors);
    tcase_add_test(tests, identity_follows_what_matters);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
