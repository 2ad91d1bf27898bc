#ifndef HRM_COMPUTE_SHAPE_H
#define HRM_COMPUTE_SHAPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// Which positions of a puzzle look at which, in one head.
enum hrm_attention_kind {
    HRM_ATTENTION_ALL,    ///< every position at all
    HRM_ATTENTION_CAUSAL, ///< at itself and at those before it
    HRM_ATTENTION_MASK,   ///< as the head's mask says
    HRM_ATTENTION_GROUPS  ///< at those of its group
};

/// The attention of a model. The tables are its own. Every position looks at itself.
struct hrm_attention {
    enum hrm_attention_kind kind;
    /// Of MASK: [heads, S, hrm_mask_words(S)]. Bit k of the words of a head and a position, lowest
    /// first, tells whether the head looks from there at position k; the bits from S on are 0.
    const uint16_t *mask;
    const uint16_t *mask_back; ///< the other way round: whether it looks from k there
    /// Of GROUPS: [heads, S], for every head the positions, group by group of `group` each.
    const int32_t *groups;
    int group;
    int plane; ///< positions t and t + plane are of one token; S: all are of different ones
};

/// The sizes of a row block: a few puzzles carried through a layer together.
/// rows = puzzles * seq; row p*seq + t is position t of puzzle p.
struct hrm_block_shape {
    int puzzles;
    int seq;    ///< positions of one puzzle, S: the rows of its state
    int hidden; ///< D = heads * head size; head size even
    int heads;
    int inner; ///< F, inner size of SwiGLU
    int vocab; ///< V, the most outputs of a head
    struct hrm_attention attention;
    /// [puzzles], 1..plane, or NULL where all puzzles are as long as can be. The positions of a
    /// plane from there on are padding: such a position looks at itself alone, and no other at it.
    const int32_t *lengths;
};

/// Words of 16 positions that a row of a mask has.
static inline int hrm_mask_words(int seq)
{
    return (seq + 31) / 32 * 2;
}

/// The row of a head and a position in a mask.
static inline const uint16_t *hrm_mask_row(const struct hrm_block_shape *shape,
                                           const uint16_t *mask, int head, int position)
{
    return mask + (size_t)(head * shape->seq + position) * (size_t)hrm_mask_words(shape->seq);
}

/// Whether a row of a mask has position k.
static inline bool hrm_mask_has(const uint16_t *row, size_t k)
{
    return row[k / 16] >> k % 16 & 1;
}

/// Rows that a buffer of `rows` rows must have room for: whole row tiles of every backend, which
/// are of 32 rows in bf16 and of 12 in OpenBLAS.
static inline int hrm_rows_padded(int rows)
{
    return (rows + 95) / 96 * 96;
}

#endif
