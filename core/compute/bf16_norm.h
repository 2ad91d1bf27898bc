#ifndef HRM_COMPUTE_BF16_NORM_H
#define HRM_COMPUTE_BF16_NORM_H

#include "core/compute/bf16_names.h"

#include <stdint.h>

/// dy = r (dn - n mean(dn n)) for every row; bf16 [rows, hidden], r fp32 [rows]; dy may be dn.
void hrm_bf16_norm_backward(int rows, int hidden, const float *r, const uint16_t *n,
                            const uint16_t *dn, uint16_t *dy);

#endif
