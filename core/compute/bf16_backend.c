#include "core/compute/bf16.h"
#include "core/compute/bf16_peak.h"
#include "core/compute/instructions.h"

static size_t larger(size_t a, size_t b)
{
    return a > b ? a : b;
}

/// Bytes of blocks of sums, and of 32 bf16 columns of all rows.
static const size_t tile_bytes = 2 * 32 * 32 * sizeof(float);

static size_t partial_bytes(const struct hrm_block_shape *shape)
{
    const int pairs = hrm_bf16_up(shape->hidden, 32) / 32;
    const int blocks = pairs > HRM_BF16_PARTIALS ? pairs : HRM_BF16_PARTIALS;
    return (size_t)blocks * 32 * 32 * sizeof(float);
}

static size_t tail_bytes(const struct hrm_block_shape *shape)
{
    return (size_t)hrm_rows_padded(hrm_bf16_rows(shape)) * 64;
}

size_t hrm_bf16_scratch_fixed(const struct hrm_block_shape *shape)
{
    return tile_bytes + partial_bytes(shape) + tail_bytes(shape);
}

struct hrm_bf16_scratch hrm_bf16_scratch_split(const struct hrm_block_shape *shape, void *scratch)
{
    uint8_t *partial = (uint8_t *)scratch + tile_bytes;
    uint8_t *tail = partial + partial_bytes(shape);
    return (struct hrm_bf16_scratch){.tiles = scratch,
                                     .partial = (float *)partial,
                                     .tail = tail,
                                     .rest = tail + tail_bytes(shape)};
}

static size_t scratch_bytes(const struct hrm_block_shape *shape)
{
    const int rows = hrm_rows_padded(hrm_bf16_rows(shape));
    const int hidden = shape->hidden;
    const int widest = 3 * hidden > 2 * shape->inner ? 3 * hidden : 2 * shape->inner;
    const size_t project = 32 * (size_t)(hidden + 16) * sizeof(float);
    const size_t head = hrm_bf16_head_bytes(shape);
    const size_t beside = larger(head, hrm_bf16_swiglu_backward_bytes(shape));
    size_t rest = larger(project, beside + hrm_bf16_gradient_bytes(rows, widest, hidden));
    rest = larger(rest, head + hrm_bf16_gradient_bytes(rows, shape->vocab, hidden));
    if (shape->attention.kind == HRM_ATTENTION_GROUPS)
        return hrm_bf16_scratch_fixed(shape) + larger(rest, hrm_bf16_groups_bytes(shape));
    rest = larger(rest, hrm_bf16_attention_bytes(shape));
    rest = larger(rest, hrm_bf16_attention_backward_bytes(shape));
    return hrm_bf16_scratch_fixed(shape) + rest;
}

const struct hrm_backend hrm_backend_bf16 = {
#ifdef HRM_TILES_AVX512
    .name = "bf16-avx512",
    .detail = "bf16 on AVX512-BF16, fp32 sums",
    .available = hrm_bf16_avx512_available,
    .automatic = hrm_bf16_avx512_pays,
#else
    .name = "bf16",
    .detail = "bf16 on the AMX matrix unit, fp32 sums, AVX-512",
    .available = hrm_bf16_amx_available,
#endif
    .element = 2,
    .block_puzzles = 8,
    .hidden_step = 16,
    .packed_bytes = hrm_bf16_packed_bytes,
    .pack = hrm_bf16_pack,
    .scratch_bytes = scratch_bytes,
    .from_float = hrm_bf16_from_float,
    .to_float = hrm_bf16_to_float,
    .add = hrm_bf16_add,
    .qkv = hrm_bf16_qkv,
    .attention = hrm_bf16_attention,
    .project = hrm_bf16_project,
    .swiglu = hrm_bf16_swiglu,
    .head = hrm_bf16_head,
    .qkv_backward = hrm_bf16_qkv_backward,
    .attention_backward = hrm_bf16_attention_backward,
    .project_backward = hrm_bf16_project_backward,
    .swiglu_backward = hrm_bf16_swiglu_backward,
    .mlp_recomputes = hrm_bf16_mlp_recomputes,
    .mlp_backward = hrm_bf16_mlp_backward,
    .head_backward = hrm_bf16_head_backward,
    .orthogonalize_bytes = hrm_bf16_orthogonalize_bytes,
    .orthogonalize = hrm_bf16_orthogonalize,
    .peak = hrm_bf16_peak,
    .peak_fed = hrm_bf16_peak_fed,
};
