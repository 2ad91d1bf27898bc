#ifndef HRM_JOBS_VOTE_TABLE_H
#define HRM_JOBS_VOTE_TABLE_H

#include "core/base/error.h"
#include "core/vote/interval.h"
#include "core/vote/tally.h"
#include "mpi/votes.h"
#include "mpi/world.h"

#include <stdbool.h>
#include <stdint.h>

/// One configuration of passes, voted on by every rule.
struct vote_row {
    char name[48];
    int checkpoints, perturbations; ///< of one vote
    int copies;                     ///< votes that the row is the mean of: one a checkpoint, or 1
    struct hrm_tally tally;
};

/// What is to be voted on.
struct vote_choice {
    const char *checkpoints, *perturbations; ///< lists as of hrm_selection_init()
    bool configurations; ///< baseline, bootstrap, relabel and both, else all selected passes
    double confidence;   ///< of the intervals
};

struct vote_table {
    const struct hrm_votes *votes; ///< not owned
    double confidence;
    struct vote_row *rows; ///< [count]; owned
    int count;
    struct vote_row *each; ///< [each_count]: single passes of each selected checkpoint; owned
    int *each_index;       ///< [each_count]: which checkpoint
    int each_count;
};

/// Count the votes. Collective on world. Free with vote_table_free() in any case.
/// Errors, the same on every rank: HRM_USAGE for a bad list, HRM_DATA, HRM_FAILED.
int vote_table_make(struct vote_table *table, const struct hrm_world *world,
                    const struct hrm_votes *votes, const struct vote_choice *choice,
                    struct hrm_error *error);
void vote_table_free(struct vote_table *table);

/// A rule's share of right answers in a band (-1: all), with its interval. n is the number of
/// puzzles: votes of several checkpoints on one puzzle are not independent.
struct vote_cell {
    int64_t n, asked, answered, right;
    double share;
    struct hrm_interval interval;
};
struct vote_cell vote_table_cell(const struct vote_table *table, const struct vote_row *row,
                                 enum hrm_rule rule, int band);

#endif
