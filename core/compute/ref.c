// The plain backend: what every kernel means, in loops. It stays as the yardstick of the others.

#include "core/compute/ref.h"

#include <math.h>
#include <string.h>

static size_t rows_of(const struct hrm_block_shape *shape)
{
    return (size_t)shape->puzzles * (size_t)shape->seq;
}

static bool available(void)
{
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

/// One row of the widest intermediate result, or two rows of probabilities.
static size_t scratch_bytes(const struct hrm_block_shape *shape)
{
    size_t inner = 2 * (size_t)shape->inner, hidden = (size_t)shape->hidden;
    size_t seq = 2 * (size_t)shape->seq;
    size_t most = inner > hidden ? inner : hidden;
    return (most > seq ? most : seq) * sizeof(float);
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
    const float *from_a = a, *from_b = b;
    float *to = y;
    for (size_t i = 0; i < n; i++)
        to[i] = from_a[i] + from_b[i];
}

/// Not inlined: else the order of the sums would depend on what the compiler makes of the caller.
__attribute__((noinline)) static float dot(size_t n, const float *a, const float *b)
{
    float sum = 0;
#pragma omp simd reduction(+ : sum)
    for (size_t i = 0; i < n; i++)
        sum += a[i] * b[i];
    return sum;
}

/// y[out] = w[out,in] x[in]
static void linear_row(const struct hrm_weight *w, const float *x, float *y)
{
    size_t in = (size_t)w->in;
    for (size_t j = 0; j < (size_t)w->out; j++)
        y[j] = dot(in, x, w->values + j * in);
}

/// Rotate q and k of every row in place, by the angle (sign 1) or back (sign -1).
void hrm_ref_rotate(const struct hrm_block_shape *shape, const struct hrm_rope *rope, float sign,
                    float *qkv)
{
    if (rope->cos == NULL)
        return;
    size_t d = (size_t)shape->hidden, half = d / (size_t)shape->heads / 2;
    for (size_t row = 0; row < rows_of(shape); row++) {
        const float *c = rope->cos + row % (size_t)shape->seq * half;
        const float *s = rope->sin + row % (size_t)shape->seq * half;
        // q and k are 2A vectors of size E, one behind the other.
        for (size_t at = 0; at < 2 * d; at += 2 * half) {
            float *v = qkv + row * 3 * d + at;
            for (size_t j = 0; j < half; j++) {
                float low = v[j], high = v[j + half];
                v[j] = low * c[j] - sign * high * s[j];
                v[j + half] = high * c[j] + sign * low * s[j];
            }
        }
    }
}

static void qkv_forward(const struct hrm_block_shape *shape, const void *h,
                        const struct hrm_weight *w, const struct hrm_rope *rope, void *qkv,
                        void *scratch)
{
    (void)scratch;
    for (size_t row = 0; row < rows_of(shape); row++)
        linear_row(w, (const float *)h + row * (size_t)w->in, (float *)qkv + row * (size_t)w->out);
    hrm_ref_rotate(shape, rope, 1, qkv);
}

static size_t views_of_head(const struct hrm_block_shape *shape)
{
    return shape->attention.kind == HRM_ATTENTION_GROUPS
               ? (size_t)(shape->seq / shape->attention.group)
               : 1;
}

size_t hrm_ref_view_count(const struct hrm_block_shape *shape)
{
    return (size_t)shape->puzzles * (size_t)shape->heads * views_of_head(shape);
}

struct hrm_ref_view hrm_ref_view(const struct hrm_block_shape *shape, size_t n)
{
    size_t seq = (size_t)shape->seq, heads = (size_t)shape->heads, views = views_of_head(shape);
    size_t head = n / views % heads;
    struct hrm_ref_view view = {.column = head * ((size_t)shape->hidden / heads),
                                .base = n / views / heads * seq,
                                .count = seq / views,
                                .head = (int)head,
                                .length = INT32_MAX};
    if (shape->attention.kind == HRM_ATTENTION_GROUPS)
        view.rows = shape->attention.groups + head * seq + n % views * view.count;
    if (shape->lengths != NULL)
        view.length = shape->lengths[n / views / heads];
    return view;
}

/// Whether row i of a view looks at its row t.
static bool looks(const struct hrm_block_shape *shape, const struct hrm_ref_view *view, size_t i,
                  size_t t)
{
    const struct hrm_attention *attention = &shape->attention;
    if (i == t)
        return true;
    if (shape->lengths != NULL) {
        int32_t from = view->rows != NULL ? view->rows[i] : (int32_t)i;
        int32_t to = view->rows != NULL ? view->rows[t] : (int32_t)t;
        if (from % attention->plane >= view->length || to % attention->plane >= view->length)
            return false;
    }
    if (attention->kind == HRM_ATTENTION_CAUSAL)
        return t < i;
    return attention->kind != HRM_ATTENTION_MASK ||
           hrm_mask_has(hrm_mask_row(shape, attention->mask, view->head, (int)i), t);
}

void hrm_ref_softmax_row(const struct hrm_block_shape *shape, const struct hrm_ref_view *view,
                         const float *qkv, size_t i, float *p)
{
    size_t d = (size_t)shape->hidden, e = d / (size_t)shape->heads;
    const float *q = qkv + hrm_ref_row(view, i) * 3 * d + view->column;
    float scale = 1 / sqrtf((float)e), largest = -INFINITY, sum = 0;
    for (size_t t = 0; t < view->count; t++) {
        const float *k = qkv + hrm_ref_row(view, t) * 3 * d + d + view->column;
        float score = scale * dot(e, q, k);
        p[t] = looks(shape, view, i, t) ? score : -INFINITY;
        largest = fmaxf(largest, p[t]);
    }
    for (size_t t = 0; t < view->count; t++) {
        p[t] = expf(p[t] - largest);
        sum += p[t];
    }
    for (size_t t = 0; t < view->count; t++)
        p[t] /= sum;
}

/// o[E] of row i of a view.
static void attend(const struct hrm_block_shape *shape, const struct hrm_ref_view *view,
                   const float *qkv, size_t i, float *o, float *p)
{
    size_t d = (size_t)shape->hidden, e = d / (size_t)shape->heads;
    hrm_ref_softmax_row(shape, view, qkv, i, p);
    memset(o, 0, e * sizeof *o);
    for (size_t t = 0; t < view->count; t++) {
        const float *v = qkv + hrm_ref_row(view, t) * 3 * d + 2 * d + view->column;
        for (size_t j = 0; j < e; j++)
            o[j] += p[t] * v[j];
    }
}

void hrm_ref_attention(const struct hrm_block_shape *shape, const void *qkv, void *o, void *scratch)
{
    for (size_t n = 0; n < hrm_ref_view_count(shape); n++) {
        const struct hrm_ref_view view = hrm_ref_view(shape, n);
        for (size_t i = 0; i < view.count; i++) {
            size_t at = hrm_ref_row(&view, i) * (size_t)shape->hidden + view.column;
            attend(shape, &view, qkv, i, (float *)o + at, scratch);
        }
    }
}

static void project(const struct hrm_block_shape *shape, const void *x, const struct hrm_weight *w,
                    const void *residual, float eps, void *n, float *inv_rms, void *scratch)
{
    size_t d = (size_t)w->out;
    float *y = scratch;
    for (size_t row = 0; row < rows_of(shape); row++) {
        linear_row(w, (const float *)x + row * (size_t)w->in, y);
        for (size_t j = 0; j < d; j++)
            y[j] += ((const float *)residual)[row * d + j];
        float r = 1 / sqrtf(dot(d, y, y) / (float)d + eps);
        for (size_t j = 0; j < d; j++)
            ((float *)n)[row * d + j] = y[j] * r;
        if (inv_rms != NULL)
            inv_rms[row] = r;
    }
}

static void swiglu(const struct hrm_block_shape *shape, const void *h, const struct hrm_weight *w,
                   void *gate_up, void *act, void *scratch)
{
    size_t f = (size_t)shape->inner;
    for (size_t row = 0; row < rows_of(shape); row++) {
        float *y = gate_up != NULL ? (float *)gate_up + row * 2 * f : scratch;
        linear_row(w, (const float *)h + row * (size_t)w->in, y);
        for (size_t j = 0; j < f; j++)
            ((float *)act)[row * f + j] = y[j] / (1 + expf(-y[j])) * y[f + j];
    }
}

static void head(const struct hrm_block_shape *shape, const void *x, const struct hrm_weight *w,
                 float *y, void *scratch)
{
    (void)scratch;
    for (size_t row = 0; row < rows_of(shape); row++)
        linear_row(w, (const float *)x + row * (size_t)w->in, y + row * (size_t)w->out);
}

const struct hrm_backend hrm_backend_ref = {
    .name = "ref",
    .detail = "plain C, fp32",
    .element = sizeof(float),
    .block_puzzles = 1,
    .hidden_step = 1,
    .available = available,
    .packed_bytes = packed_bytes,
    .pack = pack_nothing,
    .scratch_bytes = scratch_bytes,
    .from_float = from_float,
    .to_float = to_float,
    .add = add,
    .qkv = qkv_forward,
    .attention = hrm_ref_attention,
    .project = project,
    .swiglu = swiglu,
    .head = head,
    .qkv_backward = hrm_ref_qkv_backward,
    .attention_backward = hrm_ref_attention_backward,
    .project_backward = hrm_ref_project_backward,
    .swiglu_backward = hrm_ref_swiglu_backward,
    .head_backward = hrm_ref_head_backward,
    .orthogonalize_bytes = hrm_ref_orthogonalize_bytes,
    .orthogonalize = hrm_ref_orthogonalize,
};
