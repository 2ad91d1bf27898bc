#ifndef HRM_COMPUTE_BF16_HEADS_H
#define HRM_COMPUTE_BF16_HEADS_H

#include "core/compute/bf16_lanes.h"
#include "core/compute/bf16_product.h"

/// What attention forward and backward share: the matrices of one puzzle and head.
/// Everything is padded to 32: positions to `keys`, the head size to `depth`.

struct hrm_bf16_heads {
    int seq, size;   ///< positions, head size
    int keys, depth; ///< both padded to 32
    float scale;     ///< 1 / sqrt(head size)
};

/// A matrix [seq, size] inside an activation or a padded copy of it.
struct hrm_bf16_matrix {
    const uint8_t *at;
    size_t stride; ///< bytes
};

struct hrm_bf16_heads hrm_bf16_heads_of(const struct hrm_block_shape *shape);

/// The matrix at x, where tiles can be loaded from as it lies, else its copy in `copy`
/// [keys, depth], padded with zeros.
struct hrm_bf16_matrix hrm_bf16_heads_matrix(const struct hrm_bf16_heads *heads, const uint16_t *x,
                                             int columns, void *copy);

/// Right tiles whose columns are the rows of m: for products with m^T.
void hrm_bf16_heads_pack_rows(const struct hrm_bf16_heads *heads, struct hrm_bf16_matrix m,
                              void *tiles);
/// Right tiles that sum over the rows of m: for products with m.
void hrm_bf16_heads_pack_depth(const struct hrm_bf16_heads *heads, struct hrm_bf16_matrix m,
                               void *tiles);

/// y[rows,size] = scale[r] * sums[rows,depth], rounded; y has `columns` columns.
void hrm_bf16_heads_store(const struct hrm_bf16_heads *heads, const float *sums, const float *scale,
                          int rows, uint16_t *y, int columns);

/// The first row of the i-th block of 32 queries. The last block overlaps the one before, so
/// that no block reaches beyond the puzzle.
static inline int hrm_bf16_heads_block(const struct hrm_bf16_heads *heads, int i)
{
    const int last = heads->seq > 32 ? heads->seq - 32 : 0;
    return 32 * i < last ? 32 * i : last;
}

/// One step of a strip: as in a product, but the rows come again and may stay in the cache.
HRM_ALWAYS_INLINE void hrm_bf16_heads_step(const uint8_t *x, size_t stride, const uint8_t *left,
                                           const uint8_t *right)
{
    _tile_loadd(4, x, stride);
    _tile_loadd(6, left, 64);
    _tile_dpbf16ps(0, 4, 6);
    _tile_loadd(7, right, 64);
    _tile_dpbf16ps(1, 4, 7);
    _tile_loadd(5, x + HRM_TILE * stride, stride);
    _tile_dpbf16ps(2, 5, 6);
    _tile_dpbf16ps(3, 5, 7);
}

/// y[32, 16 columns] = a[32, 32 steps] b, b packed by columns; columns even.
HRM_ALWAYS_INLINE void hrm_bf16_heads_strip(struct hrm_bf16_matrix a, int steps, const uint8_t *b,
                                            int columns, float *y)
{
    const size_t bytes = (size_t)steps * HRM_TILE_BYTES;
    const size_t stride = 64 * (size_t)columns;
    hrm_tile_fence();
    for (int c = 0; c < columns; c += 2, b += 2 * bytes) {
        hrm_bf16_zero_sums();
        for (int s = 0; s < steps; s++)
            hrm_bf16_heads_step(a.at + 64 * s, a.stride, b + s * HRM_TILE_BYTES,
                                b + bytes + s * HRM_TILE_BYTES);
        float *to = y + c * HRM_TILE;
        _tile_stored(0, to, stride);
        _tile_stored(1, to + HRM_TILE, stride);
        _tile_stored(2, to + 256 * columns, stride);
        _tile_stored(3, to + 256 * columns + HRM_TILE, stride);
    }
}

/// e^(scale (s - max)) of a row of scores in place, zero beyond seq. Returns the sum.
HRM_ALWAYS_INLINE float hrm_bf16_heads_exp(const struct hrm_bf16_heads *heads, float *s)
{
    const __m512 factor = _mm512_set1_ps(heads->scale * 1.44269504f);
    const __m512 lowest = _mm512_set1_ps(-3.0e38f);
    __m512 max = lowest, sum = _mm512_setzero_ps();
    for (int j = 0; j < heads->seq; j += HRM_LANES)
        max = _mm512_max_ps(max,
                            _mm512_mask_loadu_ps(lowest, hrm_lanes_first(heads->seq - j), s + j));
    const __m512 top = _mm512_mul_ps(factor, _mm512_set1_ps(_mm512_reduce_max_ps(max)));
    for (int j = 0; j < heads->keys; j += HRM_LANES) {
        const __m512 t = _mm512_fmsub_ps(factor, _mm512_loadu_ps(s + j), top);
        const __m512 e = _mm512_maskz_mov_ps(hrm_lanes_first(heads->seq - j), hrm_lanes_exp2(t));
        sum = _mm512_add_ps(sum, e);
        _mm512_storeu_ps(s + j, e);
    }
    return _mm512_reduce_add_ps(sum);
}

#endif
