#ifndef HRM_JOBS_TRAIN_STATES_H
#define HRM_JOBS_TRAIN_STATES_H

#include "core/base/error.h"
#include "core/base/options.h"

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

/// Whether the configuration of a run, an INI text, trains the same weights as the one that the
/// sections hold. By role: bookkeeping may differ, and sources, whose contents are compared
/// elsewhere; the number of steps where the learning rate does not depend on it; in a branch the
/// whole schedule. What came later than the run has to have its default.
/// Errors: HRM_USAGE naming the key, what is wanted and what `place` has, and the remedy.
int train_states_compare(const char *place, const char *found,
                         const struct hrm_option_section *sections, int count, bool branch,
                         struct hrm_error *error);

#endif
