#ifndef HRM_TESTS_LOOPS_H
#define HRM_TESTS_LOOPS_H

#include "tests/core/compute/poisoned.h"

/// The kernels as plain loops in double; the results live until release().

/// y[m,n] = x[m,k] w[n,k]^T
static double *linear(const double *x, const struct hrm_weight *w, int m)
{
    double *y = zeros((size_t)m * (size_t)w->out);
    for (int i = 0; i < m; i++) {
        for (int o = 0; o < w->out; o++) {
            for (int k = 0; k < w->in; k++)
                y[i * w->out + o] += x[i * w->in + k] * (double)w->values[o * w->in + k];
        }
    }
    return y;
}

/// dx[m,k] = dy[m,n] w[n,k] and dw[n,k] = dy^T x
static void linear_backward(const double *x, const struct hrm_weight *w, int m, const double *dy,
                            double *dx, double *dw)
{
    for (int i = 0; i < m; i++) {
        for (int o = 0; o < w->out; o++) {
            for (int k = 0; k < w->in; k++) {
                dx[i * w->in + k] += dy[i * w->out + o] * (double)w->values[o * w->in + k];
                dw[o * w->in + k] += dy[i * w->out + o] * x[i * w->in + k];
            }
        }
    }
}

static void rotate(const struct hrm_block_shape *s, const struct hrm_rope *rope, double sign,
                   double *qkv)
{
    const int size = s->hidden / s->heads, half = size / 2;
    for (int i = 0; rope->cos && i < rows_of(s); i++) {
        for (int j = 0; j < 2 * s->heads * half; j++) {
            double *v = qkv + (size_t)i * 3 * (size_t)s->hidden + j / half * size + j % half;
            const int angle = i % s->seq * half + j % half;
            const double c = rope->cos[angle], t = sign * (double)rope->sin[angle];
            const double a = v[0] * c - v[half] * t, z = v[half] * c + v[0] * t;
            v[0] = a;
            v[half] = z;
        }
    }
}

/// Whether position i of the made-up masks looks at j with a head: at a third of them. Not mutual.
static bool mask_has(int head, int i, int j)
{
    return i == j || (i + 2 * j + head) * (i * j + 7) % 3 == 0;
}

/// The shape with such masks. A kernel that takes 16 rows at a time may read so many beyond the
/// last.
static struct hrm_block_shape masked(const struct hrm_block_shape *s)
{
    const size_t words = (size_t)hrm_mask_words(s->seq), rows = (size_t)(s->heads * s->seq);
    uint16_t *masks[2];
    for (int back = 0; back < 2; back++) {
        uint16_t *mask = masks[back] = poisoned((rows + 16) * words * sizeof *mask);
        memset(mask, 0, rows * words * sizeof *mask);
        for (int row = 0; row < s->heads * s->seq; row++) {
            const int head = row / s->seq, i = row % s->seq;
            for (int j = 0; j < s->seq; j++)
                if (back ? mask_has(head, j, i) : mask_has(head, i, j))
                    mask[(size_t)row * words + (size_t)j / 16] |= (uint16_t)(1u << j % 16);
        }
    }
    struct hrm_block_shape shape = *s;
    shape.attention.kind = HRM_ATTENTION_MASK;
    shape.attention.mask = masks[0];
    shape.attention.mask_back = masks[1];
    return shape;
}

/// The shape with attention in groups, other ones in every head, of the largest size up to 16 that
/// the positions can be cut into.
static struct hrm_block_shape grouped(const struct hrm_block_shape *s)
{
    int group = 16;
    while (s->seq % group != 0)
        group--;
    int32_t *groups = poisoned((size_t)(s->heads * s->seq) * sizeof *groups);
    for (int at = 0; at < s->heads * s->seq; at++) {
        const int head = at / s->seq, i = at % s->seq, count = s->seq / group;
        // As they lie, reversed, or one from each part.
        const int other = i % group * count + i / group;
        groups[at] = head % 3 == 0 ? i : head % 3 == 1 ? s->seq - 1 - i : other;
    }
    struct hrm_block_shape shape = *s;
    shape.attention.kind = HRM_ATTENTION_GROUPS;
    shape.attention.groups = groups;
    shape.attention.group = group;
    shape.attention.plane = s->seq % 3 == 0 ? s->seq / 3 : s->seq;
    return shape;
}

/// The shape with puzzles of half the positions, of one and of all.
static struct hrm_block_shape padded(const struct hrm_block_shape *s)
{
    const int plane = s->attention.plane;
    int32_t *lengths = poisoned((size_t)s->puzzles * sizeof *lengths);
    for (int p = 0; p < s->puzzles; p++)
        lengths[p] = p % 3 == 0 ? plane / 2 + 1 : p % 3 == 1 ? 1 : plane;
    struct hrm_block_shape shape = *s;
    shape.lengths = lengths;
    return shape;
}

/// The four kinds of attention, without padding and with it.
enum { LOOKS = 8 };

