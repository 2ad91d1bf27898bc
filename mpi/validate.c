#include "mpi/validate.h"

#include "core/model/loss.h"
#include "mpi/trainer.h"

#include <math.h>
#include <stdbool.h>
#include <stddef.h>

/// Puzzles first .. first + count - 1, through all segments in one worker.
static struct hrm_validation run_block(struct hrm_lane *lane, const struct hrm_token_set *set,
                                       int64_t first, int count)
{
    struct hrm_worker *worker = &lane->worker;
    const struct hrm_model_config *config = &worker->model->config;
    size_t cells = (size_t)config->cells;
    size_t logits = (size_t)hrm_model_seq(config) * (size_t)config->vocab;
    struct hrm_batch batch = {.puzzles = count, .inputs = set->inputs + (size_t)first * cells};
    struct hrm_outputs outputs = {0};
    struct hrm_validation result = {.puzzles = count};
    for (int p = 0; p < count; p++)
        hrm_state_reset(worker, p, 0, NULL);
    for (int segment = 0; segment < config->halt_max_steps; segment++)
        outputs = hrm_segment_forward(worker, &batch);
    for (int p = 0; p < count; p++) {
        struct hrm_puzzle_loss loss =
            hrm_loss_puzzle(config, outputs.logits + (size_t)p * logits, outputs.q + 2 * p,
                            set->labels + ((size_t)first + (size_t)p) * cells, NAN, 1, NULL, NULL);
        result.exact += loss.exact;
        result.cells += loss.right;
    }
    return result;
}

/// The puzzles of this rank, in blocks that the threads share out among themselves.
static struct hrm_validation run_rank(struct hrm_trainer *trainer, const struct hrm_token_set *set,
                                      bool *stopped)
{
    const volatile sig_atomic_t *stop = trainer->stop;
    int rank = trainer->group->rank, size = trainer->group->size;
    int64_t first = set->count * rank / size, end = set->count * (rank + 1) / size;
    int threads = trainer->training.threads, block = trainer->lanes[0].micro_batch;
    int64_t exact = 0, cells = 0, left = 0, next = first;
#pragma omp parallel for schedule(static, 1) num_threads(threads) reduction(+ : exact, cells, left)
    for (int t = 0; t < threads; t++)
        while (true) {
            int64_t at;
#pragma omp atomic capture
            {
                at = next;
                next += block;
            }
            if (at >= end)
                break;
            if (stop && *stop) {
                left++;
                break;
            }
            int count = end - at < block ? (int)(end - at) : block;
            struct hrm_validation part = run_block(&trainer->lanes[t], set, at, count);
            exact += part.exact;
            cells += part.cells;
        }
    *stopped = left > 0;
    return (struct hrm_validation){end - first, exact, cells};
}

int hrm_trainer_validate(struct hrm_trainer *trainer, const struct hrm_token_set *set,
                         struct hrm_validation *result, struct hrm_error *error)
{
    bool stopped = false;
    hrm_trainer_swap_ema(trainer);
    struct hrm_validation own = run_rank(trainer, set, &stopped);
    hrm_trainer_swap_ema(trainer);
    int64_t mine[4] = {own.puzzles, own.exact, own.cells, stopped}, all[4] = {0};
    int status =
        HRM_MPI(MPI_Allreduce(mine, all, 4, MPI_INT64_T, MPI_SUM, trainer->group->comm), error);
    *result = (struct hrm_validation){all[0], all[1], all[2]};
    if (status == HRM_OK && all[3])
        return hrm_fail(error, HRM_STOPPED, "stopped during validation");
    return status;
}
