#ifndef HRM_MODEL_ATTENTION_H
#define HRM_MODEL_ATTENTION_H

#include "core/base/error.h"
#include "core/compute/backend.h"
#include "core/model/config.h"

/// The tables that a model's attention reads: rotary angles, and which position looks at which.
/// All items of a task have as many positions, so training and evaluation pass no lengths
/// (hrm_block_shape.lengths is NULL); kernels and workers take them for items that differ.
struct hrm_attention_tables {
    struct hrm_rope rope;           ///< cos NULL where nothing is rotated
    struct hrm_attention attention; ///< of every row block
    float *angles;                  ///< owned, as are the next two; each may be NULL
    uint16_t *mask;
    int32_t *groups;
};

/// Build them for a configuration that hrm_model_config_check() has passed.
/// Errors: HRM_FAILED when memory is short. Free them in any case.
int hrm_attention_tables_init(struct hrm_attention_tables *tables,
                              const struct hrm_model_config *config, struct hrm_error *error);
void hrm_attention_tables_free(struct hrm_attention_tables *tables);

#endif
