#ifndef HRM_FILE_VOTES_OLDER_H
#define HRM_FILE_VOTES_OLDER_H

#include "core/file/votes.h"

#include <hdf5.h>

/// Votes files of schema version 1, whose task is Sudoku. They have the datasets perturbations,
/// puzzles/question and puzzles/answer [N,81] u8 of digits with 0 for a blank, and puzzles/rating.
/// Their records say neither what is right nor what is certified: that is found when they are read.

/// A record of such a file.
struct hrm_votes_older {
    float q_halt, q_continue;
    uint16_t segments, settled, conflicts;
    uint8_t halted, grid[41];
};

/// Its HDF5 type; the caller closes it with H5Tclose().
hid_t hrm_votes_older_type(void);

/// Read the table of checkpoints, for which there is room. Errors: HRM_DATA.
int hrm_votes_older_checkpoints(struct hrm_votes *votes, struct hrm_error *error);

/// What hrm_votes_read_puzzles() says, of such a file.
int hrm_votes_older_puzzles(const struct hrm_votes *votes, int64_t first, int64_t count,
                            void *items, struct hrm_error *error);

/// Make passes of older records, by the puzzles first .. first+count-1 of the file.
/// @param older    [in] [rows,count]
/// @param records  [out] [rows,count]
/// Errors: HRM_DATA, HRM_FAILED.
int hrm_votes_older_convert(const struct hrm_votes *votes, int64_t first, int64_t count,
                            const struct hrm_votes_older *older, void *records,
                            struct hrm_error *error);

#endif
