#ifndef HRM_MODEL_MUON_H
#define HRM_MODEL_MUON_H

#include "core/compute/backend.h"
#include "core/model/optimizer.h"

#include <stdbool.h>

/// Muon: the matrices of the blocks step along the (nearly) orthogonal matrix next to the moving
/// average of their gradient, so that all its directions count alike. What stacks several maps
/// (q, k, v; gate, up) is taken map by map. Everything else is left to AdamATan2.
/// Source: Jordan et al. (2024), Muon; the scale, with which a rate and a decay that suit Adam suit
/// Muon, is that of Liu et al. (2025), Muon is Scalable for LLM Training.
///
/// Where this differs from torch.optim.Muon (PyTorch 2.9), for who moves a state or a rate over:
/// - m is a sum, theirs an average that takes 1 - momentum of each gradient. m is their buffer
///   divided by 1 - momentum: 20 times it at 0.95. The direction is the same.
/// - O is given g + momentum m divided by its norm. There is no eps; theirs divides by 1e-7 at
///   least, so that a tiny gradient makes a short step.
/// - The scale is their adjust_lr_fn = "match_rms_adamw", not the default "original".
/// - They take a stacked tensor as one matrix.
struct hrm_muon {
    double rate, decay, momentum;
};

/// Whether a tensor is a matrix of a block. They are the last of the trained part.
bool hrm_muon_takes(const struct hrm_tensor *tensor);

/// Floats before the first tensor that Muon takes: those of AdamATan2.
size_t hrm_muon_begin(const struct hrm_layout *layout);

/// Bytes that one update works with.
size_t hrm_muon_scratch(const struct hrm_layout *layout, const struct hrm_backend *backend);

/// Update one tensor, the same on any thread:
/// m <- momentum m + g; p <- p (1 - rate decay) - rate 0.2 sqrt(max(rows, cols)) O(g + momentum m)
/// where O brings all singular values close to 1, see hrm_backend.orthogonalize.
/// @param state    [in,out] params, m, ema of the tensor's part; v is not touched
/// @param scratch  [work] hrm_muon_scratch() bytes, 64-byte aligned
void hrm_muon_update(const struct hrm_muon *muon, const struct hrm_backend *backend,
                     const struct hrm_optimizer_state *state, const struct hrm_tensor *tensor,
                     void *scratch);

#endif
