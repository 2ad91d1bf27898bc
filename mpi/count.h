#ifndef HRM_MPI_COUNT_H
#define HRM_MPI_COUNT_H

#include "core/base/error.h"
#include "core/vote/selection.h"
#include "core/vote/tally.h"
#include "mpi/votes.h"
#include "mpi/world.h"

/// Vote on all puzzles of a finished votes file by several selections of its passes.
///
/// The ranks read the records of different puzzles and add up their tallies, which are whole
/// numbers: the result is the same on any number of ranks. Memory of a rank: some thousand
/// records, and the tallies. Collective on world.
/// @param votes       [in] the open file, on every rank
/// @param selections  [in] [count], the same on every rank
/// @param tallies     [out] [count], on every rank
/// Errors, the same on every rank: HRM_DATA when votes are missing or damaged, HRM_FAILED.
int hrm_count_votes(const struct hrm_world *world, const struct hrm_votes *votes,
                    const struct hrm_selection *selections, int count, struct hrm_tally *tallies,
                    struct hrm_error *error);

/// Bytes of a rank's memory that this takes.
int64_t hrm_count_bytes(const struct hrm_plan *plan);

#endif
