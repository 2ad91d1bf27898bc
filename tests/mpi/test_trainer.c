#include "core/compute/backend.h"
#include "mpi/trainer.h"
#include "mpi/trainer_state.h"
#include "mpi/validate.h"
#include "tests/mpi/ranks.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CELLS 9

/// A made-up task: the label of a cell is its token, or the cell's number where it is blank.
static void draw(void *context, int64_t step, int slot, uint16_t *inputs, uint16_t *labels,
                 int32_t *id)
{
    const int *ids = context;
    struct hrm_random random =
        hrm_random_open(99, HRM_RANDOM_AUGMENT, (uint64_t)step, (uint64_t)slot);
    for (int n = 0; n < CELLS; n++) {
        inputs[n] = (uint16_t)(1 + hrm_random_below(&random, 10));
        labels[n] = inputs[n] == 1 ? (uint16_t)(2 + n) : inputs[n];
    }
    *id = (int32_t)hrm_random_below(&random, (uint32_t)*ids);
}

static int one_id = 1, three_ids = 3;

static struct hrm_model_config small_model(void)
{
    return (struct hrm_model_config){.hidden = 32,
                                     .heads = 2,
                                     .expansion = 2,
                                     .h_layers = 1,
                                     .l_layers = 1,
                                     .h_cycles = 2,
                                     .l_cycles = 2,
                                     .vocab = 11,
                                     .cells = CELLS,
                                     .puzzle_emb = 32,
                                     .puzzle_ids = 3,
                                     .angles = HRM_ANGLES_ROPE,
                                     .rope_theta = 10000,
                                     .rms_eps = 1e-5,
                                     .loss = HRM_LOSS_STABLEMAX,
                                     .gradient = HRM_GRADIENT_ONE_STEP,
                                     .q_continue = true,
                                     .halt_max_steps = 3,
                                     .halt_exploration = 0.1};
}

static struct hrm_training small_training(void)
{
    return (struct hrm_training){.source = {.draw = draw, .context = &three_ids},
                                 .seed = 5,
                                 .batch = 24,
                                 .shards = 8,
                                 .micro_batch = 2,
                                 .threads = 1,
                                 .reduce = HRM_REDUCE_ORDERED,
                                 .schedule = {.warmup = 3, .total = 100, .floor = 0.1},
                                 .adam = {1e-2, 0.1, 0.9, 0.95},
                                 .puzzle_rate = 1e-2,
                                 .puzzle_decay = 0.1,
                                 .ema = 0.9};
}

static struct hrm_group all_ranks(void)
{
    return (struct hrm_group){world.comm, world.rank, world.size, 0, 1};
}

static const struct hrm_group alone = {MPI_COMM_SELF, 0, 1, 0, 1};

static void start(struct hrm_trainer *trainer, const struct hrm_training *training,
                  const struct hrm_model_config *config, const struct hrm_backend *backend,
                  const struct hrm_group *group)
{
    struct hrm_error error = {0};
    size_t measured = 0;
    int status = hrm_trainer_init(trainer, training, config, backend, group, &error);
    ck_assert_msg(status == HRM_OK, "%s", error.text);
    status = hrm_trainer_measure(training, config, backend, group, &measured, &error);
    ck_assert_msg(status == HRM_OK, "%s", error.text);
    ck_assert_uint_eq(measured, hrm_trainer_bytes(trainer));
}

static struct hrm_metrics run(struct hrm_trainer *trainer, int steps)
{
    struct hrm_error error = {0};
    struct hrm_metrics metrics = {0};
    for (int i = 0; i < steps; i++) {
        int status = hrm_trainer_step(trainer, &metrics, &error);
        ck_assert_msg(status == HRM_OK, "%s", error.text);
    }
    return metrics;
}

// --- the same bits on any number of ranks and threads -------------------------------------------

static const struct form {
    int threads;
    bool q_continue, puzzle_emb;
    int gradient;
    double noise, momentum;
} forms[] = {
    {1, true, true, HRM_GRADIENT_ONE_STEP, 0, 0},
    {2, false, true, HRM_GRADIENT_LAST_CYCLE, 0.01, 0.95},
};

enum { FORMS = sizeof forms / sizeof *forms };

static void assert_same(const struct hrm_trainer *a, const struct hrm_trainer *b)
{
    size_t trained = a->model.layout.trained * sizeof(float);
    ck_assert_mem_eq(a->params, b->params, a->model.layout.total * sizeof(float));
    ck_assert_mem_eq(a->m, b->m, trained);
    ck_assert_mem_eq(a->v, b->v, trained);
    ck_assert_mem_eq(a->ema, b->ema, trained);
}

