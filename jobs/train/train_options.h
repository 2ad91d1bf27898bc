#ifndef HRM_JOBS_TRAIN_OPTIONS_H
#define HRM_JOBS_TRAIN_OPTIONS_H

#include "core/base/options.h"
#include "core/model/config.h"
#include "core/train/training.h"
#include "jobs/cli/cli.h"

#include <stdbool.h>
#include <stdint.h>

/// What `hrmpi train` is told, section [train]. The table in train_options.c has the defaults and
/// says what each means.
enum train_optimizer { TRAIN_ADAM_ATAN2, TRAIN_MUON };

struct train_options {
    char task[HRM_OPTION_TEXT];
    char puzzles[HRM_OPTION_TEXT];
    bool allow_ambiguous;
    char output[HRM_OPTION_TEXT];
    bool overwrite;
    char resume[HRM_OPTION_TEXT]; ///< auto, never, or a state file
    char branch[HRM_OPTION_TEXT]; ///< a state file, or empty
    int64_t state_every;
    double state_minutes;
    int64_t keep_every;
    double max_time;
    int replicas;
    int64_t seed;
    int64_t steps;
    int batch, shards, micro_batch, threads;
    int optimizer; ///< enum train_optimizer
    double lr, puzzle_lr, weight_decay, puzzle_weight_decay, beta1, beta2, momentum;
    int64_t warmup;
    double lr_min_ratio;
    int moved_givens;
    bool mixing;
    double ema, state_sigma, noise_sigma;
    int64_t snapshot_every, snapshot_from, log_every;
    char validate[HRM_OPTION_TEXT];
    int64_t validate_every;
    int validate_first;
    char backend[HRM_OPTION_TEXT];
    int reduce; ///< enum hrm_reduce_kind
};

/// Section "train" of a configuration.
struct hrm_option_section train_options_section(struct train_options *options);

/// Put the numbers that stand for "choose yourself" right: threads, shards, puzzle_lr.
/// @param node_size  ranks on this rank's node
/// Errors: HRM_USAGE when OMP_NUM_THREADS is no number of threads, or a seed is too large.
int train_options_complete(struct train_options *options, int node_size, struct hrm_error *error);

/// Whether a model was chosen: by a preset, by a file or by its options. The largest is not trained
/// for weeks because nothing was said. Errors: HRM_USAGE with the presets in the hint.
int train_options_chosen(const struct hrm_cli *cli, const struct hrm_model_config *config,
                         struct hrm_error *error);

/// What replica `replica` is trained with; the source is left empty.
struct hrm_training train_options_training(const struct train_options *options, int replica);

#endif
