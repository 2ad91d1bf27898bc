#include "core/eval/runner.h"

#include "core/model/halting.h"
#include "core/model/loss.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/// A pass on its way.
struct hrm_runner_slot {
    int job; ///< index in the task
    struct hrm_symmetry inverse;
    int steps;             ///< segments done
    int settled;           ///< first segment with the grid as it is
    struct hrm_board grid; ///< after the last segment, mapped back
    float q[2];            ///< q_halt, q_continue
    bool done;
};

int hrm_runner_slots(const struct hrm_model *model, int count)
{
    int slots = hrm_model_block_puzzles(&model->config, model->backend);
    return slots < count ? slots : count;
}

int hrm_runner_init(struct hrm_runner *runner, const struct hrm_model *model, int slots,
                    struct hrm_error *error)
{
    *runner = (struct hrm_runner){.slots = slots};
    const struct hrm_model_config *config = &model->config;
    const struct hrm_data_shape sudoku = {"Sudoku puzzles", HRM_CELLS, HRM_TOKENS, 0};
    if (hrm_model_config_fit(config, &sudoku, error) != HRM_OK)
        return hrm_hint(error, "give a checkpoint with model.cells = %d and model.vocab = %d",
                        HRM_CELLS, HRM_TOKENS);
    runner->slot = calloc((size_t)slots, sizeof *runner->slot);
    runner->inputs = calloc((size_t)slots * HRM_CELLS, sizeof *runner->inputs);
    runner->noise = calloc((size_t)slots, sizeof *runner->noise);
    int status = HRM_OK;
    if (!runner->slot || !runner->inputs || !runner->noise)
        status = hrm_fail(error, HRM_FAILED, "no memory for %d puzzles", slots);
    if (status == HRM_OK)
        status = hrm_worker_init(&runner->worker, model, slots, false, error);
    if (status)
        hrm_runner_free(runner);
    return status;
}

void hrm_runner_free(struct hrm_runner *runner)
{
    if (runner->worker.model)
        hrm_worker_free(&runner->worker);
    free(runner->slot);
    free(runner->inputs);
    free(runner->noise);
    *runner = (struct hrm_runner){0};
}

/// Begin a pass in slot p.
static void begin(struct hrm_runner *runner, const struct hrm_runner_task *task, int p, int index)
{
    const struct hrm_runner_job *job = &task->jobs[index];
    const struct hrm_perturbation *perturbation = job->perturbation;
    uint64_t number = (uint64_t)job->number;
    struct hrm_board board = hrm_symmetry_apply(&perturbation->symmetry, job->question);
    for (int i = 0; i < HRM_CELLS; i++)
        runner->inputs[p * HRM_CELLS + i] = (uint16_t)(board.cell[i] + 1);
    struct hrm_random random =
        hrm_random_open(task->seed, HRM_RANDOM_STATE, (uint64_t)perturbation->state, number);
    hrm_state_reset(&runner->worker, p, perturbation->state_sigma, &random);
    runner->noise[p] =
        hrm_random_open(task->seed, HRM_RANDOM_NOISE, (uint64_t)perturbation->noise, number);
    runner->slot[p] = (struct hrm_runner_slot){
        .job = index, .inverse = hrm_symmetry_inverse(&perturbation->symmetry)};
}

/// The grid of slot p, mapped back.
static struct hrm_board decode(const struct hrm_runner *runner, const struct hrm_runner_task *task,
                               const struct hrm_outputs *outputs, int p)
{
    const struct hrm_model_config *config = &task->model->config;
    size_t logits = (size_t)hrm_model_seq(config) * (size_t)config->vocab;
    uint16_t tokens[HRM_CELLS];
    struct hrm_board board;
    hrm_loss_decode(config, outputs->logits + (size_t)p * logits, tokens);
    // Pad and blank are no digits.
    for (int i = 0; i < HRM_CELLS; i++)
        board.cell[i] = tokens[i] > 1 ? (uint8_t)(tokens[i] - 1) : 0;
    return hrm_symmetry_apply(&runner->slot[p].inverse, &board);
}

static bool may_leave(const struct hrm_runner_task *task, const struct hrm_runner_slot *slot)
{
    bool halted = hrm_halting_wants(&task->model->config, slot->q);
    switch (task->leave) {
    case HRM_LEAVE_HALTED:
        return halted;
    case HRM_LEAVE_SETTLED:
        return halted && slot->steps - slot->settled >= task->settled;
    case HRM_LEAVE_CERTIFIED:
        return hrm_board_is_certified(task->jobs[slot->job].question, &slot->grid);
    default:
        return false;
    }
}

