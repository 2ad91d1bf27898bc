// Gradients of whole segments against finite differences. With one H cycle the state before the
// differentiated calls is a constant for the loss too, so the gradient is its true derivative.

#include "tests/core/model/tiny_model.h"

#include <math.h>

enum { PUZZLES = 3 };

static const struct variant {
    int gradient, l_cycles, angles, pattern, puzzle_emb;
    bool shared, symbol_equivariant;
} variants[] = {{HRM_GRADIENT_ONE_STEP, 1, HRM_ANGLES_ROPE, HRM_PATTERN_ALL, 17, false, false},
                {HRM_GRADIENT_LAST_CYCLE, 1, HRM_ANGLES_ROPE, HRM_PATTERN_ALL, 12, false, false},
                {HRM_GRADIENT_LAST_CYCLE, 3, HRM_ANGLES_ROPE, HRM_PATTERN_ALL, 17, false, false},
                {HRM_GRADIENT_LAST_CYCLE, 3, HRM_ANGLES_ROPE, HRM_PATTERN_ALL, 17, true, false},
                {HRM_GRADIENT_LAST_CYCLE, 2, HRM_ANGLES_LEARNED, HRM_PATTERN_ALL, 0, true, false},
                {HRM_GRADIENT_ONE_STEP, 1, HRM_ANGLES_LEARNED, HRM_PATTERN_ALL, 5, true, false},
                {HRM_GRADIENT_ONE_STEP, 1, HRM_ANGLES_LEARNED, HRM_PATTERN_ALL, 30, false, false},
                {HRM_GRADIENT_ONE_STEP, 1, HRM_ANGLES_NONE, HRM_PATTERN_UNITS, 0, false, true},
                {HRM_GRADIENT_LAST_CYCLE, 2, HRM_ANGLES_NONE, HRM_PATTERN_UNITS, 0, true, true}};

enum { VARIANTS = sizeof variants / sizeof *variants };

static struct hrm_model_config config_of(const struct variant *variant)
{
    struct hrm_model_config config = tiny_config();
    config.h_cycles = 1;
    config.l_cycles = variant->l_cycles;
    config.gradient = variant->gradient;
    config.angles = variant->angles;
    config.pattern = variant->pattern;
    config.puzzle_emb = variant->puzzle_emb;
    config.shared = variant->shared;
    config.symbol_equivariant = variant->symbol_equivariant;
    if (config.symbol_equivariant) {
        config.hidden = 16;
        config.heads = 4;
        config.cells = 16;
        config.vocab = 6;
    }
    return config;
}

// Puzzles of 4 x 4 cells, for the variants that want a grid.
static const uint16_t grids[PUZZLES * 16] = {1, 2, 3, 4, 5, 1, 2, 4, 4, 1, 3, 2, 2, 1, 5, 1,
                                             3, 1, 4, 1, 2, 3, 1, 2, 2, 4, 3, 1, 1, 4, 5, 5,
                                             1, 1, 2, 1, 5, 4, 3, 1, 1, 1, 1, 2, 4, 1, 1, 3};

static struct hrm_batch batch_of(const struct hrm_model_config *config)
{
    return (struct hrm_batch){.puzzles = PUZZLES,
                              .inputs = config->symbol_equivariant ? grids : tiny_inputs,
                              .ids = tiny_ids};
}

/// The gradients of a loss that is linear in logits and q.
struct linear_loss {
    float dlogits[PUZZLES * 16 * 6], dq[PUZZLES * 2];
};

static struct linear_loss make_loss(void)
{
    struct linear_loss loss;
    for (size_t i = 0; i < sizeof loss.dlogits / sizeof(float); i++)
        loss.dlogits[i] = (float)sin(3.1 * (double)i);
    for (size_t i = 0; i < PUZZLES * 2; i++)
        loss.dq[i] = (float)cos(2.3 * (double)i);
    return loss;
}

