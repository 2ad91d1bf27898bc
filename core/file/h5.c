#include "core/file/h5.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define NAME   4096                   // bytes of a file or object name in an error text
#define CHUNK  ((int64_t)1024 * 1024) // bytes of a chunk of a dataset with checksums
#define SHRINK 1100                   // times that a filter makes values smaller at most

static herr_t keep_message(unsigned number, const H5E_error2_t *entry, void *text)
{
    if (number == 0 && entry->desc != NULL)
        snprintf(text, NAME, "%s", entry->desc);
    return 0;
}

int hrm_h5_fail(struct hrm_error *error, int status, const char *source, int line,
                const char *format, ...)
{
    char message[NAME] = "no message";
    H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, keep_message, message);
    char text[sizeof error->text];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    const char *base = strrchr(source, '/');
    return hrm_fail(error, status, "%.400s (HDF5: %.480s; %s:%d)", text, message,
                    base != NULL ? base + 1 : source, line);
}

void hrm_h5_quiet(void)
{
    H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
}

bool hrm_h5_has(hid_t where, const char *name)
{
    return H5Lexists(where, name, H5P_DEFAULT) > 0;
}

const char *hrm_h5_place(hid_t where, char text[HRM_H5_PLACE])
{
    char path[NAME] = "?";
    char group[NAME] = "";
    H5Fget_name(where, path, sizeof path);
    H5Iget_name(where, group, sizeof group);
    snprintf(text, HRM_H5_PLACE, strcmp(group, "/") == 0 ? "%s" : "%s: %s", path, group);
    return text;
}

const char *hrm_h5_class_name(H5T_class_t class)
{
    switch (class) {
    case H5T_INTEGER:
        return "integer";
    case H5T_FLOAT:
        return "real";
    case H5T_STRING:
        return "text";
    default:
        return "another type";
    }
}

// --- datasets ---------------------------------------------------------------------------------

static void describe(int rank, const int64_t *size, char text[256])
{
    size_t used = (size_t)snprintf(text, 256, "[");
    for (int i = 0; i < rank && used < 200; i++)
        used += (size_t)snprintf(text + used, 256 - used, i == 0 ? "%lld" : ",%lld",
                                 (long long)size[i]);
    snprintf(text + used, 256 - used, "]");
}

// Chunks of whole rows, about CHUNK bytes each.
static void set_chunks(hid_t properties, const struct hrm_h5_data *data)
{
    hsize_t chunk[HRM_H5_RANK];
    int64_t row = (int64_t)H5Tget_size(data->type);
    for (int i = 1; i < data->rank; i++) {
        chunk[i] = (hsize_t)data->size[i];
        row *= data->size[i];
    }
    int64_t rows = row > 0 && row < CHUNK ? CHUNK / row : 1;
    chunk[0] = (hsize_t)(rows < data->size[0] ? rows : data->size[0]);
    H5Pset_chunk(properties, data->rank, chunk);
    if (data->form == HRM_H5_DEFLATED) {
        H5Pset_shuffle(properties);
        H5Pset_deflate(properties, 9);
    }
    H5Pset_fletcher32(properties);
}

static bool is_empty(const struct hrm_h5_data *data)
{
    for (int i = 0; i < data->rank; i++) {
        if (data->size[i] == 0)
            return true;
    }
    return false;
}

static hid_t create_dataset(hid_t where, const struct hrm_h5_data *data, bool early)
{
    hsize_t size[HRM_H5_RANK];
    for (int i = 0; i < data->rank; i++)
        size[i] = (hsize_t)data->size[i];
    hid_t space = H5Screate_simple(data->rank, size, NULL);
    hid_t properties = H5Pcreate(H5P_DATASET_CREATE);
    if (data->form != HRM_H5_CONTIGUOUS && data->rank > 0 && !is_empty(data))
        set_chunks(properties, data);
    if (early) {
        H5Pset_alloc_time(properties, H5D_ALLOC_TIME_EARLY);
        H5Pset_fill_time(properties, H5D_FILL_TIME_NEVER);
    }
    hid_t dataset =
        H5Dcreate2(where, data->name, data->type, space, H5P_DEFAULT, properties, H5P_DEFAULT);
    H5Pclose(properties);
    H5Sclose(space);
    return dataset;
}

