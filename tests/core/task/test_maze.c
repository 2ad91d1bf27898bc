#include "core/task/maze.h"

#include "core/task/maze_grid.h"
#include "tests/core/task/plain_maze.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

enum { FAMILIES = 4, BRAID = 1, OBSTACLE = 2, HARD = 3 };
enum { SYMMETRY, EXCHANGE };

static const struct hrm_maze_size SIZES[] = {{3, 3}, {3, 5}, {9, 9}, {7, 10}, {30, 30}};
#define SIZE_COUNT ((int)(sizeof SIZES / sizeof *SIZES))

static struct hrm_task task_of(int size)
{
    return maze_task(SIZES[size].rows, SIZES[size].columns);
}

static void read_item(const struct hrm_task *task, const char *question, const char *answer,
                      uint8_t *item)
{
    struct hrm_error error = {0};
    ck_assert_msg(task->kind->read(task, question, answer, 0, item, &error) == HRM_OK, "%s",
                  error.text);
}

START_TEST(has_the_published_tokens)
{
    struct hrm_task task = maze_task(3, 3);
    const uint16_t questions[] = {3, 1, 2, 2, 2, 2, 1, 1, 4},
                   labels[] = {3, 1, 2, 5, 5, 5, 1, 1, 4};
    const struct hrm_example_key key = {0};
    uint16_t inputs[9], outputs[9];
    uint8_t item[9];
    read_item(&task, "S#    ##G", "S# ooo##G", item);
    task.kind->example(&task, item, &key, 0, inputs, outputs);
    ck_assert_mem_eq(inputs, questions, sizeof questions);
    ck_assert_mem_eq(outputs, labels, sizeof labels);
    ck_assert_int_eq(task.shape.vocab, 6);
}
END_TEST

START_TEST(has_the_published_shape)
{
    struct hrm_task task = maze_task(30, 30);
    ck_assert_int_eq(task.shape.positions, 900);
    ck_assert_int_eq(task.shape.answer_bytes, 113);
    ck_assert_int_le(task.shape.view_bytes, HRM_VIEW_BYTES);
    ck_assert_str_eq(task.kind->options[0].fallback, "30");
    ck_assert_str_eq(task.kind->options[1].fallback, "30");
}
END_TEST

START_TEST(reads_what_it_writes)
{
    struct hrm_task task = task_of(_i);
    char question[MAZE_MOST + 1], solved[MAZE_MOST + 1];
    uint8_t item[MAZE_MOST], again[MAZE_MOST];
    size_t bytes = (size_t)task.shape.item_bytes;
    for (int i = 0; i < 12; i++) {
        maze_make(&task, i % FAMILIES, i % 3, i, item);
        maze_texts(&task, item, question, solved);
        ck_assert_int_eq((int)strlen(question) + 1, task.shape.text_bytes);
        read_item(&task, question, solved, again);
        ck_assert_mem_eq(item, again, bytes);
        read_item(&task, question, NULL, again);
        ck_assert_mem_eq(item, again, bytes);
    }
}
END_TEST

// Up, then right, then down, then left; another path is kept when it comes with the question.
START_TEST(chooses_among_shortest_paths)
{
    struct hrm_task task = maze_task(3, 3);
    char question[10], solved[10];
    uint8_t item[9];
    read_item(&task, "S       G", NULL, item);
    maze_texts(&task, item, question, solved);
    ck_assert_str_eq(solved, "Soo  o  G");
    read_item(&task, "G       S", NULL, item);
    maze_texts(&task, item, question, solved);
    ck_assert_str_eq(solved, "Goo  o  S");
    read_item(&task, "S       G", "So  o  oG", item);
    maze_texts(&task, item, question, solved);
    ck_assert_str_eq(solved, "So  o  oG");
    ck_assert_str_eq(question, "S       G");
}
END_TEST

