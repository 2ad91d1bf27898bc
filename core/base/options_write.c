#include "core/base/options.h"

#include "core/base/options_line.h"

#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

static const void *field_of(const struct hrm_option_section *section,
                            const struct hrm_option *option)
{
    return (const char *)section->target + option->offset;
}

/// The shortest decimal that reads back to the same double.
static void write_real(double number, FILE *stream)
{
    char text[40];
    for (int digits = 1; digits <= 17; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, number);
        if (strtod(text, NULL) == number)
            break;
    }
    fputs(text, stream);
}

/// A text too long for one line goes on with `key += `.
static void write_text(const char *key, const char *text, FILE *stream)
{
    for (; strlen(text) > HRM_OPTION_LINE; text += hrm_option_line(text))
        fprintf(stream, "%.*s\n%s += ", hrm_option_line(text), text, key);
    fputs(text, stream);
}

static void write_choice(const char *choices, int index, FILE *stream)
{
    for (; index > 0; index--)
        choices += strcspn(choices, "|") + 1;
    fprintf(stream, "%.*s", (int)strcspn(choices, "|"), choices);
}

static void write_value(const struct hrm_option *option, const void *field, FILE *stream)
{
    switch (option->type) {
    case HRM_OPTION_FLAG:
        fputs(*(const bool *)field ? "true" : "false", stream);
        break;
    case HRM_OPTION_INT:
        fprintf(stream, "%d", *(const int *)field);
        break;
    case HRM_OPTION_INT64:
        fprintf(stream, "%" PRId64, *(const int64_t *)field);
        break;
    case HRM_OPTION_REAL:
        write_real(*(const double *)field, stream);
        break;
    case HRM_OPTION_TEXT:
        write_text(option->key, field, stream);
        break;
    case HRM_OPTION_CHOICE:
        write_choice(option->choices, *(const int *)field, stream);
        break;
    }
}

void hrm_options_write(const struct hrm_option_section *sections, int count, FILE *stream)
{
    for (int s = 0; s < count; s++) {
        fprintf(stream, "%s[%s]\n", s ? "\n" : "", sections[s].name);
        for (int i = 0; i < sections[s].count; i++) {
            const struct hrm_option *option = &sections[s].options[i];
            fprintf(stream, "%s = ", option->key);
            write_value(option, field_of(&sections[s], option), stream);
            fputc('\n', stream);
        }
    }
}

void hrm_option_text(const struct hrm_option_section *section, const struct hrm_option *option,
                     char *text, size_t size)
{
    FILE *stream = fmemopen(text, size, "w");
    *text = '\0';
    if (stream) {
        write_value(option, field_of(section, option), stream);
        fclose(stream);
    }
    text[size - 1] = '\0';
}

uint64_t hrm_option_bits(const struct hrm_option_section *section, const struct hrm_option *option)
{
    const void *field = field_of(section, option);
    uint64_t bits = 0;
    switch (option->type) {
    case HRM_OPTION_FLAG:
        return *(const bool *)field;
    case HRM_OPTION_INT:
    case HRM_OPTION_CHOICE:
        return (uint64_t) * (const int *)field;
    case HRM_OPTION_TEXT:
        return XXH3_64bits(field, strlen(field));
    case HRM_OPTION_INT64:
    case HRM_OPTION_REAL:
        memcpy(&bits, field, sizeof bits);
    }
    return bits;
}

bool hrm_option_is_default(const struct hrm_option_section *section,
                           const struct hrm_option *option)
{
    uint64_t other[HRM_OPTION_TEXT / sizeof(uint64_t)];
    struct hrm_option alone = *option;
    alone.offset = 0;
    struct hrm_option_section plain = {
        .name = section->name, .options = &alone, .count = 1, .target = other};
    hrm_options_default(&plain, 1);
    return hrm_option_bits(section, option) == hrm_option_bits(&plain, &alone);
}

char *hrm_options_format(const struct hrm_option_section *sections, int count, char *text,
                         size_t size)
{
    FILE *stream = fmemopen(text, size, "w");
    *text = '\0';
    if (stream) {
        hrm_options_write(sections, count, stream);
        fclose(stream);
    }
    text[size - 1] = '\0';
    return text;
}

/// A number in the range of its row; written so that NaN is in none.
static bool in_range(const struct hrm_option *option, const void *field)
{
    double low = option->minimum, high = option->maximum, value = 0;
    switch (option->type) {
    case HRM_OPTION_INT:
        value = *(const int *)field;
        break;
    case HRM_OPTION_INT64:
        value = (double)*(const int64_t *)field;
        break;
    case HRM_OPTION_REAL:
        value = *(const double *)field;
        break;
    case HRM_OPTION_CHOICE:
        value = *(const int *)field;
        for (const char *c = option->choices; *c; c++)
            high += *c == '|';
        return value >= 0 && value <= high;
    case HRM_OPTION_FLAG:
    case HRM_OPTION_TEXT:
        return true;
    }
    return (low == 0 && high == 0 && value == value) || (value >= low && value <= high);
}

int hrm_options_check(const struct hrm_option_section *section, struct hrm_error *error)
{
    for (int i = 0; i < section->count; i++) {
        const struct hrm_option *option = &section->options[i];
        char value[40] = "no choice", range[256];
        if (in_range(option, field_of(section, option)))
            continue;
        if (option->type != HRM_OPTION_CHOICE)
            hrm_option_text(section, option, value, sizeof value);
        hrm_option_range(option, range, sizeof range);
        hrm_fail(error, HRM_USAGE, "%s.%s is %s", section->name, option->key, value);
        return hrm_hint(error, "give %s.%s a value of %s", section->name, option->key, range);
    }
    return HRM_OK;
}
