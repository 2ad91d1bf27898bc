#include "core/base/random.h"
#include "core/sudoku/grid_solver.h"
#include "core/sudoku/packed_grid.h"
#include "core/sudoku/solver.h"
#include "core/sudoku/symmetry.h"
#include "core/task/sudoku.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

enum { ITEM = 2 * HRM_SUDOKU_CELLS + 4, ITEMS = 12, PACKED = 41 };

static const int sides[] = {4, 6, 9, 16};
#define SIDES ((int)(sizeof sides / sizeof *sides))

static struct hrm_task open_task(int side)
{
    struct hrm_task task;
    hrm_task_default(&task, &hrm_sudoku_kind);
    ((struct hrm_sudoku_options *)(void *)task.options)->side = side;
    ck_assert_int_eq(hrm_task_open(&task, NULL), HRM_OK);
    return task;
}

static void make(const struct hrm_task *task, int family, int split, int64_t index, uint8_t *item)
{
    struct hrm_item_key key = {.seed = 5, .family = family, .split = split, .index = index};
    memset(item, 0xee, ITEM);
    ck_assert_int_eq(task->kind->generate(task, &key, item, NULL), HRM_OK);
}

START_TEST(items_have_one_solution)
{
    const struct hrm_sudoku *sudoku = hrm_sudoku_of(sides[_i]);
    struct hrm_task task = open_task(sides[_i]);
    uint8_t item[ITEM], again[ITEM], solution[HRM_SUDOKU_CELLS];
    for (int n = 0; n < (sides[_i] == 16 ? 1 : ITEMS); n++) {
        make(&task, n % 2, n % 3, n, item);
        struct hrm_grid_search found = hrm_grid_solve(sudoku, item, 2, 100000, solution);
        ck_assert(found.known);
        ck_assert_int_eq(found.solutions, 1);
        ck_assert_mem_eq(solution, item + sudoku->cells, (size_t)sudoku->cells);
        ck_assert(hrm_grid_is_certified(sudoku, item, solution));
        ck_assert_int_eq(task.kind->answers(&task, item), 1);
        if (n % 2 == 0)
            ck_assert_int_eq(found.guesses, 0); // family "singles"
        make(&task, n % 2, n % 3, n, again);
        ck_assert_mem_eq(item, again, (size_t)task.shape.item_bytes);
    }
}
END_TEST

START_TEST(an_empty_grid_has_several_answers)
{
    const struct hrm_sudoku *sudoku = hrm_sudoku_of(sides[_i]);
    struct hrm_task task = open_task(sides[_i]);
    uint8_t item[ITEM];
    make(&task, 0, 0, 0, item);
    memset(item, 0, (size_t)sudoku->cells);
    ck_assert_int_eq(task.kind->answers(&task, item), 2);
    ck_assert(task.kind->one_answer);
}
END_TEST

/// Digits renamed in the order in which the solution has them.
static void canonical(const struct hrm_sudoku *sudoku, const uint8_t *item, uint8_t *cells)
{
    uint8_t name[HRM_SUDOKU_SIDE + 1] = {0}, names = 0;
    for (int i = 0; i < sudoku->cells; i++)
        if (!name[item[sudoku->cells + i]])
            name[item[sudoku->cells + i]] = ++names;
    for (int i = 0; i < sudoku->cells; i++)
        cells[i] = name[item[i]];
}

START_TEST(splits_share_no_item)
{
    enum { EACH = 150 };
    const struct hrm_sudoku *sudoku = hrm_sudoku_of(4);
    struct hrm_task task = open_task(4);
    static uint8_t seen[3][EACH][16];
    for (int split = 0; split < 3; split++)
        for (int n = 0; n < EACH; n++) {
            uint8_t item[ITEM];
            make(&task, 0, split, n, item);
            canonical(sudoku, item, seen[split][n]);
        }
    for (int a = 0; a < EACH; a++)
        for (int b = 0; b < EACH; b++) {
            ck_assert(memcmp(seen[0][a], seen[1][b], 16) != 0);
            ck_assert(memcmp(seen[0][a], seen[2][b], 16) != 0);
            ck_assert(memcmp(seen[1][a], seen[2][b], 16) != 0);
        }
}
END_TEST

START_TEST(views_bring_answers_back)
{
    struct hrm_task task = open_task(sides[_i]);
    const struct hrm_task_kind *kind = task.kind;
    uint8_t item[ITEM], answer[HRM_SUDOKU_CELLS], own[HRM_SUDOKU_CELLS];
    _Alignas(8) uint8_t view[HRM_VIEW_BYTES], other[HRM_VIEW_BYTES];
    uint16_t asked[HRM_SUDOKU_CELLS], solved[HRM_SUDOKU_CELLS];
    make(&task, 0, 0, 1, item);
    kind->solution(&task, item, own);
    for (int k = 0; k < kind->view_kinds; k++)
        for (int member = 0; member < 4; member++) {
            struct hrm_verdict verdict;
            uint8_t image[HRM_SUDOKU_CELLS];
            kind->view_make(&task, k, member, 9, view);
            kind->view_make(&task, kind->view_kinds - 1, 1, 9, other);
            kind->view_compose(&task, view, other, view);
            ck_assert(hrm_symmetry_is_member((const struct hrm_symmetry *)(void *)view));
            kind->ask(&task, item, view, asked);
            // What a perfect model says of the question under the view.
            hrm_symmetry_map((const struct hrm_symmetry *)(void *)view, item + task.shape.positions,
                             image);
            for (int i = 0; i < task.shape.positions; i++) {
                solved[i] = (uint16_t)(image[i] + 1);
                ck_assert(asked[i] == 1 || asked[i] == solved[i]);
            }
            kind->answer(&task, item, view, solved, answer);
            ck_assert_mem_eq(answer, own, (size_t)task.shape.answer_bytes);
            kind->judge(&task, item, answer, &verdict);
            ck_assert(verdict.right && verdict.certified && verdict.defects == 0);
            ck_assert_int_eq(verdict.matches, task.shape.positions);
            solved[0] = 0;
            kind->answer(&task, item, view, solved, answer);
            kind->judge(&task, item, answer, &verdict);
            ck_assert(!verdict.right && !verdict.certified);
            ck_assert_int_eq(verdict.matches, task.shape.positions - 1);
        }
}
END_TEST

