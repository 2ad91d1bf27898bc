#include "core/file/votes.h"
#include "core/task/sudoku.h"
#include "jobs/plan/footprint.h"

#include <check.h>
#include <stdlib.h>

/// A small model without parameters.
static void open_model(struct hrm_model *model)
{
    struct hrm_model_config config;
    struct hrm_option_section section = hrm_model_config_section(&config);
    hrm_options_default(&section, 1);
    config.hidden = config.puzzle_emb = 64;
    config.heads = 2;
    ck_assert_int_eq(
        hrm_model_init(model, &config, hrm_backend_find("auto"), HRM_PACK_FORWARD, NULL), HRM_OK);
}

static struct hrm_footprint footprint_of(const struct hrm_model *model, int64_t puzzles, int ranks)
{
    struct hrm_plan plan = {
        .checkpoints = 10, .perturbations = 9, .block = 64, .segments = 16, .puzzles = puzzles};
    struct hrm_task task;
    hrm_task_default(&task, &hrm_sudoku_kind);
    ck_assert_int_eq(hrm_plan_make(&plan, NULL), HRM_OK);
    return hrm_footprint_make(&(struct hrm_footprint_of){&plan, model, ranks, 1, HRM_RULES, &task});
}

START_TEST(bytes_follow_the_plan)
{
    struct hrm_model model;
    open_model(&model);
    int64_t blocks = 90 * 6607; // 422,786 puzzles in blocks of 64
    struct hrm_footprint volume = footprint_of(&model, 422786, 1000);
    ck_assert_int_eq(volume.passes, 90 * 422786);
    int64_t tables = 10 * (int64_t)sizeof(struct hrm_votes_checkpoint) + 9 * HRM_VOTES_NAME;
    ck_assert_int_eq(volume.votes, 422786 * 126 + 90LL * 422786 * 60 + 8 * blocks + tables);
    hrm_model_free(&model);
}
END_TEST

START_TEST(memory_does_not_grow_with_the_puzzles)
{
    struct hrm_model model;
    open_model(&model);
    struct hrm_footprint few = footprint_of(&model, 42000, 16);
    struct hrm_footprint many = footprint_of(&model, 422786, 16);
    ck_assert_int_eq(few.rank, many.rank);
    ck_assert_int_eq(few.node, many.node);
    ck_assert_int_eq(few.root, many.root);
    ck_assert_int_eq(few.broadcast, many.broadcast);
    ck_assert_int_eq(few.weights, many.weights);
    struct hrm_footprint wide = footprint_of(&model, 42000, 100016);
    ck_assert_int_eq(wide.rank, few.rank);
    ck_assert_int_eq(wide.root - few.root, 100000 * 256);
    hrm_model_free(&model);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("footprint");
    TCase *tests = tcase_create("footprint");
    tcase_set_timeout(tests, 100);
    tcase_add_test(tests, bytes_follow_the_plan);
    tcase_add_test(tests, memory_does_not_grow_with_the_puzzles);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
