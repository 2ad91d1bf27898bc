#include "core/compute/bf16_rope.h"
#include "core/compute/bf16_lanes.h"

/// Rotate one head: v[0..2*half) by the angles of its position.
static void rotate_head(int half, const float *cos, const float *sin, __m512 sign, uint16_t *v)
{
    for (int j = 0; j < half; j += HRM_LANES) {
        const __mmask16 lanes = hrm_lanes_first(half - j);
        const __m512 c = _mm512_maskz_loadu_ps(lanes, cos + j);
        const __m512 s = _mm512_mul_ps(sign, _mm512_maskz_loadu_ps(lanes, sin + j));
        const __m512 a = hrm_lanes_load_some(v + j, lanes);
        const __m512 b = hrm_lanes_load_some(v + half + j, lanes);
        hrm_lanes_store_some(v + j, lanes, _mm512_fnmadd_ps(b, s, _mm512_mul_ps(a, c)));
        hrm_lanes_store_some(v + half + j, lanes, _mm512_fmadd_ps(a, s, _mm512_mul_ps(b, c)));
    }
}

/// The same for heads of 16, each in one vector: as masked halves they would wait for the stores of
/// their neighbours.
static void rotate_small_heads(int heads, const float *cos, const float *sin, __m512 sign,
                               uint16_t *v)
{
    const __m512 c = _mm512_broadcast_f32x8(_mm256_loadu_ps(cos));
    const __m512 s = _mm512_mul_ps(sign, _mm512_broadcast_f32x8(_mm256_loadu_ps(sin)));
    const __m512 turn = _mm512_mask_sub_ps(s, 0x00ff, _mm512_setzero_ps(), s);
    for (int head = 0; head < heads; head++, v += HRM_LANES) {
        const __m512 x = hrm_lanes_load(v);
        const __m512 other = _mm512_shuffle_f32x4(x, x, 0x4e);
        hrm_lanes_store(v, _mm512_fmadd_ps(other, turn, _mm512_mul_ps(x, c)));
    }
}

void hrm_bf16_rotate(const struct hrm_block_shape *shape, const struct hrm_rope *rope, float sign,
                     int first, int count, uint16_t *qkv)
{
    const int half = shape->hidden / shape->heads / 2;
    const size_t stride = 3 * (size_t)shape->hidden;
    for (int row = first; row < first + count; row++) {
        const size_t angle = (size_t)(row % shape->seq) * (size_t)half;
        if (half == HRM_LANES / 2) {
            rotate_small_heads(2 * shape->heads, rope->cos + angle, rope->sin + angle,
                               _mm512_set1_ps(sign), qkv + stride * (size_t)row);
            continue;
        }
        for (int head = 0; head < 2 * shape->heads; head++)
            rotate_head(half, rope->cos + angle, rope->sin + angle, _mm512_set1_ps(sign),
                        qkv + stride * (size_t)row + (size_t)(2 * half * head));
    }
}
