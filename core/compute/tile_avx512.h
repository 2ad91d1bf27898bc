#ifndef HRM_COMPUTE_TILE_AVX512_H
#define HRM_COMPUTE_TILE_AVX512_H

/// Tiles made of vectors, for processors with AVX512-BF16 and no matrix unit. An operand stays
/// where it lies and must not change before its last product; an accumulator lies in the first
/// cache, and its sixteen rows are in registers during a product.
struct hrm_tile {
    const uint8_t *at; ///< the operand
    size_t stride;
    bool zero; ///< the sums are 0, whatever lies there
    float sums[HRM_TILE][HRM_TILE] __attribute__((aligned(64)));
};

extern _Thread_local struct hrm_tile hrm_tiles[8];

static inline void hrm_tile_zero(int tile)
{
    hrm_tiles[tile].zero = true;
}

static inline void hrm_tile_load(int tile, const void *at, size_t stride)
{
    hrm_tiles[tile].at = at;
    hrm_tiles[tile].stride = stride;
}

static inline void hrm_tile_stream(int tile, const void *at, size_t stride)
{
    hrm_tile_load(tile, at, stride);
}

void hrm_tile_load_sums(int tile, const void *at, size_t stride);
void hrm_tile_store(int tile, void *at, size_t stride);
void hrm_tile_multiply(int sums, int left, int right);

static inline void hrm_tile_fence(void)
{
}
static inline void hrm_tile_open(void)
{
}
static inline void hrm_tile_close(void)
{
}

#endif
