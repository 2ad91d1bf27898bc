#ifndef HRM_MODEL_MODEL_H
#define HRM_MODEL_MODEL_H

#include "core/base/error.h"
#include "core/compute/backend.h"
#include "core/model/attention.h"
#include "core/model/config.h"
#include "core/model/params.h"

#include <stddef.h>

/// The four matrices of one transformer block, and where their gradients lie.
struct hrm_model_block {
    struct hrm_weight qkv, o, gate_up, down;
    size_t qkv_at, o_at, gate_up_at, down_at; ///< offsets in the parameter array
};

/// A model ready to compute: configuration, backend, parameters and their packed form.
///
/// The parameters and the packed form are memory that the caller provides, so that the ranks of
/// a node can share one copy; hrm_model_init() only points into them.
struct hrm_model {
    struct hrm_model_config config;
    const struct hrm_backend *backend;
    struct hrm_layout layout;
    float *params;         ///< [layout.total]; not owned
    unsigned char *packed; ///< [hrm_model_packed_bytes()], or NULL when that is 0; not owned
    enum hrm_pack pack;
    struct hrm_model_block *h_blocks; ///< [h_layers]; the L blocks when the network is shared
    struct hrm_model_block *l_blocks; ///< [l_layers]
    int h_count, l_count;
    struct hrm_weight lm_head, q_head; ///< fp32 and packed like the others
    struct hrm_attention_tables tables;
    void *owned;
};

/// Build the block tables for `config` on `backend`. params and packed are attached afterwards.
/// Errors: HRM_USAGE from hrm_model_config_check() and for sizes that the backend does not have,
/// HRM_FAILED.
int hrm_model_init(struct hrm_model *model, const struct hrm_model_config *config,
                   const struct hrm_backend *backend, enum hrm_pack pack, struct hrm_error *error);
void hrm_model_free(struct hrm_model *model);

/// Puzzles of a row block that suit the backend's caches, at least 1: rows that are read anew from
/// farther away cost more than what more rows share. So the memory of a block grows with the rows
/// of one puzzle beyond some 650 only: a maze of 30x30 is a block by itself. Results do not depend
/// on it.
int hrm_model_block_puzzles(const struct hrm_model_config *config,
                            const struct hrm_backend *backend);

/// Bytes of the packed form of all matrices; 0 when the backend reads the parameters.
size_t hrm_model_packed_bytes(const struct hrm_model *model);

/// Point the model at its memory. Both stay the caller's.
void hrm_model_attach(struct hrm_model *model, float *params, void *packed);

/// Pack the matrices anew, after params changed. Matrices `first`, first+stride, ... only, so
/// that several threads or ranks can share the work: (0, 1) packs all.
void hrm_model_pack(struct hrm_model *model, int first, int stride);

#endif
