#ifndef HRM_COMPUTE_TILE_PACK_H
#define HRM_COMPUTE_TILE_PACK_H

#include "core/compute/tile.h"

/// Tiles made of row-major bf16: transposes and interleaved pairs of rows.

/// Four pieces of 16 bytes, `step` bytes apart.
HRM_ALWAYS_INLINE __m512i hrm_tile_gather(const uint8_t *x, size_t step)
{
    __m512i v = _mm512_castsi128_si512(_mm_loadu_si128((const __m128i *)x));
    v = _mm512_mask_broadcast_i32x4(v, 0x00f0, _mm_loadu_si128((const __m128i *)(x + step)));
    v = _mm512_mask_broadcast_i32x4(v, 0x0f00, _mm_loadu_si128((const __m128i *)(x + 2 * step)));
    return _mm512_mask_broadcast_i32x4(v, 0xf000, _mm_loadu_si128((const __m128i *)(x + 3 * step)));
}

/// A right tile from row-major bf16 whose rows are the columns of the product: 16 rows of 32.
/// The loads put four rows side by side, which leaves a transpose of 4 x 4 pairs in each lane.
HRM_ALWAYS_INLINE void hrm_tile_from_rows(const void *x, size_t stride, void *tile)
{
    const uint8_t *from = x;
    uint8_t *to = tile;
#pragma GCC unroll 4
    for (int q = 0; q < 4; q++, from += 16, to += 256) {
        const __m512i a = hrm_tile_gather(from, 4 * stride);
        const __m512i b = hrm_tile_gather(from + stride, 4 * stride);
        const __m512i c = hrm_tile_gather(from + 2 * stride, 4 * stride);
        const __m512i d = hrm_tile_gather(from + 3 * stride, 4 * stride);
        const __m512i ab = _mm512_unpacklo_epi32(a, b), cd = _mm512_unpacklo_epi32(c, d);
        const __m512i ab2 = _mm512_unpackhi_epi32(a, b), cd2 = _mm512_unpackhi_epi32(c, d);
        _mm512_storeu_si512(to, _mm512_unpacklo_epi64(ab, cd));
        _mm512_storeu_si512(to + 64, _mm512_unpackhi_epi64(ab, cd));
        _mm512_storeu_si512(to + 128, _mm512_unpacklo_epi64(ab2, cd2));
        _mm512_storeu_si512(to + 192, _mm512_unpackhi_epi64(ab2, cd2));
    }
}

/// Transpose 8 x 8 elements of 16 bits in each lane.
HRM_ALWAYS_INLINE void hrm_tile_transpose_lanes(__m512i v[8])
{
    __m512i a[8], b[8];
#pragma GCC unroll 4
    for (int i = 0; i < 4; i++) {
        a[2 * i] = _mm512_unpacklo_epi16(v[2 * i], v[2 * i + 1]);
        a[2 * i + 1] = _mm512_unpackhi_epi16(v[2 * i], v[2 * i + 1]);
    }
#pragma GCC unroll 2
    for (int i = 0; i < 8; i += 4) {
        b[i] = _mm512_unpacklo_epi32(a[i], a[i + 2]);
        b[i + 1] = _mm512_unpackhi_epi32(a[i], a[i + 2]);
        b[i + 2] = _mm512_unpacklo_epi32(a[i + 1], a[i + 3]);
        b[i + 3] = _mm512_unpackhi_epi32(a[i + 1], a[i + 3]);
    }
#pragma GCC unroll 4
    for (int i = 0; i < 4; i++) {
        v[2 * i] = _mm512_unpacklo_epi64(b[i], b[i + 4]);
        v[2 * i + 1] = _mm512_unpackhi_epi64(b[i], b[i + 4]);
    }
}

