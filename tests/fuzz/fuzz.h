#ifndef HRM_TESTS_FUZZ_H
#define HRM_TESTS_FUZZ_H

#include "core/base/error.h"

#include <stddef.h>
#include <stdint.h>

/// What the harnesses share. A harness fuzz_<reader>.c gives a reader of foreign input any bytes,
/// and looks whether it keeps its word: no crash, no leak of HDF5 objects, a failure that says
/// which file is bad, and what was read is what the reader promises.
///
/// With clang and -DHRM_FUZZ=ON each becomes a libFuzzer program; else replay.c makes an ordinary
/// test of it, which goes through corpus/<reader>.
///
/// Files under a seal (core/file/seal.h) are fuzzed in two ways, for a wrong checksum stops the
/// reader before HDF5 sees the file. fuzz_seal changes raw bytes, of the seal above all, and
/// repairs its checksums when it likes. The other harnesses take their bytes as a program that
/// changes a good file through HDF5 (h5_program.h) and seal the result, so that what the readers
/// check is reached: any shape, type, value or link, but always a file that HDF5 has written.
/// Left out are broken HDF5 structures under a right checksum: HDF5 1.10 crashes on some, and only
/// somebody who forges files makes them.
///
/// The program of `fuzz_<reader> -runs=N DIRECTORY...` is libFuzzer's; see its -help=1.
int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/// The name of a file, always the same; in memory where there is a folder for that.
const char *fuzz_path(void);

/// Make these bytes its contents.
void fuzz_put(const void *data, size_t size);

/// Stop the program when a condition does not hold, in every kind of build.
#define FUZZ_REQUIRE(condition) fuzz_require((condition) != 0, #condition, __FILE__, __LINE__)
void fuzz_require(int holds, const char *text, const char *file, int line);

/// Require that a reader has returned HRM_OK, `failure` with a text that names the file, or
/// HRM_FAILED with one (no memory).
void fuzz_outcome(int status, int failure, const char *path, const struct hrm_error *error);

/// Bytes that are taken one after another; behind the end come zeros.
struct fuzz_bytes {
    const uint8_t *at, *end;
};
uint8_t fuzz_take(struct fuzz_bytes *bytes);
uint64_t fuzz_take_wide(struct fuzz_bytes *bytes);

/// Up to `size` bytes. @param to  [out] what was not there is 0
void fuzz_take_all(struct fuzz_bytes *bytes, void *to, size_t size);

#endif
