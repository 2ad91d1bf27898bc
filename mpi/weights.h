#ifndef HRM_MPI_WEIGHTS_H
#define HRM_MPI_WEIGHTS_H

#include "mpi/shared.h"
#include "mpi/world.h"

#include <stddef.h>
#include <stdint.h>

struct hrm_backend;
struct hrm_error;
struct hrm_model;
struct hrm_provenance;

/// The weights of all checkpoints of an evaluation, held once by each node in memory that its
/// ranks share, ready for the forward pass; by each rank where shared memory has no room.
///
/// Memory of a node for C checkpoints: C times what the backend reads, that is
/// hrm_model_packed_bytes() where it packs (full size, bf16: 55 MB), else the parameters in fp32
/// (109 MB); while loading one checkpoint in fp32 more, and in the node's first rank that again
/// for the file. A rank's own: the embeddings and initial states of C checkpoints.
struct hrm_weights {
    int count;                         ///< C
    struct hrm_model *models;          ///< [C], all of one configuration
    struct hrm_provenance *provenance; ///< [C] of each checkpoint
    int *newest;                       ///< [C] the checkpoints by step: hrm_provenance_newest()
    uint64_t *hashes;                  ///< [C] of the weights in fp32
    size_t node_bytes;                 ///< held by this node
    int copying;                       ///< nodes whose ranks hold copies, for want of shared memory
    struct hrm_shared shared; ///< the packed forms, or the parameters where nothing is packed
    size_t stride;            ///< bytes of a checkpoint in it
    float **params;           ///< [C] sparse [layout.total] where the backend packs: only what is
                              ///< no matrix takes memory; else NULL
};

/// What a checkpoint takes: of the node, and of each rank on its own.
size_t hrm_weights_node_bytes(const struct hrm_model *model);
size_t hrm_weights_rank_bytes(const struct hrm_model *model);

/// The models of the checkpoints, of which rank 0 reads the headers: what they will take is known
/// before it is taken. Collective on world. Parameters and errors as of hrm_weights_load().
int hrm_weights_open(struct hrm_weights *weights, const struct hrm_world *world,
                     const char *const *paths, int count, const struct hrm_backend *backend,
                     struct hrm_error *error);

/// The weights of what hrm_weights_open() has opened.
int hrm_weights_fill(struct hrm_weights *weights, const struct hrm_world *world,
                     const char *const *paths, struct hrm_error *error);

/// Both: rank 0 reads the checkpoints; where there is a moving average, that. The first rank of
/// every node gets them from there by broadcasts: a file is read once however many nodes there are.
/// Collective on world.
/// @param paths  [in] [count], the same on every rank
/// Errors, the same on every rank: HRM_DATA, HRM_USAGE when they are of different models,
/// HRM_FAILED. Free with hrm_weights_free() in any case.
int hrm_weights_load(struct hrm_weights *weights, const struct hrm_world *world,
                     const char *const *paths, int count, const struct hrm_backend *backend,
                     struct hrm_error *error);

/// A zeroed struct is allowed.
void hrm_weights_free(struct hrm_weights *weights);

#endif
