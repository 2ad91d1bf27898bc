#include "core/model/truncated.h"

#include <check.h>
#include <math.h>
#include <stdlib.h>

START_TEST(erfinv_inverts_erf)
{
    for (int i = -9900; i <= 9900; i += 7) {
        double y = i / 10000.0, x = hrm_erfinv(y);
        ck_assert_msg(fabs(erf(x) - y) <= 1e-13, "erf(erfinv(%g)) is off by %g", y, erf(x) - y);
        ck_assert_double_eq(hrm_erfinv(-y), -x);
    }
    ck_assert_double_eq(hrm_erfinv(0), 0);
    // Abramowitz and Stegun: erf(1/2), and the quartile of the normal distribution.
    ck_assert_double_eq_tol(hrm_erfinv(0.52049987781304653768), 0.5, 1e-12);
    ck_assert_double_eq_tol(hrm_erfinv(0.5), 0.47693627620446987338, 1e-12);
    ck_assert_double_eq_tol(hrm_erfinv(1e-9), 1e-9 * 0.88622692545275801365, 1e-20);
}
END_TEST

START_TEST(has_unit_deviation_within_its_bounds)
{
    enum { COUNT = 400000 };
    struct hrm_random random = hrm_random_open(3, HRM_RANDOM_WEIGHTS, 1, 0);
    double sum = 0, squares = 0, largest = 0;
    int below = 0;
    for (int i = 0; i < COUNT; i++) {
        double value = hrm_truncated_normal(&random);
        sum += value;
        squares += value * value;
        largest = fmax(largest, fabs(value));
        below += value < 1.1368472343385565;
    }
    ck_assert_double_eq_tol(sum / COUNT, 0, 5 / sqrt(COUNT));
    ck_assert_double_eq_tol(sqrt(squares / COUNT), 1, 4e-3);
    ck_assert_double_le(largest, 2.27369446868);
    ck_assert_double_ge(largest, 2.2736);
    // One underlying sigma: (Phi(1) - Phi(-2)) / (Phi(2) - Phi(-2)) = 0.85761.
    ck_assert_double_eq_tol((double)below / COUNT, 0.857608, 3e-3);
}
END_TEST

START_TEST(the_table_makes_the_same_numbers)
{
    enum { COUNT = 400000 };
    static float values[COUNT];
    struct hrm_random one = hrm_random_open(5, HRM_RANDOM_STATE, 2, 7), other = one;
    hrm_truncated_normal_add(&one, 0.5, COUNT / 2, values);
    hrm_truncated_normal_add(&one, 0.5, COUNT / 2, values + COUNT / 2);
    for (int i = 0; i < COUNT; i++)
        ck_assert_double_eq_tol(values[i], 0.5 * hrm_truncated_normal(&other), 5e-6);
    // Added to what is there, and the next draw is the same.
    values[0] = 3;
    hrm_truncated_normal_add(&one, 1, 1, values);
    ck_assert_double_eq_tol(values[0], 3 + hrm_truncated_normal(&other), 1e-5);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("truncated");
    TCase *tests = tcase_create("truncated");
    tcase_set_timeout(tests, 20);
    tcase_add_test(tests, erfinv_inverts_erf);
    tcase_add_test(tests, the_table_makes_the_same_numbers);
    tcase_add_test(tests, has_unit_deviation_within_its_bounds);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
