#ifndef HRM_COMPUTE_BF16_ROPE_H
#define HRM_COMPUTE_BF16_ROPE_H

#include "core/compute/bf16.h"

/// Rotate q and k of the rows first..first+count-1 of qkv[rows,3D] in place, in fp32, rounded once.
/// sign 1 rotates forward, -1 is the adjoint, which is the rotation back.
void hrm_bf16_rotate(const struct hrm_block_shape *shape, const struct hrm_rope *rope, float sign,
                     int first, int count, uint16_t *qkv);

#endif
