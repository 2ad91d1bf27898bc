#ifndef HRM_FILE_VOTES_OLDER_H
#define HRM_FILE_VOTES_OLDER_H

#include "core/file/votes.h"

#include <hdf5.h>

/// Votes files of schema version 1, whose task is Sudoku. Their records say neither what is right
/// nor what is certified: that is found when they are read.

/// A record of such a file.
struct hrm_votes_older {
    float q_halt, q_continue;
    uint16_t segments, settled, conflicts;
    uint8_t halted, grid[41];
};

/// Its HDF5 type; the caller closes it with H5Tclose().
hid_t hrm_votes_older_type(void);

/// Make passes of older records, by the puzzles first .. first+count-1 of the file.
/// @param older    [in] [rows,count]
/// @param records  [out] [rows,count]
/// Errors: HRM_DATA, HRM_FAILED.
int hrm_votes_older_convert(const struct hrm_votes *votes, int64_t first, int64_t count,
                            const struct hrm_votes_older *older, void *records,
                            struct hrm_error *error);

#endif
