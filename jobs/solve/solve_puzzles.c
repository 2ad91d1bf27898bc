#include "jobs/solve/solve_puzzles.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const FORM = "a puzzle has 81 characters row by row: 1 to 9, and . for a blank";

int solve_puzzles_add(struct solve_puzzles *puzzles, const char *text, struct hrm_error *error)
{
    struct hrm_board board;
    int status = hrm_board_parse(text, &board, error);
    if (status)
        return hrm_hint(error, "%s", FORM);
    if (puzzles->count == puzzles->capacity) {
        int capacity = puzzles->capacity ? 2 * puzzles->capacity : 16;
        void *grown = realloc(puzzles->boards, (size_t)capacity * sizeof *puzzles->boards);
        if (!grown)
            return hrm_fail(error, HRM_FAILED, "no memory for %d puzzles", capacity);
        puzzles->boards = grown;
        puzzles->capacity = capacity;
    }
    puzzles->boards[puzzles->count++] = board;
    return HRM_OK;
}

/// The puzzle of a line, cut out of it; NULL when it has none.
static char *find_field(char *line)
{
    char *rest = NULL;
    for (char *field = strtok_r(line, ",; \t\r\n\"", &rest); field;
         field = strtok_r(NULL, ",; \t\r\n\"", &rest))
        if (strlen(field) == HRM_CELLS)
            return field;
    return NULL;
}

static int take_line(struct solve_puzzles *puzzles, char *line, const char *path, int number,
                     struct hrm_error *error)
{
    struct hrm_error problem = {0};
    bool header = number == 1 && strstr(line, "question");
    if (header || line[strspn(line, " \t\r\n")] == '\0' || *line == '#')
        return HRM_OK;
    const char *field = find_field(line);
    if (!field) {
        hrm_fail(error, HRM_DATA, "%s:%d: there is no puzzle of 81 characters", path, number);
        return hrm_hint(error, "%s", FORM);
    }
    if (solve_puzzles_add(puzzles, field, &problem) == HRM_OK)
        return HRM_OK;
    hrm_fail(error, problem.status, "%s:%d: %.900s", path, number, problem.text);
    return hrm_hint(error, "%s", problem.hint);
}

int solve_puzzles_read(struct solve_puzzles *puzzles, const char *path, struct hrm_error *error)
{
    bool standard = strcmp(path, "-") == 0;
    FILE *stream = standard ? stdin : fopen(path, "r");
    if (!stream) {
        hrm_fail(error, HRM_DATA, "cannot open %s: %s", path, strerror(errno));
        return hrm_hint(error, "give a text file with a puzzle of 81 characters a line");
    }
    char *line = NULL;
    size_t size = 0;
    int status = HRM_OK, before = puzzles->count;
    for (int number = 1; status == HRM_OK && getline(&line, &size, stream) >= 0; number++)
        status = take_line(puzzles, line, path, number, error);
    if (status == HRM_OK && puzzles->count == before) {
        status =
            hrm_fail(error, HRM_DATA, "%s has no puzzles", standard ? "the standard input" : path);
        hrm_hint(error, "%s", FORM);
    }
    free(line);
    if (!standard)
        fclose(stream);
    return status;
}

void solve_puzzles_free(struct solve_puzzles *puzzles)
{
    free(puzzles->boards);
    *puzzles = (struct solve_puzzles){0};
}
