#include "core/compute/bf16.h"
#include "core/compute/bf16_lanes.h"
#include "core/compute/tile_pack.h"

#include <string.h>

static size_t one_way_bytes(int out, int in)
{
    return (size_t)hrm_bf16_up(out, 32) * (size_t)hrm_bf16_up(in, 32) * 2;
}

size_t hrm_bf16_packed_bytes(int out, int in, enum hrm_pack pack)
{
    return one_way_bytes(out, in) * (pack == HRM_PACK_BOTH ? 2 : 1);
}

const void *hrm_bf16_packed_transpose(const struct hrm_weight *w)
{
    return (const uint8_t *)w->packed + one_way_bytes(w->out, w->in);
}

/// Round a block of at most 32 x 32 to bf16, the rest zero.
static void round_block(const float *values, int stride, int rows, int columns,
                        uint16_t block[32][32])
{
    memset(block, 0, 32 * 32 * sizeof block[0][0]);
    for (int r = 0; r < rows; r++) {
        const float *from = values + (size_t)r * (size_t)stride;
        for (int c = 0; c < columns; c += HRM_LANES) {
            __mmask16 lanes = hrm_lanes_first(columns - c);
            hrm_lanes_store_some(&block[r][c], lanes, _mm512_maskz_loadu_ps(lanes, from + c));
        }
    }
}

static int smaller(int a, int b)
{
    return a < b ? a : b;
}

void hrm_bf16_pack(int out, int in, const float *values, enum hrm_pack pack, void *packed)
{
    const int out_steps = hrm_bf16_up(out, 32) / 32, in_steps = hrm_bf16_up(in, 32) / 32;
    uint8_t *forward = packed, *backward = forward + one_way_bytes(out, in);
    uint16_t block[32][32] __attribute__((aligned(64)));
    for (int i = 0; i < out_steps * in_steps; i++) {
        const int o = i / in_steps, k = i % in_steps;
        round_block(values + (size_t)o * 32 * (size_t)in + k * 32, in, smaller(out - o * 32, 32),
                    smaller(in - k * 32, 32), block);
        for (int half = 0; half < 2; half++) {
            const size_t column = (size_t)(2 * o + half), row = (size_t)(2 * k + half);
            hrm_tile_from_rows(block[16 * half], 64,
                               forward + (column * (size_t)in_steps + (size_t)k) * HRM_TILE_BYTES);
            if (pack == HRM_PACK_BOTH)
                hrm_tile_from_depth(&block[0][16 * half], 64, 32, 0xffff,
                                    backward +
                                        (row * (size_t)out_steps + (size_t)o) * HRM_TILE_BYTES);
        }
    }
}
