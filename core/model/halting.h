#ifndef HRM_MODEL_HALTING_H
#define HRM_MODEL_HALTING_H

#include "core/base/random.h"
#include "core/model/config.h"

#include <stdbool.h>
#include <stdint.h>

/// Whether the halting head asks to stop: q_halt > q_continue, or q_halt > 0 without q_continue.
bool hrm_halting_wants(const struct hrm_model_config *config, const float *q);

/// Whether a training slot halts after its `steps`-th segment: at halt_max_steps, or when it
/// wants to and the drawn minimum of segments is reached. With probability halt_exploration the
/// minimum is uniform in 2..halt_max_steps, drawn from `random` at every segment.
bool hrm_halting_decide(const struct hrm_model_config *config, const float *q, int steps,
                        struct hrm_random *random);

/// Whether training needs the q of the next segment: q_continue is learned and an episode can
/// have a next segment. The reference has no such loss at halt_max_steps = 1.
bool hrm_halting_bootstraps(const struct hrm_model_config *config);

/// Target of q_continue from the q of the next segment: sigmoid(q_halt') for a slot that had its
/// last segment, else sigmoid(max(q_halt', q_continue')).
double hrm_halting_target(const struct hrm_model_config *config, const float *next_q, int steps);

#endif
