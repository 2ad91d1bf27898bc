#ifndef HRM_COMPUTE_BF16_PEAK_H
#define HRM_COMPUTE_BF16_PEAK_H

#include "core/compute/bf16_names.h"

#include <stddef.h>

/// What products of tiles reach on this core, in FLOP/s, the best of some runs that take a few
/// milliseconds together.

/// Products of tiles that stay in registers, or where vectors are the tiles, in the first cache.
double hrm_bf16_peak(void);

/// Two left and two right tiles loaded for four products, from `operands` of `bytes` bytes
/// (64-byte aligned, a multiple of 8 KB, any finite contents).
double hrm_bf16_peak_fed(const void *operands, size_t bytes);

#endif
