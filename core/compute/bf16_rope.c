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

void hrm_bf16_rotate(const struct hrm_block_shape *shape, const struct hrm_rope *rope, float sign,
                     int first, int count, uint16_t *qkv)
{
    const int half = shape->hidden / shape->heads / 2;
    const size_t stride = 3 * (size_t)shape->hidden;
    for (int row = first; row < first + count; row++) {
        const size_t angle = (size_t)(row % shape->seq) * (size_t)half;
        for (int head = 0; head < 2 * shape->heads; head++)
            rotate_head(half, rope->cos + angle, rope->sin + angle, _mm512_set1_ps(sign),
                        qkv + stride * (size_t)row + (size_t)(2 * half * head));
    }
}
