#include "core/vote/mcnemar.h"

#include <check.h>
#include <math.h>
#include <stdlib.h>

START_TEST(sums_of_the_binomial_distribution)
{
    // Summed in 40 digits with other software.
    static const struct {
        int64_t first, second;
        double exact, midp;
    } cases[] = {
        {0, 0, 1, 1},
        {5, 0, 0.0625, 0.03125},
        {9, 1, 0.021484375, 0.01171875},
        {3, 3, 1, 0.84375},
        {12, 25, 0.047031027439516, 0.033552439679625},
        {4000, 4200, 0.027972423571324, 0.02720366633158},
        {20, 2000, 0, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        for (int swap = 0; swap < 2; swap++) {
            struct hrm_mcnemar table = {.both = 7,
                                        .first = swap ? cases[i].second : cases[i].first,
                                        .second = swap ? cases[i].first : cases[i].second,
                                        .neither = 1};
            ck_assert_double_eq_tol(hrm_mcnemar_exact(&table), cases[i].exact, 1e-11);
            ck_assert_double_eq_tol(hrm_mcnemar_midp(&table), cases[i].midp, 1e-11);
        }
}
END_TEST

START_TEST(many_puzzles)
{
    // Where the normal distribution is near: z = (c - b) / sqrt(b + c).
    for (int64_t n = 100000; n <= 400000; n += 100000) {
        struct hrm_mcnemar table = {.first = n / 2 - 300, .second = n / 2 + 300};
        double z = 600 / sqrt((double)n), normal = erfc(z * M_SQRT1_2);
        ck_assert_double_eq_tol(hrm_mcnemar_midp(&table), normal, 1e-6);
        ck_assert_double_gt(hrm_mcnemar_exact(&table), hrm_mcnemar_midp(&table));
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("mcnemar");
    TCase *tests = tcase_create("mcnemar");
    tcase_set_timeout(tests, 20);
    tcase_add_test(tests, sums_of_the_binomial_distribution);
    tcase_add_test(tests, many_puzzles);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
