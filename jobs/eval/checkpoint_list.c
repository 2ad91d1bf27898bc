#include "jobs/eval/checkpoint_list.h"

#include "core/base/list.h"
#include "core/file/checkpoint.h"
#include "core/file/h5.h"
#include "core/file/h5_attribute.h"
#include "core/file/seal.h"
#include "jobs/cli/bundled.h"
#include "jobs/cli/console.h"

#include <errno.h>
#include <fts.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/// A checkpoint of a folder, and what it is sorted by.
struct found {
    char path[HRM_PATH];
    int run; ///< bytes of the path that name the folder of its training run
    int replica;
    int64_t step;
    struct checkpoint_mark mark;
    bool link, left_out;
};

struct folder {
    const char *path;
    struct found *found;
    int count, capacity;
};

// --- one checkpoint twice ------------------------------------------------------------------------

enum { WARNINGS = 5 }; ///< files that are named when they are left out

static struct checkpoint_mark mark_of(const char *path)
{
    struct checkpoint_mark mark = {0};
    struct stat state;
    if (stat(path, &state) == 0 && S_ISREG(state.st_mode)) {
        mark.device = (uint64_t)state.st_dev;
        mark.inode = (uint64_t)state.st_ino;
        mark.seal = hrm_seal_mark(path);
    }
    return mark;
}

static bool is_same(const struct checkpoint_mark *a, const struct checkpoint_mark *b)
{
    bool link = a->device == b->device && a->inode == b->inode && a->inode != 0;
    return link || (a->seal == b->seal && a->seal != 0);
}

/// The file `left` is the file `kept` again.
static void leave_out(struct checkpoint_list *list, const char *left, const char *kept)
{
    if (list->doubled++ < WARNINGS)
        hrm_console_warn("%s and %s are the same checkpoint, which is taken once", kept, left);
    else if (list->doubled == WARNINGS + 1)
        hrm_console_warn("more files are checkpoints that are there already");
}

void checkpoint_list_drop(struct checkpoint_list *list, int index, int first)
{
    size_t behind = (size_t)(--list->count - index);
    leave_out(list, list->paths[index], list->paths[first]);
    memmove(list->paths + index, list->paths + index + 1, behind * sizeof *list->paths);
    if (list->marks)
        memmove(list->marks + index, list->marks + index + 1, behind * sizeof *list->marks);
}

// --- adding --------------------------------------------------------------------------------------

static int reserve(struct checkpoint_list *list, struct hrm_error *error)
{
    if (list->count < list->capacity)
        return HRM_OK;
    int capacity = list->capacity ? 2 * list->capacity : 16;
    void *paths = realloc(list->paths, (size_t)capacity * sizeof *list->paths);
    list->paths = paths ? paths : list->paths;
    void *marks = realloc(list->marks, (size_t)capacity * sizeof *list->marks);
    list->marks = marks ? marks : list->marks;
    if (!paths || !marks)
        return hrm_fail(error, HRM_FAILED, "no memory for %d paths", capacity);
    list->capacity = capacity;
    return HRM_OK;
}

static int append(struct checkpoint_list *list, const char *path, struct hrm_error *error)
{
    struct checkpoint_mark mark = mark_of(path);
    if (strlen(path) >= HRM_PATH)
        return hrm_fail(error, HRM_USAGE, "path too long: %.200s...", path);
    for (int i = 0; i < list->count; i++)
        if (is_same(&list->marks[i], &mark)) {
            leave_out(list, path, list->paths[i]);
            return HRM_OK;
        }
    int status = reserve(list, error);
    if (status)
        return status;
    strcpy(list->paths[list->count], path);
    list->marks[list->count++] = mark;
    return HRM_OK;
}

// --- folders -------------------------------------------------------------------------------------