static const struct {
    const char *question, *answer, *text;
} REFUSED[] = {
    {"S       ", NULL, "the question has 8 characters, and a maze of 3x3 has 9"},
    {"S        G", NULL, "has 10 characters"},
    {"", NULL, "has 0 characters"},
    {"S   .   G", NULL, "character 5 of the question is no cell of a maze"},
    {"S   ?   G", NULL, "character 5 of the question is no cell of a maze"},
    {"        G", NULL, "the question has 0 cells 'S' instead of one start"},
    {"SS      G", NULL, "the question has 2 cells 'S' instead of one start"},
    {"S        ", NULL, "the question has 0 cells 'G' instead of one goal"},
    {"S      GG", NULL, "the question has 2 cells 'G' instead of one goal"},
    {"S   o   G", NULL, "cells 'o', which only an answer has"},
    {"S # # # G", NULL, "no way leads from the start to the goal"},
    {"S#      G", "So  o  oG", "row 1, column 2 is '#' in the question and 'o' in the answer"},
    {"S#      G", "S #o  ooG", "row 1, column 2 is '#' in the question and ' ' in the answer"},
    {"S       G", "Soo  o  #", "row 3, column 3 is 'G' in the question and '#' in the answer"},
    {"S       G", "S       G", "the answer is no shortest path"},
    {"S       G", "So  o   G", "the answer is no shortest path"},
    {"S       G", "Soo o oooG", "the answer has 10 characters"},
    {"S G      ", "S Gooo   ", "the answer is no shortest path"},
};

/// Ways of `left` cells from a cell of a text to the goal, and no cell twice in a shortest one.
static int plain_ways(const char *text, int rows, int columns, int cell, int left)
{
    int row = cell / columns, column = cell % columns, ways = 0;
    if (text[cell] == '#' || left == 0)
        return 0;
    if (text[cell] == 'G')
        return left == 1;
    ways += row > 0 ? plain_ways(text, rows, columns, cell - columns, left - 1) : 0;
    ways += row + 1 < rows ? plain_ways(text, rows, columns, cell + columns, left - 1) : 0;
    ways += column > 0 ? plain_ways(text, rows, columns, cell - 1, left - 1) : 0;
    return ways + (column + 1 < columns ? plain_ways(text, rows, columns, cell + 1, left - 1) : 0);
}

START_TEST(tells_one_shortest_path_from_several)
{
    enum { ROWS = 4, COLUMNS = 5, MAZES = 60 };
    struct hrm_task task = maze_task(ROWS, COLUMNS);
    int several = 0;
    for (int n = 0; n < MAZES; n++) {
        char text[ROWS * COLUMNS + 1];
        uint8_t item[ROWS * COLUMNS];
        struct hrm_item_key key = {.seed = 3, .family = OBSTACLE, .index = n};
        ck_assert_int_eq(task.kind->generate(&task, &key, item, NULL), HRM_OK);
        task.kind->question_text(&task, item, text);
        int start = (int)(strchr(text, 'S') - text);
        int ways = plain_ways(text, ROWS, COLUMNS, start, task.kind->rating(&task, item));
        ck_assert_int_ge(ways, 1);
        ck_assert_int_eq(task.kind->answers(&task, item), ways > 1 ? 2 : 1);
        several += ways > 1;
    }
    ck_assert_int_gt(several, 0);
    ck_assert_int_lt(several, MAZES);
    ck_assert(!task.kind->one_answer);
}
END_TEST

START_TEST(refuses_what_is_no_maze)
{
    struct hrm_task task = maze_task(3, 3);
    struct hrm_error error = {0};
    uint8_t item[9];
    ck_assert_int_eq(
        task.kind->read(&task, REFUSED[_i].question, REFUSED[_i].answer, 0, item, &error),
        HRM_DATA);
    ck_assert_msg(strstr(error.text, REFUSED[_i].text) != NULL, "%s", error.text);
}
END_TEST

START_TEST(prints_rows)
{
    struct hrm_task task = maze_task(3, 4);
    char text[64];
    uint8_t item[12], answer[2];
    read_item(&task, "S #    #   G", NULL, item);
    task.kind->pretty(&task, item, NULL, text, sizeof text);
    ck_assert_str_eq(text, "S # \n   #\n   G\n");
    task.kind->solution(&task, item, answer);
    task.kind->pretty(&task, item, answer, text, sizeof text);
    ck_assert_str_eq(text, "So# \n oo#\n  oG\n");
    answer[0] |= 1 << 2;
    task.kind->pretty(&task, item, answer, text, sizeof text);
    ck_assert_str_eq(text, "So? \n oo#\n  oG\n");
    task.kind->pretty(&task, item, answer, text, 8);
    ck_assert_str_eq(text, "So? \n o");
}
END_TEST

// --- the judge --------------------------------------------------------------------------------

