#ifndef HRM_COMPUTE_TILE_H
#define HRM_COMPUTE_TILE_H

#include <immintrin.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// Tiles: 16 rows of 64 bytes, 1 KB when packed. There are eight, 0..7, a thread's own.
///
/// A left tile is 16 rows of 32 bf16 along the summed dimension: row-major activations are one
/// as they lie. A right tile holds 32 summed indices for 16 columns as 16 rows of pairs:
/// row r, column c = (b[2r][c], b[2r+1][c]). An accumulator is 16 x 16 fp32.
/// Only files compiled with the flags of a bf16 backend include this: the tiles are those of the
/// matrix unit, or with HRM_TILES_AVX512 made of vectors.

#define HRM_TILE       16 ///< rows of a tile, and columns of an accumulator
#define HRM_TILE_DEPTH 32 ///< summed indices of a tile
#define HRM_TILE_BYTES 1024

#define HRM_ALWAYS_INLINE static inline __attribute__((always_inline))

#ifdef HRM_TILES_AVX512
#include "core/compute/tile_avx512.h"
#else
#include "core/compute/tile_amx.h"
#endif

#endif
