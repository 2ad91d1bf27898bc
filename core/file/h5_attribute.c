#include "core/file/h5_attribute.h"

#include "core/file/h5.h"
#include "core/file/seal.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int write_attribute(hid_t where, const char *name, hid_t type, const void *value,
                           struct hrm_error *error)
{
    char text[HRM_H5_PLACE];
    hrm_h5_place(where, text);
    int status = HRM_OK;
    hid_t attribute = -1;
    hid_t space = H5Screate(H5S_SCALAR);
    if (H5Aexists(where, name) > 0)
        H5Adelete(where, name);
    attribute = H5Acreate2(where, name, type, space, H5P_DEFAULT, H5P_DEFAULT);
    if (attribute < 0 || H5Awrite(attribute, type, value) < 0) {
        HRM_H5_FAIL(error, HRM_FAILED, "%s: cannot write attribute '%s'", text, name);
        status = hrm_hint(error, HRM_H5_SPACE);
    }
    if (attribute >= 0)
        H5Aclose(attribute);
    H5Sclose(space);
    return status;
}

static hid_t text_type(size_t size)
{
    hid_t type = H5Tcopy(H5T_C_S1);
    H5Tset_size(type, size);
    H5Tset_cset(type, H5T_CSET_UTF8);
    return type;
}

int hrm_h5_write_text(hid_t where, const char *name, const char *value, struct hrm_error *error)
{
    hid_t type = text_type(strlen(value) + 1);
    int status = write_attribute(where, name, type, value, error);
    H5Tclose(type);
    return status;
}

int hrm_h5_write_int(hid_t where, const char *name, int64_t value, struct hrm_error *error)
{
    return write_attribute(where, name, H5T_NATIVE_INT64, &value, error);
}

int hrm_h5_write_real(hid_t where, const char *name, double value, struct hrm_error *error)
{
    return write_attribute(where, name, H5T_NATIVE_DOUBLE, &value, error);
}

static int fail_reading(hid_t where, const char *name, struct hrm_error *error)
{
    // Asking for the name of the place would forget what HDF5 has to say.
    hid_t stack = H5Eget_current_stack();
    char text[HRM_H5_PLACE];
    hrm_h5_place(where, text);
    if (H5Aexists(where, name) == 0) {
        H5Eclose_stack(stack);
        hrm_fail(error, HRM_DATA, "%s: attribute '%s' is missing", text, name);
        return hrm_hint(error, "the file is of another kind or was written by another program");
    }
    H5Eset_current_stack(stack);
    return HRM_H5_FAIL(error, HRM_DATA, "%s: cannot read attribute '%s'", text, name);
}

// Open an attribute that must be one value of the class; *type is that in the file.
static int open_attribute(hid_t where, const char *name, H5T_class_t class, hid_t *attribute,
                          hid_t *type, struct hrm_error *error)
{
    *attribute = H5Aopen(where, name, H5P_DEFAULT);
    if (*attribute < 0)
        return fail_reading(where, name, error);
    *type = H5Aget_type(*attribute);
    hid_t space = H5Aget_space(*attribute);
    hssize_t values = H5Sget_simple_extent_npoints(space);
    H5Sclose(space);
    if (values == 1 && H5Tget_class(*type) == class)
        return HRM_OK;
    char text[HRM_H5_PLACE];
    return hrm_fail(error, HRM_DATA, "%s: attribute '%s' is %lld x %s, wanted 1 x %s",
                    hrm_h5_place(where, text), name, (long long)values,
                    hrm_h5_class_name(H5Tget_class(*type)), hrm_h5_class_name(class));
}

static void close_attribute(hid_t attribute, hid_t type)
{
    if (type >= 0)
        H5Tclose(type);
    if (attribute >= 0)
        H5Aclose(attribute);
}

static int read_number(hid_t where, const char *name, hid_t memory, void *value,
                       struct hrm_error *error)
{
    hid_t attribute = -1;
    hid_t type = -1;
    int status = open_attribute(where, name, H5Tget_class(memory), &attribute, &type, error);
    if (status == HRM_OK && H5Aread(attribute, memory, value) < 0)
        status = fail_reading(where, name, error);
    close_attribute(attribute, type);
    return status;
}

int hrm_h5_read_int(hid_t where, const char *name, int64_t *value, struct hrm_error *error)
{
    return read_number(where, name, H5T_NATIVE_INT64, value, error);
}

int hrm_h5_read_real(hid_t where, const char *name, double *value, struct hrm_error *error)
{
    return read_number(where, name, H5T_NATIVE_DOUBLE, value, error);
}

