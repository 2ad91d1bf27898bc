// The vectorized fp32 loops of every instruction set that this machine has, against libm in double.

#include "core/compute/fp32_elementwise.h"

#include <check.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static const struct hrm_fp32_elementwise *table(int i)
{
#ifdef HRM_HAVE_AVX2
    __builtin_cpu_init();
    if (i == 1)
        return __builtin_cpu_supports("avx2") ? &hrm_fp32_avx2 : NULL;
#endif
#ifdef HRM_HAVE_AVX512
    __builtin_cpu_init();
    if (i == 2)
        return __builtin_cpu_supports("avx512vl") ? &hrm_fp32_avx512 : NULL;
#endif
    return i == 0 ? &hrm_fp32_baseline : NULL;
}

static double silu(double x)
{
    return x / (1 + exp(-x));
}

static void near(float value, double expected, double tolerance)
{
    ck_assert_msg(fabs(value - expected) <= tolerance, "%.9g instead of %.9g", (double)value,
                  expected);
}

/// Widths around the vector lengths.
static const size_t widths[] = {1, 2, 3, 7, 8, 15, 16, 17, 31, 33, 64, 81, 82, 97};

enum { TABLES = 3, WIDTHS = sizeof widths / sizeof *widths };

START_TEST(softmax_over_a_wide_range)
{
    const struct hrm_fp32_elementwise *k = table(_i);
    for (size_t w = 0; k != NULL && w < WIDTHS; w++) {
        size_t n = widths[w];
        float p[2 * 100];
        double exact[100], sum = 0;
        for (size_t j = 0; j < n; j++) {
            p[j] = (float)(40 * sin((double)(7 * j + w)));
            p[100 + j] = 500 + p[j];
            sum += exact[j] = exp(p[j] - 40.0);
        }
        k->softmax(2, n, 100, p);
        for (size_t j = 0; j < n; j++) {
            // The largest is subtracted in fp32, which rounds numbers of size 80 to 4e-6.
            near(p[j], exact[j] / sum, 5e-6 * exact[j] / sum + 1e-37);
            // 500 + x has lost bits of x.
            near(p[100 + j], exact[j] / sum, 1e-3 * exact[j] / sum + 1e-37);
        }
    }
}
END_TEST

START_TEST(softmax_of_small_scores)
{
    const struct hrm_fp32_elementwise *k = table(_i);
    for (size_t w = 0; k != NULL && w < WIDTHS; w++) {
        size_t n = widths[w];
        float p[100];
        double exact[100], sum = 0;
        for (size_t j = 0; j < n; j++) {
            p[j] = (float)sin((double)(7 * j + w));
            sum += exact[j] = exp(p[j]);
        }
        k->softmax(1, n, n, p);
        for (size_t j = 0; j < n; j++)
            near(p[j], exact[j] / sum, 5e-7 * exact[j] / sum);
    }
}
END_TEST

START_TEST(swiglu_over_a_wide_range)
{
    const struct hrm_fp32_elementwise *k = table(_i);
    for (size_t w = 0; k != NULL && w < WIDTHS; w++) {
        size_t f = widths[w];
        float gate_up[2 * 2 * 100], act[2 * 100], dact[2 * 100];
        for (size_t i = 0; i < 4 * f; i++)
            gate_up[i] = (float)((i % 5 == 0 ? 100 : 3) * sin((double)(3 * i + w)));
        for (size_t i = 0; i < 2 * f; i++)
            dact[i] = (float)cos((double)i);
        k->swiglu(2, f, gate_up, act);
        float before[2 * 2 * 100];
        memcpy(before, gate_up, sizeof before);
        k->swiglu_backward(2, f, gate_up, dact);
        for (size_t i = 0; i < 2 * f; i++) {
            size_t at = i / f * 2 * f + i % f;
            double g = before[at], u = before[at + f], sigmoid = 1 / (1 + exp(-g));
            double slope = sigmoid * (1 + g * (1 - sigmoid));
            near(act[i], silu(g) * u, 5e-7 * fabs(silu(g) * u) + 1e-30);
            near(gate_up[at], dact[i] * u * slope, 3e-6 * fabs(dact[i] * u) + 1e-30);
            near(gate_up[at + f], dact[i] * silu(g), 1e-6 * fabs(dact[i] * silu(g)) + 1e-30);
        }
    }
}
END_TEST

START_TEST(rotation_and_back)
{
    const struct hrm_fp32_elementwise *k = table(_i);
    for (size_t w = 0; k != NULL && w < WIDTHS; w++) {
        size_t half = widths[w];
        float c[100], s[100], v[3 * 200], before[3 * 200];
        for (size_t j = 0; j < half; j++) {
            c[j] = (float)cos((double)j);
            s[j] = (float)sin((double)j);
        }
        for (size_t i = 0; i < 6 * half; i++)
            before[i] = v[i] = (float)sin((double)(i * i));
        k->rotate(3, half, c, s, 1, v);
        for (size_t i = 0; i < 3 * half; i++) {
            size_t at = i / half * 2 * half + i % half, j = i % half;
            near(v[at], (double)before[at] * c[j] - (double)before[at + half] * s[j], 3e-7);
            near(v[at + half], (double)before[at + half] * c[j] + (double)before[at] * s[j], 3e-7);
        }
        k->rotate(3, half, c, s, -1, v);
        for (size_t i = 0; i < 6 * half; i++)
            near(v[i], before[i], 1e-6);
    }
}
END_TEST

START_TEST(rms_of_tiny_and_huge_rows)
{
    const struct hrm_fp32_elementwise *k = table(_i);
    static const double sizes[] = {0, 1e-6, 1, 1e6};
    for (size_t w = 0; k != NULL && w < WIDTHS * 4; w++) {
        size_t d = widths[w / 4];
        float y[100], inv;
        double sum = 0;
        for (size_t j = 0; j < d; j++) {
            y[j] = (float)(sizes[w % 4] * sin((double)(j + 1)));
            sum += (double)y[j] * y[j];
        }
        float before[100];
        memcpy(before, y, sizeof before);
        double r = 1 / sqrt(sum / (double)d + 1e-5);
        k->rms(1, d, 1e-5f, y, &inv);
        near(inv, r, 1e-6 * r);
        for (size_t j = 0; j < d; j++)
            near(y[j], before[j] * r, 1e-6);
    }
}
END_TEST

START_TEST(the_best_table_is_one_that_runs)
{
    const struct hrm_fp32_elementwise *best = hrm_fp32_select();
    bool known = false;
    for (int i = 0; i < TABLES; i++)
        known = known || best == table(i);
    ck_assert(known);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("fp32_elementwise");
    TCase *tests = tcase_create("fp32_elementwise");
    tcase_set_timeout(tests, 20);
    tcase_add_loop_test(tests, softmax_over_a_wide_range, 0, TABLES);
    tcase_add_loop_test(tests, softmax_of_small_scores, 0, TABLES);
    tcase_add_loop_test(tests, swiglu_over_a_wide_range, 0, TABLES);
    tcase_add_loop_test(tests, rotation_and_back, 0, TABLES);
    tcase_add_loop_test(tests, rms_of_tiny_and_huge_rows, 0, TABLES);
    tcase_add_test(tests, the_best_table_is_one_that_runs);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
