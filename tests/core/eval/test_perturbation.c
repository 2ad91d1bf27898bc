#include "core/eval/perturbation.h"
#include "core/sudoku/symmetry.h"
#include "core/task/maze.h"
#include "core/task/sudoku.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

static struct hrm_task sudoku_of(int side)
{
    struct hrm_task task;
    hrm_task_default(&task, &hrm_sudoku_kind);
    ((struct hrm_sudoku_options *)(void *)task.options)->side = side;
    ck_assert_int_eq(hrm_task_open(&task, NULL), HRM_OK);
    return task;
}

static struct hrm_symmetry symmetry_of(const struct hrm_perturbation *perturbation)
{
    struct hrm_symmetry symmetry;
    memcpy(&symmetry, perturbation->view, sizeof symmetry);
    return symmetry;
}

static struct hrm_perturbations parse(const char *text, uint64_t seed)
{
    struct hrm_perturbations list;
    struct hrm_error error = {0};
    struct hrm_task task = sudoku_of(9);
    ck_assert_msg(hrm_perturbations_parse(text, &task, seed, &list, &error) == HRM_OK, "%s",
                  error.text);
    return list;
}

static const struct {
    const char *text;
    int64_t count;
    const char *canonical; // NULL: the same as text
} lists[] = {
    {"none", 1, NULL},
    {"cyclic:9", 9, NULL},
    {"digits:20", 20, NULL},
    {"symmetry:1", 1, NULL},
    {"init:4", 4, "init:4:1"},
    {"init:4:0.25", 4, NULL},
    {"noise:3:0.01", 3, NULL},
    {"noise:3:1e-2", 3, "noise:3:0.01"},
    {"none*cyclic:3", 3, "cyclic:3"},
    {"cyclic:9*init:4", 36, "cyclic:9*init:4:1"},
    {"cyclic:9*symmetry:5*init:4:1*noise:2:0.1", 360, NULL},
    {"symmetry:1000000", 1000000, NULL},
};
#define LISTS ((int)(sizeof lists / sizeof *lists))

START_TEST(parses_and_formats)
{
    struct hrm_perturbations list = parse(lists[_i].text, 1);
    ck_assert_int_eq(hrm_perturbations_count(&list), lists[_i].count);
    char text[HRM_PERTURBATIONS_TEXT];
    hrm_perturbations_format(&list, text);
    const char *wanted = lists[_i].canonical != NULL ? lists[_i].canonical : lists[_i].text;
    ck_assert_str_eq(text, wanted);
    struct hrm_perturbations again = parse(text, 1);
    char same[HRM_PERTURBATIONS_TEXT];
    hrm_perturbations_format(&again, same);
    ck_assert_str_eq(same, text);
}
END_TEST

START_TEST(begins_with_the_identity)
{
    struct hrm_perturbations list = parse(lists[_i].text, 1);
    struct hrm_perturbation first = hrm_perturbations_make(&list, 0);
    struct hrm_symmetry identity = hrm_symmetry_identity(hrm_sudoku_of(9));
    ck_assert_mem_eq(first.view, &identity, sizeof identity);
    ck_assert_int_eq(first.state, 0);
    ck_assert_int_eq(first.noise, 0);
    ck_assert(first.state_sigma == 0 && first.noise_sigma == 0);
    ck_assert_str_eq(first.name, "identity");
}
END_TEST

static const struct {
    const char *text;
    const char *wanted;
} wrong[] = {
    {"", "unknown kind"},
    {"cyclic", "wanted a count"},
    {"cyclic:", "wanted a count"},
    {"cyclic:0", "wanted a count of 1..9"},
    {"cyclic:10", "wanted a count of 1..9"},
    {"cyclic:-3", "wanted a count"},
    {"cyclic:3x", "wanted a count"},
    {"cyclic:3:1", "nothing may follow"},
    {"cycle:3", "'cycle:3': unknown kind"},
    {"cyclical:3", "unknown kind"},
    {"cyclic:3*", "unknown kind"},
    {"cyclic:3*cyclic:2", "occurs twice"},
    {"digits:3*symmetry:2", "does what the other does"},
    {"noise:3", "standard deviation"},
    {"noise:3:", "standard deviation"},
    {"noise:3:-1", "standard deviation"},
    {"noise:3:0", "standard deviation"},
    {"noise:3:nan", "standard deviation"},
    {"init:3:x", "standard deviation"},
    {"digits:1000001", "wanted a count"},
    {"digits:99999999999999999999", "wanted a count"},
    {"digits:1000*init:1001", "more than 1000000"},
};

#define WRONG ((int)(sizeof wrong / sizeof *wrong))

START_TEST(refuses_wrong_lists)
{
    struct hrm_perturbations list;
    struct hrm_error error = {0};
    struct hrm_task task = sudoku_of(9);
    ck_assert_int_eq(hrm_perturbations_parse(wrong[_i].text, &task, 1, &list, &error), HRM_USAGE);
    ck_assert_msg(strstr(error.text, wrong[_i].wanted) != NULL, "%s", error.text);
    ck_assert_ptr_nonnull(strstr(error.hint, "cyclic:9"));
}
END_TEST

