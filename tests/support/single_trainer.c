#include "tests/support/single_trainer.h"

#include "core/model/halting.h"
#include "core/model/loss.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static void *zeroed(size_t count, size_t size, bool *failed)
{
    void *memory = aligned_alloc(64, (count * size + 64) / 64 * 64);
    if (memory == NULL)
        *failed = true;
    else
        memset(memory, 0, count * size);
    return memory;
}

static bool allocate(struct single_trainer *t)
{
    const struct hrm_model_config *config = &t->model.config;
    size_t batch = (size_t)t->batch, seq = (size_t)hrm_model_seq(config);
    size_t trained = t->model.layout.trained, width = (size_t)config->puzzle_emb;
    size_t cells = (size_t)config->cells;
    bool failed = false;
    t->params = zeroed(t->model.layout.total, sizeof(float), &failed);
    t->packed = zeroed(hrm_model_packed_bytes(&t->model), 1, &failed);
    t->gradient = zeroed(trained, sizeof(float), &failed);
    t->m = zeroed(trained, sizeof(float), &failed);
    t->v = zeroed(trained, sizeof(float), &failed);
    t->dlogits = zeroed(batch * seq * (size_t)config->vocab, sizeof(float), &failed);
    t->dq = zeroed(batch * 2, sizeof(float), &failed);
    t->dpuzzle = width > 0 ? zeroed(batch * width, sizeof(float), &failed) : NULL;
    t->sum = zeroed(width, sizeof(double), &failed);
    t->inputs = zeroed(batch * cells, sizeof *t->inputs, &failed);
    t->labels = zeroed(batch * cells, sizeof *t->labels, &failed);
    t->ids = zeroed(batch, sizeof *t->ids, &failed);
    t->steps = zeroed(batch, sizeof *t->steps, &failed);
    t->halted = zeroed(batch, sizeof *t->halted, &failed);
    return !failed;
}

int single_trainer_init(struct single_trainer *trainer, const struct hrm_model_config *config,
                        const struct hrm_backend *backend, int batch, struct hrm_error *error)
{
    *trainer = (struct single_trainer){.batch = batch};
    int status = hrm_model_init(&trainer->model, config, backend, HRM_PACK_BOTH, error);
    if (status != HRM_OK)
        return status;
    if (!allocate(trainer))
        status = hrm_fail(error, HRM_FAILED, "out of memory for a trainer");
    else
        status = hrm_worker_init(&trainer->worker, &trainer->model, batch, true, error);
    if (status != HRM_OK) {
        single_trainer_free(trainer);
        return status;
    }
    trainer->descent.width = config->puzzle_emb;
    for (int i = 0; i < batch; i++)
        trainer->halted[i] = true;
    hrm_model_attach(&trainer->model, trainer->params,
                     hrm_model_packed_bytes(&trainer->model) > 0 ? trainer->packed : NULL);
    return HRM_OK;
}

void single_trainer_free(struct single_trainer *t)
{
    hrm_worker_free(&t->worker);
    hrm_model_free(&t->model);
    void *const owned[] = {t->params,  t->packed, t->gradient, t->m,     t->v,
                           t->dlogits, t->dq,     t->dpuzzle,  t->sum,   t->inputs,
                           t->labels,  t->ids,    t->steps,    t->halted};
    for (size_t i = 0; i < sizeof owned / sizeof *owned; i++)
        free(owned[i]);
    *t = (struct single_trainer){0};
}

void single_trainer_pack(struct single_trainer *trainer)
{
    hrm_model_pack(&trainer->model, 0, 1);
}

void single_trainer_offer(struct single_trainer *t, const uint16_t *inputs, const uint16_t *labels,
                          const int32_t *ids)
{
    size_t cells = (size_t)t->model.config.cells;
    for (int p = 0; p < t->batch; p++) {
        if (!t->halted[p])
            continue;
        size_t at = (size_t)p * cells;
        memcpy(t->inputs + at, inputs + at, cells * sizeof *inputs);
        memcpy(t->labels + at, labels + at, cells * sizeof *labels);
        t->ids[p] = ids[p];
        t->steps[p] = 0;
        hrm_state_reset(&t->worker, p, 0, NULL);
    }
}

