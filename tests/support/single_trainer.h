#ifndef HRM_TESTS_SINGLE_TRAINER_H
#define HRM_TESTS_SINGLE_TRAINER_H

#include "core/model/optimizer.h"
#include "core/model/segment.h"

#include <stdbool.h>
#include <stdint.h>

/// What one training step measures: sums over the batch, the last five over slots that halt.
struct single_metrics {
    double lm, q_halt, q_continue;
    double gradient_norm; ///< of the trained part, of loss / batch
    double count, accuracy, exact, q_right, steps;
};

/// The training step of the specification (3.1 and 5.1) in one process and one thread, the
/// whole batch as one row block: what tests compare with.
struct single_trainer {
    struct hrm_model model;
    struct hrm_worker worker;
    int batch;
    int64_t step; ///< updates done
    float *params;
    void *packed;
    float *gradient, *m, *v; ///< [layout.trained]
    float *dlogits, *dq;     ///< [batch,S,V], [batch,2]
    float *dpuzzle;          ///< [batch, puzzle_emb], or NULL
    double *sum;
    uint16_t *inputs, *labels; ///< [batch,N] of the running episodes
    int32_t *ids, *steps;
    bool *halted;
    struct hrm_outputs outputs; ///< of the last step
    struct hrm_adam adam;       ///< rates before the schedule
    struct hrm_sign_descent descent;
    struct hrm_schedule schedule;
};

/// All slots halted, parameters zero. Errors as of hrm_model_init() and hrm_worker_init().
int single_trainer_init(struct single_trainer *trainer, const struct hrm_model_config *config,
                        const struct hrm_backend *backend, int batch, struct hrm_error *error);
void single_trainer_free(struct single_trainer *trainer);

/// After `params` was written from outside.
void single_trainer_pack(struct single_trainer *trainer);

/// Halted slots take their puzzle of the new batch; the others discard it.
void single_trainer_offer(struct single_trainer *trainer, const uint16_t *inputs,
                          const uint16_t *labels, const int32_t *ids);

/// One segment, losses and gradients.
struct single_metrics single_trainer_differentiate(struct single_trainer *trainer);

/// The update by what was differentiated. Returns the rate of AdamATan2.
double single_trainer_update(struct single_trainer *trainer);

#endif
