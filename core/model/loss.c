#include "core/model/loss.h"

#include <math.h>
#include <string.h>

void hrm_loss_decode(const struct hrm_model_config *config, const float *logits,
                     uint16_t *predictions)
{
    size_t vocab = (size_t)config->vocab;
    const float *row = logits + (size_t)hrm_model_prefix(config) * vocab;
    for (size_t n = 0; n < (size_t)config->cells; n++, row += vocab) {
        size_t best = 0;
        for (size_t j = 1; j < vocab; j++)
            best = row[j] > row[best] ? j : best;
        predictions[n] = (uint16_t)best;
    }
}

/// s(x) of stablemax.
static double stable(double x)
{
    return x < 0 ? 1 / (1 - x) : x + 1;
}

/// s'(x).
static double stable_slope(double x)
{
    return x < 0 ? 1 / ((1 - x) * (1 - x)) : 1;
}

/// Cross-entropy of one cell; weight times its gradient to d [V] unless d is NULL.
/// d ce / d x_j = s'(x_j) (1 / sum s - [j = label] / s(x_label))
static double stablemax(size_t vocab, const float *x, size_t label, double weight, float *d)
{
    double total = 0, own = stable(x[label]);
    for (size_t j = 0; j < vocab; j++)
        total += stable(x[j]);
    for (size_t j = 0; d != NULL && j < vocab; j++)
        d[j] = (float)(weight * stable_slope(x[j]) * (1 / total - (j == label ? 1 / own : 0)));
    return log(total / own);
}

/// The same for softmax: d ce / d x_j = p_j - [j = label]
static double softmax(size_t vocab, const float *x, size_t label, double weight, float *d)
{
    double largest = x[0], total = 0;
    for (size_t j = 1; j < vocab; j++)
        largest = fmax(largest, x[j]);
    for (size_t j = 0; j < vocab; j++)
        total += exp(x[j] - largest);
    for (size_t j = 0; d != NULL && j < vocab; j++)
        d[j] = (float)(weight * (exp(x[j] - largest) / total - (j == label ? 1 : 0)));
    return log(total) + largest - x[label];
}

static double binary_cross_entropy(double logit, double target)
{
    return fmax(logit, 0) - logit * target + log1p(exp(-fabs(logit)));
}

static double sigmoid(double x)
{
    return 1 / (1 + exp(-x));
}

/// Labelled cells, and how many of them are predicted.
static void count_right(const struct hrm_model_config *config, const float *logits,
                        const uint16_t *labels, struct hrm_puzzle_loss *loss)
{
    size_t vocab = (size_t)config->vocab;
    const float *row = logits + (size_t)hrm_model_prefix(config) * vocab;
    for (size_t n = 0; n < (size_t)config->cells; n++, row += vocab) {
        if (labels[n] == 0)
            continue;
        size_t best = 0;
        for (size_t j = 1; j < vocab; j++)
            best = row[j] > row[best] ? j : best;
        loss->cells++;
        loss->right += best == labels[n];
    }
    loss->exact = loss->right == loss->cells;
}

/// Mean over the labelled cells; the gradient of scale times it goes to dlogits.
static double cells_loss(const struct hrm_model_config *config, const float *logits,
                         const uint16_t *labels, int labelled, double scale, float *dlogits)
{
    size_t vocab = (size_t)config->vocab, prefix = (size_t)hrm_model_prefix(config);
    double divisor = labelled > 0 ? labelled : 1, sum = 0;
    if (dlogits != NULL)
        memset(dlogits, 0, (size_t)hrm_model_seq(config) * vocab * sizeof *dlogits);
    for (size_t n = 0; n < (size_t)config->cells; n++) {
        size_t at = (prefix + n) * vocab;
        float *d = dlogits != NULL ? dlogits + at : NULL;
        if (labels[n] == 0)
            continue;
        sum += config->loss == HRM_LOSS_STABLEMAX
                   ? stablemax(vocab, logits + at, labels[n], scale / divisor, d)
                   : softmax(vocab, logits + at, labels[n], scale / divisor, d);
    }
    return sum / divisor;
}

struct hrm_puzzle_loss hrm_loss_puzzle(const struct hrm_model_config *config, const float *logits,
                                       const float *q, const uint16_t *labels, double target,
                                       double scale, float *dlogits, float *dq)
{
    struct hrm_puzzle_loss loss = {0};
    count_right(config, logits, labels, &loss);
    loss.lm = cells_loss(config, logits, labels, loss.cells, scale, dlogits);
    double exact = loss.exact ? 1 : 0;
    loss.q_halt = binary_cross_entropy(q[0], exact);
    if (!isnan(target))
        loss.q_continue = binary_cross_entropy(q[1], target);
    if (dlogits != NULL) {
        dq[0] = (float)(0.5 * scale * (sigmoid(q[0]) - exact));
        dq[1] = isnan(target) ? 0 : (float)(0.5 * scale * (sigmoid(q[1]) - target));
    }
    return loss;
}
