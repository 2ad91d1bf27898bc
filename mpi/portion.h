#ifndef HRM_MPI_PORTION_H
#define HRM_MPI_PORTION_H

#include "core/eval/runner.h"
#include "core/vote/ballot.h"
#include "mpi/evaluate.h"

#include <stdatomic.h>

/// Puzzles of neighbouring blocks with some of their passes, as one thread runs and stores them.
///
/// Passes go by checkpoint, the highest step first and each with all its perturbations: snapshots
/// of one run agree more than perturbations do, so that a vote is decided sooner. They go in
/// rounds. For each puzzle a round takes as many of its next passes as its answer
/// needs at the least (hrm_prune_needed()): they would be run one by one too, so what is run, and
/// what is left out, depends on the puzzle's own passes alone. The passes of a round that are of
/// one checkpoint fill the slots of the model together, whatever their puzzles and perturbations.
/// A row, that is a pass of all the puzzles, is stored as soon as no puzzle needs it any more; its
/// whole blocks before that, now and then and when the work is stopped.
///
/// Memory for R rows of N puzzles: R N (60 + 40) bytes and the runner's.
struct hrm_portion {
    const struct hrm_evaluation *evaluation;
    const atomic_bool *cancel; ///< when true, leave everything as it is
    struct hrm_runner runner;
    int rows;    ///< passes of a puzzle that it has room for
    int puzzles; ///< that it has room for
    int first;   ///< number of the first pass of a puzzle
    int64_t range, ranges;
    int64_t begin;                         ///< number of the first puzzle
    int count;                             ///< of puzzles
    unsigned char *items;                  ///< [puzzles]; owned, as all that follows
    struct hrm_perturbation *perturbation; ///< [rows]
    int *checkpoint;                       ///< [rows]
    void *passes;                          ///< [rows, puzzles] records
    bool *stored;                          ///< [rows, HRM_VOTES_NEIGHBOURS] by an earlier run
    bool *written;                         ///< the same, or by this one
    bool *kept;                            ///< [rows] in the file
    struct hrm_portion_state *state;       ///< [puzzles]
    struct hrm_runner_job *jobs;           ///< [rows, puzzles]
    struct hrm_ballot ballot;
    int *index;               ///< [rows] 0, 1, ...
    double stored_when, seen; ///< seconds: blocks were stored, the last segment ended
    struct hrm_error failure; ///< of storing between segments
    struct hrm_evaluation_result result;
    int64_t before; ///< passes of earlier claims
    /// For other threads: passes that are run, left out or known, of all claims so far, and those
    /// of them that an earlier run has stored.
    atomic_llong done, skipped;
};

/// Blocks, or ranges with all rows where there is a rule to prune by, that are claimed together, at
/// most.
int64_t hrm_portion_most(const struct hrm_plan *plan, enum hrm_rule prune);

/// Errors: HRM_FAILED, and what hrm_runner_init() says. Free with hrm_portion_free() in any case.
int hrm_portion_init(struct hrm_portion *portion, const struct hrm_evaluation *evaluation,
                     const atomic_bool *cancel, struct hrm_error *error);
void hrm_portion_free(struct hrm_portion *portion);

/// Run and store what an earlier run has not: row `row` of ranges range .. range+ranges-1, or all
/// rows where there is a rule to prune by. Adds to `result`. Errors: HRM_NUMERIC, HRM_FAILED,
/// HRM_DATA; HRM_STOPPED when cancelled.
int hrm_portion_run(struct hrm_portion *portion, int row, int64_t range, int64_t ranges,
                    struct hrm_error *error);

#endif
