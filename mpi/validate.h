#ifndef HRM_MPI_VALIDATE_H
#define HRM_MPI_VALIDATE_H

#include <stdint.h>

struct hrm_error;
struct hrm_trainer;

/// A puzzle set as tokens.
struct hrm_token_set {
    int64_t count;
    const uint16_t *inputs, *labels; ///< [count, cells]; not owned
};

/// How much of a puzzle set the model has right after halt_max_steps segments.
struct hrm_validation {
    int64_t puzzles;
    int64_t exact; ///< puzzles with all cells right
    int64_t cells; ///< cells that are right
};

/// Run the model, its moving average where there is one, on a puzzle set. The work is spread over
/// the ranks and threads of the group; the training goes on afterwards as if nothing had been.
/// Collective on the group; every rank brings the same set and gets the same result.
/// Errors, the same on every rank: HRM_FAILED; HRM_STOPPED when *trainer->stop was seen.
int hrm_trainer_validate(struct hrm_trainer *trainer, const struct hrm_token_set *set,
                         struct hrm_validation *result, struct hrm_error *error);

#endif