START_TEST(ranks_and_threads_do_not_change_the_weights)
{
    const struct hrm_backend *backend = hrm_backends()[_i / FORMS];
    const struct form *form = &forms[_i % FORMS];
    if (!backend->available())
        return;
    struct hrm_model_config config = small_model();
    struct hrm_training training = small_training();
    struct hrm_group group = all_ranks();
    struct hrm_trainer one, many;
    config.q_continue = form->q_continue;
    config.puzzle_emb = form->puzzle_emb ? 32 : 0;
    config.gradient = form->gradient;
    training.state_sigma = training.noise_sigma = form->noise;
    training.muon = (struct hrm_muon){1e-2, 0.1, form->momentum};
    start(&one, &training, &config, backend, &alone);
    training.threads = form->threads;
    start(&many, &training, &config, backend, &group);

    struct hrm_metrics wanted = run(&one, 20), got = run(&many, 20);
    assert_same(&one, &many);
    ck_assert_mem_eq(&got, &wanted, sizeof got);
    ck_assert_double_gt(wanted.gradient_norm, 0);
    hrm_trainer_free(&one);
    hrm_trainer_free(&many);
}
END_TEST

START_TEST(allreduce_gives_nearly_the_same_weights)
{
    struct hrm_model_config config = small_model();
    struct hrm_training training = small_training();
    struct hrm_group group = all_ranks();
    struct hrm_trainer one, many;
    training.adam.rate = 1e-4;
    start(&one, &training, &config, &hrm_backend_ref, &alone);
    training.reduce = HRM_REDUCE_ALLREDUCE;
    start(&many, &training, &config, &hrm_backend_ref, &group);
    struct hrm_metrics wanted = run(&one, 3), got = run(&many, 3);
    ck_assert_double_eq_tol(got.gradient_norm, wanted.gradient_norm, 1e-4 * wanted.gradient_norm);
    for (size_t i = 0; i < one.model.layout.trained; i++)
        ck_assert_float_eq_tol(one.params[i], many.params[i], 4e-4f);
    hrm_trainer_free(&one);
    hrm_trainer_free(&many);
}
END_TEST

/// What many ranks have, put together on each of them from a trainer that has it all.
static void copy_state(struct hrm_trainer *from, struct hrm_trainer *to)
{
    struct hrm_state_array source[HRM_STATE_ARRAYS], target[HRM_STATE_ARRAYS];
    int count = hrm_trainer_state(from, source);
    ck_assert_int_eq(hrm_trainer_state(to, target), count);
    for (int i = 0; i < count; i++) {
        ck_assert_str_eq(target[i].name, source[i].name);
        ck_assert_uint_eq(target[i].row_bytes, source[i].row_bytes);
        ck_assert_uint_le(target[i].first + target[i].rows, source[i].rows);
        memcpy(target[i].data, (char *)source[i].data + target[i].first * target[i].row_bytes,
               target[i].rows * target[i].row_bytes);
    }
    hrm_slots_tokens_load(&to->slots);
    hrm_trainer_pack(to);
}

START_TEST(a_state_goes_on_exactly_on_other_ranks)
{
    struct hrm_model_config config = small_model();
    struct hrm_training training = small_training();
    struct hrm_group group = all_ranks();
    struct hrm_trainer one, many;
    start(&one, &training, &config, &hrm_backend_blas, &alone);
    run(&one, 7);
    training.threads = 2;
    start(&many, &training, &config, &hrm_backend_blas, &group);
    copy_state(&one, &many);
    run(&one, 6);
    run(&many, 6);
    assert_same(&one, &many);
    hrm_trainer_free(&one);
    hrm_trainer_free(&many);
}
END_TEST

// --- slots --------------------------------------------------------------------------------------