static struct hrm_block_shape looking(const struct hrm_block_shape *s, int look)
{
    struct hrm_block_shape shape = *s;
    shape.attention.plane = s->seq;
    if (look % 4 == 1)
        shape.attention.kind = HRM_ATTENTION_CAUSAL;
    if (look % 4 == 2)
        shape = masked(&shape);
    if (look % 4 == 3)
        shape = grouped(&shape);
    return look < 4 ? shape : padded(&shape);
}

/// Whether two positions are in the same group.
static bool grouped_with(const struct hrm_block_shape *s, int head, int i, int j)
{
    const int group = s->attention.group;
    int places[2] = {0, 0};
    for (int at = 0; at < s->seq; at++) {
        places[0] = s->attention.groups[head * s->seq + at] == i ? at : places[0];
        places[1] = s->attention.groups[head * s->seq + at] == j ? at : places[1];
    }
    return places[0] / group == places[1] / group;
}

/// Whether position i of a puzzle looks at j with a head.
static bool look(const struct hrm_block_shape *s, int puzzle, int head, int i, int j)
{
    const int plane = s->attention.plane;
    if (i == j)
        return true;
    if (s->lengths && (i % plane >= s->lengths[puzzle] || j % plane >= s->lengths[puzzle]))
        return false;
    if (s->attention.kind == HRM_ATTENTION_CAUSAL)
        return j < i;
    if (s->attention.kind == HRM_ATTENTION_MASK)
        return mask_has(head, i, j);
    return s->attention.kind == HRM_ATTENTION_ALL || grouped_with(s, head, i, j);
}

/// One head of one puzzle: p[seq,seq] = softmax(q k^T / sqrt(E)) over the positions it looks at.
/// head counts through all puzzles.
static void probabilities(const struct hrm_block_shape *s, int head, const double *q,
                          const double *k, double *p)
{
    const int puzzle = head / s->heads;
    const int seq = s->seq, size = s->hidden / s->heads, stride = 3 * s->hidden;
    for (int i = 0; i < seq; i++) {
        double sum = 0;
        for (int j = 0; j < seq; j++) {
            double score = 0;
            for (int e = 0; e < size; e++)
                score += q[i * stride + e] * k[j * stride + e];
            const bool seen = look(s, puzzle, head % s->heads, i, j);
            sum += p[i * seq + j] = seen ? exp(score / sqrt(size)) : 0;
        }
        for (int j = 0; j < seq; j++)
            p[i * seq + j] /= sum;
    }
}

static double *attend(const struct hrm_block_shape *s, const double *qkv)
{
    const int d = s->hidden, size = d / s->heads;
    double *o = zeros((size_t)(rows_of(s) * d)), *p = zeros((size_t)(s->seq * s->seq));
    for (int head = 0; head < s->puzzles * s->heads; head++) {
        const int row = head / s->heads * s->seq, column = head % s->heads * size;
        const double *q = qkv + row * 3 * d + column;
        probabilities(s, head, q, q + d, p);
        for (int i = 0; i < s->seq; i++) {
            for (int j = 0; j < s->seq; j++) {
                for (int e = 0; e < size; e++)
                    o[(row + i) * d + column + e] += p[i * s->seq + j] * q[j * 3 * d + 2 * d + e];
            }
        }
    }
    return o;
}

/// Gradients of one head: q is its query in qkv, d_o its output gradient, dq where dq goes.
static void attend_backward_head(const struct hrm_block_shape *s, int head, const double *q,
                                 const double *d_o, double *dq, double *p)
{
    const int d = s->hidden, n = s->seq, size = d / s->heads;
    const double scale = 1 / sqrt(size);
    probabilities(s, head, q, q + d, p);
    for (int i = 0; i < n; i++) {
        double dp[128], mean = 0;
        for (int j = 0; j < n; j++) {
            dp[j] = 0;
            for (int e = 0; e < size; e++)
                dp[j] += d_o[i * d + e] * q[j * 3 * d + 2 * d + e];
            mean += dp[j] * p[i * n + j];
        }
        for (int j = 0; j < n; j++) {
            const double ds = p[i * n + j] * (dp[j] - mean) * scale;
            for (int e = 0; e < size; e++) {
                dq[i * 3 * d + e] += ds * q[j * 3 * d + d + e];
                dq[j * 3 * d + d + e] += ds * q[i * 3 * d + e];
                dq[j * 3 * d + 2 * d + e] += p[i * n + j] * d_o[i * d + e];
            }
        }
    }
}

static double *attend_backward(const struct hrm_block_shape *s, const double *qkv,
                               const double *d_o)
{
    const int d = s->hidden, size = d / s->heads;
    double *dqkv = zeros((size_t)(rows_of(s) * 3 * d)), *p = zeros((size_t)(s->seq * s->seq));
    for (int head = 0; head < s->puzzles * s->heads; head++) {
        const int row = head / s->heads * s->seq, column = head % s->heads * size;
        attend_backward_head(s, head, qkv + row * 3 * d + column, d_o + row * d + column,
                             dqkv + row * 3 * d + column, p);
    }
    return dqkv;
}

#endif
