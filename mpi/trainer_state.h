#ifndef HRM_MPI_TRAINER_STATE_H
#define HRM_MPI_TRAINER_STATE_H

#include "mpi/trainer.h"

#include <stdbool.h>
#include <stddef.h>

/// One array of what a trainer must keep to go on exactly where it stopped.
struct hrm_state_piece {
    const char *name; ///< "params", "slots/z_h", ...
    void *data;       ///< [rows, row_bytes]; the trainer's own memory
    size_t rows, row_bytes;
    bool per_slot; ///< rows are the slots first .. first + rows - 1 of the global batch, and every
                   ///< rank has others; else the piece is the same on every rank of the group
    size_t first;  ///< 0 unless per_slot
};

#define HRM_STATE_PIECES 12 ///< at most

/// List the pieces. Nothing else carries over from step to step: random numbers and the order of
/// examples follow from seed, step and slot. A state fits any number of ranks and threads with
/// the same configuration, backend, batch, shards and micro_batch.
/// After overwriting all of them call hrm_trainer_pack().
/// @return the number of pieces
int hrm_trainer_state(struct hrm_trainer *trainer, struct hrm_state_piece pieces[HRM_STATE_PIECES]);

#endif
