#ifndef HRM_FILE_VOTES_TYPES_H
#define HRM_FILE_VOTES_TYPES_H

#include <hdf5.h>

/// The HDF5 type of a pass with so many bytes of an answer; the caller closes it with H5Tclose().
hid_t hrm_votes_pass_type(int answer_bytes);

#endif
