#include "jobs/solve/solve_puzzles.h"

#include "core/base/lines.h"
#include "core/file/items.h"
#include "core/file/puzzle_stream.h"
#include "core/sudoku/question_text.h"
#include "core/task/sudoku.h"
#include "jobs/cli/console.h"
#include "jobs/solve/solve_json.h"

#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int solve_puzzles_append(struct solve_puzzles *puzzles, const void *item, struct hrm_error *error)
{
    size_t bytes = (size_t)puzzles->task.shape.item_bytes;
    if (puzzles->count == puzzles->capacity) {
        int64_t capacity = 16 + 2 * (int64_t)puzzles->capacity;
        capacity = capacity < INT_MAX ? capacity : INT_MAX;
        void *grown = realloc(puzzles->items, (size_t)capacity * bytes);
        if (!grown || puzzles->count == INT_MAX)
            return hrm_fail(error, HRM_FAILED, "no memory for %lld puzzles", (long long)capacity);
        puzzles->items = grown;
        puzzles->capacity = (int)capacity;
    }
    memcpy(puzzles->items + (size_t)puzzles->count++ * bytes, item, bytes);
    return HRM_OK;
}

/// Append a question of Sudoku 9x9, whose answer nobody knows.
static int append_board(void *user, const struct hrm_board *board, struct hrm_error *error)
{
    const struct hrm_board unknown = {0};
    unsigned char item[HRM_SUDOKU_ITEM];
    hrm_sudoku_item(board, &unknown, -1, item);
    return solve_puzzles_append(user, item, error);
}

/// Make an item of a question as text, and of its answer where there is one.
static int append_text(struct solve_puzzles *puzzles, const char *question, const char *answer,
                       const char *place, long long number, struct hrm_error *error)
{
    const struct hrm_task *task = &puzzles->task;
    struct hrm_error problem = {0};
    unsigned char *item = calloc(1, (size_t)task->shape.item_bytes);
    if (!item)
        return hrm_fail(error, HRM_FAILED, "no memory for a puzzle");
    int status = hrm_task_read_asked(task, question, answer, -1, item, &problem);
    if (status == HRM_OK)
        status = solve_puzzles_append(puzzles, item, error);
    else
        hrm_fail(error, status, "%s:%lld: %.900s", place, number, problem.text);
    if (*problem.hint)
        hrm_hint(error, "%s", problem.hint);
    free(item);
    return status;
}

static bool is_sudoku_9(const struct solve_puzzles *puzzles)
{
    return hrm_items_are_puzzles(&puzzles->task, "");
}

int solve_puzzles_add(struct solve_puzzles *puzzles, const char *argument, int number,
                      struct hrm_error *error)
{
    if (!is_sudoku_9(puzzles))
        return append_text(puzzles, argument, NULL, "argument", number, error);
    struct hrm_question_text text = {.name = "argument", .take = append_board, .user = puzzles};
    struct hrm_error problem = {0};
    char *copy = strdup(argument), *rest = NULL;
    int status = HRM_OK, before = puzzles->count;
    if (!copy)
        return hrm_fail(error, HRM_FAILED, "no memory for an argument");
    for (char *line = strtok_r(copy, "\r\n", &rest); line && status == HRM_OK;
         line = strtok_r(NULL, "\r\n", &rest))
        status = hrm_question_text_line(&text, line, number, &problem);
    if (status == HRM_OK)
        status = hrm_question_text_end(&text, &problem);
    if (status == HRM_OK && puzzles->count == before)
        status = hrm_fail(&problem, HRM_DATA, "argument:%d: there is no puzzle", number);
    free(copy);
    if (status == HRM_OK)
        return HRM_OK;
    hrm_fail(error, problem.status, "%s", problem.text);
    if (access(argument, F_OK) == 0)
        return hrm_hint(error, "'%.300s' is a file: name it with --file", argument);
    return hrm_hint(error, "%s", *problem.hint ? problem.hint : "type the 81 cells row by row");
}

// --- files ---------------------------------------------------------------------------------------

static int read_compiled(struct solve_puzzles *puzzles, const char *path, struct hrm_error *error)
{
    struct hrm_puzzle_stream stream;
    struct hrm_puzzle_choice all = {0};
    struct hrm_puzzle puzzle;
    bool more = true;
    int status = hrm_puzzle_stream_open(&stream, path, &all, error);
    while (status == HRM_OK && more) {
        status = hrm_puzzle_stream_next(&stream, &puzzle, &more, error);
        if (status == HRM_OK && more)
            status = append_board(puzzles, &puzzle.question, error);
    }
    hrm_puzzle_stream_close(&stream);
    return status;
}

