#include "core/eval/runner.h"
#include "core/sudoku/packed_grid.h"
#include "core/sudoku/symmetry.h"
#include "core/task/sudoku.h"
#include "tests/support/passes.h"

#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { PUZZLES = 9, SEGMENTS = 3 };

static const char *const SOLVED =
    "769341852142895367538267194273689541954123678681574923316452789495738216827916435";

struct fixture {
    struct hrm_model model;
    float *params;
    void *packed;
    struct hrm_task task;
    struct hrm_board questions[PUZZLES];
    struct hrm_board answer;
    unsigned char items[PUZZLES][HRM_SUDOKU_ITEM];
    PASSES(passes, PUZZLES);
    struct hrm_runner_job jobs[PUZZLES];
};

/// A small model with random weights, and puzzle i without every (i + 2)-th cell; puzzle 0 whole.
static void set_up(struct fixture *fixture)
{
    struct hrm_model_config config;
    struct hrm_option_section section = hrm_model_config_section(&config);
    hrm_options_default(&section, 1);
    config.hidden = config.puzzle_emb = 32;
    config.h_cycles = config.l_cycles = 1;
    config.heads = 2;
    config.h_layers = config.l_layers = 1;
    struct hrm_error error = {0};
    hrm_task_default(&fixture->task, &hrm_sudoku_kind);
    int status =
        hrm_model_init(&fixture->model, &config, &hrm_backend_ref, HRM_PACK_FORWARD, &error);
    ck_assert_msg(status == HRM_OK, "%s", error.text);
    fixture->params = calloc(fixture->model.layout.total, sizeof(float));
    hrm_params_draw(&fixture->model.layout, 4, fixture->params);
    hrm_model_attach(&fixture->model, fixture->params, NULL);
    ck_assert_int_eq(hrm_board_parse(SOLVED, &fixture->answer, NULL), HRM_OK);
    for (int i = 0; i < PUZZLES; i++) {
        fixture->questions[i] = fixture->answer;
        for (int k = 0; i > 0 && k < HRM_CELLS; k += i + 1)
            fixture->questions[i].cell[k] = 0;
    }
}

static void tear_down(struct fixture *fixture)
{
    hrm_model_free(&fixture->model);
    free(fixture->params);
}

/// Weights that make the model repeat its input: all blocks pass their input on, and tokens are
/// orthogonal.
static void make_copier(struct fixture *fixture)
{
    const struct hrm_layout *layout = &fixture->model.layout;
    memset(fixture->params, 0, layout->total * sizeof(float));
    const struct hrm_tensor *tokens = hrm_layout_find(layout, "embed_tokens.embedding_weight");
    const struct hrm_tensor *head = hrm_layout_find(layout, "lm_head.weight");
    for (int i = 0; i < tokens->rows; i++) {
        fixture->params[tokens->offset + (size_t)(i * tokens->cols + i)] = 1;
        fixture->params[head->offset + (size_t)(i * head->cols + i)] = 1;
    }
    fixture->params[hrm_layout_find(layout, "q_head.bias")->offset] = 2;
}

static struct hrm_runner_work task_of(struct fixture *fixture,
                                      const struct hrm_perturbation *perturbation)
{
    for (int i = 0; i < PUZZLES; i++) {
        hrm_sudoku_item(&fixture->questions[i], &fixture->answer, 0, fixture->items[i]);
        fixture->jobs[i] = (struct hrm_runner_job){perturbation, fixture->items[i], false, 100 + i,
                                                   pass_at(fixture->passes, i)};
    }
    return (struct hrm_runner_work){.model = &fixture->model,
                                    .seed = 9,
                                    .segments = SEGMENTS,
                                    .jobs = fixture->jobs,
                                    .count = PUZZLES};
}

