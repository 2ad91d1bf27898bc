#ifndef HRM_JOBS_FOOTPRINT_H
#define HRM_JOBS_FOOTPRINT_H

#include "core/eval/plan.h"
#include "core/file/votes.h"
#include "core/model/model.h"
#include "core/vote/rules.h"

#include <stdint.h>

/// How much an evaluation moves and holds. No MPI calls; sizes are those of the structs that the
/// run itself sends, stores and allocates.
///
/// With R ranks of T threads on N nodes, C checkpoints, P perturbations, n puzzles, B blocks:
///   messages   claims, each a round trip of 16 bytes to rank 0: B / M + O(R T log(B / (R T))) when
///              a claim takes up to M blocks, at most B + R T
///   bytes      received by each rank before its first claim: a constant and 4 to 12 kB a
///              checkpoint; sent to rank 0 after the last one: a constant; so R times that in all,
///              in log R steps. The votes file, of Sudoku: 126 n + 60 C P n + 8 a
///              block.
///   memory     of a node: C times the packed weights; of a rank: T workspaces, and 0.1 kB for
///              each pass of a claim; of rank 0 besides: C and P names, and 256 bytes for each
///              rank. Nothing grows with n.
struct hrm_footprint {
    int64_t passes;
    int64_t broadcast; ///< bytes that each rank receives before its first claim
    int64_t weights;   ///< bytes of weights that each node but the first receives before that
    int64_t gathered;  ///< bytes of each rank that are reduced or gathered to rank 0
    int64_t votes;     ///< bytes of the votes file, without a few kB of attributes
    int64_t node;      ///< bytes that the ranks of a node hold together
    int64_t loading;   ///< more while the weights are read
    int64_t rank;      ///< bytes of a rank's own, besides the program and its libraries
    int64_t root;      ///< more on rank 0
};

struct hrm_footprint_of {
    const struct hrm_plan *plan;
    const struct hrm_model *model; ///< initialized; needs no parameters
    int ranks, threads;
    enum hrm_rule prune;         ///< as struct hrm_evaluation has it
    const struct hrm_task *task; ///< whose answers the passes have
};

struct hrm_footprint hrm_footprint_make(const struct hrm_footprint_of *of);

#endif
