#include "core/eval/chunk.h"
#include "core/vote/prune.h"
#include "tests/support/passes.h"

#include <check.h>
#include <stdlib.h>

enum {
    CHECKPOINTS = 2,
    PERTURBATIONS = 2,
    ROWS = CHECKPOINTS * PERTURBATIONS,
    PUZZLES = 5,
    BLOCK = 2,
    RANGES = 3,
    BLOCKS = ROWS * RANGES,
    SEGMENTS = 2
};

static const char *const SOLVED =
    "769341852142895367538267194273689541954123678681574923316452789495738216827916435";

/// Puzzles and passes in memory, and what was asked of them.
struct memory {
    unsigned char items[PUZZLES][HRM_SUDOKU_ITEM];
    PASSES(passes, ROWS *PUZZLES);
    bool stored[BLOCKS];
    int gets, puts[BLOCKS];
    bool fails;
};

struct fixture {
    struct hrm_model models[CHECKPOINTS];
    float *params[CHECKPOINTS];
    struct hrm_perturbations perturbations;
    struct hrm_plan plan;
    struct hrm_task task;
    struct memory memory;
    struct hrm_chunk_work work;
};

static int read_puzzles(void *user, const struct hrm_plan_block *block, void *items,
                        struct hrm_error *error)
{
    struct memory *memory = user;
    (void)error;
    memcpy(items, memory->items[block->first], (size_t)block->count * HRM_SUDOKU_ITEM);
    return HRM_OK;
}

/// Record 0 of a block, which is in row index / RANGES.
static struct hrm_pass *first_of(struct memory *memory, int64_t index)
{
    return pass_at(memory->passes, index / RANGES * PUZZLES + index % RANGES * BLOCK);
}

static int64_t puzzles_of(int64_t index, int64_t count)
{
    int64_t first = index % RANGES * BLOCK, end = first + count * BLOCK;
    return (end < PUZZLES ? end : PUZZLES) - first;
}

static int get(void *user, int64_t index, int64_t count, void *records, bool *stored,
               struct hrm_error *error)
{
    struct memory *memory = user;
    (void)error;
    memory->gets++;
    memcpy(stored, memory->stored + index, (size_t)count * sizeof *stored);
    memcpy(records, first_of(memory, index), (size_t)puzzles_of(index, count) * PASS);
    return HRM_OK;
}

static int put(void *user, int64_t index, int64_t count, const void *records,
               struct hrm_error *error)
{
    struct memory *memory = user;
    if (memory->fails)
        return hrm_fail(error, HRM_FAILED, "the disk is full");
    memcpy(first_of(memory, index), records, (size_t)puzzles_of(index, count) * PASS);
    for (int64_t b = index; b < index + count; b++)
        memory->puts[b]++;
    return HRM_OK;
}

static void set_up(struct fixture *fixture)
{
    struct hrm_model_config config;
    struct hrm_option_section section = hrm_model_config_section(&config);
    struct hrm_board answer, question;
    memset(fixture, 0, sizeof *fixture);
    hrm_options_default(&section, 1);
    config.hidden = config.puzzle_emb = 32;
    config.h_cycles = config.l_cycles = config.h_layers = config.l_layers = 1;
    config.heads = 2;
    for (int i = 0; i < CHECKPOINTS; i++) {
        struct hrm_model *model = &fixture->models[i];
        ck_assert_int_eq(hrm_model_init(model, &config, &hrm_backend_ref, HRM_PACK_FORWARD, NULL),
                         HRM_OK);
        fixture->params[i] = calloc(model->layout.total, sizeof(float));
        hrm_params_draw(&model->layout, (uint64_t)i, fixture->params[i]);
        hrm_model_attach(model, fixture->params[i], NULL);
    }
    struct hrm_task task;
    hrm_task_default(&task, &hrm_sudoku_kind);
    ck_assert_int_eq(hrm_perturbations_parse("cyclic:2", &task, 3, &fixture->perturbations, NULL),
                     HRM_OK);
    ck_assert_int_eq(hrm_board_parse(SOLVED, &answer, NULL), HRM_OK);
    for (int i = 0; i < PUZZLES; i++) {
        question = answer;
        for (int k = 0; k < HRM_CELLS; k += i + 1)
            question.cell[k] = 0;
        hrm_sudoku_item(&question, &answer, i, fixture->memory.items[i]);
    }
    static const int newest[CHECKPOINTS] = {1, 0};
    fixture->task = sudoku_task();
    fixture->plan = (struct hrm_plan){.checkpoints = CHECKPOINTS,
                                      .perturbations = PERTURBATIONS,
                                      .segments = SEGMENTS,
                                      .block = BLOCK,
                                      .puzzles = PUZZLES};
    ck_assert_int_eq(hrm_plan_make(&fixture->plan, NULL), HRM_OK);
    fixture->work = (struct hrm_chunk_work){.plan = &fixture->plan,
                                            .task = &fixture->task,
                                            .models = fixture->models,
                                            .newest = newest,
                                            .perturbations = &fixture->perturbations,
                                            .seed = 5,
                                            .prune = HRM_RULES,
                                            .patience = 1e9,
                                            .store = {read_puzzles, get, put, &fixture->memory}};
}

