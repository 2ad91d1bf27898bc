#include "jobs/solve/solve_json.h"

#include "core/sudoku/puzzle_columns.h"

#include <ctype.h>
#include <jansson.h>
#include <string.h>

#define LOOK 4096 // bytes that are looked at
#define LINE 512  // bytes of a puzzle in one text

/// JSON on its way to puzzles.
struct reading {
    struct hrm_lines *lines;
    struct hrm_question_text *text;
    struct hrm_error *error;
    int64_t values; ///< rows and boards so far
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
    reading->values++;
    if (length >= sizeof line) {
        hrm_fail(reading->error, HRM_DATA, "%.600s: value %lld: a text of %zu characters",
                 reading->text->name, (long long)reading->values, length);
        return hrm_hint(reading->error, "a puzzle has 81 characters");
    }
    int status = HRM_OK;
    while (*value && status == HRM_OK) {
        length = strcspn(value, "\r\n");
        memcpy(line, value, length);
        line[length] = '\0';
        value += length + (value[length] != '\0');
        status = hrm_question_text_line(reading->text, line, reading->values, reading->error);
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

static json_t *find_question(json_t *object)
{
    const char *key;
    json_t *value;
    json_object_foreach(object, key, value) if (hrm_puzzle_columns_is_question(key)) return value;
    return NULL;
}

static int take_value(struct reading *reading, json_t *value)
{
    size_t i;
    json_t *member;
    int status = HRM_OK;
    if (json_is_string(value))
        return take_text(reading, json_string_value(value));
    if (json_is_array(value) && are_numbers(value))
        return take_numbers(reading, value);
    if (json_is_array(value)) {
        json_array_foreach(value, i, member) if (status == HRM_OK) status =
            take_value(reading, member);
        return status;
    }
    member = json_is_object(value) ? find_question(value) : NULL;
    if (member)
        return take_value(reading, member);
    hrm_fail(reading->error, HRM_DATA,
             json_is_object(value) ? "%.600s: an object after value %lld names no question"
                                   : "%.600s: after value %lld: no text, list or object",
             reading->text->name, (long long)reading->values);
    return hrm_hint(reading->error, "wanted texts of 81 characters, or objects with 'question' (or "
                                    "'puzzle', 'board') in a list");
}

/// One byte, so that nothing is taken that belongs to the next value.
static size_t feed(void *buffer, size_t size, void *user)
{
    struct reading *reading = user;
    int byte = size > 0 ? hrm_lines_byte(reading->lines, reading->error) : -1;
    if (byte < 0)
        return 0;
    *(char *)buffer = (char)byte;
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
    struct reading reading = {lines, text, &own, 0};
    json_error_t problem;
    int status = HRM_OK;
    text->unit = " value ";
    text->begun = true; // there is no header
    while (status == HRM_OK && has_more(lines, &own)) {
        json_t *value = json_load_callback(feed, &reading, JSON_DISABLE_EOF_CHECK, &problem);
        if (!value && own.status == HRM_OK) {
            hrm_fail(&own, HRM_DATA, "%.600s:%lld: JSON: %.200s", text->name,
                     (long long)lines->line + 1, problem.text);
            hrm_hint(&own, "mend the file, or give a puzzle of 81 characters a line");
        }
        status = value ? take_value(&reading, value) : own.status;
        json_decref(value);
    }
    if (own.status == HRM_OK)
        hrm_question_text_end(text, &own);
    if (own.status == HRM_OK)
        return HRM_OK;
    hrm_fail(error, own.status, "%s", own.text);
    return hrm_hint(error, "%s", own.hint);
}
