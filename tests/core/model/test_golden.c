// The full-size model with weights and puzzles made by a hash, against the numbers that the
// reference implementation gives (fixtures/hrm_golden.json).

#include "tests/support/single_trainer.h"

#include "core/model/loss.h"

#include <check.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BATCH 4
#define CELLS 81
#define SEQ   82
#define VOCAB 11

// --- weights and puzzles ------------------------------------------------------------------------

/// The finalizer of splitmix64 on (t, i).
static uint64_t hash(uint64_t t, uint64_t i)
{
    uint64_t z = (t << 32) + i + 0x9E3779B97F4A7C15u;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
}

static float hashed_weight(const struct hrm_tensor *tensor, uint64_t t, uint64_t i)
{
    uint64_t z = hash(t, i);
    if (tensor->kind == HRM_TENSOR_FIXED)
        return (float)((double)(int)(z >> 56) - 128) / 64;
    if (strcmp(tensor->name, "q_head.bias") == 0)
        return i == 0 ? -0.5f : 0.5f;
    double u = (double)(z >> 40) * 0x1p-24;
    return (float)((2 * u - 1) * sqrt(3.0 / tensor->cols));
}

static void fill_weights(const struct hrm_layout *layout, float *params)
{
    for (int t = 0; t < layout->count; t++) {
        const struct hrm_tensor *tensor = &layout->tensors[t];
        size_t count = (size_t)tensor->rows * (size_t)tensor->cols;
        for (size_t i = 0; i < count; i++)
            params[tensor->offset + i] = hashed_weight(tensor, (uint64_t)t, i);
    }
}

/// Tokens of puzzle b.
static void make_puzzle(int b, uint16_t *inputs, uint16_t *labels)
{
    for (int cell = 0; cell < CELLS; cell++) {
        int r = b % 2 == 0 ? cell / 9 : cell % 9, c = b % 2 == 0 ? cell % 9 : cell / 9;
        int digit = ((3 * (r % 3) + r / 3 + c) % 9 + b) % 9 + 1;
        bool blank = hash(1000, (uint64_t)(CELLS * b + cell)) % 100 < 60;
        labels[cell] = (uint16_t)(digit + 1);
        inputs[cell] = blank ? 1 : labels[cell];
    }
}

static void make_batch(int first, uint16_t *inputs, uint16_t *labels)
{
    for (int i = 0; i < BATCH; i++)
        make_puzzle(first + i, inputs + CELLS * i, labels + CELLS * i);
}

static const int32_t no_ids[BATCH];

// --- comparing ----------------------------------------------------------------------------------

static json_t *golden;

static double number(const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);
    ck_assert_msg(json_is_number(value), "the golden file has no number '%s'", key);
    return json_number_value(value);
}

static void near(double value, double expected, double tolerance, const char *what)
{
    ck_assert_msg(fabs(value - expected) <= tolerance, "%s is %.9g, expected %.9g within %.2g",
                  what, value, expected, tolerance);
}

static void open_trainer(struct single_trainer *trainer, const char *backend)
{
    struct hrm_model_config config;
    struct hrm_option_section section = hrm_model_config_section(&config);
    struct hrm_error error = {0};
    hrm_options_default(&section, 1);
    config.halt_max_steps = 3;
    config.halt_exploration = 0;
    ck_assert_msg(single_trainer_init(trainer, &config, hrm_backend_find(backend), BATCH, &error) ==
                      HRM_OK,
                  "%s", error.text);
    fill_weights(&trainer->model.layout, trainer->params);
    single_trainer_pack(trainer);
    trainer->adam = (struct hrm_adam){1e-4, 1, 0.9, 0.95};
    trainer->descent.rate = 1e-4;
    trainer->descent.decay = 1;
    trainer->schedule = (struct hrm_schedule){.warmup = 0, .total = 1000, .floor = 1};
}

