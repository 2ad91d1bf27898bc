// Attention in groups: a few rows look at each other, a few dozen products each, too small for
// tiles. A lane is a group; the rows of sixteen groups are brought into lanes, so that everything
// between is a sum of products of vectors.

#include "core/compute/bf16.h"
#include "core/compute/bf16_lanes.h"
#include "core/compute/tile.h"

#include <math.h>

/// G rows in a group, head size E. Matrices [G,E] are in lanes.
struct groups {
    int group, size; // G, E
    int hidden;
    float scale;
    int lanes;       // that have a group
    int32_t *rows;   // [G,16] of the block, times D
    bool padded;     // some positions may be padding
    uint16_t *valid; // [G] lanes whose row is none
    __m512 *q, *k, *v, *o;
    __m512 *dq, *dk, *dv;
    __m512 *p, *row; // [G,G], [G]
};

size_t hrm_bf16_groups_bytes(const struct hrm_block_shape *shape)
{
    const size_t group = (size_t)shape->attention.group;
    const size_t size = (size_t)(shape->hidden / shape->heads);
    return (7 * group * size + group * group + 2 * group) * sizeof(__m512) +
           group * sizeof(uint16_t);
}

static struct groups groups_of(const struct hrm_block_shape *shape, void *rest)
{
    const int size = shape->hidden / shape->heads, group = shape->attention.group;
    const int step = group * size;
    __m512 *at = rest;
    return (struct groups){.group = group,
                           .size = size,
                           .hidden = shape->hidden,
                           .scale = 1.0f / sqrtf((float)size),
                           .q = at,
                           .k = at + step,
                           .v = at + 2 * step,
                           .o = at + 3 * step,
                           .dq = at + 4 * step,
                           .dk = at + 5 * step,
                           .dv = at + 6 * step,
                           .p = at + 7 * step,
                           .row = at + 7 * step + group * group,
                           .rows = (int32_t *)(at + 7 * step + group * group + group),
                           .padded = shape->lengths != NULL,
                           .valid = (uint16_t *)(at + 7 * step + group * group + 2 * group)};
}

/// The rows of sixteen groups of a head, from `first` on of those of all puzzles. Lanes without a
/// group repeat the last.
static void find_rows(const struct hrm_block_shape *shape, int head, int first, struct groups *t)
{
    const int each = shape->seq / t->group, count = shape->puzzles * each;
    const int32_t *table = shape->attention.groups + head * shape->seq;
    int puzzle = first / each, own = first % each;
    t->lanes = count - first < HRM_LANES ? count - first : HRM_LANES;
    memset(t->valid, t->padded ? 0 : 0xff, (size_t)t->group * sizeof *t->valid);
    for (int lane = 0; lane < HRM_LANES; lane++) {
        const int32_t *rows = table + own * t->group;
        for (int i = 0; i < t->group; i++)
            t->rows[i * HRM_LANES + lane] = (puzzle * shape->seq + rows[i]) * shape->hidden;
        for (int i = 0; t->padded && i < t->group; i++)
            if (rows[i] % shape->attention.plane < shape->lengths[puzzle])
                t->valid[i] |= (uint16_t)(1u << lane);
        if (lane + 1 >= t->lanes || ++own < each)
            continue;
        own = 0;
        puzzle++;
    }
}

/// Sizes of the groups and heads, given apart so that they can be constants.
struct sizes {
    int group, size;
};

