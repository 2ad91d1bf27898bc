#include "core/compute/backend.h"

#include <stdio.h>

#ifdef HRM_HAVE_BF16
#include "tests/core/compute/loops.h"

// Every kernel of both backends against loops in double, on inputs and weights that bf16 holds
// exactly. Outputs and scratch start as NaN, the rows beyond the last puzzle are NaN, and behind
// every buffer lies a guard zone.

static const struct hrm_backend *b;

struct sizes {
    struct hrm_block_shape shape;
    int rotate;
};

static const struct sizes table[] = {
    {SHAPE(1, 82, 64, 2, 64), 1},   {SHAPE(3, 81, 128, 8, 256), 1},  {SHAPE(2, 82, 96, 2, 144), 1},
    {SHAPE(5, 82, 192, 3, 512), 1}, {SHAPE(2, 81, 128, 2, 80), 0},   {SHAPE(1, 97, 144, 3, 208), 1},
    {SHAPE(3, 17, 112, 7, 48), 1},  {SHAPE(2, 82, 512, 8, 1536), 1}, {SHAPE(1, 82, 80, 5, 112), 1},
    {SHAPE(2, 9, 64, 1, 96), 1},    {SHAPE(2, 40, 64, 4, 32), 1},    {SHAPE(1, 33, 240, 6, 272), 1},
    {SHAPE(3, 81, 48, 3, 80), 1},   {SHAPE(5, 82, 32, 2, 64), 1},    {SHAPE(4, 41, 16, 1, 48), 0},
};

enum { COUNT = sizeof table / sizeof *table, LARGE = 6 };

// --- fixtures -----------------------------------------------------------------------------------

static void *scratch_of(const struct hrm_block_shape *s)
{
    return poisoned(b->scratch_bytes(s));
}

static struct hrm_weight weight_of(int out, int in, enum hrm_pack pack)
{
    float *values = poisoned((size_t)out * (size_t)in * sizeof *values);
    void *packed = poisoned(b->packed_bytes(out, in, pack));
    for (int i = 0; i < out * in; i++)
        values[i] = draw(1.0f / sqrtf((float)in));
    b->pack(out, in, values, pack, packed);
    return (struct hrm_weight){out, in, values, packed};
}

static struct hrm_rope rope_of(const struct sizes *z)
{
    const int half = z->shape.hidden / z->shape.heads / 2;
    if (!z->rotate)
        return (struct hrm_rope){NULL, NULL};
    float *c = poisoned((size_t)(z->shape.seq * half) * sizeof *c);
    float *s = poisoned((size_t)(z->shape.seq * half) * sizeof *s);
    for (int t = 0; t < z->shape.seq; t++) {
        for (int j = 0; j < half; j++) {
            const double angle = t * pow(10000.0, -(double)j / half);
            c[t * half + j] = (float)cos(angle);
            s[t * half + j] = (float)sin(angle);
        }
    }
    return (struct hrm_rope){c, s};
}

/// A bf16 result: one rounding is 2^-9 at most and a third of that by norm.
static void check_bf16(const struct hrm_block_shape *s, const char *what, const uint16_t *got,
                       const double *want, size_t n)
{
    struct deviation d = {0};
    for (size_t i = 0; i < n; i++)
        deviate(&d, widen(got[i]), want[i]);
    judge(&d, s, what, 4e-3, 8e-3);
}

/// A gradient in fp32 that was added to ones, from bf16 factors that were rounded once.
static void check_gradient(const struct hrm_block_shape *s, const char *what, const float *got,
                           const double *want, int out, int in)
{
    struct deviation d = {0};
    for (int i = 0; i < out * in; i++)
        deviate(&d, (double)got[i] - 1.0, want[i]);
    judge(&d, s, what, 4e-3, 8e-3);
}

// --- tests --------------------------------------------------------------------------------------

START_TEST(test_qkv)
{
    const struct sizes *z = &table[_i];
    const struct hrm_block_shape *s = &z->shape;
    const int m = rows_of(s), d = s->hidden;
    const struct hrm_weight w = weight_of(3 * d, d, HRM_PACK_BOTH);
    const struct hrm_rope rope = rope_of(z);
    uint16_t *h = activation(s, d), *qkv = activation(s, 3 * d), *dh = activation(s, d);
    const double *x = fill(h, (size_t)(m * d), 1.0f);
    double *y = linear(x, &w, m);
    rotate(s, &rope, 1, y);
    b->qkv(s, h, &w, &rope, qkv, scratch_of(s));
    check_bf16(s, "qkv", qkv, y, (size_t)(m * 3 * d));

    double *dy = fill(qkv, (size_t)(m * 3 * d), 1.0f), *dx = fill(dh, (size_t)(m * d), 1.0f);
    double *dw = zeros((size_t)(3 * d * d));
    float *got = ones(3 * d, d);
    rotate(s, &rope, -1, dy);
    linear_backward(x, &w, m, dy, dx, dw);
    b->qkv_backward(s, h, &w, &rope, qkv, dh, got, scratch_of(s));
    check_bf16(s, "qkv_backward dh", dh, dx, (size_t)(m * d));
    check_gradient(s, "qkv_backward dw", got, dw, 3 * d, d);
    release();
}
END_TEST

