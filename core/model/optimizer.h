#ifndef HRM_MODEL_OPTIMIZER_H
#define HRM_MODEL_OPTIMIZER_H

#include "core/model/params.h"

#include <stddef.h>
#include <stdint.h>

/// Learning rate over the steps: warm-up from step 1, then cosine to `floor` times the base.
struct hrm_schedule {
    int64_t warmup; ///< steps
    int64_t total;  ///< steps
    double floor;   ///< 1: constant after the warm-up
};

/// The factor on the base rate at `step` (from 1).
double hrm_schedule_factor(const struct hrm_schedule *schedule, int64_t step);

/// AdamATan2 with decoupled weight decay on every trained tensor.
struct hrm_adam {
    double rate, decay, beta1, beta2;
};

/// What an optimizer works on. Adam's m and v are averages; Muon keeps its momentum in m.
struct hrm_optimizer_state {
    float *params, *gradient, *m, *v, *ema; ///< each [layout.trained]; ema or NULL
    double ema_rate;
};

/// Update the floats [first, first + count) of the trained part; element-wise, so any split over
/// threads or ranks gives the same values. step from 1.
/// p <- p (1 - rate decay); m, v moving averages; p <- p - rate / (1 - beta1^t) atan2(m, sqrt(v /
/// (1 - beta2^t))). Source: adam-atan2 0.0.3. The package adam-atan2-pytorch has another rule: its
/// steps are 1.27 times as long (its factor a), and its beta2 and weight decay have other defaults.
/// ema, where there is one, follows p as a moving average.
void hrm_adam_update(const struct hrm_adam *adam, const struct hrm_optimizer_state *state,
                     int64_t step, size_t first, size_t count);

/// Sign descent of the puzzle embedding: for every identifier among ids,
/// w <- w (1 - rate decay) - rate sign(sum of its gradients); sign(0) = 0.
/// @param weights  [in,out] fp32 [puzzle_ids, width]
/// @param ids      [in] [slots]
/// @param gradient [in] fp32 [slots, width] of every slot of the global batch, in slot order
/// @param sum      [work] fp64 [width]
struct hrm_sign_descent {
    double rate, decay;
    int width;
};
void hrm_sign_descent_update(const struct hrm_sign_descent *descent, float *weights, int slots,
                             const int32_t *ids, const float *gradient, double *sum);

#endif
