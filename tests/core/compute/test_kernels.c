// The fp32 backends, kernel by kernel: against loops in double, and the gradients also against
// finite differences of those loops. Outputs and scratch start as NaN, rows beyond the last
// puzzle too; behind every buffer lies a guard zone.

#include "core/compute/backend.h"

#include "tests/core/compute/loops.h"

#include <stdio.h>

static const struct hrm_backend *const backends[] = {&hrm_backend_ref, &hrm_backend_blas};

static const struct sizes {
    struct hrm_block_shape shape;
    bool rope;
} table[] = {{SHAPE(1, 1, 2, 1, 1), true},     {SHAPE(3, 7, 12, 3, 5), true},
             {SHAPE(2, 5, 12, 1, 300), false}, {SHAPE(4, 9, 30, 5, 47), true},
             {SHAPE(1, 97, 40, 2, 33), true},  {SHAPE(2, 82, 64, 2, 256), true},
             {SHAPE(5, 13, 66, 11, 70), true}, {SHAPE(1, 82, 128, 4, 512), true}};

enum { SIZES = sizeof table / sizeof *table, CASES = 2 * SIZES, VOCABULARIES = 4 };

// A case is a backend and a row of the table.
static const struct hrm_backend *backend_of(int i)
{
    const struct hrm_backend *backend = backends[i / SIZES];
    ck_assert(backend->available());
    return backend;
}

// --- fixtures -----------------------------------------------------------------------------------

static size_t elements(const struct hrm_block_shape *s, int columns)
{
    return (size_t)rows_of(s) * (size_t)columns;
}

static float *rows(const struct hrm_block_shape *s, int columns)
{
    return poisoned((size_t)hrm_rows_padded(rows_of(s)) * (size_t)columns * sizeof(float));
}

/// Random numbers in a buffer, and the same in double.
static double *random_rows(const struct hrm_block_shape *s, int columns, float *x)
{
    size_t n = elements(s, columns);
    double *exact = zeros(n);
    for (size_t i = 0; i < n; i++)
        exact[i] = x[i] = draw(1);
    return exact;
}

static struct hrm_weight weight_of(int out, int in)
{
    float *values = poisoned((size_t)out * (size_t)in * sizeof *values);
    for (int i = 0; i < out * in; i++)
        values[i] = draw(1 / sqrtf((float)in));
    return (struct hrm_weight){.out = out, .in = in, .values = values};
}

static struct hrm_rope rope_of(const struct sizes *z)
{
    int half = z->shape.hidden / z->shape.heads / 2;
    size_t count = (size_t)(z->shape.seq * half);
    float *c = poisoned(count * sizeof *c), *s = poisoned(count * sizeof *s);
    for (size_t i = 0; i < count; i++) {
        c[i] = (float)cos((double)i);
        s[i] = (float)sin((double)i);
    }
    return z->rope ? (struct hrm_rope){c, s} : (struct hrm_rope){NULL, NULL};
}

static void *scratch_of(const struct hrm_backend *b, const struct hrm_block_shape *s)
{
    return poisoned(b->scratch_bytes(s));
}

static void check(const struct hrm_block_shape *s, const char *what, size_t n, const float *got,
                  const double *want)
{
    struct deviation d = {0};
    for (size_t i = 0; i < n; i++)
        deviate(&d, (double)got[i], want[i]);
    // Of an all but zero result, such as the gradient of a softmax over one key, only the size
    // counts.
    d.norm = fmax(d.norm, 1e-2 * (double)n);
    d.largest = fmax(d.largest, 1e-1);
    judge(&d, s, what, 2e-6, 1e-5);
}

/// What was added to a gradient of ones.
static void check_added(const struct hrm_block_shape *s, const char *what,
                        const struct hrm_weight *w, float *got, const double *want)
{
    struct deviation d = {0};
    for (int i = 0; i < w->out * w->in; i++)
        deviate(&d, (double)got[i] - 1, want[i]);
    d.norm = fmax(d.norm, 1e-2 * w->out * w->in);
    d.largest = fmax(d.largest, 1e-1);
    judge(&d, s, what, 2e-6, 1e-5);
}

