#ifndef HRM_MODEL_SYMBOLS_H
#define HRM_MODEL_SYMBOLS_H

#include "core/model/config.h"

#include <stddef.h>
#include <stdint.h>

/// The edges of a symbol-equivariant model, see core/model/config.h: between the tokens of a puzzle
/// and its planes. Row (p K + k) N + n of a block is cell n in the plane of symbol k of puzzle p;
/// symbol k is the token first_symbol + k.

/// Rows of the table of tokens: those before the symbols, this symbol, another symbol, those behind
/// the symbols.
int hrm_symbols_rows(const struct hrm_model_config *config);

/// The one of them that a token has in the plane of a symbol.
size_t hrm_symbols_row(const struct hrm_model_config *config, uint16_t token, int symbol);

/// logits[B,N,V] from the scores [B,K,N]; those of tokens that are no symbols are so low that no
/// loss sees them, and finite.
void hrm_symbols_logits(const struct hrm_model_config *config, int puzzles, const float *scores,
                        float *logits);

/// The way back: dscores[B,K,N] from dlogits[B,N,V].
void hrm_symbols_scores(const struct hrm_model_config *config, int puzzles, const float *dlogits,
                        float *dscores);

/// q[B,2], the mean of those of the `rows` rows of every puzzle [B,rows,2]; and the way back.
void hrm_symbols_mean_q(int rows, int puzzles, const float *row_q, float *q);
void hrm_symbols_spread_q(int rows, int puzzles, const float *dq, float *drow_q);

#endif