/// Transpose 8 x 8 words in either half of eight vectors. Rows i and i + 8 of sixteen rows of eight
/// words, in the halves of vector i, become the words of sixteen lanes, and the other way round.
HRM_ALWAYS_INLINE void turn(__m512i *x)
{
    const __m512i low = _mm512_setr_epi64(0, 1, 8, 9, 4, 5, 12, 13);
    const __m512i high = _mm512_setr_epi64(2, 3, 10, 11, 6, 7, 14, 15);
    __m512i t[8], u[8];
    for (int i = 0; i < 8; i += 2) {
        t[i] = _mm512_unpacklo_epi32(x[i], x[i + 1]);
        t[i + 1] = _mm512_unpackhi_epi32(x[i], x[i + 1]);
    }
    for (int i = 0; i < 8; i += 4) {
        for (int j = 0; j < 2; j++) {
            u[i + 2 * j] = _mm512_unpacklo_epi64(t[i + j], t[i + 2 + j]);
            u[i + 2 * j + 1] = _mm512_unpackhi_epi64(t[i + j], t[i + 2 + j]);
        }
    }
    for (int i = 0; i < 4; i++) {
        x[i] = _mm512_permutex2var_epi64(u[i], low, u[i + 4]);
        x[i + 4] = _mm512_permutex2var_epi64(u[i], high, u[i + 4]);
    }
}

/// y[G,E] <- the head's columns, which begin at x, of rows of `wide` times D columns, 16 of them at
/// a time as eight words.
HRM_ALWAYS_INLINE void fetch(const struct groups *t, struct sizes n, const uint16_t *x, int wide,
                             __m512 *y)
{
    const __m512i upper = _mm512_set1_epi32((int)0xffff0000u);
    const int32_t *rows = t->rows;
    for (int at = 0; at < n.group * n.size; at += n.size, rows += HRM_LANES) {
        for (int j = 0; j < n.size; j += 16) {
            const __mmask16 some = hrm_lanes_first(n.size - j);
            __m512i words[8];
            for (int i = 0; i < 8; i++) {
                const uint16_t *one = x + (ptrdiff_t)rows[i] * wide + j;
                const uint16_t *other = x + (ptrdiff_t)rows[i + 8] * wide + j;
                words[i] =
                    _mm512_inserti64x4(_mm512_castsi256_si512(_mm256_maskz_loadu_epi16(some, one)),
                                       _mm256_maskz_loadu_epi16(some, other), 1);
            }
            turn(words);
            for (int i = 0; i < 8 && j + 2 * i < n.size; i++) {
                y[at + j + 2 * i] = _mm512_castsi512_ps(_mm512_slli_epi32(words[i], 16));
                y[at + j + 2 * i + 1] = _mm512_castsi512_ps(_mm512_and_si512(words[i], upper));
            }
        }
    }
}

/// The same back, rounded, to the rows of the lanes that have a group.
HRM_ALWAYS_INLINE void put(const struct groups *t, struct sizes n, const __m512 *y, int wide,
                           uint16_t *x)
{
    const int32_t *rows = t->rows;
    for (int at = 0; at < n.group * n.size; at += n.size, rows += HRM_LANES) {
        for (int j = 0; j < n.size; j += 16) {
            const __mmask16 some = hrm_lanes_first(n.size - j);
            __m512i words[8];
            for (int i = 0; i < 8; i++) {
                const __m512 *pair = y + at + (j + 2 * i < n.size ? j + 2 * i : 0);
                words[i] = hrm_lanes_pairs(pair[0], pair[1]);
            }
            turn(words);
            for (int i = 0; i < t->lanes; i++) {
                const __m256i row = i < 8 ? _mm512_castsi512_si256(words[i])
                                          : _mm512_extracti64x4_epi64(words[i - 8], 1);
                _mm256_mask_storeu_epi16(x + (ptrdiff_t)rows[i] * wide + j, some, row);
            }
        }
    }
}

HRM_ALWAYS_INLINE __m512 dot(int size, const __m512 *a, const __m512 *b)
{
    __m512 even = _mm512_setzero_ps(), odd = even;
    for (int j = 0; j < size; j += 2) {
        even = _mm512_fmadd_ps(a[j], b[j], even);
        odd = _mm512_fmadd_ps(a[j + 1], b[j + 1], odd);
    }
    return _mm512_add_ps(even, odd);
}

/// The lanes in which row i looks at row j.
HRM_ALWAYS_INLINE __mmask16 lookers(const struct groups *t, int i, int j)
{
    return i == j ? 0xffff : (__mmask16)(t->valid[i] & t->valid[j]);
}

