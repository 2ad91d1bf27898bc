#include "core/model/symbols.h"

int hrm_symbols_rows(const struct hrm_model_config *config)
{
    return config->vocab - hrm_model_symbols(config) + 2;
}

size_t hrm_symbols_row(const struct hrm_model_config *config, uint16_t token, int symbol)
{
    int first = config->first_symbol, count = hrm_model_symbols(config);
    int own = first, other = first + 1;
    if (token < first)
        return token;
    if (token >= first + count)
        return (size_t)(token - count + 2);
    return (size_t)(token == first + symbol ? own : other);
}

void hrm_symbols_logits(const struct hrm_model_config *config, int puzzles, const float *scores,
                        float *logits)
{
    const size_t cells = (size_t)config->cells, symbols = (size_t)hrm_model_planes(config);
    const size_t first = (size_t)config->first_symbol;
    for (size_t at = 0; at < (size_t)puzzles * cells; at++, logits += config->vocab) {
        const float *own = scores + at / cells * symbols * cells + at % cells;
        for (int j = 0; j < config->vocab; j++)
            logits[j] = -1e30f;
        for (size_t k = 0; k < symbols; k++)
            logits[first + k] = own[k * cells];
    }
}

void hrm_symbols_scores(const struct hrm_model_config *config, int puzzles, const float *dlogits,
                        float *dscores)
{
    const size_t cells = (size_t)config->cells, symbols = (size_t)hrm_model_planes(config);
    const size_t first = (size_t)config->first_symbol;
    for (size_t at = 0; at < (size_t)puzzles * cells; at++, dlogits += config->vocab) {
        float *own = dscores + at / cells * symbols * cells + at % cells;
        for (size_t k = 0; k < symbols; k++)
            own[k * cells] = dlogits[first + k];
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
