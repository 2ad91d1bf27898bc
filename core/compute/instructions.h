#ifndef HRM_COMPUTE_INSTRUCTIONS_H
#define HRM_COMPUTE_INSTRUCTIONS_H

#include <stdbool.h>

/// Which bf16 kernels this machine can run. Compiled for any machine, like everything that is
/// called before an answer.

/// AVX-512 with AVX512-BF16 (Cooper Lake, Sapphire Rapids, Zen 4 and their followers).
bool hrm_bf16_avx512_available(void);

/// Whether it is faster than the fp32 of OpenBLAS. The dot products of AMD do twice the work of a
/// multiply-add; those of Intel run on one port of two and win nothing, but where OpenBLAS has no
/// AVX-512 kernels for the CPU: 0.3.21 takes those of 2004 (Prescott) on Emerald Rapids.
bool hrm_bf16_avx512_pays(void);

/// AMX-BF16. Asks the kernel for the state of the tiles, for all threads of the process.
bool hrm_bf16_amx_available(void);

#endif
