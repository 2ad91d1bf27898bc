#ifndef HRM_MPI_COUNT_H
#define HRM_MPI_COUNT_H

#include "core/base/error.h"
#include "core/file/pool.h"
#include "core/vote/mcnemar.h"
#include "core/vote/selection.h"
#include "core/vote/tally.h"
#include "mpi/world.h"

/// Selections of the passes of a pool, each to be voted on for every puzzle, and pairs of
/// selections whose answers are to be compared puzzle by puzzle.
struct hrm_count {
    const struct hrm_selection *selections; ///< [count]
    struct hrm_tally *tallies;              ///< [count] out
    int count;
    const int (*pairs)[2];                   ///< [pair_count] indices of selections; or NULL
    struct hrm_mcnemar (*tables)[HRM_RULES]; ///< [pair_count] out: of a rule on both sides
    int pair_count;
};

/// Vote on all puzzles of a pool by several selections of its passes.
///
/// The ranks read the records of different puzzles and add up their tallies, which are whole
/// numbers: the result is the same on any number of ranks. Memory of a rank: some thousand
/// records, or one block of puzzles with all passes, and the tallies. Collective on world.
/// @param count  [in,out] the same on every rank; results on every rank
/// Errors, the same on every rank: HRM_DATA when votes are missing or damaged, HRM_FAILED.
int hrm_count_votes(const struct hrm_world *world, const struct hrm_pool *pool,
                    const struct hrm_count *count, struct hrm_error *error);

/// Bytes of a rank's memory that this takes for one file.
/// @param record  [in] bytes of a pass
int64_t hrm_count_bytes(const struct hrm_plan *plan, size_t record);

#endif
