#ifndef HRM_JOBS_TRAIN_DATA_H
#define HRM_JOBS_TRAIN_DATA_H

#include "core/train/training.h"
#include "mpi/validate.h"

#include <stdint.h>

struct hrm_error;
struct hrm_model_config;
struct hrm_task;
struct train_options;

/// The items of a training run. Every rank holds the whole training set, of Sudoku 166 bytes an
/// item (1,000 puzzles: 170 kB; 3.8 million: 630 MB), since any slot may draw any of them.
struct train_data;

/// Read or generate the training items and, if asked for, those to validate with: as
/// core/file/items.h has them, or names of bundled sets. `seed` is the replica's. Free with
/// train_data_free(). Errors: HRM_DATA naming file and line, HRM_USAGE, HRM_FAILED.
int train_data_load(struct train_data **data, const struct train_options *options,
                    const struct hrm_task *task, uint64_t seed, struct hrm_error *error);
void train_data_free(struct train_data *data);

/// Give a model of which nothing was said the shape of the task, and check that it has it.
/// Errors: HRM_USAGE with the key to change.
int train_data_fit(const struct hrm_task *task, struct hrm_model_config *config,
                   struct hrm_error *error);

/// The examples: item number (step - 1) batch + slot of the sampling order, augmented.
struct hrm_source train_data_source(struct train_data *data);
/// Empty when there are none.
struct hrm_token_set train_data_validation(const struct train_data *data);
int64_t train_data_puzzles(const struct train_data *data);
/// Of the training set, the same on every machine.
uint64_t train_data_hash(const struct train_data *data);

#endif