static void run(const struct hrm_runner_work *task, int slots)
{
    struct hrm_runner runner;
    struct hrm_error error = {0};
    struct hrm_task sudoku;
    hrm_task_default(&sudoku, &hrm_sudoku_kind);
    ck_assert_int_eq(hrm_runner_init(&runner, &sudoku, task->model, slots, &error), HRM_OK);
    int status = hrm_runner_run(&runner, task, &error);
    ck_assert_msg(status == HRM_OK, "%s", error.text);
    int64_t segments = 0;
    for (int i = 0; i < task->count; i++)
        segments += task->jobs[i].pass->segments;
    ck_assert_int_eq(runner.segments, segments);
    hrm_runner_free(&runner);
}

static struct hrm_perturbation perturbation_of(const char *list, int64_t index)
{
    struct hrm_perturbations perturbations;
    struct hrm_task sudoku;
    hrm_task_default(&sudoku, &hrm_sudoku_kind);
    ck_assert_int_eq(hrm_perturbations_parse(list, &sudoku, 3, &perturbations, NULL), HRM_OK);
    return hrm_perturbations_make(&perturbations, index);
}

static const char *const lists[] = {"none", "cyclic:9", "symmetry:4", "init:3:1", "noise:3:0.05"};

START_TEST(neighbours_do_not_matter)
{
    struct fixture fixture;
    set_up(&fixture);
    struct hrm_perturbation perturbation = perturbation_of(lists[_i], _i > 0 ? 2 : 0);
    struct hrm_runner_work task = task_of(&fixture, &perturbation);
    run(&task, 1);
    PASSES(alone, PUZZLES);
    memcpy(alone, fixture.passes, sizeof alone);
    static const int slots[] = {2, 4, 2 * PUZZLES};
    for (int i = 0; i < 3; i++) {
        memset(fixture.passes, 0, sizeof fixture.passes);
        run(&task, slots[i]);
        ck_assert_mem_eq(fixture.passes, alone, sizeof alone);
    }
    // A part of the puzzles.
    memset(fixture.passes, 0, sizeof fixture.passes);
    task.jobs += 4;
    task.count = 5;
    run(&task, 3);
    ck_assert_mem_eq(pass_at(fixture.passes, 4), pass_at(alone, 4), 5 * PASS);
    tear_down(&fixture);
}
END_TEST

START_TEST(perturbations_change_the_pass)
{
    struct fixture fixture;
    set_up(&fixture);
    struct hrm_perturbation none = perturbation_of("none", 0),
                            other = perturbation_of(lists[_i], 2);
    struct hrm_runner_work task = task_of(&fixture, &none);
    run(&task, 4);
    PASSES(plain, PUZZLES);
    memcpy(plain, fixture.passes, sizeof plain);
    task = task_of(&fixture, &other);
    run(&task, 4);
    for (int i = 0; i < PUZZLES; i++)
        ck_assert(pass_at(fixture.passes, i)->q_halt != pass_at(plain, i)->q_halt ||
                  memcmp(pass_at(fixture.passes, i)->answer, pass_at(plain, i)->answer,
                         HRM_GRID_PACKED) != 0);
    tear_down(&fixture);
}
END_TEST

/// A symmetric pass is the pass of the symmetric question, mapped back.
START_TEST(symmetries_are_undone)
{
    struct fixture fixture;
    set_up(&fixture);
    struct hrm_perturbation none = perturbation_of("none", 0);
    struct hrm_perturbation symmetric = perturbation_of("symmetry:4", 3);
    struct hrm_runner_work task = task_of(&fixture, &symmetric);
    struct hrm_symmetry symmetry;
    memcpy(&symmetry, symmetric.view, sizeof symmetry);
    run(&task, 4);
    PASSES(mapped, PUZZLES);
    memcpy(mapped, fixture.passes, sizeof mapped);
    for (int i = 0; i < PUZZLES; i++)
        fixture.questions[i] = hrm_symmetry_apply(&symmetry, &fixture.questions[i]);
    task = task_of(&fixture, &none);
    run(&task, 4);
    for (int i = 0; i < PUZZLES; i++) {
        struct hrm_board grid;
        uint8_t packed[HRM_GRID_PACKED];
        hrm_grid_unpack(pass_at(mapped, i)->answer, &grid);
        grid = hrm_symmetry_apply(&symmetry, &grid);
        hrm_grid_pack(&grid, packed);
        ck_assert_mem_eq(pass_at(fixture.passes, i)->answer, packed, sizeof packed);
        ck_assert(pass_at(fixture.passes, i)->q_halt == pass_at(mapped, i)->q_halt);
    }
    tear_down(&fixture);
}
END_TEST

