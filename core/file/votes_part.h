#ifndef HRM_FILE_VOTES_PART_H
#define HRM_FILE_VOTES_PART_H

#include "core/file/votes.h"

#include <hdf5.h>

/// A part of a dataset of a votes file, contiguous in memory.
struct hrm_votes_part {
    hid_t set;
    hid_t type; ///< in memory
    int rank;
    hsize_t start[3], stride[3], count[3], block[3];
};

/// `count` elements of a one-dimensional dataset.
struct hrm_votes_part hrm_votes_line(hid_t set, hid_t type, int64_t first, int64_t count);

/// Errors: HRM_DATA.
int hrm_votes_read_part(const struct hrm_votes *votes, const struct hrm_votes_part *part,
                        void *values, struct hrm_error *error);
/// Errors: HRM_FAILED.
int hrm_votes_write_part(const struct hrm_votes *votes, const struct hrm_votes_part *part,
                         const void *values, struct hrm_error *error);

#endif
