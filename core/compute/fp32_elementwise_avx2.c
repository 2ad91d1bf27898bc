// Compiled for AVX2 and FMA; see CMakeLists.txt.
#define FP32_TABLE hrm_fp32_avx2
#define FP32_NAME  "AVX2"
#include "core/compute/fp32_elementwise_kernels.h"