/// Whether an HDF5 file says that it is a checkpoint.
static bool is_checkpoint(const char *path)
{
    char schema[64] = "";
    hid_t file = -1;
    struct hrm_error unused = {0};
    if (hrm_h5_is_foreign(path))
        return false;
    // Any other that cannot be opened counts: reading it will say what is wrong.
    if (hrm_h5_open(path, H5F_ACC_RDONLY, H5P_DEFAULT, &file, &unused))
        return true;
    int status = hrm_h5_read_text(file, "schema", schema, sizeof schema, &unused);
    hrm_h5_close(&file, &unused);
    return status == HRM_OK && strcmp(schema, "hrmpi-checkpoint") == 0;
}

/// The folder of a run has the file itself, or a folder replica-N with it.
static int find_run(const char *path)
{
    const char *file = strrchr(path, '/'), *folder = file;
    while (folder > path && folder[-1] != '/')
        folder--;
    bool replica = strncmp(folder, "replica-", 8) == 0 && folder > path;
    return (int)((replica ? folder - 1 : file) - path);
}

static int add_found(struct folder *folder, const char *path, struct hrm_error *error)
{
    size_t length = strlen(path);
    if (length < 4 || length >= HRM_PATH || strcmp(path + length - 3, ".h5") != 0 ||
        !is_checkpoint(path))
        return HRM_OK;
    if (folder->count == folder->capacity) {
        int capacity = folder->capacity ? 2 * folder->capacity : 16;
        void *grown = realloc(folder->found, (size_t)capacity * sizeof *folder->found);
        if (!grown)
            return hrm_fail(error, HRM_FAILED, "no memory for %d paths", capacity);
        folder->found = grown;
        folder->capacity = capacity;
    }
    struct found *found = &folder->found[folder->count];
    struct hrm_checkpoint header = {0};
    struct stat state;
    int status = hrm_checkpoint_read_header(path, &header, error);
    *found = (struct found){.mark = mark_of(path)};
    found->link = lstat(path, &state) == 0 && S_ISLNK(state.st_mode);
    strcpy(found->path, path);
    found->run = find_run(path);
    found->replica = header.provenance.replica;
    found->step = header.provenance.step;
    hrm_checkpoint_free(&header);
    folder->count += status == HRM_OK;
    return status;
}

static int compare_runs(const struct found *a, const struct found *b)
{
    int order = memcmp(a->path, b->path, (size_t)(a->run < b->run ? a->run : b->run));
    return order ? order : a->run - b->run;
}

static int compare_found(const void *left, const void *right)
{
    const struct found *a = left, *b = right;
    if (compare_runs(a, b))
        return compare_runs(a, b);
    if (a->replica != b->replica)
        return a->replica < b->replica ? -1 : 1;
    if (a->step != b->step)
        return a->step < b->step ? -1 : 1;
    return strcmp(a->path, b->path);
}

static int walk(struct folder *folder, struct hrm_error *error)
{
    char *roots[] = {(char *)(uintptr_t)folder->path, NULL};
    int status = HRM_OK;
    FTS *tree = fts_open(roots, FTS_LOGICAL | FTS_NOCHDIR, NULL);
    if (!tree)
        return hrm_fail(error, HRM_DATA, "%s: %s", folder->path, strerror(errno));
    for (FTSENT *entry = fts_read(tree); entry && status == HRM_OK; entry = fts_read(tree)) {
        if (entry->fts_info == FTS_D && entry->fts_level > 3)
            fts_set(tree, entry, FTS_SKIP);
        else if (entry->fts_info == FTS_F)
            status = add_found(folder, entry->fts_path, error);
    }
    fts_close(tree);
    return status;
}

/// Keep one of the files that are the same checkpoint, rather not a link.
static void leave_out_twins(struct checkpoint_list *list, struct folder *folder)
{
    struct found *found = folder->found;
    for (int i = 0; i < folder->count; i++)
        for (int k = 0; k < i && !found[i].left_out; k++) {
            if (found[k].left_out || !is_same(&found[k].mark, &found[i].mark))
                continue;
            bool first = found[k].link && !found[i].link;
            found[first ? k : i].left_out = true;
            leave_out(list, found[first ? k : i].path, found[first ? i : k].path);
        }
    int kept = 0;
    for (int i = 0; i < folder->count; i++)
        if (!found[i].left_out)
            found[kept++] = found[i];
    folder->count = kept;
}

