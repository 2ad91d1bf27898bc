#ifndef HRM_COMPUTE_BF16_LANES_H
#define HRM_COMPUTE_BF16_LANES_H

#include <immintrin.h>
#include <stdint.h>
#include <string.h>

/// Sixteen fp32 lanes: what the element-wise edges of the bf16 kernels are written in.
/// Only files compiled with the AVX-512 flags include this.

#define HRM_LANES 16

/// The first n lanes, n in 0..16; negative n counts as 0, larger n as 16.
static inline __mmask16 hrm_lanes_first(int n)
{
    if (n <= 0)
        return 0;
    return (__mmask16)(n >= HRM_LANES ? 0xffffu : (1u << n) - 1u);
}

static inline __m512 hrm_lanes_widen(__m256i x)
{
    return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(x), 16));
}

/// Round to nearest even.
static inline __m256i hrm_lanes_narrow(__m512 x)
{
    __m256bh y = _mm512_cvtneps_pbh(x);
    __m256i bits;
    memcpy(&bits, &y, sizeof bits);
    return bits;
}

static inline __m512 hrm_lanes_load(const uint16_t *x)
{
    return hrm_lanes_widen(_mm256_loadu_si256((const __m256i *)x));
}

/// Lanes outside the mask are zero and not read.
static inline __m512 hrm_lanes_load_some(const uint16_t *x, __mmask16 lanes)
{
    return hrm_lanes_widen(_mm256_maskz_loadu_epi16(lanes, x));
}

static inline void hrm_lanes_store(uint16_t *y, __m512 x)
{
    _mm256_storeu_si256((__m256i *)y, hrm_lanes_narrow(x));
}

/// 32 elements: the lanes of low, then those of high.
static inline void hrm_lanes_store_two(uint16_t *y, __m512 low, __m512 high)
{
    __m512bh both = _mm512_cvtne2ps_pbh(high, low);
    memcpy(y, &both, sizeof both);
}

static inline void hrm_lanes_store_some(uint16_t *y, __mmask16 lanes, __m512 x)
{
    _mm256_mask_storeu_epi16(y, lanes, hrm_lanes_narrow(x));
}

/// 2^x with a relative error of 8e-5, a fiftieth of the rounding to bf16; lanes outside the mask
/// are zero. The polynomial is minimax for the relative error on [0, 1); scaling is by 2^floor(x).
static inline __m512 hrm_lanes_exp2_some(__mmask16 lanes, __m512 x)
{
    const __m512 rest = _mm512_reduce_ps(x, _MM_FROUND_TO_NEG_INF | _MM_FROUND_NO_EXC);
    __m512 p = _mm512_set1_ps(0.07802443f);
    p = _mm512_fmadd_ps(p, rest, _mm512_set1_ps(0.22606729f));
    p = _mm512_fmadd_ps(p, rest, _mm512_set1_ps(0.69583349f));
    p = _mm512_fmadd_ps(p, rest, _mm512_set1_ps(0.99992522f));
    return _mm512_maskz_scalef_ps(lanes, p, x);
}

static inline __m512 hrm_lanes_exp2(__m512 x)
{
    return hrm_lanes_exp2_some(0xffff, x);
}

/// 1 / (1 + e^-x)
static inline __m512 hrm_lanes_sigmoid(__m512 x)
{
    const __m512 e = hrm_lanes_exp2(_mm512_mul_ps(x, _mm512_set1_ps(-1.44269504f)));
    return _mm512_rcp14_ps(_mm512_add_ps(_mm512_set1_ps(1.0f), e));
}

#endif
