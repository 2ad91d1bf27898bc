#ifndef HRM_JOBS_VOTE_PRINT_H
#define HRM_JOBS_VOTE_PRINT_H

#include "core/base/error.h"
#include "jobs/vote_table.h"

#include <stdio.h>

/// A table of votes for people, for programs, and for spreadsheets. What is printed depends on
/// the votes alone, not on the run that counts them.
void vote_print_text(const struct vote_table *table, FILE *stream);
void vote_print_csv(const struct vote_table *table, FILE *stream);
/// Errors: HRM_FAILED when memory is short or the stream fails.
int vote_print_json(const struct vote_table *table, FILE *stream, struct hrm_error *error);

#endif
