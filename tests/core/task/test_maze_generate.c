#include "core/task/maze_generate.h"

#include "tests/core/task/plain_maze.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#define FAMILIES 4
#define SPLITS   3

enum { WILSON, BRAID, OBSTACLE, HARD };

static const struct hrm_maze_size SIZES[] = {
    {3, 3}, {3, 4}, {4, 3}, {3, 5}, {5, 5}, {9, 9}, {9, 5}, {3, 64}, {64, 4}, {30, 30}, {64, 64},
};
#define SIZE_COUNT ((int)(sizeof SIZES / sizeof *SIZES))

static int count_cells(const char *text, const char *characters)
{
    int count = 0;
    for (; *text; text++)
        count += strchr(characters, *text) != NULL;
    return count;
}

static int usual_length(const struct hrm_maze_size *size, int family)
{
    int longer = size->rows > size->columns ? size->rows : size->columns;
    int hard = hrm_maze_hard_length(size);
    int obstacle = longer < hard ? longer : hard;
    return family == HARD ? hard : family == OBSTACLE ? obstacle : 2;
}

static void check_walls(const struct hrm_maze_size *size, int family, const char *question)
{
    int cells = hrm_maze_cells(size), walls = count_cells(question, "#");
    if (family >= OBSTACLE) {
        ck_assert_int_ge(walls, 3 * cells / 10);
        ck_assert_int_le(walls, cells / 2);
        return;
    }
    // A tree of n rooms has n + n - 1 open cells; a braid some more.
    int even = (size->rows + 1) / 2 * ((size->columns + 1) / 2);
    int odd = size->rows / 2 * (size->columns / 2);
    if (family == WILSON)
        ck_assert(cells - walls == 2 * even - 1 || cells - walls == 2 * odd - 1);
    else
        ck_assert_int_ge(cells - walls, 2 * odd - 1);
}

START_TEST(makes_solved_mazes_of_every_size)
{
    const struct hrm_maze_size *size = &SIZES[_i];
    struct hrm_task task = maze_task(size->rows, size->columns);
    uint8_t item[MAZE_MOST];
    char question[MAZE_MOST + 1], solved[MAZE_MOST + 1];
    int rounds = hrm_maze_cells(size) < 1000 ? FAMILIES * SPLITS * 2 : FAMILIES;
    for (int i = 0; i < rounds; i++) {
        int family = i % FAMILIES, length;
        maze_make(&task, family, i / FAMILIES % SPLITS, i, item);
        maze_texts(&task, item, question, solved);
        ck_assert_int_eq(count_cells(question, "S"), 1);
        ck_assert_int_eq(count_cells(question, "G"), 1);
        ck_assert_int_eq(count_cells(question, "o"), 0);
        ck_assert(plain_solved(question, solved, size->rows, size->columns));
        length = plain_length(question, size->rows, size->columns, 'S', 'G');
        ck_assert_int_ge(length, usual_length(size, family));
        ck_assert_int_eq(task.kind->rating(&task, item), length);
        check_walls(size, family, question);
    }
}
END_TEST

// Every number of rows with some of columns, so that rows or columns of walls at an edge, and rooms
// in one row alone, are met.
START_TEST(knows_no_size_that_it_cannot_make)
{
    static const int COLUMNS[] = {3, 4, 8, 33, 64};
    uint8_t item[MAZE_MOST];
    for (int rows = 3; rows <= 64; rows++)
        for (int family = 0; family <= OBSTACLE; family++) {
            struct hrm_task task = maze_task(rows, COLUMNS[rows % 5]);
            struct hrm_task turned = maze_task(COLUMNS[rows % 5], rows);
            maze_make(&task, family, rows % SPLITS, 0, item);
            maze_make(&turned, family, rows % SPLITS, 0, item);
        }
}
END_TEST

static uint64_t checksum_of(const struct hrm_task *task, int family, int items)
{
    uint64_t sum = 14695981039346656037u;
    uint8_t item[MAZE_MOST];
    for (int i = 0; i < items; i++) {
        maze_make(task, family, i % SPLITS, i, item);
        for (int k = 0; k < task->shape.item_bytes; k++)
            sum = (sum ^ item[k]) * 1099511628211u;
    }
    return sum;
}

// What a key names is part of "same seed, same result": these numbers stay.
START_TEST(makes_the_same_mazes_everywhere)
{
    static const uint64_t SMALL[FAMILIES] = {6467564502183357770u, 2751172857914027743u,
                                             11937277873909453650u, 9917185722482227857u};
    static const uint64_t LARGE[FAMILIES] = {16393429426384577070u, 12318104682516098586u,
                                             3386422739017579699u, 10324425099524226494u};
    struct hrm_task small = maze_task(9, 7), large = maze_task(30, 30);
    ck_assert_uint_eq(checksum_of(&small, _i, 30), SMALL[_i]);
    ck_assert_uint_eq(checksum_of(&large, _i, 6), LARGE[_i]);
}
END_TEST

START_TEST(depends_on_all_of_the_key)
{
    struct hrm_task task = maze_task(9, 9);
    uint8_t first[81], other[81];
    struct hrm_item_key keys[] = {{7, 0, 0, 0}, {8, 0, 0, 0}, {7, 1, 0, 0},
                                  {7, 0, 1, 0}, {7, 0, 0, 1}, {7, 0, 0, (int64_t)1 << 40}};
    task.kind->generate(&task, &keys[0], first, NULL);
    for (size_t i = 1; i < sizeof keys / sizeof *keys; i++) {
        task.kind->generate(&task, &keys[i], other, NULL);
        ck_assert_mem_ne(first, other, sizeof first);
    }
    task.kind->generate(&task, &keys[0], other, NULL);
    ck_assert_mem_eq(first, other, sizeof first);
}
END_TEST

