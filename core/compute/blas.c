// The fp32 backend on OpenBLAS: matrix products by sgemm, the rest vectorized by the compiler.
//
// A row of y = x w^T is a sum over k in an order that OpenBLAS takes from K, N and its kernels.
// With most kernels the number of rows decides only which of them computes the rows at the edge of
// its tiles; so products run over whole tiles of rows, whatever is in the last ones, and a row has
// the same bits in blocks of any number of puzzles (seen with OpenBLAS 0.3.21 and its SkylakeX,
// Sandybridge and Nehalem kernels, hidden sizes 32 to 512). The kernels for AVX2 (Haswell, Zen) add
// in another order in the two halves of a tile of 12 rows, so that the place of a puzzle in the
// block would show: where a test at the start sees that, every puzzle is a product of its own,
// which costs a tenth of the speed at hidden size 512. OpenBLAS has other kernels for small
// products, below M N K = 10^6 or so, and where the number of rows decides between them nothing can
// be promised; the heads, most of which are that small, are computed here. Gradients of weights are
// sums over rows and depend on the block.

#include "core/compute/backend.h"
#include "core/compute/fp32_elementwise.h"
#include "core/compute/orthogonalize.h"
#include "core/compute/ref.h"

#include <cblas.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

static const struct hrm_fp32_elementwise *fp32;
static char detail[96] = "OpenBLAS sgemm, fp32";

/// Whether a row has the same bits wherever it lies in a tile.
static bool places_alike = true;

enum { PROBE_ROWS = 24, PROBE_SHIFT = 6, PROBE_SIZE = 48 };

static bool try_places(void)
{
    static float x[PROBE_ROWS + PROBE_SHIFT][PROBE_SIZE], w[PROBE_SIZE][PROBE_SIZE];
    static float y[2][PROBE_ROWS][PROBE_SIZE];
    for (int i = 0; i < (PROBE_ROWS + PROBE_SHIFT) * PROBE_SIZE; i++)
        x[i / PROBE_SIZE][i % PROBE_SIZE] = sinf(0.7f * (float)i);
    for (int i = 0; i < PROBE_SIZE * PROBE_SIZE; i++)
        w[i / PROBE_SIZE][i % PROBE_SIZE] = cosf(1.3f * (float)i);
    for (int i = 0; i < 2; i++)
        cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, PROBE_ROWS, PROBE_SIZE, PROBE_SIZE, 1,
                    x[i * PROBE_SHIFT], PROBE_SIZE, w[0], PROBE_SIZE, 0, y[i][0], PROBE_SIZE);
    return memcmp(y[0][PROBE_SHIFT], y[1][0], (PROBE_ROWS - PROBE_SHIFT) * sizeof y[0][0]) == 0;
}

static bool available(void)
{
    // Threads of a rank work on different puzzles; the library must not start its own.
    openblas_set_num_threads(1);
    fp32 = hrm_fp32_select();
    places_alike = try_places();
    snprintf(detail, sizeof detail, "fp32, OpenBLAS sgemm for %s, %s loops",
             openblas_get_corename(), fp32->name);
    return true;
}

static size_t packed_bytes(int out, int in, enum hrm_pack pack)
{
    (void)out, (void)in, (void)pack;
    return 0;
}

static void pack_nothing(int out, int in, const float *values, enum hrm_pack pack, void *packed)
{
    (void)out, (void)in, (void)values, (void)pack, (void)packed;
}

static int rows_of(const struct hrm_block_shape *shape)
{
    return shape->puzzles * shape->seq;
}

/// gate_up [M,2F] of a forward pass without a tape, or two score matrices [S,S].
static size_t scratch_bytes(const struct hrm_block_shape *shape)
{
    size_t gate_up = (size_t)hrm_rows_padded(rows_of(shape)) * 2 * (size_t)shape->inner;
    bool groups = shape->attention.kind == HRM_ATTENTION_GROUPS;
    size_t keys = (size_t)(groups ? shape->attention.group : shape->seq);
    size_t scores = 2 * keys * keys;
    return (gate_up > scores ? gate_up : scores) * sizeof(float);
}

