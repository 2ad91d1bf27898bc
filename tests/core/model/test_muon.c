#include "core/model/muon.h"

#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/// A model whose matrices are wide, tall and square.
static const struct hrm_model_config config = {.hidden = 32,
                                               .heads = 2,
                                               .expansion = 4,
                                               .h_layers = 1,
                                               .l_layers = 1,
                                               .h_cycles = 1,
                                               .l_cycles = 1,
                                               .vocab = 11,
                                               .cells = 9,
                                               .puzzle_emb = 32,
                                               .puzzle_ids = 1,
                                               .angles = HRM_ANGLES_ROPE};

static struct hrm_layout layout;
static float *p, *g, *m, *ema;
static void *scratch;

static float *floats(void)
{
    return calloc(layout.trained, sizeof(float));
}

static const struct hrm_backend *backend;

static void take_backend(const struct hrm_backend *wanted)
{
    free(scratch);
    backend = wanted;
    scratch = aligned_alloc(64, (hrm_muon_scratch(&layout, backend) + 63) / 64 * 64);
    ck_assert_ptr_nonnull(scratch);
}

static void setup(void)
{
    struct hrm_error error = {0};
    ck_assert_int_eq(hrm_layout_init(&layout, &config, &error), HRM_OK);
    p = floats(), g = floats(), m = floats(), ema = floats();
    take_backend(&hrm_backend_ref);
    for (size_t i = 0; i < layout.trained; i++) {
        p[i] = ema[i] = (float)cos((double)i);
        g[i] = (float)(sin(0.37 * (double)i * (double)(i % 91)) * 1e-3);
    }
}

static void teardown(void)
{
    hrm_layout_free(&layout);
    free(p), free(g), free(m), free(ema), free(scratch);
    scratch = NULL;
}

static struct hrm_optimizer_state state(void)
{
    return (struct hrm_optimizer_state){p, g, m, NULL, ema, 0.9};
}

static const struct hrm_tensor *find(const char *name)
{
    const struct hrm_tensor *tensor = hrm_layout_find(&layout, name);
    ck_assert_ptr_nonnull(tensor);
    return tensor;
}

/// x <- a x + (b g + c g g) x with g = x x^T, in double.
static void iterate(int rows, int cols, double *x)
{
    double *gram = calloc((size_t)(rows * rows), sizeof *gram);
    double *both = calloc((size_t)(rows * rows), sizeof *both);
    double *next = calloc((size_t)(rows * cols), sizeof *next);
    for (int i = 0; i < rows; i++)
        for (int j = 0; j < rows; j++)
            for (int k = 0; k < cols; k++)
                gram[i * rows + j] += x[i * cols + k] * x[j * cols + k];
    for (int i = 0; i < rows; i++)
        for (int j = 0; j < rows; j++) {
            both[i * rows + j] = -4.7750 * gram[i * rows + j];
            for (int k = 0; k < rows; k++)
                both[i * rows + j] += 2.0315 * gram[i * rows + k] * gram[k * rows + j];
        }
    for (int i = 0; i < rows; i++)
        for (int j = 0; j < cols; j++) {
            next[i * cols + j] = 3.4445 * x[i * cols + j];
            for (int k = 0; k < rows; k++)
                next[i * cols + j] += both[i * rows + k] * x[k * cols + j];
        }
    memcpy(x, next, (size_t)(rows * cols) * sizeof *x);
    free(gram), free(both), free(next);
}

/// The rule for one map, in double. The step may be off by `tolerance` of its length: bf16 rounds
/// five times.
static void expect(int rows, int cols, size_t at, const float *p0, const float *m0,
                   double tolerance)
{
    size_t count = (size_t)(rows * cols);
    double *x = calloc(count, sizeof *x), sum = 0, off = 0, length = 0;
    for (size_t i = 0; i < count; i++) {
        double momentum = 0.95 * (double)m0[at + i] + (double)g[at + i];
        ck_assert_double_eq_tol(m[at + i], momentum, 1e-9);
        x[i] = (double)g[at + i] + 0.95 * momentum;
        sum += x[i] * x[i];
    }
    for (size_t i = 0; i < count; i++)
        x[i] /= sqrt(sum);
    for (int step = 0; step < 5; step++)
        iterate(rows, cols, x);
    double rate = 1e-2 * 0.2 * sqrt(rows > cols ? rows : cols);
    for (size_t i = 0; i < count; i++) {
        double step = (double)p0[at + i] * (1 - 1e-2 * 0.3) - (double)p[at + i];
        off += (step - rate * x[i]) * (step - rate * x[i]);
        length += rate * x[i] * rate * x[i];
    }
    ck_assert_double_gt(length, 0);
    ck_assert_double_le(sqrt(off / length), tolerance);
    free(x);
}

