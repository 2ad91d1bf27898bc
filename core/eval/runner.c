#include "core/eval/runner.h"

#include "core/model/halting.h"
#include "core/model/loss.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/// A pass on its way.
struct hrm_runner_slot {
    int job;     ///< index in the work
    int steps;   ///< segments done
    int settled; ///< first segment with the answer as it is
    float q[2];  ///< q_halt, q_continue
    bool done;
};

int hrm_runner_slots(const struct hrm_model *model, int count)
{
    int slots = hrm_model_block_puzzles(&model->config, model->backend);
    return slots < count ? slots : count;
}

/// Answer of slot p after its last segment; of `slots`, room for the next.
static uint8_t *answer_of(const struct hrm_runner *runner, int p)
{
    return runner->answers + (size_t)p * (size_t)runner->task.shape.answer_bytes;
}

static uint16_t *inputs_of(const struct hrm_runner *runner, int p)
{
    return runner->inputs + (size_t)p * (size_t)runner->task.shape.positions;
}

int hrm_runner_init(struct hrm_runner *runner, const struct hrm_task *task,
                    const struct hrm_model *model, int slots, struct hrm_error *error)
{
    *runner = (struct hrm_runner){.task = *task, .slots = slots};
    const struct hrm_task_shape *shape = &task->shape;
    const struct hrm_data_shape data = {
        .name = task->kind->plural,
        .cells = shape->positions,
        .vocab = shape->vocab,
        .geometry = {shape->rows, shape->columns, shape->box_rows, shape->box_columns},
        .first_symbol = shape->first_symbol,
        .symbols = shape->symbols};
    if (hrm_model_config_fit(&model->config, &data, error) != HRM_OK)
        return hrm_hint(error, "give a checkpoint with model.cells = %d and model.vocab = %d",
                        shape->positions, shape->vocab);
    runner->slot = calloc((size_t)slots, sizeof *runner->slot);
    runner->inputs = calloc((size_t)slots * (size_t)shape->positions, sizeof *runner->inputs);
    runner->predictions = calloc((size_t)shape->positions, sizeof *runner->predictions);
    runner->answers = calloc((size_t)slots + 1, (size_t)shape->answer_bytes);
    runner->noise = calloc((size_t)slots, sizeof *runner->noise);
    int status = HRM_OK;
    if (!runner->slot || !runner->inputs || !runner->predictions || !runner->answers ||
        !runner->noise)
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
    free(runner->predictions);
    free(runner->answers);
    free(runner->noise);
    *runner = (struct hrm_runner){0};
}

/// Begin a pass in slot p.
static void begin(struct hrm_runner *runner, const struct hrm_runner_work *work, int p, int index)
{
    const struct hrm_runner_job *job = &work->jobs[index];
    const struct hrm_perturbation *perturbation = job->perturbation;
    uint64_t number = (uint64_t)job->number;
    const struct hrm_task *task = &runner->task;
    task->kind->ask(task, job->item, perturbation->view, inputs_of(runner, p));
    struct hrm_random random =
        hrm_random_open(work->seed, HRM_RANDOM_STATE, (uint64_t)perturbation->state, number);
    hrm_state_reset(&runner->worker, p, perturbation->state_sigma, &random);
    runner->noise[p] =
        hrm_random_open(work->seed, HRM_RANDOM_NOISE, (uint64_t)perturbation->noise, number);
    runner->slot[p] = (struct hrm_runner_slot){.job = index};
}

/// What slot p predicts, brought back.
static void decode(const struct hrm_runner *runner, const struct hrm_runner_work *work,
                   const struct hrm_outputs *outputs, int p, uint8_t *answer)
{
    const struct hrm_model_config *config = &work->model->config;
    const struct hrm_runner_job *job = &work->jobs[runner->slot[p].job];
    const struct hrm_task *task = &runner->task;
    size_t logits = (size_t)hrm_model_seq(config) * (size_t)config->vocab;
    hrm_loss_decode(config, outputs->logits + (size_t)p * logits, runner->predictions);
    task->kind->answer(task, job->item, job->perturbation->view, runner->predictions, answer);
}

