// The selftest finds kernels that are a little wrong, and accepts those that are right.

#include "jobs/selftest/selftest.h"

#include "jobs/cli/console.h"

#include <check.h>
#include <math.h>

static const struct hrm_backend *const right = &hrm_backend_ref;

/// Every 16th of so many numbers, 5% larger.
static void spoil(float *values, int count)
{
    for (int i = 0; i < count; i += 16)
        values[i] *= 1.05f;
}

static int rows_of(const struct hrm_block_shape *shape)
{
    return shape->puzzles * shape->seq;
}

static void attention(const struct hrm_block_shape *shape, const void *qkv, void *o, void *scratch)
{
    right->attention(shape, qkv, o, scratch);
    for (int i = 0; i < rows_of(shape) * shape->hidden; i++)
        ((float *)o)[i] *= 1.1f;
}

static void swiglu(const struct hrm_block_shape *shape, const void *h, const struct hrm_weight *w,
                   void *gate_up, void *act, void *scratch)
{
    right->swiglu(shape, h, w, gate_up, act, scratch);
    for (int i = 0; i < rows_of(shape) * shape->inner; i++)
        ((float *)act)[i] *= 1.1f;
}

static void head(const struct hrm_block_shape *shape, const void *x, const struct hrm_weight *w,
                 float *y, void *scratch)
{
    right->head(shape, x, w, y, scratch);
    spoil(y, rows_of(shape) * w->out);
}

static void attention_backward(const struct hrm_block_shape *shape, const void *qkv, const void *o,
                               const void *d_o, void *dqkv, void *scratch)
{
    right->attention_backward(shape, qkv, o, d_o, dqkv, scratch);
    spoil(dqkv, rows_of(shape) * 3 * shape->hidden);
}

static void head_backward(const struct hrm_block_shape *shape, const void *x,
                          const struct hrm_weight *w, const float *dy, void *dx, float *dw,
                          void *scratch)
{
    right->head_backward(shape, x, w, dy, dx, dw, scratch);
    spoil(dw, w->out * w->in);
}

static int failures_of(const struct hrm_backend *backend)
{
    struct selftest test = {0};
    struct hrm_error error = {0};
    ck_assert_int_eq(selftest_backend(&test, backend, &error), HRM_OK);
    ck_assert_int_eq(test.checks, 4);
    return test.failed;
}

START_TEST(wrong_kernels_fail)
{
    struct hrm_backend wrong = *right;
    switch (_i) {
    case 0:
        wrong.attention = attention;
        break;
    case 1:
        wrong.swiglu = swiglu;
        break;
    case 2:
        wrong.head = head;
        break;
    case 3:
        wrong.attention_backward = attention_backward;
        break;
    default:
        wrong.head_backward = head_backward;
    }
    ck_assert_int_ge(failures_of(&wrong), 2);
}
END_TEST

START_TEST(right_kernels_pass)
{
    ck_assert_int_eq(failures_of(right), 0);
}
END_TEST

START_TEST(what_is_exact_passes)
{
    struct selftest test = {0};
    struct hrm_error error = {0};
    ck_assert_int_eq(selftest_exact(&test, &error), HRM_OK);
    ck_assert_int_eq(test.failed, 0);
    ck_assert_int_ge(test.checks, 6);
}
END_TEST

START_TEST(what_is_no_number_fails)
{
    struct selftest test = {0};
    selftest_check(&test, "a", "b", 1e-3, 1e-3);
    ck_assert_int_eq(test.failed, 0);
    selftest_check(&test, "a", "b", 1.1e-3, 1e-3);
    selftest_check(&test, "a", "b", NAN, 1e-3);
    selftest_check(&test, "a", "b", INFINITY, 1e-3);
    ck_assert_int_eq(test.failed, 3);
    ck_assert_int_eq(test.checks, 4);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("selftest");
    TCase *cases = tcase_create("selftest");
    hrm_console_quiet(true);
    tcase_add_loop_test(cases, wrong_kernels_fail, 0, 5);
    tcase_add_test(cases, right_kernels_pass);
    tcase_add_test(cases, what_is_exact_passes);
    tcase_add_test(cases, what_is_no_number_fails);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
