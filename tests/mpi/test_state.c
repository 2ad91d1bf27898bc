#include "core/base/random.h"
#include "core/compute/backend.h"
#include "core/file/seal.h"
#include "mpi/state.h"
#include "mpi/trainer.h"
#include "tests/mpi/ranks.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#define CELLS  9
#define HEADER 16384 ///< bytes at the front that are cut at every 256th

static char folder[64], path[96];

static void draw(void *context, int64_t step, int slot, uint16_t *inputs, uint16_t *labels,
                 int32_t *id)
{
    (void)context;
    struct hrm_random random =
        hrm_random_open(99, HRM_RANDOM_AUGMENT, (uint64_t)step, (uint64_t)slot);
    for (int n = 0; n < CELLS; n++) {
        inputs[n] = (uint16_t)(1 + hrm_random_below(&random, 10));
        labels[n] = inputs[n] == 1 ? (uint16_t)(2 + n) : inputs[n];
    }
    *id = (int32_t)hrm_random_below(&random, 3);
}

static void start(struct hrm_trainer *trainer, int threads, const struct hrm_group *group)
{
    struct hrm_model_config config = {.hidden = 32,
                                      .heads = 2,
                                      .expansion = 2,
                                      .h_layers = 1,
                                      .l_layers = 1,
                                      .h_cycles = 1,
                                      .l_cycles = 2,
                                      .vocab = 11,
                                      .cells = CELLS,
                                      .puzzle_emb = 32,
                                      .puzzle_ids = 3,
                                      .angles = HRM_ANGLES_ROPE,
                                      .rope_theta = 10000,
                                      .rms_eps = 1e-5,
                                      .loss = HRM_LOSS_STABLEMAX,
                                      .q_continue = true,
                                      .halt_max_steps = 3,
                                      .halt_exploration = 0.1};
    struct hrm_training training = {.source = {.draw = draw},
                                    .seed = 5,
                                    .batch = 24,
                                    .shards = 8,
                                    .micro_batch = 2,
                                    .threads = threads,
                                    .schedule = {.warmup = 3, .total = 100, .floor = 0.1},
                                    .adam = {1e-2, 0.1, 0.9, 0.95},
                                    .puzzle_rate = 1e-2,
                                    .ema = 0.9};
    struct hrm_error error = {0};
    int status =
        hrm_trainer_init(trainer, &training, &config, hrm_backend_find("blas"), group, &error);
    ck_assert_msg(status == HRM_OK, "%s", error.text);
}

static void run(struct hrm_trainer *trainer, int steps)
{
    struct hrm_error error = {0};
    struct hrm_metrics metrics;
    for (int i = 0; i < steps; i++)
        ck_assert_int_eq(hrm_trainer_step(trainer, &metrics, &error), HRM_OK);
}

/// What the caller keeps beside the trainer.
static double extra[3];

static struct hrm_state state_of(struct hrm_trainer *trainer)
{
    struct hrm_state state = {.trainer = trainer, .extra = extra, .extra_bytes = sizeof extra};
    snprintf(state.provenance.config, sizeof state.provenance.config, "[train]\nlr = 1\n");
    return state;
}

static void write_state(struct hrm_trainer *trainer)
{
    struct hrm_error error = {0};
    struct hrm_state state = state_of(trainer);
    ck_assert_msg(hrm_state_write(&state, path, &error) == HRM_OK, "%s", error.text);
}

static int read_state(struct hrm_trainer *trainer, struct hrm_error *error)
{
    struct hrm_state state = state_of(trainer);
    *error = (struct hrm_error){0};
    return hrm_state_read(&state, path, error);
}

/// The first `size` ranks as a group; false on the others.
static bool first_ranks(int size, struct hrm_group *group)
{
    MPI_Comm comm;
    MPI_Comm_split(world.comm, world.rank < size ? 0 : MPI_UNDEFINED, world.rank, &comm);
    *group = (struct hrm_group){comm, world.rank, size, 0, 1};
    return comm != MPI_COMM_NULL;
}

static void begin(void)
{
    strcpy(folder, "/tmp/hrm-state-XXXXXX");
    if (world.rank == 0)
        ck_assert_ptr_nonnull(mkdtemp(folder));
    MPI_Bcast(folder, sizeof folder, MPI_CHAR, 0, world.comm);
    snprintf(path, sizeof path, "%s/state.h5", folder);
}

static void end(void)
{
    MPI_Barrier(world.comm);
    if (world.rank == 0) {
        unlink(path);
        ck_assert_int_eq(rmdir(folder), 0); // nothing else was left in it
    }
}