static struct hrm_verdict judge(const struct hrm_runner *runner, const struct hrm_runner_work *work,
                                int p)
{
    const struct hrm_runner_job *job = &work->jobs[runner->slot[p].job];
    const struct hrm_task *task = &runner->task;
    struct hrm_verdict verdict;
    task->kind->judge(task, job->item, answer_of(runner, p), &verdict);
    if (job->unknown) {
        verdict.right = false;
        verdict.matches = 0;
    }
    return verdict;
}

static bool may_leave(const struct hrm_runner *runner, const struct hrm_runner_work *work, int p)
{
    const struct hrm_runner_slot *slot = &runner->slot[p];
    bool halted = hrm_halting_wants(&work->model->config, slot->q);
    switch (work->leave) {
    case HRM_LEAVE_HALTED:
        return halted;
    case HRM_LEAVE_SETTLED:
        return halted && slot->steps - slot->settled >= work->settled;
    case HRM_LEAVE_CERTIFIED:
        return judge(runner, work, p).certified;
    default:
        return false;
    }
}

static void tell_outcome(struct hrm_runner *runner, const struct hrm_runner_work *work,
                         const struct hrm_outputs *outputs, int p)
{
    const struct hrm_model_config *config = &work->model->config;
    struct hrm_runner_slot *slot = &runner->slot[p];
    size_t puzzle = (size_t)hrm_model_seq(config) * (size_t)config->vocab;
    size_t prefix = (size_t)hrm_model_prefix(config) * (size_t)config->vocab;
    work->watch(work->user, &(struct hrm_runner_outcome){
                                .place = {slot->job, slot->steps, &runner->worker, p},
                                .logits = outputs->logits + (size_t)p * puzzle + prefix,
                                .leave = &slot->done,
                                .task = &runner->task,
                                .item = work->jobs[slot->job].item,
                                .answer = answer_of(runner, p),
                                .q_halt = slot->q[0],
                                .q_continue = slot->q[1]});
}

/// Look at slot p after a segment.
static int observe(struct hrm_runner *runner, const struct hrm_runner_work *work,
                   const struct hrm_outputs *outputs, int p, struct hrm_error *error)
{
    struct hrm_runner_slot *slot = &runner->slot[p];
    uint8_t *before = answer_of(runner, p), *now = answer_of(runner, runner->slots);
    size_t bytes = (size_t)runner->task.shape.answer_bytes;
    decode(runner, work, outputs, p, now);
    slot->steps++;
    if (slot->steps == 1 || memcmp(now, before, bytes) != 0)
        slot->settled = slot->steps;
    memcpy(before, now, bytes);
    memcpy(slot->q, outputs->q + 2 * p, sizeof slot->q);
    slot->done = slot->steps == work->segments || may_leave(runner, work, p);
    if (work->watch)
        tell_outcome(runner, work, outputs, p);
    if (isfinite(slot->q[0]) && isfinite(slot->q[1]))
        return HRM_OK;
    hrm_fail(error, HRM_NUMERIC, "q is not finite: puzzle %lld, perturbation %s, segment %d",
             (long long)work->jobs[slot->job].number, work->jobs[slot->job].perturbation->name,
             slot->steps);
    return hrm_hint(error, "the checkpoint has diverged: use an earlier one");
}

static void keep(const struct hrm_runner *runner, const struct hrm_runner_work *work, int p)
{
    const struct hrm_runner_slot *slot = &runner->slot[p];
    const struct hrm_runner_job *job = &work->jobs[slot->job];
    const int bytes = runner->task.shape.answer_bytes;
    struct hrm_verdict verdict = judge(runner, work, p);
    bool halted = hrm_halting_wants(&work->model->config, slot->q);
    struct hrm_pass *pass = job->pass;
    memset(pass, 0, hrm_pass_bytes(bytes));
    pass->q_halt = slot->q[0];
    pass->q_continue = slot->q[1];
    pass->segments = (uint16_t)slot->steps;
    pass->settled = (uint16_t)slot->settled;
    pass->defects = (uint16_t)verdict.defects;
    pass->matches = (uint16_t)verdict.matches;
    pass->flags = (uint8_t)((halted ? HRM_PASS_HALTED : 0) | (verdict.right ? HRM_PASS_RIGHT : 0) |
                            (verdict.certified ? HRM_PASS_CERTIFIED : 0));
    memcpy(pass->answer, answer_of(runner, p), (size_t)bytes);
}

