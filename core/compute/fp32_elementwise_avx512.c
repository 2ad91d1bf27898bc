// Compiled for AVX-512 where the processor family has it; see CMakeLists.txt.
#ifdef __AVX512F__
#define FP32_TABLE hrm_fp32_avx512
#define FP32_NAME  "AVX-512"
#include "core/compute/fp32_elementwise_kernels.h"
#else
typedef int hrm_fp32_avx512_unused;
#endif