/// p[G] = softmax(q k^T / sqrt(E)) of query i.
HRM_ALWAYS_INLINE void soften(const struct groups *t, struct sizes n, int i, __m512 *p)
{
    const __m512 factor = _mm512_set1_ps(t->scale * 1.44269504f);
    const __m512 *q = t->q + i * n.size;
    __m512 top = _mm512_set1_ps(-3.0e38f), sum = _mm512_setzero_ps();
    for (int j = 0; j < n.group; j++) {
        p[j] = _mm512_mul_ps(factor, dot(n.size, q, t->k + j * n.size));
        top = _mm512_mask_max_ps(top, lookers(t, i, j), top, p[j]);
    }
    for (int j = 0; j < n.group; j++) {
        p[j] = hrm_lanes_exp2_some(lookers(t, i, j), _mm512_sub_ps(p[j], top));
        sum = _mm512_add_ps(sum, p[j]);
    }
    const __m512 inverse = _mm512_div_ps(_mm512_set1_ps(1.0f), sum);
    for (int j = 0; j < n.group; j++)
        p[j] = _mm512_mul_ps(p[j], inverse);
}

/// y[E] = sum over j of p[j stride] x[j,E]
HRM_ALWAYS_INLINE void mix(struct sizes n, const __m512 *p, int stride, const __m512 *x, __m512 *y)
{
    for (int i = 0; i < n.size; i++) {
        __m512 sum = _mm512_setzero_ps();
        for (int j = 0; j < n.group; j++)
            sum = _mm512_fmadd_ps(p[j * stride], x[j * n.size + i], sum);
        y[i] = sum;
    }
}

HRM_ALWAYS_INLINE void fetch_qkv(const struct groups *t, struct sizes n, const uint16_t *qkv)
{
    fetch(t, n, qkv, 3, t->q);
    fetch(t, n, qkv + t->hidden, 3, t->k);
    fetch(t, n, qkv + 2 * t->hidden, 3, t->v);
}

HRM_ALWAYS_INLINE void attend_lanes(const struct groups *t, struct sizes n)
{
    for (int i = 0; i < n.group; i++) {
        soften(t, n, i, t->row);
        mix(n, t->row, 1, t->v, t->o + i * n.size);
    }
}

/// The sizes of Sudoku with heads of 16, and as many queries at once as leave a register for a key:
/// 3 x 9 scores, 3 queries.
enum { GROUP = 9, SIZE = 16, QUERIES = 3 };

/// y[3,9] = a[3,E] b[9,E]^T
HRM_ALWAYS_INLINE void dot_three(const __m512 *a, const __m512 *b, __m512 (*y)[GROUP])
{
    __m512 sum[QUERIES][GROUP];
    for (int j = 0; j < GROUP; j++)
        for (int i = 0; i < QUERIES; i++)
            sum[i][j] = _mm512_setzero_ps();
#pragma GCC unroll 1
    for (int e = 0; e < SIZE; e++) {
        __m512 one[QUERIES];
        for (int i = 0; i < QUERIES; i++)
            one[i] = a[i * SIZE + e];
        for (int j = 0; j < GROUP; j++) {
            const __m512 other = b[j * SIZE + e];
            for (int i = 0; i < QUERIES; i++)
                sum[i][j] = _mm512_fmadd_ps(one[i], other, sum[i][j]);
        }
    }
    for (int j = 0; j < GROUP; j++)
        for (int i = 0; i < QUERIES; i++)
            y[i][j] = sum[i][j];
}

