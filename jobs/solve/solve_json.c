#include "jobs/solve/solve_json.h"

#include "core/sudoku/puzzle_columns.h"

#include <ctype.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#define LOOK 4096 // bytes that are looked at
#define LINE 512  // bytes of a puzzle in one text

/// JSON on its way to puzzles.
struct reading {
    struct hrm_lines *lines;
    struct hrm_question_text *text;
    struct hrm_error *error;
    int64_t *starts; ///< [room] lines where the texts, lists and objects of a value begin; owned
    size_t count, room, next;
    bool quoted, escaped; ///< in a text, and behind a backslash there
    int64_t line;         ///< of what was come to last
};

static const char *skip(const char *text, const char *end)
{
    while (text < end && isspace((unsigned char)*text))
        text++;
    return text;
}

int solve_json_look(struct hrm_lines *lines, bool *json, struct hrm_error *error)
{
    const char *text;
    size_t length;
    int status = hrm_lines_peek(lines, LOOK, &text, &length, error);
    if (status)
        return status;
    const char *end = text + length, *first = skip(text, end);
    const char *second = first < end ? skip(first + 1, end) : end;
    // A section of .sdk begins with a bracket too, and a letter.
    *json = first < end && (*first == '{' ||
                            (*first == '[' && second < end && strchr("\"[{]-0123456789", *second)));
    return HRM_OK;
}

static int take_text(struct reading *reading, const char *value)
{
    char line[LINE];
    size_t length = strlen(value);
    if (length >= sizeof line) {
        hrm_fail(reading->error, HRM_DATA, "%.600s:%lld: a text of %zu characters",
                 reading->text->name, (long long)reading->line, length);
        return hrm_hint(reading->error, "a puzzle has 81 characters");
    }
    int status = HRM_OK;
    while (*value && status == HRM_OK) {
        length = strcspn(value, "\r\n");
        memcpy(line, value, length);
        line[length] = '\0';
        value += length + (value[length] != '\0');
        status = hrm_question_text_line(reading->text, line, reading->line, reading->error);
    }
    return status;
}

/// Numbers as the characters of a row or a board.
static int take_numbers(struct reading *reading, const json_t *list)
{
    char line[LINE];
    size_t count = json_array_size(list);
    for (size_t i = 0; i < count && i + 1 < sizeof line; i++) {
        const json_t *value = json_array_get(list, i);
        json_int_t number = json_integer_value(value); // of null: 0
        line[i] = number >= 0 && number <= 9 ? (char)('0' + number) : '?';
        line[i + 1] = '\0';
    }
    return take_text(reading, line);
}

static bool are_numbers(const json_t *list)
{
    size_t i;
    json_t *value;
    json_array_foreach(list, i,
                       value) if (!json_is_integer(value) && !json_is_null(value)) return false;
    return json_array_size(list) > 0;
}

/// The next text, list or object, in the order of the file, was come to.
static void enter(struct reading *reading)
{
    if (reading->next < reading->count)
        reading->line = reading->starts[reading->next++];
}

static void pass_over(struct reading *reading, const json_t *value)
{
    size_t i;
    const char *key;
    json_t *member;
    if (!json_is_string(value) && !json_is_array(value) && !json_is_object(value))
        return;
    enter(reading);
    json_array_foreach(value, i, member) pass_over(reading, member);
    json_object_foreach((json_t *)value, key, member)
    {
        enter(reading); // the key
        pass_over(reading, member);
    }
}

static int take_value(struct reading *reading, json_t *value);

static int fail_value(struct reading *reading, const char *what)
{
    hrm_fail(reading->error, HRM_DATA, "%.600s:%lld: %s", reading->text->name,
             (long long)reading->line, what);
    return hrm_hint(reading->error, "wanted texts of 81 characters, or objects with 'question' (or "
                                    "'puzzle', 'board') in a list");
}

