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

/// Make the folders of `replicas` replicas and write config.ini. One process does this.
/// @param overwrite  remove the snapshots and metrics of a run that is there already
/// Errors: HRM_USAGE when there is one and overwrite is false, or when the folder cannot be made.
int train_folder_prepare(const char *output, int replicas, bool overwrite,
                         const struct hrm_option_section *sections, int count,
                         struct hrm_error *error);

/// The configuration as an INI text, cut to `size` - 1 characters. Returns text.
char *train_folder_config(const struct hrm_option_section *sections, int count, char *text,
                          size_t size);

/// Paths of one replica's files. Return path.
char *train_folder_metrics(const char *output, int replica, char *path, size_t size);
char *train_folder_snapshot(const char *output, int replica, int64_t step, char *path, size_t size);

#endif
