#include "core/compute/amx_pack.h"
#include "core/compute/bf16_heads.h"

/// What of a head is needed and made: positions in arrays of matrices.
enum { Q, K, V, DO, MATRICES };

/// Scratch of one head.
struct work {
    uint8_t *copy[MATRICES];                // padded copies [keys, depth]
    uint8_t *k_rows, *v_rows;               // right tiles of k^T, v^T
    uint8_t *q_depth, *k_depth, *do_depth;  // right tiles of q, k, do
    uint8_t *p, *ds, *p_turned, *ds_turned; // bf16 [keys, keys] and transposes
    float *scores, *dp;                     // [32, keys]
    float *out;                             // [32, depth]
};

size_t hrm_bf16_attention_backward_bytes(const struct hrm_block_shape *shape)
{
    const struct hrm_bf16_heads heads = hrm_bf16_heads_of(shape);
    const size_t keys = (size_t)heads.keys, depth = (size_t)heads.depth;
    return (MATRICES + 5) * keys * depth * 2 + 4 * keys * keys * 2 +
           32 * (2 * keys + depth) * sizeof(float);
}

static uint8_t *take(uint8_t **rest, size_t bytes)
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
    work->k_rows = take(&rest, keys * depth * 2);
    work->v_rows = take(&rest, keys * depth * 2);
    work->q_depth = take(&rest, keys * depth * 2);
    work->k_depth = take(&rest, keys * depth * 2);
    work->do_depth = take(&rest, keys * depth * 2);
    work->p = take(&rest, keys * keys * 2);
    work->ds = take(&rest, keys * keys * 2);
    work->p_turned = take(&rest, keys * keys * 2);
    work->ds_turned = take(&rest, keys * keys * 2);
    work->scores = (float *)take(&rest, 32 * keys * sizeof(float));
    work->dp = (float *)take(&rest, 32 * keys * sizeof(float));
    work->out = (float *)take(&rest, 32 * depth * sizeof(float));
}

/// The columns of a head in the rows of a puzzle.
struct head {
    const uint16_t *qkv, *o, *d_o;
    uint16_t *dqkv;
    const struct head *next; // or NULL
};

/// sum of do * o over one row of a head
static float row_delta(int size, const uint16_t *o, const uint16_t *d_o)
{
    __m512 sum = _mm512_setzero_ps();
    for (int j = 0; j < size; j += HRM_LANES) {
        const __mmask16 lanes = hrm_lanes_first(size - j);
        sum = _mm512_fmadd_ps(hrm_lanes_load_some(o + j, lanes),
                              hrm_lanes_load_some(d_o + j, lanes), sum);
    }
    return _mm512_reduce_add_ps(sum);
}

/// From a row of scores and dp: probabilities p and gradients of the scores ds, in bf16. `keys` is
/// heads->keys, given apart so that it can be a constant.
HRM_ALWAYS_INLINE void softmax_backward(const struct hrm_bf16_heads *heads, int keys, float *scores,
                                        const float *dp, float delta, uint16_t *p, uint16_t *ds)
{
    const float scale = heads->scale * 1.44269504f;
    const __m512 factor = _mm512_set1_ps(scale);
    const __m512 top = _mm512_set1_ps(scale * hrm_bf16_heads_max(heads->seq, scores));
    __m512 sum = _mm512_setzero_ps();
#pragma GCC unroll 6
    for (int j = 0; j < keys; j += HRM_LANES) {
        __m512 e = hrm_lanes_exp2(_mm512_fmsub_ps(factor, _mm512_loadu_ps(scores + j), top));
        if (j + HRM_LANES > heads->seq)
            e = _mm512_maskz_mov_ps(hrm_lanes_first(heads->seq - j), e);
        sum = _mm512_add_ps(sum, e);
        _mm512_storeu_ps(scores + j, e);
    }
    const __m512 inverse = _mm512_set1_ps(1.0f / _mm512_reduce_add_ps(sum));
    const __m512 slope = _mm512_set1_ps(heads->scale), mean = _mm512_set1_ps(delta * heads->scale);
#pragma GCC unroll 3
    for (int j = 0; j < keys; j += 2 * HRM_LANES) {
        const __m512 a = _mm512_mul_ps(inverse, _mm512_loadu_ps(scores + j));
        const __m512 b = _mm512_mul_ps(inverse, _mm512_loadu_ps(scores + j + HRM_LANES));
        const __m512 da = _mm512_fmsub_ps(slope, _mm512_loadu_ps(dp + j), mean);
        const __m512 db = _mm512_fmsub_ps(slope, _mm512_loadu_ps(dp + j + HRM_LANES), mean);
        hrm_lanes_store_two(p + j, a, b);
        hrm_lanes_store_two(ds + j, _mm512_mul_ps(a, da), _mm512_mul_ps(b, db));
    }
}

/// p and ds for the 32 queries from `row` on.
static void probabilities(const struct hrm_bf16_heads *heads, const struct hrm_bf16_matrix *m,
                          int row, struct work *work)
{
    const int steps = heads->depth / HRM_TILE_DEPTH, columns = heads->keys / HRM_TILE;
    const struct hrm_bf16_matrix q = {m[Q].at + m[Q].stride * (size_t)row, m[Q].stride};
    const struct hrm_bf16_matrix d_o = {m[DO].at + m[DO].stride * (size_t)row, m[DO].stride};
    hrm_bf16_heads_strip(q, steps, work->k_rows, columns, work->scores);
    hrm_bf16_heads_strip(d_o, steps, work->v_rows, columns, work->dp);
}

