#ifndef HRM_JOBS_TRAIN_FOLDER_H
#define HRM_JOBS_TRAIN_FOLDER_H

#include "core/base/error.h"
#include "core/base/options.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// The folder of a training run:
///   config.ini                    the whole configuration
///   replica-R/step-XXXXXXXX.h5    snapshots (core/file/checkpoint.h)
///   replica-R/metrics.jsonl       see jobs/train_log.h
///   replica-R/state-XXXXXXXX.h5   from which the run goes on (mpi/state.h)
///   replica-R/LATEST              name of the newest of them
///   STOP                          put there by a person: the run saves its state and stops

/// What is to be done about a run that is there already.
enum train_folder_use {
    TRAIN_FOLDER_REFUSE,
    TRAIN_FOLDER_CONTINUE, ///< if it has the same configuration; its files stay
    TRAIN_FOLDER_REPLACE   ///< its files are removed
};

/// Make the folders of `replicas` replicas. One process does this.
/// Errors: HRM_USAGE when there is a run that must not be touched, naming the difference where
/// there is one, or when the folder cannot be made.
int train_folder_prepare(const char *output, int replicas, enum train_folder_use use,
                         const struct hrm_option_section *sections, int count,
                         struct hrm_error *error);

/// Refuse to remove the files of a run when one of them is a state to begin from.
/// @param resume, branch  [in] paths; empty, "auto" or "never": none
/// Errors: HRM_USAGE, naming both.
int train_folder_spare(const char *output, const char *resume, const char *branch,
                       struct hrm_error *error);

/// Write config.ini, when nothing speaks against the run any more. One process does this.
int train_folder_write_config(const char *output, const struct hrm_option_section *sections,
                              int count, struct hrm_error *error);

/// Make a folder and those above it, as far as they are missing. Errors: HRM_USAGE.
int train_folder_make(const char *path, struct hrm_error *error);

/// The configuration as an INI text, cut to `size` - 1 characters. Returns text.
char *train_folder_config(const struct hrm_option_section *sections, int count, char *text,
                          size_t size);

/// Paths of one replica's files. Return path.
char *train_folder_metrics(const char *output, int replica, char *path, size_t size);
char *train_folder_snapshot(const char *output, int replica, int64_t step, char *path, size_t size);
char *train_folder_state(const char *output, int replica, int64_t step, char *path, size_t size);

#endif
