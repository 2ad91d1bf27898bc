#include "core/model/loss.h"

#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { CELLS = 6, VOCAB = 5, PREFIX = 2, ROWS = PREFIX + CELLS };

static struct hrm_model_config config_of(int kind)
{
    return (struct hrm_model_config){
        .hidden = 8, .puzzle_emb = 9, .vocab = VOCAB, .cells = CELLS, .loss = kind};
}

static void fill(float *logits)
{
    for (int i = 0; i < ROWS * VOCAB; i++)
        logits[i] = (float)(3 * sin(1.7 * i + 0.3));
}

static const uint16_t labels[CELLS] = {1, 0, 4, 2, 0, 3};

static double stable(double x)
{
    return x < 0 ? 1 / (1 - x) : 1 + x;
}

static double cell_loss(int kind, const float *row, int label)
{
    double sum = 0;
    for (int j = 0; j < VOCAB; j++)
        sum += kind == HRM_LOSS_STABLEMAX ? stable(row[j]) : exp(row[j]);
    double own = kind == HRM_LOSS_STABLEMAX ? stable(row[label]) : exp(row[label]);
    return -log(own / sum);
}

START_TEST(is_the_mean_over_labelled_cells)
{
    struct hrm_model_config config = config_of(_i);
    float logits[ROWS * VOCAB], q[] = {0.7f, -1.2f};
    fill(logits);
    double expected = 0;
    for (int n = 0; n < CELLS; n++)
        if (labels[n] != 0)
            expected += cell_loss(_i, logits + (PREFIX + n) * VOCAB, labels[n]) / 4;
    struct hrm_puzzle_loss loss = hrm_loss_puzzle(&config, logits, q, labels, 0.25, 1, NULL, NULL);
    ck_assert_double_eq_tol(loss.lm, expected, 1e-12);
    ck_assert_int_eq(loss.cells, 4);
    ck_assert(!loss.exact);
    double halt = log(1 + exp((double)q[0]));
    double go_on =
        -(0.25 * log(1 / (1 + exp(-(double)q[1]))) + 0.75 * log(1 - 1 / (1 + exp(-(double)q[1]))));
    ck_assert_double_eq_tol(loss.q_halt, halt, 1e-12);
    ck_assert_double_eq_tol(loss.q_continue, go_on, 1e-12);
    loss = hrm_loss_puzzle(&config, logits, q, labels, NAN, 1, NULL, NULL);
    ck_assert_double_eq(loss.q_continue, 0);
}
END_TEST

static double total(const struct hrm_model_config *config, const float *logits, const float *q,
                    double target)
{
    struct hrm_puzzle_loss loss = hrm_loss_puzzle(config, logits, q, labels, target, 1, NULL, NULL);
    return loss.lm + 0.5 * (loss.q_halt + loss.q_continue);
}

/// Central difference of the total in one number.
static double slope(const struct hrm_model_config *config, float *logits, float *q, float *x,
                    double target)
{
    float old = *x, step = 1e-4f;
    *x = old + step;
    double up = total(config, logits, q, target), high = *x;
    *x = old - step;
    double down = total(config, logits, q, target), low = *x;
    *x = old;
    return (up - down) / (high - low);
}

START_TEST(gradients_are_the_derivatives)
{
    struct hrm_model_config config = config_of(_i);
    float logits[ROWS * VOCAB], q[] = {0.7f, -1.2f}, dlogits[ROWS * VOCAB], dq[2];
    fill(logits);
    memset(dlogits, 0xff, sizeof dlogits);
    hrm_loss_puzzle(&config, logits, q, labels, 0.25, 0.125, dlogits, dq);
    for (int i = 0; i < ROWS * VOCAB; i++) {
        double want = i < PREFIX * VOCAB ? 0 : slope(&config, logits, q, &logits[i], 0.25) / 8;
        ck_assert_double_eq_tol(dlogits[i], want, 1e-6);
    }
    for (int i = 0; i < 2; i++)
        ck_assert_double_eq_tol(dq[i], slope(&config, logits, q, &q[i], 0.25) / 8, 1e-6);
    hrm_loss_puzzle(&config, logits, q, labels, NAN, 0.125, dlogits, dq);
    ck_assert_float_eq(dq[1], 0);
}
END_TEST

