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

/// Vector stores before are seen by tile loads behind: compilers do not know what a tile reads.
static inline void hrm_tile_fence(void)
{
    __asm__ volatile("" ::: "memory");
}

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
    hrm_tile_fence();
    _tile_loadconfig(&config);
}

static inline void hrm_tile_close(void)
{
    _tile_release();
}

#endif
