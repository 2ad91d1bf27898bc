// Included once per instruction set, with FP32_TABLE the table's name and FP32_NAME its text. The
// compiler vectorizes the loops for the instruction set that the including file is compiled for.

#include "core/compute/fp32_elementwise.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

/// e^x to 1.2e-7 relative for x in [-87, 88]; flat beyond. e^x = 2^n e^r, |r| <= ln(2)/2, with
/// the Taylor polynomial of e^r to degree 7, which is below fp32 rounding there.
static inline float fast_exp(float x)
{
    const float round = 12582912.0f; // 1.5 * 2^23: adding it rounds to an integer
    x = x < -87.0f ? -87.0f : x;
    x = x > 88.0f ? 88.0f : x;
    float n = x * 1.44269504f + round - round;
    float r = x - n * 0.693145752f - n * 1.42860677e-6f;
    float p = 1.98412698e-4f;
    p = p * r + 1.38888889e-3f;
    p = p * r + 8.33333333e-3f;
    p = p * r + 4.16666667e-2f;
    p = p * r + 1.66666667e-1f;
    p = p * r + 0.5f;
    p = p * r + 1.0f;
    p = p * r + 1.0f;
    int32_t bits = ((int32_t)n + 127) << 23;
    float power;
    memcpy(&power, &bits, sizeof power);
    return p * power;
}

static void add(size_t n, const float *a, const float *b, float *y)
{
#pragma omp simd
    for (size_t i = 0; i < n; i++)
        y[i] = a[i] + b[i];
}

static float dot(size_t n, const float *a, const float *b)
{
    float sum = 0;
#pragma omp simd reduction(+ : sum)
    for (size_t i = 0; i < n; i++)
        sum += a[i] * b[i];
    return sum;
}

static void head(size_t rows, size_t out, size_t in, const float *x, const float *w, float *y)
{
    enum { BLOCK = 64 }; // outputs whose weights stay in the second cache while rows pass by
    for (size_t first = 0; first < out; first += BLOCK) {
        size_t end = first + BLOCK < out ? first + BLOCK : out;
        for (size_t row = 0; row < rows; row++)
            for (size_t j = first; j < end; j++)
                y[row * out + j] = dot(in, x + row * in, w + j * in);
    }
}

static void rms(size_t rows, size_t d, float eps, float *y, float *inv_rms)
{
    for (size_t row = 0; row < rows; row++) {
        float *v = y + row * d;
        float r = 1 / sqrtf(dot(d, v, v) / (float)d + eps);
#pragma omp simd
        for (size_t j = 0; j < d; j++)
            v[j] *= r;
        if (inv_rms != NULL)
            inv_rms[row] = r;
    }
}

static void rms_backward(size_t rows, size_t d, const float *n, const float *inv_rms,
                         const float *dn, float *dy)
{
    for (size_t row = 0; row < rows; row++) {
        const float *out = n + row * d, *dout = dn + row * d;
        float *to = dy + row * d, r = inv_rms[row];
        float mean = dot(d, dout, out) / (float)d;
#pragma omp simd
        for (size_t j = 0; j < d; j++)
            to[j] = r * (dout[j] - out[j] * mean);
    }
}

static void rotate(size_t vectors, size_t half, const float *c, const float *s, float sign,
                   float *v)
{
    for (size_t i = 0; i < vectors; i++) {
        float *low = v + i * 2 * half, *high = low + half;
#pragma omp simd
        for (size_t j = 0; j < half; j++) {
            float a = low[j], b = high[j];
            low[j] = a * c[j] - sign * b * s[j];
            high[j] = b * c[j] + sign * a * s[j];
        }
    }
}

/// Lane by lane, so that compilers vectorize it without reordering fp32 comparisons.
static float largest_of(size_t n, const float *v)
{
    enum { LANES = 16 };
    float lanes[LANES];
    for (size_t l = 0; l < LANES; l++)
        lanes[l] = v[0];
    size_t whole = n / LANES * LANES;
    for (size_t j = 0; j < whole; j += LANES)
        for (size_t l = 0; l < LANES; l++)
            lanes[l] = v[j + l] > lanes[l] ? v[j + l] : lanes[l];
    for (size_t j = whole; j < n; j++)
        lanes[0] = v[j] > lanes[0] ? v[j] : lanes[0];
    for (size_t l = 1; l < LANES; l++)
        lanes[0] = lanes[l] > lanes[0] ? lanes[l] : lanes[0];
    return lanes[0];
}

static void softmax(size_t rows, size_t cols, size_t stride, float *p)
{
    for (size_t row = 0; row < rows; row++) {
        float *v = p + row * stride, largest = largest_of(cols, v), sum = 0;
#pragma omp simd reduction(+ : sum)
        for (size_t j = 0; j < cols; j++) {
            v[j] = fast_exp(v[j] - largest);
            sum += v[j];
        }
        float scale = 1 / sum;
#pragma omp simd
        for (size_t j = 0; j < cols; j++)
            v[j] *= scale;
    }
}

static void softmax_backward(size_t rows, size_t cols, size_t stride, float scale, const float *p,
                             float *dp)
{
    for (size_t row = 0; row < rows; row++) {
        const float *v = p + row * stride;
        float *d = dp + row * stride, sum = dot(cols, v, d);
#pragma omp simd
        for (size_t j = 0; j < cols; j++)
            d[j] = scale * v[j] * (d[j] - sum);
    }
}

static void swiglu(size_t rows, size_t f, const float *gate_up, float *act)
{
    for (size_t row = 0; row < rows; row++) {
        const float *g = gate_up + row * 2 * f, *u = g + f;
        float *a = act + row * f;
#pragma omp simd
        for (size_t j = 0; j < f; j++)
            a[j] = g[j] / (1 + fast_exp(-g[j])) * u[j];
    }
}

static void swiglu_backward(size_t rows, size_t f, float *gate_up, const float *dact)
{
    for (size_t row = 0; row < rows; row++) {
        float *g = gate_up + row * 2 * f, *u = g + f;
        const float *da = dact + row * f;
#pragma omp simd
        for (size_t j = 0; j < f; j++) {
            float sigmoid = 1 / (1 + fast_exp(-g[j])), silu = g[j] * sigmoid;
            g[j] = da[j] * u[j] * (sigmoid + silu * (1 - sigmoid));
            u[j] = da[j] * silu;
        }
    }
}

const struct hrm_fp32_elementwise FP32_TABLE = {
    .name = FP32_NAME,
    .add = add,
    .head = head,
    .rms = rms,
    .rms_backward = rms_backward,
    .rotate = rotate,
    .softmax = softmax,
    .softmax_backward = softmax_backward,
    .swiglu = swiglu,
    .swiglu_backward = swiglu_backward,
};