/// Keep the outcome of slot p and fill the hole with the last slot.
static void leave(struct hrm_runner *runner, const struct hrm_runner_work *work, int p, int last)
{
    keep(runner, work, p);
    if (p == last)
        return;
    size_t bytes = hrm_state_bytes(work->model);
    const char *z_h = runner->worker.z_h, *z_l = runner->worker.z_l;
    hrm_state_load(&runner->worker, p, z_h + (size_t)last * bytes, z_l + (size_t)last * bytes);
    memcpy(inputs_of(runner, p), inputs_of(runner, last),
           (size_t)runner->task.shape.positions * sizeof *runner->inputs);
    memcpy(answer_of(runner, p), answer_of(runner, last), (size_t)runner->task.shape.answer_bytes);
    runner->noise[p] = runner->noise[last];
    runner->slot[p] = runner->slot[last];
}

/// Begin passes while there are jobs and slots. Returns the slots in use.
static int refill(struct hrm_runner *runner, const struct hrm_runner_work *work, int active,
                  int *next)
{
    while (*next < work->count && active < runner->slots)
        begin(runner, work, active++, (*next)++);
    return active;
}

/// What an observer of the worker is told about.
struct observed {
    const struct hrm_runner *runner;
    const struct hrm_runner_work *work;
};

/// Tell of every pass of the batch.
static void tell_call(void *user, const struct hrm_model *model, const struct hrm_call *call)
{
    const struct observed *observed = user;
    size_t bytes = hrm_state_bytes(model);
    for (int p = 0; p < call->puzzles; p++) {
        const struct hrm_runner_slot *slot = &observed->runner->slot[p];
        struct hrm_runner_call of_pass = {.job = slot->job,
                                          .segment = slot->steps + 1,
                                          .level = call->level,
                                          .h_cycle = call->h_cycle,
                                          .l_cycle = call->l_cycle,
                                          .model = model,
                                          .state = (const char *)call->state + (size_t)p * bytes};
        observed->work->call(observed->work->user, &of_pass);
    }
}

static void tell_before(struct hrm_runner *runner, const struct hrm_runner_work *work, int p)
{
    const struct hrm_runner_slot *slot = &runner->slot[p];
    work->before(work->user,
                 &(struct hrm_runner_place){slot->job, slot->steps + 1, &runner->worker, p},
                 inputs_of(runner, p));
}

/// Run one segment of all slots.
static int step(struct hrm_runner *runner, const struct hrm_runner_work *work, int active,
                struct hrm_error *error)
{
    struct hrm_batch batch = {.puzzles = active,
                              .inputs = runner->inputs,
                              .noise_sigma = work->jobs[0].perturbation->noise_sigma,
                              .noise = runner->noise};
    struct observed observed = {runner, work};
    for (int p = 0; work->before && p < active; p++)
        tell_before(runner, work, p);
    const struct hrm_observer observer = {tell_call, &observed};
    runner->worker.observer = work->call ? &observer : NULL;
    struct hrm_outputs outputs = hrm_segment_forward(&runner->worker, &batch);
    runner->worker.observer = NULL;
    int status = HRM_OK;
    for (int p = 0; p < active && status == HRM_OK; p++)
        status = observe(runner, work, &outputs, p, error);
    runner->segments += active;
    return status;
}

int hrm_runner_run(struct hrm_runner *runner, const struct hrm_runner_work *work,
                   struct hrm_error *error)
{
    assert(work->segments > 0 && work->segments <= UINT16_MAX);
    int next = 0, active = 0;
    runner->worker.model = work->model;
    while (next < work->count || active > 0) {
        if (work->cancel && atomic_load(work->cancel))
            return hrm_fail(error, HRM_STOPPED, "cancelled");
        active = refill(runner, work, active, &next);
        int status = step(runner, work, active, error);
        if (status)
            return status;
        for (int p = active - 1; p >= 0; p--)
            if (runner->slot[p].done)
                leave(runner, work, p, --active);
        if (work->after)
            work->after(work->user);
    }
    return HRM_OK;
}