/// Half a left tile of the transpose: 32 rows that are summed over, of 8 columns that become rows
/// of the tile, `pitch` bytes apart. Rows 8 apart are loaded side by side.
HRM_ALWAYS_INLINE void hrm_tile_from_transpose_half(const void *x, size_t stride, void *tile,
                                                    size_t pitch)
{
    __m512i v[8];
#pragma GCC unroll 8
    for (int i = 0; i < 8; i++)
        v[i] = hrm_tile_gather((const uint8_t *)x + stride * (size_t)i, 8 * stride);
    hrm_tile_transpose_lanes(v);
#pragma GCC unroll 8
    for (int i = 0; i < 8; i++)
        _mm512_storeu_si512((uint8_t *)tile + pitch * (size_t)i, v[i]);
}

/// A left tile of the transpose: the same for 16 columns.
HRM_ALWAYS_INLINE void hrm_tile_from_transpose(const void *x, size_t stride, void *tile,
                                               size_t pitch)
{
    hrm_tile_from_transpose_half(x, stride, tile, pitch);
    hrm_tile_from_transpose_half((const uint8_t *)x + 16, stride, (uint8_t *)tile + 8 * pitch,
                                 pitch);
}

/// Pairs of rows of a row-major bf16 block, for 16 columns: (x[2r][c], x[2r+1][c]).
HRM_ALWAYS_INLINE __m512i hrm_tile_pair(const void *x, size_t stride, int row, int rows,
                                        __mmask16 columns)
{
    const uint8_t *at = (const uint8_t *)x + stride * (size_t)row;
    __m256i even = _mm256_maskz_loadu_epi16(row < rows ? columns : 0, at);
    __m256i odd = _mm256_maskz_loadu_epi16(row + 1 < rows ? columns : 0, at + stride);
    return _mm512_or_si512(_mm512_cvtepu16_epi32(even),
                           _mm512_slli_epi32(_mm512_cvtepu16_epi32(odd), 16));
}

/// A right tile from row-major bf16 whose rows are summed over: 32 rows of 16 columns.
HRM_ALWAYS_INLINE void hrm_tile_from_depth(const void *x, size_t stride, int rows,
                                           __mmask16 columns, void *tile)
{
#pragma GCC unroll 4
    for (int i = 0; i < 16; i++)
        _mm512_storeu_si512((uint8_t *)tile + 64 * i,
                            hrm_tile_pair(x, stride, 2 * i, rows, columns));
}

/// Pairs of two rows of 32 columns: a row of each of two right tiles. Of `rows` rows that there
/// are, those beyond count as zero and are not read, like columns outside the mask.
HRM_ALWAYS_INLINE void hrm_tile_pairs(const void *x, size_t stride, int rows, __mmask32 columns,
                                      void *tile, void *second)
{
    const __m512i low = _mm512_set_epi64(11, 10, 3, 2, 9, 8, 1, 0);
    const __m512i high = _mm512_set_epi64(15, 14, 7, 6, 13, 12, 5, 4);
    const __m512i even = _mm512_maskz_loadu_epi16(rows > 0 ? columns : 0, x);
    const __m512i odd =
        _mm512_maskz_loadu_epi16(rows > 1 ? columns : 0, (const uint8_t *)x + stride);
    const __m512i a = _mm512_unpacklo_epi16(even, odd), b = _mm512_unpackhi_epi16(even, odd);
    _mm512_storeu_si512(tile, _mm512_permutex2var_epi64(a, low, b));
    _mm512_storeu_si512(second, _mm512_permutex2var_epi64(a, high, b));
}

/// Two right tiles from row-major bf16 whose rows are summed over: 32 rows of 32 columns.
HRM_ALWAYS_INLINE void hrm_tile_from_depth_two(const void *x, size_t stride, int rows, void *tile,
                                               void *second)
{
#pragma GCC unroll 4
    for (int i = 0; i < 16; i++)
        hrm_tile_pairs((const uint8_t *)x + 2 * stride * (size_t)i, stride, rows - 2 * i,
                       0xffffffffu, (uint8_t *)tile + 64 * i, (uint8_t *)second + 64 * i);
}

#endif
