#include "core/file/state_file.h"

#include "core/base/preallocate.h"
#include "core/file/checkpoint_header.h"
#include "core/file/h5.h"
#include "core/file/h5_attribute.h"
#include "core/file/seal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HEAD ((int64_t)1 << 20) ///< bytes that everything but the arrays takes at most, and more

static void sums_name(const struct hrm_state_place *place, char name[96])
{
    snprintf(name, 96, "sums/%s", place->array.name);
}

// --- creating ------------------------------------------------------------------------------------

/// An array whose place is fixed now and whose values come later.
static int allocate(hid_t file, const char *name, hid_t type, const int64_t size[2], int64_t *at,
                    struct hrm_error *error)
{
    hsize_t shape[2] = {(hsize_t)size[0], (hsize_t)size[1]};
    hid_t space = H5Screate_simple(2, shape, NULL);
    hid_t list = H5Pcreate(H5P_DATASET_CREATE), links = H5Pcreate(H5P_LINK_CREATE);
    H5Pset_create_intermediate_group(links, 1);
    H5Pset_layout(list, H5D_CONTIGUOUS);
    H5Pset_alloc_time(list, H5D_ALLOC_TIME_EARLY);
    H5Pset_fill_time(list, H5D_FILL_TIME_NEVER);
    hid_t set = H5Dcreate2(file, name, type, space, links, list, H5P_DEFAULT);
    int status = HRM_H5_CHECK(set, error, HRM_FAILED, "cannot create dataset '%s'", name);
    if (status == HRM_OK) {
        *at = (int64_t)H5Dget_offset(set);
        H5Dclose(set);
    }
    H5Pclose(links);
    H5Pclose(list);
    H5Sclose(space);
    return status;
}

static int allocate_places(hid_t file, struct hrm_state_file *state, struct hrm_error *error)
{
    int status = HRM_OK;
    char name[96];
    for (int i = 0; i < state->count && status == HRM_OK; i++) {
        struct hrm_state_place *place = &state->places[i];
        int64_t data[2] = {place->rows, (int64_t)place->array.row_bytes},
                sums[2] = {place->units, 1};
        sums_name(place, name);
        status = allocate(file, name, H5T_STD_U64LE, sums, &place->sums_at, error);
        if (status == HRM_OK)
            status = allocate(file, place->array.name, H5T_STD_U8LE, data, &place->data_at, error);
    }
    return status;
}

static int64_t file_end(const struct hrm_state_file *state)
{
    int64_t end = 0;
    for (int i = 0; i < state->count; i++) {
        const struct hrm_state_place *place = &state->places[i];
        int64_t sums = place->sums_at + 8 * place->units, data = place->data_at + place->bytes;
        end = sums > end ? sums : end;
        end = data > end ? data : end;
    }
    return end;
}

static int write_head(hid_t file, struct hrm_state_file *state,
                      const struct hrm_provenance *provenance, struct hrm_error *error)
{
    int status = hrm_h5_write_text(file, "schema", HRM_STATE_SCHEMA, error);
    if (status == HRM_OK)
        status = hrm_h5_write_int(file, "schema_version", HRM_STATE_VERSION, error);
    if (status == HRM_OK)
        status = hrm_provenance_write(file, provenance, error);
    return status ? status : allocate_places(file, state, error);
}

int hrm_state_file_create(struct hrm_state_file *state, const char *path,
                          const struct hrm_provenance *provenance, struct hrm_error *error)
{
    int64_t bytes = HEAD;
    hid_t file = -1;
    for (int i = 0; i < state->count; i++)
        bytes += state->places[i].bytes + 8 * state->places[i].units;
    // HDF5 must not meet a full disk: it crashes at the end of the process.
    int status = hrm_file_preallocate(path, bytes, error);
    if (status)
        return status;
    hid_t access = H5Pcreate(H5P_FILE_ACCESS);
    H5Pset_fapl_sec2(access);
    status = hrm_h5_create(path, access, &file, error);
    H5Pclose(access);
    if (status == HRM_OK)
        status = write_head(file, state, provenance, error);
    int closed = hrm_h5_close(&file, error);
    if (status == HRM_OK)
        status = closed;
    return status ? status : hrm_file_preallocate(path, file_end(state), error);
}

