#ifndef HRM_FILE_VOTES_TYPES_H
#define HRM_FILE_VOTES_TYPES_H

#include <hdf5.h>

/// The HDF5 types of the votes file; the caller closes them with H5Tclose().

/// A pass with so many bytes of an answer.
hid_t hrm_votes_pass_type(int answer_bytes);
/// struct hrm_votes_checkpoint.
hid_t hrm_votes_checkpoint_type(void);
/// char[HRM_VOTES_NAME], ended by NUL.
hid_t hrm_votes_name_type(void);

#endif