/// The loss after one segment from the initial states as they were at the beginning.
static double loss_after_segment(struct tiny *tiny, const struct linear_loss *loss)
{
    const struct hrm_model_config *config = &tiny->model.config;
    for (int p = 0; p < PUZZLES; p++)
        hrm_state_reset(&tiny->worker, p, 0, NULL);
    const struct hrm_batch batch = batch_of(config);
    struct hrm_outputs outputs = hrm_segment_forward(&tiny->worker, &batch);
    int seq = hrm_model_seq(config), prefix = hrm_model_prefix(config);
    int first = config->symbol_equivariant ? config->first_symbol : 0;
    double sum = 0;
    for (int row = 0; row < PUZZLES * seq; row++)
        for (int j = first; row % seq >= prefix && j < config->vocab; j++)
            sum += (double)loss->dlogits[row * config->vocab + j] *
                   outputs.logits[row * config->vocab + j];
    for (int i = 0; i < 2 * PUZZLES; i++)
        sum += (double)loss->dq[i] * outputs.q[i];
    return sum;
}

/// Move values[count] along `direction` both ways; the slope of the loss, against the product of
/// direction and gradient, which for direction = gradient is its squared norm.
static void check_slope(struct tiny *tiny, const struct linear_loss *loss, const char *name,
                        float *values, const float *gradient, size_t count)
{
    float *old = malloc(count * sizeof *old);
    double norm = 0, size = 0;
    memcpy(old, values, count * sizeof *old);
    for (size_t i = 0; i < count; i++) {
        norm += (double)gradient[i] * gradient[i];
        size += (double)old[i] * old[i];
    }
    norm = sqrt(norm);
    ck_assert_msg(norm > 1e-3, "%s has no gradient", name);
    double step = 5e-4 * sqrt(size / norm / norm), both[2];
    for (int side = 0; side < 2; side++) {
        for (size_t i = 0; i < count; i++)
            values[i] = old[i] + (float)((side == 0 ? step : -step) * gradient[i]);
        both[side] = loss_after_segment(tiny, loss);
    }
    memcpy(values, old, count * sizeof *old);
    double slope = (both[0] - both[1]) / (2 * step);
    ck_assert_msg(fabs(slope - norm * norm) <= 6e-3 * norm * norm,
                  "%s: squared norm of the gradient %.6g, by differences %.6g", name, norm * norm,
                  slope);
    free(old);
}

/// Sum the gradients of the slots of an identifier, and check each identifier's vector.
static void check_puzzle(struct tiny *tiny, const struct linear_loss *loss, const float *dpuzzle)
{
    const struct hrm_tensor *tensor = hrm_layout_find(&tiny->model.layout, "puzzle_emb.weights");
    size_t width = (size_t)tensor->cols;
    float *sum = calloc(width * (size_t)tensor->rows, sizeof *sum);
    for (size_t p = 0; p < PUZZLES; p++)
        for (size_t i = 0; i < width; i++)
            sum[(size_t)tiny_ids[p] * width + i] += dpuzzle[p * width + i];
    check_slope(tiny, loss, tensor->name, tiny->params + tensor->offset, sum, 2 * width);
    free(sum);
}

START_TEST(gradients_are_the_derivatives)
{
    static const struct hrm_backend *const backends[] = {&hrm_backend_ref, &hrm_backend_blas};
    struct hrm_model_config config = config_of(&variants[_i % VARIANTS]);
    const struct hrm_batch batch = batch_of(&config);
    struct linear_loss loss = make_loss();
    struct tiny tiny;
    tiny_open(&tiny, &config, backends[_i / VARIANTS], PUZZLES, true);
    const struct hrm_layout *layout = &tiny.model.layout;
    float *gradient = calloc(layout->trained, sizeof *gradient);
    float *dpuzzle = malloc((PUZZLES * (size_t)config.puzzle_emb + 1) * sizeof *dpuzzle);
    loss_after_segment(&tiny, &loss);
    hrm_segment_backward(&tiny.worker, &batch, loss.dlogits, loss.dq, gradient,
                         config.puzzle_emb > 0 ? dpuzzle : NULL);
    for (int i = 0; i < layout->count; i++) {
        const struct hrm_tensor *tensor = &layout->tensors[i];
        if (tensor->kind == HRM_TENSOR_TRAINED)
            check_slope(&tiny, &loss, tensor->name, tiny.params + tensor->offset,
                        gradient + tensor->offset, (size_t)tensor->rows * (size_t)tensor->cols);
    }
    if (config.puzzle_emb > 0)
        check_puzzle(&tiny, &loss, dpuzzle);
    free(gradient);
    free(dpuzzle);
    tiny_close(&tiny);
}
END_TEST