START_TEST(test_attention)
{
    const struct hrm_block_shape shape = looking(&table[_i / LOOKS].shape, _i % LOOKS);
    const struct hrm_block_shape *s = &shape;
    const int m = rows_of(s), d = s->hidden;
    uint16_t *qkv = activation(s, 3 * d), *o = activation(s, d), *d_o = activation(s, d);
    uint16_t *dqkv = activation(s, 3 * d);
    const double *x = fill(qkv, (size_t)(m * 3 * d), 1.5f);
    b->attention(s, qkv, o, scratch_of(s));
    check_bf16(s, "attention", o, attend(s, x), (size_t)(m * d));

    const double *dy = fill(d_o, (size_t)(m * d), 1.0f);
    b->attention_backward(s, qkv, o, d_o, dqkv, scratch_of(s));
    check_bf16(s, "attention_backward", dqkv, attend_backward(s, x, dy), (size_t)(m * 3 * d));
    release();
}
END_TEST

/// Scores so large that 2^score is not a number of fp32.
START_TEST(test_attention_of_large_scores)
{
    const struct hrm_block_shape shape = looking(&table[_i / LOOKS].shape, _i % LOOKS);
    const struct hrm_block_shape *s = &shape;
    const int m = rows_of(s), d = s->hidden;
    uint16_t *qkv = activation(s, 3 * d), *o = activation(s, d);
    uint16_t *d_o = activation(s, d), *dqkv = activation(s, 3 * d);
    const double *x = fill(qkv, (size_t)(m * 3 * d), 8.0f), *dy = fill(d_o, (size_t)(m * d), 1.0f);
    b->attention(s, qkv, o, scratch_of(s));
    check_bf16(s, "attention of large scores", o, attend(s, x), (size_t)(m * d));
    b->attention_backward(s, qkv, o, d_o, dqkv, scratch_of(s));
    check_bf16(s, "attention_backward of large scores", dqkv, attend_backward(s, x, dy),
               (size_t)(m * 3 * d));
    release();
}
END_TEST

START_TEST(test_project)
{
    const struct hrm_block_shape *s = &table[_i / 2].shape;
    const int m = rows_of(s), d = s->hidden, k = _i % 2 ? s->inner : d;
    const float eps = 1e-5f;
    const struct hrm_weight w = weight_of(d, k, HRM_PACK_BOTH);
    uint16_t *x = activation(s, k), *n = activation(s, d), *dn = activation(s, d);
    uint16_t *dx = activation(s, k);
    float *r = poisoned((size_t)m * sizeof *r), *got = ones(d, k);
    const double *in = fill(x, (size_t)(m * k), 1.0f), *residual = fill(n, (size_t)(m * d), 1.0f);
    double *y = linear(in, &w, m), *dy = fill(dn, (size_t)(m * d), 1.0f);
    b->project(s, x, &w, n, eps, n, r, scratch_of(s));
    for (int i = 0; i < m; i++) {
        double sum = 0, mean = 0;
        for (int j = 0; j < d; j++) {
            y[i * d + j] += residual[i * d + j];
            sum += y[i * d + j] * y[i * d + j];
        }
        const double scale = 1 / sqrt(sum / d + (double)eps);
        ck_assert_double_eq_tol((double)r[i] / scale, 1.0, 1e-5);
        for (int j = 0; j < d; j++)
            mean += (y[i * d + j] *= scale) * dy[i * d + j] / d;
        for (int j = 0; j < d; j++)
            dy[i * d + j] = scale * (dy[i * d + j] - y[i * d + j] * mean);
    }
    check_bf16(s, "project", n, y, (size_t)(m * d));

    double *back = zeros((size_t)(m * k)), *dw = zeros((size_t)(d * k));
    linear_backward(in, &w, m, dy, back, dw);
    b->project_backward(s, x, &w, n, r, dn, dn, dx, got, scratch_of(s));
    check_bf16(s, "project_backward dresidual", dn, dy, (size_t)(m * d));
    check_bf16(s, "project_backward dx", dx, back, (size_t)(m * k));
    check_gradient(s, "project_backward dw", got, dw, d, k);
    release();
}
END_TEST

