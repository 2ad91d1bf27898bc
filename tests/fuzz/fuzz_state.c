#include "core/compute/backend.h"
#include "core/file/h5.h"
#include "core/file/state_file.h"
#include "mpi/state.h"
#include "mpi/trainer.h"
#include "mpi/trainer_state.h"
#include "tests/fuzz/h5_program.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <xxhash.h>

enum { CELLS = 4, BATCH = 2, ROOM = 1 << 16 };

static struct hrm_world world;
static struct hrm_group group;
static struct hrm_trainer trainer;
static double extra[3];
static struct hrm_state state = {.trainer = &trainer, .extra = extra, .extra_bytes = sizeof extra};

static void draw(void *context, int64_t step, int slot, uint16_t *inputs, uint16_t *labels,
                 int32_t *id)
{
    (void)context;
    for (int n = 0; n < CELLS; n++)
        inputs[n] = labels[n] = 1;
    *id = (int32_t)(step + slot) % 2;
}

static void start(void)
{
    struct hrm_model_config config;
    struct hrm_option_section section = hrm_model_config_section(&config);
    struct hrm_training training = {.source = {.draw = draw},
                                    .batch = BATCH,
                                    .shards = 1,
                                    .threads = 1,
                                    .schedule = {.total = 100},
                                    .adam = {1e-3, 0.1, 0.9, 0.95}};
    struct hrm_error error = {0};
    hrm_options_default(&section, 1);
    // As small as models get.
    config.hidden = config.vocab = config.puzzle_emb = config.puzzle_ids = 2;
    config.heads = config.l_layers = config.h_cycles = config.l_cycles = 1;
    config.cells = CELLS;
    config.expansion = 0.5;
    config.shared = true;
    FUZZ_REQUIRE(hrm_world_start(&world, &error) == HRM_OK);
    FUZZ_REQUIRE(hrm_group_split(&world, 1, &group, &error) == HRM_OK);
    FUZZ_REQUIRE(hrm_trainer_init(&trainer, &training, &config, hrm_backend_find("ref"), &group,
                                  &error) == HRM_OK);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    char folder[] = "/tmp/hrm-fuzz-XXXXXX", path[64];
    setenv("OMPI_MCA_ess_singleton_isolated", "1", 0);
    setenv("OMPI_MCA_opal_signal", "", 0); // libFuzzer writes the input that made one
    start();
    FUZZ_REQUIRE(mkdtemp(folder) != NULL);
    snprintf(path, sizeof path, "%s/state.h5", folder);
    FUZZ_REQUIRE(hrm_state_write(&state, path, NULL) == HRM_OK);
    h5_program_load(path);
    unlink(path);
    rmdir(folder);
    return 0;
}

/// Make the checksums of an array those of its rows. That of what is in one row is one sum.
static void repair_piece(hid_t file, const char *name)
{
    static uint8_t values[ROOM];
    static uint64_t sums[ROOM];
    char sums_name[96];
    int64_t size[2];
    snprintf(sums_name, sizeof sums_name, "sums/%s", name);
    if (hrm_h5_size(file, name, 2, size, NULL) || size[0] > ROOM || size[1] > ROOM ||
        size[0] * size[1] > ROOM)
        return;
    struct hrm_h5_data data = {name, H5T_NATIVE_UINT8, 2, {size[0], size[1]}, 0, 0, 0};
    struct hrm_h5_data old = {sums_name, H5T_NATIVE_UINT64, 2, {size[0], 1}, 0, 0, 0};
    if (hrm_h5_read(file, &data, values, NULL) || hrm_h5_read(file, &old, sums, NULL))
        return;
    for (int64_t row = 0; row < size[0]; row++)
        sums[row] = XXH3_64bits(values + row * size[1], (size_t)size[1]);
    hid_t set = H5Dopen2(file, sums_name, H5P_DEFAULT);
    H5Dwrite(set, H5T_NATIVE_UINT64, H5S_ALL, H5S_ALL, H5P_DEFAULT, sums);
    H5Dclose(set);
}

static void repair(hid_t file, struct fuzz_bytes *bytes)
{
    struct hrm_state_array pieces[HRM_STATE_ARRAYS];
    int count = hrm_trainer_state(&trainer, pieces);
    if (fuzz_take(bytes) % 4 != 3)
        return;
    for (int i = 0; i < count; i++)
        repair_piece(file, pieces[i].name);
    repair_piece(file, "extra");
}

/// What is looked for in the file, as mpi/state.c does it.
static struct hrm_state_file list_places(void)
{
    struct hrm_state_array pieces[HRM_STATE_ARRAYS];
    struct hrm_state_file file = {.count = hrm_trainer_state(&trainer, pieces)};
    for (int i = 0; i < file.count; i++) {
        struct hrm_state_place *place = &file.places[i];
        place->array = pieces[i];
        place->rows = pieces[i].per_slot ? BATCH : (int64_t)pieces[i].rows;
        place->units = place->rows;
    }
    return file;
}

/// The input is a program that changes a state. MPI reads it where it is written; in memory it is
/// opened and checked alone.
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_bytes bytes = {data, data + size};
    struct hrm_error error = {0};
    const char *path = h5_program_begin(&bytes, repair);
    struct hrm_state_file places = list_places();
    bool loads = path == fuzz_path();
    int status = loads ? hrm_state_read(&state, path, &error)
                       : hrm_state_file_open(&places, path, &state.provenance, &error);
    fuzz_outcome(status, HRM_DATA, path, &error);
    for (int i = 0; i < BATCH && loads && status == HRM_OK; i++)
        FUZZ_REQUIRE(trainer.slots.ids[i] >= 0 && trainer.slots.ids[i] < 2);
    h5_program_end();
    return 0;
}
