#include "core/sudoku/puzzles.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct hrm_error error;

// Rows that need not be puzzles: row i is all i, and repeats where `content` does.
static struct hrm_puzzles make_set(const char *content)
{
    struct hrm_puzzles puzzles = {0};
    for (int i = 0; content[i] != '\0'; i++) {
        struct hrm_puzzle puzzle = {.rating = i, .source = "x"};
        memset(puzzle.question.cell, content[i] - 'a', HRM_CELLS);
        memset(puzzle.answer.cell, content[i] - 'a', HRM_CELLS);
        ck_assert_int_eq(hrm_puzzles_append(&puzzles, &puzzle, &error), HRM_OK);
    }
    hrm_puzzles_rehash(&puzzles);
    return puzzles;
}

START_TEST(drops_repeated_rows)
{
    static const struct {
        const char *content, *kept;
    } cases[] = {{"", ""},        {"a", "a"},       {"abc", "abc"},  {"cab", "cab"},   {"aa", "a"},
                 {"babab", "ba"}, {"ddddcd", "dc"}, {"abca", "abc"}, {"zyxzyx", "zyx"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct hrm_puzzles puzzles = make_set(cases[i].content);
        struct hrm_puzzles wanted = make_set(cases[i].kept);
        int64_t dropped = -1;
        ck_assert_int_eq(hrm_puzzles_drop_repeated(&puzzles, &dropped, &error), HRM_OK);
        ck_assert_int_eq(puzzles.count, wanted.count);
        ck_assert_int_eq(dropped, (int64_t)strlen(cases[i].content) - wanted.count);
        ck_assert(puzzles.hash == wanted.hash);
        // The first of the equal ones has stayed.
        for (int64_t row = 0; row < puzzles.count; row++)
            ck_assert_int_eq(puzzles.rating[row],
                             strchr(cases[i].content, cases[i].kept[row]) - cases[i].content);
        hrm_puzzles_free(&puzzles);
        hrm_puzzles_free(&wanted);
    }
}
END_TEST

START_TEST(another_answer_is_no_repetition)
{
    struct hrm_puzzles puzzles = make_set("aaa");
    int64_t dropped = 0;
    puzzles.answer[HRM_CELLS + 80]++;
    ck_assert_int_eq(hrm_puzzles_drop_repeated(&puzzles, &dropped, &error), HRM_OK);
    ck_assert_int_eq(dropped, 1);
    ck_assert_int_eq(puzzles.rating[1], 1);
    hrm_puzzles_free(&puzzles);
}
END_TEST

START_TEST(hash_depends_on_content_and_order)
{
    struct hrm_puzzles puzzles = make_set("abc");
    struct hrm_puzzles other = make_set("acb");
    uint64_t hash = puzzles.hash;
    ck_assert(other.hash != hash);
    puzzles.rating[0]++;
    hrm_puzzles_rehash(&puzzles);
    ck_assert(puzzles.hash == hash);
    puzzles.question[5] ^= 1;
    hrm_puzzles_rehash(&puzzles);
    ck_assert(puzzles.hash != hash);
    hrm_puzzles_free(&puzzles);
    hrm_puzzles_free(&other);
}
END_TEST

START_TEST(counts_sources_to_the_limit)
{
    struct hrm_puzzles puzzles = {0};
    struct hrm_puzzle puzzle = {.rating = 1};
    for (int i = 0; i < 2 * HRM_SOURCES; i++) {
        snprintf(puzzle.source, sizeof puzzle.source, "source %d", i);
        ck_assert_int_eq(hrm_puzzles_append(&puzzles, &puzzle, &error), HRM_OK);
    }
    ck_assert_int_eq(puzzles.sources, HRM_SOURCES);
    struct hrm_puzzle last = hrm_puzzles_get(&puzzles, HRM_SOURCES - 2);
    ck_assert_str_eq(last.source, "source 254");
    last = hrm_puzzles_get(&puzzles, 2 * HRM_SOURCES - 1);
    ck_assert_str_eq(last.source, HRM_SOURCE_REST);
    hrm_puzzles_free(&puzzles);
    hrm_puzzles_free(&puzzles);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("puzzles");
    TCase *tests = tcase_create("puzzles");
    tcase_set_timeout(tests, 30);
    tcase_add_test(tests, drops_repeated_rows);
    tcase_add_test(tests, another_answer_is_no_repetition);
    tcase_add_test(tests, hash_depends_on_content_and_order);
    tcase_add_test(tests, counts_sources_to_the_limit);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