START_TEST(test_swiglu)
{
    const struct hrm_block_shape *s = &table[_i].shape;
    const int m = rows_of(s), d = s->hidden, f = s->inner;
    const struct hrm_weight w = weight_of(2 * f, d, HRM_PACK_BOTH);
    uint16_t *h = activation(s, d), *gate_up = activation(s, 2 * f), *act = activation(s, f);
    uint16_t *alone = activation(s, f), *dact = activation(s, f), *dh = activation(s, d);
    const double *x = fill(h, (size_t)(m * d), 2.0f);
    const double *y = linear(x, &w, m);
    double *want = zeros((size_t)(m * f));
    for (int i = 0; i < m * f; i++) {
        const double g = y[i / f * 2 * f + i % f], u = y[i / f * 2 * f + f + i % f];
        want[i] = g / (1 + exp(-g)) * u;
    }
    b->swiglu(s, h, &w, NULL, alone, scratch_of(s));
    b->swiglu(s, h, &w, gate_up, act, scratch_of(s));
    check_bf16(s, "swiglu", act, want, (size_t)(m * f));
    check_bf16(s, "swiglu gate_up", gate_up, y, (size_t)(m * 2 * f));
    ck_assert_mem_eq(act, alone, (size_t)(m * f) * 2);

    const double *gu = fill(gate_up, (size_t)(m * 2 * f), 2.0f);
    double *da = fill(dact, (size_t)(m * f), 1.0f), *dx = fill(dh, (size_t)(m * d), 1.0f);
    double *dgu = zeros((size_t)(m * 2 * f)), *dw = zeros((size_t)(2 * f * d));
    float *got = ones(2 * f, d);
    for (int i = 0; i < m * f; i++) {
        const int at = i / f * 2 * f + i % f;
        const double sig = 1 / (1 + exp(-gu[at]));
        dgu[at] = da[i] * gu[at + f] * sig * (1 + gu[at] * (1 - sig));
        dgu[at + f] = da[i] * gu[at] * sig;
    }
    linear_backward(x, &w, m, dgu, dx, dw);
    b->swiglu_backward(s, h, &w, gate_up, dact, dh, got, scratch_of(s));
    check_bf16(s, "swiglu_backward dh", dh, dx, (size_t)(m * d));
    check_gradient(s, "swiglu_backward dw", got, dw, 2 * f, d);
    release();
}
END_TEST

/// silu of numbers from -40 to 40 and of those that are none; u is 1.
START_TEST(test_silu)
{
    const struct hrm_block_shape s = SHAPE(16, 81, 64, 2, 32);
    const int m = rows_of(&s), d = s.hidden, f = s.inner;
    float *values = poisoned((size_t)(2 * f * d) * sizeof *values);
    for (int i = 0; i < 2 * f * d; i++)
        values[i] = i % d == i / d / f; // g is column 0, u column 1
    void *packed = poisoned(b->packed_bytes(2 * f, d, HRM_PACK_FORWARD));
    b->pack(2 * f, d, values, HRM_PACK_FORWARD, packed);
    const struct hrm_weight w = {2 * f, d, values, packed};
    uint16_t *h = activation(&s, d), *act = activation(&s, f);
    float *x = poisoned((size_t)(m * d) * sizeof *x), *y = poisoned((size_t)(m * f) * sizeof *y);
    for (int i = 0; i < m * d; i++)
        x[i] = i % d == 0 ? narrow(-40 + 80.0f * (float)(i / d) / (float)(m - 1)) : i % d == 1;
    x[0] = NAN;
    b->from_float((size_t)(m * d), x, h);
    b->swiglu(&s, h, &w, NULL, act, scratch_of(&s));
    b->to_float((size_t)(m * f), act, y);
    ck_assert(isnan(y[0]));
    for (int i = f; i < m * f; i++) {
        const double g = x[i / f * d], want = g / (1 + exp(-g));
        ck_assert_double_eq_tol(y[i], want, g < -10 ? 5e-4 : 2e-4 + fabs(want) / 250);
    }
    release();
}
END_TEST