// --- the non-linear kernels in double -----------------------------------------------------------

static double silu(double x)
{
    return x / (1 + exp(-x));
}

/// n = rms(y), r to inv.
static void normalize(const struct hrm_block_shape *s, const double *y, double *n, double *inv)
{
    int d = s->hidden;
    for (int i = 0; i < rows_of(s); i++) {
        double sum = 0;
        for (int j = 0; j < d; j++)
            sum += y[i * d + j] * y[i * d + j];
        inv[i] = 1 / sqrt(sum / d + 1e-5);
        for (int j = 0; j < d; j++)
            n[i * d + j] = y[i * d + j] * inv[i];
    }
}

static void activate(const struct hrm_block_shape *s, const double *gate_up, double *act)
{
    int f = s->inner;
    for (int i = 0; i < rows_of(s); i++)
        for (int j = 0; j < f; j++)
            act[i * f + j] = silu(gate_up[i * 2 * f + j]) * gate_up[i * 2 * f + f + j];
}

/// A function of x[M,columns_in] with values y[M,columns_out].
typedef void map(const struct hrm_block_shape *s, const double *x, double *y);

static void map_rms(const struct hrm_block_shape *s, const double *x, double *y)
{
    normalize(s, x, y, zeros((size_t)rows_of(s)));
}

static void map_attention(const struct hrm_block_shape *s, const double *x, double *y)
{
    memcpy(y, attend(s, x), elements(s, s->hidden) * sizeof *y);
}

static double inner_product(size_t n, const double *a, const double *b)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += a[i] * b[i];
    return sum;
}

/// <dx, v> must be the derivative of <dy, f(x + t v)> at t = 0, for random v.
static void check_derivative(const struct hrm_block_shape *s, const char *what, map *f, int in,
                             int out, const double *x, const double *dy, const float *dx)
{
    size_t n = elements(s, in), m = elements(s, out);
    double *v = zeros(n), *moved = zeros(n), *plus = zeros(m), *minus = zeros(m), got = 0;
    const double t = 1e-5;
    for (size_t i = 0; i < n; i++) {
        v[i] = (double)draw(1);
        moved[i] = x[i] + t * v[i];
        got += dx[i] * v[i];
    }
    f(s, moved, plus);
    for (size_t i = 0; i < n; i++)
        moved[i] = x[i] - t * v[i];
    f(s, moved, minus);
    double want = (inner_product(m, dy, plus) - inner_product(m, dy, minus)) / (2 * t);
    ck_assert_msg(fabs(got - want) <= 1e-5 * (sqrt((double)n) + fabs(want)),
                  "%s: derivative %.9g, by differences %.9g", what, got, want);
}

// --- tests --------------------------------------------------------------------------------------

START_TEST(queries_keys_and_values)
{
    const struct hrm_backend *b = backend_of(_i);
    const struct sizes *z = &table[_i % SIZES];
    const struct hrm_block_shape *s = &z->shape;
    int m = rows_of(s), d = s->hidden;
    struct hrm_weight w = weight_of(3 * d, d);
    struct hrm_rope rope = rope_of(z);
    float *h = rows(s, d), *y = rows(s, 3 * d), *dh = rows(s, d), *dw = ones(3 * d, d);
    const double *x = random_rows(s, d, h);
    double *want = linear(x, &w, m);
    rotate(s, &rope, 1, want);
    b->qkv(s, h, &w, &rope, y, scratch_of(b, s));
    check(s, "qkv", elements(s, 3 * d), y, want);

    double *dy = random_rows(s, 3 * d, y), *dx = random_rows(s, d, dh);
    double *dweights = zeros((size_t)(3 * d * d));
    rotate(s, &rope, -1, dy);
    linear_backward(x, &w, m, dy, dx, dweights);
    b->qkv_backward(s, h, &w, &rope, y, dh, dw, scratch_of(b, s));
    check(s, "qkv dh", elements(s, d), dh, dx);
    check_added(s, "qkv dw", &w, dw, dweights);
    release();
}
END_TEST

