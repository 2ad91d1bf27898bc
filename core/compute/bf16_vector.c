#include "core/compute/bf16.h"
#include "core/compute/bf16_lanes.h"

/// Lanes of the vector that starts at i of n elements.
static __mmask16 lanes_at(size_t i, size_t n)
{
    return hrm_lanes_first(n - i > HRM_LANES ? HRM_LANES : (int)(n - i));
}

void hrm_bf16_from_float(size_t n, const float *x, void *y)
{
    uint16_t *to = y;
    for (size_t i = 0; i < n; i += HRM_LANES) {
        __mmask16 lanes = lanes_at(i, n);
        hrm_lanes_store_some(to + i, lanes, _mm512_maskz_loadu_ps(lanes, x + i));
    }
}

void hrm_bf16_to_float(size_t n, const void *x, float *y)
{
    const uint16_t *from = x;
    for (size_t i = 0; i < n; i += HRM_LANES) {
        __mmask16 lanes = lanes_at(i, n);
        _mm512_mask_storeu_ps(y + i, lanes, hrm_lanes_load_some(from + i, lanes));
    }
}

void hrm_bf16_add(size_t n, const void *a, const void *b, void *y)
{
    const uint16_t *left = a, *right = b;
    uint16_t *to = y;
    for (size_t i = 0; i < n; i += HRM_LANES) {
        __mmask16 lanes = lanes_at(i, n);
        __m512 sum = _mm512_add_ps(hrm_lanes_load_some(left + i, lanes),
                                   hrm_lanes_load_some(right + i, lanes));
        hrm_lanes_store_some(to + i, lanes, sum);
    }
}
