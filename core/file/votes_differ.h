#ifndef HRM_FILE_VOTES_DIFFER_H
#define HRM_FILE_VOTES_DIFFER_H

#include "core/base/error.h"
#include "core/file/votes.h"

/// Say in what a votes file is of another evaluation than the one that is asked for: the key, what
/// is wanted and what was found, and the remedy.
/// @param found   the open file
/// @param wanted  plan, about, checkpoints and perturbations of the evaluation
/// Returns HRM_USAGE.
int hrm_votes_differ(const struct hrm_votes *found, const struct hrm_votes *wanted,
                     struct hrm_error *error);

#endif
