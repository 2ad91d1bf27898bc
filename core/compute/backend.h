#ifndef HRM_COMPUTE_BACKEND_H
#define HRM_COMPUTE_BACKEND_H

#include "core/compute/shape.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// A weight matrix of a linear map y = x w^T, stored [out,in] row-major in fp32.
struct hrm_weight {
    int out, in;
    const float *values; ///< [out,in]; may be NULL where `packed` is all that the backend reads
    const void *packed;  ///< what pack() made; NULL where packed_bytes() is 0
};

/// The second half of a block, n2 = rms(n1 + act w^T), and where its gradients go.
struct hrm_mlp {
    const struct hrm_weight *gate_up, *down;
    const void *n1, *n2;     ///< [M,D]
    const float *inv_rms;    ///< fp32 [M], of n2
    void *act;               ///< [M,F], room to work in
    float *dgate_up, *ddown; ///< fp32 like the weights, added to
};

/// What packing prepares a matrix for. BOTH is what training needs.
enum hrm_pack { HRM_PACK_FORWARD, HRM_PACK_BOTH };

/// cos and sin of the rotary angles, [seq, head size / 2] each, fp32. cos NULL: no rotation.
struct hrm_rope {
    const float *cos, *sin;
};

/// The dense kernels that a model is made of, for one element type of the activations.
///
/// Shapes: M = rows, D = hidden, F = inner, all row-major and dense. An activation buffer is
/// 64-byte aligned, its elements are `element` bytes wide, and it has room for
/// hrm_rows_padded(M) rows: a kernel may write the rows beyond M of an output, and reads
/// anything there without effect on rows below M. Outputs do not overlap inputs unless said.
/// fp32 arrays are named so. A row of a result depends on its own puzzle alone, and not on the
/// puzzles beside it, on the thread, or on the number of puzzles.
///
/// Every kernel is called by one thread with that thread's `scratch` of scratch_bytes() bytes,
/// 64-byte aligned, contents undefined; it does not allocate and does not fail.
/// Formulas: Wang et al., Hierarchical Reasoning Model (2025), post-norm blocks without gains.
struct hrm_backend {
    const char *name;   ///< "ref", "blas", "bf16", "bf16-avx512"
    const char *detail; ///< what it runs on, for the header of a run
    size_t element;     ///< bytes of an activation: 4 (fp32) or 2 (bf16)
    int block_puzzles;  ///< puzzles of some 80 rows per row block that suit the caches
    int hidden_step;    ///< D must be a multiple of it

    /// Whether this machine can run it. Called before anything else; may set up the process.
    bool (*available)(void);
    /// Whether "auto" may choose it on this machine. NULL: wherever it is available.
    bool (*automatic)(void);
    /// Bytes of the packed form of an [out,in] matrix; 0 when the kernels read `values`.
    size_t (*packed_bytes)(int out, int in, enum hrm_pack pack);
    void (*pack)(int out, int in, const float *values, enum hrm_pack pack, void *packed);
    /// Bytes of scratch that any kernel below needs for blocks up to `shape`.
    size_t (*scratch_bytes)(const struct hrm_block_shape *shape);

    // --- conversions and sums, n elements -----------------------------------------------------
    void (*from_float)(size_t n, const float *x, void *y);
    void (*to_float)(size_t n, const void *x, float *y);
    /// y = a + b; y may be a or b.
    void (*add)(size_t n, const void *a, const void *b, void *y);

    // --- forward ------------------------------------------------------------------------------
    /// qkv[M,3D] = h[M,D] w[3D,D]^T, then q and k rotated. Columns: q, k, v, each head-major.
    /// Rotation (half split): v'_j = v_j cos - v_{j+E/2} sin, v'_{j+E/2} = v_{j+E/2} cos + v_j sin.
    void (*qkv)(const struct hrm_block_shape *shape, const void *h, const struct hrm_weight *w,
                const struct hrm_rope *rope, void *qkv, void *scratch);
    /// o[M,D]: per puzzle and head, o = softmax(q k^T / sqrt(E)) v, E = D / heads; the softmax is
    /// over the positions that a position looks at.
    void (*attention)(const struct hrm_block_shape *shape, const void *qkv, void *o, void *scratch);
    /// n[M,D] = rms(residual[M,D] + x[M,K] w[D,K]^T); rms(y) = y r, r = 1/sqrt(mean(y^2) + eps).
    /// K = w->in. inv_rms: fp32 [M] receives r, or NULL. n may be residual.
    void (*project)(const struct hrm_block_shape *shape, const void *x, const struct hrm_weight *w,
                    const void *residual, float eps, void *n, float *inv_rms, void *scratch);
    /// act[M,F] = silu(g) * u with [g | u] = gate_up[M,2F] = h[M,D] w[2F,D]^T.
    /// gate_up receives the products for the backward pass, or is NULL.
    void (*swiglu)(const struct hrm_block_shape *shape, const void *h, const struct hrm_weight *w,
                   void *gate_up, void *act, void *scratch);
    /// y[M,out], fp32 = x[M,D] w[out,D]^T, out at most V.
    void (*head)(const struct hrm_block_shape *shape, const void *x, const struct hrm_weight *w,
                 float *y, void *scratch);

