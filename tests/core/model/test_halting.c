#include "core/model/halting.h"

#include <check.h>
#include <math.h>
#include <stdlib.h>

static struct hrm_model_config config_of(bool q_continue, int most, double exploration)
{
    return (struct hrm_model_config){
        .q_continue = q_continue, .halt_max_steps = most, .halt_exploration = exploration};
}

START_TEST(wants_to_halt)
{
    static const struct {
        float q[2];
        bool with_continue, without;
    } cases[] = {{{1, 0}, true, true},    {{0, 1}, false, false}, {{-5, -5}, false, false},
                 {{-1, -2}, true, false}, {{0, 0}, false, false}, {{2, 3}, false, true}};
    struct hrm_model_config hrm = config_of(true, 16, 0), trm = config_of(false, 16, 0);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        ck_assert_int_eq(hrm_halting_wants(&hrm, cases[i].q), cases[i].with_continue);
        ck_assert_int_eq(hrm_halting_wants(&trm, cases[i].q), cases[i].without);
    }
}
END_TEST

START_TEST(halts_when_it_wants_or_at_the_end)
{
    struct hrm_model_config config = config_of(true, 4, 0);
    static const float yes[] = {1, 0}, no[] = {0, 1};
    struct hrm_random random = hrm_random_open(1, HRM_RANDOM_EXPLORATION, 0, 0);
    for (int steps = 1; steps <= 5; steps++) {
        ck_assert(hrm_halting_decide(&config, yes, steps, &random));
        ck_assert_int_eq(hrm_halting_decide(&config, no, steps, &random), steps >= 4);
    }
    struct hrm_model_config single = config_of(true, 1, 1);
    ck_assert(hrm_halting_decide(&single, no, 1, &random));
}
END_TEST

/// With probability 0.3 the minimum is uniform in 2..6: a willing slot at step t halts with
/// probability 0.7 + 0.3 (t - 1) / 5.
START_TEST(exploration_delays_with_the_right_frequency)
{
    enum { COUNT = 100000 };
    struct hrm_model_config config = config_of(true, 6, 0.3);
    static const float yes[] = {1, 0};
    for (int steps = 1; steps <= 6; steps++) {
        int halted = 0;
        for (int i = 0; i < COUNT; i++) {
            struct hrm_random random =
                hrm_random_open(9, HRM_RANDOM_EXPLORATION, (uint64_t)steps, (uint64_t)i);
            halted += hrm_halting_decide(&config, yes, steps, &random);
        }
        double expected = steps == 6 ? 1 : 0.7 + 0.3 * (steps - 1) / 5;
        ck_assert_double_eq_tol((double)halted / COUNT, expected, 6e-3);
    }
}
END_TEST

START_TEST(draws_whatever_q_is)
{
    struct hrm_model_config config = config_of(true, 6, 0.5);
    static const float yes[] = {1, 0}, no[] = {0, 1};
    struct hrm_random a = hrm_random_open(4, HRM_RANDOM_EXPLORATION, 0, 0), b = a;
    for (int i = 0; i < 50; i++) {
        hrm_halting_decide(&config, yes, 1 + i % 6, &a);
        hrm_halting_decide(&config, no, 1 + i % 6, &b);
    }
    ck_assert_uint_eq(hrm_random_bits(&a), hrm_random_bits(&b));
}
END_TEST

START_TEST(targets)
{
    struct hrm_model_config config = config_of(true, 4, 0);
    static const float rising[] = {-1, 2}, falling[] = {3, -7};
    ck_assert_double_eq_tol(hrm_halting_target(&config, rising, 3), 1 / (1 + exp(-2)), 1e-15);
    ck_assert_double_eq_tol(hrm_halting_target(&config, rising, 4), 1 / (1 + exp(1)), 1e-15);
    ck_assert_double_eq_tol(hrm_halting_target(&config, falling, 1), 1 / (1 + exp(-3)), 1e-15);
}
END_TEST

START_TEST(bootstraps_only_where_there_is_a_next_segment)
{
    struct hrm_model_config config = config_of(true, 2, 0);
    ck_assert(hrm_halting_bootstraps(&config));
    config.halt_max_steps = 1;
    ck_assert(!hrm_halting_bootstraps(&config));
    config = config_of(false, 16, 0);
    ck_assert(!hrm_halting_bootstraps(&config));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("halting");
    TCase *tests = tcase_create("halting");
    tcase_set_timeout(tests, 20);
    tcase_add_test(tests, wants_to_halt);
    tcase_add_test(tests, halts_when_it_wants_or_at_the_end);
    tcase_add_test(tests, exploration_delays_with_the_right_frequency);
    tcase_add_test(tests, draws_whatever_q_is);
    tcase_add_test(tests, targets);
    tcase_add_test(tests, bootstraps_only_where_there_is_a_next_segment);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
