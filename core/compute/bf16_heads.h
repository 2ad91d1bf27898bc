#ifndef HRM_COMPUTE_BF16_HEADS_H
#define HRM_COMPUTE_BF16_HEADS_H

#include "core/compute/bf16.h"
#include "core/compute/bf16_block.h"
#include "core/compute/bf16_lanes.h"

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

/// Two tile columns of a strip: y[32, 32] = a[32, 32 steps] b, where b holds the tiles of one
/// column after those of the other; y has `pitch` floats a row.
HRM_ALWAYS_INLINE void hrm_bf16_heads_pair(struct hrm_bf16_matrix a, int steps, const uint8_t *b,
                                           float *y, int pitch)
{
    const uint8_t *second = b + steps * HRM_TILE_BYTES;
    const size_t stride = sizeof(float) * (size_t)pitch;
    hrm_bf16_zero_sums();
    for (int s = 0; s < steps; s++, b += HRM_TILE_BYTES, second += HRM_TILE_BYTES)
        hrm_bf16_heads_step(a.at + 64 * s, a.stride, b, second);
    _tile_stored(0, y, stride);
    _tile_stored(1, y + HRM_TILE, stride);
    _tile_stored(2, y + HRM_TILE * pitch, stride);
    _tile_stored(3, y + HRM_TILE * pitch + HRM_TILE, stride);
}

/// y[32, 16 columns] = a[32, 32 steps] b, b packed by columns; columns even.
HRM_ALWAYS_INLINE void hrm_bf16_heads_strip(struct hrm_bf16_matrix a, int steps, const uint8_t *b,
                                            int columns, float *y)
{
    hrm_tile_fence();
    for (int c = 0; c < columns; c += 2)
        hrm_bf16_heads_pair(a, steps, b + c * steps * HRM_TILE_BYTES, y + c * HRM_TILE,
                            columns * HRM_TILE);
}

/// The largest of a row of scores.
HRM_ALWAYS_INLINE float hrm_bf16_heads_max(int seq, const float *s)
{
    __m512 max = _mm512_set1_ps(-3.0e38f);
    int j = 0;
    for (; j + HRM_LANES <= seq; j += HRM_LANES)
        max = _mm512_max_ps(max, _mm512_loadu_ps(s + j));
    if (j < seq)
        max = _mm512_mask_max_ps(max, hrm_lanes_first(seq - j), max, _mm512_loadu_ps(s + j));
    return _mm512_reduce_max_ps(max);
}

#endif