static void from_float(size_t n, const float *x, void *y)
{
    memcpy(y, x, n * sizeof *x);
}

static void to_float(size_t n, const void *x, float *y)
{
    memcpy(y, x, n * sizeof *y);
}

static void add(size_t n, const void *a, const void *b, void *y)
{
    fp32->add(n, a, b, y);
}

/// `rows` in whole tiles; buffers have room for them. 12 rows is the widest tile of any kernel.
static int whole_tiles(int rows)
{
    return (rows + 11) / 12 * 12;
}

/// y[M,out] = beta y + x[M,in] w[out,in]^T
static void linear(const struct hrm_block_shape *shape, const struct hrm_weight *w, const float *x,
                   float beta, float *y)
{
    const int products = places_alike ? 1 : shape->puzzles;
    const int rows = places_alike ? whole_tiles(rows_of(shape)) : shape->seq;
    for (int i = 0; i < products; i++, x += rows * w->in, y += rows * w->out)
        cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, rows, w->out, w->in, 1, x, w->in,
                    w->values, w->in, beta, y, w->out);
}

/// dx[M,in] = beta dx + dy[M,out] w[out,in], dw[out,in] += dy^T x[M,in]
static void linear_backward(int rows, const struct hrm_weight *w, const float *x, const float *dy,
                            float beta, float *dx, float *dw)
{
    cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, rows, w->in, w->out, 1, dy, w->out,
                w->values, w->in, beta, dx, w->in);
    cblas_sgemm(CblasRowMajor, CblasTrans, CblasNoTrans, w->out, w->in, rows, 1, dy, w->out, x,
                w->in, 1, dw, w->in);
}

/// q and k of every row of qkv[M,3D].
static void rotate(const struct hrm_block_shape *shape, const struct hrm_rope *rope, float sign,
                   float *qkv)
{
    if (rope->cos == NULL)
        return;
    size_t d = (size_t)shape->hidden, half = d / (size_t)shape->heads / 2;
    size_t rows = (size_t)rows_of(shape), seq = (size_t)shape->seq;
    for (size_t row = 0; row < rows; row++) {
        size_t at = row % seq * half;
        fp32->rotate(2 * (size_t)shape->heads, half, rope->cos + at, rope->sin + at, sign,
                     qkv + row * 3 * d);
    }
}

static void qkv_forward(const struct hrm_block_shape *shape, const void *h,
                        const struct hrm_weight *w, const struct hrm_rope *rope, void *qkv,
                        void *scratch)
{
    (void)scratch;
    linear(shape, w, h, 0, qkv);
    rotate(shape, rope, 1, qkv);
}

static void qkv_backward(const struct hrm_block_shape *shape, const void *h,
                         const struct hrm_weight *w, const struct hrm_rope *rope, void *dqkv,
                         void *dh, float *dw, void *scratch)
{
    (void)scratch;
    rotate(shape, rope, -1, dqkv);
    linear_backward(rows_of(shape), w, h, dqkv, 1, dh, dw);
}

/// q, k and v of one head of one puzzle: [S,E], rows 3D apart.
struct head_view {
    int seq, size, stride;
    const float *q, *k, *v;
    enum hrm_attention_kind kind;
    const uint16_t *mask; // its rows one behind the other, of MASK
    int length;           // positions that are no padding
};

