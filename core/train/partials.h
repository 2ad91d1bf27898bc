#ifndef HRM_TRAIN_PARTIALS_H
#define HRM_TRAIN_PARTIALS_H

#include <stddef.h>
#include <stdint.h>

/// Partial sums over the shards of a global batch, added in one fixed order.
///
/// The G = 2^k shards are the leaves of a complete binary tree. The sum of a node is that of its
/// left child plus that of its right child, in fp32, whoever computed them. So the root is the
/// same to the bit however the shards are spread over threads and ranks: an owner of consecutive
/// shards pushes them one by one and is left with the fewest nodes that cover its range, and
/// pushing these nodes in the order of their shards goes on where the owners stopped.

/// One node: the sum over shards first .. first + span - 1; span is a power of two that divides
/// first.
struct hrm_partial {
    int first, span;
    float *values; ///< not owned
};

/// Most nodes that a range of shards can need: two for each level of a tree of 2^30 leaves.
#define HRM_PARTIALS 62

/// The nodes of a range of consecutive shards, in their order. Zeroed: none.
struct hrm_partials {
    int count;
    struct hrm_partial nodes[HRM_PARTIALS];
};

/// Append a node, then merge the last two as long as they are siblings: the right one is added to
/// the left one's values, and its own are free again. So an owner that puts its next shard into
/// buffer number `count` never needs more buffers than hrm_partials_depth().
/// @param first, count  the floats of `values` that are added; the others are left alone, so that
///                      several threads can replay the same pushes on disjoint floats
void hrm_partials_push(struct hrm_partials *partials, struct hrm_partial node, size_t first,
                       size_t count);

/// The nodes that pushing shards first .. first + shards - 1 leaves, with values NULL.
/// @return the most nodes that exist at a time on the way
int hrm_partials_cover(struct hrm_partials *partials, int first, int shards);

/// Buffers that an owner of shards first .. first + shards - 1 needs; log2(shards) + 1 for an
/// aligned power of two.
int hrm_partials_depth(int first, int shards);

/// Where part `part` of `parts` begins when `whole` is cut into consecutive parts whose sizes
/// differ by at most one.
static inline int hrm_part_begin(int whole, int parts, int part)
{
    return (int)((int64_t)whole * part / parts);
}

#endif
