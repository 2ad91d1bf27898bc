#include "core/eval/runner.h"
#include "core/file/checkpoint.h"
#include "core/vote/prune.h"
#include "mpi/evaluate.h"
#include "mpi/store.h"
#include "mpi/weights.h"
#include "tests/mpi/ranks.h"
#include "tests/support/passes.h"

#include <check.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { CHECKPOINTS = 2, PUZZLES = 7, BLOCK = 2, SEGMENTS = 2, WHOLE = 3 };

static const char *const SOLVED =
    "769341852142895367538267194273689541954123678681574923316452789495738216827916435";
static const char *const LIST = "cyclic:2*init:2:1";

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static char folder[64], votes_path[128], names[CHECKPOINTS + 2][128];
/// Two of one model, one of another, and one of the first that repeats its input.
static const char *paths[CHECKPOINTS + 2];
static struct hrm_perturbations perturbations;

static struct hrm_model_config config_of(int hidden)
{
    struct hrm_model_config config;
    struct hrm_option_section section = hrm_model_config_section(&config);
    hrm_options_default(&section, 1);
    config.hidden = config.puzzle_emb = hidden;
    config.heads = 2;
    config.h_layers = config.l_layers = config.h_cycles = config.l_cycles = 1;
    return config;
}

/// All blocks pass their input on, and tokens are orthogonal; it always halts.
static void make_copier(const struct hrm_layout *layout, float *params)
{
    memset(params, 0, layout->total * sizeof *params);
    const struct hrm_tensor *tokens = hrm_layout_find(layout, "embed_tokens.embedding_weight");
    const struct hrm_tensor *head = hrm_layout_find(layout, "lm_head.weight");
    for (int i = 0; i < tokens->rows; i++) {
        params[tokens->offset + (size_t)(i * tokens->cols + i)] = 1;
        params[head->offset + (size_t)(i * head->cols + i)] = 1;
    }
    params[hrm_layout_find(layout, "q_head.bias")->offset] = 2;
}

static void write_checkpoint(int index)
{
    struct hrm_error error = {0};
    struct hrm_checkpoint checkpoint = {.config = config_of(index == CHECKPOINTS ? 64 : 32)};
    checkpoint.provenance.step = 100 + index;
    ck_assert_int_eq(hrm_layout_init(&checkpoint.layout, &checkpoint.config, &error), HRM_OK);
    checkpoint.params = calloc(checkpoint.layout.total, sizeof(float));
    hrm_params_draw(&checkpoint.layout, (uint64_t)index, checkpoint.params);
    if (index > CHECKPOINTS)
        make_copier(&checkpoint.layout, checkpoint.params);
    int status = hrm_checkpoint_write(paths[index], &checkpoint, &error);
    ck_assert_msg(status == HRM_OK, "%s", error.text);
    free(checkpoint.params);
    checkpoint.params = NULL;
    hrm_layout_free(&checkpoint.layout);
}

static int feed_puzzles(void *source, int64_t first, int64_t count, void *items,
                        struct hrm_error *error)
{
    (void)source;
    for (int64_t i = 0; i < count; i++) {
        struct hrm_board question, answer;
        if (hrm_board_parse(SOLVED, &answer, error))
            return error->status;
        question = answer;
        for (int64_t k = 0; k < HRM_CELLS && first + i != WHOLE; k += first + i + 1)
            question.cell[k] = 0;
        hrm_sudoku_item(&question, &answer, (int32_t)(first + i),
                        (unsigned char *)items + i * HRM_SUDOKU_ITEM);
    }
    return HRM_OK;
}

static void open_store(struct hrm_store *store, const struct hrm_weights *weights)
{
    static struct hrm_votes_checkpoint checkpoints[CHECKPOINTS];
    static char table[4][HRM_VOTES_NAME];
    struct hrm_error error = {0};
    struct hrm_votes head = {
        .task = sudoku_task(), .checkpoints = checkpoints, .perturbations = table};
    head.plan = (struct hrm_plan){.checkpoints = CHECKPOINTS,
                                  .perturbations = 4,
                                  .segments = SEGMENTS,
                                  .block = BLOCK,
                                  .puzzles = PUZZLES};
    ck_assert_int_eq(hrm_plan_make(&head.plan, &error), HRM_OK);
    hrm_plan_identify(&head.plan, weights->hashes, CHECKPOINTS);
    *store = (struct hrm_store){.world = &world, .lock = &lock};
    struct hrm_store_feed feed = {feed_puzzles, NULL};
    int status = hrm_store_open(store, &head, votes_path, false, &feed, &error);
    ck_assert_msg(status == HRM_OK, "%s", error.text);
}

