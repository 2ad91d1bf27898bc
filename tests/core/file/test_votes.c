#include "core/file/h5.h"
#include "core/file/h5_attribute.h"
#include "core/file/pool.h"
#include "core/file/seal.h"
#include "core/file/votes.h"
#include "core/task/maze.h"
#include "tests/support/passes.h"

#include <check.h>
#include <hdf5_hl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { CHECKPOINTS = 2, PERTURBATIONS = 3, PUZZLES = 5, BLOCK = 2 };

static char path[64], other[64];

static void set_up(void)
{
    snprintf(path, sizeof path, "/tmp/hrm-votes-%d.h5", (int)getpid());
    snprintf(other, sizeof other, "/tmp/hrm-votes-%d-b.h5", (int)getpid());
}

static void tear_down(void)
{
    unlink(path);
    unlink(other);
}

/// A maze of 12 x 9.
static struct hrm_task maze_task(void)
{
    struct hrm_task task;
    struct hrm_error error = {0};
    hrm_task_default(&task, &hrm_maze_kind);
    struct hrm_option_section section = hrm_task_section(&task, &hrm_maze_kind);
    ck_assert_int_eq(hrm_options_set(&section, 1, "rows", "12", &error), HRM_OK);
    ck_assert_int_eq(hrm_options_set(&section, 1, "columns", "9", &error), HRM_OK);
    ck_assert_int_eq(hrm_task_open(&task, &error), HRM_OK);
    return task;
}

/// Item i of a task, made by its generator.
static void make_item(const struct hrm_task *task, int i, unsigned char *item)
{
    struct hrm_item_key key = {.seed = 3, .index = i};
    struct hrm_error error = {0};
    int status = task->kind->generate(task, &key, item, &error);
    ck_assert_msg(status == HRM_OK, "%s", error.text);
}

/// A pass with values that follow from its place, to the last byte of its answer.
static void make_pass(const struct hrm_votes *votes, int64_t row, int64_t i, struct hrm_pass *pass)
{
    memset(pass, 0, votes->record);
    pass->q_halt = (float)row;
    pass->q_continue = (float)i;
    pass->segments = (uint16_t)(1 + i);
    pass->settled = 1;
    pass->defects = 300;
    pass->matches = (uint16_t)(1000 + i);
    pass->flags = (uint8_t)(row % 8);
    for (int k = 0; k < votes->task.shape.answer_bytes; k++)
        pass->answer[k] = (uint8_t)(row * 31 + i * 7 + k);
}

static void write_passes(struct hrm_votes *votes)
{
    for (int64_t b = 0; b < votes->plan.blocks; b++) {
        struct hrm_plan_block block = hrm_plan_block_at(&votes->plan, b);
        unsigned char records[BLOCK * 1024];
        ck_assert_uint_le(votes->record, 1024);
        for (int i = 0; i < block.count; i++)
            make_pass(votes, (int64_t)block.checkpoint * PERTURBATIONS + block.perturbation,
                      block.first + i, hrm_pass_at(records, votes->record, i));
        ck_assert_int_eq(hrm_votes_write_blocks(votes, b, 1, records, NULL), HRM_OK);
    }
}

