#include "core/train/slots.h"

#include <string.h>

/// Take the pieces from the arena, or measure them.
static void lay_out(struct hrm_slots *slots)
{
    size_t count = (size_t)slots->count, tokens = count * (size_t)slots->cells;
    slots->z_h = hrm_arena_take(&slots->arena, count * slots->state_bytes);
    slots->z_l = hrm_arena_take(&slots->arena, count * slots->state_bytes);
    slots->steps = hrm_arena_take(&slots->arena, count * sizeof *slots->steps);
    slots->ids = hrm_arena_take(&slots->arena, count * sizeof *slots->ids);
    slots->halted = hrm_arena_take(&slots->arena, count);
    slots->inputs = hrm_arena_take(&slots->arena, tokens * sizeof *slots->inputs);
    slots->labels = hrm_arena_take(&slots->arena, tokens * sizeof *slots->labels);
    slots->stored_inputs = slots->inputs;
    slots->stored_labels = slots->labels;
    if (slots->token_bytes == sizeof *slots->inputs)
        return;
    slots->stored_inputs = hrm_arena_take(&slots->arena, tokens);
    slots->stored_labels = hrm_arena_take(&slots->arena, tokens);
}

/// All but the memory, which is measured.
static void measure(struct hrm_slots *slots, const struct hrm_model *model, int first, int count)
{
    *slots = (struct hrm_slots){.first = first, .count = count, .cells = model->config.cells};
    slots->state_bytes = hrm_state_bytes(model);
    slots->token_bytes = model->config.vocab > 256 ? sizeof *slots->inputs : 1;
    lay_out(slots);
}

size_t hrm_slots_bytes(const struct hrm_model *model, int count)
{
    struct hrm_slots slots;
    measure(&slots, model, 0, count);
    return slots.arena.used;
}

int hrm_slots_init(struct hrm_slots *slots, const struct hrm_model *model, int first, int count,
                   struct hrm_error *error)
{
    measure(slots, model, first, count);
    int status = hrm_arena_reserve(&slots->arena, error);
    if (status)
        return status;
    lay_out(slots);
    memset(slots->halted, 1, (size_t)count);
    return HRM_OK;
}

void hrm_slots_free(struct hrm_slots *slots)
{
    hrm_arena_free(&slots->arena);
    *slots = (struct hrm_slots){0};
}

void hrm_slot_begin(struct hrm_slots *slots, const struct hrm_training *training, int64_t step,
                    int slot, struct hrm_worker *worker, int p)
{
    size_t i = (size_t)(slot - slots->first), cells = (size_t)slots->cells;
    if (!slots->halted[i]) {
        hrm_state_load(worker, p, slots->z_h + i * slots->state_bytes,
                       slots->z_l + i * slots->state_bytes);
        return;
    }
    struct hrm_random random =
        hrm_random_open(training->seed, HRM_RANDOM_STATE, (uint64_t)step, (uint64_t)slot);
    training->source.draw(training->source.context, step, slot, slots->inputs + i * cells,
                          slots->labels + i * cells, &slots->ids[i]);
    hrm_state_reset(worker, p, training->state_sigma, &random);
    slots->steps[i] = 0;
}

void hrm_slots_tokens_store(struct hrm_slots *slots)
{
    uint8_t *inputs = slots->stored_inputs, *labels = slots->stored_labels;
    size_t tokens = (size_t)slots->count * (size_t)slots->cells;
    for (size_t i = 0; slots->token_bytes == 1 && i < tokens; i++) {
        inputs[i] = (uint8_t)slots->inputs[i];
        labels[i] = (uint8_t)slots->labels[i];
    }
}

void hrm_slots_tokens_load(struct hrm_slots *slots)
{
    const uint8_t *inputs = slots->stored_inputs, *labels = slots->stored_labels;
    size_t tokens = (size_t)slots->count * (size_t)slots->cells;
    for (size_t i = 0; slots->token_bytes == 1 && i < tokens; i++) {
        slots->inputs[i] = inputs[i];
        slots->labels[i] = labels[i];
    }
}

void hrm_slot_end(struct hrm_slots *slots, int slot, const struct hrm_worker *worker, int p)
{
    size_t i = (size_t)(slot - slots->first);
    hrm_state_store(worker, p, slots->z_h + i * slots->state_bytes,
                    slots->z_l + i * slots->state_bytes);
}