/// Fetch a row of a head: it lies in pieces that no hardware foresees.
static void fetch_row(const struct head *h, int size, size_t row, int hidden)
{
    for (int j = 0; j < size; j += 32) {
        for (int i = 0; i < 3; i++)
            _mm_prefetch((const char *)(h->qkv + (3 * row + (size_t)i) * (size_t)hidden + j),
                         _MM_HINT_T1);
        _mm_prefetch((const char *)(h->o + row * (size_t)hidden + j), _MM_HINT_T1);
        _mm_prefetch((const char *)(h->d_o + row * (size_t)hidden + j), _MM_HINT_T1);
    }
}

/// p and ds of one query from its scores and dp at place r of its block.
HRM_ALWAYS_INLINE void fill_row(const struct hrm_bf16_heads *heads, int keys, const struct head *h,
                                int hidden, int row, int r, struct work *work)
{
    const size_t at = (size_t)row * (size_t)hidden, to = (size_t)row * (size_t)keys;
    softmax_backward(heads, keys, work->scores + r * keys, work->dp + r * keys,
                     row_delta(heads->size, h->o + at, h->d_o + at), (uint16_t *)work->p + to,
                     (uint16_t *)work->ds + to);
}

/// Fill p and ds [keys, keys] of a head, rows beyond seq zero; fetch the next head meanwhile.
static void fill(const struct hrm_bf16_heads *heads, const struct hrm_bf16_matrix *m,
                 const struct head *h, int hidden, struct work *work)
{
    const size_t keys = (size_t)heads->keys;
    const size_t used = 2 * keys * (size_t)heads->seq, all = 2 * keys * keys;
    memset(work->p + used, 0, all - used);
    memset(work->ds + used, 0, all - used);
    for (int row = 0, i = 0; row < heads->seq; i++) {
        const int first = hrm_bf16_heads_block(heads, i);
        probabilities(heads, m, first, work);
        for (; row < first + 32 && row < heads->seq; row++) {
            if (heads->keys == 96)
                fill_row(heads, 96, h, hidden, row, row - first, work);
            else
                fill_row(heads, heads->keys, h, hidden, row, row - first, work);
            if (h->next)
                fetch_row(h->next, heads->size, (size_t)row, hidden);
        }
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
    static const float ones[32] = {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
                                   1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1};
    const size_t stride = 2 * (size_t)heads->keys;
    for (int row = 0; row < heads->keys; row += 32) {
        const struct hrm_bf16_matrix block = {a + stride * (size_t)row, stride};
        const int rows = heads->seq - row < 32 ? heads->seq - row : 32;
        hrm_bf16_heads_strip(block, heads->keys / HRM_TILE_DEPTH, b, heads->depth / HRM_TILE,
                             work->out);
        hrm_bf16_heads_store(heads, work->out, ones, rows, y + (size_t)row * (size_t)columns,
                             columns);
    }
}

/// dqkv of one head of one puzzle.
static void attend_backward(const struct hrm_bf16_heads *heads, const struct head *h, int hidden,
                            struct work *work)
{
    struct hrm_bf16_matrix m[MATRICES];
    for (int i = 0; i < DO; i++)
        m[i] = hrm_bf16_heads_matrix(heads, h->qkv + i * hidden, 3 * hidden, work->copy[i]);
    m[DO] = hrm_bf16_heads_matrix(heads, h->d_o, hidden, work->copy[DO]);
    hrm_bf16_heads_pack_rows(heads, m[K], work->k_rows);
    hrm_bf16_heads_pack_rows(heads, m[V], work->v_rows);
    hrm_bf16_heads_pack_depth(heads, m[Q], work->q_depth);
    hrm_bf16_heads_pack_depth(heads, m[K], work->k_depth);
    hrm_bf16_heads_pack_depth(heads, m[DO], work->do_depth);
    fill(heads, m, h, hidden, work);
    turn(heads, work->p, work->p_turned);
    turn(heads, work->ds, work->ds_turned);
    multiply(heads, work->ds, work->k_depth, h->dqkv, 3 * hidden, work);
    multiply(heads, work->ds_turned, work->q_depth, h->dqkv + hidden, 3 * hidden, work);
    multiply(heads, work->p_turned, work->do_depth, h->dqkv + 2 * hidden, 3 * hidden, work);
}

void hrm_bf16_attention_backward(const struct hrm_block_shape *shape, const void *qkv,
                                 const void *o, const void *d_o, void *dqkv, void *scratch)
{
    const struct hrm_bf16_heads heads = hrm_bf16_heads_of(shape);
    const int count = shape->puzzles * shape->heads;
    struct head pair[2] = {{0}};
    struct work work;
    work_split(&heads, hrm_bf16_scratch_split(shape, scratch).rest, &work);
    hrm_tile_open();
    for (int i = 0; i <= count; i++) {
        struct head *last = &pair[(i + 1) & 1], *this = &pair[i & 1];
        const size_t row = (size_t)(i / shape->heads) * (size_t)shape->seq;
        const size_t column = (size_t)(i % shape->heads) * (size_t)heads.size;
        const size_t narrow = row * (size_t)shape->hidden + column;
        const size_t wide = 3 * row * (size_t)shape->hidden + column;
        *this = (struct head){(const uint16_t *)qkv + wide, (const uint16_t *)o + narrow,
                              (const uint16_t *)d_o + narrow, (uint16_t *)dqkv + wide, NULL};
        last->next = i < count ? this : NULL;
        if (i > 0)
            attend_backward(&heads, last, shape->hidden, &work);
    }
    hrm_tile_close();
}
