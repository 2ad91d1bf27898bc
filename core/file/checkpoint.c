#include "core/file/checkpoint.h"

#include "core/base/atomic_file.h"
#include "core/file/checkpoint_header.h"
#include "core/file/h5.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TENSOR_PATH 96 ///< bytes of "/params/" and a tensor's name

/// The dataset of a tensor: vectors have one dimension.
static struct hrm_h5_data describe(const struct hrm_tensor *tensor, const char *path)
{
    struct hrm_h5_data data = {
        .name = path, .type = H5T_NATIVE_FLOAT, .rank = 2, .form = HRM_H5_CHECKED};
    data.size[0] = tensor->rows;
    data.size[1] = tensor->cols;
    bool vector = tensor->kind == HRM_TENSOR_FIXED || strcmp(tensor->name, "q_head.bias") == 0;
    if (vector) {
        data.rank = 1;
        data.size[0] = tensor->cols;
    }
    return data;
}

/// "params/H_level/layers/0/..." of "H_level.layers.0...."
static void name_path(const char *group, const struct hrm_tensor *tensor, char path[TENSOR_PATH])
{
    snprintf(path, TENSOR_PATH, "%s/%s", group, tensor->name);
    for (char *c = path; *c != '\0'; c++)
        if (*c == '.')
            *c = '/';
}

// --- writing ------------------------------------------------------------------------------------