// The text of an open attribute, of fixed or variable length, in memory that the caller frees.
static char *attribute_text(hid_t attribute, hid_t type)
{
    char *copy = NULL;
    if (H5Tis_variable_str(type) > 0) {
        char *value = NULL;
        if (H5Aread(attribute, type, &value) >= 0 && value != NULL)
            copy = strdup(value);
        H5free_memory(value);
        return copy;
    }
    copy = calloc(1, H5Tget_size(type) + 1);
    if (copy != NULL && H5Aread(attribute, type, copy) < 0) {
        free(copy);
        copy = NULL;
    }
    return copy;
}

int hrm_h5_read_text(hid_t where, const char *name, char *value, size_t size,
                     struct hrm_error *error)
{
    hid_t attribute = -1;
    hid_t type = -1;
    char *text = NULL;
    char file[HRM_H5_PLACE];
    int status = open_attribute(where, name, H5T_STRING, &attribute, &type, error);
    if (status != HRM_OK)
        goto done;
    text = attribute_text(attribute, type);
    if (text == NULL)
        status = fail_reading(where, name, error);
    else if (strlen(text) >= size)
        status = hrm_fail(error, HRM_DATA, "%s: attribute '%s' has %zu bytes, at most %zu are read",
                          hrm_h5_place(where, file), name, strlen(text), size - 1);
    else
        strcpy(value, text);
done:
    free(text);
    close_attribute(attribute, type);
    return status;
}

int hrm_h5_write_hash(hid_t where, const char *name, uint64_t value, struct hrm_error *error)
{
    char text[17];
    snprintf(text, sizeof text, "%016" PRIx64, value);
    return hrm_h5_write_text(where, name, text, error);
}

static bool is_integer(hid_t where, const char *name)
{
    bool integer = false;
    hid_t attribute = H5Aexists(where, name) > 0 ? H5Aopen(where, name, H5P_DEFAULT) : -1;
    hid_t type = attribute >= 0 ? H5Aget_type(attribute) : -1;
    if (type >= 0)
        integer = H5Tget_class(type) == H5T_INTEGER;
    close_attribute(attribute, type);
    return integer;
}

int hrm_h5_read_hash(hid_t where, const char *name, uint64_t *value, struct hrm_error *error)
{
    char text[32] = "", place[HRM_H5_PLACE];
    char *end = text;
    int64_t bits = 0;
    bool integer = is_integer(where, name);
    int status = integer ? hrm_h5_read_int(where, name, &bits, error)
                         : hrm_h5_read_text(where, name, text, sizeof text, error);
    if (status != HRM_OK)
        return status;
    *value = integer ? (uint64_t)bits : strtoull(text, &end, 16);
    if (integer || (end != text && *end == '\0'))
        return HRM_OK;
    hrm_fail(error, HRM_DATA, "%s: attribute '%s' is '%s', wanted 16 hexadecimal digits",
             hrm_h5_place(where, place), name, text);
    return hrm_hint(error, "the file is damaged or was written by another program");
}

int hrm_h5_check_schema(hid_t file, const char *schema, int64_t version, struct hrm_error *error)
{
    char text[HRM_H5_PLACE];
    char found[64];
    int64_t number = 0;
    hrm_h5_place(file, text);
    int status = hrm_h5_read_text(file, "schema", found, sizeof found, error);
    if (status != HRM_OK)
        return status;
    if (strcmp(found, schema) != 0) {
        hrm_fail(error, HRM_DATA, "%s: schema is '%s', wanted '%s'", text, found, schema);
        return hrm_hint(error, "this is a file of another kind: give the right one");
    }
    status = hrm_h5_read_int(file, "schema_version", &number, error);
    if (status != HRM_OK || number == version)
        return status;
    hrm_fail(error, HRM_DATA, "%s: version %lld of schema '%s', wanted %lld", text,
             (long long)number, schema, (long long)version);
    return hrm_hint(error, number > version ? "read it with a newer hrmpi"
                                            : "write it again with this hrmpi");
}

int hrm_h5_check_replaced(const char *path, const char *schema, struct hrm_error *error)
{
    char found[64] = "";
    struct hrm_error unused = {0};
    hid_t file = -1;
    if (!hrm_seal_exists(path) || hrm_h5_open(path, H5F_ACC_RDONLY, H5P_DEFAULT, &file, &unused))
        return HRM_OK;
    hrm_h5_read_text(file, "schema", found, sizeof found, &unused);
    hrm_h5_close(&file, NULL);
    if (strcmp(found, schema) == 0)
        return HRM_OK;
    hrm_fail(error, HRM_USAGE, "%s holds '%s', and '%s' would replace it", path, found, schema);
    return hrm_hint(error, "give another name, or remove the file first");
}