START_TEST(weights_and_puzzles_are_those_of_the_specification)
{
    struct hrm_model_config config;
    struct hrm_option_section section = hrm_model_config_section(&config);
    struct hrm_layout layout;
    hrm_options_default(&section, 1);
    ck_assert_int_eq(hrm_layout_init(&layout, &config, NULL), HRM_OK);
    float *params = calloc(layout.total, sizeof *params);
    fill_weights(&layout, params);
    ck_assert_int_eq(layout.count, 39);
    ck_assert_uint_eq(layout.trained, 27275266);
    static const struct {
        int t;
        double first, sum;
    } checks[] = {{0, 1.53125, 12.390625},         {1, 1.0625, -51.796875},
                  {2, 0.0620126873, 2.56917879},   {3, -0.0288976058, -5.80479253},
                  {6, 0.0131607186, -0.71214391},  {7, 0.0363910869, -69.5107094},
                  {10, -0.014308149, -0.93447278}, {38, 0.0287381504, 1.60276919}};
    for (size_t i = 0; i < sizeof checks / sizeof *checks; i++) {
        const struct hrm_tensor *tensor = &layout.tensors[checks[i].t];
        const float *values = params + tensor->offset;
        double sum = 0;
        for (int j = 0; j < tensor->rows * tensor->cols; j++)
            sum += (double)values[j];
        near(values[0], checks[i].first, 1e-9, tensor->name);
        near(sum, checks[i].sum, 1e-6, tensor->name);
    }
    static const int input_sums[] = {955, 967, 957, 979, 1022};
    for (int batch = 0; batch < 5; batch++) {
        uint16_t inputs[BATCH * CELLS], labels[BATCH * CELLS];
        int inputs_sum = 0, labels_sum = 0;
        make_batch(BATCH * batch, inputs, labels);
        for (int i = 0; i < BATCH * CELLS; i++) {
            inputs_sum += inputs[i];
            labels_sum += labels[i];
        }
        ck_assert_int_eq(inputs_sum, input_sums[batch]);
        ck_assert_int_eq(labels_sum, 1944);
    }
    free(params);
    hrm_layout_free(&layout);
}
END_TEST

// --- evaluation ---------------------------------------------------------------------------------

/// Sum, and sum of squares, over the rows that predict.
static void sum_logits(const float *logits, double *sum, double *squares)
{
    *sum = *squares = 0;
    for (int row = 0; row < BATCH * SEQ; row++)
        for (int j = 0; row % SEQ > 0 && j < VOCAB; j++) {
            double x = logits[row * VOCAB + j];
            *sum += x;
            *squares += x * x;
        }
}

static void check_first_rows(const json_t *expected, const struct hrm_model_config *config,
                             const float *logits, double tolerance)
{
    uint16_t predictions[CELLS];
    hrm_loss_decode(config, logits, predictions);
    for (size_t j = 0; j < VOCAB; j++)
        near(logits[VOCAB + j],
             json_number_value(json_array_get(json_object_get(expected, "lg0"), j)), tolerance,
             "a logit of the first cell");
    for (size_t n = 0; n < CELLS; n++)
        ck_assert_int_eq(predictions[n],
                         json_integer_value(json_array_get(json_object_get(expected, "arg"), n)));
}

static void check_q(const json_t *expected, int puzzles, const float *values, double tolerance)
{
    for (int p = 0; p < puzzles; p++) {
        const json_t *q = json_array_get(json_object_get(expected, "q"), (size_t)p);
        for (int i = 0; i < 2; i++)
            near(values[2 * p + i], json_number_value(json_array_get(q, (size_t)i)), 2 * tolerance,
                 "q");
    }
}

static void check_segment(const json_t *expected, const struct single_trainer *trainer,
                          const struct hrm_outputs *outputs, const uint16_t *labels,
                          double tolerance)
{
    const struct hrm_model_config *config = &trainer->model.config;
    double sum, squares, lm = 0, state = 0;
    sum_logits(outputs->logits, &sum, &squares);
    for (int p = 0; p < BATCH; p++)
        lm += hrm_loss_puzzle(config, outputs->logits + p * SEQ * VOCAB, outputs->q + 2 * p,
                              labels + CELLS * p, NAN, 1, NULL, NULL)
                  .lm;
    for (int i = 0; i < BATCH * SEQ * config->hidden; i++)
        state += (double)((const float *)trainer->worker.z_h)[i];
    // Errors of N terms of size `tolerance` would add up to sqrt(N) times that, but they are partly
    // of one origin: the rotary angles are rounded to fp32, those of the numbers here are not.
    check_q(expected, BATCH, outputs->q, tolerance);
    near(sum, number(expected, "lgsum"), 200 * tolerance, "the sum of the logits");
    near(squares, number(expected, "lgsq"), 400 * tolerance, "the sum of their squares");
    near(lm, number(expected, "lm"), tolerance, "lm_loss");
    near(state, number(expected, "zHsum"), 1000 * tolerance, "the sum of z_H");
    check_first_rows(expected, config, outputs->logits, 5 * tolerance);
}

