#include "jobs/cli/help.h"

#include "core/base/word.h"

#include <string.h>

#define COLUMNS 100
/// The widest left column; a longer option gets a line of its own.
#define LEFT_MAX 34

/// Print `text` from column `at`, wrapped, the following lines indented.
static void print_wrapped(const char *text, int at, int indent, FILE *stream)
{
    while (*text) {
        int length = (int)strcspn(text, " \n");
        if (at > indent && at + 1 + length > COLUMNS) {
            fprintf(stream, "\n%*s", indent, "");
            at = indent;
        }
        fprintf(stream, "%s%.*s", at > indent ? " " : "", length, text);
        at += length + (at > indent);
        text += length;
        text += strspn(text, " ");
        if (text[0] == '\n' && text[1]) {
            fprintf(stream, "\n%*s", text[1] == '\n' ? 0 : indent, "");
            at = indent;
        }
        text += *text == '\n';
    }
    fputc('\n', stream);
}

void hrm_help_text(const char *text, int indent, FILE *stream)
{
    fprintf(stream, "%*s", indent, "");
    print_wrapped(text, indent, indent, stream);
}

/// What stands for the value: N a whole number, X a real one.
static const char *placeholder(enum hrm_option_type type)
{
    switch (type) {
    case HRM_OPTION_FLAG:
        return "";
    case HRM_OPTION_INT:
    case HRM_OPTION_INT64:
        return " N";
    case HRM_OPTION_REAL:
        return " X";
    case HRM_OPTION_TEXT:
        return " TEXT";
    case HRM_OPTION_CHOICE:
        return " WORD";
    }
    return "";
}

/// Whether --help shows --no-key: the form of a flag that changes its default.
static bool is_negative(const struct hrm_option *option)
{
    return option->type == HRM_OPTION_FLAG && hrm_word_same(option->fallback, "true");
}

int hrm_help_left(const struct hrm_option *option, char *text, size_t size)
{
    int length = snprintf(text, size, "--%s%s%s", is_negative(option) ? "no-" : "", option->key,
                          placeholder(option->type));
    for (char *c = text; *c; c++)
        if (*c == '_')
            *c = '-';
    return length;
}

static int left_width(const struct hrm_option_section *sections, int count)
{
    char text[128];
    int width = 0;
    for (int s = 0; s < count; s++)
        for (int i = 0; i < sections[s].count; i++) {
            int length = hrm_help_left(&sections[s].options[i], text, sizeof text);
            if (length > width && length <= LEFT_MAX)
                width = length;
        }
    return width;
}

// A flag's left column tells its default.
void hrm_help_right(const struct hrm_option *option, char *text, size_t size)
{
    char range[256];
    const char *value = option->type == HRM_OPTION_FLAG ? "" : option->fallback;
    hrm_option_range(option, range, sizeof range);
    const char *joint = *value && *range ? "; " : "";
    if (is_negative(option))
        snprintf(text, size, "%s", option->choices ? option->choices : option->help);
    else if (*value || *range)
        snprintf(text, size, "%s (%s%s%s%s)", option->help, *value ? "default " : "", value, joint,
                 range);
    else
        snprintf(text, size, "%s", option->help);
}

void hrm_help_sections(const struct hrm_option_section *sections, int count, FILE *stream)
{
    int width = left_width(sections, count);
    for (int s = 0; s < count; s++) {
        fprintf(stream, "\n[%s]\n", sections[s].name);
        for (int i = 0; i < sections[s].count; i++) {
            char left[128], right[1024];
            int length = hrm_help_left(&sections[s].options[i], left, sizeof left);
            hrm_help_right(&sections[s].options[i], right, sizeof right);
            fprintf(stream, "  %-*s", width, left);
            if (length > width)
                fprintf(stream, "\n%*s", width + 2, "");
            fputs("  ", stream);
            print_wrapped(right, width + 4, width + 4, stream);
        }
    }
}
