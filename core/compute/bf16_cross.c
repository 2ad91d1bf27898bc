// Attention across the planes of a puzzle: K rows of one position look at each other, a few dozen
// products each, too small for tiles. A lane is a position; sixteen positions are brought into
// lanes, so that everything between is a sum of products of vectors.

#include "core/compute/bf16.h"
#include "core/compute/bf16_lanes.h"

#include <math.h>

/// A head of a puzzle: its first columns in the rows of the first plane.
struct cross {
    int symbols, size; // K, E
    int columns;       // of the rows of qkv
    size_t plane;      // rows
    float scale;
};

static struct cross cross_of(const struct hrm_block_shape *shape)
{
    const int size = shape->hidden / shape->heads;
    return (struct cross){.symbols = shape->symbols,
                          .size = size,
                          .columns = 3 * shape->hidden,
                          .plane = (size_t)shape->seq,
                          .scale = 1.0f / sqrtf((float)size)};
}

size_t hrm_bf16_cross_bytes(const struct hrm_block_shape *shape)
{
    if (shape->symbols < 2)
        return 0;
    const size_t symbols = (size_t)shape->symbols;
    const size_t size = (size_t)(shape->hidden / shape->heads);
    return (7 * symbols * size + symbols * symbols + symbols) * sizeof(__m512);
}

/// Elements 2 i and 2 i + 1 of every row are fetched as one word.
static __m512i row_offsets(int columns)
{
    const __m512i rows = _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
    return _mm512_mullo_epi32(rows, _mm512_set1_epi32(columns));
}

/// y[K,E] <- the matrix at x, `columns` columns a row, for the positions of `lanes`; others 0.
static void fetch(const struct cross *t, const uint16_t *x, int columns, __mmask16 lanes, __m512 *y)
{
    const __m512i at = row_offsets(columns), high = _mm512_set1_epi32((int)0xffff0000u);
    for (int k = 0; k < t->symbols; k++, x += t->plane * (size_t)columns) {
        for (int j = 0; j < t->size; j += 2, y += 2) {
            const __m512i pair =
                _mm512_mask_i32gather_epi32(_mm512_setzero_si512(), lanes, at, x + j, 2);
            y[0] = _mm512_castsi512_ps(_mm512_slli_epi32(pair, 16));
            y[1] = _mm512_castsi512_ps(_mm512_and_si512(pair, high));
        }
    }
}

/// The same back, rounded.
static void put(const struct cross *t, const __m512 *y, int columns, __mmask16 lanes, uint16_t *x)
{
    const __m512i at = row_offsets(columns);
    for (int k = 0; k < t->symbols; k++, x += t->plane * (size_t)columns) {
        for (int j = 0; j < t->size; j += 2, y += 2) {
            const __m512i low = _mm512_cvtepu16_epi32(hrm_lanes_narrow(y[0]));
            const __m512i high = _mm512_cvtepu16_epi32(hrm_lanes_narrow(y[1]));
            const __m512i pair = _mm512_or_si512(low, _mm512_slli_epi32(high, 16));
            _mm512_mask_i32scatter_epi32(x + j, lanes, at, pair, 2);
        }
    }
}

static __m512 dot(int size, const __m512 *a, const __m512 *b)
{
    __m512 even = _mm512_setzero_ps(), odd = even;
    for (int j = 0; j < size; j += 2) {
        even = _mm512_fmadd_ps(a[j], b[j], even);
        odd = _mm512_fmadd_ps(a[j + 1], b[j + 1], odd);
    }
    return _mm512_add_ps(even, odd);
}

/// p[K] = softmax(q k^T / sqrt(E)) of one query.
static void soften(const struct cross *t, const __m512 *q, const __m512 *k, __m512 *p)
{
    const __m512 factor = _mm512_set1_ps(t->scale * 1.44269504f);
    __m512 top = _mm512_set1_ps(-3.0e38f), sum = _mm512_setzero_ps();
    for (int j = 0; j < t->symbols; j++) {
        p[j] = _mm512_mul_ps(factor, dot(t->size, q, k + j * t->size));
        top = _mm512_max_ps(top, p[j]);
    }
    for (int j = 0; j < t->symbols; j++) {
        p[j] = hrm_lanes_exp2(_mm512_sub_ps(p[j], top));
        sum = _mm512_add_ps(sum, p[j]);
    }
    const __m512 inverse = _mm512_div_ps(_mm512_set1_ps(1.0f), sum);
    for (int j = 0; j < t->symbols; j++)
        p[j] = _mm512_mul_ps(p[j], inverse);
}

/// y[E] (+)= sum over j of p[j stride] x[j,E]
static void mix(const struct cross *t, const __m512 *p, int stride, const __m512 *x, __m512 *y)
{
    for (int i = 0; i < t->size; i++) {
        __m512 sum = _mm512_setzero_ps();
        for (int j = 0; j < t->symbols; j++)
            sum = _mm512_fmadd_ps(p[j * stride], x[j * t->size + i], sum);
        y[i] = sum;
    }
}

/// What is in lanes: matrices [K,E], and the probabilities.
struct lanes {
    __m512 *q, *k, *v, *o; // o: or its gradient
    __m512 *dq, *dk, *dv;
    __m512 *p, *row; // [K,K], [K]
};