static int add_folder(struct checkpoint_list *list, const char *path, int last,
                      struct hrm_error *error)
{
    struct folder folder = {.path = path};
    int status = walk(&folder, error);
    if (status == HRM_OK && folder.count == 0) {
        status = hrm_fail(error, HRM_DATA, "there are no checkpoints in %s", path);
        hrm_hint(error, "give the folder of a training run, or files of checkpoints");
    }
    if (status == HRM_OK) {
        qsort(folder.found, (size_t)folder.count, sizeof *folder.found, compare_found);
        leave_out_twins(list, &folder);
    }
    for (int i = 0; i < folder.count && status == HRM_OK; i++) {
        const struct found *found = &folder.found[i];
        int left = 0; // later ones of the same replica
        while (i + left + 1 < folder.count && found[left + 1].replica == found->replica &&
               compare_runs(&found[left + 1], found) == 0)
            left++;
        if (last == 0 || left < last)
            status = append(list, found->path, error);
    }
    free(folder.found);
    return status;
}

// --- what is named -------------------------------------------------------------------------------

int checkpoint_list_add(struct checkpoint_list *list, const char *path, int last,
                        struct hrm_error *error)
{
    struct stat state;
    char bundled[HRM_PATH];
    if (*path == '\0') {
        hrm_fail(error, HRM_USAGE, "a path of a checkpoint is empty");
        return hrm_hint(error, "is a variable of the shell empty? Give files or folders");
    }
    if (stat(path, &state) != 0) {
        int reason = errno;
        if (hrm_bundled_find_model(path, bundled, sizeof bundled))
            return add_folder(list, bundled, last, error);
        hrm_fail(error, HRM_DATA, "checkpoint %.500s: %s", path, strerror(reason));
        return hrm_hint(error, "give files or folders of checkpoints: arguments are one path each, "
                               "--checkpoints A,B has several");
    }
    return S_ISDIR(state.st_mode) ? add_folder(list, path, last, error) : append(list, path, error);
}

static bool exists(const char *path)
{
    struct stat state;
    return stat(path, &state) == 0;
}

int checkpoint_list_add_all(struct checkpoint_list *list, const char *text, int last,
                            struct hrm_error *error)
{
    char path[HRM_PATH] = "";
    int status = HRM_OK, named = 0;
    for (const char *at = *text ? text : NULL; at && status == HRM_OK;) {
        status = hrm_list_next(&at, exists, path, sizeof path, error);
        named += *path != '\0';
        if (status == HRM_OK && *path)
            status = checkpoint_list_add(list, path, last, error);
    }
    if (status || named > 0 || *text == '\0')
        return status;
    hrm_fail(error, HRM_USAGE, "--checkpoints %.200s names no checkpoint", text);
    return hrm_hint(error, "write files or folders of checkpoints, as --checkpoints runs/a,b.h5");
}

int checkpoint_list_gather(struct checkpoint_list *list, const char *text, char **names, int count,
                           int last, struct hrm_error *error)
{
    const bool none = *text == '\0' && count == 0;
    int status = checkpoint_list_add_all(list, none ? CHECKPOINT_LIST_DEFAULT : text, last, error);
    for (int i = 0; i < count && status == HRM_OK; i++)
        status = checkpoint_list_add(list, names[i], last, error);
    if (status || list->count > 0)
        return status;
    hrm_fail(error, HRM_USAGE, "the list of checkpoints is empty");
    return hrm_hint(error, "give files or folders of checkpoints, separated by commas");
}

void checkpoint_list_free(struct checkpoint_list *list)
{
    free(list->paths);
    free(list->marks);
    *list = (struct checkpoint_list){0};
}
