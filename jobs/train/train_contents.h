#ifndef HRM_JOBS_TRAIN_CONTENTS_H
#define HRM_JOBS_TRAIN_CONTENTS_H

#include "core/base/atomic_file.h"

#include <stdbool.h>

/// What lies in a folder that a training is to write to.
struct train_contents {
    bool config;              ///< a config.ini
    bool foreign_config;      ///< which is not that of a training
    char file[HRM_PATH];      ///< one of the files that a training writes to a replica, or empty
    char stateless[HRM_PATH]; ///< a snapshot in a replica without a state, or empty
    char exported[HRM_PATH];  ///< one that no training has left there, or empty: it is
                              ///< compressed, or there are no metrics either
};

/// Look into a folder, which may be missing.
void train_contents_look(struct train_contents *contents, const char *output);

/// Whether an entry of a run's folder is that of a replica, and one of that whether a training
/// has written it.
bool train_contents_is_replica(const char *name);
bool train_contents_is_ours(const char *name);

#endif
