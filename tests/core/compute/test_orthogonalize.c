#include "poisoned.h"

/// Matrices whose singular values are known: reflections of a diagonal.

static const struct {
    int rows, cols;
} sizes[] = {{16, 16},  {16, 48},   {80, 16},   {48, 176}, {64, 64},
             {256, 64}, {128, 512}, {336, 128}, {608, 544}};

/// Backend `i` of this build, NULL where this machine cannot run it.
static const struct hrm_backend *backend_of(int i)
{
    const struct hrm_backend *backend = hrm_backends()[i];
    return backend->available() ? backend : NULL;
}

static int backend_count(void)
{
    int count = 0;
    while (hrm_backends()[count])
        count++;
    return count;
}

/// A unit vector.
static double *direction(int n, double turn)
{
    double *v = calloc((size_t)n, sizeof *v), sum = 0;
    for (int i = 0; i < n; i++) {
        v[i] = sin(turn * (i + 1)) + 0.1;
        sum += v[i] * v[i];
    }
    for (int i = 0; i < n; i++)
        v[i] /= sqrt(sum);
    return v;
}

/// What five steps make of a singular value.
static double after(double s)
{
    for (int step = 0; step < 5; step++)
        s = s * (3.4445 + s * s * (-4.7750 + s * s * 2.0315));
    return s;
}

/// x[rows,cols] = (1 - 2 u u^T) d (1 - 2 v v^T) with d(i,i) = value(i)
static void reflect(int rows, int cols, bool done, float *x)
{
    const int small = rows < cols ? rows : cols;
    double *u = direction(rows, 0.71), *v = direction(cols, 1.37), both = 0;
    double *d = calloc((size_t)small, sizeof *d);
    for (int i = 0; i < small; i++) {
        d[i] = 1 - 0.95 * i / small;
        d[i] = done ? after(d[i]) : d[i];
        both += u[i] * d[i] * v[i];
    }
    for (int r = 0; r < rows; r++)
        for (int c = 0; c < cols; c++) {
            const double dv = r < small ? d[r] * v[r] : 0, ud = c < small ? u[c] * d[c] : 0;
            x[r * cols + c] = (float)((r == c ? d[r] : 0) - 2 * u[r] * ud - 2 * dv * v[c] +
                                      4 * u[r] * both * v[c]);
        }
    free(u), free(v), free(d);
}

static double distance(size_t n, const float *a, const float *b)
{
    double off = 0, length = 0;
    for (size_t i = 0; i < n; i++) {
        off += ((double)a[i] - (double)b[i]) * ((double)a[i] - (double)b[i]);
        length += (double)b[i] * (double)b[i];
    }
    return sqrt(off / length);
}

START_TEST(singular_values_come_close_to_one)
{
    const struct hrm_backend *b = backend_of(_i % backend_count());
    const int rows = sizes[_i / backend_count()].rows, cols = sizes[_i / backend_count()].cols;
    const size_t count = (size_t)rows * (size_t)cols;
    if (!b)
        return;
    float *x = poisoned(count * sizeof *x), *wanted = poisoned(count * sizeof *wanted);
    reflect(rows, cols, false, x);
    reflect(rows, cols, true, wanted);
    b->orthogonalize(rows, cols, x, poisoned(b->orthogonalize_bytes(rows, cols)));
    const double limit = b->element == sizeof(float) ? 1e-4 : 5e-2;
    const double off = distance(count, x, wanted);
    ck_assert_msg(off <= limit, "%s %dx%d: %g", b->name, rows, cols, off);
    release();
}
END_TEST

START_TEST(nothing_stays_nothing)
{
    const struct hrm_backend *b = backend_of(_i);
    if (!b)
        return;
    float *x = poisoned(32 * 64 * sizeof *x);
    memset(x, 0, 32 * 64 * sizeof *x);
    b->orthogonalize(32, 64, x, poisoned(b->orthogonalize_bytes(32, 64)));
    for (int i = 0; i < 32 * 64; i++)
        ck_assert_float_eq(x[i], 0);
    release();
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("orthogonalize");
    TCase *tests = tcase_create("orthogonalize");
    tcase_set_timeout(tests, 60); // plain loops on a busy machine
    tcase_add_loop_test(tests, singular_values_come_close_to_one, 0,
                        backend_count() * (int)(sizeof sizes / sizeof *sizes));
    tcase_add_loop_test(tests, nothing_stays_nothing, 0, backend_count());
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