START_TEST(certified_puzzles_can_leave)
{
    struct fixture fixture;
    set_up(&fixture);
    make_copier(&fixture);
    struct hrm_perturbation symmetric = perturbation_of("symmetry:4", 1);
    struct hrm_runner_work task = task_of(&fixture, &symmetric);
    for (int leave = 0; leave < 2; leave++) {
        task.leave = leave ? HRM_LEAVE_CERTIFIED : HRM_LEAVE_NEVER;
        run(&task, 3);
        for (int i = 0; i < PUZZLES; i++) {
            const struct hrm_pass *pass = pass_at(fixture.passes, i);
            struct hrm_board grid;
            hrm_grid_unpack(pass->answer, &grid);
            ck_assert_mem_eq(&grid, &fixture.questions[i], sizeof grid);
            ck_assert_int_eq(pass->segments, leave && i == 0 ? 1 : SEGMENTS);
            ck_assert_int_eq(pass->settled, 1);
            ck_assert_int_eq(pass->defects, 0);
            ck_assert_double_eq((double)pass->q_halt, 2);
            int flags = i == 0 ? HRM_PASS_RIGHT | HRM_PASS_CERTIFIED : 0;
            ck_assert_int_eq(pass->flags, HRM_PASS_HALTED | flags);
            struct hrm_grid_verdict verdict =
                hrm_grid_judge(&fixture.questions[i], &fixture.answer, &grid);
            ck_assert_int_eq(pass->matches, verdict.matches);
        }
    }
    tear_down(&fixture);
}
END_TEST

enum { LONG = 8 }; ///< segments of the tests that watch

/// What a pass looked like after every segment.
struct seen {
    struct hrm_board grid[PUZZLES][LONG + 1]; ///< [0]: none
    float q_halt[PUZZLES][LONG + 1];
    int segments[PUZZLES], settled[PUZZLES][LONG + 1];
};

static void see(void *user, const struct hrm_runner_outcome *outcome)
{
    struct seen *seen = user;
    int i = outcome->place.job, s = ++seen->segments[i];
    ck_assert_int_eq(outcome->place.segment, s);
    struct hrm_board grid;
    hrm_grid_unpack(outcome->answer, &grid);
    bool same = s > 1 && memcmp(&seen->grid[i][s - 1], &grid, sizeof grid) == 0;
    seen->settled[i][s] = same ? seen->settled[i][s - 1] : s;
    seen->grid[i][s] = grid;
    seen->q_halt[i][s] = outcome->q_halt;
}

START_TEST(watchers_see_every_segment)
{
    struct fixture fixture;
    set_up(&fixture);
    struct hrm_perturbation cyclic = perturbation_of("cyclic:9", 5);
    struct hrm_runner_work task = task_of(&fixture, &cyclic);
    struct seen seen;
    memset(&seen, 0, sizeof seen);
    task.watch = see;
    task.user = &seen;
    run(&task, 4);
    for (int i = 0; i < PUZZLES; i++) {
        uint8_t packed[HRM_GRID_PACKED];
        hrm_grid_pack(&seen.grid[i][SEGMENTS], packed);
        ck_assert_mem_eq(pass_at(fixture.passes, i)->answer, packed, sizeof packed);
        ck_assert_int_eq(pass_at(fixture.passes, i)->settled, seen.settled[i][SEGMENTS]);
        ck_assert_int_eq(pass_at(fixture.passes, i)->defects,
                         hrm_board_conflicts(&seen.grid[i][SEGMENTS]));
        ck_assert_int_eq(seen.segments[i], SEGMENTS);
    }
    tear_down(&fixture);
}
END_TEST

