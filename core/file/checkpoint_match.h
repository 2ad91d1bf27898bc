#ifndef HRM_FILE_CHECKPOINT_MATCH_H
#define HRM_FILE_CHECKPOINT_MATCH_H

#include "core/base/error.h"
#include "core/file/checkpoint.h"
#include "core/model/config.h"
#include "core/task/task.h"

/// A checkpoint's configuration and where it was read.
struct hrm_checkpoint_model {
    const char *path;
    const struct hrm_model_config *config;
};

/// Check that two checkpoints are of one model, so that they can vote together: all keys of
/// section "model" but those that only training reads (loss, gradient, halt_max_steps,
/// halt_exploration). Errors: HRM_USAGE naming both files and the first key that differs.
int hrm_checkpoint_match(const struct hrm_checkpoint_model *first,
                         const struct hrm_checkpoint_model *other, struct hrm_error *error);

/// The task that a checkpoint was trained on; Sudoku 9x9 where it says nothing.
/// @param task   [in,out] set when `first` is NULL, else compared with
/// @param first  [in] the path of the checkpoint that `task` is of; NULL: this is the first
/// Errors: HRM_USAGE when it is another task, HRM_DATA when there is no such task.
int hrm_checkpoint_task(struct hrm_task *task, const struct hrm_provenance *provenance,
                        const char *path, const char *first, struct hrm_error *error);

#endif
