// Compiled for AVX-512; see CMakeLists.txt.
#define FP32_TABLE hrm_fp32_avx512
#define FP32_NAME  "AVX-512"
#include "core/compute/fp32_elementwise_kernels.h"
