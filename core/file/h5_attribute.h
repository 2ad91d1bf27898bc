#ifndef HRM_FILE_H5_ATTRIBUTE_H
#define HRM_FILE_H5_ATTRIBUTE_H

#include "core/base/error.h"

#include <hdf5.h>
#include <stddef.h>
#include <stdint.h>

/// Attributes of one scalar each, on an HDF5 file (its root) or group `where`.
/// Reading fails with HRM_DATA, writing with HRM_FAILED; see core/file/h5.h.

/// Write an attribute, replacing one of that name.
int hrm_h5_write_text(hid_t where, const char *name, const char *value, struct hrm_error *error);
int hrm_h5_write_int(hid_t where, const char *name, int64_t value, struct hrm_error *error);
int hrm_h5_write_real(hid_t where, const char *name, double value, struct hrm_error *error);

/// @param value  [out] char[size]; a text that does not fit is an error
int hrm_h5_read_text(hid_t where, const char *name, char *value, size_t size,
                     struct hrm_error *error);
int hrm_h5_read_int(hid_t where, const char *name, int64_t *value, struct hrm_error *error);
int hrm_h5_read_real(hid_t where, const char *name, double *value, struct hrm_error *error);

/// A hash, as 16 hexadecimal digits. Older files have some as an integer of the same bits, which is
/// read too.
int hrm_h5_write_hash(hid_t where, const char *name, uint64_t value, struct hrm_error *error);
int hrm_h5_read_hash(hid_t where, const char *name, uint64_t *value, struct hrm_error *error);

/// Check the root attributes `schema` (text) and `schema_version` (int) of a file.
/// Errors: HRM_DATA when the file is of another kind or version, naming wanted and found.
int hrm_h5_check_schema(hid_t file, const char *schema, int64_t version, struct hrm_error *error);

/// Refuse to replace a whole file of this program by one of another schema. Opens and closes it.
/// Errors: HRM_USAGE.
int hrm_h5_check_replaced(const char *path, const char *schema, struct hrm_error *error);

#endif
