#include "jobs/cli/memory.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#define GIB ((int64_t)1 << 30)

static const struct {
    int64_t node, rank;
    int ranks;
    struct hrm_memory_room room;
    int status;
    const char *text, *hint; ///< parts of what is said
} CASES[] = {
    {4 * GIB, 2 * GIB, 2, {8 * GIB, 6 * GIB}, HRM_OK, "", ""},
    {4 * GIB, 2 * GIB, 2, {0, 0}, HRM_OK, "", ""},
    {4 * GIB,
     2 * GIB,
     2,
     {7 * GIB, 0},
     HRM_USAGE,
     "8.0 GiB of memory on this node, and there are 7.0",
     "lower x, or start fewer ranks"},
    {4 * GIB, 2 * GIB, 1, {5 * GIB, 0}, HRM_USAGE, "this needs 6.0 GiB", "lower x"},
    {4 * GIB,
     2 * GIB,
     2,
     {8 * GIB, 5 * GIB},
     HRM_USAGE,
     "6.0 GiB of memory a rank (ulimit -v)",
     "x"},
    // More than 64 bits hold, of many ranks.
    {0, INT64_MAX / 2, 1024, {64 * GIB, 0}, HRM_USAGE, "PiB of memory on this node", "fewer ranks"},
};
#define COUNT ((int)(sizeof CASES / sizeof *CASES))

START_TEST(what_does_not_fit_is_refused)
{
    struct hrm_error error = {0};
    struct hrm_memory_need need = {.what = "this",
                                   .node = CASES[_i].node,
                                   .rank = CASES[_i].rank,
                                   .ranks = CASES[_i].ranks,
                                   .lower = "x"};
    ck_assert_int_eq(hrm_memory_check(&need, CASES[_i].room, &error), CASES[_i].status);
    ck_assert_msg(strstr(error.text, CASES[_i].text) != NULL, "%s", error.text);
    ck_assert_msg(strstr(error.hint, CASES[_i].hint) != NULL, "%s", error.hint);
}
END_TEST

START_TEST(a_machine_has_memory)
{
    ck_assert_int_gt(hrm_memory_room().node, 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("memory");
    TCase *tests = tcase_create("memory");
    tcase_add_loop_test(tests, what_does_not_fit_is_refused, 0, COUNT);
    tcase_add_test(tests, a_machine_has_memory);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