static void count(const struct single_trainer *t, int p, const struct hrm_puzzle_loss *loss,
                  struct single_metrics *metrics)
{
    metrics->lm += loss->lm;
    metrics->q_halt += loss->q_halt;
    metrics->q_continue += loss->q_continue;
    if (!t->halted[p] || loss->cells == 0)
        return;
    metrics->count += 1;
    metrics->accuracy += (double)loss->right / loss->cells;
    metrics->exact += loss->exact;
    metrics->q_right += (t->outputs.q[2 * p] >= 0) == loss->exact;
    metrics->steps += t->steps[p];
}

static void losses(struct single_trainer *t, const float *next_q, struct single_metrics *metrics)
{
    const struct hrm_model_config *config = &t->model.config;
    size_t puzzle = (size_t)hrm_model_seq(config) * (size_t)config->vocab;
    for (int p = 0; p < t->batch; p++) {
        size_t at = (size_t)p;
        double target =
            next_q != NULL ? hrm_halting_target(config, next_q + 2 * p, t->steps[p]) : NAN;
        struct hrm_puzzle_loss loss =
            hrm_loss_puzzle(config, t->outputs.logits + at * puzzle, t->outputs.q + 2 * p,
                            t->labels + at * (size_t)config->cells, target, 1.0 / t->batch,
                            t->dlogits + at * puzzle, t->dq + 2 * p);
        count(t, p, &loss, metrics);
    }
}

struct single_metrics single_trainer_differentiate(struct single_trainer *t)
{
    struct single_metrics metrics = {0};
    struct hrm_batch batch = {.puzzles = t->batch, .inputs = t->inputs, .ids = t->ids};
    t->outputs = hrm_segment_forward(&t->worker, &batch);
    for (int p = 0; p < t->batch; p++) {
        struct hrm_random random =
            hrm_random_open(0, HRM_RANDOM_EXPLORATION, (uint64_t)t->step, (uint64_t)p);
        t->halted[p] =
            hrm_halting_decide(&t->model.config, t->outputs.q + 2 * p, ++t->steps[p], &random);
    }
    const float *next_q = NULL;
    if (hrm_halting_bootstraps(&t->model.config))
        next_q = hrm_segment_peek(&t->worker, &batch);
    losses(t, next_q, &metrics);
    size_t trained = t->model.layout.trained;
    memset(t->gradient, 0, trained * sizeof *t->gradient);
    hrm_segment_backward(&t->worker, &batch, t->dlogits, t->dq, t->gradient, t->dpuzzle);
    double sum = 0;
    for (size_t i = 0; i < trained; i++)
        sum += (double)t->gradient[i] * t->gradient[i];
    metrics.gradient_norm = sqrt(sum);
    return metrics;
}

double single_trainer_update(struct single_trainer *t)
{
    t->step++;
    double factor = hrm_schedule_factor(&t->schedule, t->step);
    struct hrm_adam adam = t->adam;
    struct hrm_sign_descent descent = t->descent;
    adam.rate *= factor;
    descent.rate *= factor;
    const struct hrm_tensor *puzzle = hrm_layout_find(&t->model.layout, "puzzle_emb.weights");
    if (puzzle != NULL)
        hrm_sign_descent_update(&descent, t->params + puzzle->offset, t->batch, t->ids, t->dpuzzle,
                                t->sum);
    struct hrm_optimizer_state state = {
        .params = t->params, .gradient = t->gradient, .m = t->m, .v = t->v};
    hrm_adam_update(&adam, &state, t->step, 0, t->model.layout.trained);
    single_trainer_pack(t);
    return adam.rate;
}