/// The passes by the shortest way: one process, one puzzle at a time, weights as they are.
static void expect(const struct hrm_backend *backend, void *passes)
{
    unsigned char items[PUZZLES][HRM_SUDOKU_ITEM];
    struct hrm_error error = {0};
    struct hrm_task task;
    hrm_task_default(&task, &hrm_sudoku_kind);
    ck_assert_int_eq(feed_puzzles(NULL, 0, PUZZLES, items, &error), HRM_OK);
    for (int c = 0; c < CHECKPOINTS; c++) {
        struct hrm_model_config config = config_of(32);
        struct hrm_model model;
        struct hrm_runner runner;
        ck_assert_int_eq(hrm_model_init(&model, &config, backend, HRM_PACK_FORWARD, &error),
                         HRM_OK);
        float *params = calloc(model.layout.total, sizeof *params);
        size_t bytes = hrm_model_packed_bytes(&model);
        void *packed = bytes ? aligned_alloc(64, bytes) : NULL;
        hrm_params_draw(&model.layout, (uint64_t)c, params);
        hrm_model_attach(&model, params, packed);
        hrm_model_pack(&model, 0, 1);
        ck_assert_int_eq(hrm_runner_init(&runner, &task, &model, 1, &error), HRM_OK);
        for (int p = 0; p < 4; p++) {
            struct hrm_perturbation perturbation = hrm_perturbations_make(&perturbations, p);
            struct hrm_runner_job jobs[PUZZLES];
            for (int i = 0; i < PUZZLES; i++)
                jobs[i] = (struct hrm_runner_job){&perturbation, items[i], false, i,
                                                  pass_at(passes, (c * 4 + p) * PUZZLES + i)};
            struct hrm_runner_work work = {
                .model = &model, .seed = 5, .segments = SEGMENTS, .jobs = jobs, .count = PUZZLES};
            ck_assert_int_eq(hrm_runner_run(&runner, &work, &error), HRM_OK);
        }
        hrm_runner_free(&runner);
        hrm_model_free(&model);
        free(params);
        free(packed);
    }
}

static void check_votes(const struct hrm_backend *backend)
{
    static PASSES(wanted, CHECKPOINTS * 4 * PUZZLES);
    static PASSES(found, CHECKPOINTS * 4 * PUZZLES);
    struct hrm_votes votes;
    struct hrm_error error = {0};
    expect(backend, wanted);
    int status = hrm_votes_open(&votes, votes_path, H5F_ACC_RDONLY, &error);
    ck_assert_msg(status == HRM_OK, "%s", error.text);
    status = hrm_votes_read_passes(&votes, 0, PUZZLES, found, &error);
    ck_assert_msg(status == HRM_OK, "%s", error.text);
    ck_assert_msg(memcmp(found, wanted, sizeof found) == 0, "other votes: %s", backend->name);
    hrm_votes_close(&votes, NULL);
    MPI_Barrier(world.comm);
    if (world.rank == 0)
        unlink(votes_path);
    MPI_Barrier(world.comm);
}

static volatile sig_atomic_t stop;

static int64_t told_done, told_skipped;

static void remember(void *user, int64_t done, int64_t skipped)
{
    (void)user;
    ck_assert_int_le(skipped, done);
    ck_assert_int_le(done, CHECKPOINTS * 4 * PUZZLES);
    told_done = done;
    told_skipped = skipped;
}

/// Every rank stops after the first blocks that it has stored, and gives the stop the time to be
/// seen.
static void stop_soon(void *user, int64_t blocks)
{
    (void)user;
    ck_assert_int_gt(blocks, 0);
    stop = 1;
    nanosleep(&(struct timespec){.tv_nsec = 50000000}, NULL);
}

struct setup {
    struct hrm_weights weights;
    struct hrm_store store;
    struct hrm_evaluation evaluation;
};