START_TEST(attention_and_its_gradient)
{
    const struct hrm_backend *b = backend_of(_i / LOOKS);
    const struct hrm_block_shape shape = looking(&table[_i / LOOKS % SIZES].shape, _i % LOOKS);
    const struct hrm_block_shape *s = &shape;
    int d = s->hidden;
    float *qkv = rows(s, 3 * d), *o = rows(s, d), *d_o = rows(s, d), *dqkv = rows(s, 3 * d);
    const double *x = random_rows(s, 3 * d, qkv);
    b->attention(s, qkv, o, scratch_of(b, s));
    check(s, "attention", elements(s, d), o, attend(s, x));

    const double *dy = random_rows(s, d, d_o);
    b->attention_backward(s, qkv, o, d_o, dqkv, scratch_of(b, s));
    check(s, "attention backward", elements(s, 3 * d), dqkv, attend_backward(s, x, dy));
    check_derivative(s, "attention", map_attention, 3 * d, d, x, dy, dqkv);
    release();
}
END_TEST

/// Projections of D columns, of F columns, and into the residual's own memory.
static void project(const struct hrm_backend *b, const struct hrm_block_shape *s, int k,
                    bool in_place)
{
    int m = rows_of(s), d = s->hidden;
    struct hrm_weight w = weight_of(d, k);
    float *x = rows(s, k), *residual = rows(s, d), *n = in_place ? residual : rows(s, d);
    float *r = poisoned((size_t)m * sizeof *r);
    const double *in = random_rows(s, k, x), *old = random_rows(s, d, residual);
    double *y = linear(in, &w, m), *want = zeros(elements(s, d)), *inv = zeros((size_t)m);
    for (size_t i = 0; i < elements(s, d); i++)
        y[i] += old[i];
    normalize(s, y, want, inv);
    b->project(s, x, &w, residual, 1e-5f, n, r, scratch_of(b, s));
    check(s, "project", elements(s, d), n, want);
    check(s, "project inv_rms", (size_t)m, r, inv);

    float *dn = rows(s, d), *dresidual = in_place ? dn : rows(s, d), *dx = rows(s, k);
    float *dw = ones(d, k);
    const double *dy = random_rows(s, d, dn);
    b->project_backward(s, x, &w, n, r, dn, dresidual, dx, dw, scratch_of(b, s));
    check_derivative(s, "project", map_rms, d, d, y, dy, dresidual);
    double *exact = zeros(elements(s, d)), *din = zeros(elements(s, k));
    double *dweights = zeros((size_t)(d * k));
    for (size_t i = 0; i < elements(s, d); i++)
        exact[i] = dresidual[i];
    linear_backward(in, &w, m, exact, din, dweights);
    check(s, "project dx", elements(s, k), dx, din);
    check_added(s, "project dw", &w, dw, dweights);
    release();
}

START_TEST(projections)
{
    const struct hrm_block_shape *s = &table[_i % SIZES].shape;
    project(backend_of(_i), s, s->hidden, false);
    project(backend_of(_i), s, s->inner, false);
    project(backend_of(_i), s, s->inner, true);
}
END_TEST