static int fail_at(hid_t where, int status, const char *what, const char *name,
                   struct hrm_error *error)
{
    // Asking for the name of the place would forget what HDF5 has to say.
    hid_t stack = H5Eget_current_stack();
    char text[HRM_H5_PLACE];
    hrm_h5_place(where, text);
    H5Eset_current_stack(stack);
    HRM_H5_FAIL(error, status, "%s: cannot %s dataset '%s'", text, what, name);
    return hrm_hint(error, status == HRM_DATA ? "the file is damaged: write or copy it again"
                                              : HRM_H5_SPACE);
}

int hrm_h5_write(hid_t where, const struct hrm_h5_data *data, const void *values,
                 struct hrm_error *error)
{
    assert(data->rank >= 0 && data->rank <= HRM_H5_RANK);
    int status = HRM_OK;
    hid_t dataset = create_dataset(where, data, false);
    if (dataset < 0)
        return fail_at(where, HRM_FAILED, "create", data->name, error);
    if (H5Dwrite(dataset, data->type, H5S_ALL, H5S_ALL, H5P_DEFAULT, values) < 0)
        status = fail_at(where, HRM_FAILED, "write", data->name, error);
    H5Dclose(dataset);
    return status;
}

int hrm_h5_allocate(hid_t where, const struct hrm_h5_data *data, struct hrm_error *error)
{
    hid_t dataset = create_dataset(where, data, true);
    if (dataset < 0)
        return fail_at(where, HRM_FAILED, "create", data->name, error);
    H5Dclose(dataset);
    return HRM_OK;
}

static int open_dataset(hid_t where, const char *name, hid_t *dataset, struct hrm_error *error)
{
    *dataset = H5Dopen2(where, name, H5P_DEFAULT);
    if (*dataset >= 0)
        return HRM_OK;
    hid_t stack = H5Eget_current_stack();
    bool exists = hrm_h5_has(where, name);
    H5Eset_current_stack(stack);
    if (exists)
        return fail_at(where, HRM_DATA, "open", name, error);
    char text[HRM_H5_PLACE];
    hrm_fail(error, HRM_DATA, "%s: dataset '%s' is missing", hrm_h5_place(where, text), name);
    return hrm_hint(error, "the file is incomplete or of another kind: write it again");
}

// Whether the file holds a dataset's values. HDF5 takes any shape while no value is written, and
// then reads as many zeros; or it reads the values from another file.
static bool is_stored(hid_t dataset, int rank, const hsize_t *size)
{
    hid_t type = H5Dget_type(dataset), list = H5Dget_create_plist(dataset);
    int64_t bytes = (int64_t)H5Tget_size(type);
    bool fits = bytes > 0 && H5Pget_layout(list) != H5D_VIRTUAL && H5Pget_external_count(list) == 0;
    H5Pclose(list);
    H5Tclose(type);
    for (int i = 0; i < rank && fits; i++)
        fits = size[i] <= INT64_MAX && !__builtin_mul_overflow(bytes, (int64_t)size[i], &bytes);
    return fits && (hsize_t)bytes / SHRINK <= H5Dget_storage_size(dataset);
}

static int get_size(hid_t where, hid_t dataset, const char *name, int rank, int64_t *size,
                    struct hrm_error *error)
{
    hsize_t found[H5S_MAX_RANK];
    hid_t space = H5Dget_space(dataset);
    int dimensions = H5Sget_simple_extent_dims(space, found, NULL);
    H5Sclose(space);
    if (dimensions != rank) {
        char text[HRM_H5_PLACE];
        hrm_fail(error, HRM_DATA, "%s: dataset '%s' has %d dimensions, wanted %d",
                 hrm_h5_place(where, text), name, dimensions, rank);
        return hrm_hint(error, "the file is of another kind: write it again");
    }
    if (!is_stored(dataset, rank, found)) {
        char text[HRM_H5_PLACE];
        hrm_fail(error, HRM_DATA, "%s: the values of dataset '%s' are not in the file",
                 hrm_h5_place(where, text), name);
        return hrm_hint(error, "the file is damaged: write or copy it again");
    }
    for (int i = 0; i < rank; i++)
        size[i] = (int64_t)found[i];
    return HRM_OK;
}

int hrm_h5_size(hid_t where, const char *name, int rank, int64_t *size, struct hrm_error *error)
{
    hid_t dataset = -1;
    int status = open_dataset(where, name, &dataset, error);
    if (status != HRM_OK)
        return status;
    status = get_size(where, dataset, name, rank, size, error);
    H5Dclose(dataset);
    return status;
}

