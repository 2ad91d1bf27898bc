#ifndef HRM_COMPUTE_TILE_AMX_H
#define HRM_COMPUTE_TILE_AMX_H

/// The tiles of the matrix unit. Their numbers are part of the instructions, hence macros.

#define hrm_tile_zero(tile)             _tile_zero(tile)
#define hrm_tile_load(tile, at, stride) _tile_loadd(tile, at, stride)
/// Load what the first cache need not keep.
#define hrm_tile_stream(tile, at, stride) _tile_stream_loadd(tile, at, stride)
/// Load an accumulator.
#define hrm_tile_load_sums(tile, at, stride) _tile_loadd(tile, at, stride)
#define hrm_tile_store(tile, at, stride)     _tile_stored(tile, at, stride)
/// sums[16,16] += left[16,32] right[32,16]
#define hrm_tile_multiply(sums, left, right) _tile_dpbf16ps(sums, left, right)

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
