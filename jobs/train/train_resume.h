#ifndef HRM_JOBS_TRAIN_RESUME_H
#define HRM_JOBS_TRAIN_RESUME_H

#include "jobs/train/train_log.h"

#include <stdbool.h>
#include <stdint.h>

struct hrm_error;
struct hrm_option_section;
struct hrm_provenance;
struct hrm_trainer;
struct train_options;

/// How a replica saves its state and goes on from it. Everything is collective on its group.
struct train_saver {
    const struct train_options *options;       ///< not owned, like the next three
    const struct hrm_option_section *sections; ///< [section_count] the configuration of this run
    int section_count;
    const struct hrm_provenance *about; ///< of this run
    struct hrm_trainer *trainer;
    struct train_carry carry; ///< what goes with the state, set by the caller before a save
    int64_t step;             ///< of the last state written or read; -1: none
    double when;              ///< seconds, when that was
    double core_hours;        ///< spent by the runs before this one
};

/// Go on from the newest state in the replica's folder that can be read, or from the one that
/// options->resume names; the step stays 0 where there is none. A damaged state is passed over
/// with a warning. Errors, the same on every rank: HRM_USAGE when a state is of another run,
/// naming the difference; HRM_DATA when there are states but none can be read; HRM_FAILED.
int train_saver_load(struct train_saver *saver, struct hrm_error *error);

/// Write the state, with saver->carry and whether all that follows the step is done, then move
/// LATEST and remove what is older. Errors: HRM_FAILED; older states are then as they were.
int train_saver_save(struct train_saver *saver, bool settled, struct hrm_error *error);

/// Core-hours of this and the earlier runs.
double train_saver_hours(const struct train_saver *saver, double seconds);

#endif