/// Create the groups that `path` runs through.
static int create_groups(hid_t file, const char *path, struct hrm_error *error)
{
    char group[TENSOR_PATH];
    for (const char *slash = strchr(path, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        snprintf(group, sizeof group, "%.*s", (int)(slash - path), path);
        if (H5Lexists(file, group, H5P_DEFAULT) > 0)
            continue;
        hid_t created = H5Gcreate2(file, group, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
        int status = HRM_H5_CHECK(created, error, HRM_FAILED, "cannot create group '%s'", group);
        if (status != HRM_OK)
            return hrm_hint(error, HRM_H5_SPACE);
        H5Gclose(created);
    }
    return HRM_OK;
}

/// Tensors of the trained part only, or all of them.
static int write_tensors(hid_t file, const char *group, const struct hrm_checkpoint *checkpoint,
                         const float *values, bool trained_only, struct hrm_error *error)
{
    const struct hrm_layout *layout = &checkpoint->layout;
    for (int i = 0; i < layout->count; i++) {
        const struct hrm_tensor *tensor = &layout->tensors[i];
        char path[TENSOR_PATH];
        if (trained_only && tensor->kind != HRM_TENSOR_TRAINED)
            continue;
        name_path(group, tensor, path);
        struct hrm_h5_data data = describe(tensor, path);
        if (checkpoint->compressed)
            data.form = HRM_H5_DEFLATED;
        int status = create_groups(file, path, error);
        if (status == HRM_OK)
            status = hrm_h5_write(file, &data, values + tensor->offset, error);
        if (status != HRM_OK)
            return status;
    }
    return HRM_OK;
}

static int write_contents(hid_t file, const struct hrm_checkpoint *checkpoint,
                          struct hrm_error *error)
{
    int status = hrm_checkpoint_header_write(file, checkpoint, error);
    if (status == HRM_OK)
        status = write_tensors(file, "params", checkpoint, checkpoint->params, false, error);
    if (status == HRM_OK && checkpoint->ema != NULL)
        status = write_tensors(file, "ema", checkpoint, checkpoint->ema, true, error);
    return status;
}

int hrm_checkpoint_write(const char *path, const struct hrm_checkpoint *checkpoint,
                         struct hrm_error *error)
{
    struct hrm_atomic_file output = {0};
    hid_t file = -1;
    int status = hrm_atomic_file_begin(&output, path, error);
    if (status != HRM_OK)
        return status;
    status = hrm_h5_create(output.temporary, H5P_DEFAULT, &file, error);
    if (status == HRM_OK)
        status = write_contents(file, checkpoint, error);
    // Closing writes; a failure before it only has to be cleared away.
    int closed = hrm_h5_close(&file, status == HRM_OK ? error : NULL);
    if (status == HRM_OK)
        status = closed;
    if (status == HRM_OK)
        status = hrm_atomic_file_commit(&output, error);
    if (status != HRM_OK)
        hrm_atomic_file_abandon(&output);
    return status;
}

// --- reading ------------------------------------------------------------------------------------

static int check_finite(hid_t file, const char *path, size_t count, const float *values,
                        struct hrm_error *error)
{
    char place[HRM_H5_PLACE];
    for (size_t i = 0; i < count; i++) {
        if (isfinite(values[i]))
            continue;
        hrm_fail(error, HRM_DATA, "%s: dataset '%s' has the value %g at %zu",
                 hrm_h5_place(file, place), path, (double)values[i], i);
        return hrm_hint(error, "the training run diverged; use an earlier checkpoint");
    }
    return HRM_OK;
}

static int read_tensors(hid_t file, const char *group, const struct hrm_layout *layout,
                        float *values, bool trained_only, struct hrm_error *error)
{
    for (int i = 0; i < layout->count; i++) {
        const struct hrm_tensor *tensor = &layout->tensors[i];
        char path[TENSOR_PATH];
        if (trained_only && tensor->kind != HRM_TENSOR_TRAINED)
            continue;
        name_path(group, tensor, path);
        struct hrm_h5_data data = describe(tensor, path);
        float *to = values + tensor->offset;
        int status = hrm_h5_read(file, &data, to, error);
        if (status == HRM_OK)
            status =
                check_finite(file, path, (size_t)tensor->rows * (size_t)tensor->cols, to, error);
        if (status != HRM_OK)
            return status;
    }
    return HRM_OK;
}

static int read_contents(hid_t file, const char *path, struct hrm_checkpoint *checkpoint,
                         struct hrm_error *error)
{
    struct hrm_layout *layout = &checkpoint->layout;
    int status = hrm_checkpoint_header_read(file, path, checkpoint, error);
    if (status == HRM_OK)
        status = hrm_layout_init(layout, &checkpoint->config, error);
    if (status != HRM_OK)
        return status;
    bool has_ema = hrm_h5_has(file, "ema");
    checkpoint->params = calloc(layout->total, sizeof *checkpoint->params);
    if (has_ema)
        checkpoint->ema = calloc(layout->trained, sizeof *checkpoint->ema);
    if (checkpoint->params == NULL || (has_ema && checkpoint->ema == NULL))
        return hrm_fail(error, HRM_FAILED, "%s: out of memory for %zu parameters", path,
                        layout->total);
    status = read_tensors(file, "params", layout, checkpoint->params, false, error);
    if (status == HRM_OK && has_ema)
        status = read_tensors(file, "ema", layout, checkpoint->ema, true, error);
    return status;
}

void hrm_provenance_newest(const struct hrm_provenance *provenance, int count, int *newest)
{
    for (int i = 0; i < count; i++) {
        int at = i;
        for (; at > 0 && provenance[newest[at - 1]].step < provenance[i].step; at--)
            newest[at] = newest[at - 1];
        newest[at] = i;
    }
}

int hrm_checkpoint_read_header(const char *path, struct hrm_checkpoint *checkpoint,
                               struct hrm_error *error)
{
    *checkpoint = (struct hrm_checkpoint){0};
    hid_t file = -1;
    int status = hrm_h5_open(path, H5F_ACC_RDONLY, H5P_DEFAULT, &file, error);
    if (status == HRM_OK)
        status = hrm_checkpoint_header_read(file, path, checkpoint, error);
    hrm_h5_close(&file, NULL);
    return status;
}

int hrm_checkpoint_read(const char *path, struct hrm_checkpoint *checkpoint,
                        struct hrm_error *error)
{
    *checkpoint = (struct hrm_checkpoint){0};
    hid_t file = -1;
    int status = hrm_h5_open(path, H5F_ACC_RDONLY, H5P_DEFAULT, &file, error);
    if (status == HRM_OK)
        status = read_contents(file, path, checkpoint, error);
    hrm_h5_close(&file, NULL);
    if (status != HRM_OK)
        hrm_checkpoint_free(checkpoint);
    return status;
}

/// Whether a dataset goes through deflate.
static bool is_deflated(hid_t file, const char *path)
{
    hid_t set = H5Dopen2(file, path, H5P_DEFAULT), list = H5I_INVALID_HID;
    bool found = false;
    if (set >= 0)
        list = H5Dget_create_plist(set);
    for (int i = 0; list >= 0 && i < H5Pget_nfilters(list); i++) {
        size_t values = 0;
        unsigned flags, config;
        found = found || H5Pget_filter2(list, (unsigned)i, &flags, &values, NULL, 0, NULL,
                                        &config) == H5Z_FILTER_DEFLATE;
    }
    if (list >= 0)
        H5Pclose(list);
    if (set >= 0)
        H5Dclose(set);
    return found;
}

bool hrm_checkpoint_is_compressed(const char *path)
{
    struct hrm_checkpoint checkpoint = {0};
    char tensor[TENSOR_PATH];
    hid_t file = -1;
    bool compressed = false;
    int status = hrm_h5_open(path, H5F_ACC_RDONLY, H5P_DEFAULT, &file, NULL);
    if (status == HRM_OK)
        status = hrm_checkpoint_header_read(file, path, &checkpoint, NULL);
    if (status == HRM_OK)
        status = hrm_layout_init(&checkpoint.layout, &checkpoint.config, NULL);
    if (status == HRM_OK) {
        name_path("params", &checkpoint.layout.tensors[0], tensor);
        compressed = is_deflated(file, tensor);
    }
    hrm_h5_close(&file, NULL);
    hrm_checkpoint_free(&checkpoint);
    return compressed;
}

void hrm_checkpoint_weights(const struct hrm_checkpoint *checkpoint, float *values)
{
    const struct hrm_layout *layout = &checkpoint->layout;
    memcpy(values, checkpoint->params, layout->total * sizeof *values);
    // The averaged tensors are the trained ones, which come first.
    if (checkpoint->ema != NULL)
        memcpy(values, checkpoint->ema, layout->trained * sizeof *values);
}

void hrm_checkpoint_free(struct hrm_checkpoint *checkpoint)
{
    hrm_layout_free(&checkpoint->layout);
    free(checkpoint->params);
    free(checkpoint->ema);
    *checkpoint = (struct hrm_checkpoint){0};
}