/// Without exploration, and while q_halt stays below q_continue, slots change puzzles together.
START_TEST(a_slot_keeps_its_puzzle_until_it_halts)
{
    struct hrm_model_config config = small_model();
    struct hrm_training training = small_training();
    struct hrm_group group = all_ranks();
    struct hrm_trainer trainer;
    struct hrm_slots *slots = &trainer.slots;
    uint16_t inputs[CELLS], labels[CELLS];
    int32_t id;
    config.halt_exploration = 0;
    training.adam.rate = 0;
    start(&trainer, &training, &config, &hrm_backend_ref, &group);
    for (int step = 1; step <= 7; step++) {
        struct hrm_metrics metrics = run(&trainer, 1);
        int began = (step - 1) / 3 * 3 + 1;
        ck_assert_double_eq(metrics.sums[HRM_SUM_HALTED], step % 3 == 0 ? training.batch : 0);
        ck_assert_double_eq(metrics.sums[HRM_SUM_SEGMENTS], step % 3 == 0 ? 3 * training.batch : 0);
        for (int i = 0; i < slots->count; i++) {
            draw(&three_ids, began, slots->first + i, inputs, labels, &id);
            ck_assert_mem_eq(slots->inputs + i * CELLS, inputs, sizeof inputs);
            ck_assert_mem_eq(slots->labels + i * CELLS, labels, sizeof labels);
            ck_assert_int_eq(slots->ids[i], id);
            ck_assert_int_eq(slots->steps[i], step - began + 1);
            ck_assert_int_eq(slots->halted[i], step % 3 == 0);
        }
    }
    hrm_trainer_free(&trainer);
}
END_TEST

START_TEST(only_seen_identifiers_are_trained)
{
    struct hrm_model_config config = small_model();
    struct hrm_training training = small_training();
    struct hrm_group group = all_ranks();
    struct hrm_trainer trainer;
    training.source.context = &one_id;
    start(&trainer, &training, &config, &hrm_backend_ref, &group);
    float *embedding = trainer.params + trainer.model.layout.trained;
    for (int i = 0; i < 3 * 32; i++)
        embedding[i] = 1;
    run(&trainer, 1);
    // Warm-up of 3 steps: a third of the rate; decay 0.1.
    float rate = 1e-2f / 3, kept = 1 - rate * 0.1f;
    for (int i = 0; i < 32; i++)
        ck_assert_float_eq_tol(fabsf(embedding[i] - kept), rate, 1e-6f);
    for (int i = 32; i < 3 * 32; i++)
        ck_assert_float_eq(embedding[i], 1);
    hrm_trainer_free(&trainer);
}
END_TEST

// --- learning, evaluating -----------------------------------------------------------------------

START_TEST(the_task_is_learnt_and_validated)
{
    enum { PUZZLES = 50 };
    uint16_t inputs[PUZZLES * CELLS], labels[PUZZLES * CELLS];
    struct hrm_token_set set = {PUZZLES, inputs, labels};
    struct hrm_validation before, after;
    struct hrm_error error = {0};
    struct hrm_model_config config = small_model();
    struct hrm_training training = small_training();
    struct hrm_group group = all_ranks();
    struct hrm_trainer trainer;
    int32_t id;
    for (int i = 0; i < PUZZLES; i++)
        draw(&one_id, 1000000, i, inputs + i * CELLS, labels + i * CELLS, &id);
    training.adam.rate = 3e-3;
    training.schedule.total = 300;
    start(&trainer, &training, &config, &hrm_backend_blas, &group);
    ck_assert_int_eq(hrm_trainer_validate(&trainer, &set, &before, &error), HRM_OK);
    double first = run(&trainer, 1).sums[HRM_SUM_LM], last = run(&trainer, 149).sums[HRM_SUM_LM];
    ck_assert_int_eq(hrm_trainer_validate(&trainer, &set, &after, &error), HRM_OK);
    ck_assert_double_lt(last, 0.25 * first);
    ck_assert_int_eq(after.puzzles, PUZZLES);
    ck_assert_int_lt(before.cells, PUZZLES * CELLS / 2);
    ck_assert_int_gt(after.cells, PUZZLES * CELLS * 9 / 10);
    ck_assert_int_gt(after.exact, before.exact + PUZZLES / 4);
    hrm_trainer_free(&trainer);
}
END_TEST

START_TEST(validation_leaves_no_trace)
{
    uint16_t inputs[CELLS], labels[CELLS];
    struct hrm_token_set set = {1, inputs, labels};
    struct hrm_validation result;
    struct hrm_error error = {0};
    struct hrm_model_config config = small_model();
    struct hrm_training training = small_training();
    struct hrm_group group = all_ranks();
    struct hrm_trainer plain, validated;
    int32_t id;
    draw(&one_id, 1, 1, inputs, labels, &id);
    start(&plain, &training, &config, &hrm_backend_blas, &group);
    start(&validated, &training, &config, &hrm_backend_blas, &group);
    run(&plain, 5);
    run(&validated, 2);
    ck_assert_int_eq(hrm_trainer_validate(&validated, &set, &result, &error), HRM_OK);
    ck_assert_int_eq(result.puzzles, 1);
    run(&validated, 3);
    assert_same(&plain, &validated);
    hrm_trainer_free(&plain);
    hrm_trainer_free(&validated);
}
END_TEST