/// The backward pass that computes SwiGLU anew, of so many puzzles that it goes in parts.
START_TEST(test_mlp)
{
    struct hrm_block_shape s = table[_i].shape;
    s.puzzles = s.inner > 600 ? 1 : 5;
    const int m = rows_of(&s), d = s.hidden, f = s.inner;
    const struct hrm_weight gate_up = weight_of(2 * f, d, HRM_PACK_BOTH);
    const struct hrm_weight down = weight_of(d, f, HRM_PACK_BOTH);
    uint16_t *n1 = activation(&s, d), *n2 = activation(&s, d), *dz = activation(&s, d);
    float *r = poisoned((size_t)m * sizeof *r), *dgate_up = ones(2 * f, d), *ddown = ones(d, f);
    const double *x = fill(n1, (size_t)(m * d), 2.0f), *n = fill(n2, (size_t)(m * d), 1.0f);
    double *dy = fill(dz, (size_t)(m * d), 1.0f), *act = zeros((size_t)(m * f));
    double *da = zeros((size_t)(m * f)), *gu = linear(x, &gate_up, m);
    double *wanted_down = zeros((size_t)(d * f)), *wanted_gate_up = zeros((size_t)(2 * f * d));
    for (int i = 0; i < m; i++) {
        double mean = 0;
        r[i] = 0.5f + draw(0.25f);
        for (int j = 0; j < d; j++)
            mean += n[i * d + j] * dy[i * d + j] / d;
        for (int j = 0; j < d; j++)
            dy[i * d + j] = (double)r[i] * (dy[i * d + j] - n[i * d + j] * mean);
    }
    for (int i = 0; i < m * f; i++) {
        const double g = gu[i / f * 2 * f + i % f];
        act[i] = g / (1 + exp(-g)) * gu[i / f * 2 * f + f + i % f];
    }
    linear_backward(act, &down, m, dy, da, wanted_down);
    for (int i = 0; i < m * f; i++) {
        double *g = gu + i / f * 2 * f + i % f, *u = g + f;
        const double sig = 1 / (1 + exp(-*g)), silu = *g * sig;
        *g = da[i] * *u * (sig + silu * (1 - sig));
        *u = da[i] * silu;
    }
    linear_backward(x, &gate_up, m, gu, dy, wanted_gate_up);
    const struct hrm_mlp mlp = {&gate_up, &down, n1, n2, r, activation(&s, f), dgate_up, ddown};
    b->mlp_backward(&s, &mlp, dz, scratch_of(&s));
    check_bf16(&s, "mlp_backward dz", dz, dy, (size_t)(m * d));
    check_gradient(&s, "mlp_backward dw of down", ddown, wanted_down, d, f);
    check_gradient(&s, "mlp_backward dw of gate_up", dgate_up, wanted_gate_up, 2 * f, d);
    release();
}
END_TEST

static void head(const struct hrm_block_shape *s, int out)
{
    const int m = rows_of(s), d = s->hidden;
    const struct hrm_weight w = weight_of(out, d, HRM_PACK_BOTH);
    uint16_t *x = activation(s, d), *dx = activation(s, d);
    const double *in = fill(x, (size_t)(m * d), 1.0f), *want = linear(in, &w, m);
    float *y = poisoned((size_t)(m * out) * sizeof *y), *dw = ones(out, d);
    struct deviation forward = {0};
    b->head(s, x, &w, y, scratch_of(s));
    for (int i = 0; i < m * out; i++)
        deviate(&forward, y[i], want[i]);
    judge(&forward, s, "head", 1e-5, 1e-5);

    double *dy = zeros((size_t)(m * out)), *back = zeros((size_t)(m * d));
    double *wanted = zeros((size_t)(out * d));
    for (int i = 0; i < m * out; i++)
        dy[i] = y[i] = draw(1.0f);
    linear_backward(in, &w, m, dy, back, wanted);
    b->head_backward(s, x, &w, y, dx, dw, scratch_of(s));
    check_bf16(s, "head_backward dx", dx, back, (size_t)(m * d));
    check_gradient(s, "head_backward dw", dw, wanted, out, d);
    release();
}

START_TEST(test_head)
{
    head(&table[_i / 2].shape, _i % 2 ? 2 : 11);
}
END_TEST

/// Vocabularies beside the multiples of tiles, and the largest.
START_TEST(test_head_of_a_large_vocabulary)
{
    static const struct {
        int row, vocab;
    } cases[LARGE] = {{0, 65}, {2, 257}, {12, 1000}, {10, 4095}, {11, 4096}, {14, 4096}};
    struct hrm_block_shape shape = table[cases[_i].row].shape;
    shape.vocab = cases[_i].vocab;
    head(&shape, shape.vocab);
}
END_TEST

