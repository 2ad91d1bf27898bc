#include "core/model/optimizer.h"

#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { COUNT = 1003 };

struct arrays {
    float p[COUNT], g[COUNT], m[COUNT], v[COUNT], ema[COUNT];
};

/// Gradients from 1e-12 to 1e6, both signs and zero.
static float gradient_at(int i, int step)
{
    if (i % 17 == 0)
        return 0;
    return (float)(sin(i + 0.7 * step) * pow(10, i % 19 - 12));
}

static void fill(struct arrays *a)
{
    memset(a, 0, sizeof *a);
    for (int i = 0; i < COUNT; i++)
        a->p[i] = a->ema[i] = (float)cos(i);
}

static void step_all(struct arrays *a, int64_t step, size_t pieces, double ema_rate)
{
    struct hrm_adam adam = {.rate = 1e-2, .decay = 0.3, .beta1 = 0.9, .beta2 = 0.95};
    struct hrm_optimizer_state state = {a->p,    a->g, a->m, a->v, ema_rate > 0 ? a->ema : NULL,
                                        ema_rate};
    for (int i = 0; i < COUNT; i++)
        a->g[i] = gradient_at(i, (int)step);
    for (size_t k = 0; k < pieces; k++) {
        size_t first = k * COUNT / pieces, end = (k + 1) * COUNT / pieces;
        hrm_adam_update(&adam, &state, step, first, end - first);
    }
}

START_TEST(follows_the_rule_in_double)
{
    struct arrays a;
    double p[COUNT], m[COUNT] = {0}, v[COUNT] = {0};
    fill(&a);
    for (int i = 0; i < COUNT; i++)
        p[i] = a.p[i];
    for (int t = 1; t <= 20; t++) {
        step_all(&a, t, 1, 0);
        for (int i = 0; i < COUNT; i++) {
            double g = gradient_at(i, t);
            m[i] += (1 - 0.9) * (g - m[i]);
            v[i] += (1 - 0.95) * (g * g - v[i]);
            double root = sqrt(v[i] / (1 - pow(0.95, t)));
            p[i] = p[i] * (1 - 1e-2 * 0.3) - 1e-2 / (1 - pow(0.9, t)) * atan2(m[i], root);
            ck_assert_msg(fabs(a.p[i] - p[i]) <= 2e-7 * t, "step %d, number %d: %.9g, not %.9g", t,
                          i, (double)a.p[i], p[i]);
        }
    }
}
END_TEST

START_TEST(first_step_moves_by_the_known_amount)
{
    struct hrm_adam adam = {.rate = 1, .decay = 0, .beta1 = 0.9, .beta2 = 0.95};
    float p[] = {0, 0, 0}, g[] = {1e-8f, -3, 0}, m[3] = {0}, v[3] = {0};
    struct hrm_optimizer_state state = {p, g, m, v, NULL, 0};
    hrm_adam_update(&adam, &state, 1, 0, 3);
    // atan2(0.1, 1) / 0.1
    ck_assert_float_eq_tol(p[0], -0.99668652f, 1e-6f);
    ck_assert_float_eq_tol(p[1], 0.99668652f, 1e-6f);
    ck_assert_float_eq(p[2], 0);
}
END_TEST

START_TEST(any_split_gives_the_same_bits)
{
    struct arrays whole, split;
    fill(&whole);
    fill(&split);
    for (int t = 1; t <= 5; t++) {
        step_all(&whole, t, 1, 0.9);
        step_all(&split, t, (size_t)(3 + 40 * t), 0.9);
    }
    ck_assert_mem_eq(&whole, &split, sizeof whole);
}
END_TEST

START_TEST(averages_the_weights)
{
    struct arrays a;
    double ema[COUNT];
    fill(&a);
    for (int i = 0; i < COUNT; i++)
        ema[i] = a.ema[i];
    for (int t = 1; t <= 10; t++) {
        step_all(&a, t, 2, 0.9);
        for (int i = 0; i < COUNT; i++) {
            ema[i] = 0.9 * ema[i] + 0.1 * a.p[i];
            ck_assert_double_eq_tol(a.ema[i], ema[i], 1e-6);
        }
    }
}
END_TEST

START_TEST(schedule)
{
    static const struct {
        struct hrm_schedule schedule;
        int64_t step;
        double factor;
    } cases[] = {
        {{4, 100, 0.1}, 1, 0.25},    {{4, 100, 0.1}, 3, 0.75},     {{4, 100, 0.1}, 4, 1},
        {{4, 100, 0.1}, 52, 0.55},   {{4, 100, 0.1}, 100, 0.1},    {{2000, 50000, 1}, 1, 0.0005},
        {{2000, 50000, 1}, 2000, 1}, {{2000, 50000, 1}, 31234, 1}, {{0, 10, 1}, 1, 1},
        {{0, 10, 0}, 5, 0.5},        {{10, 10, 0.5}, 10, 0.5},     {{10, 5, 0.5}, 7, 0.7}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        ck_assert_double_eq_tol(hrm_schedule_factor(&cases[i].schedule, cases[i].step),
                                cases[i].factor, 1e-12);
}
END_TEST

START_TEST(sign_descent_sums_by_identifier)
{
    struct hrm_sign_descent descent = {.rate = 0.5, .decay = 0.1, .width = 3};
    float w[] = {1, 1, 1, 2, 2, 2, 4, 4, 4};
    static const int32_t ids[] = {2, 0, 2, 2};
    static const float g[] = {1, -1, 1, 1e-20f, 0, -7, 1, -1, -2, -3, 2, 1};
    double sum[3];
    hrm_sign_descent_update(&descent, w, 4, ids, g, sum);
    // Identifier 2: sums -1, 0, 0. Identifier 0: +, 0, -. Identifier 1 is not there.
    static const float expected[] = {0.95f - 0.5f, 0.95f, 0.95f + 0.5f, 2, 2, 2,
                                     3.8f + 0.5f,  3.8f,  3.8f};
    for (int i = 0; i < 9; i++)
        ck_assert_float_eq_tol(w[i], expected[i], 1e-6f);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("optimizer");
    TCase *tests = tcase_create("optimizer");
    tcase_set_timeout(tests, 10);
    tcase_add_test(tests, follows_the_rule_in_double);
    tcase_add_test(tests, first_step_moves_by_the_known_amount);
    tcase_add_test(tests, any_split_gives_the_same_bits);
    tcase_add_test(tests, averages_the_weights);
    tcase_add_test(tests, schedule);
    tcase_add_test(tests, sign_descent_sums_by_identifier);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
