#include "core/file/puzzle_file.h"
#include "core/file/seal.h"
#include "tests/fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t room) __attribute__((weak));
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t room, unsigned seed);

/// Change bytes anywhere, or of the seal. Most of the time its own checksum is put right, and the
/// number of bytes, so that what it says is believed.
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t room, unsigned seed)
{
    enum { OWN = HRM_SEAL_BYTES - 8, BYTES = 16, HASH = 24, SAID = 160 };
    if (seed % 4 && size >= HRM_SEAL_BYTES)
        LLVMFuzzerMutate(data, SAID, SAID);
    else
        size = LLVMFuzzerMutate(data, size, room);
    if (size < HRM_SEAL_BYTES)
        return size;
    int64_t bytes = (int64_t)size;
    uint64_t hash = XXH3_64bits(data + HRM_SEAL_BYTES, size - HRM_SEAL_BYTES);
    if (seed & 4)
        memcpy(data + BYTES, &bytes, sizeof bytes);
    if (seed & 8)
        memcpy(data + HASH, &hash, sizeof hash);
    hash = XXH3_64bits(data, OWN);
    if (seed & 48)
        memcpy(data + OWN, &hash, sizeof hash);
    return size;
}

/// The input is a file, sealed or not. HDF5 does not see it: with its checksums put right it may
/// hold anything.
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct hrm_seal seal;
    struct hrm_error error = {0};
    bool sealed = false;
    fuzz_put(data, size);
    int status = hrm_seal_check(fuzz_path(), &sealed, &seal, &error);
    fuzz_outcome(status, HRM_DATA, fuzz_path(), &error);
    FUZZ_REQUIRE(sealed == hrm_seal_exists(fuzz_path()));
    if (status != HRM_OK || !sealed)
        return 0;
    int64_t at = HRM_SEAL_BYTES;
    FUZZ_REQUIRE(seal.bytes == (int64_t)size);
    FUZZ_REQUIRE(seal.count >= 0 && seal.count <= HRM_SEAL_RANGES);
    for (int i = 0; i < seal.count; i++) {
        FUZZ_REQUIRE(seal.ranges[i].first >= at && seal.ranges[i].bytes >= 0);
        at = seal.ranges[i].first + seal.ranges[i].bytes;
        FUZZ_REQUIRE(at <= seal.bytes);
    }
    return 0;
}
