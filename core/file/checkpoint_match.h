#ifndef HRM_FILE_CHECKPOINT_MATCH_H
#define HRM_FILE_CHECKPOINT_MATCH_H

#include "core/base/error.h"
#include "core/model/config.h"

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

#endif
