#ifndef HRM_TRAIN_SLOTS_H
#define HRM_TRAIN_SLOTS_H

#include "core/base/arena.h"
#include "core/base/error.h"
#include "core/model/segment.h"
#include "core/train/training.h"

#include <stddef.h>
#include <stdint.h>

/// A rank's slots of the global batch, with all that they keep from one step to the next.
///
/// A slot works on its puzzle for some segments, one a step, until it halts; at the next step it
/// takes the example that it is offered then. What it is offered while it runs is thrown away.
/// Source: sapientinc/HRM, models/hrm/hrm_act_v1.py.
struct hrm_slots {
    int first, count;          ///< slots first .. first + count - 1 of the global batch
    int cells;                 ///< N
    size_t state_bytes;        ///< of one z_H, and of one z_L
    unsigned char *z_h, *z_l;  ///< [count, state_bytes], in the backend's element type
    int32_t *steps;            ///< [count] segments that the current puzzle has had
    int32_t *ids;              ///< [count] identifier of the current puzzle
    uint8_t *halted;           ///< [count] 0 or 1; at first 1
    uint16_t *inputs, *labels; ///< [count, N] tokens of the current puzzle
    size_t token_bytes;        ///< of a token in a state file: 1, or 2 of more than 256 tokens
    void *stored_inputs, *stored_labels; ///< [count, N] tokens of so many bytes, for a state file
    struct hrm_arena arena;
};

/// All slots halted. Takes 2 state_bytes + 6 N + 9 bytes a slot, 4 N of more than 256 tokens.
/// Errors: HRM_FAILED.
int hrm_slots_init(struct hrm_slots *slots, const struct hrm_model *model, int first, int count,
                   struct hrm_error *error);
size_t hrm_slots_bytes(const struct hrm_model *model, int count);
void hrm_slots_free(struct hrm_slots *slots);

/// Make slot `slot` (of the global batch) ready for `step`, as puzzle p of the worker: a halted
/// slot takes a new example and starts from the initial state, a running one loads its carry.
void hrm_slot_begin(struct hrm_slots *slots, const struct hrm_training *training, int64_t step,
                    int slot, struct hrm_worker *worker, int p);

/// Bring all tokens into the form that a state file has; and take them from there.
void hrm_slots_tokens_store(struct hrm_slots *slots);
void hrm_slots_tokens_load(struct hrm_slots *slots);

/// Keep the state of puzzle p of the worker as the slot's carry.
void hrm_slot_end(struct hrm_slots *slots, int slot, const struct hrm_worker *worker, int p);

#endif
