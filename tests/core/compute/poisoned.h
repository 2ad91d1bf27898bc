#ifndef HRM_TESTS_POISONED_H
#define HRM_TESTS_POISONED_H

#include "core/compute/backend.h"

#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/// Buffers that start as NaN and end in a guard zone, numbers that bf16 holds, deviations.

enum { GUARD = 4096 };

// --- buffers ------------------------------------------------------------------------------------

struct buffer {
    unsigned char *at;
    size_t bytes;
};

static struct buffer buffers[256];
static int used;

/// A NaN-poisoned buffer with a guard zone; freed and checked by release().
static void *poisoned(size_t bytes)
{
    struct buffer *buffer = &buffers[used++];
    buffer->bytes = (bytes + 63) / 64 * 64;
    buffer->at = aligned_alloc(64, buffer->bytes + GUARD);
    ck_assert_ptr_nonnull(buffer->at);
    memset(buffer->at, 0xff, buffer->bytes);
    memset(buffer->at + buffer->bytes, 0x5a, GUARD);
    return buffer->at;
}

static void release(void)
{
    for (; used > 0; used--) {
        const struct buffer *buffer = &buffers[used - 1];
        size_t whole = 0;
        while (whole < GUARD && buffer->at[buffer->bytes + whole] == 0x5a)
            whole++;
        ck_assert_msg(whole == GUARD, "guard zone written");
        free(buffer->at);
    }
}

/// A row block whose heads have up to 11 outputs.
#define SHAPE(p, s, d, a, f)                                                                       \
    {                                                                                              \
        .puzzles = p, .seq = s, .hidden = d, .heads = a, .inner = f, .vocab = 11                   \
    }

static int rows_of(const struct hrm_block_shape *s)
{
    return s->puzzles * s->seq;
}

/// An activation [rows, columns] with poisoned pad rows.
static inline uint16_t *activation(const struct hrm_block_shape *s, int columns)
{
    return poisoned((size_t)hrm_rows_padded(rows_of(s)) * (size_t)columns * 2);
}

static float narrow(float x)
{
    uint32_t bits;
    memcpy(&bits, &x, 4);
    bits = (bits + 0x7fff + (bits >> 16 & 1)) & 0xffff0000u;
    memcpy(&x, &bits, 4);
    return x;
}

static inline float widen(uint16_t x)
{
    uint32_t bits = (uint32_t)x << 16;
    float y;
    memcpy(&y, &bits, 4);
    return y;
}

static uint32_t state = 1;

/// Roughly normal numbers that bf16 holds.
static float draw(float scale)
{
    float sum = 0;
    for (int i = 0; i < 4; i++) {
        state = state * 1664525u + 1013904223u;
        sum += (float)(state >> 8) / 16777216.0f - 0.5f;
    }
    return narrow(sum * scale * 1.7f);
}

/// Fill an activation and return the same in double.
static inline double *fill(uint16_t *x, size_t n, float scale)
{
    double *exact = poisoned(n * sizeof *exact);
    for (size_t i = 0; i < n; i++) {
        float value = draw(scale);
        uint32_t bits;
        memcpy(&bits, &value, 4);
        x[i] = (uint16_t)(bits >> 16);
        exact[i] = value;
    }
    return exact;
}

static inline double *zeros(size_t n)
{
    double *x = poisoned(n * sizeof *x);
    memset(x, 0, n * sizeof *x);
    return x;
}

/// A gradient in fp32 that already holds ones.
static inline float *ones(int out, int in)
{
    float *dw = poisoned((size_t)out * (size_t)in * sizeof *dw);
    for (int i = 0; i < out * in; i++)
        dw[i] = 1.0f;
    return dw;
}

// --- comparisons --------------------------------------------------------------------------------

struct deviation {
    double difference, norm, worst, largest;
};

static inline void deviate(struct deviation *d, double got, double want)
{
    const double e = isnan(got) ? INFINITY : fabs(got - want);
    d->difference += e * e;
    d->norm += want * want;
    d->worst = fmax(d->worst, e);
    d->largest = fmax(d->largest, fabs(want));
}

static inline void judge(const struct deviation *d, const struct hrm_block_shape *s,
                         const char *what, double by_norm, double by_largest)
{
    const double norm = sqrt(d->difference / d->norm), worst = d->worst / d->largest;
    ck_assert_msg(norm < by_norm && worst < by_largest,
                  "%s: by norm %g, worst %g (puzzles %d seq %d hidden %d heads %d inner %d)", what,
                  norm, worst, s->puzzles, s->seq, s->hidden, s->heads, s->inner);
}

#endif
