#ifndef HRM_JOBS_VOTE_TABLE_H
#define HRM_JOBS_VOTE_TABLE_H

#include "jobs/vote/vote_report.h"

/// The rows of the published table (Ren and Liu, arXiv 2601.10679), not yet counted. What the paper
/// calls "relabel" is called what it is: initial states, symmetries, noise, or perturbations when
/// there are several kinds.
/// @param configurations  [out] [VOTE_CONFIGURATIONS]
void vote_table_rows(const struct hrm_pool *pool, struct vote_configuration *configurations);

/// Find a row by its name, which may say "relabel" or what vote_table_rows() says.
/// @param found  [out] set when there is such a row
bool vote_table_find(const struct hrm_pool *pool, const char *name,
                     struct vote_configuration *found);

#endif
