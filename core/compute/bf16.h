#ifndef HRM_COMPUTE_BF16_H
#define HRM_COMPUTE_BF16_H

#include "core/compute/backend.h"
#include "core/compute/bf16_names.h"

/// The kernels of the bf16 backends, entries of hrm_backend_bf16 and hrm_backend_bf16_avx512
/// (contracts in backend.h), and what they share. Files called bf16_*.c are compiled once for
/// each; they need AVX-512 with AVX512-BF16, and AMX for the tiles of the first.

/// Most pairs of a slice whose sums wait while another chunk of the depth is added; products
/// that finish whole rows need one for all pairs.
#define HRM_BF16_PARTIALS 24

/// Sizes rounded up to what tiles cover.
static inline int hrm_bf16_up(int n, int multiple)
{
    return (n + multiple - 1) / multiple * multiple;
}

static inline int hrm_bf16_rows(const struct hrm_block_shape *shape)
{
    return shape->puzzles * shape->seq;
}

/// Scratch of a kernel: a fixed part and the rest, used by one kernel after another.
struct hrm_bf16_scratch {
    float *tiles;   ///< two blocks of [32,32]
    float *partial; ///< blocks of [32,32]: HRM_BF16_PARTIALS, at least hidden / 32
    void *tail;     ///< bf16 [padded rows, 32]
    uint8_t *rest;  ///< what the kernel needs beside
};

struct hrm_bf16_scratch hrm_bf16_scratch_split(const struct hrm_block_shape *shape, void *scratch);

/// Bytes of the gradient of the outputs of a head, rounded.
size_t hrm_bf16_head_bytes(const struct hrm_block_shape *shape);

/// Bytes of the fixed part.
size_t hrm_bf16_scratch_fixed(const struct hrm_block_shape *shape);

/// Bytes that attention needs of `rest`, forward and backward.
size_t hrm_bf16_attention_bytes(const struct hrm_block_shape *shape);
size_t hrm_bf16_attention_backward_bytes(const struct hrm_block_shape *shape);
/// Attention in groups, and its gradient.
/// @param rest  [work] hrm_bf16_groups_bytes()
void hrm_bf16_groups(const struct hrm_block_shape *shape, const uint16_t *qkv, uint16_t *o,
                     void *rest);
void hrm_bf16_groups_backward(const struct hrm_block_shape *shape, const uint16_t *qkv,
                              const uint16_t *d_o, uint16_t *dqkv, void *rest);
size_t hrm_bf16_groups_bytes(const struct hrm_block_shape *shape);
/// Bytes that the backward pass of SwiGLU needs of `rest` beside its weight gradient.
size_t hrm_bf16_swiglu_backward_bytes(const struct hrm_block_shape *shape);
/// Bytes that a weight gradient needs of `rest`.
size_t hrm_bf16_gradient_bytes(int rows, int out, int in);

/// Packed matrices: tile columns of 16 outputs, right tiles along the inputs, both padded with
/// zeros to multiples of 32. BOTH appends the same of the transpose.
size_t hrm_bf16_packed_bytes(int out, int in, enum hrm_pack pack);
void hrm_bf16_pack(int out, int in, const float *values, enum hrm_pack pack, void *packed);

/// The packed transpose inside what was packed for BOTH.
const void *hrm_bf16_packed_transpose(const struct hrm_weight *w);

void hrm_bf16_from_float(size_t n, const float *x, void *y);
void hrm_bf16_to_float(size_t n, const void *x, float *y);
void hrm_bf16_add(size_t n, const void *a, const void *b, void *y);

void hrm_bf16_qkv(const struct hrm_block_shape *shape, const void *h, const struct hrm_weight *w,
                  const struct hrm_rope *rope, void *qkv, void *scratch);
void hrm_bf16_attention(const struct hrm_block_shape *shape, const void *qkv, void *o,
                        void *scratch);
void hrm_bf16_project(const struct hrm_block_shape *shape, const void *x,
                      const struct hrm_weight *w, const void *residual, float eps, void *n,
                      float *inv_rms, void *scratch);
void hrm_bf16_swiglu(const struct hrm_block_shape *shape, const void *h, const struct hrm_weight *w,
                     void *gate_up, void *act, void *scratch);
void hrm_bf16_head(const struct hrm_block_shape *shape, const void *x, const struct hrm_weight *w,
                   float *y, void *scratch);

void hrm_bf16_qkv_backward(const struct hrm_block_shape *shape, const void *h,
                           const struct hrm_weight *w, const struct hrm_rope *rope, void *dqkv,
                           void *dh, float *dw, void *scratch);
void hrm_bf16_attention_backward(const struct hrm_block_shape *shape, const void *qkv,
                                 const void *o, const void *d_o, void *dqkv, void *scratch);
void hrm_bf16_project_backward(const struct hrm_block_shape *shape, const void *x,
                               const struct hrm_weight *w, const void *n, const float *inv_rms,
                               const void *dn, void *dresidual, void *dx, float *dw, void *scratch);
void hrm_bf16_swiglu_backward(const struct hrm_block_shape *shape, const void *h,
                              const struct hrm_weight *w, void *gate_up, const void *dact, void *dh,
                              float *dw, void *scratch);
bool hrm_bf16_mlp_recomputes(const struct hrm_block_shape *shape);
void hrm_bf16_mlp_backward(const struct hrm_block_shape *shape, const struct hrm_mlp *mlp, void *dz,
                           void *scratch);
void hrm_bf16_head_backward(const struct hrm_block_shape *shape, const void *x,
                            const struct hrm_weight *w, const float *dy, void *dx, float *dw,
                            void *scratch);

size_t hrm_bf16_orthogonalize_bytes(int rows, int cols);
void hrm_bf16_orthogonalize(int rows, int cols, float *x, void *scratch);

#endif
