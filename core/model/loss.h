#ifndef HRM_MODEL_LOSS_H
#define HRM_MODEL_LOSS_H

#include "core/model/config.h"

#include <stdbool.h>
#include <stdint.h>

/// Losses and metrics of one puzzle at one segment.
struct hrm_puzzle_loss {
    double lm;         ///< mean over the labelled cells of the cross-entropy
    double q_halt;     ///< binary cross-entropy of q_halt against `exact`
    double q_continue; ///< binary cross-entropy of q_continue against its target, or 0
    int right;         ///< labelled cells whose argmax is the label
    int cells;         ///< labelled cells
    bool exact;        ///< all of them
};

/// Most likely token of each cell, ties to the lowest. predictions [N]
void hrm_loss_decode(const struct hrm_model_config *config, const float *logits,
                     uint16_t *predictions);

/// Losses of one puzzle, and the gradients of `scale` times the total
/// lm + 0.5 (q_halt + q_continue). Cross-entropy in fp64: stablemax (s(x) = x + 1 for x >= 0,
/// 1 / (1 - x) below) or softmax; label 0 is not counted.
/// @param logits   [in] fp32 [S,V] of this puzzle
/// @param q        [in] fp32 [2]
/// @param labels   [in] tokens [N]
/// @param target   [in] target of q_continue; NaN: no such loss
/// @param scale    [in] 1 / global batch
/// @param dlogits  [out] fp32 [S,V], rows of the first P positions set to 0; NULL: losses only
/// @param dq       [out] fp32 [2]; NULL with dlogits
/// Source: sapientinc/HRM, models/losses.py.
struct hrm_puzzle_loss hrm_loss_puzzle(const struct hrm_model_config *config, const float *logits,
                                       const float *q, const uint16_t *labels, double target,
                                       double scale, float *dlogits, float *dq);

#endif