static struct lanes split(const struct cross *t, void *rest)
{
    const size_t step = (size_t)(t->symbols * t->size);
    __m512 *at = rest;
    return (struct lanes){.q = at,
                          .k = at + step,
                          .v = at + 2 * step,
                          .o = at + 3 * step,
                          .dq = at + 4 * step,
                          .dk = at + 5 * step,
                          .dv = at + 6 * step,
                          .p = at + 7 * step,
                          .row = at + 7 * step + (size_t)(t->symbols * t->symbols)};
}

static void fetch_qkv(const struct cross *t, const uint16_t *qkv, __mmask16 some, struct lanes *l)
{
    const int hidden = t->columns / 3;
    fetch(t, qkv, t->columns, some, l->q);
    fetch(t, qkv + hidden, t->columns, some, l->k);
    fetch(t, qkv + 2 * hidden, t->columns, some, l->v);
}

/// o of up to sixteen positions.
static void attend(const struct cross *t, const uint16_t *qkv, uint16_t *o, __mmask16 some,
                   struct lanes *l)
{
    fetch_qkv(t, qkv, some, l);
    for (int i = 0; i < t->symbols; i++) {
        soften(t, l->q + i * t->size, l->k, l->row);
        mix(t, l->row, 1, l->v, l->o + i * t->size);
    }
    put(t, l->o, t->columns / 3, some, o);
}

/// Of one query: row <- ds = p (dp - sum of p dp) / sqrt(E), dp = do v^T.
static void differentiate(const struct cross *t, const __m512 *d_o, const __m512 *v,
                          const __m512 *p, __m512 *row)
{
    __m512 mean = _mm512_setzero_ps();
    for (int j = 0; j < t->symbols; j++) {
        row[j] = dot(t->size, d_o, v + j * t->size);
        mean = _mm512_fmadd_ps(p[j], row[j], mean);
    }
    for (int j = 0; j < t->symbols; j++)
        row[j] = _mm512_mul_ps(_mm512_mul_ps(p[j], _mm512_set1_ps(t->scale)),
                               _mm512_sub_ps(row[j], mean));
}

/// dqkv of up to sixteen positions.
static void attend_backward(const struct cross *t, const uint16_t *qkv, const uint16_t *d_o,
                            uint16_t *dqkv, __mmask16 some, struct lanes *l)
{
    const int hidden = t->columns / 3, symbols = t->symbols, size = t->size;
    fetch_qkv(t, qkv, some, l);
    fetch(t, d_o, hidden, some, l->o);
    for (int i = 0; i < symbols; i++)
        soften(t, l->q + i * size, l->k, l->p + i * symbols);
    for (int j = 0; j < symbols; j++)
        mix(t, l->p + j, symbols, l->o, l->dv + j * size);
    for (int i = 0; i < symbols; i++) {
        __m512 *p = l->p + i * symbols;
        differentiate(t, l->o + i * size, l->v, p, l->row);
        memcpy(p, l->row, (size_t)symbols * sizeof *p);
        mix(t, p, 1, l->k, l->dq + i * size);
    }
    for (int j = 0; j < symbols; j++)
        mix(t, l->p + j, symbols, l->q, l->dk + j * size);
    put(t, l->dq, t->columns, some, dqkv);
    put(t, l->dk, t->columns, some, dqkv + hidden);
    put(t, l->dv, t->columns, some, dqkv + 2 * hidden);
}

void hrm_bf16_cross(const struct hrm_block_shape *shape, const uint16_t *qkv, uint16_t *o,
                    void *rest)
{
    const struct cross t = cross_of(shape);
    struct lanes lanes = split(&t, rest);
    const size_t hidden = (size_t)shape->hidden;
    for (int puzzle = 0; puzzle < shape->puzzles; puzzle += shape->symbols)
        for (int head = 3; head < shape->heads; head += 4)
            for (int row = 0; row < shape->seq; row += HRM_LANES) {
                const size_t at = (size_t)(puzzle * shape->seq + row);
                const size_t column = (size_t)(head * t.size);
                attend(&t, qkv + at * 3 * hidden + column, o + at * hidden + column,
                       hrm_lanes_first(shape->seq - row), &lanes);
            }
}

void hrm_bf16_cross_backward(const struct hrm_block_shape *shape, const uint16_t *qkv,
                             const uint16_t *d_o, uint16_t *dqkv, void *rest)
{
    const struct cross t = cross_of(shape);
    struct lanes lanes = split(&t, rest);
    const size_t hidden = (size_t)shape->hidden;
    for (int puzzle = 0; puzzle < shape->puzzles; puzzle += shape->symbols)
        for (int head = 3; head < shape->heads; head += 4)
            for (int row = 0; row < shape->seq; row += HRM_LANES) {
                const size_t at = (size_t)(puzzle * shape->seq + row);
                const size_t column = (size_t)(head * t.size), wide = at * 3 * hidden + column;
                attend_backward(&t, qkv + wide, d_o + at * hidden + column, dqkv + wide,
                                hrm_lanes_first(shape->seq - row), &lanes);
            }
}
