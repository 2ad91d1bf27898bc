#include "core/model/optimizer.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

#define PI 3.14159265358979323846

double hrm_schedule_factor(const struct hrm_schedule *schedule, int64_t step)
{
    if (step < schedule->warmup)
        return (double)step / (double)schedule->warmup;
    int64_t length = schedule->total - schedule->warmup;
    double progress = length > 0 ? (double)(step - schedule->warmup) / (double)length : 1;
    // The cosine rises again after the last step; the reference does not stop it either.
    double cosine = (1 - schedule->floor) * 0.5 * (1 + cos(PI * progress));
    return schedule->floor + fmax(0, cosine);
}

/// atan2(y, x) for x >= 0 to 3e-7, 0 for x = y = 0; without branches and with a single division
/// that is never by zero, so that loops over it are vectorized.
/// atan(t), t = small / large, is an odd polynomial up to tan(pi/8), and beyond it
/// pi/4 + atan((t - 1) / (t + 1)) = pi/4 + atan((small - large) / (small + large)).
static inline float atan2_positive(float y, float x)
{
    float size = fabsf(y), small = size < x ? size : x, large = size < x ? x : size;
    float far = small > 0.41421356f * large ? 1.0f : 0.0f;
    float divisor = large + far * small;
    float u = (small - far * large) / (divisor > 0 ? divisor : 1.0f), z = u * u;
    float p = 8.05374449538e-2f;
    p = p * z - 1.38776856032e-1f;
    p = p * z + 1.99777106478e-1f;
    p = p * z - 3.33329491539e-1f;
    float angle = p * z * u + u + far * 0.785398163f;
    // Beyond pi/4 the angle is pi/2 less that of the other quotient.
    float folded = size > x ? 1.0f : 0.0f;
    angle = folded * 1.57079633f + (1 - 2 * folded) * angle;
    return copysignf(angle, y);
}

/// The numbers of one step in fp32.
struct step {
    float keep, average1, average2, correction2, rate;
};

static void update(const struct step *step, size_t count, const float *g, float *p, float *m,
                   float *v)
{
#pragma omp simd
    for (size_t i = 0; i < count; i++) {
        m[i] += step->average1 * (g[i] - m[i]);
        v[i] += step->average2 * (g[i] * g[i] - v[i]);
        float angle = atan2_positive(m[i], sqrtf(v[i]) * step->correction2);
        p[i] = p[i] * step->keep - step->rate * angle;
    }
}

void hrm_adam_update(const struct hrm_adam *adam, const struct hrm_optimizer_state *state,
                     int64_t step, size_t first, size_t count)
{
    double t = (double)step;
    struct step numbers = {
        .keep = (float)(1 - adam->rate * adam->decay),
        .average1 = (float)(1 - adam->beta1),
        .average2 = (float)(1 - adam->beta2),
        .correction2 = (float)(1 / sqrt(1 - pow(adam->beta2, t))),
        .rate = (float)(adam->rate / (1 - pow(adam->beta1, t))),
    };
    update(&numbers, count, state->gradient + first, state->params + first, state->m + first,
           state->v + first);
    if (state->ema == NULL)
        return;
    float *ema = state->ema + first;
    const float *p = state->params + first;
    float part = (float)(1 - state->ema_rate);
    for (size_t i = 0; i < count; i++)
        ema[i] += part * (p[i] - ema[i]);
}

/// Sum the gradients of all slots with the identifier of slot `slot`.
static void sum_gradients(const struct hrm_sign_descent *descent, int slots, const int32_t *ids,
                          int slot, const float *gradient, double *sum)
{
    size_t width = (size_t)descent->width;
    memset(sum, 0, width * sizeof *sum);
    for (int other = slot; other < slots; other++) {
        if (ids[other] != ids[slot])
            continue;
        const float *g = gradient + (size_t)other * width;
        for (size_t i = 0; i < width; i++)
            sum[i] += (double)g[i];
    }
}

static bool seen_before(const int32_t *ids, int slot)
{
    for (int other = 0; other < slot; other++)
        if (ids[other] == ids[slot])
            return true;
    return false;
}

void hrm_sign_descent_update(const struct hrm_sign_descent *descent, float *weights, int slots,
                             const int32_t *ids, const float *gradient, double *sum)
{
    size_t width = (size_t)descent->width;
    float keep = (float)(1 - descent->rate * descent->decay), rate = (float)descent->rate;
    for (int slot = 0; slot < slots; slot++) {
        if (seen_before(ids, slot))
            continue;
        sum_gradients(descent, slots, ids, slot, gradient, sum);
        float *w = weights + (size_t)ids[slot] * width;
        for (size_t i = 0; i < width; i++) {
            float sign = (float)((sum[i] > 0) - (sum[i] < 0));
            w[i] = w[i] * keep - rate * sign;
        }
    }
}
