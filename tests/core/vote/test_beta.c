#include "core/vote/beta.h"

#include <check.h>
#include <math.h>
#include <stdlib.h>

START_TEST(values_of_other_software)
{
    static const struct {
        double a, b, x, wanted;
    } cases[] = {
        {0.5, 0.5, 0.3, 0.3690101195655454},
        {2, 3, 0.5, 0.6875},
        {10, 0.5, 0.99, 0.6579281751567843},
        {0.5, 200, 0.001, 0.4727558929747646},
        {100000, 100700, 0.5, 0.9409172778484357},
        {500000, 500001, 0.5, 0.5003989421806659},
        {30, 1, 0.9, 0.04239115827521623},
        {2000, 3, 0.999, 0.6761348269128954},
        {3, 4, 0, 0},
        {3, 4, 1, 1},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        ck_assert_double_eq_tol(hrm_beta_regularized(cases[i].a, cases[i].b, cases[i].x),
                                cases[i].wanted, 1e-9);
}
END_TEST

START_TEST(mirror)
{
    for (double a = 0.5; a < 5000; a *= 3)
        for (double b = 0.5; b < 5000; b *= 4)
            for (double x = 0.0625; x < 1; x += 0.0625)
                ck_assert_double_eq_tol(
                    hrm_beta_regularized(a, b, x) + hrm_beta_regularized(b, a, 1 - x), 1, 1e-12);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("beta");
    TCase *tests = tcase_create("beta");
    tcase_set_timeout(tests, 20);
    tcase_add_test(tests, values_of_other_software);
    tcase_add_test(tests, mirror);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
