// Compiled for AVX2 and FMA where the processor family has them; see CMakeLists.txt.
#ifdef __AVX2__
#define FP32_TABLE hrm_fp32_avx2
#define FP32_NAME  "AVX2"
#include "core/compute/fp32_elementwise_kernels.h"
#else
typedef int hrm_fp32_avx2_unused;
#endif