static void tear_down(struct fixture *fixture)
{
    for (int i = 0; i < CHECKPOINTS; i++) {
        hrm_model_free(&fixture->models[i]);
        free(fixture->params[i]);
    }
}

/// Run everything in chunks of `ranges` ranges. Returns the first failure.
static int run_all(struct fixture *fixture, int64_t ranges, struct hrm_chunk_result *result,
                   struct hrm_error *error)
{
    struct hrm_chunk chunk;
    bool whole = fixture->work.prune != HRM_RULES;
    int status = hrm_chunk_init(&chunk, &fixture->work, error);
    for (int row = 0; row < (whole ? 1 : ROWS); row++)
        for (int64_t range = 0; range < RANGES && status == HRM_OK; range += ranges) {
            int64_t count = RANGES - range < ranges ? RANGES - range : ranges;
            status = hrm_chunk_run(&chunk, row, range, count, error);
        }
    *result = chunk.result;
    hrm_chunk_free(&chunk);
    return status;
}

/// The passes by the shortest way: a runner of one slot.
static void expect(const struct fixture *fixture, void *passes)
{
    for (int row = 0; row < ROWS; row++) {
        const struct hrm_model *model = &fixture->models[row / PERTURBATIONS];
        struct hrm_perturbation perturbation =
            hrm_perturbations_make(&fixture->perturbations, row % PERTURBATIONS);
        struct hrm_runner_job jobs[PUZZLES];
        struct hrm_runner runner;
        for (int i = 0; i < PUZZLES; i++) {
            const void *item = fixture->memory.items[i];
            jobs[i] = (struct hrm_runner_job){&perturbation, item, false, i,
                                              pass_at(passes, row * PUZZLES + i)};
        }
        struct hrm_runner_work work = {
            .model = model, .seed = 5, .segments = SEGMENTS, .jobs = jobs, .count = PUZZLES};
        ck_assert_int_eq(hrm_runner_init(&runner, &fixture->perturbations.task, model, 1, NULL),
                         HRM_OK);
        ck_assert_int_eq(hrm_runner_run(&runner, &work, NULL), HRM_OK);
        hrm_runner_free(&runner);
    }
}

/// Every block is stored once, whatever is run together.
START_TEST(all_is_run_and_stored)
{
    static struct fixture fixture;
    static PASSES(wanted, ROWS * PUZZLES);
    struct hrm_chunk_result result;
    struct hrm_error error = {0};
    set_up(&fixture);
    int status = run_all(&fixture, _i ? RANGES : 1, &result, &error);
    ck_assert_msg(status == HRM_OK, "%s", error.text);
    expect(&fixture, wanted);
    ck_assert_mem_eq(fixture.memory.passes, wanted, sizeof wanted);
    for (int b = 0; b < BLOCKS; b++)
        ck_assert_int_eq(fixture.memory.puts[b], 1);
    ck_assert_int_eq(result.blocks, BLOCKS);
    ck_assert_int_eq(result.skipped, 0);
    ck_assert_int_eq(result.passes, ROWS * PUZZLES);
    ck_assert_int_eq(result.segments, ROWS * PUZZLES * SEGMENTS);
    tear_down(&fixture);
}
END_TEST

