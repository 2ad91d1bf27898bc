// A task that only this file knows is trained, evaluated and voted on: what a new task takes.
#include "core/base/random.h"
#include "core/eval/runner.h"
#include "core/task/task.h"
#include "core/vote/tally.h"
#include "tests/support/single_trainer.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

// --- the task: every letter's successor, d's being a --------------------------------------------

enum { LENGTH = 6, LETTERS = 4, ITEMS = 24, BATCH = 16, STEPS = 60, SEGMENTS = 2 };

static int made_up_shape(const void *options, struct hrm_task_shape *shape, struct hrm_error *error)
{
    (void)options, (void)error;
    *shape = (struct hrm_task_shape){.positions = LENGTH,
                                     .vocab = LETTERS + 1,
                                     .first_symbol = 1,
                                     .symbols = LETTERS,
                                     .frames = 1,
                                     .item_bytes = LENGTH,
                                     .answer_bytes = LENGTH,
                                     .view_bytes = 1,
                                     .text_bytes = LENGTH + 1};
    return HRM_OK;
}

static uint8_t successor(uint8_t letter)
{
    return (uint8_t)(letter % LETTERS + 1);
}

static int made_up_generate(const struct hrm_task *task, const struct hrm_item_key *key, void *item,
                            struct hrm_error *error)
{
    struct hrm_random random =
        hrm_random_open(key->seed, HRM_RANDOM_ITEM, (uint64_t)key->split, (uint64_t)key->index);
    (void)task, (void)error;
    for (int i = 0; i < LENGTH; i++)
        ((uint8_t *)item)[i] = (uint8_t)(1 + hrm_random_below(&random, LETTERS));
    return HRM_OK;
}

static void made_up_example(const struct hrm_task *task, const void *item,
                            const struct hrm_example_key *key, int frame, uint16_t *inputs,
                            uint16_t *labels)
{
    (void)task, (void)key, (void)frame;
    for (int i = 0; i < LENGTH; i++) {
        inputs[i] = ((const uint8_t *)item)[i];
        labels[i] = successor(((const uint8_t *)item)[i]);
    }
}

/// The one kind of views: the word backwards.
static const struct hrm_view_kind made_up_views[] = {
    {.name = "backwards", .plural = "directions", .help = "backwards:2"}};

static int64_t made_up_members(const struct hrm_task *task, int kind)
{
    (void)task, (void)kind;
    return 2;
}

static void made_up_identity(const struct hrm_task *task, void *view)
{
    (void)task;
    *(uint8_t *)view = 0;
}

static void made_up_view(const struct hrm_task *task, int kind, int64_t member, uint64_t seed,
                         void *view)
{
    (void)task, (void)kind, (void)seed;
    *(uint8_t *)view = (uint8_t)member;
}

static void made_up_compose(const struct hrm_task *task, const void *first, const void *second,
                            void *view)
{
    (void)task;
    *(uint8_t *)view = *(const uint8_t *)first ^ *(const uint8_t *)second;
}

static int place(const void *view, int i)
{
    return *(const uint8_t *)view ? LENGTH - 1 - i : i;
}

static void made_up_ask(const struct hrm_task *task, const void *item, const void *view,
                        uint16_t *inputs)
{
    (void)task;
    for (int i = 0; i < LENGTH; i++)
        inputs[place(view, i)] = ((const uint8_t *)item)[i];
}

static void made_up_answer(const struct hrm_task *task, const void *item, const void *view,
                           const uint16_t *predictions, uint8_t *answer)
{
    (void)task, (void)item;
    for (int i = 0; i < LENGTH; i++)
        answer[i] = (uint8_t)predictions[place(view, i)];
}

static void made_up_solution(const struct hrm_task *task, const void *item, uint8_t *answer)
{
    (void)task;
    for (int i = 0; i < LENGTH; i++)
        answer[i] = successor(((const uint8_t *)item)[i]);
}

