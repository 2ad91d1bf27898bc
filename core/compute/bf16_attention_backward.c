#include "core/compute/bf16_heads.h"
#include "core/compute/tile_pack.h"

/// What of a head is needed: positions in arrays of matrices.
enum { Q, K, V, DO, MATRICES };

/// Scratch of one head. Scores are made the other way round, a row for each key, so that sums over
/// the keys are sums of lanes, and p^T and ds^T lie as products with do and q want them.
struct work {
    uint8_t *copy[MATRICES];               // padded copies [keys, depth]
    uint8_t *q_rows, *do_rows;             // right tiles of q^T, do^T
    uint8_t *q_depth, *k_depth, *do_depth; // right tiles of q, k, do
    uint8_t *p, *ds, *ds_turned;           // bf16 [keys, keys]: p^T, ds^T, ds
    float *scores, *dp;                    // of 16 queries, transposed: [keys, 16]
    float *out;                            // [keys, depth]
    struct hrm_bf16_mask lookers;          // of 16 queries: a word for each key
    uint16_t *made;                        // room for these words
};

/// For the i-th 16 queries, those that look at a key. Lanes beyond the last query look at all.
HRM_ALWAYS_INLINE __mmask16 lookers(const struct hrm_bf16_heads *heads,
                                    const struct hrm_bf16_mask *mask, int key, int i)
{
    return mask->rows[key * mask->pitch] | (__mmask16)~hrm_lanes_first(heads->seq - 16 * i);
}

size_t hrm_bf16_attention_backward_bytes(const struct hrm_block_shape *shape)
{
    const struct hrm_bf16_heads heads = hrm_bf16_heads_of(shape);
    const size_t keys = (size_t)heads.keys, depth = (size_t)heads.depth;
    return (MATRICES + 5) * keys * depth * 2 + 3 * keys * keys * 2 +
           keys * (2 * 16 + depth) * sizeof(float) + keys * sizeof(uint16_t);
}

static void *take(uint8_t **rest, size_t bytes)
{
    uint8_t *piece = *rest;
    *rest += bytes;
    return piece;
}

static void work_split(const struct hrm_bf16_heads *heads, uint8_t *rest, struct work *work)
{
    const size_t keys = (size_t)heads->keys, depth = (size_t)heads->depth;
    for (int i = 0; i < MATRICES; i++)
        work->copy[i] = take(&rest, keys * depth * 2);
    work->q_rows = take(&rest, keys * depth * 2);
    work->do_rows = take(&rest, keys * depth * 2);
    work->q_depth = take(&rest, keys * depth * 2);
    work->k_depth = take(&rest, keys * depth * 2);
    work->do_depth = take(&rest, keys * depth * 2);
    work->p = take(&rest, keys * keys * 2);
    work->ds = take(&rest, keys * keys * 2);
    work->ds_turned = take(&rest, keys * keys * 2);
    work->scores = take(&rest, keys * 16 * sizeof(float));
    work->dp = take(&rest, keys * 16 * sizeof(float));
    work->out = take(&rest, keys * depth * sizeof(float));
    work->made = take(&rest, keys * sizeof(uint16_t));
    memset(work->p, 0, keys * keys * 2);
    memset(work->ds, 0, keys * keys * 2); // the rows beyond seq stay zero
}

/// The columns of a head in the rows of a puzzle.
struct head {
    const struct hrm_block_shape *shape;
    int index, length; // of the head; positions of the puzzle that are no padding
    const uint16_t *qkv, *d_o;
    uint16_t *dqkv;
};

/// Who looks where of the i-th 16 queries.
static struct hrm_bf16_mask lookers_of(const struct head *h, int i, uint16_t *made)
{
    static const uint16_t all = 0xffff;
    const struct hrm_attention *attention = &h->shape->attention;
    if (attention->kind == HRM_ATTENTION_ALL && h->length == h->shape->seq)
        return (struct hrm_bf16_mask){&all, 0};
    if (attention->kind == HRM_ATTENTION_MASK && h->length == h->shape->seq)
        return (struct hrm_bf16_mask){hrm_mask_row(h->shape, attention->mask_back, h->index, 0) + i,
                                      hrm_mask_words(h->shape->seq)};
    hrm_bf16_heads_lookers(h->shape, h->index, h->length, i, made);
    return (struct hrm_bf16_mask){made, 1};
}

/// y[keys,16] = a b^T for the i-th 16 rows of b, in right tiles.
static void multiply_rows(const struct hrm_bf16_heads *heads, struct hrm_bf16_matrix a,
                          const uint8_t *b, int i, float *y, struct hrm_bf16_units *units)
{
    const int steps = heads->depth / HRM_TILE_DEPTH;
    for (int block = 0; block < heads->keys / 32; block++) {
        const int row = hrm_bf16_heads_block(heads, block);
        const struct hrm_bf16_unit unit = {.a = {a.at + a.stride * (size_t)row, a.stride},
                                           .b = b + i * steps * HRM_TILE_BYTES,
                                           .b_step = HRM_TILE_BYTES,
                                           .steps = steps,
                                           .y = y + HRM_TILE * row,
                                           .pitch = HRM_TILE};
        hrm_bf16_units_run(units, &unit);
    }
}

