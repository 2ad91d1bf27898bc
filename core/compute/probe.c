#include "core/compute/probe.h"

#include <time.h>

static const struct hrm_backend *base;
static struct hrm_backend wrapped;
static _Thread_local struct hrm_probe spent;

const char *hrm_probe_part_name(enum hrm_probe_part part)
{
    static const char *const names[HRM_PROBE_PARTS] = {
        "add",
        "qkv",
        "attention",
        "project",
        "swiglu",
        "down",
        "head",
        "qkv backward",
        "attn backward",
        "proj backward",
        "swiglu backward",
        "down backward",
        "mlp backward",
        "head backward",
    };
    return names[part];
}

void hrm_probe_reset(void)
{
    spent = (struct hrm_probe){0};
}

struct hrm_probe hrm_probe_read(void)
{
    return spent;
}

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

static void spend(enum hrm_probe_part part, double start, double flop)
{
    spent.seconds[part] += now() - start;
    spent.flop[part] += flop;
    spent.calls[part]++;
}

/// FLOP of x[M,in] w[out,in]^T.
static double product(const struct hrm_block_shape *shape, const struct hrm_weight *w)
{
    return 2.0 * shape->puzzles * shape->seq * w->out * w->in;
}

/// FLOP of one product of scores, [S,S] with [S,E] for all heads, or of the groups.
static double scores(const struct hrm_block_shape *shape)
{
    double keys =
        shape->attention.kind == HRM_ATTENTION_GROUPS ? shape->attention.group : shape->seq;
    return 2.0 * shape->puzzles * shape->seq * keys * shape->hidden;
}

static void add(size_t n, const void *a, const void *b, void *y)
{
    double start = now();
    base->add(n, a, b, y);
    spend(HRM_PROBE_ADD, start, 0);
}

static void qkv(const struct hrm_block_shape *shape, const void *h, const struct hrm_weight *w,
                const struct hrm_rope *rope, void *y, void *scratch)
{
    double start = now();
    base->qkv(shape, h, w, rope, y, scratch);
    spend(HRM_PROBE_QKV, start, product(shape, w));
}

static void attention(const struct hrm_block_shape *shape, const void *x, void *o, void *scratch)
{
    double start = now();
    base->attention(shape, x, o, scratch);
    spend(HRM_PROBE_ATTENTION, start, 2 * scores(shape));
}

static void project(const struct hrm_block_shape *shape, const void *x, const struct hrm_weight *w,
                    const void *residual, float eps, void *n, float *inv_rms, void *scratch)
{
    double start = now();
    base->project(shape, x, w, residual, eps, n, inv_rms, scratch);
    spend(w->in == w->out ? HRM_PROBE_PROJECT : HRM_PROBE_DOWN, start, product(shape, w));
}

static void swiglu(const struct hrm_block_shape *shape, const void *h, const struct hrm_weight *w,
                   void *gate_up, void *act, void *scratch)
{
    double start = now();
    base->swiglu(shape, h, w, gate_up, act, scratch);
    spend(HRM_PROBE_SWIGLU, start, product(shape, w));
}

static void head(const struct hrm_block_shape *shape, const void *x, const struct hrm_weight *w,
                 float *y, void *scratch)
{
    double start = now();
    base->head(shape, x, w, y, scratch);
    spend(HRM_PROBE_HEAD, start, product(shape, w));
}

static void qkv_backward(const struct hrm_block_shape *shape, const void *h,
                         const struct hrm_weight *w, const struct hrm_rope *rope, void *dqkv,
                         void *dh, float *dw, void *scratch)
{
    double start = now();
    base->qkv_backward(shape, h, w, rope, dqkv, dh, dw, scratch);
    spend(HRM_PROBE_QKV_BACKWARD, start, 2 * product(shape, w));
}

static void attention_backward(const struct hrm_block_shape *shape, const void *x, const void *o,
                               const void *d_o, void *dqkv, void *scratch)
{
    double start = now();
    base->attention_backward(shape, x, o, d_o, dqkv, scratch);
    spend(HRM_PROBE_ATTENTION_BACKWARD, start, 5 * scores(shape));
}

static void project_backward(const struct hrm_block_shape *shape, const void *x,
                             const struct hrm_weight *w, const void *n, const float *inv_rms,
                             const void *dn, void *dresidual, void *dx, float *dw, void *scratch)
{
    double start = now();
    base->project_backward(shape, x, w, n, inv_rms, dn, dresidual, dx, dw, scratch);
    spend(w->in == w->out ? HRM_PROBE_PROJECT_BACKWARD : HRM_PROBE_DOWN_BACKWARD, start,
          2 * product(shape, w));
}

static void swiglu_backward(const struct hrm_block_shape *shape, const void *h,
                            const struct hrm_weight *w, void *gate_up, const void *dact, void *dh,
                            float *dw, void *scratch)
{
    double start = now();
    base->swiglu_backward(shape, h, w, gate_up, dact, dh, dw, scratch);
    spend(HRM_PROBE_SWIGLU_BACKWARD, start, 2 * product(shape, w));
}

static void mlp_backward(const struct hrm_block_shape *shape, const struct hrm_mlp *mlp, void *dz,
                         void *scratch)
{
    double start = now();
    base->mlp_backward(shape, mlp, dz, scratch);
    spend(HRM_PROBE_MLP_BACKWARD, start,
          2 * (product(shape, mlp->gate_up) + product(shape, mlp->down)));
}

static void head_backward(const struct hrm_block_shape *shape, const void *x,
                          const struct hrm_weight *w, const float *dy, void *dx, float *dw,
                          void *scratch)
{
    double start = now();
    base->head_backward(shape, x, w, dy, dx, dw, scratch);
    spend(HRM_PROBE_HEAD_BACKWARD, start, 2 * product(shape, w));
}

const struct hrm_backend *hrm_probe_wrap(const struct hrm_backend *backend)
{
    base = backend;
    wrapped = *backend;
    wrapped.add = add;
    wrapped.qkv = qkv;
    wrapped.attention = attention;
    wrapped.project = project;
    wrapped.swiglu = swiglu;
    wrapped.head = head;
    wrapped.qkv_backward = qkv_backward;
    wrapped.attention_backward = attention_backward;
    wrapped.project_backward = project_backward;
    wrapped.swiglu_backward = swiglu_backward;
    wrapped.mlp_backward = mlp_backward;
    wrapped.head_backward = head_backward;
    return &wrapped;
}