/// Gradient of the last of `segments` segments.
static float *gradient_after(const struct hrm_model_config *config, int segments, float *dpuzzle)
{
    const struct hrm_batch batch = batch_of(config);
    struct linear_loss loss = make_loss();
    struct tiny tiny;
    tiny_open(&tiny, config, &hrm_backend_ref, PUZZLES, true);
    float *gradient = calloc(tiny.model.layout.trained, sizeof *gradient);
    for (int i = 0; i < segments; i++)
        hrm_segment_forward(&tiny.worker, &batch);
    hrm_segment_backward(&tiny.worker, &batch, loss.dlogits, loss.dq, gradient, dpuzzle);
    tiny_close(&tiny);
    return gradient;
}

/// The cycles before the last are as good as an earlier segment: constants.
START_TEST(only_the_last_cycle_is_differentiated)
{
    struct hrm_model_config one = tiny_config(), three = one;
    struct hrm_layout layout;
    float first[PUZZLES * 17], second[PUZZLES * 17];
    one.gradient = three.gradient = _i;
    one.h_cycles = 1;
    three.h_cycles = 3;
    ck_assert_int_eq(hrm_layout_init(&layout, &one, NULL), HRM_OK);
    float *a = gradient_after(&one, 3, first), *b = gradient_after(&three, 1, second);
    ck_assert_mem_eq(a, b, layout.trained * sizeof *a);
    ck_assert_mem_eq(first, second, sizeof first);
    free(a);
    free(b);
    hrm_layout_free(&layout);
}
END_TEST

START_TEST(adds_to_the_gradient)
{
    struct hrm_model_config config = tiny_config();
    const struct hrm_batch batch = batch_of(&config);
    struct linear_loss loss = make_loss();
    struct tiny tiny;
    float dpuzzle[PUZZLES * 17];
    tiny_open(&tiny, &config, &hrm_backend_ref, PUZZLES, true);
    size_t count = tiny.model.layout.trained;
    float *once = calloc(count, sizeof *once), *added = calloc(count, sizeof *added);
    for (size_t i = 0; i < count; i++)
        added[i] = 100;
    for (int k = 0; k < 2; k++) {
        for (int p = 0; p < PUZZLES; p++)
            hrm_state_reset(&tiny.worker, p, 0, NULL);
        hrm_segment_forward(&tiny.worker, &batch);
        // Rows that predict nothing are ignored, even when they are NaN.
        for (int row = 0; k == 1 && row < PUZZLES; row++)
            loss.dlogits[row * 9 * 5] = NAN;
        hrm_segment_backward(&tiny.worker, &batch, loss.dlogits, loss.dq, k == 0 ? once : added,
                             dpuzzle);
    }
    for (size_t i = 0; i < count; i++)
        ck_assert_double_eq_tol((double)added[i] - 100, once[i], 1e-4);
    free(once);
    free(added);
    tiny_close(&tiny);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("segment_backward");
    TCase *tests = tcase_create("segment_backward");
    tcase_set_timeout(tests, 30);
    tcase_add_loop_test(tests, gradients_are_the_derivatives, 0, 2 * VARIANTS);
    tcase_add_loop_test(tests, only_the_last_cycle_is_differentiated, 0, 2);
    tcase_add_test(tests, adds_to_the_gradient);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