// --- the seal ------------------------------------------------------------------------------------

static int compare(const void *a, const void *b)
{
    const struct hrm_seal_range *left = a, *right = b;
    return (left->first > right->first) - (left->first < right->first);
}

int hrm_state_file_seal(const struct hrm_state_file *state, const char *path,
                        struct hrm_error *error)
{
    struct hrm_seal seal = {.count = state->count}, found;
    struct hrm_error damage = {0};
    bool sealed = false;
    for (int i = 0; i < state->count; i++)
        seal.ranges[i] = (struct hrm_seal_range){state->places[i].data_at, state->places[i].bytes};
    qsort(seal.ranges, (size_t)seal.count, sizeof *seal.ranges, compare);
    int status = hrm_seal_write(path, &seal, error);
    if (status == HRM_OK && (hrm_seal_check(path, &sealed, &found, &damage) || !sealed))
        status = hrm_fail(error, HRM_FAILED, "%s: what was written does not read back: %.700s",
                          path, damage.text);
    return status;
}

// --- opening -------------------------------------------------------------------------------------

static int find_data(hid_t file, const char *name, const int64_t wanted[2], int64_t *at,
                     struct hrm_error *error)
{
    int64_t size[2] = {0};
    char where[HRM_H5_PLACE];
    hrm_h5_place(file, where);
    int status = hrm_h5_size(file, name, 2, size, error);
    if (status)
        return status;
    if (size[0] != wanted[0] || size[1] != wanted[1]) {
        hrm_fail(error, HRM_DATA, "%s: dataset '%s' is %lld x %lld, wanted %lld x %lld", where,
                 name, (long long)size[0], (long long)size[1], (long long)wanted[0],
                 (long long)wanted[1]);
        return hrm_hint(error, "the state is of another model, batch or backend");
    }
    hid_t set = H5Dopen2(file, name, H5P_DEFAULT);
    *at = (int64_t)H5Dget_offset(set);
    H5Dclose(set);
    if (*at > 0)
        return HRM_OK;
    return hrm_fail(error, HRM_DATA, "%s: dataset '%s' has no place of its own", where, name);
}

static int find_places(hid_t file, struct hrm_state_file *state, struct hrm_error *error)
{
    int status = HRM_OK;
    char name[96];
    for (int i = 0; i < state->count && status == HRM_OK; i++) {
        struct hrm_state_place *place = &state->places[i];
        int64_t data[2] = {place->rows, (int64_t)place->array.row_bytes},
                sums[2] = {place->units, 1};
        sums_name(place, name);
        status = find_data(file, place->array.name, data, &place->data_at, error);
        if (status == HRM_OK)
            status = find_data(file, name, sums, &place->sums_at, error);
    }
    return status;
}

static int check_sealed(const char *path, struct hrm_error *error)
{
    struct hrm_seal seal;
    bool sealed = false;
    int status = hrm_seal_check(path, &sealed, &seal, error);
    if (status || sealed)
        return status;
    hrm_fail(error, HRM_DATA, "%s: no state of a training run, or its beginning is damaged", path);
    return hrm_hint(error, "give a file state-*.h5 of a run's folder");
}

int hrm_state_file_open(struct hrm_state_file *state, const char *path,
                        struct hrm_provenance *provenance, struct hrm_error *error)
{
    hid_t file = -1;
    int status = check_sealed(path, error);
    if (status == HRM_OK)
        status = hrm_h5_open(path, H5F_ACC_RDONLY, H5P_DEFAULT, &file, error);
    if (status == HRM_OK)
        status = hrm_h5_check_schema(file, HRM_STATE_SCHEMA, HRM_STATE_VERSION, error);
    if (status == HRM_OK)
        status = hrm_provenance_read(file, provenance, error);
    if (status == HRM_OK && state)
        status = find_places(file, state, error);
    hrm_h5_close(&file, NULL);
    return status;
}
