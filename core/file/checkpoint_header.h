#ifndef HRM_FILE_CHECKPOINT_HEADER_H
#define HRM_FILE_CHECKPOINT_HEADER_H

#include "core/file/checkpoint.h"

#include <hdf5.h>

/// The root attributes of a checkpoint: schema and version, configuration as "model.<key>",
/// provenance as "run.<field>". Errors: HRM_FAILED.
int hrm_checkpoint_header_write(hid_t file, const struct hrm_checkpoint *checkpoint,
                                struct hrm_error *error);

/// Read them back into config and provenance, and check that the configuration is one that can
/// be built. Errors: HRM_DATA.
int hrm_checkpoint_header_read(hid_t file, const char *path, struct hrm_checkpoint *checkpoint,
                               struct hrm_error *error);

/// The provenance alone, as attributes "run.<field>" of any file.
int hrm_provenance_write(hid_t file, const struct hrm_provenance *provenance,
                         struct hrm_error *error);
int hrm_provenance_read(hid_t file, struct hrm_provenance *provenance, struct hrm_error *error);

#endif