START_TEST(swiglu_and_its_gradient)
{
    const struct hrm_backend *b = backend_of(_i);
    const struct hrm_block_shape *s = &table[_i % SIZES].shape;
    int m = rows_of(s), d = s->hidden, f = s->inner;
    struct hrm_weight w = weight_of(2 * f, d);
    float *h = rows(s, d), *gate_up = rows(s, 2 * f), *act = rows(s, f), *again = rows(s, f);
    const double *x = random_rows(s, d, h);
    double *products = linear(x, &w, m), *want = zeros(elements(s, f));
    activate(s, products, want);
    b->swiglu(s, h, &w, gate_up, act, scratch_of(b, s));
    check(s, "gate_up", elements(s, 2 * f), gate_up, products);
    check(s, "swiglu", elements(s, f), act, want);
    b->swiglu(s, h, &w, NULL, again, scratch_of(b, s));
    ck_assert_mem_eq(again, act, elements(s, f) * sizeof *act);

    float *dact = rows(s, f), *dh = rows(s, d), *dw = ones(2 * f, d);
    const double *dy = random_rows(s, f, dact);
    double *dx = random_rows(s, d, dh), *exact = zeros(elements(s, 2 * f));
    double *dweights = zeros((size_t)(2 * f * d));
    b->swiglu_backward(s, h, &w, gate_up, dact, dh, dw, scratch_of(b, s));
    check_derivative(s, "swiglu", activate, 2 * f, f, products, dy, gate_up);
    for (size_t i = 0; i < elements(s, 2 * f); i++)
        exact[i] = gate_up[i];
    linear_backward(x, &w, m, exact, dx, dweights);
    check(s, "swiglu dh", elements(s, d), dh, dx);
    check_added(s, "swiglu dw", &w, dw, dweights);
    release();
}
END_TEST

static void head(const struct hrm_backend *b, const struct hrm_block_shape *s, int out)
{
    int m = rows_of(s), d = s->hidden;
    struct hrm_weight w = weight_of(out, d);
    float *x = rows(s, d), *y = poisoned(elements(s, out) * sizeof *y), *dx = rows(s, d);
    float *dy = poisoned(elements(s, out) * sizeof *dy), *dw = ones(out, d);
    const double *in = random_rows(s, d, x), *dout = random_rows(s, out, dy);
    b->head(s, x, &w, y, scratch_of(b, s));
    check(s, "head", elements(s, out), y, linear(in, &w, m));
    double *din = zeros(elements(s, d)), *dweights = zeros((size_t)(out * d));
    linear_backward(in, &w, m, dout, din, dweights);
    b->head_backward(s, x, &w, dy, dx, dw, scratch_of(b, s));
    check(s, "head dx", elements(s, d), dx, din);
    check_added(s, "head dw", &w, dw, dweights);
    release();
}

START_TEST(heads)
{
    head(backend_of(_i), &table[_i % SIZES].shape, _i % 2 == 0 ? 11 : 2);
}
END_TEST

START_TEST(heads_of_large_vocabularies)
{
    static const int sizes[VOCABULARIES] = {65, 257, 1000, 4096};
    struct hrm_block_shape shape = table[_i % SIZES].shape;
    shape.vocab = sizes[_i % VOCABULARIES];
    head(backend_of(_i), &shape, shape.vocab);
}
END_TEST

START_TEST(sums_and_conversions)
{
    const struct hrm_backend *b = backend_of(_i * SIZES);
    enum { N = 1013 };
    float *x = poisoned(N * 4), *y = poisoned(N * 4), *z = poisoned(N * 4), *back = poisoned(N * 4);
    for (int i = 0; i < N; i++) {
        x[i] = draw(3);
        y[i] = draw(1);
    }
    b->add(N, x, y, z);
    for (int i = 0; i < N; i++)
        ck_assert_float_eq(z[i], x[i] + y[i]);
    b->add(N, x, y, y);
    ck_assert_mem_eq(y, z, N * 4);
    b->from_float(N, x, z);
    b->to_float(N, z, back);
    ck_assert_mem_eq(back, x, N * 4);
    release();
}
END_TEST

