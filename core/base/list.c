#include "core/base/list.h"

#include <string.h>

/// Length of the longest beginning of `text`, up to a comma or the end, that is known; 0: none.
static size_t find_known(const char *text, hrm_list_known *known, char *element, size_t size)
{
    size_t first = strcspn(text, ","), length = strlen(text);
    for (; known && length > 0 && length >= first; length--) {
        if ((text[length] != ',' && text[length] != '\0') || length >= size)
            continue;
        memcpy(element, text, length);
        element[length] = '\0';
        if (known(element))
            return length;
    }
    return 0;
}

static int bad_quotes(const char *text, struct hrm_error *error)
{
    hrm_fail(error, HRM_USAGE, "the quotes do not fit in the list %.300s", text);
    return hrm_hint(error, "quote a whole element, as in 'a,b',c; a quote inside is doubled");
}

/// An element that begins with a quote.
static int take_quoted(const char **at, char *element, size_t size, struct hrm_error *error)
{
    const char *from = *at + 1, quote = **at;
    size_t length = 0;
    for (; *from != quote || from[1] == quote; from++) {
        if (*from == '\0' || length + 1 >= size)
            return bad_quotes(*at, error);
        from += *from == quote;
        element[length++] = *from;
    }
    element[length] = '\0';
    if (from[1] != ',' && from[1] != '\0')
        return bad_quotes(*at, error);
    *at = from[1] == ',' ? from + 2 : NULL;
    return HRM_OK;
}

int hrm_list_next(const char **at, hrm_list_known *known, char *element, size_t size,
                  struct hrm_error *error)
{
    const char *text = *at;
    size_t length = find_known(text, known, element, size);
    if (length == 0 && (*text == '\'' || *text == '"'))
        return take_quoted(at, element, size, error);
    if (length == 0)
        length = strcspn(text, ",");
    if (length >= size)
        return hrm_fail(error, HRM_USAGE, "too long: %.200s...", text);
    memcpy(element, text, length);
    element[length] = '\0';
    *at = text[length] == ',' ? text + length + 1 : NULL;
    return HRM_OK;
}
