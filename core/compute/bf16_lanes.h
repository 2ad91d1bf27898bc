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

/// Words of two elements: those of low, below those of high.
static inline __m512i hrm_lanes_pairs(__m512 low, __m512 high)
{
    const __m512i turn =
        _mm512_set_epi16(31, 15, 30, 14, 29, 13, 28, 12, 27, 11, 26, 10, 25, 9, 24, 8, 23, 7, 22, 6,
                         21, 5, 20, 4, 19, 3, 18, 2, 17, 1, 16, 0);
    __m512bh both = _mm512_cvtne2ps_pbh(high, low);
    __m512i bits;
    memcpy(&bits, &both, sizeof bits);
    return _mm512_permutexvar_epi16(turn, bits);
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

/// 1 / (1 + e^-x), from a parabola for each of 32 pieces of 0.65: a relative error of 1.5e-3 where
/// x is below -1 and of 4e-4 above, in silu 2e-4; 0 below -10, 1 above 9.4. Beside the matrix unit
/// one port is left to sums and products of vectors, so that what is done by permutations and on
/// integers costs nothing.
static inline __m512 hrm_lanes_sigmoid(__m512 x)
{
    static const float piece[3][32] __attribute__((aligned(64))) = {
        {0,
         3.385981079e-03f,
         5.731921177e-03f,
         9.623905644e-03f,
         1.600629278e-02f,
         2.632735483e-02f,
         4.273096099e-02f,
         6.822662801e-02f,
         1.066800356e-01f,
         1.622486413e-01f,
         2.375337481e-01f,
         3.295032978e-01f,
         4.235593081e-01f,
         4.921900332e-01f,
         5.134585500e-01f,
         5.036423206e-01f,
         4.999714196e-01f,
         4.966124296e-01f,
         4.866040349e-01f,
         5.065694451e-01f,
         5.741066933e-01f,
         6.678816080e-01f,
         7.601652145e-01f,
         8.359795213e-01f,
         8.920606375e-01f,
         9.309232235e-01f,
         9.567149878e-01f,
         9.733206034e-01f,
         9.837743640e-01f,
         9.902414680e-01f,
         9.941865206e-01f,
         1.000000000e+00f},
        {0,
         6.235486362e-04f,
         1.122114598e-03f,
         2.010610886e-03f,
         3.584381659e-03f,
         6.351011805e-03f,
         1.116756536e-02f,
         1.944306307e-02f,
         3.339475021e-02f,
         5.624603108e-02f,
         9.196358919e-02f,
         1.434936523e-01f,
         2.077485472e-01f,
         2.675209045e-01f,
         2.921673954e-01f,
         2.700396478e-01f,
         2.483689785e-01f,
         2.691425681e-01f,
         2.920639813e-01f,
         2.688026428e-01f,
         2.095506042e-01f,
         1.451059282e-01f,
         9.314464033e-02f,
         5.702513456e-02f,
         3.387912363e-02f,
         1.973366551e-02f,
         1.133800205e-02f,
         6.449445151e-03f,
         3.640604438e-03f,
         2.042455133e-03f,
         1.140031032e-03f,
         0},
        {0,
         2.894863428e-05f,
         5.544032683e-05f,
         1.061543153e-04f,
         2.031819749e-04f,
         3.886135528e-04f,
         7.422463968e-04f,
         1.413920429e-03f,
         2.679762896e-03f,
         5.029870197e-03f,
         9.268284775e-03f,
         1.649118960e-02f,
         2.747642808e-02f,
         4.051199183e-02f,
         4.765113071e-02f,
         3.517857939e-02f,
         5.415134365e-04f,
         -3.448758274e-02f,
         -4.760945588e-02f,
         -4.083859921e-02f,
         -2.782160230e-02f,
         -1.673846878e-02f,
         -9.419316426e-03f,
         -5.115299486e-03f,
         -2.726248233e-03f,
         -1.438716077e-03f,
         -7.553368923e-04f,
         -3.954874410e-04f,
         -2.067814203e-04f,
         -1.080363800e-04f,
         -5.642366887e-05f,
         0},
    };
    // the number of the piece, in the last bits of a float between 2^23 and 2^24
    const __m512i first = _mm512_set1_epi32(0x4b400000), last = _mm512_set1_epi32(0x4b40001f);
    const __m512 at =
        _mm512_fmadd_ps(x, _mm512_set1_ps((float)(1 / 0.65)), _mm512_set1_ps(12582928.0f));
    const __m512i i = _mm512_min_epi32(_mm512_max_epi32(_mm512_castps_si512(at), first), last);
    __m512 c[3];
    for (int k = 0; k < 3; k++)
        c[k] = _mm512_permutex2var_ps(_mm512_load_ps(piece[k]), i, _mm512_load_ps(piece[k] + 16));
    return _mm512_fmadd_ps(_mm512_fmadd_ps(c[2], x, c[1]), x, c[0]);
}

#endif