/// Scores and dp of the i-th 16 queries.
static void score(const struct hrm_bf16_heads *heads, const struct hrm_bf16_matrix *m, int i,
                  struct work *work)
{
    struct hrm_bf16_units units = {0};
    hrm_tile_fence();
    multiply_rows(heads, m[K], work->q_rows, i, work->scores, &units);
    multiply_rows(heads, m[V], work->do_rows, i, work->dp, &units);
    hrm_bf16_units_finish(&units);
}

/// Of 16 queries, a lane for each: what is taken off the exponents, and sums over the keys.
struct sums {
    __m512 top, p, p_dp;
};

/// Replace scores by 2^(factor score - top), and sum these and their products with dp.
HRM_ALWAYS_INLINE void exponentiate(const struct hrm_bf16_heads *heads, int i, struct work *work,
                                    struct sums *sums)
{
    const __m512 factor = _mm512_set1_ps(heads->scale * 1.44269504f), top = sums->top;
    __m512 p = _mm512_setzero_ps(), p_dp = p;
    float *s = work->scores;
#pragma GCC unroll 4
    for (int r = 0; r < heads->seq; r++, s += HRM_LANES) {
        const __m512 e = hrm_lanes_exp2_some(lookers(heads, &work->lookers, r, i),
                                             _mm512_fmsub_ps(factor, _mm512_loadu_ps(s), top));
        p = _mm512_add_ps(p, e);
        p_dp = _mm512_fmadd_ps(e, _mm512_loadu_ps(work->dp + HRM_LANES * r), p_dp);
        _mm512_storeu_ps(s, e);
    }
    sums->p = p;
    sums->p_dp = p_dp;
}

/// Take the largest exponent of each query off.
static void find_tops(const struct hrm_bf16_heads *heads, int i, const struct work *work,
                      struct sums *sums)
{
    __m512 top = _mm512_set1_ps(-3.0e38f);
    for (int r = 0; r < heads->seq; r++)
        top = _mm512_mask_max_ps(top, lookers(heads, &work->lookers, r, i), top,
                                 _mm512_loadu_ps(work->scores + HRM_LANES * r));
    sums->top = _mm512_mul_ps(_mm512_set1_ps(heads->scale * 1.44269504f), top);
}

/// Two rows of 16.
HRM_ALWAYS_INLINE void store_rows(uint16_t *y, int pitch, __m512 first, __m512 second)
{
    const __m512bh both = _mm512_cvtne2ps_pbh(second, first);
    __m512i bits;
    memcpy(&bits, &both, sizeof bits);
    _mm256_storeu_si256((__m256i *)y, _mm512_castsi512_si256(bits));
    _mm256_storeu_si256((__m256i *)(y + pitch), _mm512_extracti64x4_epi64(bits, 1));
}

/// p^T and ds^T of the i-th 16 queries: ds = p (dp - sum of p dp) / sqrt(size).
static void differentiate(const struct hrm_bf16_heads *heads, int i, const struct sums *sums,
                          struct work *work)
{
    const __m512 slope = _mm512_set1_ps(heads->scale);
    const __m512 inverse = _mm512_div_ps(_mm512_set1_ps(1.0f), sums->p);
    const __m512 mean = _mm512_mul_ps(_mm512_mul_ps(inverse, slope), sums->p_dp);
    const float *e = work->scores, *dp = work->dp;
    uint16_t *p = (uint16_t *)work->p + 16 * i, *ds = (uint16_t *)work->ds + 16 * i;
    const int pitch = heads->keys;
    for (int r = 0; r < heads->seq; r += 2, e += 32, dp += 32, p += 2 * pitch, ds += 2 * pitch) {
        // Where seq is odd, zeros follow the last row.
        const __mmask16 more = r + 1 < heads->seq ? 0xffff : 0;
        const __m512 a = _mm512_mul_ps(inverse, _mm512_loadu_ps(e));
        const __m512 b = _mm512_maskz_mul_ps(more, inverse, _mm512_loadu_ps(e + HRM_LANES));
        const __m512 da = _mm512_fmsub_ps(slope, _mm512_loadu_ps(dp), mean);
        const __m512 db = _mm512_fmsub_ps(slope, _mm512_loadu_ps(dp + HRM_LANES), mean);
        store_rows(p, pitch, a, b);
        store_rows(ds, pitch, _mm512_mul_ps(a, da), _mm512_maskz_mul_ps(more, b, db));
    }
}