static const struct {
    const char *name;
    int count, rows, cols;
} maps[] = {
    {"L_level.layers.0.self_attn.qkv_proj.weight", 3, 32, 32},
    {"H_level.layers.0.self_attn.o_proj.weight", 1, 32, 32},
    {"L_level.layers.0.mlp.gate_up_proj.weight", 2, 256, 32},
    {"H_level.layers.0.mlp.down_proj.weight", 1, 32, 256},
};

static void follow_the_rule(double tolerance, int index)
{
    const struct hrm_muon muon = {.rate = 1e-2, .decay = 0.3, .momentum = 0.95};
    const struct hrm_optimizer_state all = state();
    const struct hrm_tensor *tensor = find(maps[index].name);
    ck_assert_int_eq(tensor->maps, maps[index].count);
    ck_assert_int_eq(tensor->rows, maps[index].count * maps[index].rows);
    ck_assert_int_eq(tensor->cols, maps[index].cols);
    float *p0 = floats(), *m0 = floats();
    size_t size = layout.trained * sizeof(float);
    for (int step = 0; step < 2; step++) {
        memcpy(p0, p, size), memcpy(m0, m, size);
        hrm_muon_update(&muon, backend, &all, tensor, scratch);
        for (int k = 0; k < maps[index].count; k++)
            expect(maps[index].rows, maps[index].cols,
                   tensor->offset + (size_t)(k * maps[index].rows * maps[index].cols), p0, m0,
                   tolerance);
    }
    free(p0), free(m0);
}

START_TEST(follows_the_rule_map_by_map)
{
    for (const struct hrm_backend *const *each = hrm_backends(); *each; each++) {
        teardown();
        setup();
        if (!hrm_backend_find((*each)->name))
            continue;
        take_backend(*each);
        follow_the_rule((*each)->element == sizeof(float) ? 1e-4 : 6e-2, _i);
    }
}
END_TEST

START_TEST(touches_one_tensor_and_its_average)
{
    const struct hrm_muon muon = {.rate = 1e-2, .decay = 0.3, .momentum = 0.95};
    const struct hrm_optimizer_state all = state();
    const struct hrm_tensor *tensor = find("L_level.layers.0.mlp.down_proj.weight");
    size_t end = tensor->offset + (size_t)tensor->rows * (size_t)tensor->cols;
    hrm_muon_update(&muon, backend, &all, tensor, scratch);
    for (size_t i = 0; i < layout.trained; i++) {
        float before = (float)cos((double)i);
        bool inside = i >= tensor->offset && i < end;
        ck_assert(inside || (p[i] == before && ema[i] == before && m[i] == 0));
        if (inside)
            ck_assert_float_eq_tol(ema[i], before + 0.1f * (p[i] - before), 1e-6f);
    }
}
END_TEST

START_TEST(takes_the_matrices_of_the_blocks)
{
    size_t begin = hrm_muon_begin(&layout);
    int taken = 0;
    for (int i = 0; i < layout.count; i++) {
        const struct hrm_tensor *tensor = &layout.tensors[i];
        bool behind = tensor->kind == HRM_TENSOR_TRAINED && tensor->offset >= begin;
        ck_assert_int_eq(hrm_muon_takes(tensor), behind);
        taken += hrm_muon_takes(tensor);
    }
    ck_assert_int_eq(taken, 8);
    ck_assert(!hrm_muon_takes(find("embed_tokens.embedding_weight")));
}
END_TEST

START_TEST(no_gradient_leaves_only_the_decay)
{
    const struct hrm_muon muon = {.rate = 1e-2, .decay = 0.3, .momentum = 0.95};
    const struct hrm_optimizer_state all = state();
    const struct hrm_tensor *tensor = find("L_level.layers.0.self_attn.o_proj.weight");
    memset(g, 0, layout.trained * sizeof *g);
    hrm_muon_update(&muon, backend, &all, tensor, scratch);
    for (size_t i = tensor->offset; i < tensor->offset + 1024; i++)
        ck_assert_float_eq_tol(p[i], (float)cos((double)i) * 0.997f, 1e-6f);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("muon");
    TCase *tests = tcase_create("muon");
    tcase_set_timeout(tests, 60);
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_loop_test(tests, follows_the_rule_map_by_map, 0, (int)(sizeof maps / sizeof *maps));
    tcase_add_test(tests, touches_one_tensor_and_its_average);
    tcase_add_test(tests, takes_the_matrices_of_the_blocks);
    tcase_add_test(tests, no_gradient_leaves_only_the_decay);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
