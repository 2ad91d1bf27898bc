#ifndef HRM_MODEL_EDGES_H
#define HRM_MODEL_EDGES_H

#include "core/model/module.h"
#include "core/model/workspace.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// The edges of a model: how the tokens of a puzzle become rows of its state, and rows become
/// predictions. Two kinds, see core/model/config.h: plain, with a row for each position, and
/// symbol-equivariant, with a row for each symbol at each position. Row (p K + k) N + n of a block
/// of the latter is cell n in plane k of puzzle p, of the token first_symbol + k.
///
/// B puzzles, N cells, S positions with those of the puzzle embedding, K planes, M rows in all,
/// V tokens, D hidden. Fp32 but z_h.
struct hrm_edges {
    /// Rows of the table of tokens, and which of them a token has in a plane.
    int (*token_rows)(const struct hrm_model_config *config);
    size_t (*token_row)(const struct hrm_model_config *config, uint16_t token, int plane);

    /// O: what the head of the cells gives for each row.
    int (*scores)(const struct hrm_model_config *config);
    /// logits[B,S,V] from scores[M,O]; NULL: they are the same.
    void (*unembed)(const struct hrm_model_config *config, int puzzles, const float *scores,
                    float *logits);
    /// The way back. Rows that predict nothing get zeros.
    void (*unembed_backward)(const struct hrm_model_config *config, int puzzles,
                             const float *dlogits, float *dscores);

    /// q comes from position 0 of a puzzle alone, and not from all rows.
    bool pools_first;
    /// q[B,2], without its bias, from z_h [M,D]. Where pools_first, from what the caller has
    /// gathered in first_h of the buffers.
    void (*pool)(const struct hrm_worker *worker, const struct hrm_module_context *context,
                 const void *z_h, float *q);
    /// The way back: dz of the buffers += the gradient of z_h of the worker, dhead [2,D] += that
    /// of the head's weights.
    void (*pool_backward)(const struct hrm_worker *worker, const struct hrm_module_context *context,
                          const float *dq, float *dhead);
};

/// Those of a model.
const struct hrm_edges *hrm_model_edges(const struct hrm_model_config *config);

#endif
