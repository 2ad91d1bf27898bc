#include "core/compute/orthogonalize.h"
#include "core/compute/ref.h"

#include <string.h>

size_t hrm_ref_orthogonalize_bytes(int rows, int cols)
{
    return ((size_t)rows * (size_t)(cols + 2 * rows)) * sizeof(float);
}

/// y[rows,cols] += factor a[rows,depth] b[depth,cols]
static void add_product(int rows, int depth, int cols, float factor, const float *a, const float *b,
                        float *y)
{
    for (int r = 0; r < rows; r++)
        for (int k = 0; k < depth; k++)
            for (int c = 0; c < cols; c++)
                y[r * cols + c] += factor * a[r * depth + k] * b[k * cols + c];
}

/// g[rows,rows] = x x^T
static void multiply(int rows, int cols, const float *x, float *g)
{
    for (int i = 0; i < rows; i++)
        for (int j = 0; j < rows; j++) {
            float sum = 0;
            for (int k = 0; k < cols; k++)
                sum += x[i * cols + k] * x[j * cols + k];
            g[i * rows + j] = sum;
        }
}

void hrm_ref_orthogonalize(int rows, int cols, float *x, void *scratch)
{
    const size_t count = (size_t)rows * (size_t)cols, square = (size_t)rows * (size_t)rows;
    float *old = scratch, *gram = old + count, *both = gram + square;
    for (int step = 0; step < HRM_ORTHOGONALIZE_STEPS; step++) {
        memcpy(old, x, count * sizeof *x);
        multiply(rows, cols, old, gram);
        for (size_t i = 0; i < square; i++)
            both[i] = hrm_orthogonalize_b * gram[i];
        add_product(rows, rows, rows, hrm_orthogonalize_c, gram, gram, both);
        for (size_t i = 0; i < count; i++)
            x[i] *= hrm_orthogonalize_a;
        add_product(rows, rows, cols, 1, both, old, x);
    }
}