/// p[3,9] = softmax(q k^T / sqrt(E)) of three queries.
HRM_ALWAYS_INLINE void soften_three(float scale, const __m512 *q, const __m512 *k,
                                    __m512 (*p)[GROUP])
{
    const __m512 factor = _mm512_set1_ps(scale * 1.44269504f);
    dot_three(q, k, p);
    for (int i = 0; i < QUERIES; i++) {
        __m512 top = p[i][0], sum = _mm512_setzero_ps();
        for (int j = 1; j < GROUP; j++)
            top = _mm512_max_ps(top, p[i][j]);
        top = _mm512_mul_ps(top, factor);
        for (int j = 0; j < GROUP; j++) {
            p[i][j] = hrm_lanes_exp2(_mm512_fmsub_ps(p[i][j], factor, top));
            sum = _mm512_add_ps(sum, p[i][j]);
        }
        const __m512 inverse = _mm512_div_ps(_mm512_set1_ps(1.0f), sum);
        for (int j = 0; j < GROUP; j++)
            p[i][j] = _mm512_mul_ps(p[i][j], inverse);
    }
}

/// y[3,E] = p[3,9] x[9,E]
HRM_ALWAYS_INLINE void mix_three(__m512 (*p)[GROUP], const __m512 *x, __m512 *y)
{
#pragma GCC unroll 1
    for (int e = 0; e < SIZE; e++) {
        __m512 sum[QUERIES];
        for (int i = 0; i < QUERIES; i++)
            sum[i] = _mm512_setzero_ps();
        for (int j = 0; j < GROUP; j++) {
            const __m512 value = x[j * SIZE + e];
            for (int i = 0; i < QUERIES; i++)
                sum[i] = _mm512_fmadd_ps(p[i][j], value, sum[i]);
        }
        for (int i = 0; i < QUERIES; i++)
            y[i * SIZE + e] = sum[i];
    }
}

static void attend_usual(const struct groups *t)
{
    for (int i = 0; i < GROUP * SIZE; i += QUERIES * SIZE) {
        __m512 p[QUERIES][GROUP];
        soften_three(t->scale, t->q + i, t->k, p);
        mix_three(p, t->v, t->o + i);
    }
}

/// Whether the sizes are those of Sudoku with heads of 16, for which there is code of its own.
static bool usual(const struct groups *t)
{
    return t->group == 9 && t->size == 16 && !t->padded;
}

/// o of sixteen groups.
static void attend(const struct groups *t, const uint16_t *qkv, uint16_t *o)
{
    if (usual(t)) {
        const struct sizes n = {GROUP, SIZE};
        fetch_qkv(t, n, qkv);
        attend_usual(t);
        put(t, n, t->o, 1, o);
    } else {
        const struct sizes n = {t->group, t->size};
        fetch_qkv(t, n, qkv);
        attend_lanes(t, n);
        put(t, n, t->o, 1, o);
    }
}

/// Of one query: row <- ds = p (dp - sum of p dp) / sqrt(E), dp = do v^T.
HRM_ALWAYS_INLINE void differentiate(struct sizes n, float scale, const __m512 *d_o,
                                     const __m512 *v, const __m512 *p, __m512 *row)
{
    __m512 mean = _mm512_setzero_ps();
    for (int j = 0; j < n.group; j++) {
        row[j] = dot(n.size, d_o, v + j * n.size);
        mean = _mm512_fmadd_ps(p[j], row[j], mean);
    }
    for (int j = 0; j < n.group; j++)
        row[j] =
            _mm512_mul_ps(_mm512_mul_ps(p[j], _mm512_set1_ps(scale)), _mm512_sub_ps(row[j], mean));
}

HRM_ALWAYS_INLINE void attend_lanes_backward(const struct groups *t, struct sizes n)
{
    for (int i = 0; i < n.group; i++)
        soften(t, n, i, t->p + i * n.group);
    for (int j = 0; j < n.group; j++)
        mix(n, t->p + j, n.group, t->o, t->dv + j * n.size);
    for (int i = 0; i < n.group; i++) {
        __m512 *p = t->p + i * n.group;
        differentiate(n, t->scale, t->o + i * n.size, t->v, p, t->row);
        memcpy(p, t->row, (size_t)n.group * sizeof *p);
        mix(n, p, 1, t->k, t->dq + i * n.size);
    }
    for (int j = 0; j < n.group; j++)
        mix(n, t->p + j, n.group, t->q, t->dk + j * n.size);
}

