#include "jobs/solve/solve_puzzles.h"

#include "core/base/lines.h"
#include "core/file/puzzle_stream.h"
#include "core/sudoku/question_text.h"
#include "jobs/cli/console.h"
#include "jobs/solve/solve_json.h"

#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int solve_puzzles_append(void *user, const struct hrm_board *board, struct hrm_error *error)
{
    struct solve_puzzles *puzzles = user;
    if (puzzles->count == puzzles->capacity) {
        int64_t capacity = 16 + 2 * (int64_t)puzzles->capacity;
        capacity = capacity < INT_MAX ? capacity : INT_MAX;
        void *grown = realloc(puzzles->boards, (size_t)capacity * sizeof *puzzles->boards);
        if (!grown || puzzles->count == INT_MAX)
            return hrm_fail(error, HRM_FAILED, "no memory for %lld puzzles", (long long)capacity);
        puzzles->boards = grown;
        puzzles->capacity = (int)capacity;
    }
    puzzles->boards[puzzles->count++] = *board;
    return HRM_OK;
}

int solve_puzzles_add(struct solve_puzzles *puzzles, const char *argument, int number,
                      struct hrm_error *error)
{
    struct hrm_question_text text = {
        .name = "argument", .unit = "", .take = solve_puzzles_append, .user = puzzles};
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
            status = solve_puzzles_append(puzzles, &puzzle.question, error);
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
    struct hrm_question_text text = {
        .name = lines.path, .unit = "", .take = solve_puzzles_append, .user = puzzles};
    if (status == HRM_OK)
        status = solve_json_look(&lines, &json, error);
    if (status == HRM_OK)
        status = json ? solve_json_read(&lines, &text, error) : read_lines(&lines, &text, error);
    hrm_lines_close(&lines);
    return status;
}

int solve_puzzles_read(struct solve_puzzles *puzzles, const char *path, struct hrm_error *error)
{
    struct stat state;
    bool standard = strcmp(path, "-") == 0, compiled = false;
    const char *name = standard ? "the standard input" : path;
    int status = HRM_OK, before = puzzles->count;
    // A pipe can be read once only, so it is not looked at before.
    if (!standard && stat(path, &state) == 0 && (S_ISREG(state.st_mode) || S_ISDIR(state.st_mode)))
        status = hrm_puzzle_stream_look(path, &compiled, error);
    if (status == HRM_OK)
        status = compiled ? read_compiled(puzzles, path, error) : read_text(puzzles, path, error);
    if (status)
        return status;
    int count = puzzles->count - before;
    if (count > 0) {
        hrm_console_note("%d puzzle%s read from %s", count, count == 1 ? "" : "s", name);
        return HRM_OK;
    }
    hrm_fail(error, HRM_DATA, "%s has no puzzles", name);
    return hrm_hint(error, "a puzzle has 81 characters row by row: 1 to 9, and . for a blank");
}

void solve_puzzles_free(struct solve_puzzles *puzzles)
{
    free(puzzles->boards);
    *puzzles = (struct solve_puzzles){0};
}