/// The forward kernels of a block, one behind the other, as far as the output.
static float *run_block(const struct hrm_backend *b, const struct hrm_block_shape *s,
                        const struct hrm_weight *w, const struct hrm_rope *rope, const float *h)
{
    float *qkv = rows(s, 3 * s->hidden), *o = rows(s, s->hidden), *n1 = rows(s, s->hidden);
    float *act = rows(s, s->inner), *n2 = rows(s, s->hidden);
    float *y = poisoned(elements(s, 11) * sizeof *y);
    void *scratch = scratch_of(b, s);
    b->qkv(s, h, &w[0], rope, qkv, scratch);
    b->attention(s, qkv, o, scratch);
    b->project(s, o, &w[1], h, 1e-5f, n1, NULL, scratch);
    b->swiglu(s, n1, &w[2], NULL, act, scratch);
    b->project(s, act, &w[3], n1, 1e-5f, n2, NULL, scratch);
    b->head(s, n2, &w[4], y, scratch);
    return y;
}

START_TEST(a_puzzle_does_not_depend_on_the_others)
{
    const struct hrm_backend *b = backend_of(_i * SIZES);
    const struct sizes z = {SHAPE(9, 82, 128, 4, 512), true};
    struct hrm_block_shape part = z.shape;
    int d = z.shape.hidden, f = z.shape.inner;
    struct hrm_weight w[] = {weight_of(3 * d, d), weight_of(d, d), weight_of(2 * f, d),
                             weight_of(d, f), weight_of(11, d)};
    struct hrm_rope rope = rope_of(&z);
    float *h = rows(&z.shape, d);
    random_rows(&z.shape, d, h);
    const float *all = run_block(b, &z.shape, w, &rope, h);
    for (part.puzzles = 1; part.puzzles < 6; part.puzzles++) {
        const float *some = run_block(b, &part, w, &rope, h);
        ck_assert_msg(memcmp(all, some, elements(&part, 11) * sizeof *some) == 0,
                      "%s differs with %d puzzles", b->name, part.puzzles);
    }
    part.puzzles = 1;
    for (int place = 0; place < z.shape.puzzles; place++) {
        const size_t at = (size_t)place * (size_t)z.shape.seq;
        const float *alone = run_block(b, &part, w, &rope, h + at * (size_t)d);
        ck_assert_msg(memcmp(all + at * 11, alone, elements(&part, 11) * sizeof *alone) == 0,
                      "%s differs in place %d", b->name, place);
    }
    release();
}
END_TEST

START_TEST(backends_are_found_by_name)
{
    const struct hrm_backend *best = hrm_backend_find("auto");
    ck_assert_ptr_nonnull(best);
    ck_assert_ptr_eq(hrm_backend_find(best->name), best);
    ck_assert_ptr_eq(hrm_backend_find("ref"), &hrm_backend_ref);
    ck_assert_ptr_eq(hrm_backend_find("blas"), &hrm_backend_blas);
    ck_assert_ptr_null(hrm_backend_find("gpu"));
    bool seen = false;
    for (const struct hrm_backend *const *b = hrm_backends(); *b != NULL; b++)
        seen = seen || *b == best;
    ck_assert(seen);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("kernels");
    TCase *tests = tcase_create("kernels");
    tcase_set_timeout(tests, 60);
    tcase_add_loop_test(tests, queries_keys_and_values, 0, CASES);
    tcase_add_loop_test(tests, attention_and_its_gradient, 0, LOOKS * CASES);
    tcase_add_loop_test(tests, projections, 0, CASES);
    tcase_add_loop_test(tests, swiglu_and_its_gradient, 0, CASES);
    tcase_add_loop_test(tests, heads, 0, CASES);
    tcase_add_loop_test(tests, heads_of_large_vocabularies, 0, CASES);
    tcase_add_loop_test(tests, sums_and_conversions, 0, 2);
    tcase_add_loop_test(tests, a_puzzle_does_not_depend_on_the_others, 0, 2);
    tcase_add_test(tests, backends_are_found_by_name);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