/// Fill p^T and ds^T of a head.
static void fill(const struct hrm_bf16_heads *heads, const struct head *h,
                 const struct hrm_bf16_matrix *m, struct work *work)
{
    for (int i = 0; HRM_TILE * i < heads->seq; i++) {
        struct sums sums = {.top = _mm512_setzero_ps()};
        work->lookers = lookers_of(h, i, work->made);
        score(heads, m, i, work);
        exponentiate(heads, i, work, &sums);
        if (!hrm_bf16_heads_in_range(sums.p, sums.p)) {
            score(heads, m, i, work);
            find_tops(heads, i, work, &sums);
            exponentiate(heads, i, work, &sums);
        }
        differentiate(heads, i, &sums, work);
    }
}

/// y[keys,keys] = x^T
static void turn(const struct hrm_bf16_heads *heads, const uint8_t *x, uint8_t *y)
{
    const size_t stride = 2 * (size_t)heads->keys;
    for (int row = 0; row < heads->keys; row += HRM_TILE_DEPTH) {
        for (int column = 0; column < heads->keys; column += HRM_TILE)
            hrm_tile_from_transpose(x + stride * (size_t)row + 2 * column, stride,
                                    y + stride * (size_t)column + 2 * row, stride);
    }
}

/// y[seq,size] = a[keys,keys] b, b packed by depth.
static void multiply(const struct hrm_bf16_heads *heads, const uint8_t *a, const uint8_t *b,
                     uint16_t *y, int columns, struct work *work)
{
    const size_t stride = 2 * (size_t)heads->keys;
    const int steps = heads->keys / HRM_TILE_DEPTH;
    struct hrm_bf16_units units = {0};
    hrm_tile_fence();
    for (int row = 0; row < heads->keys; row += 32) {
        for (int j = 0; j < heads->depth; j += HRM_TILE)
            hrm_bf16_units_run(
                &units, &(struct hrm_bf16_unit){.a = {a + stride * (size_t)row, stride},
                                                .b = b + j / HRM_TILE * steps * HRM_TILE_BYTES,
                                                .b_step = HRM_TILE_BYTES,
                                                .steps = steps,
                                                .y = work->out + row * heads->depth + j,
                                                .pitch = heads->depth});
    }
    hrm_bf16_units_finish(&units);
    hrm_bf16_heads_store(heads, work->out, y, columns);
}

/// dqkv of one head of one puzzle.
static void attend_backward(const struct hrm_bf16_heads *heads, const struct head *h, int hidden,
                            struct work *work)
{
    struct hrm_bf16_matrix m[MATRICES];
    for (int i = 0; i < DO; i++)
        m[i] = hrm_bf16_heads_matrix(heads, h->qkv + i * hidden, 3 * hidden, work->copy[i]);
    m[DO] = hrm_bf16_heads_matrix(heads, h->d_o, hidden, work->copy[DO]);
    hrm_bf16_heads_pack_rows(heads, m[Q], work->q_rows);
    hrm_bf16_heads_pack_rows(heads, m[DO], work->do_rows);
    fill(heads, h, m, work);
    hrm_bf16_heads_pack_depth(heads, m[DO], work->do_depth);
    hrm_bf16_heads_pack_depth(heads, m[Q], work->q_depth);
    hrm_bf16_heads_pack_depth(heads, m[K], work->k_depth);
    turn(heads, work->ds, work->ds_turned);
    multiply(heads, work->p, work->do_depth, h->dqkv + 2 * hidden, 3 * hidden, work);
    multiply(heads, work->ds, work->q_depth, h->dqkv + hidden, 3 * hidden, work);
    multiply(heads, work->ds_turned, work->k_depth, h->dqkv, 3 * hidden, work);
}

void hrm_bf16_attention_backward(const struct hrm_block_shape *shape, const void *qkv,
                                 const void *o, const void *d_o, void *dqkv, void *scratch)
{
    const struct hrm_bf16_heads heads = hrm_bf16_heads_of(shape);
    const size_t hidden = (size_t)shape->hidden;
    struct work work;
    (void)o; // the sum of p dp is that of o do, and closer
    if (shape->attention.kind == HRM_ATTENTION_GROUPS) {
        hrm_bf16_groups_backward(shape, qkv, d_o, dqkv,
                                 hrm_bf16_scratch_split(shape, scratch).rest);
        return;
    }
    work_split(&heads, hrm_bf16_scratch_split(shape, scratch).rest, &work);
    hrm_tile_open();
    for (int i = 0; i < shape->puzzles * shape->heads; i++) {
        const size_t row = (size_t)(i / shape->heads) * (size_t)shape->seq;
        const size_t column = (size_t)(i % shape->heads) * (size_t)heads.size;
        const size_t wide = 3 * row * hidden + column;
        const struct head head = {.shape = shape,
                                  .index = i % shape->heads,
                                  .length = hrm_bf16_heads_length(shape, i / shape->heads),
                                  .qkv = (const uint16_t *)qkv + wide,
                                  .d_o = (const uint16_t *)d_o + row * hidden + column,
                                  .dqkv = (uint16_t *)dqkv + wide};
        attend_backward(&heads, &head, shape->hidden, &work);
    }
    hrm_tile_close();
}