/// Look at slot p after a segment.
static int observe(struct hrm_runner *runner, const struct hrm_runner_task *task,
                   const struct hrm_outputs *outputs, int p, struct hrm_error *error)
{
    struct hrm_runner_slot *slot = &runner->slot[p];
    struct hrm_board board = decode(runner, task, outputs, p);
    slot->steps++;
    if (slot->steps == 1 || memcmp(&board, &slot->grid, sizeof board) != 0)
        slot->settled = slot->steps;
    slot->grid = board;
    memcpy(slot->q, outputs->q + 2 * p, sizeof slot->q);
    slot->done = slot->steps == task->segments || may_leave(task, slot);
    if (task->watch)
        task->watch(task->user, &(struct hrm_runner_outcome){slot->job, slot->steps, &slot->grid,
                                                             slot->q[0], slot->q[1]});
    if (isfinite(slot->q[0]) && isfinite(slot->q[1]))
        return HRM_OK;
    const struct hrm_runner_job *job = &task->jobs[slot->job];
    hrm_fail(error, HRM_NUMERIC, "q is not finite: puzzle %lld, perturbation %s, segment %d",
             (long long)job->number, job->perturbation->name, slot->steps);
    return hrm_hint(error, "the checkpoint has diverged: use an earlier one");
}

static void keep(const struct hrm_runner_task *task, const struct hrm_runner_slot *slot)
{
    const struct hrm_runner_job *job = &task->jobs[slot->job];
    struct hrm_grid_verdict verdict = hrm_grid_judge(job->question, job->answer, &slot->grid);
    bool halted = hrm_halting_wants(&task->model->config, slot->q);
    struct hrm_pass *pass = job->pass;
    memset(pass, 0, hrm_pass_bytes(HRM_GRID_PACKED));
    pass->q_halt = slot->q[0];
    pass->q_continue = slot->q[1];
    pass->segments = (uint16_t)slot->steps;
    pass->settled = (uint16_t)slot->settled;
    pass->defects = (uint16_t)verdict.conflicts;
    pass->matches = (uint16_t)verdict.matches;
    pass->flags = (uint8_t)((halted ? HRM_PASS_HALTED : 0) | (verdict.right ? HRM_PASS_RIGHT : 0) |
                            (verdict.certified ? HRM_PASS_CERTIFIED : 0));
    hrm_grid_pack(&slot->grid, pass->answer);
}

/// Keep the outcome of slot p and fill the hole with the last slot.
static void leave(struct hrm_runner *runner, const struct hrm_runner_task *task, int p, int last)
{
    const struct hrm_runner_slot *slot = &runner->slot[p];
    keep(task, slot);
    if (p == last)
        return;
    size_t bytes = hrm_state_bytes(task->model);
    const char *z_h = runner->worker.z_h, *z_l = runner->worker.z_l;
    hrm_state_load(&runner->worker, p, z_h + (size_t)last * bytes, z_l + (size_t)last * bytes);
    memcpy(runner->inputs + p * HRM_CELLS, runner->inputs + last * HRM_CELLS,
           HRM_CELLS * sizeof *runner->inputs);
    runner->noise[p] = runner->noise[last];
    runner->slot[p] = runner->slot[last];
}

/// Begin passes while there are jobs and slots. Returns the slots in use.
static int refill(struct hrm_runner *runner, const struct hrm_runner_task *task, int active,
                  int *next)
{
    while (*next < task->count && active < runner->slots)
        begin(runner, task, active++, (*next)++);
    return active;
}

/// Run one segment of all slots.
static int step(struct hrm_runner *runner, const struct hrm_runner_task *task, int active,
                struct hrm_error *error)
{
    struct hrm_batch batch = {.puzzles = active,
                              .inputs = runner->inputs,
                              .noise_sigma = task->jobs[0].perturbation->noise_sigma,
                              .noise = runner->noise};
    struct hrm_outputs outputs = hrm_segment_forward(&runner->worker, &batch);
    int status = HRM_OK;
    for (int p = 0; p < active && status == HRM_OK; p++)
        status = observe(runner, task, &outputs, p, error);
    runner->segments += active;
    return status;
}

int hrm_runner_run(struct hrm_runner *runner, const struct hrm_runner_task *task,
                   struct hrm_error *error)
{
    assert(task->segments > 0 && task->segments <= UINT16_MAX);
    int next = 0, active = 0;
    runner->worker.model = task->model;
    while (next < task->count || active > 0) {
        if (task->cancel && atomic_load(task->cancel))
            return hrm_fail(error, HRM_STOPPED, "cancelled");
        active = refill(runner, task, active, &next);
        int status = step(runner, task, active, error);
        if (status)
            return status;
        for (int p = active - 1; p >= 0; p--)
            if (runner->slot[p].done)
                leave(runner, task, p, --active);
        if (task->after)
            task->after(task->user);
    }
    return HRM_OK;
}
