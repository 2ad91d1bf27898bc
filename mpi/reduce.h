#ifndef HRM_MPI_REDUCE_H
#define HRM_MPI_REDUCE_H

#include "core/base/error.h"
#include "core/train/partials.h"
#include "core/train/training.h"

#include <mpi.h>
#include <stddef.h>

/// Sums gradients over the ranks of a replica group.
///
/// Rank r of P owns shards hrm_part_begin(G, P, r) .. hrm_part_begin(G, P, r + 1) - 1 and brings
/// the K_r nodes that cover them: one when G/P is a power of two, else at most 2 log2(G/P) + 1.
/// Costs per rank for N floats, in chunks of C = HRM_REDUCE_CHUNK floats:
///
///                 bytes sent               messages sent       memory besides the nodes
///   ordered       4 N (K_r + 1) (P-1)/P    2 (P-1) N/C         4 C (K_r + sum of all K / P)
///   allreduce     4 N 2 (P-1)/P  (*)       2 (P-1) N/C  (*)    MPI's own
///
/// (*) of a ring; MPI chooses. So with G/P a power of two both move the least bytes possible.
struct hrm_reduce {
    MPI_Comm comm; ///< not owned
    int rank, size;
    int shards; ///< G
    enum hrm_reduce_kind kind;
    struct hrm_partials *nodes; ///< [size]: which nodes each rank brings
    float *send, *receive;
    int *send_count, *send_at;       ///< [size]
    int *receive_count, *receive_at; ///< [size]
    int *slice_count, *slice_at;     ///< [size]: which floats of a chunk each rank adds up
};

/// Floats of a chunk: 8 MB.
#define HRM_REDUCE_CHUNK ((size_t)1 << 21)

/// Allocate all that later sums need. `shards` is a power of two, at least the ranks of comm.
/// Errors: HRM_FAILED when memory is short; agree on it before the first sum.
int hrm_reduce_init(struct hrm_reduce *reduce, MPI_Comm comm, int shards, enum hrm_reduce_kind kind,
                    struct hrm_error *error);
void hrm_reduce_free(struct hrm_reduce *reduce);

/// Sum the nodes of all ranks; every rank gets the sum in the values of its first node, the
/// others are overwritten. Collective on comm.
/// @param partials  [in,out] the nodes that cover this rank's shards, `count` floats each
int hrm_reduce_sum(struct hrm_reduce *reduce, const struct hrm_partials *partials, size_t count,
                   struct hrm_error *error);

/// Give every rank the rows of all shards. Collective on comm.
/// @param rows  [in,out] fp64 [shards, width]; a rank brings the rows of its own shards
int hrm_reduce_gather(struct hrm_reduce *reduce, double *rows, int width, struct hrm_error *error);

#endif
