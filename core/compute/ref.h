#ifndef HRM_COMPUTE_REF_H
#define HRM_COMPUTE_REF_H

#include "core/compute/backend.h"

// The plain backend's backward kernels and what an optimizer needs; see struct hrm_backend for what
// each does.

void hrm_ref_rotate(const struct hrm_block_shape *shape, const struct hrm_rope *rope, float sign,
                    float *qkv);
/// Rows of a block that look at each other with one head.
struct hrm_ref_view {
    size_t column;       ///< of the head in q, k, v and o
    size_t base, count;  ///< row i of the view is base + rows[i], or base + i without rows
    const int32_t *rows; ///< or NULL
    int head;
    int32_t length; ///< positions of a plane that are no padding
};

size_t hrm_ref_view_count(const struct hrm_block_shape *shape);
struct hrm_ref_view hrm_ref_view(const struct hrm_block_shape *shape, size_t n);
static inline size_t hrm_ref_row(const struct hrm_ref_view *view, size_t i)
{
    return view->base + (view->rows != NULL ? (size_t)view->rows[i] : i);
}

/// p[count] = softmax(q k^T / sqrt(E)) of row i of a view.
void hrm_ref_softmax_row(const struct hrm_block_shape *shape, const struct hrm_ref_view *view,
                         const float *qkv, size_t i, float *p);
void hrm_ref_attention(const struct hrm_block_shape *shape, const void *qkv, void *o,
                       void *scratch);

void hrm_ref_qkv_backward(const struct hrm_block_shape *shape, const void *h,
                          const struct hrm_weight *w, const struct hrm_rope *rope, void *dqkv,
                          void *dh, float *dw, void *scratch);
void hrm_ref_attention_backward(const struct hrm_block_shape *shape, const void *qkv, const void *o,
                                const void *d_o, void *dqkv, void *scratch);
void hrm_ref_project_backward(const struct hrm_block_shape *shape, const void *x,
                              const struct hrm_weight *w, const void *n, const float *inv_rms,
                              const void *dn, void *dresidual, void *dx, float *dw, void *scratch);
void hrm_ref_swiglu_backward(const struct hrm_block_shape *shape, const void *h,
                             const struct hrm_weight *w, void *gate_up, const void *dact, void *dh,
                             float *dw, void *scratch);
void hrm_ref_head_backward(const struct hrm_block_shape *shape, const void *x,
                           const struct hrm_weight *w, const float *dy, void *dx, float *dw,
                           void *scratch);

size_t hrm_ref_orthogonalize_bytes(int rows, int cols);
void hrm_ref_orthogonalize(int rows, int cols, float *x, void *scratch);

#endif
