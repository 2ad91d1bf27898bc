#include "tests/fuzz/fuzz.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

/// Harnesses that have nothing to prepare leave it out.
int LLVMFuzzerInitialize(int *argc, char ***argv) __attribute__((weak));

static int files;

static int replay(const char *path, const struct stat *about, int kind)
{
    if (kind != FTW_F)
        return 0;
    size_t size = (size_t)about->st_size;
    uint8_t *data = malloc(size + 1);
    FILE *stream = fopen(path, "rb");
    FUZZ_REQUIRE(data && stream && fread(data, 1, size, stream) == size);
    fclose(stream);
    LLVMFuzzerTestOneInput(data, size);
    free(data);
    files++;
    return 0;
}

/// What libFuzzer does with -runs=0: every file under the folders that are given, once.
int main(int argc, char **argv)
{
    if (LLVMFuzzerInitialize)
        LLVMFuzzerInitialize(&argc, &argv);
    for (int i = 1; i < argc; i++)
        FUZZ_REQUIRE(ftw(argv[i], replay, 8) == 0);
    printf("%d files\n", files);
    return files > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
