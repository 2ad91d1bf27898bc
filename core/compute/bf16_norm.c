#include "core/compute/bf16_norm.h"
#include "core/compute/bf16_lanes.h"

#include <stddef.h>

static void row_backward(int hidden, float r, const uint16_t *n, const uint16_t *dn, uint16_t *dy)
{
    __m512 sum = _mm512_setzero_ps();
    for (int j = 0; j < hidden; j += HRM_LANES)
        sum = _mm512_fmadd_ps(hrm_lanes_load(n + j), hrm_lanes_load(dn + j), sum);
    const __m512 mean = _mm512_set1_ps(_mm512_reduce_add_ps(sum) / (float)hidden);
    const __m512 scale = _mm512_set1_ps(r);
    for (int j = 0; j < hidden; j += HRM_LANES) {
        const __m512 d = _mm512_fnmadd_ps(hrm_lanes_load(n + j), mean, hrm_lanes_load(dn + j));
        hrm_lanes_store(dy + j, _mm512_mul_ps(scale, d));
    }
}

void hrm_bf16_norm_backward(int rows, int hidden, const float *r, const uint16_t *n,
                            const uint16_t *dn, uint16_t *dy)
{
    for (int i = 0; i < rows; i++) {
        const size_t at = (size_t)i * (size_t)hidden;
        row_backward(hidden, r[i], n + at, dn + at, dy + at);
    }
}
