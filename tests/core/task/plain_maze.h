#ifndef HRM_TESTS_PLAIN_MAZE_H
#define HRM_TESTS_PLAIN_MAZE_H

#include "core/task/maze.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

// Mazes as text, and a search that knows nothing of core/task.

#define MAZE_MOST 4096

__attribute__((unused)) static struct hrm_task maze_task(int rows, int columns)
{
    struct hrm_task task;
    struct hrm_maze_options options = {rows, columns, 0};
    hrm_task_default(&task, &hrm_maze_kind);
    memcpy(task.options, &options, sizeof options);
    ck_assert_int_eq(hrm_task_open(&task, NULL), HRM_OK);
    return task;
}

/// Cells of the shortest way between two cells of a text, 0 for none: lengths are passed on from
/// every cell to its neighbours until none changes.
__attribute__((unused)) static int plain_length(const char *text, int rows, int columns, char from,
                                                char to)
{
    static int length[MAZE_MOST];
    int cells = rows * columns;
    bool changed = true;
    for (int i = 0; i < cells; i++)
        length[i] = text[i] == from ? 1 : 0;
    while (changed) {
        changed = false;
        for (int i = 0; i < cells; i++)
            for (int j = 0; j < 4; j++) {
                int row = i / columns + (j == 1) - (j == 0);
                int column = i % columns + (j == 3) - (j == 2);
                if (row < 0 || row >= rows || column < 0 || column >= columns)
                    continue;
                int other = length[row * columns + column];
                if (text[i] != '#' && other > 0 && (length[i] == 0 || other + 1 < length[i])) {
                    length[i] = other + 1;
                    changed = true;
                }
            }
    }
    return length[strchr(text, to) - text];
}

/// Whether the cells 'o' of an answer make a shortest path of a question and all else is alike.
__attribute__((unused)) static bool plain_solved(const char *question, const char *answer, int rows,
                                                 int columns)
{
    char only[MAZE_MOST + 1];
    int marked = 2, length = plain_length(question, rows, columns, 'S', 'G');
    for (int i = 0; i < rows * columns; i++) {
        if (answer[i] == 'o')
            marked++;
        if (answer[i] == 'o' ? question[i] != ' ' : question[i] != answer[i])
            return false;
        only[i] = answer[i] == ' ' ? '#' : answer[i];
    }
    only[rows * columns] = '\0';
    return marked == length && plain_length(only, rows, columns, 'S', 'G') == length;
}

/// The texts of an item.
__attribute__((unused)) static void maze_texts(const struct hrm_task *task, const void *item,
                                               char *question, char *solved)
{
    uint8_t answer[MAZE_MOST / 8];
    task->kind->question_text(task, item, question);
    task->kind->solution(task, item, answer);
    task->kind->answer_text(task, item, answer, solved);
}

__attribute__((unused)) static void maze_make(const struct hrm_task *task, int family, int split,
                                              int64_t index, uint8_t *item)
{
    struct hrm_item_key key = {7, family, split, index};
    struct hrm_error error = {0};
    ck_assert_msg(task->kind->generate(task, &key, item, &error) == HRM_OK, "%s", error.text);
}

#endif
