#include "core/file/model_file.h"

#include <stdlib.h>

/// Give the model its memory, and fill it.
static int fill(struct hrm_model_file *file, const struct hrm_checkpoint *checkpoint,
                const char *path, struct hrm_error *error)
{
    size_t packed = (hrm_model_packed_bytes(&file->model) + 63) / 64 * 64;
    file->params = malloc(file->model.layout.total * sizeof *file->params);
    file->packed = packed > 0 ? aligned_alloc(64, packed) : NULL;
    if (file->params == NULL || (packed > 0 && file->packed == NULL))
        return hrm_fail(error, HRM_FAILED, "no memory for %s", path);
    hrm_checkpoint_weights(checkpoint, file->params);
    hrm_model_attach(&file->model, file->params, file->packed);
    hrm_model_pack(&file->model, 0, 1);
    file->provenance = checkpoint->provenance;
    return HRM_OK;
}

int hrm_model_file_read(struct hrm_model_file *file, const char *path,
                        const struct hrm_backend *backend, struct hrm_error *error)
{
    struct hrm_checkpoint checkpoint = {0};
    *file = (struct hrm_model_file){0};
    int status = hrm_checkpoint_read(path, &checkpoint, error);
    if (status == HRM_OK)
        status = hrm_model_init(&file->model, &checkpoint.config, backend, HRM_PACK_FORWARD, error);
    if (status == HRM_OK)
        status = fill(file, &checkpoint, path, error);
    hrm_checkpoint_free(&checkpoint);
    if (status != HRM_OK)
        hrm_model_file_free(file);
    return status;
}

void hrm_model_file_free(struct hrm_model_file *file)
{
    hrm_model_free(&file->model);
    free(file->params);
    free(file->packed);
    *file = (struct hrm_model_file){0};
}
