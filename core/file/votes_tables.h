#ifndef HRM_FILE_VOTES_TABLES_H
#define HRM_FILE_VOTES_TABLES_H

#include "core/file/votes.h"

/// The tables of a votes file: what is said of each checkpoint and perturbation. A dataset for each
/// column, since netCDF cannot read texts inside of compounds.

/// Errors: HRM_FAILED.
int hrm_votes_write_tables(const struct hrm_votes *votes, struct hrm_error *error);

/// Sets checkpoints, perturbations and identity. Errors: HRM_DATA, HRM_FAILED.
int hrm_votes_read_tables(struct hrm_votes *votes, struct hrm_error *error);

#endif