static int read_lines(struct hrm_lines *lines, struct hrm_question_text *text,
                      struct hrm_error *error)
{
    char *line = NULL;
    int status = HRM_OK;
    do {
        status = hrm_lines_next(lines, &line, error);
        if (status == HRM_OK && line)
            status = hrm_question_text_line(text, line, lines->line, error);
    } while (status == HRM_OK && line);
    return status ? status : hrm_question_text_end(text, error);
}

static int read_text(struct solve_puzzles *puzzles, const char *path, struct hrm_error *error)
{
    struct hrm_lines lines;
    bool json = false;
    int status = hrm_lines_open(&lines, path, error);
    struct hrm_question_text text = {.name = lines.path, .take = append_board, .user = puzzles};
    if (status == HRM_OK)
        status = solve_json_look(&lines, &json, error);
    if (status == HRM_OK)
        status = json ? solve_json_read(&lines, &text, error) : read_lines(&lines, &text, error);
    hrm_lines_close(&lines);
    return status;
}

// --- files of other tasks ------------------------------------------------------------------------

static int read_table(struct solve_puzzles *puzzles, const char *path, struct hrm_error *error)
{
    struct hrm_puzzle_reader reader;
    struct hrm_puzzle_row row;
    bool more = true;
    int status = hrm_puzzle_reader_open(&reader, path, error);
    if (status)
        return status;
    while (status == HRM_OK && more) {
        status = hrm_puzzle_reader_row(&reader, &row, &more, error);
        if (status == HRM_OK && more)
            status = append_text(puzzles, row.question, row.answer, reader.lines.path,
                                 (long long)reader.lines.line, error);
    }
    hrm_puzzle_reader_close(&reader);
    return status;
}

/// Without the blanks around it, unless they are cells.
static char *trim(char *line, int cells)
{
    size_t length = strlen(line);
    if (length == (size_t)cells)
        return line;
    while (length > 0 && strchr(" \t\r", line[length - 1]))
        line[--length] = '\0';
    return length == (size_t)cells ? line : line + strspn(line, " \t");
}

static int read_questions(struct solve_puzzles *puzzles, const char *path, struct hrm_error *error)
{
    struct hrm_lines lines;
    char *line = NULL;
    bool table = false;
    int status = hrm_lines_open(&lines, path, error);
    do {
        if (status == HRM_OK)
            status = hrm_lines_next(&lines, &line, error);
        if (status || !line)
            break;
        line = trim(line, puzzles->task.shape.positions);
        table = puzzles->count == 0 && strchr(line, ',') && strstr(line, "question");
        if (!table && *line)
            status = append_text(puzzles, line, NULL, lines.path, (long long)lines.line, error);
    } while (!table);
    hrm_lines_close(&lines);
    return table ? read_table(puzzles, path, error) : status;
}

int solve_puzzles_read(struct solve_puzzles *puzzles, const char *path, struct hrm_error *error)
{
    struct stat state;
    bool standard = strcmp(path, "-") == 0, compiled = false;
    const char *name = standard ? "the standard input" : path;
    int status = HRM_OK, before = puzzles->count;
    // A pipe can be read once only, so it is not looked at before.
    if (is_sudoku_9(puzzles) && !standard && stat(path, &state) == 0 &&
        (S_ISREG(state.st_mode) || S_ISDIR(state.st_mode)))
        status = hrm_puzzle_stream_look(path, &compiled, error);
    if (status == HRM_OK)
        status = !is_sudoku_9(puzzles) ? read_questions(puzzles, path, error)
                 : compiled            ? read_compiled(puzzles, path, error)
                                       : read_text(puzzles, path, error);
    if (status)
        return status;
    int count = puzzles->count - before;
    if (count > 0) {
        hrm_console_note("%d puzzle%s read from %s", count, count == 1 ? "" : "s", name);
        return HRM_OK;
    }
    hrm_fail(error, HRM_DATA, "%s has no puzzles", name);
    if (!is_sudoku_9(puzzles))
        return hrm_hint(error, "write a question a line, of %d characters",
                        puzzles->task.shape.positions);
    return hrm_hint(error, "a puzzle has 81 characters row by row: 1 to 9, and . for a blank");
}

void solve_puzzles_free(struct solve_puzzles *puzzles)
{
    free(puzzles->items);
    *puzzles = (struct solve_puzzles){0};
}
