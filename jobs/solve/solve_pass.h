#ifndef HRM_JOBS_SOLVE_PASS_H
#define HRM_JOBS_SOLVE_PASS_H

#include "core/base/error.h"
#include "core/eval/runner.h"

#include <stdbool.h>

/// What `hrmpi solve --pass` is told.
struct solve_pass_request {
    const char *pass;        ///< FILE:N or FILE:CHECKPOINT,PERTURBATION,PUZZLE, counted from 0
    const char *checkpoints; ///< where to look for the weights; empty: where the votes say
    int last;                ///< of a folder, only the last so many of each replica; 0: all
    const char *backend;     ///< "auto": that of the votes
    bool plain, json;
    void (*watch)(void *user, const struct hrm_runner_outcome *outcome); ///< or NULL
};

/// Run one pass of a votes file again, alone, as the evaluation ran it: the same weights,
/// perturbation, seed, segments and backend. Prints its grid, halted, q and segments beside those
/// that are stored, and whether they are the same to the bit.
/// Errors: HRM_USAGE (no such pass, or it was left out), HRM_DATA (the file, or other weights),
/// HRM_FAILED when the same backend gives something else.
int solve_pass(const struct solve_pass_request *request, struct hrm_error *error);

#endif