static struct head_view view_head(const struct hrm_block_shape *shape, const float *qkv, int puzzle,
                                  int index)
{
    int d = shape->hidden, e = d / shape->heads;
    const float *q = qkv + (size_t)puzzle * (size_t)shape->seq * 3 * (size_t)d + index * e;
    struct head_view head = {.seq = shape->seq,
                             .size = e,
                             .stride = 3 * d,
                             .q = q,
                             .k = q + d,
                             .v = q + 2 * d,
                             .kind = shape->attention.kind,
                             .length = shape->seq};
    if (head.kind == HRM_ATTENTION_MASK)
        head.mask = hrm_mask_row(shape, shape->attention.mask, index, 0);
    if (shape->lengths != NULL)
        head.length = shape->lengths[puzzle];
    return head;
}

/// Give the scores or probabilities p[S,S] of what is not looked at a value.
static void hide(const struct head_view *head, float value, float *p)
{
    int words = hrm_mask_words(head->seq);
    for (int i = 0; i < head->seq; i++, p += head->seq) {
        int end = i < head->length ? head->length : 0;
        for (int k = 0; head->mask != NULL && k < end; k++)
            p[k] = hrm_mask_has(head->mask + i * words, (size_t)k) ? p[k] : value;
        if (head->kind == HRM_ATTENTION_CAUSAL)
            end = i + 1 < end ? i + 1 : end;
        for (int k = end; k < head->seq; k++)
            p[k] = k == i ? p[k] : value;
    }
}

/// p[S,S] = softmax(q k^T / sqrt(E))
static void probabilities(const struct head_view *head, float *p)
{
    float scale = 1 / sqrtf((float)head->size);
    cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, head->seq, head->seq, head->size, scale,
                head->q, head->stride, head->k, head->stride, 0, p, head->seq);
    size_t seq = (size_t)head->seq;
    bool hides = head->kind != HRM_ATTENTION_ALL || head->length < head->seq;
    if (hides)
        hide(head, -1e30f, p); // less than any score, and finite
    fp32->softmax(seq, seq, seq, p);
    if (hides)
        hide(head, 0, p); // what the exponential leaves
}

static void attention(const struct hrm_block_shape *shape, const void *qkv, void *o, void *scratch)
{
    int d = shape->hidden, seq = shape->seq;
    if (shape->attention.kind == HRM_ATTENTION_GROUPS) {
        hrm_ref_attention(shape, qkv, o, scratch); // products too small for sgemm
        return;
    }
    for (int i = 0; i < shape->puzzles * shape->heads; i++) {
        int puzzle = i / shape->heads, index = i % shape->heads;
        struct head_view head = view_head(shape, qkv, puzzle, index);
        float *to = (float *)o + (size_t)puzzle * (size_t)seq * (size_t)d + index * head.size;
        probabilities(&head, scratch);
        cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, seq, head.size, seq, 1, scratch, seq,
                    head.v, head.stride, 0, to, d);
    }
}

/// One head's dq, dk, dv [S,E], rows 3D apart, from do [S,E], rows D apart.
static void head_attention_backward(const struct head_view *head, const float *d_o, int d,
                                    float *dq, float *p)
{
    int seq = head->seq, size = head->size, stride = head->stride;
    float *dp = p + (size_t)seq * (size_t)seq, *dk = dq + d, *dv = dk + d;
    size_t rows = (size_t)seq;
    probabilities(head, p);
    cblas_sgemm(CblasRowMajor, CblasTrans, CblasNoTrans, seq, size, seq, 1, p, seq, d_o, d, 0, dv,
                stride);
    cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, seq, seq, size, 1, d_o, d, head->v, stride,
                0, dp, seq);
    fp32->softmax_backward(rows, rows, rows, 1 / sqrtf((float)size), p, dp);
    cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, seq, size, seq, 1, dp, seq, head->k,
                stride, 0, dq, stride);
    cblas_sgemm(CblasRowMajor, CblasTrans, CblasNoTrans, seq, size, seq, 1, dp, seq, head->q,
                stride, 0, dk, stride);
}

