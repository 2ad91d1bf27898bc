#ifndef HRM_MPI_TRAINER_STATE_H
#define HRM_MPI_TRAINER_STATE_H

#include "core/file/state_file.h"

#include <stdbool.h>
#include <stddef.h>

struct hrm_trainer;

/// List the arrays. Nothing else carries over from step to step: random numbers and the order of
/// examples follow from seed, step and slot. A state fits any number of ranks and threads with
/// the same configuration, backend, batch, shards and micro_batch.
/// The tokens of the slots are those of this call. After overwriting all of them call
/// hrm_slots_tokens_load() and hrm_trainer_pack().
/// @return the number of arrays
int hrm_trainer_state(struct hrm_trainer *trainer, struct hrm_state_array arrays[HRM_STATE_ARRAYS]);

#endif
