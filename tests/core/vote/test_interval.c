#include "core/vote/interval.h"

#include <check.h>
#include <math.h>
#include <stdlib.h>

START_TEST(quantiles)
{
    ck_assert_double_eq_tol(hrm_interval_z(0.95), 1.959963984540054, 1e-12);
    ck_assert_double_eq_tol(hrm_interval_z(0.99), 2.5758293035489004, 1e-12);
    ck_assert_double_eq_tol(hrm_interval_z(0.6826894921370859), 1.0, 1e-12);
}
END_TEST

START_TEST(wilson)
{
    // Roots of (p - s)^2 = z^2 p (1 - p) / n, solved with other software.
    static const struct {
        double share;
        int64_t n;
        double confidence, low, high;
    } cases[] = {
        {0.5, 10, 0.95, 0.236593090513, 0.763406909487},
        {0.8, 5, 0.95, 0.375534629763, 0.963775891368},
        {0.0, 20, 0.95, 0.0, 0.161125158053},
        {1.0, 20, 0.95, 0.838874841947, 1.0},
        {0.55, 422786, 0.95, 0.548499952576, 0.551499138826},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct hrm_interval got =
            hrm_interval_wilson(cases[i].share, cases[i].n, cases[i].confidence);
        ck_assert_double_eq_tol(got.low, cases[i].low, 1e-9);
        ck_assert_double_eq_tol(got.high, cases[i].high, 1e-9);
        double z = hrm_interval_z(cases[i].confidence), n = (double)cases[i].n;
        double ends[2] = {got.low, got.high};
        for (int k = 0; k < 2; k++)
            ck_assert_double_eq_tol(pow(ends[k] - cases[i].share, 2),
                                    z * z * ends[k] * (1 - ends[k]) / n, 1e-12);
    }
}
END_TEST

START_TEST(nothing_seen)
{
    struct hrm_interval got = hrm_interval_wilson(0, 0, 0.95);
    ck_assert_double_eq(got.low, 0);
    ck_assert_double_eq(got.high, 1);
}
END_TEST

START_TEST(student)
{
    static const struct {
        double confidence;
        int degrees;
        double wanted;
    } cases[] = {
        {0.95, 1, 12.7062047361747},
        {0.95, 3, 3.18244630528371},
        {0.95, 9, 2.262157162798206},
        {0.95, 31, 2.039513446396408},
        {0.99, 4, 4.604094871349993},
        {0.95, 1000, 1.962339080826408},
        {0.5, 1, 1},
        {0.95, 1000000, 1.959966357},
        {0.999, 1, 636.61924876871956},
        {0.95, 2, 4.302652729696142},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        ck_assert_double_eq_tol(hrm_interval_t(cases[i].confidence, cases[i].degrees),
                                cases[i].wanted, 1e-8 * cases[i].wanted);
}
END_TEST

START_TEST(spread)
{
    // By hand: mean 0.4, squares 0.01 + 0.01 + 0.04 + 0.04, sd sqrt(0.1 / 3), t 3.182446 of 3.
    static const double values[] = {0.5, 0.3, 0.2, 0.6};
    struct hrm_spread got = hrm_spread_of(values, 4, 0.95);
    ck_assert_int_eq(got.n, 4);
    ck_assert_double_eq_tol(got.mean, 0.4, 1e-15);
    ck_assert_double_eq_tol(got.sd, 0.18257418583505536, 1e-15);
    ck_assert_double_eq_tol(got.interval.low, 0.1094837284, 1e-8);
    ck_assert_double_eq_tol(got.interval.high, 0.6905162716, 1e-8);
    ck_assert(got.known);
    // Two values have no interval; one of three that leaves 0..1 is cut there.
    got = hrm_spread_of(values, 2, 0.95);
    ck_assert_double_eq_tol(got.sd, 0.1414213562, 1e-8);
    ck_assert(!got.known && isinf(got.interval.low) && isinf(got.interval.high));
    static const double wide[] = {0, 0.5, 1};
    got = hrm_spread_of(wide, 3, 0.95);
    ck_assert(got.known && got.interval.low == 0 && got.interval.high == 1);
    got = hrm_spread_of(values, 1, 0.95);
    ck_assert_double_eq(got.mean, 0.5);
    ck_assert_double_eq(got.sd, 0);
    ck_assert(isinf(got.interval.low) && isinf(got.interval.high));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("interval");
    TCase *tests = tcase_create("interval");
    tcase_set_timeout(tests, 20);
    tcase_add_test(tests, quantiles);
    tcase_add_test(tests, wilson);
    tcase_add_test(tests, nothing_seen);
    tcase_add_test(tests, student);
    tcase_add_test(tests, spread);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
