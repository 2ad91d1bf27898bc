#include "jobs/cli/threads.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

START_TEST(a_share_of_the_machine)
{
    static const struct {
        int cpus, online;
        double quota;
        int node_size, threads;
    } cases[] = {
        {8, 8, 0, 1, 8},   // all of it
        {8, 8, 0, 3, 2},   // shared by three ranks
        {4, 8, 0, 2, 4},   // bound: its own
        {8, 8, 0, 16, 1},  // more ranks than CPUs
        {8, 8, 2.5, 1, 2}, // a quota, rounded down
        {8, 8, 0.5, 1, 1}, // less than one CPU
        {8, 8, 4, 2, 2},   // the quota is for all ranks
        {4, 8, 4, 2, 2},   // bound to more than the quota leaves
        {2, 8, 100, 1, 2}, // more than there is
        {4096, 4096, 0, 1, HRM_THREADS_MAX},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        ck_assert_int_eq(
            hrm_threads_share(cases[i].cpus, cases[i].online, cases[i].quota, cases[i].node_size),
            cases[i].threads);
}
END_TEST

START_TEST(a_machine_has_threads)
{
    ck_assert_int_ge(hrm_threads_usable(1), 1);
    ck_assert_int_eq(hrm_threads_usable(1 << 20) >= 1, 1);
}
END_TEST

START_TEST(what_the_environment_asks_for)
{
    static const struct {
        const char *text;
        int threads; ///< -1: an error
    } cases[] = {{"", 0},
                 {" ", 0},
                 {"1", 1},
                 {" 4 ", 4},
                 {"4,2", 4},
                 {"1024", 1024},
                 {"1025", -1},
                 {"0", -1},
                 {"-3", -1},
                 {"999999999999", -1},
                 {"99999999999999999999", -1},
                 {"many", -1},
                 {"2x", -1},
                 {"1.5", -1}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct hrm_error error = {0};
        int threads = -1;
        setenv("OMP_NUM_THREADS", cases[i].text, 1);
        int status = hrm_threads_openmp(&threads, &error);
        ck_assert_msg(status == (cases[i].threads < 0 ? HRM_USAGE : HRM_OK), "'%s'", cases[i].text);
        ck_assert_int_eq(threads, cases[i].threads < 0 ? 0 : cases[i].threads);
        ck_assert(!status || strstr(error.text, cases[i].text));
    }
    int threads = -1;
    unsetenv("OMP_NUM_THREADS");
    ck_assert_int_eq(hrm_threads_openmp(&threads, NULL), HRM_OK);
    ck_assert_int_eq(threads, 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("threads");
    TCase *tests = tcase_create("threads");
    tcase_add_test(tests, a_share_of_the_machine);
    tcase_add_test(tests, a_machine_has_threads);
    tcase_add_test(tests, what_the_environment_asks_for);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