static void set_up(struct setup *setup, const struct hrm_backend *backend, int threads)
{
    struct hrm_error error = {0};
    int status = hrm_weights_load(&setup->weights, &world, paths, CHECKPOINTS, backend, &error);
    ck_assert_msg(status == HRM_OK, "%s", error.text);
    open_store(&setup->store, &setup->weights);
    setup->evaluation = (struct hrm_evaluation){.world = &world,
                                                .weights = &setup->weights,
                                                .store = &setup->store,
                                                .perturbations = &perturbations,
                                                .seed = 5,
                                                .prune = HRM_RULES,
                                                .threads = threads};
}

static void tear_down(struct setup *setup, bool finished)
{
    struct hrm_error error = {0};
    ck_assert_int_eq(hrm_store_close(&setup->store, finished, &error), HRM_OK);
    hrm_weights_free(&setup->weights);
}

START_TEST(votes_do_not_depend_on_ranks_or_threads)
{
    for (const struct hrm_backend *const *backend = hrm_backends(); *backend; backend++) {
        if (!(*backend)->available())
            continue;
        struct setup setup;
        struct hrm_evaluation_result result;
        struct hrm_error error = {0};
        set_up(&setup, *backend, _i);
        setup.evaluation.queue = _i == 1 ? HRM_QUEUE_ONE_SIDED : HRM_QUEUE_MESSAGES;
        ck_assert_int_eq(setup.weights.provenance[1].step, 101);
        ck_assert_uint_ne(setup.weights.hashes[0], setup.weights.hashes[1]);
        int status = hrm_evaluate(&setup.evaluation, &result, &error);
        ck_assert_msg(status == HRM_OK, "%s", error.text);
        ck_assert(result.finished);
        ck_assert_int_eq(result.blocks, setup.store.votes.plan.blocks);
        ck_assert_int_eq(result.skipped, 0);
        ck_assert_int_eq(result.passes, CHECKPOINTS * 4 * PUZZLES);
        ck_assert_int_eq(result.segments, result.passes * SEGMENTS);
        tear_down(&setup, true);
        check_votes(*backend);
    }
}
END_TEST

START_TEST(a_stopped_run_is_continued)
{
    struct setup setup;
    struct hrm_evaluation_result first = {0}, second;
    struct hrm_error error = {0};
    set_up(&setup, &hrm_backend_ref, 1);
    setup.evaluation.stop = &stop;
    setup.evaluation.stored = stop_soon;
    ck_assert_int_eq(hrm_evaluate(&setup.evaluation, &first, &error), HRM_STOPPED);
    ck_assert_str_ne(error.hint, "");
    ck_assert(!first.finished);
    ck_assert_int_gt(first.blocks, 0);
    tear_down(&setup, false);
    error = (struct hrm_error){0};
    set_up(&setup, &hrm_backend_ref, 2);
    int status = hrm_evaluate(&setup.evaluation, &second, &error);
    ck_assert_msg(status == HRM_OK, "%s", error.text);
    ck_assert(second.finished);
    ck_assert_int_eq(second.skipped, first.blocks);
    tear_down(&setup, true);
    check_votes(&hrm_backend_ref);
}
END_TEST

static atomic_int times_stored;

static void count_stored(void *user, int64_t blocks)
{
    (void)user;
    ck_assert_int_gt(blocks, 0);
    atomic_fetch_add(&times_stored, 1);
}

/// How often a run stores something: once a claim, or as soon as a block is whole.
static int count_times_stored(double patience)
{
    struct setup setup;
    struct hrm_evaluation_result result;
    struct hrm_error error = {0};
    set_up(&setup, &hrm_backend_ref, 1);
    setup.evaluation.patience = patience;
    setup.evaluation.stored = count_stored;
    atomic_store(&times_stored, 0);
    ck_assert_int_eq(hrm_evaluate(&setup.evaluation, &result, &error), HRM_OK);
    ck_assert_int_eq(result.blocks, setup.store.votes.plan.blocks);
    ck_assert_int_eq(result.passes, CHECKPOINTS * 4 * PUZZLES);
    tear_down(&setup, true);
    check_votes(&hrm_backend_ref);
    return atomic_load(&times_stored);
}

/// A process that is killed loses what is not whole yet, and not the rest of its claim.
START_TEST(whole_blocks_are_stored_within_a_claim)
{
    int late = count_times_stored(1e9), soon = count_times_stored(0);
    if (world.size == 1)
        ck_assert_int_gt(soon, late);
}
END_TEST

