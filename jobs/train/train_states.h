#ifndef HRM_JOBS_TRAIN_STATES_H
#define HRM_JOBS_TRAIN_STATES_H

#include "core/base/error.h"

#include <stdbool.h>
#include <stdint.h>

/// The state files in a replica's folder: which there are, which stay, and whether the run that
/// wrote one is the run that is asked for.

#define TRAIN_CONFIG 4096 ///< bytes of a configuration as text, as struct hrm_provenance keeps it

/// The steps of the states, newest first. A missing folder has none.
/// @param steps  [out] freed by the caller
/// Errors: HRM_FAILED.
int train_states_list(const char *folder, int64_t **steps, int *count, struct hrm_error *error);

/// After the state of `step` was written: LATEST names it, and of the states up to it all but the
/// last two and those of multiples of keep_every (0: none) are removed. Errors: HRM_FAILED.
int train_states_settle(const char *folder, int64_t step, int64_t keep_every,
                        struct hrm_error *error);

/// Whether two configurations, INI texts, train the same weights. What may differ: where files
/// are, how many ranks, threads and replicas there are, what is written and when, and the number
/// of steps where the learning rate does not depend on it. A branch may also have other learning
/// rates, other decays, and noise and mixing of its own.
/// Errors: HRM_USAGE naming the key, what is wanted and what `place` has, and the remedy.
int train_states_compare(const char *place, const char *found, const char *wanted, bool branch,
                         struct hrm_error *error);

#endif
