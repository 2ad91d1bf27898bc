#ifndef HRM_COMPUTE_BF16_PEAK_H
#define HRM_COMPUTE_BF16_PEAK_H

#include <stddef.h>

/// What the matrix unit of this core reaches, in FLOP/s, the best of some runs that take
/// a few milliseconds together; only where hrm_backend_bf16 is available.

/// Products of tiles that stay in registers.
double hrm_bf16_peak(void);

/// Two left and two right tiles loaded for four products, from `operands` of `bytes` bytes
/// (64-byte aligned, a multiple of 8 KB, any finite contents).
double hrm_bf16_peak_fed(const void *operands, size_t bytes);

#endif