/// The first in the order of the alphabet of all copies of a text, turned or with ends exchanged.
static void smallest_copy(const char *text, int side, char *smallest)
{
    char copy[MAZE_MOST + 1];
    int cells = side * side;
    memset(smallest, 127, (size_t)cells);
    smallest[cells] = copy[cells] = '\0';
    for (int kind = 0; kind < 16; kind++) {
        for (int i = 0; i < cells; i++) {
            int row = i / side, column = i % side;
            int r = kind & 1 ? side - 1 - row : row, c = kind & 2 ? side - 1 - column : column;
            char cell = kind & 4 ? text[c * side + r] : text[r * side + c];
            bool end = kind & 8 && (cell == 'S' || cell == 'G');
            copy[i] = end ? (char)('S' + 'G' - cell) : cell;
        }
        if (strcmp(copy, smallest) < 0)
            strcpy(smallest, copy);
    }
}

struct split_item {
    char text[17];
    int split;
};

static int by_text(const void *a, const void *b)
{
    return strcmp(((const struct split_item *)a)->text, ((const struct split_item *)b)->text);
}

// At 4x4 mazes come again and again, so that they would be in several splits by chance.
START_TEST(shares_no_maze_between_splits)
{
    enum { EACH = 400, SIDE = 4 };
    static struct split_item items[SPLITS * EACH];
    struct hrm_task task = maze_task(SIDE, SIDE);
    uint8_t item[SIDE * SIDE];
    char question[SIDE * SIDE + 1];
    int repeats = 0;
    for (int i = 0; i < SPLITS * EACH; i++) {
        maze_make(&task, _i, i % SPLITS, i / SPLITS, item);
        task.kind->question_text(&task, item, question);
        smallest_copy(question, SIDE, items[i].text);
        items[i].split = i % SPLITS;
    }
    qsort(items, SPLITS * EACH, sizeof *items, by_text);
    for (int i = 1; i < SPLITS * EACH; i++)
        if (strcmp(items[i - 1].text, items[i].text) == 0) {
            ck_assert_int_eq(items[i - 1].split, items[i].split);
            repeats++;
        }
    ck_assert_int_gt(repeats, 0);
}
END_TEST

// Of the 2x2 rooms of a 3x3 grid with four walls around, all four trees come about equally often.
START_TEST(draws_trees_uniformly)
{
    struct hrm_task task = maze_task(3, 3);
    int times[9] = {0};
    uint8_t item[9];
    for (int i = 0; i < 1200; i++) {
        maze_make(&task, WILSON, 0, i, item);
        for (int k = 1; k < 9; k += 2)
            times[k] += item[k] == HRM_MAZE_WALL;
    }
    for (int k = 1; k < 9; k += 2)
        ck_assert_int_le(abs(times[k] - 300), 75);
}
END_TEST

START_TEST(refuses_paths_that_it_does_not_find)
{
    struct hrm_task task = maze_task(4, 4);
    struct hrm_maze_options options = {4, 4, 14};
    struct hrm_item_key key = {0, WILSON, 2, 0};
    struct hrm_error error = {0};
    uint8_t item[16];
    memcpy(task.options, &options, sizeof options);
    ck_assert_int_eq(task.kind->generate(&task, &key, item, &error), HRM_USAGE);
    ck_assert_ptr_nonnull(strstr(error.text, "4x4 cells has a shortest path of 14 or more"));
    ck_assert_ptr_nonnull(strstr(error.hint, "least_path"));
}
END_TEST

START_TEST(makes_paths_as_long_as_asked)
{
    struct hrm_task task = maze_task(9, 9);
    struct hrm_maze_options options = {9, 9, 16};
    uint8_t item[81];
    memcpy(task.options, &options, sizeof options);
    for (int i = 0; i < 20; i++) {
        maze_make(&task, i % FAMILIES, 0, i, item);
        ck_assert_int_ge(task.kind->rating(&task, item), 16);
    }
}
END_TEST

START_TEST(is_hard_as_the_published_set)
{
    ck_assert_int_eq(hrm_maze_hard_length(&(struct hrm_maze_size){30, 30}), 111);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("maze_generate");
    TCase *tcase = tcase_create("maze_generate");
    tcase_set_timeout(tcase, 30);
    tcase_add_loop_test(tcase, makes_solved_mazes_of_every_size, 0, SIZE_COUNT);
    tcase_add_test(tcase, knows_no_size_that_it_cannot_make);
    tcase_add_loop_test(tcase, makes_the_same_mazes_everywhere, 0, FAMILIES);
    tcase_add_test(tcase, depends_on_all_of_the_key);
    tcase_add_loop_test(tcase, shares_no_maze_between_splits, 0, FAMILIES);
    tcase_add_test(tcase, draws_trees_uniformly);
    tcase_add_test(tcase, refuses_paths_that_it_does_not_find);
    tcase_add_test(tcase, makes_paths_as_long_as_asked);
    tcase_add_test(tcase, is_hard_as_the_published_set);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