/// Module calls that were seen of each pass.
static void see_call(void *user, const struct hrm_runner_call *call)
{
    int(*calls)[SEGMENTS + 1][2] = user;
    ck_assert(call->segment >= 1 && call->segment <= SEGMENTS && call->state != NULL);
    calls[call->job][call->segment][call->level]++;
}

START_TEST(observers_see_every_call_of_every_pass)
{
    struct fixture fixture;
    set_up(&fixture);
    struct hrm_perturbation cyclic = perturbation_of("cyclic:9", 5);
    struct hrm_runner_work work = task_of(&fixture, &cyclic);
    const struct hrm_model_config *config = &fixture.model.config;
    static int calls[PUZZLES][SEGMENTS + 1][2];
    memset(calls, 0, sizeof calls);
    work.call = see_call;
    work.user = calls;
    run(&work, 3);
    for (int i = 0; i < PUZZLES; i++)
        for (int s = 1; s <= SEGMENTS; s++) {
            ck_assert_int_eq(calls[i][s][HRM_LEVEL_L], config->h_cycles * config->l_cycles);
            ck_assert_int_eq(calls[i][s][HRM_LEVEL_H], config->h_cycles);
        }
    tear_down(&fixture);
}
END_TEST

/// Ends pass i after segment i % SEGMENTS + 1.
static void end(void *user, const struct hrm_runner_outcome *outcome)
{
    const struct fixture *fixture = user;
    const struct hrm_model_config *config = &fixture->model.config;
    struct hrm_board grid;
    hrm_grid_unpack(outcome->answer, &grid);
    for (int cell = 0; cell < HRM_CELLS; cell++) {
        const float *logits = outcome->logits + cell * config->vocab;
        int best = 0;
        for (int token = 1; token < config->vocab; token++)
            best = logits[token] > logits[best] ? token : best;
        ck_assert_int_eq(grid.cell[cell], best < 2 ? 0 : best - 1);
    }
    *outcome->leave = outcome->place.segment == outcome->place.job % SEGMENTS + 1;
}

START_TEST(watchers_see_logits_and_end_passes)
{
    struct fixture fixture;
    set_up(&fixture);
    struct hrm_perturbation none = perturbation_of("none", 0);
    struct hrm_runner_work work = task_of(&fixture, &none);
    work.watch = end;
    work.user = &fixture;
    run(&work, 4);
    for (int i = 0; i < PUZZLES; i++)
        ck_assert_int_eq(pass_at(fixture.passes, i)->segments, i % SEGMENTS + 1);
    tear_down(&fixture);
}
END_TEST

/// Weights under which the state changes slowly, so that some grids stay for a while, and some
/// passes halt, at different segments.
static void make_halting(struct fixture *fixture)
{
    const struct hrm_layout *layout = &fixture->model.layout;
    for (int i = 0; i < layout->count; i++) {
        const struct hrm_tensor *tensor = &layout->tensors[i];
        size_t size = (size_t)tensor->rows * (size_t)tensor->cols;
        for (size_t k = 0; strstr(tensor->name, "_proj") && k < size; k++)
            fixture->params[tensor->offset + k] *= 0.3f;
    }
    const struct hrm_tensor *head = hrm_layout_find(layout, "q_head.weight");
    fixture->model.config.q_continue = false;
    for (int i = 0; i < head->cols; i++)
        fixture->params[head->offset + (size_t)i] = i % 2 ? 1 : -1;
    fixture->params[hrm_layout_find(layout, "q_head.bias")->offset] = -2.5f;
}

/// The states and questions of passes before a segment, and what is done with them.
struct exchange {
    int segment;
    bool giving; ///< pass i goes on as pass PUZZLES - 1 - i
    float *z[PUZZLES][2];
    uint16_t inputs[PUZZLES][HRM_CELLS];
    int before[PUZZLES]; ///< calls
};

