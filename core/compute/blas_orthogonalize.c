#include "core/compute/orthogonalize.h"

#include <cblas.h>
#include <string.h>

static size_t smaller(int rows, int cols)
{
    return (size_t)(rows < cols ? rows : cols);
}

size_t hrm_blas_orthogonalize_bytes(int rows, int cols)
{
    const size_t small = smaller(rows, cols);
    return ((size_t)rows * (size_t)cols + 2 * small * small) * sizeof(float);
}

/// One step on x[rows,cols]; next[rows,cols] is the result. The products are those of the shorter
/// side, gram and square [small,small].
static void iterate(int rows, int cols, const float *x, float *next, float *gram, float *square)
{
    const int small = (int)smaller(rows, cols);
    const size_t count = (size_t)small * (size_t)small;
    if (rows < cols)
        cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, rows, rows, cols, 1, x, cols, x, cols,
                    0, gram, rows);
    else
        cblas_sgemm(CblasRowMajor, CblasTrans, CblasNoTrans, cols, cols, rows, 1, x, cols, x, cols,
                    0, gram, cols);
    cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, small, small, small, hrm_orthogonalize_c,
                gram, small, gram, small, 0, square, small);
    for (size_t i = 0; i < count; i++)
        square[i] += hrm_orthogonalize_b * gram[i];
    memcpy(next, x, (size_t)rows * (size_t)cols * sizeof *x);
    if (rows < cols)
        cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, rows, cols, rows, 1, square, rows, x,
                    cols, hrm_orthogonalize_a, next, cols);
    else
        cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, rows, cols, cols, 1, x, cols, square,
                    cols, hrm_orthogonalize_a, next, cols);
}

void hrm_blas_orthogonalize(int rows, int cols, float *x, void *scratch)
{
    const size_t count = (size_t)rows * (size_t)cols, small = smaller(rows, cols);
    float *from = x, *to = scratch, *gram = to + count;
    for (int step = 0; step < HRM_ORTHOGONALIZE_STEPS; step++) {
        iterate(rows, cols, from, to, gram, gram + small * small);
        float *swap = from;
        from = to;
        to = swap;
    }
    if (from != x)
        memcpy(x, from, count * sizeof *x);
}
