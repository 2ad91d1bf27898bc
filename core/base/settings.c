#include "core/base/settings.h"

#include <stdio.h>
#include <string.h>

bool hrm_settings_next(const char **text, char section[HRM_SETTING], char key[HRM_SETTING],
                       char value[HRM_SETTING])
{
    while (**text) {
        char line[512], name[HRM_SETTING];
        size_t length = strcspn(*text, "\n");
        snprintf(line, sizeof line, "%.*s", (int)(length < 511 ? length : 511), *text);
        *text += length + ((*text)[length] == '\n');
        if (sscanf(line, " [%90[^]]]", section) == 1)
            continue;
        // A line with += goes on with a text that is cut anyway.
        int end = 0;
        if (sscanf(line, " %40[a-z0-9_] =%n", name, &end) != 1 || end == 0)
            continue;
        snprintf(key, HRM_SETTING, "%.50s.%.40s", section, name);
        snprintf(value, HRM_SETTING, "%.90s", line + end + strspn(line + end, " "));
        return true;
    }
    return false;
}

bool hrm_settings_find(const char *text, const char *key, char value[HRM_SETTING])
{
    char section[HRM_SETTING] = "", found[HRM_SETTING];
    while (hrm_settings_next(&text, section, found, value))
        if (strcmp(found, key) == 0)
            return true;
    snprintf(value, HRM_SETTING, "nothing");
    return false;
}