/// A finished file. @param items [out] [PUZZLES, item_bytes]; the caller frees it
static unsigned char *write_file(const char *name, struct hrm_task task, uint64_t identity)
{
    struct hrm_error error = {0};
    struct hrm_votes votes = {.task = task,
                              .plan = {.checkpoints = CHECKPOINTS,
                                       .perturbations = PERTURBATIONS,
                                       .segments = 16,
                                       .block = BLOCK,
                                       .puzzles = PUZZLES,
                                       .identity = identity},
                              .about = {.program = "a test"}};
    votes.checkpoints = calloc(CHECKPOINTS, sizeof *votes.checkpoints);
    votes.perturbations = calloc(PERTURBATIONS, sizeof *votes.perturbations);
    for (int i = 0; i < CHECKPOINTS; i++)
        votes.checkpoints[i] = (struct hrm_votes_checkpoint){.path = "a.h5",
                                                             .step = 10 + i,
                                                             .seed = -1,
                                                             .replica = i,
                                                             .hash = UINT64_MAX,
                                                             .mixing = i};
    for (int i = 0; i < PERTURBATIONS; i++)
        snprintf(votes.perturbations[i], HRM_VOTES_NAME, i ? "view:%d" : "identity", i);
    ck_assert_int_eq(hrm_plan_make(&votes.plan, NULL), HRM_OK);
    int status = hrm_votes_create(&votes, name, &error);
    ck_assert_msg(status == HRM_OK, "%s", error.text);
    size_t bytes = (size_t)task.shape.item_bytes;
    unsigned char *items = calloc(PUZZLES, bytes);
    for (int i = 0; i < PUZZLES; i++)
        make_item(&task, i, items + (size_t)i * bytes);
    ck_assert_int_eq(hrm_votes_write_puzzles(&votes, 0, PUZZLES, items, &error), HRM_OK);
    write_passes(&votes);
    ck_assert_int_eq(hrm_votes_seal(&votes, &error), HRM_OK);
    return items;
}

/// Items, ratings, passes and tables of two tasks come back as they were.
START_TEST(any_task_has_votes)
{
    struct hrm_task task = _i == 0 ? sudoku_task() : maze_task();
    struct hrm_votes votes;
    struct hrm_error error = {0};
    unsigned char *items = write_file(path, task, 1);
    int status = hrm_votes_open(&votes, path, H5F_ACC_RDONLY, &error);
    ck_assert_msg(status == HRM_OK, "%s", error.text);
    ck_assert_ptr_eq(votes.task.kind, task.kind);
    ck_assert_int_eq(votes.task.shape.rows, _i == 0 ? 9 : 12);
    ck_assert_uint_eq(votes.record, _i == 0 ? 60 : 32);
    ck_assert_int_eq(votes.bands.count, task.kind->bands);
    size_t bytes = (size_t)task.shape.item_bytes;
    unsigned char *found = calloc(PUZZLES, bytes);
    int32_t ratings[PUZZLES];
    status = hrm_votes_read_puzzles(&votes, 0, PUZZLES, found, &error);
    ck_assert_msg(status == HRM_OK, "%s", error.text);
    ck_assert_mem_eq(found, items, PUZZLES * bytes);
    ck_assert_int_eq(hrm_votes_read_ratings(&votes, 0, PUZZLES, ratings, &error), HRM_OK);
    for (int i = 0; i < PUZZLES; i++)
        ck_assert_int_eq(ratings[i], task.kind->rating(&task, items + (size_t)i * bytes));
    unsigned char *passes = calloc(CHECKPOINTS * PERTURBATIONS * PUZZLES, votes.record);
    struct hrm_pass *wanted = calloc(1, votes.record);
    ck_assert_int_eq(hrm_votes_read_passes(&votes, 0, PUZZLES, passes, &error), HRM_OK);
    for (int64_t i = 0; i < CHECKPOINTS * PERTURBATIONS * PUZZLES; i++) {
        make_pass(&votes, i / PUZZLES, i % PUZZLES, wanted);
        ck_assert_mem_eq(hrm_pass_at(passes, votes.record, i), wanted, votes.record);
    }
    ck_assert_str_eq(votes.checkpoints[1].path, "a.h5");
    ck_assert_int_eq(votes.checkpoints[1].step, 11);
    ck_assert_int_eq(votes.checkpoints[1].seed, -1);
    ck_assert_int_eq(votes.checkpoints[1].replica, 1);
    ck_assert_int_eq(votes.checkpoints[1].mixing, 1);
    ck_assert_uint_eq(votes.checkpoints[1].hash, UINT64_MAX);
    hrm_votes_close(&votes, NULL);
    free(wanted);
    free(passes);
    free(found);
    free(items);
}
END_TEST

