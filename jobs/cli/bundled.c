#include "jobs/cli/bundled.h"

#include "build_info.h"

#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ROOTS 3

/// The folders that may hold the files, the best first.
static void list_roots(char roots[ROOTS][PATH_MAX])
{
    char program[PATH_MAX];
    ssize_t length = readlink("/proc/self/exe", program, sizeof program - 1);
    program[length > 0 ? length : 0] = '\0';
    char *slash = strrchr(program, '/');
    if (slash)
        *slash = '\0';
    if (snprintf(roots[0], PATH_MAX, "%s/../share/hrmpi", program) >= PATH_MAX)
        roots[0][0] = '\0';
    snprintf(roots[1], PATH_MAX, "%s", HRM_SOURCE_SHARE);
    snprintf(roots[2], PATH_MAX, "%s", HRM_INSTALL_SHARE);
}

bool hrm_bundled_find(const char *name, char *path, size_t size)
{
    char roots[ROOTS][PATH_MAX];
    list_roots(roots);
    for (int i = 0; i < ROOTS; i++) {
        int length = snprintf(path, size, "%s/%s", roots[i], name);
        if (length > 0 && (size_t)length < size && access(path, R_OK) == 0)
            return true;
    }
    return false;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(a, b);
}

int hrm_bundled_list(const char *folder, const char *suffix, char names[][64], int maximum)
{
    char path[PATH_MAX];
    DIR *directory = hrm_bundled_find(folder, path, sizeof path) ? opendir(path) : NULL;
    int count = 0;
    if (!directory)
        return 0;
    for (struct dirent *entry; count < maximum && (entry = readdir(directory));) {
        size_t length = strlen(entry->d_name), tail = strlen(suffix);
        if (length <= tail || length - tail >= sizeof names[0] ||
            strcmp(entry->d_name + length - tail, suffix) != 0)
            continue;
        memcpy(names[count], entry->d_name, length - tail);
        names[count++][length - tail] = '\0';
    }
    closedir(directory);
    qsort(names, (size_t)count, sizeof names[0], by_name);
    return count;
}

bool hrm_bundled_find_puzzles(const char *name, char *path, size_t size)
{
    char bundled[PATH_MAX];
    snprintf(path, size, "%s", name);
    if (access(name, F_OK) == 0)
        return true;
    snprintf(bundled, sizeof bundled, "data/%.200s.csv.gz", name);
    return !strchr(name, '/') && hrm_bundled_find(bundled, path, size);
}

bool hrm_bundled_find_model(const char *name, char *path, size_t size)
{
    char bundled[PATH_MAX];
    snprintf(bundled, sizeof bundled, "models/%.200s", name);
    return !strchr(name, '/') && *name != '.' && hrm_bundled_find(bundled, path, size);
}

bool hrm_bundled_preset_about(const char *name, char *text, size_t size)
{
    char file[96], path[PATH_MAX], line[160];
    snprintf(file, sizeof file, "presets/%.63s.ini", name);
    FILE *stream = hrm_bundled_find(file, path, sizeof path) ? fopen(path, "r") : NULL;
    bool found = stream && fgets(line, sizeof line, stream) && strncmp(line, "# ", 2) == 0;
    if (stream)
        fclose(stream);
    if (found)
        snprintf(text, size, "%.*s", (int)strcspn(line + 2, "\n"), line + 2);
    return found;
}