static void made_up_judge(const struct hrm_task *task, const void *item, const uint8_t *answer,
                          struct hrm_verdict *verdict)
{
    uint8_t own[LENGTH];
    made_up_solution(task, item, own);
    *verdict = (struct hrm_verdict){0};
    for (int i = 0; i < LENGTH; i++)
        verdict->matches += own[i] == answer[i];
    verdict->defects = LENGTH - verdict->matches;
    verdict->right = verdict->certified = verdict->defects == 0;
}

static const struct hrm_task_kind made_up = {
    .name = "made_up",
    .plural = "words",
    .help = "every letter's successor",
    .shape = made_up_shape,
    .generate = made_up_generate,
    .families = "words",
    .example = made_up_example,
    .views = made_up_views,
    .view_kinds = 1,
    .view_members = made_up_members,
    .view_identity = made_up_identity,
    .view_make = made_up_view,
    .view_compose = made_up_compose,
    .ask = made_up_ask,
    .answer = made_up_answer,
    .solution = made_up_solution,
    .judge = made_up_judge,
};

// --- training, evaluation, vote ------------------------------------------------------------------

static struct hrm_task open_task(void)
{
    struct hrm_task task;
    hrm_task_default(&task, &made_up);
    return task;
}

static struct hrm_model_config config_of(const struct hrm_task *task)
{
    struct hrm_model_config config;
    struct hrm_option_section section = hrm_model_config_section(&config);
    hrm_options_default(&section, 1);
    config.cells = task->shape.positions;
    config.vocab = task->shape.vocab;
    config.first_symbol = task->shape.first_symbol;
    config.hidden = 32;
    config.heads = 2;
    config.puzzle_emb = 0;
    config.h_layers = config.l_layers = config.h_cycles = config.l_cycles = 1;
    config.q_continue = false;
    config.loss = HRM_LOSS_SOFTMAX;
    config.halt_max_steps = SEGMENTS;
    return config;
}

static void train(struct single_trainer *trainer, const struct hrm_task *task)
{
    hrm_params_draw(&trainer->model.layout, 1, trainer->params);
    single_trainer_pack(trainer);
    trainer->adam = (struct hrm_adam){.rate = 1e-2, .decay = 0.1, .beta1 = 0.9, .beta2 = 0.95};
    trainer->schedule = (struct hrm_schedule){.total = STEPS, .floor = 1};
    for (int step = 0; step < STEPS; step++) {
        uint16_t inputs[BATCH * LENGTH], labels[BATCH * LENGTH];
        int32_t ids[BATCH] = {0};
        for (int slot = 0; slot < BATCH; slot++) {
            uint8_t item[LENGTH];
            struct hrm_item_key key = {.split = 0, .index = step * BATCH + slot};
            struct hrm_example_key example = {.step = step, .slot = slot, .augment = true};
            task->kind->generate(task, &key, item, NULL);
            task->kind->example(task, item, &example, 0, inputs + slot * LENGTH,
                                labels + slot * LENGTH);
        }
        single_trainer_offer(trainer, inputs, labels, ids);
        single_trainer_differentiate(trainer);
        single_trainer_update(trainer);
    }
}