static void exchange(void *user, const struct hrm_runner_place *place, uint16_t *inputs)
{
    struct exchange *exchange = user;
    int i = place->job, other = PUZZLES - 1 - i;
    ck_assert_int_eq(place->segment, ++exchange->before[i]);
    if (place->segment != exchange->segment)
        return;
    if (exchange->giving) {
        hrm_state_from_float(place->worker, place->slot, exchange->z[other][0],
                             exchange->z[other][1]);
        memcpy(inputs, exchange->inputs[other], sizeof exchange->inputs[other]);
        return;
    }
    hrm_state_to_float(place->worker, place->slot, exchange->z[i][0], exchange->z[i][1]);
    memcpy(exchange->inputs[i], inputs, sizeof exchange->inputs[i]);
}

/// A pass that is given the state and the question of another ends as that one does.
START_TEST(a_pass_can_be_changed_before_a_segment)
{
    struct fixture fixture;
    set_up(&fixture);
    make_halting(&fixture);
    struct hrm_perturbation start = perturbation_of("init:3:1", 2);
    struct hrm_runner_work work = task_of(&fixture, &start);
    struct exchange all = {.segment = _i};
    size_t state = (size_t)hrm_model_rows(&fixture.model.config) *
                   (size_t)fixture.model.config.hidden * sizeof(float);
    for (int i = 0; i < PUZZLES; i++)
        for (int level = 0; level < 2; level++)
            all.z[i][level] = malloc(state);
    work.before = exchange;
    work.user = &all;
    run(&work, 4);
    PASSES(own, PUZZLES);
    memcpy(own, fixture.passes, sizeof own);
    all.giving = true;
    memset(all.before, 0, sizeof all.before);
    run(&work, 4);
    for (int i = 0; i < PUZZLES; i++) {
        const struct hrm_pass *pass = pass_at(fixture.passes, i);
        const struct hrm_pass *other = pass_at(own, PUZZLES - 1 - i);
        ck_assert(pass->q_halt == other->q_halt && pass->q_continue == other->q_continue);
        ck_assert_mem_eq(pass->answer, other->answer, HRM_GRID_PACKED);
        ck_assert_int_eq(all.before[i], SEGMENTS);
    }
    ck_assert(pass_at(own, 0)->q_halt != pass_at(own, PUZZLES - 1)->q_halt);
    for (int i = 0; i < PUZZLES; i++)
        for (int level = 0; level < 2; level++)
            free(all.z[i][level]);
    tear_down(&fixture);
}
END_TEST

/// Whether a pass leaves after segment s, said once more.
static bool leaves(const struct hrm_runner_work *task, const struct seen *seen, int i, int s)
{
    bool halted = seen->q_halt[i][s] > 0;
    bool settled = s - seen->settled[i][s] >= task->settled;
    return s == task->segments || (task->leave == HRM_LEAVE_HALTED && halted) ||
           (task->leave == HRM_LEAVE_SETTLED && halted && settled);
}

