#ifndef HRM_MODEL_WORKSPACE_H
#define HRM_MODEL_WORKSPACE_H

#include "core/model/segment.h"

#include <stddef.h>

/// What one block leaves behind: activations [M,.] in the backend's element type.
struct hrm_block_tape {
    void *qkv;          ///< [M,3D]
    void *o;            ///< [M,D] attention output
    void *n1;           ///< [M,D] after attention and norm
    void *gate_up;      ///< [M,2F]; NULL when it is not needed or computed anew
    void *act;          ///< [M,F]; NULL when it is computed anew
    void *n2;           ///< [M,D] after SwiGLU and norm: the block's output
    float *inv1, *inv2; ///< fp32 [M]; NULL when nothing is differentiated
};

/// The tape of one module call.
struct hrm_call_tape {
    void *input; ///< [M,D] state plus injection
    struct hrm_block_tape *blocks;
};

/// Offsets in the parameter array of what is not a block's.
struct hrm_segment_offsets {
    size_t embed_tokens, embed_pos, lm_head, q_head, q_bias, puzzle, h_init, l_init;
};

/// The memory behind a worker. M = puzzles * hrm_model_rows() rows, D = hidden, F = inner, O = out
/// of the head of the cells: V, or 1 of a symbol-equivariant model.
struct hrm_worker_buffers {
    struct hrm_segment_offsets at;
    struct hrm_block_shape shape;        ///< of a full block
    int32_t *lengths;                    ///< [puzzles] of a batch, in positions
    void *scratch;                       ///< the backend's
    void *x;                             ///< [M,D] embedded input
    void *injection;                     ///< [M,D] z_h + x
    void *next_h, *next_l;               ///< [M,D] the states that a peek advances
    struct hrm_block_tape work;          ///< of calls that are not differentiated; no n1, n2
    void *first_h, *first_o, *first_act; ///< [puzzles, D|D|F] position 0 of every puzzle
    float *rows;                         ///< fp32 [M,D]
    float *scores;                       ///< fp32 [M,O] of the head of the cells
    float *logits;                       ///< fp32 [puzzles * S, V]; the scores where O is V
    float *q, *next_q;                   ///< fp32 [puzzles,2]
    float *row_q;                        ///< fp32 [M,2] of a symbol-equivariant model, or NULL

    // Training only.
    int l_calls;                 ///< differentiated L calls
    struct hrm_call_tape *calls; ///< [l_calls + 1], in the order they run; the last is H's
    void *dz;                    ///< [M,D]
    void *dfirst;                ///< [puzzles,D] gradient of position 0 through q; of all M rows
                                 ///< where q comes from all
    float *dx;                   ///< fp32 [M,D]
    float *dscores;              ///< fp32 [M,O]
};

#endif