// A question whose own path runs along the top, and what becomes of other answers: 'x' marks a bit
// where none may be.
static const struct {
    const char *answer;
    bool right, certified;
    int defects, matches;
} JUDGED[] = {
    {"Sooo   o## G", true, true, 0, 12},   // the item's
    {"S   oooo## G", false, true, 0, 6},   // another shortest path
    {"S  ooooo## G", false, false, 1, 7},  // a cell more
    {"Soo  ooo## G", false, false, 1, 9},  // the same, in a corner
    {"So o   o## G", false, false, 2, 11}, // a gap, and a cell less
    {"S      o## G", false, false, 4, 9},  // three less
    {"S       ## G", false, false, 5, 8},  // nothing
    {"Sooooooo##oG", false, false, 4, 8},  // everything
    {"Sooo   oxx G", false, false, 2, 10}, // walls
    {"xooo   o## x", false, false, 2, 10}, // start and goal
};

static void answer_of(const char *text, uint8_t *answer)
{
    memset(answer, 0, MAZE_MOST / 8);
    for (int i = 0; text[i] != '\0'; i++)
        if (text[i] == 'o' || text[i] == 'x')
            answer[i / 8] = (uint8_t)(answer[i / 8] | 1u << i % 8);
}

START_TEST(judges_answers)
{
    struct hrm_task task = maze_task(3, 4);
    struct hrm_verdict verdict;
    uint8_t item[12], answer[MAZE_MOST / 8];
    read_item(&task, "S       ## G", NULL, item);
    answer_of(JUDGED[_i].answer, answer);
    task.kind->judge(&task, item, answer, &verdict);
    ck_assert_int_eq(verdict.right, JUDGED[_i].right);
    ck_assert_int_eq(verdict.certified, JUDGED[_i].certified);
    ck_assert_int_eq(verdict.defects, JUDGED[_i].defects);
    ck_assert_int_eq(verdict.matches, JUDGED[_i].matches);
}
END_TEST

// An answer in which some bits are wrong is certified just when plain search says so.
START_TEST(certifies_what_plain_search_does)
{
    struct hrm_task task = maze_task(4, 5);
    struct hrm_verdict verdict;
    uint8_t item[20], own[3], answer[3];
    char question[21], text[21];
    int certified = 0;
    srand(1);
    for (int i = 0; i < 4000; i++) {
        maze_make(&task, OBSTACLE, 0, i % 40, item);
        task.kind->solution(&task, item, own);
        memcpy(answer, own, sizeof own);
        for (int flips = rand() % 5; flips > 0; flips--) {
            int cell = rand() % 20;
            answer[cell / 8] = (uint8_t)(answer[cell / 8] ^ 1u << cell % 8);
        }
        task.kind->question_text(&task, item, question);
        task.kind->answer_text(&task, item, answer, text);
        task.kind->judge(&task, item, answer, &verdict);
        ck_assert_int_eq(verdict.certified, plain_solved(question, text, 4, 5));
        ck_assert_int_eq(verdict.certified, verdict.defects == 0);
        ck_assert_int_eq(verdict.right, memcmp(own, answer, sizeof own) == 0);
        certified += verdict.certified && !verdict.right;
    }
    ck_assert_int_gt(certified, 0);
}
END_TEST

// --- views ------------------------------------------------------------------------------------

static void view_of(const struct hrm_task *task, int number, void *view)
{
    unsigned char symmetry[HRM_VIEW_BYTES], exchange[HRM_VIEW_BYTES];
    task->kind->view_make(task, SYMMETRY, number / 2, 0, symmetry);
    task->kind->view_make(task, EXCHANGE, number % 2, 0, exchange);
    task->kind->view_compose(task, symmetry, exchange, view);
}

static int view_count(const struct hrm_task *task)
{
    return task->shape.rows == task->shape.columns ? 16 : 8;
}

/// The question under a view as a text.
static void asked_text(const struct hrm_task *task, const void *item, const void *view, char *text)
{
    uint16_t inputs[MAZE_MOST];
    task->kind->ask(task, item, view, inputs);
    for (int i = 0; i < task->shape.positions; i++)
        text[i] = "?# SGo"[inputs[i]];
    text[task->shape.positions] = '\0';
}