static void attention_backward(const struct hrm_block_shape *shape, const void *qkv, const void *o,
                               const void *d_o, void *dqkv, void *scratch)
{
    size_t d = (size_t)shape->hidden, rows = (size_t)shape->seq;
    if (shape->attention.kind == HRM_ATTENTION_GROUPS) {
        hrm_ref_attention_backward(shape, qkv, o, d_o, dqkv, scratch);
        return;
    }
    for (int i = 0; i < shape->puzzles * shape->heads; i++) {
        int puzzle = i / shape->heads, index = i % shape->heads;
        struct head_view head = view_head(shape, qkv, puzzle, index);
        size_t at = (size_t)puzzle * rows * d, column = (size_t)index * (size_t)head.size;
        head_attention_backward(&head, (const float *)d_o + at + column, shape->hidden,
                                (float *)dqkv + 3 * at + column, scratch);
    }
}

static void project(const struct hrm_block_shape *shape, const void *x, const struct hrm_weight *w,
                    const void *residual, float eps, void *n, float *inv_rms, void *scratch)
{
    (void)scratch;
    size_t rows = (size_t)rows_of(shape), d = (size_t)w->out;
    if (n != residual)
        memcpy(n, residual, rows * d * sizeof(float));
    linear(shape, w, x, 1, n);
    fp32->rms(rows, d, eps, n, inv_rms);
}

static void project_backward(const struct hrm_block_shape *shape, const void *x,
                             const struct hrm_weight *w, const void *n, const float *inv_rms,
                             const void *dn, void *dresidual, void *dx, float *dw, void *scratch)
{
    (void)scratch;
    int rows = rows_of(shape);
    fp32->rms_backward((size_t)rows, (size_t)w->out, n, inv_rms, dn, dresidual);
    linear_backward(rows, w, x, dresidual, 0, dx, dw);
}

static void swiglu(const struct hrm_block_shape *shape, const void *h, const struct hrm_weight *w,
                   void *gate_up, void *act, void *scratch)
{
    int rows = rows_of(shape);
    float *products = gate_up != NULL ? gate_up : scratch;
    linear(shape, w, h, 0, products);
    fp32->swiglu((size_t)rows, (size_t)shape->inner, products, act);
}

static void swiglu_backward(const struct hrm_block_shape *shape, const void *h,
                            const struct hrm_weight *w, void *gate_up, const void *dact, void *dh,
                            float *dw, void *scratch)
{
    (void)scratch;
    int rows = rows_of(shape);
    fp32->swiglu_backward((size_t)rows, (size_t)shape->inner, gate_up, dact);
    linear_backward(rows, w, h, gate_up, 1, dh, dw);
}

static void head_forward(const struct hrm_block_shape *shape, const void *x,
                         const struct hrm_weight *w, float *y, void *scratch)
{
    (void)scratch;
    fp32->head((size_t)rows_of(shape), (size_t)w->out, (size_t)w->in, x, w->values, y);
}

static void head_backward(const struct hrm_block_shape *shape, const void *x,
                          const struct hrm_weight *w, const float *dy, void *dx, float *dw,
                          void *scratch)
{
    (void)scratch;
    linear_backward(rows_of(shape), w, x, dy, 0, dx, dw);
}

const struct hrm_backend hrm_backend_blas = {
    .name = "blas",
    .detail = detail,
    .element = sizeof(float),
    .block_puzzles = 8,
    .hidden_step = 1,
    .available = available,
    .packed_bytes = packed_bytes,
    .pack = pack_nothing,
    .scratch_bytes = scratch_bytes,
    .from_float = from_float,
    .to_float = to_float,
    .add = add,
    .qkv = qkv_forward,
    .attention = attention,
    .project = project,
    .swiglu = swiglu,
    .head = head_forward,
    .qkv_backward = qkv_backward,
    .attention_backward = attention_backward,
    .project_backward = project_backward,
    .swiglu_backward = swiglu_backward,
    .head_backward = head_backward,
    .orthogonalize_bytes = hrm_blas_orthogonalize_bytes,
    .orthogonalize = hrm_blas_orthogonalize,
};
