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

/// From a row of scores and dp: probabilities p and gradients of the scores ds, in bf16.
static void softmax_backward(const struct hrm_bf16_heads *heads, float *scores, const float *dp,
                             float delta, uint16_t *p, uint16_t *ds)
{
    const __m512 factor = _mm512_set1_ps(heads->scale * 1.44269504f);
    const __m512 top =
        _mm512_set1_ps(heads->scale * 1.44269504f * hrm_bf16_heads_max(heads->seq, scores));
    const __m512 mean = _mm512_set1_ps(delta);
    __m512 sum = _mm512_setzero_ps();
    for (int j = 0; j < heads->keys; j += HRM_LANES) {
        const __m512 t = _mm512_fmsub_ps(factor, _mm512_loadu_ps(scores + j), top);
        const __m512 e = _mm512_maskz_mov_ps(hrm_lanes_first(heads->seq - j), hrm_lanes_exp2(t));
        sum = _mm512_add_ps(sum, e);
        _mm512_storeu_ps(scores + j, e);
    }
    const __m512 inverse = _mm512_set1_ps(1.0f / _mm512_reduce_add_ps(sum));
    const __m512 scale = _mm512_set1_ps(heads->scale);
    for (int j = 0; j < heads->keys; j += HRM_LANES) {
        const __m512 prob = _mm512_mul_ps(inverse, _mm512_loadu_ps(scores + j));
        const __m512 slope = _mm512_mul_ps(scale, _mm512_sub_ps(_mm512_loadu_ps(dp + j), mean));
        hrm_lanes_store(p + j, prob);
        hrm_lanes_store(ds + j, _mm512_mul_ps(prob, slope));
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

/// Fill p and ds [keys, keys] of a head, rows beyond seq zero.
static void fill(const struct hrm_bf16_heads *heads, const struct hrm_bf16_matrix *m,
                 const uint16_t *o, const uint16_t *d_o, int hidden, struct work *work)
{
    const size_t keys = (size_t)heads->keys;
    const size_t used = 2 * keys * (size_t)heads->seq, all = 2 * keys * keys;
    memset(work->p + used, 0, all - used);
    memset(work->ds + used, 0, all - used);
    for (int i = 0; i < heads->keys / 32; i++) {
        const int first = hrm_bf16_heads_block(heads, i);
        probabilities(heads, m, first, work);
        for (int r = 0; r < 32 && first + r < heads->seq; r++) {
            const size_t row = (size_t)(first + r), at = row * (size_t)hidden;
            softmax_backward(heads, work->scores + (size_t)r * keys, work->dp + (size_t)r * keys,
                             row_delta(heads->size, o + at, d_o + at),
                             (uint16_t *)work->p + row * keys, (uint16_t *)work->ds + row * keys);
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
static void attend_backward(const struct hrm_bf16_heads *heads, const uint16_t *qkv,
                            const uint16_t *o, const uint16_t *d_o, uint16_t *dqkv, int hidden,
                            struct work *work)
{
    struct hrm_bf16_matrix m[MATRICES];
    for (int i = 0; i < DO; i++)
        m[i] = hrm_bf16_heads_matrix(heads, qkv + i * hidden, 3 * hidden, work->copy[i]);
    m[DO] = hrm_bf16_heads_matrix(heads, d_o, hidden, work->copy[DO]);
    hrm_bf16_heads_pack_rows(heads, m[K], work->k_rows);
    hrm_bf16_heads_pack_rows(heads, m[V], work->v_rows);
    hrm_bf16_heads_pack_depth(heads, m[Q], work->q_depth);
    hrm_bf16_heads_pack_depth(heads, m[K], work->k_depth);
    hrm_bf16_heads_pack_depth(heads, m[DO], work->do_depth);
    fill(heads, m, o, d_o, hidden, work);
    turn(heads, work->p, work->p_turned);
    turn(heads, work->ds, work->ds_turned);
    multiply(heads, work->ds, work->k_depth, dqkv, 3 * hidden, work);
    multiply(heads, work->ds_turned, work->q_depth, dqkv + hidden, 3 * hidden, work);
    multiply(heads, work->p_turned, work->do_depth, dqkv + 2 * hidden, 3 * hidden, work);
}

void hrm_bf16_attention_backward(const struct hrm_block_shape *shape, const void *qkv,
                                 const void *o, const void *d_o, void *dqkv, void *scratch)
{
    const struct hrm_bf16_heads heads = hrm_bf16_heads_of(shape);
    const size_t hidden = (size_t)shape->hidden;
    struct work work;
    work_split(&heads, hrm_bf16_scratch_split(shape, scratch).rest, &work);
    hrm_tile_open();
    for (int puzzle = 0; puzzle < shape->puzzles; puzzle++) {
        const size_t row = (size_t)puzzle * (size_t)shape->seq;
        for (int head = 0; head < shape->heads; head++) {
            const size_t column = (size_t)head * (size_t)heads.size;
            const size_t wide = row * 3 * hidden + column, narrow = row * hidden + column;
            attend_backward(&heads, (const uint16_t *)qkv + wide, (const uint16_t *)o + narrow,
                            (const uint16_t *)d_o + narrow, (uint16_t *)dqkv + wide, shape->hidden,
                            &work);
        }
    }
    hrm_tile_close();
}
