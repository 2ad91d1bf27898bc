#include "core/base/settings.h"

#include <ini.h>
#include <stdio.h>
#include <string.h>

/// What is looked for.
struct search {
    const char *section, *key;
    char *value;
    bool found;
};

/// Called by inih for every `key = value`.
static int look(void *user, const char *section, const char *key, const char *value)
{
    struct search *search = user;
    if (search->found || strcmp(section, search->section) != 0 || strcmp(key, search->key) != 0)
        return 1;
    search->found = true;
    snprintf(search->value, HRM_SETTING, "%.90s", value);
    return 1;
}

bool hrm_settings_find(const char *text, const char *section, const char *key,
                       char value[HRM_SETTING])
{
    struct search search = {section, key, value, false};
    snprintf(value, HRM_SETTING, "nothing");
    // A text may be cut in its last line: what was read is what there is.
    (void)ini_parse_string(text, look, &search);
    return search.found;
}
