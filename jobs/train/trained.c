#include "jobs/train/trained.h"

#include <ini.h>
#include <string.h>

static int take(void *mixing, const char *section, const char *name, const char *value)
{
    if (strcmp(section, "train") == 0 && strcmp(name, "mixing") == 0)
        *(int *)mixing = strcmp(value, "true") == 0;
    return 1;
}

int trained_with_mixing(const char *config)
{
    int mixing = -1;
    ini_parse_string(config, take, &mixing);
    return mixing;
}
