#include "core/base/target.h"

#include <ctype.h>
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define LINKS 40 ///< as many as Linux follows

/// The descriptor of this process that a path names; -1: none.
static int descriptor_of(const char *path)
{
    static const char *const folders[] = {"/dev/fd/", "/proc/self/fd/"};
    if (strcmp(path, "/dev/stdout") == 0 || strcmp(path, "/dev/stderr") == 0)
        return path[8] == 'o' ? STDOUT_FILENO : STDERR_FILENO;
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++) {
        const size_t length = strlen(folders[i]);
        const char *number = path + length;
        if (strncmp(path, folders[i], length) == 0 && isdigit((unsigned char)*number) &&
            strlen(number) < 8 && number[strspn(number, "0123456789")] == '\0')
            return atoi(number);
    }
    return -1;
}

/// Put what a link holds in its place. Returns whether there is room for it.
static bool follow(char path[HRM_PATH], const char *link, size_t length)
{
    const char *slash = *link == '/' ? NULL : strrchr(path, '/');
    const size_t folder = slash ? (size_t)(slash - path) + 1 : 0;
    if (folder + length >= HRM_PATH)
        return false;
    memcpy(path + folder, link, length);
    path[folder + length] = '\0';
    return true;
}

/// What is left when there is no link to follow, or one that the kernel alone can follow.
static enum hrm_target_kind kind_of(const char *path)
{
    struct stat found;
    const bool other =
        stat(path, &found) == 0 && !S_ISREG(found.st_mode) && !S_ISDIR(found.st_mode);
    return other ? HRM_TARGET_DEVICE : HRM_TARGET_FILE;
}

int hrm_target_find(struct hrm_target *target, const char *path, struct hrm_error *error)
{
    char link[HRM_PATH];
    const bool fits = strlen(path) < HRM_PATH;
    *target = (struct hrm_target){.descriptor = -1};
    if (fits)
        strcpy(target->path, path);
    for (int links = 0; fits && links < LINKS; links++) {
        target->descriptor = descriptor_of(target->path);
        target->kind = target->descriptor >= 0 ? HRM_TARGET_OPEN : kind_of(target->path);
        if (target->kind == HRM_TARGET_OPEN)
            return HRM_OK;
        // The links of /proc to pipes hold no path.
        const bool inside = strncmp(target->path, "/proc/", 6) == 0;
        ssize_t length = inside && target->kind == HRM_TARGET_DEVICE
                             ? -1
                             : readlink(target->path, link, sizeof link);
        if (length < 0)
            return HRM_OK;
        if (!follow(target->path, link, (size_t)length))
            break;
    }
    hrm_fail(error, HRM_USAGE, "path too long, or its symbolic links go in a circle: %.200s", path);
    return hrm_hint(error, "give another path");
}

/// What stat() says of a regular file.
static bool look(const char *path, struct stat *found)
{
    return path && *path && stat(path, found) == 0 && S_ISREG(found->st_mode);
}

static bool same_inode(const struct stat *left, const struct stat *right)
{
    return left->st_dev == right->st_dev && left->st_ino == right->st_ino;
}

bool hrm_target_same(const char *left, const char *right)
{
    struct stat found[2];
    struct hrm_target targets[2];
    if (look(left, &found[0]) && look(right, &found[1]))
        return same_inode(&found[0], &found[1]);
    // Neither is there yet.
    return !*left || !*right || access(left, F_OK) == 0 || access(right, F_OK) == 0 ||
                   hrm_target_find(&targets[0], left, NULL) ||
                   hrm_target_find(&targets[1], right, NULL)
               ? false
               : strcmp(targets[0].path, targets[1].path) == 0;
}

int hrm_target_apart(const char *output, const char *const *inputs, int count,
                     struct hrm_error *error)
{
    struct stat written, read;
    if (!look(output, &written))
        return HRM_OK;
    for (int i = 0; i < count; i++) {
        if (!look(inputs[i], &read) || !same_inode(&written, &read))
            continue;
        hrm_fail(error, HRM_USAGE, "%.450s would be written over %.450s, which is read", output,
                 inputs[i]);
        return hrm_hint(error, "they are the same file: give the output another name");
    }
    return HRM_OK;
}
