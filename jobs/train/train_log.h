#ifndef HRM_JOBS_TRAIN_LOG_H
#define HRM_JOBS_TRAIN_LOG_H

#include "core/base/error.h"
#include "mpi/trainer.h"
#include "mpi/validate.h"

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/// Means over the steps since the last line. Losses and `halted` are a slot and step; the four
/// after that are means over the slots that halted, NaN when none did.
struct train_means {
    double loss, lm_loss, q_halt_loss, q_continue_loss, halted;
    double accuracy, exact_accuracy, q_halt_accuracy, segments;
    double gradient_norm, lr, slot_steps_per_s;
};

/// What a replica tells while it trains: metrics.jsonl, one JSON object a line, with "kind"
/// "train" (the means), "validation", or "diverged" at the end of a run that did.
struct train_log {
    FILE *stream; ///< NULL: counts, but writes nothing
    char path[512 + 64];
    int batch;
    double started, since; ///< seconds
    int64_t steps;         ///< since the last line
    double sums[HRM_SUMS], norms, rates;
};

/// What a log carries over to a run that goes on: part of a state file, so its size is fixed.
struct train_carry {
    double sums[HRM_SUMS], norms, rates;
    int64_t steps;      ///< since the last line
    double seconds;     ///< since the beginning
    double exact_share; ///< of the last validation; -1: none
    int64_t settled;    ///< 1: lines and files of the step are written too
};

/// Start counting; `path` NULL: no file. With `carry` a run goes on after `step`: lines of later
/// steps, and of this one unless it is settled, are taken out of the file.
/// Errors: HRM_FAILED when the file cannot be written.
int train_log_open(struct train_log *log, const char *path, int batch, struct hrm_error *error);
int train_log_continue(struct train_log *log, const char *path, int batch, int64_t step,
                       const struct train_carry *carry, struct hrm_error *error);

/// What must be kept to go on from here. exact_share and settled are the caller's.
struct train_carry train_log_carry(const struct train_log *log);

/// Put what was written on the disk. Errors: HRM_FAILED.
int train_log_sync(struct train_log *log, struct hrm_error *error);
/// Errors: HRM_FAILED when what was written did not reach the file.
int train_log_close(struct train_log *log, struct hrm_error *error);

/// Count one step. lr: the learning rate that it used.
void train_log_add(struct train_log *log, const struct hrm_metrics *metrics, double lr);
struct train_means train_log_means(const struct train_log *log);

/// Write the means as a line of step `step` and start anew. Errors: HRM_FAILED.
int train_log_write(struct train_log *log, int64_t step, struct hrm_error *error);
/// Write that step `step` gave numbers that are not finite. Errors: HRM_FAILED.
int train_log_divergence(struct train_log *log, int64_t step, const struct hrm_metrics *metrics,
                         struct hrm_error *error);
/// Write how much of the validation set is right after `step`. Errors: HRM_FAILED.
int train_log_validation(struct train_log *log, int64_t step, int cells,
                         const struct hrm_validation *validation, struct hrm_error *error);

/// "loss 1.23, of halted slots cells 45.6 %, grids 1 %, 12.3 segments, 456 slot-steps/s": right
/// cells and grids right as a whole of the training examples that halted. Returns text.
/// @param validated  share of the validation puzzles that is right; -1: unknown
/// @param puzzles    number of these
char *train_log_format(const struct train_log *log, double validated, size_t puzzles, char *text,
                       size_t size);

#endif