START_TEST(refuses_endless_text)
{
    char text[2 * HRM_PERTURBATIONS_TEXT];
    memset(text, 'x', sizeof text);
    text[sizeof text - 1] = '\0';
    struct hrm_perturbations list;
    struct hrm_error error = {0};
    struct hrm_task task = sudoku_of(9);
    ck_assert_int_eq(hrm_perturbations_parse(text, &task, 1, &list, &error), HRM_USAGE);
    ck_assert_ptr_nonnull(strstr(error.text, "too long"));
}
END_TEST

START_TEST(enumerates_the_product)
{
    struct hrm_perturbations list = parse("cyclic:9*init:4:0.5*noise:2:0.01", 1);
    for (int64_t i = 0; i < hrm_perturbations_count(&list); i++) {
        struct hrm_perturbation p = hrm_perturbations_make(&list, i);
        struct hrm_symmetry wanted = hrm_symmetry_cyclic(hrm_sudoku_of(9), (int)(i / 8));
        ck_assert_mem_eq(p.view, &wanted, sizeof wanted);
        ck_assert_int_eq(p.state, i / 2 % 4);
        ck_assert_int_eq(p.noise, i % 2);
        ck_assert(p.state_sigma == (p.state != 0 ? 0.5 : 0));
        ck_assert(p.noise_sigma == (p.noise != 0 ? 0.01 : 0));
    }
    struct hrm_perturbation last = hrm_perturbations_make(&list, 71);
    ck_assert_str_eq(last.name, "cyclic:8*init:3*noise:1");
    last = hrm_perturbations_make(&list, 2);
    ck_assert_str_eq(last.name, "init:1");
}
END_TEST

START_TEST(draws_symmetries_from_the_seed)
{
    struct hrm_perturbations few = parse("symmetry:10", 5);
    struct hrm_perturbations many = parse("symmetry:100", 5);
    struct hrm_perturbations other = parse("symmetry:10", 6);
    for (int64_t i = 1; i < 10; i++) {
        struct hrm_perturbation a = hrm_perturbations_make(&few, i);
        struct hrm_perturbation b = hrm_perturbations_make(&many, i);
        struct hrm_perturbation c = hrm_perturbations_make(&other, i);
        struct hrm_perturbation before = hrm_perturbations_make(&few, i - 1);
        struct hrm_symmetry symmetry = symmetry_of(&a);
        ck_assert(hrm_symmetry_is_member(&symmetry));
        ck_assert_mem_eq(a.view, b.view, sizeof a.view);
        ck_assert_mem_ne(a.view, c.view, sizeof a.view);
        ck_assert_mem_ne(a.view, before.view, sizeof a.view);
    }
    struct hrm_perturbations digits = parse("digits:10", 5);
    struct hrm_perturbation relabelled = hrm_perturbations_make(&digits, 3);
    for (int i = 0; i < HRM_CELLS; i++)
        ck_assert_int_eq(symmetry_of(&relabelled).cell[i], i);
}
END_TEST

/// Another task has other kinds, and another size other counts.
START_TEST(kinds_are_those_of_the_task)
{
    struct hrm_perturbations list;
    struct hrm_error error = {0};
    struct hrm_task small = sudoku_of(4), maze;
    hrm_task_default(&maze, &hrm_maze_kind);
    ck_assert_int_eq(hrm_perturbations_parse("cyclic:4", &small, 1, &list, NULL), HRM_OK);
    ck_assert_int_eq(hrm_perturbations_parse("cyclic:5", &small, 1, &list, &error), HRM_USAGE);
    ck_assert_ptr_nonnull(strstr(error.text, "1..4"));
    error = (struct hrm_error){0};
    ck_assert_int_eq(hrm_perturbations_parse("cyclic:2", &maze, 1, &list, &error), HRM_USAGE);
    ck_assert_ptr_nonnull(strstr(error.hint, "symmetry:8"));
    ck_assert_int_eq(hrm_perturbations_parse("symmetry:8*init:2", &maze, 1, &list, NULL), HRM_OK);
    ck_assert_str_eq(hrm_perturbations_make(&list, 15).name, "symmetry:7*init:1");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("perturbation");
    TCase *tests = tcase_create("perturbation");
    tcase_set_timeout(tests, 30);
    tcase_add_loop_test(tests, parses_and_formats, 0, LISTS);
    tcase_add_loop_test(tests, begins_with_the_identity, 0, LISTS);
    tcase_add_loop_test(tests, refuses_wrong_lists, 0, WRONG);
    tcase_add_test(tests, refuses_endless_text);
    tcase_add_test(tests, enumerates_the_product);
    tcase_add_test(tests, draws_symmetries_from_the_seed);
    tcase_add_test(tests, kinds_are_those_of_the_task);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
