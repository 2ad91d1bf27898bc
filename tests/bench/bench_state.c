/// bench_state [FOLDER [BATCH]]: what a full-size state costs (hidden 512, 4 + 4 layers, 768 slots,
/// moving average): seconds to write, check and rename it, and to read it, on the ranks it is
/// started on; and the share of a training that saves every five minutes.
#include "core/compute/backend.h"
#include "mpi/state.h"
#include "mpi/trainer.h"
#include "mpi/world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct hrm_model_config CONFIG = {.hidden = 512,
                                               .heads = 8,
                                               .expansion = 4,
                                               .h_layers = 4,
                                               .l_layers = 4,
                                               .h_cycles = 2,
                                               .l_cycles = 2,
                                               .vocab = 11,
                                               .cells = 81,
                                               .puzzle_emb = 512,
                                               .puzzle_ids = 1,
                                               .angles = HRM_ANGLES_ROPE,
                                               .rope_theta = 10000,
                                               .rms_eps = 1e-5,
                                               .loss = HRM_LOSS_STABLEMAX,
                                               .q_continue = true,
                                               .halt_max_steps = 16,
                                               .halt_exploration = 0.1};

static void check(const struct hrm_world *world, const struct hrm_error *error)
{
    if (error->status)
        hrm_world_abort(world, error);
}

/// One write or read, from when all are ready to when all are done.
static double time_it(struct hrm_state *state, const char *path, bool write,
                      const struct hrm_world *world)
{
    struct hrm_error error = {0};
    MPI_Barrier(world->comm);
    double begin = MPI_Wtime();
    if (write)
        hrm_state_write(state, path, &error);
    else
        hrm_state_read(state, path, &error);
    check(world, &error);
    MPI_Barrier(world->comm);
    return MPI_Wtime() - begin;
}

static void report(struct hrm_state *state, const char *path, const struct hrm_world *world)
{
    struct stat found = {0};
    for (int i = 0; i < 5; i++) {
        double write = time_it(state, path, true, world);
        double read = time_it(state, path, false, world);
        stat(path, &found);
        double megabytes = (double)found.st_size * 1e-6;
        if (world->rank == 0)
            printf("%d ranks, %s, %.0f MB: written in %.2f s (%.0f MB/s), %.2f %% of 5 minutes; "
                   "read in %.2f s\n",
                   world->size, state->trainer->model.backend->name, megabytes, write,
                   megabytes / write, 100 * write / (300 + write), read);
    }
}

int main(int argc, char **argv)
{
    struct hrm_world world;
    struct hrm_error error = {0};
    struct hrm_trainer trainer;
    char path[4096];
    double extra = 0;
    if (hrm_world_start(&world, &error))
        return EXIT_FAILURE;
    struct hrm_group group = {world.comm, world.rank, world.size, 0, 1};
    struct hrm_training training = {.batch = argc > 2 ? atoi(argv[2]) : 768,
                                    .shards = 16,
                                    .micro_batch = 1,
                                    .threads = 1,
                                    .ema = 0.999};
    hrm_trainer_init(&trainer, &training, &CONFIG, hrm_backend_find("auto"), &group, &error);
    check(&world, &error);
    struct hrm_state state = {.trainer = &trainer, .extra = &extra, .extra_bytes = sizeof extra};
    snprintf(path, sizeof path, "%s/bench_state.h5", argc > 1 ? argv[1] : ".");
    report(&state, path, &world);
    if (world.rank == 0)
        unlink(path);
    hrm_trainer_free(&trainer);
    hrm_world_finish(&world);
    return EXIT_SUCCESS;
}