/// What an earlier run has stored stays as it is.
START_TEST(stored_blocks_are_left_alone)
{
    static struct fixture fixture;
    static PASSES(wanted, ROWS * PUZZLES);
    struct hrm_chunk_result result;
    struct hrm_error error = {0};
    set_up(&fixture);
    expect(&fixture, wanted);
    for (int b = 1; b < BLOCKS; b += 3) {
        fixture.memory.stored[b] = true;
        for (int64_t i = 0; i < puzzles_of(b, 1); i++) {
            int64_t at = b / RANGES * PUZZLES + b % RANGES * BLOCK + i;
            pass_set(wanted, at, HRM_PASS_HALTED, 77);
            pass_set(fixture.memory.passes, at, HRM_PASS_HALTED, 77);
        }
    }
    int status = run_all(&fixture, RANGES, &result, &error);
    ck_assert_msg(status == HRM_OK, "%s", error.text);
    ck_assert_mem_eq(fixture.memory.passes, wanted, sizeof wanted);
    for (int b = 0; b < BLOCKS; b++)
        ck_assert_int_eq(fixture.memory.puts[b], !fixture.memory.stored[b]);
    ck_assert_int_eq(result.skipped, 4);
    ck_assert_int_eq(result.blocks, BLOCKS - 4);
    tear_down(&fixture);
}
END_TEST

/// Weights that make a model repeat its input: all blocks pass their input on, and tokens are
/// orthogonal.
static void make_copier(const struct hrm_layout *layout, float *params)
{
    memset(params, 0, layout->total * sizeof *params);
    const struct hrm_tensor *tokens = hrm_layout_find(layout, "embed_tokens.embedding_weight");
    const struct hrm_tensor *head = hrm_layout_find(layout, "lm_head.weight");
    for (int i = 0; i < tokens->rows; i++) {
        params[tokens->offset + (size_t)(i * tokens->cols + i)] = 1;
        params[head->offset + (size_t)(i * head->cols + i)] = 1;
    }
}

/// A puzzle that the first pass solves needs no others; the passes that are run stay as they are.
START_TEST(what_is_left_out_is_cleared)
{
    static struct fixture fixture;
    static PASSES(wanted, ROWS * PUZZLES);
    struct hrm_chunk_result result;
    struct hrm_error error = {0};
    set_up(&fixture);
    for (int i = 0; i < CHECKPOINTS; i++)
        make_copier(&fixture.models[i].layout, fixture.params[i]);
    memcpy(fixture.memory.items[1], hrm_sudoku_answer(fixture.memory.items[1]), HRM_CELLS);
    fixture.work.prune = HRM_RULE_VALID_FIRST;
    expect(&fixture, wanted);
    int status = run_all(&fixture, RANGES, &result, &error), left_out = 0;
    ck_assert_msg(status == HRM_OK, "%s", error.text);
    for (int i = 0; i < ROWS * PUZZLES; i++) {
        const struct hrm_pass *pass = pass_at(fixture.memory.passes, i);
        if (pass->segments == 0)
            pass_set(wanted, i, 0, 0)->segments = 0;
        left_out += pass->segments == 0;
        ck_assert_mem_eq(pass, pass_at(wanted, i), PASS);
    }
    ck_assert_int_eq(left_out, ROWS - 1);
    ck_assert_int_eq(result.passes, ROWS * PUZZLES - left_out);
    ck_assert_int_eq(result.blocks, BLOCKS);
    tear_down(&fixture);
}
END_TEST

START_TEST(failures_are_told)
{
    static struct fixture fixture;
    struct hrm_chunk_result result;
    struct hrm_error error = {0};
    atomic_bool cancel = true;
    set_up(&fixture);
    fixture.work.cancel = &cancel;
    ck_assert_int_eq(run_all(&fixture, 2, &result, &error), HRM_STOPPED);
    ck_assert_int_eq(result.blocks, 0);
    fixture.work.cancel = NULL;
    fixture.memory.fails = true;
    error = (struct hrm_error){0};
    ck_assert_int_eq(run_all(&fixture, 2, &result, &error), HRM_FAILED);
    ck_assert_str_eq(error.text, "the disk is full");
    tear_down(&fixture);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("chunk");
    TCase *tests = tcase_create("chunk");
    tcase_set_timeout(tests, 60);
    tcase_add_loop_test(tests, all_is_run_and_stored, 0, 2);
    tcase_add_test(tests, stored_blocks_are_left_alone);
    tcase_add_test(tests, what_is_left_out_is_cleared);
    tcase_add_test(tests, failures_are_told);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
