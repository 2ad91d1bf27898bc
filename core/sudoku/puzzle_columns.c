#include "core/sudoku/puzzle_columns.h"

#include "core/base/csv.h"
#include "core/sudoku/board.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#define HEADER 8192 // bytes of the longest header

// What a column can be named.
static const struct name {
    const char *name;
    size_t place; // of its number in struct hrm_puzzle_columns
} names[] = {
#define NAME(name, field)                                                                          \
    {                                                                                              \
        name, offsetof(struct hrm_puzzle_columns, field)                                           \
    }
    NAME("question", question), NAME("questions", question), NAME("puzzle", question),
    NAME("puzzles", question),  NAME("quiz", question),      NAME("quizzes", question),
    NAME("board", question),    NAME("boards", question),    NAME("answer", answer),
    NAME("answers", answer),    NAME("solution", answer),    NAME("solutions", answer),
    NAME("rating", rating),     NAME("source", source),
#undef NAME
};

static const struct name *find_name(const char *text)
{
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (strcasecmp(names[i].name, text) == 0)
            return &names[i];
    }
    return NULL;
}

bool hrm_puzzle_columns_is_question(const char *name)
{
    const struct name *found = find_name(name);
    return found != NULL && found->place == offsetof(struct hrm_puzzle_columns, question);
}

bool hrm_puzzle_columns_is_separator(const char *line)
{
    line += *line == '"';
    return strncasecmp(line, "sep=", 4) == 0 && line[4] != '\0' &&
           (line[5] == '\0' || strcmp(line + 5, "\"") == 0);
}

static char *trim(char *text)
{
    text += strspn(text, " ");
    size_t length = strlen(text);
    while (length > 0 && text[length - 1] == ' ')
        text[--length] = '\0';
    return text;
}

char *hrm_puzzle_columns_board(char *field)
{
    return strlen(field) == HRM_CELLS ? field : trim(field);
}

static int name_fields(struct hrm_puzzle_columns *columns, char *fields[], struct hrm_error *error)
{
    for (int i = 0; i < columns->count; i++) {
        const struct name *name = find_name(trim(fields[i]));
        if (name == NULL)
            continue;
        int *place = (int *)((char *)columns + name->place);
        if (*place >= 0) {
            hrm_fail(error, HRM_DATA, "columns '%s' and '%s' are the same thing", fields[*place],
                     fields[i]);
            return hrm_hint(error, "rename the one that is not meant");
        }
        *place = i;
    }
    return HRM_OK;
}

// Read a header that is separated in one way.
static int read_header(const char *line, struct hrm_puzzle_columns *columns,
                       struct hrm_error *error)
{
    char copy[HEADER];
    char *fields[HRM_COLUMNS];
    snprintf(copy, sizeof copy, "%s", line);
    columns->count = hrm_csv_split(copy, columns->separator, fields, HRM_COLUMNS);
    if (columns->count > HRM_COLUMNS)
        return hrm_fail(error, HRM_DATA, "%d columns, at most %d are read", columns->count,
                        HRM_COLUMNS);
    return name_fields(columns, fields, error);
}

int hrm_puzzle_columns_read(const char *line, struct hrm_puzzle_columns *columns, bool *found,
                            struct hrm_error *error)
{
    static const char separators[] = ",;\t";
    *found = false;
    if (strlen(line) >= HEADER)
        return HRM_OK;
    for (int i = 0; separators[i] != '\0' && !*found; i++) {
        *columns = (struct hrm_puzzle_columns){
            .separator = separators[i], .question = -1, .answer = -1, .rating = -1, .source = -1};
        int status = read_header(line, columns, error);
        if (status != HRM_OK)
            return status;
        *found = columns->question >= 0;
    }
    return HRM_OK;
}

int hrm_puzzle_columns_cut(const struct hrm_puzzle_columns *columns, char *line,
                           char *fields[HRM_COLUMNS], struct hrm_error *error)
{
    int count = hrm_csv_split(line, columns->separator, fields, HRM_COLUMNS);
    if (count == columns->count)
        return HRM_OK;
    if (count < 0)
        return hrm_fail(error, HRM_DATA, "a quote is not closed, or is followed by something");
    return hrm_fail(error, HRM_DATA, "%d fields, the header has %d", count, columns->count);
}