static herr_t keep_scale(hid_t set, unsigned axis, hid_t scale, void *user)
{
    (void)set;
    (void)axis;
    H5Iget_name(scale, user, 64);
    return 1;
}

static const struct {
    const char *name;
    const char *axes[3];
} described[] = {
    {"passes", {"checkpoint", "perturbation", "puzzle"}},
    {"question", {"puzzle", "position"}},
    {"answer", {"puzzle", "answer_byte"}},
    {"rating", {"puzzle"}},
    {"blocks", {"block"}},
    {"checkpoint_path", {"checkpoint"}},
    {"checkpoint_hash", {"checkpoint"}},
};

START_TEST(axes_have_names)
{
    free(write_file(path, sudoku_task(), 1));
    hid_t file = -1;
    ck_assert_int_eq(hrm_h5_open(path, H5F_ACC_RDONLY, H5P_DEFAULT, &file, NULL), HRM_OK);
    hid_t set = H5Dopen2(file, described[_i].name, H5P_DEFAULT), space = H5Dget_space(set);
    int rank = H5Sget_simple_extent_ndims(space);
    char text[512];
    for (int i = 0; i < rank; i++) {
        char scale[64] = "", label[64] = "";
        ck_assert_int_eq(H5DSget_num_scales(set, (unsigned)i), 1);
        ck_assert_int_eq(H5DSiterate_scales(set, (unsigned)i, NULL, keep_scale, scale), 1);
        ck_assert_str_eq(scale + 1, described[_i].axes[i]);
        ck_assert_int_gt(H5DSget_label(set, (unsigned)i, label, sizeof label), 0);
        ck_assert_str_eq(label, described[_i].axes[i]);
        hid_t axis = H5Dopen2(file, described[_i].axes[i], H5P_DEFAULT);
        ck_assert_int_gt(H5DSis_scale(axis), 0);
        H5Dclose(axis);
    }
    ck_assert(rank == 3 || !described[_i].axes[rank]);
    ck_assert_int_eq(hrm_h5_read_text(set, "long_name", text, sizeof text, NULL), HRM_OK);
    ck_assert_int_eq(hrm_h5_read_text(set, "units", text, sizeof text, NULL), HRM_OK);
    ck_assert_str_eq(text, "1");
    H5Sclose(space);
    H5Dclose(set);
    hrm_h5_close(&file, NULL);
}
END_TEST

START_TEST(two_tasks_are_not_counted_together)
{
    const char *const paths[] = {path, other};
    struct hrm_pool pool;
    struct hrm_error error = {0};
    free(write_file(path, sudoku_task(), 1));
    free(write_file(other, maze_task(), 2));
    ck_assert_int_eq(hrm_pool_open(&pool, paths, 2, 0, &error), HRM_DATA);
    ck_assert_msg(strstr(error.text, "sudoku (side = 9)") && strstr(error.text, "maze (rows = 12"),
                  "%s", error.text);
    ck_assert_ptr_nonnull(strstr(error.text, path));
    ck_assert_ptr_nonnull(strstr(error.text, other));
    ck_assert_str_ne(error.hint, "");
    hrm_pool_close(&pool);
}
END_TEST

static const struct {
    const char *attribute, *text;
    int64_t number;
    const char *says;
} forged[] = {
    {"task", "chess", 0, "there is no task 'chess'"},
    {"task_options", "side = 7", 0, "there is no Sudoku of side 7"},
    {"task_options", "size = 9", 0, "size"},
    {"task_options", "side = 4", 0, "16 in 8"},
    {"answer_bytes", NULL, 40, "in 40 bytes"},
    {"positions", NULL, INT64_MAX, "answers of"},
    {"schema_version", NULL, 3, "3"},
};

