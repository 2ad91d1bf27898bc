#ifndef HRM_JOBS_VOTE_TABLE_H
#define HRM_JOBS_VOTE_TABLE_H

#include "jobs/vote/vote_report.h"

#include <stdio.h>

/// The rows of the published table (Ren and Liu, arXiv 2601.10679), not yet counted. What the paper
/// calls "relabel" is called what it is: initial states, symmetries, noise, or perturbations when
/// there are several kinds.
/// @param configurations  [out] [VOTE_CONFIGURATIONS]
void vote_table_rows(const struct hrm_pool *pool, struct vote_configuration *configurations);

/// Find a row by its name, which may say "relabel" or what vote_table_rows() says.
/// @param found  [out] set when there is such a row
bool vote_table_find(const struct hrm_pool *pool, const char *name,
                     struct vote_configuration *found);

/// Why a configuration is not in a table, or NULL: it is missing, or no rule can be counted.
const char *vote_left_out(const struct vote_configuration *configuration);

/// Bits of the rules that some row of a table has; the others need no column. Of the
/// configurations that are there, and of a sweep's curve and its checkpoints with their means.
unsigned vote_rules_of_configurations(const struct vote_report *report);
unsigned vote_rules_of_curve(const struct vote_sweep *sweep);
unsigned vote_rules_of_checkpoints(const struct vote_report *report,
                                   const struct vote_sweep *sweep);

/// Write which rows are left out, a line for each reason: `begin`, the reason, the rows, `end`.
void vote_table_left_out(const struct vote_report *report, const char *begin, const char *end,
                         FILE *stream);

#endif