/// y[9,E] = p^T[9,9] x[9,E]
static void mix_transposed(const __m512 (*p)[GROUP], const __m512 *x, __m512 *y)
{
    for (int j = 0; j < GROUP; j += QUERIES) {
        __m512 column[QUERIES][GROUP];
        for (int i = 0; i < GROUP; i++)
            for (int m = 0; m < QUERIES; m++)
                column[m][i] = p[i][j + m];
        mix_three(column, x, y + j * SIZE);
    }
}

/// ds[3,9] of three queries, in place of p; row is work.
HRM_ALWAYS_INLINE void differentiate_three(float scale, const __m512 *d_o, const __m512 *v,
                                           __m512 (*p)[GROUP])
{
    __m512 dp[QUERIES][GROUP];
    dot_three(d_o, v, dp);
    for (int i = 0; i < QUERIES; i++) {
        __m512 mean = _mm512_setzero_ps();
        for (int j = 0; j < GROUP; j++)
            mean = _mm512_fmadd_ps(p[i][j], dp[i][j], mean);
        for (int j = 0; j < GROUP; j++)
            p[i][j] = _mm512_mul_ps(_mm512_mul_ps(p[i][j], _mm512_set1_ps(scale)),
                                    _mm512_sub_ps(dp[i][j], mean));
    }
}

static void attend_usual_backward(const struct groups *t)
{
    __m512 p[GROUP][GROUP];
    for (int i = 0; i < GROUP; i += QUERIES)
        soften_three(t->scale, t->q + i * SIZE, t->k, p + i);
    mix_transposed((const __m512(*)[GROUP])p, t->o, t->dv);
    for (int i = 0; i < GROUP; i += QUERIES) {
        differentiate_three(t->scale, t->o + i * SIZE, t->v, p + i);
        mix_three(p + i, t->k, t->dq + i * SIZE);
    }
    mix_transposed((const __m512(*)[GROUP])p, t->q, t->dk);
}

HRM_ALWAYS_INLINE void attend_sizes_backward(const struct groups *t, struct sizes n,
                                             const uint16_t *qkv, const uint16_t *d_o,
                                             uint16_t *dqkv)
{
    fetch_qkv(t, n, qkv);
    fetch(t, n, d_o, 1, t->o);
    if (usual(t))
        attend_usual_backward(t);
    else
        attend_lanes_backward(t, n);
    put(t, n, t->dq, 3, dqkv);
    put(t, n, t->dk, 3, dqkv + t->hidden);
    put(t, n, t->dv, 3, dqkv + 2 * t->hidden);
}

/// dqkv of sixteen groups.
static void attend_backward(const struct groups *t, const uint16_t *qkv, const uint16_t *d_o,
                            uint16_t *dqkv)
{
    if (usual(t))
        attend_sizes_backward(t, (struct sizes){GROUP, SIZE}, qkv, d_o, dqkv);
    else
        attend_sizes_backward(t, (struct sizes){t->group, t->size}, qkv, d_o, dqkv);
}

void hrm_bf16_groups(const struct hrm_block_shape *shape, const uint16_t *qkv, uint16_t *o,
                     void *rest)
{
    struct groups t = groups_of(shape, rest);
    const int count = shape->puzzles * shape->seq / t.group;
    for (int head = 0; head < shape->heads; head++) {
        for (int first = 0; first < count; first += HRM_LANES) {
            find_rows(shape, head, first, &t);
            attend(&t, qkv + head * t.size, o + head * t.size);
        }
    }
}

void hrm_bf16_groups_backward(const struct hrm_block_shape *shape, const uint16_t *qkv,
                              const uint16_t *d_o, uint16_t *dqkv, void *rest)
{
    struct groups t = groups_of(shape, rest);
    const int count = shape->puzzles * shape->seq / t.group;
    for (int head = 0; head < shape->heads; head++) {
        const int column = head * t.size;
        for (int first = 0; first < count; first += HRM_LANES) {
            find_rows(shape, head, first, &t);
            attend_backward(&t, qkv + column, d_o + column, dqkv + column);
        }
    }
}