    // --- backward, each the twin of a forward kernel ------------------------------------------
    // dw is fp32 [out,in] and is added to.

    /// dh[M,D] += d w, dw += d^T h, where d is dqkv[M,3D] after the adjoint of the rotation.
    /// dqkv is overwritten.
    void (*qkv_backward)(const struct hrm_block_shape *shape, const void *h,
                         const struct hrm_weight *w, const struct hrm_rope *rope, void *dqkv,
                         void *dh, float *dw, void *scratch);
    /// dqkv[M,3D] from do[M,D]; q, k as stored (rotated), the softmax is recomputed.
    void (*attention_backward)(const struct hrm_block_shape *shape, const void *qkv, const void *o,
                               const void *d_o, void *dqkv, void *scratch);
    /// dy = r (dn - n mean(dn n)) goes to dresidual[M,D] (may be dn); dx[M,K] = dy w;
    /// dw += dy^T x.
    void (*project_backward)(const struct hrm_block_shape *shape, const void *x,
                             const struct hrm_weight *w, const void *n, const float *inv_rms,
                             const void *dn, void *dresidual, void *dx, float *dw, void *scratch);
    /// From dact[M,F]: d[g | u], then dh[M,D] += d[g | u] w, dw += d[g | u]^T h.
    /// gate_up is overwritten.
    void (*swiglu_backward)(const struct hrm_block_shape *shape, const void *h,
                            const struct hrm_weight *w, void *gate_up, const void *dact, void *dh,
                            float *dw, void *scratch);
    /// Whether the next one is faster than the two above for such blocks: then SwiGLU's forward
    /// pass leaves no tape. NULL: never.
    bool (*mlp_recomputes)(const struct hrm_block_shape *shape);
    /// Both in one: dz[M,D], the gradient of n2, becomes that of n1; [g | u] and act are computed
    /// anew from n1.
    void (*mlp_backward)(const struct hrm_block_shape *shape, const struct hrm_mlp *mlp, void *dz,
                         void *scratch);
    /// dx[M,D] = dy[M,out] w, dw += dy^T x; dy is fp32.
    void (*head_backward)(const struct hrm_block_shape *shape, const void *x,
                          const struct hrm_weight *w, const float *dy, void *dx, float *dw,
                          void *scratch);

    // --- for an optimizer ---------------------------------------------------------------------
    /// Bytes of scratch that the next one needs, 64-byte aligned.
    size_t (*orthogonalize_bytes)(int rows, int cols);
    /// x[rows,cols], fp32, with no singular value above 1, becomes (nearly) the orthogonal matrix
    /// next to it: the singular values come close to 1, zeros stay. Rows and columns are multiples
    /// of hidden_step. Formula: core/compute/orthogonalize.h.
    void (*orthogonalize)(int rows, int cols, float *x, void *scratch);

    // --- peaks --------------------------------------------------------------------------------
    /// What the products of tiles reach, from registers and fed from memory, in FLOP/s
    /// (bf16_peak.h); NULL for a backend that makes them by another library.
    double (*peak)(void);
    double (*peak_fed)(const void *operands, size_t bytes);
};

extern const struct hrm_backend hrm_backend_ref;
extern const struct hrm_backend hrm_backend_blas;
#ifdef HRM_HAVE_BF16
extern const struct hrm_backend hrm_backend_bf16;
extern const struct hrm_backend hrm_backend_bf16_avx512;
#endif

/// All backends of this build, the preferred one first, NULL at the end.
const struct hrm_backend *const *hrm_backends(void);

/// The backends that `name` may mean on this machine, bit i for the i-th of hrm_backends(): the one
/// of that name, or for "auto" all that may be chosen. 0: this machine has none.
unsigned hrm_backend_usable(const char *name);

/// The first backend of a set, NULL of none.
const struct hrm_backend *hrm_backend_first(unsigned set);

/// hrm_backend_first() of hrm_backend_usable().
const struct hrm_backend *hrm_backend_find(const char *name);

#endif
