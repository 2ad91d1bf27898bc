#ifndef HRM_MPI_EVALUATE_H
#define HRM_MPI_EVALUATE_H

#include "core/eval/plan.h"
#include "core/vote/rules.h"
#include "mpi/queue.h"

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

struct hrm_error;
struct hrm_perturbations;
struct hrm_store;
struct hrm_weights;
struct hrm_world;

/// All passes of a plan, run by the threads of all ranks.
///
/// Every thread claims neighbouring blocks, runs their passes and stores them, until none is left;
/// with a rule to prune by, a claim takes all passes of its puzzles. A pass does not depend on
/// those beside it, nor what is left out on other puzzles, so the votes are the same to the bit on
/// any number of ranks and threads. Memory of a rank: its threads' workers,
/// T hrm_worker_bytes(), and a chunk of passes each; nothing grows with the number of puzzles.
struct hrm_evaluation {
    const struct hrm_world *world;
    const struct hrm_weights *weights;
    struct hrm_store *store; ///< its plan is run
    const struct hrm_perturbations *perturbations;
    uint64_t seed;        ///< of random initial states and noise
    enum hrm_leave leave; ///< when a pass may end
    int settled;          ///< segments that HRM_LEAVE_SETTLED waits for
    enum hrm_rule prune;  ///< leave out the passes of a puzzle that cannot change its answer by
                          ///< this rule: hrm_prune_needed(); HRM_RULES: none
    double patience; ///< seconds of computing that may be lost when the process is killed: what is
                     ///< whole is stored so often within a claim, and after every slow segment
    int threads;     ///< of this rank, > 0
    enum hrm_queue_kind queue;
    const volatile sig_atomic_t *stop; ///< not 0: leave what is unfinished; or NULL
    /// Called on rank 0 about ten times a second: how many passes of the plan are run or left out,
    /// `skipped` of them by an earlier run. Other ranks are taken to be as far with their claims.
    void (*progress)(void *user, int64_t done, int64_t skipped);
    /// Called by a thread of any rank after it has stored so many blocks; or NULL.
    void (*stored)(void *user, int64_t blocks);
    void *user;
};

/// Summed over all ranks.
struct hrm_evaluation_result {
    int64_t blocks;         ///< run and stored
    int64_t skipped;        ///< that an earlier run had stored
    int64_t passes;         ///< run
    int64_t segments;       ///< run, of one puzzle each
    double busy;            ///< seconds of threads that computed passes
    double queue;           ///< that waited for claims
    double storage;         ///< that read and wrote the file
    double least, greatest; ///< `busy` of the rank with the least and the most of it
    bool finished;          ///< all blocks of the plan are stored
};

/// Collective on world. Errors, the same on every rank: HRM_NUMERIC, HRM_FAILED, HRM_DATA;
/// HRM_STOPPED when *stop was seen and something is left.
int hrm_evaluate(const struct hrm_evaluation *evaluation, struct hrm_evaluation_result *result,
                 struct hrm_error *error);

#endif
