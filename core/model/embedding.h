#ifndef HRM_MODEL_EMBEDDING_H
#define HRM_MODEL_EMBEDDING_H

#include "core/model/workspace.h"

/// x[M,D] of the buffers: sqrt(D) times the puzzle embedding, padded with zeros to P positions,
/// followed by the token embeddings; with learned positions sqrt(D / 2) times embedding + position.
/// Source: sapientinc/HRM, models/hrm/hrm_act_v1.py.
void hrm_embedding_forward(struct hrm_worker *worker, const struct hrm_batch *batch);

/// From dx [M,D] of the buffers: gradients of the tables, added to `gradient`, and of each
/// puzzle's vector, dpuzzle [B, puzzle_emb] or NULL.
void hrm_embedding_backward(struct hrm_worker *worker, const struct hrm_batch *batch,
                            float *gradient, float *dpuzzle);

#endif
