#ifndef HRM_COMPUTE_BF16_NAMES_H
#define HRM_COMPUTE_BF16_NAMES_H

/// The bf16 kernels are compiled twice, for two kinds of tiles. Those of AVX-512 take other names.
#ifdef HRM_TILES_AVX512
#define hrm_backend_bf16                  hrm_backend_bf16_avx512
#define hrm_bf16_add                      hrm_bf16_avx512_add
#define hrm_bf16_attention                hrm_bf16_avx512_attention
#define hrm_bf16_attention_backward       hrm_bf16_avx512_attention_backward
#define hrm_bf16_attention_backward_bytes hrm_bf16_avx512_attention_backward_bytes
#define hrm_bf16_attention_bytes          hrm_bf16_avx512_attention_bytes
#define hrm_bf16_from_float               hrm_bf16_avx512_from_float
#define hrm_bf16_gradient_add             hrm_bf16_avx512_gradient_add
#define hrm_bf16_gradient_bytes           hrm_bf16_avx512_gradient_bytes
#define hrm_bf16_groups                   hrm_bf16_avx512_groups
#define hrm_bf16_groups_backward          hrm_bf16_avx512_groups_backward
#define hrm_bf16_groups_bytes             hrm_bf16_avx512_groups_bytes
#define hrm_bf16_head                     hrm_bf16_avx512_head
#define hrm_bf16_head_backward            hrm_bf16_avx512_head_backward
#define hrm_bf16_head_bytes               hrm_bf16_avx512_head_bytes
#define hrm_bf16_heads_lookers            hrm_bf16_avx512_heads_lookers
#define hrm_bf16_heads_looks              hrm_bf16_avx512_heads_looks
#define hrm_bf16_heads_matrix             hrm_bf16_avx512_heads_matrix
#define hrm_bf16_heads_of                 hrm_bf16_avx512_heads_of
#define hrm_bf16_heads_pack_depth         hrm_bf16_avx512_heads_pack_depth
#define hrm_bf16_heads_pack_rows          hrm_bf16_avx512_heads_pack_rows
#define hrm_bf16_heads_store              hrm_bf16_avx512_heads_store
#define hrm_bf16_mlp_backward             hrm_bf16_avx512_mlp_backward
#define hrm_bf16_mlp_recomputes           hrm_bf16_avx512_mlp_recomputes
#define hrm_bf16_norm_backward            hrm_bf16_avx512_norm_backward
#define hrm_bf16_orthogonalize            hrm_bf16_avx512_orthogonalize
#define hrm_bf16_orthogonalize_bytes      hrm_bf16_avx512_orthogonalize_bytes
#define hrm_bf16_pack                     hrm_bf16_avx512_pack
#define hrm_bf16_packed_bytes             hrm_bf16_avx512_packed_bytes
#define hrm_bf16_packed_transpose         hrm_bf16_avx512_packed_transpose
#define hrm_bf16_peak                     hrm_bf16_avx512_peak
#define hrm_bf16_peak_fed                 hrm_bf16_avx512_peak_fed
#define hrm_bf16_product_add              hrm_bf16_avx512_product_add
#define hrm_bf16_product_store            hrm_bf16_avx512_product_store
#define hrm_bf16_product_tail             hrm_bf16_avx512_product_tail
#define hrm_bf16_project                  hrm_bf16_avx512_project
#define hrm_bf16_project_backward         hrm_bf16_avx512_project_backward
#define hrm_bf16_qkv                      hrm_bf16_avx512_qkv
#define hrm_bf16_qkv_backward             hrm_bf16_avx512_qkv_backward
#define hrm_bf16_rotate                   hrm_bf16_avx512_rotate
#define hrm_bf16_scratch_fixed            hrm_bf16_avx512_scratch_fixed
#define hrm_bf16_scratch_split            hrm_bf16_avx512_scratch_split
#define hrm_bf16_swiglu                   hrm_bf16_avx512_swiglu
#define hrm_bf16_swiglu_backward          hrm_bf16_avx512_swiglu_backward
#define hrm_bf16_swiglu_backward_bytes    hrm_bf16_avx512_swiglu_backward_bytes
#define hrm_bf16_to_float                 hrm_bf16_avx512_to_float
#define hrm_bf16_walk_advance             hrm_bf16_avx512_walk_advance
#define hrm_bf16_walk_begin               hrm_bf16_avx512_walk_begin
#endif

#endif
