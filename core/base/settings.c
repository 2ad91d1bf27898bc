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
        *value = '\0';
        if (*line != '#' && *line != ';' && strchr(line, '=') &&
            sscanf(line, " %40[a-z0-9_] = %90[^\n]", name, value) >= 1) {
            snprintf(key, HRM_SETTING, "%.50s.%.40s", section, name);
            return true;
        }
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