/// All items under all perturbations, and the votes on them.
static struct hrm_tally evaluate(const struct hrm_task *task, const struct hrm_model *model,
                                 const char *list)
{
    enum { MOST = 4 };
    struct hrm_perturbations perturbations;
    struct hrm_error error = {0};
    ck_assert_int_eq(hrm_perturbations_parse(list, task, 3, &perturbations, &error), HRM_OK);
    int count = (int)hrm_perturbations_count(&perturbations);
    ck_assert_int_le(count, MOST);
    static struct hrm_perturbation perturbation[MOST];
    static uint8_t items[ITEMS][LENGTH];
    static struct hrm_runner_job jobs[MOST * ITEMS];
    size_t record = hrm_pass_bytes(task->shape.answer_bytes);
    void *passes = calloc(MOST * ITEMS, record);
    for (int p = 0; p < count; p++)
        perturbation[p] = hrm_perturbations_make(&perturbations, p);
    for (int i = 0; i < ITEMS; i++) {
        struct hrm_item_key key = {.split = 2, .index = i};
        task->kind->generate(task, &key, items[i], NULL);
        for (int p = 0; p < count; p++)
            jobs[i * count + p] = (struct hrm_runner_job){
                &perturbation[p], items[i], false, i, hrm_pass_at(passes, record, i * count + p)};
    }
    struct hrm_runner runner;
    ck_assert_int_eq(hrm_runner_init(&runner, task, model, 5, &error), HRM_OK);
    struct hrm_runner_work work = {
        .model = model, .segments = SEGMENTS, .jobs = jobs, .count = count * ITEMS};
    int status = hrm_runner_run(&runner, &work, &error);
    ck_assert_msg(status == HRM_OK, "%s", error.text);
    hrm_runner_free(&runner);
    struct hrm_tally tally = {0};
    struct hrm_ballot ballot;
    struct hrm_selection all;
    ck_assert_int_eq(hrm_ballot_init(&ballot, count, &error), HRM_OK);
    ck_assert_int_eq(hrm_selection_init(&all, "all", "all", (int[]){1, count}, 0, &error), HRM_OK);
    for (int i = 0; i < ITEMS; i++) {
        struct hrm_passes own = {hrm_pass_at(passes, record, i * count), record, 1, count, 1};
        hrm_tally_count(&tally, &ballot, &own, &all, 0);
    }
    hrm_selection_free(&all);
    hrm_ballot_free(&ballot);
    free(passes);
    return tally;
}

START_TEST(a_task_of_one_file_is_learned_and_voted_on)
{
    struct hrm_task task = open_task();
    struct hrm_model_config config = config_of(&task);
    struct single_trainer trainer;
    struct hrm_error error = {0};
    int status = single_trainer_init(&trainer, &config, &hrm_backend_ref, BATCH, &error);
    ck_assert_msg(status == HRM_OK, "%s", error.text);
    hrm_params_draw(&trainer.model.layout, 1, trainer.params);
    single_trainer_pack(&trainer);
    struct hrm_tally before = evaluate(&task, &trainer.model, "none");
    ck_assert_int_eq(hrm_tally_outcome(&before, HRM_RULE_PLURALITY, -1).puzzles, ITEMS);
    ck_assert_int_lt(hrm_tally_outcome(&before, HRM_RULE_PLURALITY, -1).right, ITEMS / 4);
    train(&trainer, &task);
    struct hrm_tally after = evaluate(&task, &trainer.model, "backwards:2*init:2");
    ck_assert_int_gt(hrm_tally_outcome(&after, HRM_RULE_PLURALITY, -1).right, ITEMS * 3 / 4);
    ck_assert_int_gt(hrm_tally_outcome(&after, HRM_RULE_VALID_FIRST, -1).right, ITEMS * 3 / 4);
    ck_assert_int_gt(after.matches, before.matches);
    single_trainer_free(&trainer);
}
END_TEST

START_TEST(another_task_is_refused)
{
    struct hrm_task task = open_task(), sudoku;
    struct hrm_model_config config = config_of(&task);
    struct single_trainer trainer;
    struct hrm_runner runner;
    struct hrm_error error = {0};
    ck_assert_int_eq(single_trainer_init(&trainer, &config, &hrm_backend_ref, 1, &error), HRM_OK);
    hrm_task_default(&sudoku, hrm_task_kinds[0]);
    ck_assert_int_eq(hrm_runner_init(&runner, &sudoku, &trainer.model, 1, &error), HRM_USAGE);
    single_trainer_free(&trainer);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("made_up_task");
    TCase *tests = tcase_create("made_up_task");
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, a_task_of_one_file_is_learned_and_voted_on);
    tcase_add_test(tests, another_task_is_refused);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
