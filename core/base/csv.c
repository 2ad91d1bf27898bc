#include "core/base/csv.h"

#include <assert.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

// Take the quotes off a field that begins with one. Returns what follows it, or NULL.
static char *unquote(char *field)
{
    char *to = field;
    for (char *from = field + 1; *from != '\0'; from++) {
        if (*from == '"' && *++from != '"') {
            *to = '\0';
            return from;
        }
        *to++ = *from;
    }
    return NULL;
}

int hrm_csv_split(char *line, char separator, char *fields[], int most)
{
    int count = 0;
    for (char *field = line; field != NULL; count++) {
        bool quoted = *field == '"';
        char *end = quoted ? unquote(field) : strchr(field, separator);
        if (quoted && end == NULL)
            return -1;
        if (count < most)
            fields[count] = field;
        if (end == NULL || *end == '\0')
            return count + 1;
        if (*end != separator)
            return -1;
        *end = '\0';
        field = end + 1;
    }
    return count;
}

char *hrm_csv_quote(const char *field, char *text, size_t size)
{
    assert(size >= 2 * strlen(field) + 3);
    if (strpbrk(field, ",\"\r\n") == NULL) {
        snprintf(text, size, "%s", field);
        return text;
    }
    char *to = text;
    *to++ = '"';
    for (; *field != '\0'; field++) {
        if (*field == '"')
            *to++ = '"';
        // A reader that goes by lines would see two of them.
        *to++ = *field == '\n' || *field == '\r' ? ' ' : *field;
    }
    *to++ = '"';
    *to = '\0';
    return text;
}
