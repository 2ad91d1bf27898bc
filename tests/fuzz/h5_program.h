#ifndef HRM_TESTS_H5_PROGRAM_H
#define HRM_TESTS_H5_PROGRAM_H

#include "tests/fuzz/fuzz.h"

#include <hdf5.h>

/// Programs that change a good HDF5 file through HDF5: bytes of a fuzzer become another type,
/// shape, value or place of any attribute or dataset. The result is a file that HDF5 reads, and
/// that says anything.
///
/// A step is an opcode, then its operands, from the bytes (h5_program.c); there are 12 at most.
/// The first byte says whether the file is written, under a seal: one of 16 is, since that takes
/// several times as long. For the others hrm_h5_open(), hrm_h5_close() and hrm_seal_check() are
/// wrapped by the linker, and give the reader the file in memory.

/// Read the good file: its image, its datasets with their values, the attributes of its root.
void h5_program_load(const char *path);

/// What a harness puts right after the steps where the bytes ask for it, such as a hash among the
/// data.
typedef void h5_program_repair(hid_t file, struct fuzz_bytes *bytes);

/// Change a copy of the file as the bytes say. @param repair  [in] or NULL
/// @return the name to read it by
const char *h5_program_begin(struct fuzz_bytes *bytes, h5_program_repair *repair);

/// Forget the copy. Requires that a reader has closed all HDF5 objects that it opened.
void h5_program_end(void);

#endif
