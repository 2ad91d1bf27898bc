#include "core/file/checkpoint.h"
#include "tests/fuzz/h5_program.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static void write_good(const char *path)
{
    struct hrm_error error = {0};
    struct hrm_checkpoint good = {.provenance = {.program = "fuzz", .ranks = 1, .threads = 1}};
    struct hrm_option_section section = hrm_model_config_section(&good.config);
    hrm_options_default(&section, 1);
    // As small as models get.
    good.config.hidden = 2;
    good.config.heads = good.config.l_layers = good.config.cells = 1;
    good.config.vocab = good.config.puzzle_emb = good.config.puzzle_ids = 2;
    good.config.expansion = 0.5;
    good.config.shared = true;
    FUZZ_REQUIRE(hrm_layout_init(&good.layout, &good.config, &error) == HRM_OK);
    good.params = calloc(good.layout.total, sizeof *good.params);
    good.ema = calloc(good.layout.trained, sizeof *good.ema);
    FUZZ_REQUIRE(hrm_checkpoint_write(path, &good, &error) == HRM_OK);
    hrm_checkpoint_free(&good);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    char folder[] = "/tmp/hrm-fuzz-XXXXXX", path[64];
    FUZZ_REQUIRE(mkdtemp(folder) != NULL);
    snprintf(path, sizeof path, "%s/model.h5", folder);
    write_good(path);
    h5_program_load(path);
    unlink(path);
    rmdir(folder);
    return 0;
}

/// The input is a program that changes a checkpoint.
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_bytes bytes = {data, data + size};
    struct hrm_checkpoint checkpoint;
    struct hrm_error error = {0};
    const char *path = h5_program_begin(&bytes, NULL);
    int status = hrm_checkpoint_read(path, &checkpoint, &error);
    fuzz_outcome(status, HRM_DATA, path, &error);
    FUZZ_REQUIRE((status == HRM_OK) == (checkpoint.params != NULL));
    if (status == HRM_OK) {
        FUZZ_REQUIRE(hrm_model_config_check(&checkpoint.config, NULL) == HRM_OK);
        for (size_t i = 0; i < checkpoint.layout.total; i++)
            FUZZ_REQUIRE(isfinite(checkpoint.params[i]));
        hrm_checkpoint_weights(&checkpoint, checkpoint.params);
    }
    hrm_checkpoint_free(&checkpoint);
    h5_program_end();
    return 0;
}