START_TEST(texts_are_read_back)
{
    struct hrm_task task = open_task(sides[_i]);
    struct hrm_error error = {0};
    const struct hrm_task_kind *kind = task.kind;
    uint8_t item[ITEM], back[ITEM], answer[HRM_SUDOKU_CELLS];
    char question[HRM_SUDOKU_CELLS + 1], text[HRM_SUDOKU_CELLS + 1], pretty[2048];
    make(&task, 0, 2, 3, item);
    kind->solution(&task, item, answer);
    kind->question_text(&task, item, question);
    kind->answer_text(&task, item, answer, text);
    ck_assert_uint_eq(strlen(question), (size_t)task.shape.positions);
    ck_assert_int_eq(kind->read(&task, question, text, kind->rating(&task, item), back, NULL),
                     HRM_OK);
    ck_assert_mem_eq(item, back, (size_t)task.shape.item_bytes);
    ck_assert_int_eq(kind->read(&task, question, NULL, kind->rating(&task, item), back, NULL),
                     HRM_OK);
    ck_assert_mem_eq(item, back, (size_t)task.shape.item_bytes);
    kind->pretty(&task, item, answer, pretty, sizeof pretty);
    ck_assert_ptr_nonnull(strstr(pretty, "+-"));
    text[0] = text[1];
    ck_assert_int_eq(kind->read(&task, question, text, 0, back, &error), HRM_DATA);
    question[1] = '?';
    ck_assert_int_eq(kind->read(&task, question, NULL, 0, back, &error), HRM_DATA);
    ck_assert_int_eq(kind->read(&task, "..", NULL, 0, back, &error), HRM_DATA);
}
END_TEST

START_TEST(nine_is_as_it_was)
{
    struct hrm_task task = open_task(9);
    uint8_t item[ITEM], answer[PACKED], packed[PACKED];
    for (int n = 0; n < ITEMS; n++) {
        struct hrm_board solved;
        make(&task, 1, 0, n, item);
        memcpy(solved.cell, item + HRM_CELLS, HRM_CELLS);
        memset(packed, 0, sizeof packed);
        for (int i = 0; i < HRM_CELLS; i++)
            packed[i / 2] |= (uint8_t)(i % 2 ? solved.cell[i] : solved.cell[i] << 4);
        task.kind->solution(&task, item, answer);
        ck_assert_mem_eq(answer, packed, sizeof packed);
    }
}
END_TEST

START_TEST(the_general_solver_agrees_with_that_of_nine)
{
    struct hrm_task task = open_task(9);
    uint8_t item[ITEM];
    for (int n = 0; n < ITEMS; n++) {
        struct hrm_board board;
        make(&task, n % 2, 0, 100 + n, item);
        for (int cleared = 0; cleared < 3; cleared++) {
            memcpy(board.cell, item, HRM_CELLS);
            enum hrm_solutions wanted = hrm_board_solve(&board, NULL);
            struct hrm_grid_search found = hrm_grid_solve(hrm_sudoku_of(9), item, 2, 1 << 20, NULL);
            ck_assert_int_eq(found.solutions, (int)wanted);
            for (int i = 0; i < HRM_CELLS; i++)
                if (item[i] && (i + n) % 5 == 0)
                    item[i] = 0;
        }
    }
}
END_TEST

START_TEST(other_sides_are_refused)
{
    struct hrm_task task;
    struct hrm_error error = {0};
    hrm_task_default(&task, &hrm_sudoku_kind);
    ((struct hrm_sudoku_options *)(void *)task.options)->side = 8;
    ck_assert_int_eq(hrm_task_open(&task, &error), HRM_USAGE);
    ck_assert_str_eq(error.text, "there is no Sudoku of side 8");
}
END_TEST

START_TEST(bands_are_those_of_the_tables)
{
    static const struct {
        int32_t rating;
        const char *name;
    } cases[] = {{0, "0"},      {1, "1-3"},    {3, "1-3"},  {4, "4-7"},   {8, "8-15"},
                 {31, "16-31"}, {32, "32-63"}, {64, "64+"}, {999, "64+"}, {-1, "none"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        ck_assert_str_eq(hrm_sudoku_kind.band_names[hrm_sudoku_kind.band(cases[i].rating)],
                         cases[i].name);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("sudoku");
    TCase *tests = tcase_create("sudoku");
    tcase_set_timeout(tests, 60);
    tcase_add_loop_test(tests, items_have_one_solution, 0, SIDES);
    tcase_add_loop_test(tests, an_empty_grid_has_several_answers, 0, SIDES);
    tcase_add_test(tests, splits_share_no_item);
    tcase_add_loop_test(tests, views_bring_answers_back, 0, SIDES);
    tcase_add_loop_test(tests, texts_are_read_back, 0, SIDES);
    tcase_add_test(tests, nine_is_as_it_was);
    tcase_add_test(tests, the_general_solver_agrees_with_that_of_nine);
    tcase_add_test(tests, other_sides_are_refused);
    tcase_add_test(tests, bands_are_those_of_the_tables);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
