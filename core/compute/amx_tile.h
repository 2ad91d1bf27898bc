#ifndef HRM_COMPUTE_AMX_TILE_H
#define HRM_COMPUTE_AMX_TILE_H

#include <immintrin.h>
#include <stddef.h>
#include <stdint.h>

/// Tiles of the matrix unit: 16 rows of 64 bytes, 1 KB when packed.
///
/// A left tile is 16 rows of 32 bf16 along the summed dimension: row-major activations are one
/// as they lie. A right tile holds 32 summed indices for 16 columns as 16 rows of pairs:
/// row r, column c = (b[2r][c], b[2r+1][c]). An accumulator is 16 x 16 fp32.
/// Only files compiled with the AMX flags include this.

#define HRM_TILE       16 ///< rows of a tile, and columns of an accumulator
#define HRM_TILE_DEPTH 32 ///< summed indices of a tile
#define HRM_TILE_BYTES 1024

#define HRM_ALWAYS_INLINE static inline __attribute__((always_inline))

/// Give the calling thread eight full tiles. hrm_tile_close() gives them back.
static inline void hrm_tile_open(void)
{
    struct {
        uint8_t palette, start_row, reserved[14];
        uint16_t row_bytes[16];
        uint8_t rows[16];
    } config __attribute__((aligned(64))) = {.palette = 1};
    for (int i = 0; i < 8; i++) {
        config.row_bytes[i] = 64;
        config.rows[i] = HRM_TILE;
    }
    _tile_loadconfig(&config);
}

static inline void hrm_tile_close(void)
{
    _tile_release();
}

/// Vector stores before are seen by tile loads behind: compilers do not know what a tile reads.
static inline void hrm_tile_fence(void)
{
    __asm__ volatile("" ::: "memory");
}

/// Transpose 16 x 16 elements of 32 bits in registers.
HRM_ALWAYS_INLINE void hrm_tile_transpose_lanes(__m512i v[16])
{
    __m512i t[16];
#pragma GCC unroll 8
    for (int i = 0; i < 8; i++) {
        t[2 * i] = _mm512_unpacklo_epi32(v[2 * i], v[2 * i + 1]);
        t[2 * i + 1] = _mm512_unpackhi_epi32(v[2 * i], v[2 * i + 1]);
    }
#pragma GCC unroll 4
    for (int i = 0; i < 4; i++) {
        v[4 * i] = _mm512_unpacklo_epi64(t[4 * i], t[4 * i + 2]);
        v[4 * i + 1] = _mm512_unpackhi_epi64(t[4 * i], t[4 * i + 2]);
        v[4 * i + 2] = _mm512_unpacklo_epi64(t[4 * i + 1], t[4 * i + 3]);
        v[4 * i + 3] = _mm512_unpackhi_epi64(t[4 * i + 1], t[4 * i + 3]);
    }
#pragma GCC unroll 4
    for (int i = 0; i < 4; i++) {
        t[i] = _mm512_shuffle_i32x4(v[i], v[4 + i], 0x88);
        t[4 + i] = _mm512_shuffle_i32x4(v[i], v[4 + i], 0xdd);
        t[8 + i] = _mm512_shuffle_i32x4(v[8 + i], v[12 + i], 0x88);
        t[12 + i] = _mm512_shuffle_i32x4(v[8 + i], v[12 + i], 0xdd);
    }
#pragma GCC unroll 8
    for (int i = 0; i < 8; i++) {
        v[i] = _mm512_shuffle_i32x4(t[i], t[8 + i], 0x88);
        v[8 + i] = _mm512_shuffle_i32x4(t[i], t[8 + i], 0xdd);
    }
}

/// A right tile from row-major bf16 whose rows are the columns of the product: 16 rows of 32.
/// Rows beyond `rows` and columns outside the mask become zero and are not read.
HRM_ALWAYS_INLINE void hrm_tile_from_rows(const void *x, size_t stride, int rows, __mmask32 depth,
                                          void *tile)
{
    __m512i v[16];
#pragma GCC unroll 16
    for (int i = 0; i < 16; i++)
        v[i] =
            _mm512_maskz_loadu_epi16(i < rows ? depth : 0, (const uint8_t *)x + stride * (size_t)i);
    hrm_tile_transpose_lanes(v);
#pragma GCC unroll 16
    for (int i = 0; i < 16; i++)
        _mm512_storeu_si512((uint8_t *)tile + 64 * i, v[i]);
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

/// A left tile of the transpose: 32 rows that are summed over, of 16 columns that become rows
/// of the tile, `pitch` bytes apart.
HRM_ALWAYS_INLINE void hrm_tile_from_transpose(const void *x, size_t stride, int rows,
                                               __mmask16 columns, void *tile, size_t pitch)
{
    __m512i v[16];
#pragma GCC unroll 16
    for (int i = 0; i < 16; i++)
        v[i] = hrm_tile_pair(x, stride, 2 * i, rows, columns);
    hrm_tile_transpose_lanes(v);
#pragma GCC unroll 16
    for (int i = 0; i < 16; i++)
        _mm512_storeu_si512((uint8_t *)tile + pitch * (size_t)i, v[i]);
}

#endif
