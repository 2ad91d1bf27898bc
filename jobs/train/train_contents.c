#include "jobs/train/train_contents.h"

#include "core/file/checkpoint.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static bool is_numbered(const char *name, const char *prefix)
{
    size_t length = strlen(name), front = strlen(prefix);
    return length > front + 3 && strncmp(name, prefix, front) == 0 &&
           strcmp(name + length - 3, ".h5") == 0;
}

bool train_contents_is_replica(const char *name)
{
    return strncmp(name, "replica-", 8) == 0;
}

bool train_contents_is_ours(const char *name)
{
    return is_numbered(name, "step-") || is_numbered(name, "state-") ||
           hrm_atomic_file_is_partial(name) || strcmp(name, "metrics.jsonl") == 0 ||
           strcmp(name, "LATEST") == 0;
}

static void note(char path[HRM_PATH], const char *folder, const char *name)
{
    if (*path == '\0')
        snprintf(path, HRM_PATH, "%.3800s/%.255s", folder, name);
}

static void look_at_replica(struct train_contents *contents, const char *folder)
{
    char snapshot[HRM_PATH] = "";
    bool states = false, metrics = false;
    DIR *listing = opendir(folder);
    const struct dirent *entry;
    while (listing && (entry = readdir(listing))) {
        const char *name = entry->d_name;
        states = states || is_numbered(name, "state-");
        metrics = metrics || strcmp(name, "metrics.jsonl") == 0;
        if (train_contents_is_ours(name) && !hrm_atomic_file_is_partial(name))
            note(contents->file, folder, name);
        if (is_numbered(name, "step-"))
            note(snapshot, folder, name);
    }
    if (listing)
        closedir(listing);
    if (*snapshot == '\0' || states)
        return;
    strcpy(contents->stateless, snapshot);
    if (!metrics || hrm_checkpoint_is_compressed(snapshot))
        strcpy(contents->exported, snapshot);
}

/// Whether a file has the sections of a training's configuration.
static bool is_config(const char *path)
{
    char line[512];
    bool model = false, train = false;
    FILE *stream = fopen(path, "r");
    while (stream && fgets(line, sizeof line, stream)) {
        model = model || strncmp(line, "[model]", 7) == 0;
        train = train || strncmp(line, "[train]", 7) == 0;
    }
    if (stream)
        fclose(stream);
    return model && train;
}

void train_contents_look(struct train_contents *contents, const char *output)
{
    char path[HRM_PATH];
    DIR *listing = opendir(output);
    const struct dirent *entry;
    *contents = (struct train_contents){0};
    snprintf(path, sizeof path, "%.3800s/config.ini", output);
    contents->config = access(path, F_OK) == 0;
    contents->foreign_config = contents->config && !is_config(path);
    while (listing && (entry = readdir(listing))) {
        snprintf(path, sizeof path, "%.3800s/%.255s", output, entry->d_name);
        if (train_contents_is_replica(entry->d_name))
            look_at_replica(contents, path);
    }
    if (listing)
        closedir(listing);
}
