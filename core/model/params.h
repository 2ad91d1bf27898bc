#ifndef HRM_MODEL_PARAMS_H
#define HRM_MODEL_PARAMS_H

#include "core/base/error.h"
#include "core/model/config.h"

#include <stddef.h>
#include <stdint.h>

/// How a tensor changes in training.
enum hrm_tensor_kind {
    HRM_TENSOR_TRAINED, ///< by AdamATan2 or Muon; has a gradient
    HRM_TENSOR_PUZZLE,  ///< the puzzle embedding, by sign descent
    HRM_TENSOR_FIXED    ///< the initial states
};

struct hrm_tensor {
    char name[64];  ///< as in the reference's state dict without prefix, e.g.
                    ///< "H_level.layers.0.self_attn.qkv_proj.weight"
    int rows, cols; ///< [rows,cols] row-major; a vector has rows = 1
    int maps;       ///< linear maps of rows / maps rows each that a matrix of a block stacks (q, k,
                    ///< v; gate, up); 0: no matrix of a block
    size_t offset;  ///< floats from the start of the parameter array
    enum hrm_tensor_kind kind;
};

/// Where each tensor lies in one flat array of floats: all TRAINED first (their gradient and
/// optimizer state have the same layout), then the puzzle embedding, then the initial states.
struct hrm_layout {
    struct hrm_tensor *tensors; ///< in the reference's order (H_init first); owned
    int count;
    size_t trained; ///< floats of the TRAINED part
    size_t total;   ///< floats in all
    size_t lead;    ///< floats from a cache line on which the array is best put: then the matrices
                    ///< of the blocks, which are the last of the TRAINED, begin on one too
};

/// Free with hrm_layout_free(). Errors: HRM_FAILED when memory is short.
int hrm_layout_init(struct hrm_layout *layout, const struct hrm_model_config *config,
                    struct hrm_error *error);
void hrm_layout_free(struct hrm_layout *layout);

/// The tensor of that name, or NULL.
const struct hrm_tensor *hrm_layout_find(const struct hrm_layout *layout, const char *name);

/// Draw the initial values: truncated normal of standard deviation 1/sqrt(fan in), q_head 0 and
/// -5, puzzle embedding 0, initial states of standard deviation 1 rounded to bf16.
/// The same on every rank. Source: sapientinc/HRM, models/common.py and hrm_act_v1.py.
/// @param values  [out] layout->total floats
void hrm_params_draw(const struct hrm_layout *layout, uint64_t seed, float *values);

/// Round the matrices of the blocks to the nearest bf16 numbers, ties to even, as the bf16 backend
/// does.
void hrm_params_round(const struct hrm_layout *layout, float *values);

#endif