START_TEST(evaluates_three_segments)
{
    static const double tolerances[] = {1e-5, 5e-5, 3e-4};
    struct single_trainer trainer;
    uint16_t inputs[BATCH * CELLS], labels[BATCH * CELLS];
    open_trainer(&trainer, "blas");
    make_batch(0, inputs, labels);
    struct hrm_batch batch = {.puzzles = BATCH, .inputs = inputs};
    for (int p = 0; p < BATCH; p++)
        hrm_state_reset(&trainer.worker, p, 0, NULL);
    for (size_t i = 0; i < 3; i++) {
        struct hrm_outputs outputs = hrm_segment_forward(&trainer.worker, &batch);
        check_segment(json_array_get(json_object_get(golden, "eval"), i), &trainer, &outputs,
                      labels, tolerances[i]);
    }
    single_trainer_free(&trainer);
}
END_TEST

START_TEST(evaluates_a_puzzle_plainly)
{
    struct single_trainer trainer;
    uint16_t inputs[BATCH * CELLS], labels[BATCH * CELLS];
    const json_t *expected = json_array_get(json_object_get(golden, "eval"), 0);
    open_trainer(&trainer, "ref");
    make_batch(0, inputs, labels);
    struct hrm_batch batch = {.puzzles = 1, .inputs = inputs};
    hrm_state_reset(&trainer.worker, 0, 0, NULL);
    struct hrm_outputs outputs = hrm_segment_forward(&trainer.worker, &batch);
    check_q(expected, 1, outputs.q, 1e-5);
    check_first_rows(expected, &trainer.model.config, outputs.logits, 5e-5);
    single_trainer_free(&trainer);
}
END_TEST

// --- training -----------------------------------------------------------------------------------

static void check_metrics(const json_t *expected, const struct single_metrics *metrics)
{
    const json_t *met = json_object_get(expected, "met");
    double loss = metrics->lm + 0.5 * (metrics->q_halt + metrics->q_continue);
    near(loss, number(met, "loss"), 1e-4 * loss, "loss");
    near(metrics->lm, number(met, "lm_loss"), 1e-4 * loss, "lm_loss");
    near(metrics->q_halt, number(met, "q_halt_loss"), 1e-4 * loss, "q_halt_loss");
    near(metrics->q_continue, number(met, "q_continue_loss"), 1e-4 * loss, "q_continue_loss");
    near(metrics->count, number(met, "count"), 0, "count");
    near(metrics->accuracy, number(met, "accuracy"), 1e-6, "accuracy");
    near(metrics->exact, number(met, "exact_accuracy"), 0, "exact_accuracy");
    near(metrics->q_right, number(met, "q_halt_accuracy"), 0, "q_halt_accuracy");
    near(metrics->steps, number(met, "steps"), 0, "steps");
}

static void norm_and_sum(const float *values, size_t count, double *norm, double *sum)
{
    *norm = *sum = 0;
    for (size_t i = 0; i < count; i++) {
        *norm += (double)values[i] * values[i];
        *sum += (double)values[i];
    }
    *norm = sqrt(*norm);
}

