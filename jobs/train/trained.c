#include "jobs/train/trained.h"

#include <ini.h>
#include <stdio.h>
#include <string.h>

static int take(void *mixing, const char *section, const char *name, const char *value)
{
    if (strcmp(section, "train") == 0 && strcmp(name, "mixing") == 0)
        *(int *)mixing = strcmp(value, "true") == 0;
    return 1;
}

/// Where the name of the training set goes.
struct place {
    char *text;
    size_t size;
    bool found;
};

static int take_puzzles(void *user, const char *section, const char *name, const char *value)
{
    struct place *place = user;
    if (strcmp(section, "train") == 0 && strcmp(name, "puzzles") == 0) {
        snprintf(place->text, place->size, "%s", value);
        place->found = true;
    }
    return 1;
}

bool trained_on(const char *config, char *puzzles, size_t size)
{
    struct place place = {puzzles, size, false};
    ini_parse_string(config, take_puzzles, &place);
    return place.found;
}

int trained_with_mixing(const char *config)
{
    int mixing = -1;
    ini_parse_string(config, take, &mixing);
    return mixing;
}