static bool type_fits(hid_t stored, hid_t wanted)
{
    H5T_class_t class = H5Tget_class(wanted);
    if (H5Tget_class(stored) != class)
        return false;
    if (class != H5T_INTEGER)
        return true;
    bool from_signed = H5Tget_sign(stored) == H5T_SGN_2;
    bool to_signed = H5Tget_sign(wanted) == H5T_SGN_2;
    size_t from = H5Tget_size(stored);
    size_t to = H5Tget_size(wanted);
    return from_signed == to_signed ? from <= to : to_signed && from < to;
}

static int check_type(hid_t where, hid_t dataset, const struct hrm_h5_data *data,
                      struct hrm_error *error)
{
    char text[HRM_H5_PLACE];
    hid_t stored = H5Dget_type(dataset);
    bool fits = type_fits(stored, data->type);
    const char *class = hrm_h5_class_name(H5Tget_class(stored));
    size_t bytes = H5Tget_size(stored);
    H5Tclose(stored);
    if (fits)
        return HRM_OK;
    hrm_fail(error, HRM_DATA, "%s: dataset '%s' has elements of %s, %zu bytes; wanted %s, %zu",
             hrm_h5_place(where, text), data->name, class, bytes,
             hrm_h5_class_name(H5Tget_class(data->type)), H5Tget_size(data->type));
    return hrm_hint(error, "the file is of another kind: write it again");
}

static int check_shape(hid_t where, hid_t dataset, const struct hrm_h5_data *data,
                       struct hrm_error *error)
{
    int64_t size[HRM_H5_RANK] = {0};
    int status = get_size(where, dataset, data->name, data->rank, size, error);
    if (status != HRM_OK || memcmp(size, data->size, (size_t)data->rank * sizeof *size) == 0)
        return status;
    char text[HRM_H5_PLACE];
    char found[256];
    char wanted[256];
    describe(data->rank, size, found);
    describe(data->rank, data->size, wanted);
    hrm_fail(error, HRM_DATA, "%s: dataset '%s' has shape %s, wanted %s", hrm_h5_place(where, text),
             data->name, found, wanted);
    return hrm_hint(error, "the file does not fit what it is used for: check which one is meant");
}

// The rows in memory and in the file. The caller closes both spaces.
static herr_t select_rows(hid_t dataset, const struct hrm_h5_data *data, hid_t *memory, hid_t *file)
{
    assert(data->rank > 0 && data->first >= 0 && data->first + data->count <= data->size[0]);
    hsize_t start[HRM_H5_RANK] = {(hsize_t)data->first};
    hsize_t count[HRM_H5_RANK] = {(hsize_t)data->count};
    for (int i = 1; i < data->rank; i++)
        count[i] = (hsize_t)data->size[i];
    *memory = H5Screate_simple(data->rank, count, NULL);
    *file = H5Dget_space(dataset);
    return H5Sselect_hyperslab(*file, H5S_SELECT_SET, start, NULL, count, NULL);
}

static herr_t read_rows(hid_t dataset, const struct hrm_h5_data *data, void *values)
{
    if (data->count == 0)
        return H5Dread(dataset, data->type, H5S_ALL, H5S_ALL, H5P_DEFAULT, values);
    hid_t memory = -1, file = -1;
    herr_t result = select_rows(dataset, data, &memory, &file);
    if (result >= 0)
        result = H5Dread(dataset, data->type, memory, file, H5P_DEFAULT, values);
    H5Sclose(file);
    H5Sclose(memory);
    return result;
}

int hrm_h5_write_rows(hid_t where, const struct hrm_h5_data *data, const void *values,
                      struct hrm_error *error)
{
    hid_t dataset = -1, memory = -1, file = -1;
    int status = open_dataset(where, data->name, &dataset, error);
    if (status != HRM_OK)
        return status;
    herr_t result = select_rows(dataset, data, &memory, &file);
    if (result >= 0)
        result = H5Dwrite(dataset, data->type, memory, file, H5P_DEFAULT, values);
    if (result < 0)
        status = fail_at(where, HRM_FAILED, "write", data->name, error);
    H5Sclose(file);
    H5Sclose(memory);
    H5Dclose(dataset);
    return status;
}

int hrm_h5_read(hid_t where, const struct hrm_h5_data *data, void *values, struct hrm_error *error)
{
    hid_t dataset = -1;
    int status = open_dataset(where, data->name, &dataset, error);
    if (status != HRM_OK)
        return status;
    status = check_shape(where, dataset, data, error);
    if (status == HRM_OK)
        status = check_type(where, dataset, data, error);
    if (status == HRM_OK && read_rows(dataset, data, values) < 0)
        status = fail_at(where, HRM_DATA, "read", data->name, error);
    H5Dclose(dataset);
    return status;
}
