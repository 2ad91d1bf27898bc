#ifndef HRM_FILE_VOTES_AXES_H
#define HRM_FILE_VOTES_AXES_H

#include "core/file/votes.h"

/// The names of the axes of a votes file, as HDF5 dimension scales, and what its datasets are, as
/// the attributes long_name and units: what xarray, netCDF and h5py show. One process, on a new
/// file.

/// Create the axes, of which `perturbation` is there and becomes one. Errors: HRM_FAILED.
int hrm_votes_create_axes(const struct hrm_votes *votes, struct hrm_error *error);

/// Name the axes of a dataset of the file and describe it. Errors: HRM_FAILED.
int hrm_votes_describe(const struct hrm_votes *votes, const char *name, struct hrm_error *error);

#endif