/// Every pass of the file under a rule to prune by; with `stops` the run is stopped once and
/// continued.
static void evaluate_all(enum hrm_rule prune, bool stops, const char *const *which, void *passes)
{
    struct setup setup;
    struct hrm_evaluation_result result = {0};
    struct hrm_error error = {0};
    const char *saved[2] = {paths[0], paths[1]};
    stop = 0;
    for (int run = stops ? 0 : 1; run < 2; run++) {
        memcpy(paths, which, sizeof saved);
        set_up(&setup, &hrm_backend_ref, 1 + run);
        memcpy(paths, saved, sizeof saved);
        setup.evaluation.prune = prune;
        setup.evaluation.stop = run == 0 ? &stop : NULL;
        setup.evaluation.stored = run == 0 ? stop_soon : NULL;
        setup.evaluation.progress = remember;
        int status = hrm_evaluate(&setup.evaluation, &result, &error);
        ck_assert_msg(status == (run ? HRM_OK : HRM_STOPPED), "%s", error.text);
        tear_down(&setup, run == 1);
        error = (struct hrm_error){0};
    }
    // Beside other ranks it is an estimate.
    if (world.size == 1) {
        ck_assert_int_eq(told_done, CHECKPOINTS * 4 * PUZZLES);
        ck_assert_int_eq(told_skipped > 0, result.skipped > 0);
    }
    ck_assert_int_eq(result.blocks + result.skipped, CHECKPOINTS * 4 * ((PUZZLES - 1) / BLOCK + 1));
    struct hrm_votes votes;
    ck_assert_int_eq(hrm_votes_open(&votes, votes_path, H5F_ACC_RDONLY, &error), HRM_OK);
    ck_assert_int_eq(hrm_votes_read_passes(&votes, 0, PUZZLES, passes, &error), HRM_OK);
    hrm_votes_close(&votes, NULL);
    MPI_Barrier(world.comm);
    if (world.rank == 0)
        unlink(votes_path);
    MPI_Barrier(world.comm);
}

/// How many passes of a puzzle are run one by one, those of the newest checkpoint first, until the
/// answer of the rule is certain.
static int wanted_passes(void *all, int puzzle, enum hrm_rule rule, int newest)
{
    PASSES(run, CHECKPOINTS * 4);
    struct hrm_ballot ballot;
    struct hrm_selection selection;
    ck_assert_int_eq(hrm_ballot_init(&ballot, CHECKPOINTS * 4, NULL), HRM_OK);
    ck_assert_int_eq(hrm_selection_init(&selection, "", "", (int[]){CHECKPOINTS * 4, 1}, 0, NULL),
                     HRM_OK);
    memset(run, 0, sizeof run);
    int n = 0;
    for (;; n++) {
        struct hrm_passes passes = {run, PASS, CHECKPOINTS * 4, 1, 1};
        hrm_ballot_fill(&ballot, &passes, &selection);
        if (hrm_prune_needed(&ballot, rule, CHECKPOINTS * 4 - n) == 0)
            break;
        int row = (newest + n / 4) % CHECKPOINTS * 4 + n % 4;
        memcpy(pass_at(run, n), pass_at(all, row * PUZZLES + puzzle), PASS);
    }
    hrm_selection_free(&selection);
    hrm_ballot_free(&ballot);
    return n;
}

/// What is left out is what cannot matter, whoever runs it and after a stop; nothing else changes.
START_TEST(passes_that_cannot_matter_are_left_out)
{
    const char *which[2] = {paths[_i % 2 ? 0 : CHECKPOINTS + 1], paths[CHECKPOINTS + 1]};
    const int newest = _i % 2; // two of one step go as they were named
    static PASSES(all, CHECKPOINTS * 4 * PUZZLES);
    static PASSES(some, CHECKPOINTS * 4 * PUZZLES);
    evaluate_all(HRM_RULES, false, which, all);
    for (int r = 1; hrm_rule_prunable(r) != HRM_RULES; r++) {
        const enum hrm_rule rule = hrm_rule_prunable(r);
        evaluate_all(rule, r % 2 == 0, which, some);
        int left_out = 0;
        for (int i = 0; i < CHECKPOINTS * 4 * PUZZLES; i++) {
            int row = i / PUZZLES, order = (row / 4 != newest) * 4 + row % 4;
            bool out = order >= wanted_passes(all, i % PUZZLES, rule, newest);
            PASSES(wanted, 1) = {0};
            if (!out)
                memcpy(wanted, pass_at(all, i), PASS);
            ck_assert_mem_eq(pass_at(some, i), wanted, PASS);
            left_out += out;
        }
        ck_assert(left_out > 0 || (_i % 2 && rule != HRM_RULE_VALID_FIRST));
    }
}
END_TEST

