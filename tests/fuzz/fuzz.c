#include "tests/fuzz/fuzz.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/// Readers see a failed allocation where a file asks for very much.
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
    return "allocator_may_return_null=1:max_allocation_size_mb=33:malloc_context_size=2:detect_"
           "leaks=0:"
           "quarantine_size_mb=1:thread_local_quarantine_size_kb=64";
}

static int descriptor = -1;
static char place[32];

static void forget(void)
{
    unlink(place);
}

// In a memory that has names: HDF5 asks for the real path of a link such as /proc/self/fd/3.
const char *fuzz_path(void)
{
    if (descriptor < 0) {
        strcpy(place,
               access("/dev/shm", W_OK) == 0 ? "/dev/shm/hrm-fuzz-XXXXXX" : "/tmp/hrm-fuzz-XXXXXX");
        descriptor = mkstemp(place);
        FUZZ_REQUIRE(descriptor >= 0 && atexit(forget) == 0);
    }
    return place;
}

void fuzz_put(const void *data, size_t size)
{
    fuzz_path();
    FUZZ_REQUIRE(ftruncate(descriptor, (off_t)size) == 0);
    FUZZ_REQUIRE(size == 0 || pwrite(descriptor, data, size, 0) == (ssize_t)size);
}

void fuzz_require(int holds, const char *text, const char *file, int line)
{
    if (holds)
        return;
    fprintf(stderr, "%s:%d: does not hold: %s\n", file, line, text);
    abort();
}

void fuzz_outcome(int status, int failure, const char *path, const struct hrm_error *error)
{
    if (status == HRM_OK)
        return;
    if ((status == failure && strstr(error->text, path)) || (status == HRM_FAILED && *error->text))
        return;
    fprintf(stderr, "status %d: %s\n", status, error->text);
    abort();
}

uint8_t fuzz_take(struct fuzz_bytes *bytes)
{
    return bytes->at < bytes->end ? *bytes->at++ : 0;
}

uint64_t fuzz_take_wide(struct fuzz_bytes *bytes)
{
    uint64_t value = 0;
    fuzz_take_all(bytes, &value, sizeof value);
    return value;
}

void fuzz_take_all(struct fuzz_bytes *bytes, void *to, size_t size)
{
    size_t left = (size_t)(bytes->end - bytes->at), count = size < left ? size : left;
    memset(to, 0, size);
    if (count > 0)
        memcpy(to, bytes->at, count);
    bytes->at += count;
}