START_TEST(test_conversions)
{
    const size_t n = (size_t)(1 + 37 * _i);
    uint16_t *x = poisoned(n * 2), *y = poisoned(n * 2);
    float *back = poisoned(n * sizeof *back), *from = poisoned(n * sizeof *from);
    const double *exact = fill(x, n, 3.0f);
    for (size_t i = 0; i < n; i++)
        from[i] = (float)exact[i] * 1.0001f;
    b->to_float(n, x, back);
    b->from_float(n, from, y);
    for (size_t i = 0; i < n; i++) {
        ck_assert_float_eq(back[i], (float)exact[i]);
        ck_assert_float_eq(widen(y[i]), narrow(from[i]));
    }
    b->add(n, x, y, y);
    for (size_t i = 0; i < n; i++)
        ck_assert_float_eq(widen(y[i]), narrow((float)exact[i] + narrow(from[i])));
    release();
}
END_TEST

/// One puzzle alone and the same puzzle as the last of three give the same bits.
START_TEST(test_alone_or_together)
{
    const struct hrm_block_shape three = table[_i].shape;
    struct hrm_block_shape s = three, single = three;
    s.puzzles = 3;
    single.puzzles = 1;
    const int d = s.hidden, f = s.inner;
    const size_t skip = (size_t)(2 * s.seq), n = (size_t)s.seq;
    const struct hrm_weight wq = weight_of(3 * d, d, HRM_PACK_FORWARD);
    const struct hrm_weight wo = weight_of(d, d, HRM_PACK_FORWARD);
    const struct hrm_weight wg = weight_of(2 * f, d, HRM_PACK_FORWARD);
    const struct hrm_weight wd = weight_of(d, f, HRM_PACK_FORWARD);
    const struct hrm_rope rope = rope_of(&table[_i]);
    uint16_t *results[2];
    uint16_t *first = activation(&s, d);
    fill(first, skip * (size_t)d + n * (size_t)d, 1.0f);
    for (int i = 0; i < 2; i++) {
        const struct hrm_block_shape *shape = i ? &single : &s;
        uint16_t *h = activation(shape, d), *qkv = activation(shape, 3 * d);
        uint16_t *o = activation(shape, d), *act = activation(shape, f);
        memcpy(h, first + (i ? skip * (size_t)d : 0), (i ? n : skip + n) * (size_t)d * 2);
        void *scratch = scratch_of(shape);
        b->qkv(shape, h, &wq, &rope, qkv, scratch);
        b->attention(shape, qkv, o, scratch);
        b->project(shape, o, &wo, h, 1e-5f, h, NULL, scratch);
        b->swiglu(shape, h, &wg, NULL, act, scratch);
        b->project(shape, act, &wd, h, 1e-5f, h, NULL, scratch);
        results[i] = h;
    }
    ck_assert_mem_eq(results[0] + skip * (size_t)d, results[1], n * (size_t)d * 2);
    release();
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create(b->name);
    TCase *t = tcase_create("kernels");
    tcase_set_timeout(t, 100);
    tcase_add_loop_test(t, test_qkv, 0, COUNT);
    tcase_add_loop_test(t, test_attention, 0, LOOKS * COUNT);
    tcase_add_loop_test(t, test_attention_of_large_scores, 0, LOOKS * COUNT);
    tcase_add_loop_test(t, test_project, 0, 2 * COUNT);
    tcase_add_loop_test(t, test_swiglu, 0, COUNT);
    tcase_add_test(t, test_silu);
    tcase_add_loop_test(t, test_mlp, 0, COUNT);
    tcase_add_loop_test(t, test_head, 0, 2 * COUNT);
    tcase_add_loop_test(t, test_head_of_a_large_vocabulary, 0, LARGE);
    tcase_add_loop_test(t, test_conversions, 0, 6);
    tcase_add_loop_test(t, test_alone_or_together, 0, COUNT);
    suite_add_tcase(s, t);
    return s;
}

/// Tests that failed.
static int check(const struct hrm_backend *backend)
{
    if (!backend->available()) {
        printf("skipped: this machine cannot run %s\n", backend->name);
        return 0;
    }
    b = backend;
    SRunner *runner = srunner_create(suite());
    srunner_run_all(runner, CK_NORMAL);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed;
}

int main(void)
{
    int failed = 0;
    for (int i = 0; hrm_backends()[i] != NULL; i++)
        if (hrm_backends()[i]->element == 2)
            failed += check(hrm_backends()[i]);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

#else

int main(void)
{
    puts("skipped: built without the bf16 backend");
    return 0;
}

#endif
