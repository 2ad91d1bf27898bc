#include "core/model/halting.h"

#include <math.h>

bool hrm_halting_wants(const struct hrm_model_config *config, const float *q)
{
    return config->q_continue ? q[0] > q[1] : q[0] > 0;
}

bool hrm_halting_decide(const struct hrm_model_config *config, const float *q, int steps,
                        struct hrm_random *random)
{
    // Drawn whether or not it matters, so that the stream does not depend on q.
    bool explore = hrm_random_uniform(random) < config->halt_exploration;
    int minimum = 0;
    if (explore && config->halt_max_steps >= 2)
        minimum = 2 + (int)hrm_random_below(random, (uint32_t)config->halt_max_steps - 1);
    if (steps >= config->halt_max_steps)
        return true;
    return hrm_halting_wants(config, q) && steps >= minimum;
}

bool hrm_halting_bootstraps(const struct hrm_model_config *config)
{
    return config->q_continue && config->halt_max_steps > 1;
}

double hrm_halting_target(const struct hrm_model_config *config, const float *next_q, int steps)
{
    bool last = steps >= config->halt_max_steps;
    double logit = last ? next_q[0] : fmax(next_q[0], next_q[1]);
    return 1 / (1 + exp(-logit));
}
