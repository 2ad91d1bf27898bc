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

/// y[seq,size] = sums[seq,depth], rounded; y has `columns` columns.
void hrm_bf16_heads_store(const struct hrm_bf16_heads *heads, const float *sums, uint16_t *y,
                          int columns);

/// The first row of the i-th block of 32 queries. The last block overlaps the one before, so
/// that no block reaches beyond the puzzle.
static inline int hrm_bf16_heads_block(const struct hrm_bf16_heads *heads, int i)
{
    const int last = heads->seq > 32 ? heads->seq - 32 : 0;
    return 32 * i < last ? 32 * i : last;
}

/// A piece of a product: y[32,16] = a[32, 32 steps] b, where b is a column of right tiles.
struct hrm_bf16_unit {
    struct hrm_bf16_matrix a;
    const uint8_t *b;
    size_t b_step; ///< bytes between tiles of b; 0: all are the same
    int steps;
    float *y;
    int pitch; ///< floats between rows of y
};

/// Units one behind the other. Their sums are in the tiles 0, 1 and 2, 3 in turn, and stored
/// while the next unit is at work: a tile that is stored as soon as it is complete holds up the
/// matrix unit. Vector work waits for the matrix unit and the other way round, so that it is best
/// to run many units before the next vector work.
struct hrm_bf16_units {
    float *y; ///< where the waiting sums go, or NULL
    int pitch;
    bool odd; ///< which tiles they wait in
};

#define HRM_BF16_UNIT_SUM(first, second)                                                           \
    hrm_tile_zero(first);                                                                          \
    hrm_tile_zero(second);                                                                         \
    for (int s = 0; s < u->steps; s++, a += 64, b += u->b_step) {                                  \
        hrm_tile_load(6, b, 64);                                                                   \
        hrm_tile_load(4, a, u->a.stride);                                                          \
        hrm_tile_multiply(first, 4, 6);                                                            \
        hrm_tile_load(5, a + HRM_TILE * u->a.stride, u->a.stride);                                 \
        hrm_tile_multiply(second, 5, 6);                                                           \
    }

/// Store the sums that wait.
HRM_ALWAYS_INLINE void hrm_bf16_units_finish(struct hrm_bf16_units *units)
{
    const size_t stride = sizeof(float) * (size_t)units->pitch;
    if (units->y == NULL)
        return;
    if (units->odd) {
        hrm_tile_store(2, units->y, stride);
        hrm_tile_store(3, units->y + HRM_TILE * units->pitch, stride);
    } else {
        hrm_tile_store(0, units->y, stride);
        hrm_tile_store(1, units->y + HRM_TILE * units->pitch, stride);
    }
    units->y = NULL;
}

HRM_ALWAYS_INLINE void hrm_bf16_units_run(struct hrm_bf16_units *units,
                                          const struct hrm_bf16_unit *u)
{
    const uint8_t *a = u->a.at, *b = u->b;
    if (units->odd) {
        HRM_BF16_UNIT_SUM(0, 1)
    } else {
        HRM_BF16_UNIT_SUM(2, 3)
    }
    hrm_bf16_units_finish(units);
    *units = (struct hrm_bf16_units){u->y, u->pitch, !units->odd};
}

/// The largest of those of a row of scores that the mask has.
HRM_ALWAYS_INLINE float hrm_bf16_heads_max(int keys, const uint16_t *mask, const float *s)
{
    __m512 max = _mm512_set1_ps(-3.0e38f);
    for (int j = 0; j < keys; j += HRM_LANES)
        max = _mm512_mask_max_ps(max, mask[j / HRM_LANES], max, _mm512_loadu_ps(s + j));
    return _mm512_reduce_max_ps(max);
}

/// Rows of bits; where all are the same, one row stands for all.
struct hrm_bf16_mask {
    const uint16_t *rows;
    int pitch; ///< words from row to row, or 0
};

/// The keys [keys/16 words] that a query of a head looks at, in a puzzle of so many positions.
void hrm_bf16_heads_looks(const struct hrm_block_shape *shape, int head, int length, int query,
                          uint16_t *words);
/// For every key [seq], those of the i-th 16 queries that look at it, a bit for each.
void hrm_bf16_heads_lookers(const struct hrm_block_shape *shape, int head, int length, int i,
                            uint16_t *words);

/// Positions of a puzzle that are no padding.
static inline int hrm_bf16_heads_length(const struct hrm_block_shape *shape, int puzzle)
{
    return shape->lengths != NULL ? shape->lengths[puzzle] : shape->seq;
}

/// Whether sums of 2^x are such that no largest x has to be taken off: none so large that another
/// could overflow, none so small that its terms lose bits.
HRM_ALWAYS_INLINE bool hrm_bf16_heads_in_range(__m512 least, __m512 most)
{
    const __m512 low = _mm512_set1_ps(0x1p-100f), high = _mm512_set1_ps(0x1p100f);
    return (_mm512_cmp_ps_mask(least, low, _CMP_LT_OQ) | _mm512_cmp_ps_mask(most, low, _CMP_LT_OQ) |
            _mm512_cmp_ps_mask(least, high, _CMP_GT_OQ) |
            _mm512_cmp_ps_mask(most, high, _CMP_GT_OQ)) == 0;
}

#endif
