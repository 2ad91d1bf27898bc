#ifndef HRM_COMPUTE_PROBE_H
#define HRM_COMPUTE_PROBE_H

#include "core/compute/backend.h"

#include <stdint.h>

/// The parts that a segment's time is spent in.
enum hrm_probe_part {
    HRM_PROBE_ADD,
    HRM_PROBE_QKV,
    HRM_PROBE_ATTENTION,
    HRM_PROBE_PROJECT,
    HRM_PROBE_SWIGLU,
    HRM_PROBE_DOWN, ///< the projection behind SwiGLU
    HRM_PROBE_HEAD,
    HRM_PROBE_QKV_BACKWARD,
    HRM_PROBE_ATTENTION_BACKWARD,
    HRM_PROBE_PROJECT_BACKWARD,
    HRM_PROBE_SWIGLU_BACKWARD,
    HRM_PROBE_DOWN_BACKWARD,
    HRM_PROBE_MLP_BACKWARD, ///< SwiGLU and down together; what is computed anew does not count
    HRM_PROBE_HEAD_BACKWARD,
    HRM_PROBE_PARTS
};

/// What was spent since hrm_probe_reset(). FLOP: 2 a multiply-add of the products; the scores'
/// backward pass counts five products, two of them recomputed or of the softmax.
struct hrm_probe {
    double seconds[HRM_PROBE_PARTS], flop[HRM_PROBE_PARTS];
    int64_t calls[HRM_PROBE_PARTS];
};

/// "qkv", "attention backward", ...
const char *hrm_probe_part_name(enum hrm_probe_part part);

/// A backend that does what `backend` does and takes the time of every kernel of the calling
/// thread. There is one for the process: wrapping another replaces it.
const struct hrm_backend *hrm_probe_wrap(const struct hrm_backend *backend);

/// Of the calling thread.
void hrm_probe_reset(void);
struct hrm_probe hrm_probe_read(void);

#endif