START_TEST(decodes_ties_to_the_lowest)
{
    struct hrm_model_config config = config_of(HRM_LOSS_STABLEMAX);
    float logits[ROWS * VOCAB] = {0}, q[] = {1, 0};
    uint16_t predictions[CELLS], right[CELLS];
    logits[0] = 9; // a row that predicts nothing
    logits[(PREFIX + 1) * VOCAB + 2] = 1;
    logits[(PREFIX + 1) * VOCAB + 4] = 1;
    logits[(PREFIX + 5) * VOCAB + 4] = 0.5f;
    hrm_loss_decode(&config, logits, predictions);
    static const uint16_t expected[CELLS] = {0, 2, 0, 0, 0, 4};
    ck_assert_mem_eq(predictions, expected, sizeof expected);
    // Label 0 is not counted, so only cells 1 and 5 are.
    memcpy(right, expected, sizeof expected);
    struct hrm_puzzle_loss loss = hrm_loss_puzzle(&config, logits, q, right, NAN, 1, NULL, NULL);
    ck_assert_int_eq(loss.cells, 2);
    ck_assert_int_eq(loss.right, 2);
    ck_assert(loss.exact);
    ck_assert_double_eq_tol(loss.q_halt, log(1 + exp(-1)), 1e-12);
    right[1] = 4;
    loss = hrm_loss_puzzle(&config, logits, q, right, NAN, 1, NULL, NULL);
    ck_assert_int_eq(loss.right, 1);
    ck_assert(!loss.exact);
}
END_TEST

START_TEST(a_padding_row_has_no_loss)
{
    struct hrm_model_config config = config_of(_i);
    float logits[ROWS * VOCAB], q[] = {0, 0}, dlogits[ROWS * VOCAB], dq[2];
    static const uint16_t nothing[CELLS];
    fill(logits);
    struct hrm_puzzle_loss loss = hrm_loss_puzzle(&config, logits, q, nothing, NAN, 1, dlogits, dq);
    ck_assert_double_eq(loss.lm, 0);
    ck_assert_int_eq(loss.cells, 0);
    for (int i = 0; i < ROWS * VOCAB; i++)
        ck_assert_float_eq(dlogits[i], 0);
}
END_TEST

START_TEST(large_logits_stay_finite)
{
    struct hrm_model_config config = config_of(_i);
    float logits[ROWS * VOCAB], q[] = {800, -800}, dlogits[ROWS * VOCAB], dq[2];
    fill(logits);
    for (int i = 0; i < ROWS * VOCAB; i++)
        logits[i] *= 1e6f;
    struct hrm_puzzle_loss loss = hrm_loss_puzzle(&config, logits, q, labels, 1, 1, dlogits, dq);
    ck_assert(isfinite(loss.lm) && isfinite(loss.q_halt) && isfinite(loss.q_continue));
    for (int i = 0; i < ROWS * VOCAB; i++)
        ck_assert(isfinite(dlogits[i]));
    ck_assert_float_eq_tol(dq[0], 0.5f, 1e-6f);
    ck_assert_float_eq_tol(dq[1], -0.5f, 1e-6f);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("loss");
    TCase *tests = tcase_create("loss");
    tcase_set_timeout(tests, 10);
    tcase_add_loop_test(tests, is_the_mean_over_labelled_cells, 0, 2);
    tcase_add_loop_test(tests, gradients_are_the_derivatives, 0, 2);
    tcase_add_test(tests, decodes_ties_to_the_lowest);
    tcase_add_loop_test(tests, a_padding_row_has_no_loss, 0, 2);
    tcase_add_loop_test(tests, large_logits_stay_finite, 0, 2);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
