#ifndef HRM_JOBS_OUTPUT_H
#define HRM_JOBS_OUTPUT_H

#include "jobs/cli/cli.h"

/// Refuse an output of a subcommand that is one of its inputs, or its --config, before any work.
/// Errors: HRM_USAGE, naming both.
int output_check(const struct hrm_cli *cli, const char *path, const char *const *inputs, int count,
                 struct hrm_error *error);

/// The same for a text, which does not go over an HDF5 file of the program either, nor over what a
/// training keeps in its folder: config.ini, RUNNING, LATEST, metrics.jsonl.
/// @param path  [in] empty: none
int output_check_text(const struct hrm_cli *cli, const char *path, const char *const *inputs,
                      int count, struct hrm_error *error);

#endif