static int take_object(struct reading *reading, json_t *object)
{
    const char *key;
    json_t *value;
    int64_t line = reading->line;
    bool taken = false;
    int status = HRM_OK;
    json_object_foreach(object, key, value)
    {
        enter(reading); // the key
        if (status == HRM_OK && !taken && hrm_puzzle_columns_is_question(key)) {
            taken = true;
            status = take_value(reading, value);
        } else {
            pass_over(reading, value);
        }
    }
    if (taken)
        return status;
    reading->line = line;
    return fail_value(reading, "an object names no question");
}

static int take_value(struct reading *reading, json_t *value)
{
    size_t i;
    json_t *member;
    int status = HRM_OK;
    if (!json_is_string(value) && !json_is_array(value) && !json_is_object(value))
        return fail_value(reading, "no text, list or object");
    enter(reading);
    if (json_is_string(value))
        return take_text(reading, json_string_value(value));
    if (json_is_object(value))
        return take_object(reading, value);
    if (are_numbers(value))
        return take_numbers(reading, value);
    json_array_foreach(value, i, member) if (status == HRM_OK) status = take_value(reading, member);
    return status;
}

/// Remember the line where a text, list or object begins.
static void note_start(struct reading *reading)
{
    if (reading->count == reading->room) {
        size_t room = 2 * reading->room + 64;
        int64_t *larger = realloc(reading->starts, room * sizeof *larger);
        if (!larger)
            return; // the lines of errors are those before
        reading->starts = larger;
        reading->room = room;
    }
    reading->starts[reading->count++] = reading->lines->line + 1;
}

/// Follow the text as it is read.
static void follow(struct reading *reading, char c)
{
    bool begins = !reading->quoted && (c == '"' || c == '[' || c == '{');
    if (begins)
        note_start(reading);
    if (c == '"' && !reading->escaped)
        reading->quoted = !reading->quoted;
    reading->escaped = reading->quoted && c == '\\' && !reading->escaped;
}

/// One byte, so that nothing is taken that belongs to the next value.
static size_t feed(void *buffer, size_t size, void *user)
{
    struct reading *reading = user;
    int byte = size > 0 ? hrm_lines_byte(reading->lines, reading->error) : -1;
    if (byte < 0)
        return 0;
    *(char *)buffer = (char)byte;
    follow(reading, (char)byte);
    return 1;
}

/// Whether there is another value; the space before it is taken.
static bool has_more(struct hrm_lines *lines, struct hrm_error *error)
{
    const char *text;
    size_t length;
    while (hrm_lines_peek(lines, 1, &text, &length, error) == HRM_OK && length == 1 &&
           (isspace((unsigned char)*text) || *text == ','))
        hrm_lines_byte(lines, error);
    return error->status == HRM_OK && length == 1;
}

int solve_json_read(struct hrm_lines *lines, struct hrm_question_text *text,
                    struct hrm_error *error)
{
    struct hrm_error own = {0};
    struct reading reading = {.lines = lines, .text = text, .error = &own};
    json_error_t problem;
    int status = HRM_OK;
    text->begun = true; // there is no header
    while (status == HRM_OK && has_more(lines, &own)) {
        reading.count = reading.next = 0;
        reading.quoted = reading.escaped = false;
        json_t *value = json_load_callback(feed, &reading, JSON_DISABLE_EOF_CHECK, &problem);
        if (!value && own.status == HRM_OK) {
            hrm_fail(&own, HRM_DATA, "%.600s:%lld: JSON: %.200s", text->name,
                     (long long)lines->line + 1, problem.text);
            hrm_hint(&own, "mend the file, or give a puzzle of 81 characters a line");
        }
        status = value ? take_value(&reading, value) : own.status;
        json_decref(value);
    }
    free(reading.starts);
    if (own.status == HRM_OK)
        hrm_question_text_end(text, &own);
    if (own.status == HRM_OK)
        return HRM_OK;
    hrm_fail(error, own.status, "%s", own.text);
    return hrm_hint(error, "%s", own.hint);
}
