#ifndef HRM_FILE_H5_H
#define HRM_FILE_H5_H

#include "core/base/error.h"

#include <hdf5.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// What every HDF5 file of the program needs: open, and datasets with checked shapes.
/// Attributes are in core/file/h5_attribute.h.
///
/// `where` is a file or a group. Reading fails with HRM_DATA, writing with HRM_FAILED; texts name
/// the file, the dataset or attribute, what was wanted and found, and HDF5's innermost message.
/// Files are not locked, unless HDF5_USE_FILE_LOCKING says so. HDF5 is not thread safe: one thread
/// at a time. Nothing here is collective by itself; on a file opened with an MPI access list,
/// creating and attribute writing must be done by all ranks.

/// The hint of a failed write.
#define HRM_H5_SPACE "check free space, quota and permissions of the folder"

#define HRM_H5_PLACE 1024 ///< bytes of the name of a place in a file

/// Record a failure of an HDF5 call: the text, HDF5's innermost message, the place in the source.
/// Its arguments must not call HDF5, which would forget the message. Returns `status`.
#define HRM_H5_FAIL(error, status, ...) hrm_h5_fail(error, status, __FILE__, __LINE__, __VA_ARGS__)

/// HRM_OK when an HDF5 call returned 0 or more, else what HRM_H5_FAIL returns.
#define HRM_H5_CHECK(value, error, status, ...)                                                    \
    ((value) < 0 ? HRM_H5_FAIL(error, status, __VA_ARGS__) : HRM_OK)

int hrm_h5_fail(struct hrm_error *error, int status, const char *source, int line,
                const char *format, ...) __attribute__((format(printf, 5, 6)));

/// Stop HDF5 from printing its error stack. hrm_h5_create() and hrm_h5_open() do this.
void hrm_h5_quiet(void);

/// Create or empty the file `path`. With H5P_DEFAULT it is built in memory and written by
/// hrm_h5_close() under a seal (core/file/seal.h): it takes as much memory as it has bytes. Else
/// room is left for a seal.
/// @param access  file access list of parallel use, H5P_DEFAULT for serial use
/// @param file  [out] to be closed with hrm_h5_close(); -1 on failure
int hrm_h5_create(const char *path, hid_t access, hid_t *file, struct hrm_error *error);

/// Open a file that this program has written, whose seal is checked first. Tells missing, foreign
/// and damaged files apart.
/// @param flags  H5F_ACC_RDONLY or H5F_ACC_RDWR
/// @param file  [out] to be closed with hrm_h5_close(); -1 on failure
int hrm_h5_open(const char *path, unsigned flags, hid_t access, hid_t *file,
                struct hrm_error *error);

/// Whether a file begins as one of HDF5 without a seal, so is not of this program. A file of this
/// program with damage at its front does not.
bool hrm_h5_is_foreign(const char *path);

/// Close a file and set it to -1; -1 is allowed and does nothing. After writing, the failure of
/// this call (a full disk) is a failure of the writing: check it.
int hrm_h5_close(hid_t *file, struct hrm_error *error);

/// "file: /group" of an open file or group, for an error text. Returns `text`.
const char *hrm_h5_place(hid_t where, char text[HRM_H5_PLACE]);

/// "integer", "real", "text" or "another type".
const char *hrm_h5_class_name(H5T_class_t type_class);

/// Whether the file or group has a dataset or group called `name` (one level).
bool hrm_h5_has(hid_t where, const char *name);

#define HRM_H5_RANK 8 ///< most dimensions of a dataset

/// How a new dataset lies in the file.
enum hrm_h5_form {
    HRM_H5_CONTIGUOUS,
    HRM_H5_CHECKED, ///< in chunks of rows with Fletcher32 checksums
    HRM_H5_DEFLATED ///< these shuffled and deflated
};

/// A dataset and, for reading, which rows of it. Rows are along the first dimension.
struct hrm_h5_data {
    const char *name;          ///< relative to `where`
    hid_t type;                ///< of the values in memory, e.g. H5T_NATIVE_UINT8; also in the file
    int rank;                  ///< 0 (one value) .. HRM_H5_RANK
    int64_t size[HRM_H5_RANK]; ///< the shape of the whole dataset
    enum hrm_h5_form form;     ///< writing
    int64_t first, count;      ///< reading and writing rows: these; count 0: all
};

/// Create a dataset of data->size and write all of it, in data->form.
int hrm_h5_write(hid_t where, const struct hrm_h5_data *data, const void *values,
                 struct hrm_error *error);

/// Create a contiguous dataset of data->size that has its place in the file and no values yet.
int hrm_h5_allocate(hid_t where, const struct hrm_h5_data *data, struct hrm_error *error);

/// Write rows data->first .. first+count-1 of a dataset that exists with the shape data->size.
int hrm_h5_write_rows(hid_t where, const struct hrm_h5_data *data, const void *values,
                      struct hrm_error *error);

/// Read a dataset, or some rows of it, whose shape must be data->size and whose type must be of
/// the class of data->type (integers: not wider, and of a sign that fits).
/// @param values  [out] [size] or [count, size[1], ...]
int hrm_h5_read(hid_t where, const struct hrm_h5_data *data, void *values, struct hrm_error *error);

/// The shape of a dataset that must have `rank` dimensions.
/// @param size  [out] int64_t[rank]
int hrm_h5_size(hid_t where, const char *name, int rank, int64_t *size, struct hrm_error *error);

#endif