/// What a model says that answers with the given text.
static void say(const struct hrm_task *task, const void *item, const void *view, const char *text,
                uint8_t *answer)
{
    uint16_t predictions[MAZE_MOST];
    for (int i = 0; i < task->shape.positions; i++)
        predictions[i] = (uint16_t)(strchr("?# SGo", text[i]) - "?# SGo");
    task->kind->answer(task, item, view, predictions, answer);
}

// Under every view a maze is one of the same kind; the only path of a tree that is found there is
// the item's when it is brought back.
START_TEST(brings_answers_back)
{
    struct hrm_task task = task_of(_i);
    char question[MAZE_MOST + 1], solved[MAZE_MOST + 1];
    unsigned char view[HRM_VIEW_BYTES];
    uint8_t item[MAZE_MOST], turned[MAZE_MOST], own[MAZE_MOST / 8], answer[MAZE_MOST / 8];
    for (int i = 0; i < 3 * view_count(&task); i++) {
        maze_make(&task, 0, 0, i, item);
        view_of(&task, i / 3, view);
        asked_text(&task, item, view, question);
        read_item(&task, question, NULL, turned);
        ck_assert_int_eq(task.kind->rating(&task, turned), task.kind->rating(&task, item));
        maze_texts(&task, turned, question, solved);
        say(&task, item, view, solved, answer);
        task.kind->solution(&task, item, own);
        ck_assert_mem_eq(answer, own, (size_t)task.shape.answer_bytes);
    }
}
END_TEST

START_TEST(has_different_views)
{
    struct hrm_task task = _i == 0 ? maze_task(4, 4) : maze_task(3, 4);
    char texts[16][17];
    unsigned char view[HRM_VIEW_BYTES], identity[HRM_VIEW_BYTES];
    uint8_t item[16];
    read_item(&task, _i == 0 ? "S #     G#      " : "S #     G#  ", NULL, item);
    for (int i = 0; i < view_count(&task); i++) {
        view_of(&task, i, view);
        asked_text(&task, item, view, texts[i]);
        for (int k = 0; k < i; k++)
            ck_assert_str_ne(texts[i], texts[k]);
    }
    task.kind->view_identity(&task, identity);
    view_of(&task, 0, view);
    ck_assert_mem_eq(view, identity, (size_t)task.shape.view_bytes);
    ck_assert_str_eq(texts[0], _i == 0 ? "S #     G#      " : "S #     G#  ");
}
END_TEST

// To ask what is asked under one view under another is to ask under both.
START_TEST(composes_views)
{
    struct hrm_task task = _i == 0 ? maze_task(4, 4) : maze_task(3, 4);
    char text[17], twice[17], once[17];
    unsigned char first[HRM_VIEW_BYTES], second[HRM_VIEW_BYTES];
    uint8_t item[16], turned[16];
    int views = view_count(&task);
    read_item(&task, _i == 0 ? "S #     G#      " : "S #     G#  ", NULL, item);
    for (int i = 0; i < views * views; i++) {
        view_of(&task, i / views, first);
        view_of(&task, i % views, second);
        asked_text(&task, item, first, text);
        read_item(&task, text, NULL, turned);
        asked_text(&task, turned, second, twice);
        task.kind->view_compose(&task, first, second, first);
        asked_text(&task, item, first, once);
        ck_assert_str_eq(once, twice);
    }
}
END_TEST

// A prediction that changes anything of the question is another answer than one that does not.
START_TEST(sees_every_wrong_token)
{
    struct hrm_task task = maze_task(3, 4);
    unsigned char view[HRM_VIEW_BYTES];
    char turned[13], wrong[13];
    uint8_t item[12], copy[12], own[2], answer[2];
    struct hrm_verdict verdict;
    read_item(&task, "S # # ###  G", NULL, item);
    task.kind->solution(&task, item, own);
    view_of(&task, _i, view);
    asked_text(&task, item, view, turned);
    read_item(&task, turned, NULL, copy);
    maze_texts(&task, copy, turned, turned);
    for (int i = 0; i < 12 * 6; i++) {
        strcpy(wrong, turned);
        wrong[i / 6] = "?# SGo"[i % 6];
        say(&task, item, view, wrong, answer);
        task.kind->judge(&task, item, answer, &verdict);
        bool same = strcmp(wrong, turned) == 0;
        ck_assert_int_eq(memcmp(answer, own, 2) == 0, same);
        ck_assert_int_eq(verdict.certified, same);
    }
}
END_TEST

// --- training ---------------------------------------------------------------------------------

