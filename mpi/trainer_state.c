#include "mpi/trainer_state.h"

#include "mpi/trainer.h"

#include <assert.h>

/// The list that is being made.
struct list {
    struct hrm_state_array *arrays;
    int count;
};

static void add_shared(struct list *list, const char *name, void *data, size_t bytes)
{
    assert(list->count < HRM_STATE_ARRAYS);
    list->arrays[list->count++] =
        (struct hrm_state_array){.name = name, .data = data, .rows = 1, .row_bytes = bytes};
}

static void add_slots(struct list *list, const struct hrm_slots *slots, const char *name,
                      void *data, size_t row_bytes)
{
    assert(list->count < HRM_STATE_ARRAYS);
    list->arrays[list->count++] = (struct hrm_state_array){.name = name,
                                                           .data = data,
                                                           .rows = (size_t)slots->count,
                                                           .row_bytes = row_bytes,
                                                           .per_slot = true,
                                                           .first = (size_t)slots->first};
}

int hrm_trainer_state(struct hrm_trainer *trainer, struct hrm_state_array arrays[HRM_STATE_ARRAYS])
{
    struct list list = {.arrays = arrays};
    const struct hrm_layout *layout = &trainer->model.layout;
    struct hrm_slots *slots = &trainer->slots;
    size_t trained = layout->trained * sizeof(float);
    size_t tokens = (size_t)slots->cells * slots->token_bytes;
    hrm_slots_tokens_store(slots);
    add_shared(&list, "step", &trainer->step, sizeof trainer->step);
    add_shared(&list, "params", trainer->params, layout->total * sizeof(float));
    add_shared(&list, "m", trainer->m, trained);
    add_shared(&list, "v", trainer->v, trained);
    if (trainer->ema)
        add_shared(&list, "ema", trainer->ema, trained);
    add_slots(&list, slots, "slots/z_h", slots->z_h, slots->state_bytes);
    add_slots(&list, slots, "slots/z_l", slots->z_l, slots->state_bytes);
    add_slots(&list, slots, "slots/steps", slots->steps, sizeof *slots->steps);
    add_slots(&list, slots, "slots/ids", slots->ids, sizeof *slots->ids);
    add_slots(&list, slots, "slots/halted", slots->halted, sizeof *slots->halted);
    add_slots(&list, slots, "slots/inputs", slots->stored_inputs, tokens);
    add_slots(&list, slots, "slots/labels", slots->stored_labels, tokens);
    return list.count;
}