static void assert_same(const struct hrm_trainer *a, const struct hrm_trainer *b)
{
    size_t trained = a->model.layout.trained * sizeof(float);
    ck_assert_int_eq(a->step, b->step);
    ck_assert_mem_eq(a->params, b->params, a->model.layout.total * sizeof(float));
    ck_assert_mem_eq(a->m, b->m, trained);
    ck_assert_mem_eq(a->v, b->v, trained);
    ck_assert_mem_eq(a->ema, b->ema, trained);
}

/// From a state of `writers` ranks to `readers` ranks of two threads.
static void go_on(const struct hrm_trainer *wanted, int writers, int readers)
{
    struct hrm_group group;
    struct hrm_trainer trainer;
    struct hrm_error error;
    if (first_ranks(writers, &group)) {
        start(&trainer, 1, &group);
        run(&trainer, 7);
        extra[0] = 0.5;
        write_state(&trainer);
        hrm_trainer_free(&trainer);
        MPI_Comm_free(&group.comm);
    }
    MPI_Barrier(world.comm);
    if (first_ranks(readers, &group)) {
        start(&trainer, 2, &group);
        extra[0] = 0;
        ck_assert_msg(read_state(&trainer, &error) == HRM_OK, "%s", error.text);
        ck_assert(extra[0] == 0.5);
        run(&trainer, 4);
        assert_same(wanted, &trainer);
        hrm_trainer_free(&trainer);
        MPI_Comm_free(&group.comm);
    }
    MPI_Barrier(world.comm);
}

START_TEST(a_state_of_any_ranks_goes_on_on_any_ranks)
{
    struct hrm_group alone = {MPI_COMM_SELF, 0, 1, 0, 1};
    struct hrm_trainer wanted;
    start(&wanted, 1, &alone);
    run(&wanted, 11);
    for (int writers = 1; writers <= world.size; writers++)
        for (int readers = 1; readers <= world.size; readers++)
            if (writers == world.size || readers == world.size)
                go_on(&wanted, writers, readers);
    hrm_trainer_free(&wanted);
}
END_TEST

// --- damage --------------------------------------------------------------------------------------

static unsigned char *whole;
static size_t size;

static void load_file(void)
{
    struct stat found;
    MPI_Barrier(world.comm);
    ck_assert_int_eq(stat(path, &found), 0);
    size = (size_t)found.st_size;
    whole = malloc(size);
    FILE *stream = fopen(path, "rb");
    ck_assert_uint_eq(fread(whole, 1, size, stream), size);
    fclose(stream);
    MPI_Barrier(world.comm);
}

/// Rank 0 writes the first `count` bytes, with a byte changed.
static void spill(size_t count, size_t at, unsigned char flip)
{
    if (world.rank == 0) {
        unlink(path);
        FILE *stream = fopen(path, "wb");
        whole[at] ^= flip;
        fwrite(whole, 1, count, stream);
        whole[at] ^= flip;
        fclose(stream);
    }
    MPI_Barrier(world.comm);
}

static void expect_refusal(struct hrm_trainer *trainer)
{
    struct hrm_error error;
    ck_assert_int_eq(read_state(trainer, &error), HRM_DATA);
    ck_assert_msg(strstr(error.text, path) != NULL, "%s", error.text);
    ck_assert_uint_gt(strlen(error.hint), 0);
    MPI_Barrier(world.comm);
}

START_TEST(damage_is_found_wherever_it_is)
{
    struct hrm_group group = {world.comm, world.rank, world.size, 0, 1};
    struct hrm_random random = hrm_random_open(3, HRM_RANDOM_AUGMENT, 0, 0);
    struct hrm_trainer trainer;
    struct hrm_error error;
    int tries = world.size == 1 ? 1000 : 50;
    start(&trainer, 1, &group);
    run(&trainer, 2);
    write_state(&trainer);
    load_file();
    for (size_t at = 0; at < HEADER; at += world.size == 1 ? 256 : 2048) {
        spill(at, 0, 0);
        expect_refusal(&trainer);
    }
    for (int i = 0; i < tries; i++) {
        spill(hrm_random_below(&random, (uint32_t)size), 0, 0);
        expect_refusal(&trainer);
    }
    for (int i = 0; i < tries; i++) {
        uint32_t at = hrm_random_below(&random, (uint32_t)(i % 2 ? size : HEADER));
        spill(size, at, (unsigned char)(1 << hrm_random_below(&random, 8)));
        expect_refusal(&trainer);
    }
    spill(size, 0, 0);
    ck_assert_msg(read_state(&trainer, &error) == HRM_OK, "%s", error.text);
    free(whole);
    hrm_trainer_free(&trainer);
}
END_TEST

