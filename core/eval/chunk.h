#ifndef HRM_EVAL_CHUNK_H
#define HRM_EVAL_CHUNK_H

#include "core/base/error.h"
#include "core/eval/perturbation.h"
#include "core/eval/plan.h"
#include "core/eval/runner.h"
#include "core/task/task.h"
#include "core/vote/ballot.h"
#include "core/vote/rules.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/// Where puzzles come from and passes go to. Called by many threads at a time.
struct hrm_chunk_store {
    /// Read the puzzles of a block. @param items [out] [count, item_bytes]
    int (*puzzles)(void *user, const struct hrm_plan_block *block, void *items,
                   struct hrm_error *error);
    /// Which of blocks index .. index+count-1, of one row, an earlier run has stored.
    /// @param records  [out] [puzzles of these blocks], of those that are
    /// @param stored   [out] [count]
    int (*get)(void *user, int64_t index, int64_t count, void *records, bool *stored,
               struct hrm_error *error);
    /// Store them.
    int (*put)(void *user, int64_t index, int64_t count, const void *records,
               struct hrm_error *error);
    void *user;
};

/// What is to be run. The same for all threads of a process.
struct hrm_chunk_work {
    const struct hrm_plan *plan;
    const struct hrm_task *task;    ///< that the puzzles are of
    const struct hrm_model *models; ///< [plan->checkpoints]
    const int *newest;              ///< [plan->checkpoints] their order, the highest step first
    const struct hrm_perturbations *perturbations;
    uint64_t seed; ///< of random initial states and noise
    enum hrm_leave leave;
    int settled; ///< segments that HRM_LEAVE_SETTLED waits for
    enum hrm_rule
        prune; ///< leave out passes that cannot change the answer by this rule; HRM_RULES: none
    double patience; ///< seconds of computing until what is whole is stored, within a claim
    struct hrm_chunk_store store;
    void (*stored)(void *user, int64_t blocks); ///< called when so many were stored; or NULL
    void *user;
    const atomic_bool *cancel; ///< when true, leave everything as it is
};

/// What a thread has done.
struct hrm_chunk_result {
    int64_t blocks;   ///< run and stored
    int64_t skipped;  ///< that an earlier run had stored
    int64_t passes;   ///< run
    int64_t segments; ///< run, of one puzzle each
    double busy;      ///< seconds of computing passes
    double storage;   ///< of reading and storing
};

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
struct hrm_chunk {
    const struct hrm_chunk_work *work;
    struct hrm_runner runner;
    size_t record; ///< bytes of a pass
    int rows;      ///< passes of a puzzle that it has room for
    int puzzles;   ///< that it has room for
    int first;     ///< number of the first pass of a puzzle
    int64_t range, ranges;
    int64_t begin;                         ///< number of the first puzzle
    int count;                             ///< of puzzles
    unsigned char *items;                  ///< [puzzles]; owned, as all that follows
    struct hrm_perturbation *perturbation; ///< [rows]
    int *checkpoint;                       ///< [rows]
    void *passes;                          ///< [rows, puzzles] records
    bool *stored;                          ///< [rows, HRM_PLAN_NEIGHBOURS] by an earlier run
    bool *written;                         ///< the same, or by this one
    bool *kept;                            ///< [rows] in the file
    struct hrm_chunk_state *state;         ///< [puzzles]
    struct hrm_runner_job *jobs;           ///< [rows, puzzles]
    struct hrm_ballot ballot;
    int *index;               ///< [rows] 0, 1, ...
    double stored_when, seen; ///< seconds: blocks were stored, the last segment ended
    struct hrm_error failure; ///< of storing between segments
    struct hrm_chunk_result result;
    int64_t before; ///< passes of earlier claims
    /// For other threads: passes that are run, left out or known, of all claims so far, and those
    /// of them that an earlier run has stored.
    atomic_llong done, skipped;
};

/// Blocks, or ranges with all rows where there is a rule to prune by, that are claimed together, at
/// most.
int64_t hrm_chunk_most(const struct hrm_plan *plan, enum hrm_rule prune);

/// @param work  [in] stays with the caller
/// Errors: HRM_FAILED, and what hrm_runner_init() says. Free with hrm_chunk_free() in any case.
int hrm_chunk_init(struct hrm_chunk *chunk, const struct hrm_chunk_work *work,
                   struct hrm_error *error);
void hrm_chunk_free(struct hrm_chunk *chunk);

/// Run and store what an earlier run has not: row `row` of ranges range .. range+ranges-1, or all
/// rows where there is a rule to prune by. Adds to `result`. Errors: HRM_NUMERIC, HRM_FAILED,
/// what the store says; HRM_STOPPED when cancelled.
int hrm_chunk_run(struct hrm_chunk *chunk, int row, int64_t range, int64_t ranges,
                  struct hrm_error *error);

#endif
