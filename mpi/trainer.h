#ifndef HRM_MPI_TRAINER_H
#define HRM_MPI_TRAINER_H

#include "core/base/arena.h"
#include "core/base/error.h"
#include "core/model/model.h"
#include "core/train/lane.h"
#include "core/train/slots.h"
#include "core/train/training.h"
#include "mpi/reduce.h"
#include "mpi/world.h"

#include <signal.h>
#include <stddef.h>
#include <stdint.h>

/// What a rank wants after the step. The wish travels with the sums of the step, so agreeing on it
/// costs no message of its own.
enum hrm_request {
    HRM_REQUEST_NONE,
    HRM_REQUEST_SAVE, ///< write a state
    HRM_REQUEST_STOP, ///< write a state and stop
    HRM_REQUEST_LEAVE ///< stop
};

/// Data-parallel training of one replica by the ranks of its group.
///
/// A step: every thread runs one segment on the slots of its shards, forward and backward; the
/// shards' gradients are summed over threads and ranks; every rank applies the same update. The
/// weights after any number of steps are the same to the bit on any number of ranks and threads
/// (with HRM_REDUCE_ORDERED; one backend, one micro_batch).
///
/// Memory of a rank, all of it allocated by hrm_trainer_init(), for N parameters, T threads, s
/// slots a rank and n = G / (P T) = 2^k shards a thread:
///   4 N (3 + [ema] + T (k + 1))  weights, m, v, moving average, gradients
///   hrm_model_packed_bytes()     packed weights
///   s 2 S D element              carry
///   T hrm_worker_bytes()         tape of one micro-batch for each thread
struct hrm_trainer {
    struct hrm_training training;
    const struct hrm_group *group; ///< not owned
    struct hrm_model model;
    struct hrm_slots slots;
    struct hrm_reduce reduce;
    struct hrm_lane *lanes; ///< [threads]
    float *params;          ///< [layout.total]
    float *m, *v;           ///< [layout.trained]
    float *ema;             ///< [layout.trained], or NULL
    void *packed;
    double *sums;                      ///< [G, HRM_SUMS] of the last step
    double *norms;                     ///< of blocks of the gradient
    uint8_t *muon;                     ///< of threads x hrm_muon_scratch() bytes, or NULL
    double *sign_sum;                  ///< [puzzle_emb]
    int32_t *sign_ids;                 ///< [puzzle_ids]
    struct hrm_partials partials;      ///< the rank's sums of the last step
    int64_t step;                      ///< steps done
    enum hrm_request request;          ///< set by the caller before a step, agreed on in the step
    const volatile sig_atomic_t *stop; ///< not 0: break validation off; or NULL; not owned
    struct hrm_arena arena;
};

/// What a step tells, the same on every rank of the group.
struct hrm_metrics {
    double sums[HRM_SUMS];    ///< over the global batch
    double gradient_norm;     ///< of the trained parameters' gradient of loss / B
    double factor;            ///< on the learning rates
    enum hrm_request request; ///< the greatest of all ranks
};

/// Check that the global batch can be cut into shards for the group and its threads.
/// Errors: HRM_USAGE with the key to change.
int hrm_training_check(const struct hrm_training *training, int ranks, struct hrm_error *error);

/// Shards for a batch when none are asked for: the largest power of two up to 16 that divides it.
int hrm_training_shards(int batch);

/// Bytes that hrm_trainer_init() would allocate on this rank. Not collective. Errors: HRM_USAGE,
/// HRM_FAILED.
int hrm_trainer_measure(const struct hrm_training *training, const struct hrm_model_config *config,
                        const struct hrm_backend *backend, const struct hrm_group *group,
                        size_t *bytes, struct hrm_error *error);

/// Draw the initial weights and allocate everything. Collective on group->comm; the group must
/// outlive the trainer. Errors, the same on every rank: HRM_USAGE, HRM_FAILED.
int hrm_trainer_init(struct hrm_trainer *trainer, const struct hrm_training *training,
                     const struct hrm_model_config *config, const struct hrm_backend *backend,
                     const struct hrm_group *group, struct hrm_error *error);
void hrm_trainer_free(struct hrm_trainer *trainer);

/// Bytes that the trainer holds on this rank, as listed above.
size_t hrm_trainer_bytes(const struct hrm_trainer *trainer);

/// Use other weights. Every rank must bring the same.
/// @param values  [in] [layout.total]
void hrm_trainer_load(struct hrm_trainer *trainer, const float *values);

/// Pack the weights anew, after trainer->params was written from outside.
void hrm_trainer_pack(struct hrm_trainer *trainer);

/// One step. Collective on the group. Errors, the same on every rank of the group: HRM_NUMERIC
/// with step and replica when the loss or the gradient is not finite (the weights are then as
/// before the step), HRM_FAILED.
int hrm_trainer_step(struct hrm_trainer *trainer, struct hrm_metrics *metrics,
                     struct hrm_error *error);

/// Exchange the weights with their moving average, for evaluation; again to undo it. Nothing
/// happens without one. No step may come in between.
void hrm_trainer_swap_ema(struct hrm_trainer *trainer);

#endif