/// A file that says something of its task that is not so, under a good seal.
START_TEST(another_task_is_refused)
{
    struct hrm_votes votes;
    struct hrm_seal seal = {0};
    struct hrm_error error = {0};
    hid_t file = -1;
    free(write_file(path, sudoku_task(), 1));
    ck_assert_int_eq(hrm_h5_open(path, H5F_ACC_RDWR, H5P_DEFAULT, &file, NULL), HRM_OK);
    if (forged[_i].text)
        hrm_h5_write_text(file, forged[_i].attribute, forged[_i].text, NULL);
    else
        hrm_h5_write_int(file, forged[_i].attribute, forged[_i].number, NULL);
    hrm_h5_close(&file, NULL);
    ck_assert_int_eq(hrm_seal_write(path, &seal, NULL), HRM_OK);
    ck_assert_int_eq(hrm_votes_open(&votes, path, H5F_ACC_RDONLY, &error), HRM_DATA);
    ck_assert_msg(strstr(error.text, forged[_i].says) != NULL, "%s", error.text);
    ck_assert_msg(strstr(error.text, path) != NULL, "%s", error.text);
    ck_assert_str_ne(error.hint, "");
}
END_TEST

/// A file of schema 1, as an older program has written it: what is right is found by reading.
START_TEST(older_votes_are_judged)
{
    struct hrm_votes votes;
    struct hrm_error error = {0};
    int status = hrm_votes_open(&votes, HRM_FIXTURES "/votes_schema_1.h5", H5F_ACC_RDONLY, &error);
    ck_assert_msg(status == HRM_OK, "%s", error.text);
    ck_assert_int_eq(votes.version, 1);
    ck_assert_int_eq(votes.plan.puzzles, 24);
    ck_assert_int_eq(votes.identity, 0);
    ck_assert_uint_eq(votes.record, PASS);
    ck_assert_int_eq(votes.checkpoints[1].step, 200);
    ck_assert_int_eq(votes.checkpoints[1].mixing, 0);
    unsigned char items[24][HRM_SUDOKU_ITEM];
    static PASSES(passes, 2 * 3 * 24);
    ck_assert_int_eq(hrm_votes_read_puzzles(&votes, 0, 24, items, &error), HRM_OK);
    ck_assert_int_eq(hrm_votes_read_passes(&votes, 0, 24, passes, &error), HRM_OK);
    int right = 0, certified = 0, halted = 0;
    for (int i = 0; i < 2 * 3 * 24; i++) {
        const struct hrm_pass *pass = pass_at(passes, i);
        struct hrm_board grid;
        PASSES(wanted, 1);
        memcpy(wanted, pass, PASS);
        hrm_grid_unpack(pass->answer, &grid);
        pass_judge(pass_at(wanted, 0), hrm_sudoku_question(items[i % 24]),
                   hrm_sudoku_answer(items[i % 24]), &grid);
        ck_assert_mem_eq(pass, wanted, PASS);
        right += hrm_pass_has(pass, HRM_PASS_RIGHT);
        certified += hrm_pass_has(pass, HRM_PASS_CERTIFIED);
        halted += hrm_pass_has(pass, HRM_PASS_HALTED);
    }
    ck_assert_int_gt(right, 0);
    ck_assert_int_eq(certified, right);
    ck_assert_int_lt(right, 2 * 3 * 24);
    ck_assert_int_gt(halted, 0);
    hrm_votes_close(&votes, NULL);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("votes");
    TCase *tests = tcase_create("votes");
    tcase_set_timeout(tests, 60);
    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_add_loop_test(tests, any_task_has_votes, 0, 2);
    tcase_add_loop_test(tests, axes_have_names, 0, sizeof described / sizeof *described);
    tcase_add_test(tests, two_tasks_are_not_counted_together);
    tcase_add_loop_test(tests, another_task_is_refused, 0, sizeof forged / sizeof *forged);
    tcase_add_test(tests, older_votes_are_judged);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