/// A pass that leaves early is the beginning of the pass that does not, whatever else goes with it.
START_TEST(passes_leave_as_they_are_told)
{
    static const enum hrm_leave ways[] = {HRM_LEAVE_HALTED, HRM_LEAVE_SETTLED, HRM_LEAVE_SETTLED};
    struct fixture fixture;
    set_up(&fixture);
    make_halting(&fixture);
    struct hrm_perturbation symmetric[PUZZLES];
    struct hrm_runner_work task = task_of(&fixture, NULL);
    static struct seen seen;
    for (int i = 0; i < PUZZLES; i++) {
        symmetric[i] = perturbation_of("symmetry:9", i);
        fixture.jobs[i].perturbation = &symmetric[i];
    }
    memset(&seen, 0, sizeof seen);
    task.segments = LONG;
    task.watch = see;
    task.user = &seen;
    run(&task, 4);
    task.watch = NULL;
    task.leave = ways[_i];
    task.settled = _i;
    run(&task, 4);
    int early = 0, late = 0;
    for (int i = 0; i < PUZZLES; i++) {
        int s = 1;
        while (!leaves(&task, &seen, i, s))
            s++;
        uint8_t packed[HRM_GRID_PACKED];
        hrm_grid_pack(&seen.grid[i][s], packed);
        ck_assert_mem_eq(pass_at(fixture.passes, i)->answer, packed, sizeof packed);
        ck_assert_int_eq(pass_at(fixture.passes, i)->segments, s);
        ck_assert_int_eq(pass_at(fixture.passes, i)->settled, seen.settled[i][s]);
        ck_assert(pass_at(fixture.passes, i)->q_halt == seen.q_halt[i][s]);
        early += s < LONG;
        late += s > 1;
    }
    ck_assert_int_gt(early, 0);
    ck_assert_int_gt(late, 0);
    tear_down(&fixture);
}
END_TEST

/// Where the answer is not known no pass is right, and one that keeps the rules is certified.
START_TEST(unknown_answers_are_not_matched)
{
    struct fixture fixture;
    set_up(&fixture);
    make_copier(&fixture);
    struct hrm_perturbation none = perturbation_of("none", 0);
    struct hrm_runner_work task = task_of(&fixture, &none);
    for (int i = 0; i < PUZZLES; i++)
        fixture.jobs[i].unknown = true;
    run(&task, 3);
    ck_assert_int_eq(pass_at(fixture.passes, 0)->flags, HRM_PASS_HALTED | HRM_PASS_CERTIFIED);
    for (int i = 0; i < PUZZLES; i++)
        ck_assert_int_eq(pass_at(fixture.passes, i)->matches, 0);
    tear_down(&fixture);
}
END_TEST

START_TEST(divergence_and_cancelling)
{
    struct fixture fixture;
    set_up(&fixture);
    struct hrm_perturbation none = perturbation_of("none", 0);
    struct hrm_runner_work task = task_of(&fixture, &none);
    struct hrm_runner runner;
    struct hrm_error error = {0};
    atomic_bool cancel = true;
    ck_assert_int_eq(hrm_runner_init(&runner, &fixture.task, &fixture.model, 4, &error), HRM_OK);
    task.cancel = &cancel;
    ck_assert_int_eq(hrm_runner_run(&runner, &task, NULL), HRM_STOPPED);
    task.cancel = NULL;
    fixture.params[hrm_layout_find(&fixture.model.layout, "q_head.bias")->offset] = NAN;
    ck_assert_int_eq(hrm_runner_run(&runner, &task, &error), HRM_NUMERIC);
    ck_assert_ptr_nonnull(strstr(error.text, "puzzle 100"));
    hrm_runner_free(&runner);
    fixture.model.config.cells = 80;
    error = (struct hrm_error){0};
    ck_assert_int_eq(hrm_runner_init(&runner, &fixture.task, &fixture.model, 4, &error), HRM_USAGE);
    tear_down(&fixture);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("runner");
    TCase *tests = tcase_create("runner");
    tcase_set_timeout(tests, 60);
    tcase_add_loop_test(tests, neighbours_do_not_matter, 0, 5);
    tcase_add_loop_test(tests, perturbations_change_the_pass, 1, 5);
    tcase_add_test(tests, symmetries_are_undone);
    tcase_add_test(tests, certified_puzzles_can_leave);
    tcase_add_test(tests, watchers_see_every_segment);
    tcase_add_test(tests, observers_see_every_call_of_every_pass);
    tcase_add_loop_test(tests, a_pass_can_be_changed_before_a_segment, 1, SEGMENTS + 1);
    tcase_add_test(tests, watchers_see_logits_and_end_passes);
    tcase_add_loop_test(tests, passes_leave_as_they_are_told, 0, 3);
    tcase_add_test(tests, unknown_answers_are_not_matched);
    tcase_add_test(tests, divergence_and_cancelling);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
