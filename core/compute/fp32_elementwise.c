#define FP32_TABLE hrm_fp32_baseline
#define FP32_NAME  "baseline"
#include "core/compute/fp32_elementwise_kernels.h"

const struct hrm_fp32_elementwise *hrm_fp32_select(void)
{
#ifdef HRM_HAVE_AVX512
    __builtin_cpu_init();
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
        __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl"))
        return &hrm_fp32_avx512;
#endif
#ifdef HRM_HAVE_AVX2
    __builtin_cpu_init();
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
        return &hrm_fp32_avx2;
#endif
    return &hrm_fp32_baseline;
}