START_TEST(divergence_stops_every_rank)
{
    struct setup setup;
    struct hrm_evaluation_result result;
    struct hrm_error error = {0};
    set_up(&setup, &hrm_backend_ref, 2);
    struct hrm_model *model = &setup.weights.models[1];
    float *bias = model->params + hrm_layout_find(&model->layout, "q_head.bias")->offset;
    if (world.node_rank == 0)
        *bias = 0.0f / 0.0f;
    MPI_Barrier(world.comm);
    ck_assert_int_eq(hrm_evaluate(&setup.evaluation, &result, &error), HRM_NUMERIC);
    ck_assert_ptr_nonnull(strstr(error.text, "not finite"));
    tear_down(&setup, false);
    char part[160];
    snprintf(part, sizeof part, "%s.part", votes_path);
    if (world.rank == 0)
        unlink(part);
    MPI_Barrier(world.comm);
}
END_TEST

START_TEST(bad_checkpoints_are_told_on_every_rank)
{
    struct hrm_weights weights;
    struct hrm_error error = {0};
    ck_assert_int_eq(
        hrm_weights_load(&weights, &world, paths, CHECKPOINTS + 1, &hrm_backend_ref, &error),
        HRM_USAGE);
    ck_assert_ptr_nonnull(strstr(error.text, "model.hidden"));
    ck_assert_ptr_nonnull(strstr(error.text, paths[CHECKPOINTS]));
    hrm_weights_free(&weights);
    const char *missing[] = {paths[0], "/nowhere/a.h5"};
    error = (struct hrm_error){0};
    ck_assert_int_eq(hrm_weights_load(&weights, &world, missing, 2, &hrm_backend_ref, &error),
                     HRM_DATA);
    ck_assert_ptr_nonnull(strstr(error.text, missing[1]));
    hrm_weights_free(&weights);
}
END_TEST

static void prepare(void)
{
    if (world.rank == 0) {
        snprintf(folder, sizeof folder, "/tmp/hrm-evaluate-XXXXXX");
        if (!mkdtemp(folder))
            abort();
    }
    MPI_Bcast(folder, sizeof folder, MPI_CHAR, 0, world.comm);
    snprintf(votes_path, sizeof votes_path, "%s/votes.h5", folder);
    for (int i = 0; i <= CHECKPOINTS + 1; i++) {
        snprintf(names[i], sizeof names[i], "%s/%d.h5", folder, i);
        paths[i] = names[i];
    }
    struct hrm_task task;
    hrm_task_default(&task, &hrm_sudoku_kind);
    if (hrm_perturbations_parse(LIST, &task, 3, &perturbations, NULL))
        abort();
}

START_TEST(checkpoints_are_written)
{
    for (int i = 0; world.rank == 0 && i <= CHECKPOINTS + 1; i++)
        write_checkpoint(i);
    MPI_Barrier(world.comm);
}
END_TEST

static void add(TCase *tests)
{
    prepare();
    tcase_add_test(tests, checkpoints_are_written);
    tcase_add_loop_test(tests, votes_do_not_depend_on_ranks_or_threads, 1, 3);
    tcase_add_test(tests, a_stopped_run_is_continued);
    tcase_add_test(tests, whole_blocks_are_stored_within_a_claim);
    tcase_add_loop_test(tests, passes_that_cannot_matter_are_left_out, 0, 2);
    tcase_add_test(tests, divergence_stops_every_rank);
    tcase_add_test(tests, bad_checkpoints_are_told_on_every_rank);
}

int main(void)
{
    int code = run_on_ranks("evaluate", add);
    for (int i = 0; i <= CHECKPOINTS + 1; i++)
        unlink(names[i]);
    rmdir(folder);
    return code;
}
