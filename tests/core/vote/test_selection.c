#include "core/vote/selection.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

START_TEST(lists)
{
    static const struct {
        const char *text;
        int count;
        int index[10];
    } cases[] = {
        {"", 10, {0, 1, 2, 3, 4, 5, 6, 7, 8, 9}},
        {"all", 10, {0, 1, 2, 3, 4, 5, 6, 7, 8, 9}},
        {"last", 1, {9}},
        {"0", 1, {0}},
        {"7,2-4", 4, {2, 3, 4, 7}},
        {"5,5,5-6", 2, {5, 6}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct hrm_selection selection;
        int limits[2] = {10, 10};
        ck_assert_int_eq(
            hrm_selection_init(&selection, cases[i].text, cases[i].text, limits, -1, NULL), HRM_OK);
        ck_assert_int_eq(selection.checkpoints, cases[i].count);
        ck_assert_int_eq(selection.perturbations, cases[i].count);
        ck_assert_int_eq(hrm_selection_passes(&selection), cases[i].count * cases[i].count);
        for (int k = 0; k < cases[i].count; k++) {
            ck_assert_int_eq(selection.checkpoint[k], cases[i].index[k]);
            ck_assert_int_eq(selection.perturbation[k], cases[i].index[k]);
        }
        ck_assert_int_eq(selection.single, cases[i].index[0]);
        hrm_selection_free(&selection);
    }
}
END_TEST

START_TEST(identity_is_single)
{
    struct hrm_selection selection;
    int limits[2] = {1, 9};
    ck_assert_int_eq(hrm_selection_init(&selection, "", "2-5", limits, 4, NULL), HRM_OK);
    ck_assert_int_eq(selection.single, 4);
    hrm_selection_free(&selection);
    ck_assert_int_eq(hrm_selection_init(&selection, "", "2-5", limits, 7, NULL), HRM_OK);
    ck_assert_int_eq(selection.single, 2);
    hrm_selection_free(&selection);
}
END_TEST

START_TEST(some_passes_in_an_order)
{
    struct hrm_selection selection;
    int rows[] = {4, 0, 2}, columns[] = {1, 0};
    ck_assert_int_eq(hrm_selection_make(&selection, (struct hrm_selection_axis){rows, 3},
                                        (struct hrm_selection_axis){columns, 2}, 0, NULL),
                     HRM_OK);
    ck_assert_int_eq(hrm_selection_passes(&selection), 6);
    ck_assert_int_eq(selection.single, 0);
    ck_assert_mem_eq(selection.checkpoint, rows, sizeof rows);
    ck_assert_mem_eq(selection.perturbation, columns, sizeof columns);
    selection.passes = 5;
    ck_assert_int_eq(hrm_selection_passes(&selection), 5);
    hrm_selection_free(&selection);
}
END_TEST

START_TEST(bad_lists)
{
    static const char *const texts[] = {"10", "-1", "3-2", "1,", ",", "a", "1-", "1 2", "0-10"};
    int limits[2] = {10, 10};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        for (int axis = 0; axis < 2; axis++) {
            struct hrm_selection selection;
            struct hrm_error error = {0};
            ck_assert_int_eq(hrm_selection_init(&selection, axis ? "" : texts[i],
                                                axis ? texts[i] : "", limits, 0, &error),
                             HRM_USAGE);
            ck_assert_ptr_nonnull(strstr(error.text, axis ? "perturbation" : "checkpoint"));
            ck_assert_str_ne(error.hint, "");
            ck_assert_ptr_null(selection.checkpoint);
            ck_assert_ptr_null(selection.perturbation);
        }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("selection");
    TCase *tests = tcase_create("selection");
    tcase_set_timeout(tests, 20);
    tcase_add_test(tests, lists);
    tcase_add_test(tests, identity_is_single);
    tcase_add_test(tests, some_passes_in_an_order);
    tcase_add_test(tests, bad_lists);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
