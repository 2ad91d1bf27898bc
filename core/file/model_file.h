#ifndef HRM_FILE_MODEL_FILE_H
#define HRM_FILE_MODEL_FILE_H

#include "core/base/error.h"
#include "core/file/checkpoint.h"
#include "core/model/model.h"

/// A model that was read from a checkpoint, ready to run forward, with the memory that it uses.
struct hrm_model_file {
    struct hrm_model model;
    struct hrm_provenance provenance;
    float *params; ///< those that evaluation uses: hrm_checkpoint_weights()
    void *packed;
};

/// Read a checkpoint. Zeroed on failure; free with hrm_model_file_free().
/// Errors: HRM_DATA, HRM_USAGE for sizes that the backend does not have, HRM_FAILED.
int hrm_model_file_read(struct hrm_model_file *file, const char *path,
                        const struct hrm_backend *backend, struct hrm_error *error);

/// Zeroed is allowed.
void hrm_model_file_free(struct hrm_model_file *file);

#endif