/// Norms to `tolerance`; an element sum is off by about that times the norm times a few.
static void check_gradients(const json_t *expected, const struct single_trainer *trainer,
                            double tolerance)
{
    const struct hrm_layout *layout = &trainer->model.layout;
    const json_t *norms = json_object_get(expected, "gn"), *sums = json_object_get(expected, "gs");
    double norm, sum;
    for (int i = 0; i < layout->count; i++) {
        const struct hrm_tensor *tensor = &layout->tensors[i];
        if (tensor->kind != HRM_TENSOR_TRAINED)
            continue;
        size_t count = (size_t)tensor->rows * (size_t)tensor->cols;
        norm_and_sum(trainer->gradient + tensor->offset, count, &norm, &sum);
        near(norm, number(norms, tensor->name), tolerance * norm, tensor->name);
        near(sum, number(sums, tensor->name), 30 * tolerance * norm, tensor->name);
    }
    norm_and_sum(trainer->dpuzzle, BATCH * (size_t)trainer->model.config.hidden, &norm, &sum);
    near(norm, number(norms, "puzzle_emb.local"), tolerance * norm, "the puzzle gradient");
    near(sum, number(sums, "puzzle_emb.local"), 30 * tolerance * norm, "the puzzle gradient");
}

/// After the update; a first step moves every weight by about the rate, whatever the size of its
/// gradient, so the sum is as uncertain as the signs of the smallest gradients.
static void check_weights(const json_t *expected, const struct single_trainer *trainer,
                          double tolerance)
{
    const struct hrm_layout *layout = &trainer->model.layout;
    double norm, sum;
    for (int i = 0; i < layout->count; i++) {
        const struct hrm_tensor *tensor = &layout->tensors[i];
        size_t count = (size_t)tensor->rows * (size_t)tensor->cols;
        norm_and_sum(trainer->params + tensor->offset, count, &norm, &sum);
        near(sum, number(json_object_get(expected, "ws"), tensor->name), tolerance, tensor->name);
        if (tensor->kind == HRM_TENSOR_PUZZLE)
            near(norm * norm, number(expected, "pe"), tolerance * 2e-3,
                 "the puzzle embedding's squared norm");
    }
}

START_TEST(trains_five_steps)
{
    // Rounding grows from step to step: the weights' signs of step 1 reach the gradients of step 2.
    static const double gradients[] = {1e-5, 2e-4, 1e-3, 2e-3, 2e-3};
    struct single_trainer trainer;
    open_trainer(&trainer, "blas");
    for (int step = 0; step < 5; step++) {
        const json_t *expected = json_array_get(json_object_get(golden, "train"), (size_t)step);
        uint16_t inputs[BATCH * CELLS], labels[BATCH * CELLS];
        make_batch(BATCH * step, inputs, labels);
        single_trainer_offer(&trainer, inputs, labels, no_ids);
        struct single_metrics metrics = single_trainer_differentiate(&trainer);
        check_metrics(expected, &metrics);
        check_gradients(expected, &trainer, gradients[step]);
        single_trainer_update(&trainer);
        // A first step of this kind is 1e-4 times the signs of a million gradients near zero, of
        // which some turn with the rounding: SSE2 kernels are 6e-4 off, AVX kernels below 5e-4.
        check_weights(expected, &trainer, step == 0 ? 1e-3 : 5e-2);
        for (size_t p = 0; p < BATCH; p++) {
            const json_t *halted = json_object_get(expected, "halt");
            const json_t *steps = json_object_get(expected, "steps");
            ck_assert_int_eq(trainer.halted[p], json_is_true(json_array_get(halted, p)));
            ck_assert_int_eq(trainer.steps[p], json_integer_value(json_array_get(steps, p)));
        }
    }
    single_trainer_free(&trainer);
}
END_TEST

int main(void)
{
    golden = json_load_file(HRM_FIXTURES "/hrm_golden.json", 0, NULL);
    if (golden == NULL) {
        fprintf(stderr, "cannot read %s\n", HRM_FIXTURES "/hrm_golden.json");
        return EXIT_FAILURE;
    }
    Suite *suite = suite_create("golden");
    TCase *tests = tcase_create("golden");
    tcase_set_timeout(tests, 100);
    tcase_add_test(tests, weights_and_puzzles_are_those_of_the_specification);
    tcase_add_test(tests, evaluates_three_segments);
    tcase_add_test(tests, evaluates_a_puzzle_plainly);
    tcase_add_test(tests, trains_five_steps);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    json_decref(golden);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
