#include "core/model/symbols.h"

size_t hrm_symbols_row(uint16_t token, int symbol)
{
    enum { OWN = HRM_MODEL_NO_SYMBOLS, OTHER };
    if (token < HRM_MODEL_NO_SYMBOLS)
        return token;
    return token == HRM_MODEL_NO_SYMBOLS + symbol ? OWN : OTHER;
}

void hrm_symbols_logits(const struct hrm_model_config *config, int puzzles, const float *scores,
                        float *logits)
{
    const size_t cells = (size_t)config->cells, symbols = (size_t)hrm_model_symbols(config);
    for (size_t at = 0; at < (size_t)puzzles * cells; at++, logits += config->vocab) {
        const float *own = scores + at / cells * symbols * cells + at % cells;
        for (size_t k = 0; k < HRM_MODEL_NO_SYMBOLS; k++)
            logits[k] = -1e30f;
        for (size_t k = 0; k < symbols; k++)
            logits[HRM_MODEL_NO_SYMBOLS + k] = own[k * cells];
    }
}

void hrm_symbols_scores(const struct hrm_model_config *config, int puzzles, const float *dlogits,
                        float *dscores)
{
    const size_t cells = (size_t)config->cells, symbols = (size_t)hrm_model_symbols(config);
    for (size_t at = 0; at < (size_t)puzzles * cells; at++, dlogits += config->vocab) {
        float *own = dscores + at / cells * symbols * cells + at % cells;
        for (size_t k = 0; k < symbols; k++)
            own[k * cells] = dlogits[HRM_MODEL_NO_SYMBOLS + k];
    }
}

void hrm_symbols_mean_q(int rows, int puzzles, const float *row_q, float *q)
{
    for (int i = 0; i < 2 * puzzles; i++) {
        const float *own = row_q + i / 2 * rows * 2 + i % 2;
        float sum = 0;
        for (int k = 0; k < rows; k++)
            sum += own[2 * k];
        q[i] = sum / (float)rows;
    }
}

void hrm_symbols_spread_q(int rows, int puzzles, const float *dq, float *drow_q)
{
    for (int i = 0; i < 2 * puzzles * rows; i++)
        drow_q[i] = dq[i / (2 * rows) * 2 + i % 2] / (float)rows;
}