static void example_texts(const struct hrm_task *task, const void *item,
                          const struct hrm_example_key *key, char *question, char *solved)
{
    uint16_t inputs[MAZE_MOST], labels[MAZE_MOST];
    task->kind->example(task, item, key, 0, inputs, labels);
    for (int i = 0; i < task->shape.positions; i++) {
        question[i] = "?# SGo"[inputs[i]];
        solved[i] = "?# SGo"[labels[i]];
    }
    question[task->shape.positions] = solved[task->shape.positions] = '\0';
}

// Whatever is asked for, an example is a maze with its canonical path.
START_TEST(makes_examples)
{
    struct hrm_task task = task_of(_i);
    char question[MAZE_MOST + 1], solved[MAZE_MOST + 1], canonical[MAZE_MOST + 1];
    uint8_t item[MAZE_MOST], copy[MAZE_MOST];
    int shorter = 0, other = 0;
    for (int i = 0; i < 80; i++) {
        struct hrm_example_key key = {5, i, 3, i & 1, 0, i & 2};
        maze_make(&task, BRAID, 0, i / 4, item);
        example_texts(&task, item, &key, question, solved);
        ck_assert(plain_solved(question, solved, task.shape.rows, task.shape.columns));
        read_item(&task, question, NULL, copy);
        shorter += task.kind->rating(&task, copy) < task.kind->rating(&task, item);
        other += memcmp(copy, item, (size_t)task.shape.item_bytes) != 0;
        if ((i & 3) == 0)
            ck_assert_mem_eq(copy, item, (size_t)task.shape.item_bytes);
        maze_texts(&task, copy, question, canonical);
        ck_assert_str_eq(solved, canonical);
    }
    ck_assert_int_ge(shorter, 5);
    ck_assert_int_le(shorter, 30);
    ck_assert_int_ge(other, 30);
}
END_TEST

// A path that was read is turned with its maze.
START_TEST(keeps_the_path_that_was_read)
{
    struct hrm_task task = maze_task(3, 3);
    char question[10], solved[10];
    uint8_t item[9];
    read_item(&task, "S       G", "S  oo  oG", item);
    for (int i = 0; i < 20; i++) {
        struct hrm_example_key key = {5, i, 0, true, 0, false};
        example_texts(&task, item, &key, question, solved);
        ck_assert_int_eq(solved[4], 'o');
        ck_assert(plain_solved(question, solved, 3, 3));
    }
}
END_TEST

START_TEST(has_bands)
{
    static const int32_t LENGTHS[] = {2, 8, 9, 16, 17, 32, 33, 64, 65, 110, 111, 900};
    for (int i = 0; i < 12; i++)
        ck_assert_int_eq(hrm_maze_kind.band(LENGTHS[i]), i / 2);
    ck_assert_int_le(hrm_maze_kind.bands, HRM_TASK_BANDS);
}
END_TEST

static void add_tests(TCase *tcase)
{
    tcase_add_test(tcase, has_the_published_tokens);
    tcase_add_test(tcase, has_the_published_shape);
    tcase_add_loop_test(tcase, reads_what_it_writes, 0, SIZE_COUNT);
    tcase_add_test(tcase, chooses_among_shortest_paths);
    tcase_add_loop_test(tcase, refuses_what_is_no_maze, 0, sizeof REFUSED / sizeof *REFUSED);
    tcase_add_test(tcase, prints_rows);
    tcase_add_test(tcase, tells_one_shortest_path_from_several);
    tcase_add_loop_test(tcase, judges_answers, 0, sizeof JUDGED / sizeof *JUDGED);
    tcase_add_test(tcase, certifies_what_plain_search_does);
    tcase_add_loop_test(tcase, brings_answers_back, 0, SIZE_COUNT);
    tcase_add_loop_test(tcase, has_different_views, 0, 2);
    tcase_add_loop_test(tcase, composes_views, 0, 2);
    tcase_add_loop_test(tcase, sees_every_wrong_token, 0, 8);
    tcase_add_loop_test(tcase, makes_examples, 0, SIZE_COUNT);
    tcase_add_test(tcase, keeps_the_path_that_was_read);
    tcase_add_test(tcase, has_bands);
}

int main(void)
{
    Suite *suite = suite_create("maze");
    TCase *tcase = tcase_create("maze");
    tcase_set_timeout(tcase, 30);
    add_tests(tcase);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
