#include "core/compute/tile.h"

_Thread_local struct hrm_tile hrm_tiles[8];

void hrm_tile_load_sums(int tile, const void *at, size_t stride)
{
    const uint8_t *from = at;
    hrm_tiles[tile].zero = false;
    for (int r = 0; r < HRM_TILE; r++, from += stride)
        _mm512_store_ps(hrm_tiles[tile].sums[r], _mm512_loadu_ps(from));
}

void hrm_tile_store(int tile, void *at, size_t stride)
{
    const struct hrm_tile *t = &hrm_tiles[tile];
    uint8_t *to = at;
    for (int r = 0; r < HRM_TILE; r++, to += stride)
        _mm512_storeu_ps(to, t->zero ? _mm512_setzero_ps() : _mm512_load_ps(t->sums[r]));
}

/// The products of four left rows, their pairs as they lie, with one right row.
HRM_ALWAYS_INLINE void multiply_four(const uint8_t *a, size_t stride, __m512bh row, __m512 *sum)
{
#pragma GCC unroll 4
    for (size_t r = 0; r < 4; r++) {
        const __m512i pair = _mm512_broadcastd_epi32(_mm_loadu_si32(a + stride * r));
        sum[r] = _mm512_dpbf16_ps(sum[r], (__m512bh)pair, row);
    }
}

/// Every right row is loaded once, every left pair comes with its product.
void hrm_tile_multiply(int sums, int left, int right)
{
    const uint8_t *a = hrm_tiles[left].at, *b = hrm_tiles[right].at;
    const size_t a_stride = hrm_tiles[left].stride, b_stride = hrm_tiles[right].stride;
    const uint8_t *quarter[4] = {a, a + 4 * a_stride, a + 8 * a_stride, a + 12 * a_stride};
    float *at = hrm_tiles[sums].sums[0];
    __m512 sum[HRM_TILE];
    // As four pointers, or the compiler makes sixteen of them, which registers do not hold.
    __asm__("" : "+r"(quarter[0]), "+r"(quarter[1]), "+r"(quarter[2]), "+r"(quarter[3]), "+r"(at));
    if (hrm_tiles[sums].zero) {
#pragma GCC unroll 16
        for (int r = 0; r < HRM_TILE; r++)
            sum[r] = _mm512_setzero_ps();
        hrm_tiles[sums].zero = false;
    } else {
#pragma GCC unroll 16
        for (int r = 0; r < HRM_TILE; r++)
            sum[r] = _mm512_load_ps(at + HRM_TILE * r);
    }
#pragma GCC unroll 2
    for (int k = 0; k < HRM_TILE; k++, b += b_stride) {
        const __m512bh row = (__m512bh)_mm512_loadu_si512(b);
#pragma GCC unroll 4
        for (int q = 0; q < 4; q++)
            multiply_four(quarter[q] + 4 * k, a_stride, row, sum + 4 * q);
    }
#pragma GCC unroll 16
    for (int r = 0; r < HRM_TILE; r++)
        _mm512_store_ps(at + HRM_TILE * r, sum[r]);
}
