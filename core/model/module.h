#ifndef HRM_MODEL_MODULE_H
#define HRM_MODEL_MODULE_H

#include "core/model/workspace.h"

/// The blocks of one network.
struct hrm_module {
    const struct hrm_model_block *blocks;
    int count;
};

/// What every module call of a segment needs besides its own arguments.
struct hrm_module_context {
    const struct hrm_model *model;
    struct hrm_worker_buffers *buffers;
    struct hrm_block_shape shape; ///< of this batch
};

struct hrm_module_context hrm_module_open(const struct hrm_worker *worker,
                                          const struct hrm_batch *batch);

/// The row of a block that q of puzzle p comes from: its first, or its last where the attention is
/// causal, since that alone looks at all.
size_t hrm_module_q_row(const struct hrm_block_shape *shape, int p);

/// first[p,D] <- those rows of rows[M,D].
void hrm_module_gather(const struct hrm_module_context *context, const void *rows, void *first);

/// z <- M(z ; injection): z + injection through all blocks. z and injection [M,D].
void hrm_module_forward(const struct hrm_module_context *context, struct hrm_module module, void *z,
                        const void *injection);

/// The same, leaving what the backward pass needs in `tape`.
void hrm_module_record(const struct hrm_module_context *context, struct hrm_module module, void *z,
                       const void *injection, struct hrm_call_tape *tape);

/// The row of q of every puzzle of M(z ; injection), to first_h of the buffers; z is overwritten.
/// Rows of other positions enter the last block through its keys and values alone.
void hrm_module_first(const struct hrm_module_context *context, struct hrm_module module, void *z,
                      const void *injection);

/// Differentiate a recorded call. dz [in,out] [M,D]: gradient of the output, then that of
/// the input, which is the same for the state and for the injection.
/// @param gradient  [in,out] fp32 [layout.trained], added to
void hrm_module_backward(const struct hrm_module_context *context, struct hrm_module module,
                         struct hrm_call_tape *tape, void *dz, float *gradient);

#endif
