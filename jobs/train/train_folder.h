#ifndef HRM_JOBS_TRAIN_FOLDER_H
#define HRM_JOBS_TRAIN_FOLDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct hrm_claim;
struct hrm_error;
struct hrm_option_section;
struct train_options;

/// The folder of a training run:
///   config.ini                    the whole configuration
///   replica-R/step-XXXXXXXX.h5    snapshots (core/file/checkpoint.h)
///   replica-R/metrics.jsonl       see jobs/train/train_log.h
///   replica-R/state-XXXXXXXX.h5   from which the run goes on (mpi/state.h)
///   replica-R/LATEST              name of the newest of them
///   STOP                          put there by a person: the run saves its state and stops
///   RUNNING                       who writes to the folder (jobs/cli/claim.h)

/// Claim the folder for a run, and make it and those of the replicas where they are missing; with
/// options->overwrite remove what an earlier training left there. One process does this.
/// @param claim  [out] to be released at the end of the run, on failure too
/// Errors: HRM_USAGE when it cannot be made, or another run writes there; when it holds a run that
/// must not be touched, naming the difference where there is one; when it holds weights that this
/// run has not written, such as exported ones, or a state that it is to begin from. HRM_FAILED.
int train_folder_open(struct hrm_claim *claim, const struct train_options *options,
                      const struct hrm_option_section *sections, int count,
                      struct hrm_error *error);

/// Write config.ini, when nothing speaks against the run any more. One process does this.
int train_folder_write_config(const char *output, const struct hrm_option_section *sections,
                              int count, struct hrm_error *error);

/// Make a folder and those above it, as far as they are missing. Errors: HRM_USAGE.
int train_folder_make(const char *path, struct hrm_error *error);

/// Paths of one replica's files. Return path.
char *train_folder_metrics(const char *output, int replica, char *path, size_t size);
char *train_folder_snapshot(const char *output, int replica, int64_t step, char *path, size_t size);
char *train_folder_state(const char *output, int replica, int64_t step, char *path, size_t size);

#endif