// --- failures and memory ------------------------------------------------------------------------

START_TEST(every_rank_hears_of_a_nan)
{
    struct hrm_model_config config = small_model();
    struct hrm_training training = small_training();
    struct hrm_group group = all_ranks();
    struct hrm_trainer trainer;
    struct hrm_metrics metrics;
    struct hrm_error error = {0};
    start(&trainer, &training, &config, &hrm_backend_ref, &group);
    run(&trainer, 1);
    if (world.rank == world.size - 1)
        memset(trainer.slots.z_l, 0xff, trainer.slots.state_bytes);
    ck_assert_int_eq(hrm_trainer_step(&trainer, &metrics, &error), HRM_NUMERIC);
    ck_assert_ptr_nonnull(strstr(error.text, "step 2"));
    ck_assert_ptr_nonnull(strstr(error.text, "replica 0"));
    ck_assert(error.hint[0]);
    hrm_trainer_free(&trainer);
}
END_TEST

static const struct {
    int batch, shards, threads, status;
    const char *remedy;
} shapes[] = {
    {24, 8, 1, HRM_OK, ""},
    {24, 6, 1, HRM_USAGE, "train.shards = 8"},
    {24, 16, 1, HRM_USAGE, "multiple of 16"},
    {32, 4, 64, HRM_USAGE, "train.shards = "},
};

START_TEST(bad_cuts_of_the_batch_are_refused)
{
    struct hrm_error error = {0};
    struct hrm_training training = small_training();
    training.batch = shapes[_i].batch;
    training.shards = shapes[_i].shards;
    training.threads = shapes[_i].threads;
    ck_assert_int_eq(hrm_training_check(&training, world.size, &error), shapes[_i].status);
    ck_assert_ptr_nonnull(strstr(error.hint, shapes[_i].remedy));
}
END_TEST

START_TEST(shards_are_chosen_by_the_batch_alone)
{
    static const int wanted[][2] = {{768, 16}, {64, 16}, {24, 8}, {20, 4}, {7, 1}, {1, 1}};
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++)
        ck_assert_int_eq(hrm_training_shards(wanted[i][0]), wanted[i][1]);
}
END_TEST

/// Resident bytes of this process.
static long resident(void)
{
    long pages = 0, held = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    if (!file)
        return 0;
    int fields = fscanf(file, "%ld %ld", &pages, &held);
    fclose(file);
    return fields == 2 ? held * 4096 : 0;
}

START_TEST(memory_does_not_grow_with_the_steps)
{
    struct hrm_model_config config = small_model();
    struct hrm_training training = small_training();
    struct hrm_group group = all_ranks();
    struct hrm_trainer trainer;
    training.threads = 2;
    start(&trainer, &training, &config, &hrm_backend_blas, &group);
    run(&trainer, 10);
    long before = resident();
    run(&trainer, 60);
    ck_assert_int_lt(resident() - before, 500000);
    hrm_trainer_free(&trainer);
}
END_TEST

static void add_tests(TCase *tests)
{
    int backends = 0;
    while (hrm_backends()[backends])
        backends++;
    tcase_add_loop_test(tests, ranks_and_threads_do_not_change_the_weights, 0, backends * FORMS);
    tcase_add_test(tests, a_state_goes_on_exactly_on_other_ranks);
    tcase_add_test(tests, allreduce_gives_nearly_the_same_weights);
    tcase_add_test(tests, a_slot_keeps_its_puzzle_until_it_halts);
    tcase_add_test(tests, only_seen_identifiers_are_trained);
    tcase_add_test(tests, the_task_is_learnt_and_validated);
    tcase_add_test(tests, validation_leaves_no_trace);
    tcase_add_test(tests, every_rank_hears_of_a_nan);
    tcase_add_loop_test(tests, bad_cuts_of_the_batch_are_refused, 0,
                        (int)(sizeof shapes / sizeof *shapes));
    tcase_add_test(tests, shards_are_chosen_by_the_batch_alone);
    tcase_add_test(tests, memory_does_not_grow_with_the_steps);
}

int main(void)
{
    return run_on_ranks("trainer", add_tests);
}
