#include "core/model/symbols.h"

size_t hrm_symbols_row(uint8_t token, int symbol)
{
    enum { OWN = HRM_MODEL_NO_SYMBOLS, OTHER };
    if (token < HRM_MODEL_NO_SYMBOLS)
        return token;
    return token == HRM_MODEL_NO_SYMBOLS + symbol ? OWN : OTHER;
}

void hrm_symbols_logits(const struct hrm_model_config *config, int puzzles, const float *scores,
                        float *logits)
{
    const size_t seq = (size_t)hrm_model_seq(config), symbols = (size_t)hrm_model_symbols(config);
    for (size_t row = 0; row < (size_t)puzzles * seq; row++, logits += config->vocab) {
        const float *own = scores + row / seq * symbols * seq + row % seq;
        for (size_t k = 0; k < HRM_MODEL_NO_SYMBOLS; k++)
            logits[k] = -1e30f;
        for (size_t k = 0; k < symbols; k++)
            logits[HRM_MODEL_NO_SYMBOLS + k] = own[k * seq];
    }
}

void hrm_symbols_scores(const struct hrm_model_config *config, int puzzles, const float *dlogits,
                        float *dscores)
{
    const size_t seq = (size_t)hrm_model_seq(config), symbols = (size_t)hrm_model_symbols(config);
    const size_t prefix = (size_t)hrm_model_prefix(config);
    for (size_t row = 0; row < (size_t)puzzles * seq; row++, dlogits += config->vocab) {
        float *own = dscores + row / seq * symbols * seq + row % seq;
        for (size_t k = 0; k < symbols; k++)
            own[k * seq] = row % seq < prefix ? 0 : dlogits[HRM_MODEL_NO_SYMBOLS + k];
    }
}

void hrm_symbols_mean_q(int symbols, int puzzles, float *q)
{
    for (int i = 0; i < 2 * puzzles; i++) {
        const float *own = q + 2 * (i / 2 * symbols) + i % 2;
        float sum = 0;
        for (int k = 0; k < symbols; k++)
            sum += own[2 * k];
        q[i] = sum / (float)symbols;
    }
}

void hrm_symbols_spread_q(int symbols, int puzzles, const float *dmean, float *dq)
{
    for (int i = 0; i < puzzles * symbols; i++) {
        for (int j = 0; j < 2; j++)
            dq[2 * i + j] = dmean[2 * (i / symbols) + j] / (float)symbols;
    }
}