START_TEST(a_file_of_another_kind_is_refused)
{
    struct hrm_group group = {world.comm, world.rank, world.size, 0, 1};
    struct hrm_trainer trainer;
    struct hrm_error error;
    start(&trainer, 1, &group);
    ck_assert_int_eq(read_state(&trainer, &error), HRM_DATA);
    ck_assert_ptr_nonnull(strstr(error.text, "No such file"));
    if (world.rank == 0) {
        FILE *stream = fopen(path, "w");
        fputs("no state at all\n", stream);
        fclose(stream);
    }
    MPI_Barrier(world.comm);
    ck_assert_int_eq(read_state(&trainer, &error), HRM_DATA);
    ck_assert_ptr_nonnull(strstr(error.text, "no state"));
    hrm_trainer_free(&trainer);
}
END_TEST

START_TEST(a_carry_out_of_range_is_refused)
{
    struct hrm_group group = {world.comm, world.rank, world.size, 0, 1};
    struct hrm_trainer trainer;
    struct hrm_error error;
    start(&trainer, 1, &group);
    run(&trainer, 1);
    switch (_i) {
    case 0:
        trainer.slots.ids[0] = 3;
        break;
    case 1:
        trainer.slots.ids[0] = -1;
        break;
    case 2:
        trainer.slots.inputs[CELLS] = 11;
        break;
    case 3:
        trainer.slots.labels[0] = 255;
        break;
    default:
        trainer.step = -1;
        break;
    }
    write_state(&trainer);
    ck_assert_int_eq(read_state(&trainer, &error), HRM_DATA);
    ck_assert_ptr_nonnull(strstr(error.text, "out of range"));
    ck_assert_ptr_nonnull(strstr(error.text, path));
    hrm_trainer_free(&trainer);
}
END_TEST

START_TEST(what_the_caller_keeps_must_fit)
{
    struct hrm_group group = {world.comm, world.rank, world.size, 0, 1};
    struct hrm_trainer trainer;
    struct hrm_error error = {0};
    start(&trainer, 1, &group);
    write_state(&trainer);
    struct hrm_state state = state_of(&trainer);
    state.extra_bytes = 8;
    ck_assert_int_eq(hrm_state_read(&state, path, &error), HRM_DATA);
    ck_assert_ptr_nonnull(strstr(error.text, "'extra' is 1 x 24, wanted 1 x 8"));
    hrm_trainer_free(&trainer);
}
END_TEST

// --- a disk that takes no more -------------------------------------------------------------------

START_TEST(a_full_disk_leaves_the_old_state)
{
    struct hrm_group group = {world.comm, world.rank, world.size, 0, 1};
    struct hrm_trainer trainer;
    struct hrm_error error = {0};
    struct rlimit old;
    start(&trainer, 1, &group);
    write_state(&trainer);
    run(&trainer, 1);
    // A limit on the size of files fails as a full disk does.
    signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &old);
    struct rlimit small = {20000, old.rlim_max};
    setrlimit(RLIMIT_FSIZE, &small);
    struct hrm_state state = state_of(&trainer);
    int status = hrm_state_write(&state, path, &error);
    setrlimit(RLIMIT_FSIZE, &old);
    ck_assert_int_eq(status, HRM_FAILED);
    ck_assert_msg(strstr(error.text, path) != NULL, "%s", error.text);
    ck_assert_uint_gt(strlen(error.hint), 0);
    ck_assert_int_eq(trainer.step, 1);
    ck_assert_int_eq(read_state(&trainer, &error), HRM_OK);
    ck_assert_int_eq(trainer.step, 0);
    hrm_trainer_free(&trainer);
}
END_TEST

START_TEST(a_missing_folder_is_named)
{
    struct hrm_group group = {world.comm, world.rank, world.size, 0, 1};
    struct hrm_trainer trainer;
    struct hrm_error error = {0};
    start(&trainer, 1, &group);
    struct hrm_state state = state_of(&trainer);
    ck_assert_int_eq(hrm_state_write(&state, "/nonexistent/state.h5", &error), HRM_USAGE);
    ck_assert_ptr_nonnull(strstr(error.text, "/nonexistent"));
    hrm_trainer_free(&trainer);
}
END_TEST

static void add_tests(TCase *tests)
{
    tcase_add_checked_fixture(tests, begin, end);
    tcase_add_test(tests, a_state_of_any_ranks_goes_on_on_any_ranks);
    tcase_add_test(tests, damage_is_found_wherever_it_is);
    tcase_add_test(tests, a_file_of_another_kind_is_refused);
    tcase_add_loop_test(tests, a_carry_out_of_range_is_refused, 0, 5);
    tcase_add_test(tests, what_the_caller_keeps_must_fit);
    tcase_add_test(tests, a_full_disk_leaves_the_old_state);
    tcase_add_test(tests, a_missing_folder_is_named);
}

int main(void)
{
    return run_on_ranks("state", add_tests);
}
