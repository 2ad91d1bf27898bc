#include "core/base/atomic_file.h"

#include "core/base/magic.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void folder_of(const char *path, char folder[HRM_PATH])
{
    snprintf(folder, HRM_PATH, "%s", path);
    char *slash = strrchr(folder, '/');
    if (slash == NULL)
        strcpy(folder, ".");
    else
        slash[slash == folder] = '\0';
}

/// A name that is missing, or has no room for what is appended while the file is written.
static int check_name(const char *path, struct hrm_error *error)
{
    enum { APPENDED = 24 }; // ".part.4194304.partial" and a bit
    const char *slash = strrchr(path, '/');
    if (*path == '\0') {
        hrm_fail(error, HRM_USAGE, "the name of the file to write is empty");
        return hrm_hint(error, "is a variable of the shell empty? Give a file name");
    }
    if (strlen(slash ? slash + 1 : path) + APPENDED <= NAME_MAX)
        return HRM_OK;
    hrm_fail(error, HRM_USAGE, "the name of the file to write is too long: %.300s", path);
    return hrm_hint(error, "give a name of at most %d characters", NAME_MAX - APPENDED);
}

static int check_target(const char *path, const char *folder, struct hrm_error *error)
{
    struct stat status;
    if (check_name(path, error) != HRM_OK)
        return HRM_USAGE;
    if (stat(path, &status) == 0 && S_ISDIR(status.st_mode)) {
        hrm_fail(error, HRM_USAGE, "%s is a folder, a file is to be written", path);
        return hrm_hint(error, "give a file name");
    }
    if (access(folder, W_OK | X_OK) != 0) {
        hrm_fail(error, HRM_USAGE, "cannot write %s: folder %s: %s", path, folder, strerror(errno));
        return hrm_hint(error, "create the folder or choose another");
    }
    if (access(path, F_OK) == 0 && access(path, W_OK) != 0) {
        hrm_fail(error, HRM_USAGE, "%s is there and write-protected", path);
        return hrm_hint(error, "give another name, or allow writing with chmod u+w");
    }
    return HRM_OK;
}

static int refuse_long(const char *path, struct hrm_error *error)
{
    hrm_fail(error, HRM_USAGE, "path too long, %zu characters: %.200s...", strlen(path), path);
    return hrm_hint(error,
                    "use a shorter path: the system takes %d characters with all that is "
                    "appended to it",
                    HRM_PATH - 1);
}

int hrm_atomic_file_fits(const char *path, struct hrm_error *error)
{
    enum { APPENDED = 128 };
    return strlen(path) + APPENDED < HRM_PATH ? HRM_OK : refuse_long(path, error);
}

/// Name the temporary file beside a target that no link leads to any more.
static int begin_beside(struct hrm_atomic_file *output, const char *path, struct hrm_error *error)
{
    char folder[HRM_PATH];
    char suffix[32];
    snprintf(suffix, sizeof suffix, ".%ld.partial", (long)getpid());
    int status = strlen(path) + strlen(suffix) < HRM_PATH ? HRM_OK : refuse_long(path, error);
    if (status != HRM_OK)
        return status;
    folder_of(path, folder);
    status = check_target(path, folder, error);
    if (status != HRM_OK)
        return status;
    strcpy(output->path, path);
    strcpy(output->temporary, path);
    strcat(output->temporary, suffix);
    return HRM_OK;
}

int hrm_atomic_file_begin(struct hrm_atomic_file *output, const char *path, struct hrm_error *error)
{
    struct hrm_target target;
    *output = (struct hrm_atomic_file){0};
    int status = hrm_target_find(&target, path, error);
    if (status != HRM_OK)
        return status;
    if (target.kind == HRM_TARGET_FILE)
        return begin_beside(output, target.path, error);
    hrm_fail(error, HRM_USAGE, "%s is a pipe or a device, and an HDF5 file is to be written", path);
    return hrm_hint(error, "such a file is not written from front to back: give a file name");
}

/// A text does not go over a file of the program that took hours to make.
static int refuse_sealed(const char *path, struct hrm_error *error)
{
    if (!hrm_magic_found(path))
        return HRM_OK;
    hrm_fail(error, HRM_USAGE, "%s is an HDF5 file that hrmpi wrote, and a text would replace it",
             path);
    return hrm_hint(error, "give another name, or remove the file first");
}

int hrm_atomic_file_check(const char *path, struct hrm_error *error)
{
    struct hrm_target target;
    char folder[HRM_PATH];
    int status = hrm_target_find(&target, path, error);
    if (status == HRM_OK)
        status = refuse_sealed(path, error);
    if (status != HRM_OK || target.kind != HRM_TARGET_FILE)
        return status;
    folder_of(target.path, folder);
    return check_target(target.path, folder, error);
}

static int cannot_write(const char *path, int reason, struct hrm_error *error)
{
    hrm_fail(error, HRM_FAILED, "%s: cannot be written: %s", path, strerror(reason));
    return hrm_hint(error, "check free space, quota and permissions of the folder");
}

int hrm_atomic_file_open(struct hrm_atomic_file *output, const char *path, int *file,
                         struct hrm_error *error)
{
    struct hrm_target target;
    *output = (struct hrm_atomic_file){0};
    *file = -1;
    int status = hrm_target_find(&target, path, error);
    if (status == HRM_OK)
        status = refuse_sealed(path, error);
    if (status == HRM_OK && target.kind == HRM_TARGET_FILE)
        status = begin_beside(output, target.path, error);
    if (status != HRM_OK)
        return status;
    if (target.kind == HRM_TARGET_FILE)
        *file = open(output->temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    else if (target.kind == HRM_TARGET_OPEN)
        *file = fcntl(target.descriptor, F_DUPFD_CLOEXEC, 0);
    else
        *file = open(target.path, O_WRONLY | O_NOCTTY | O_CLOEXEC);
    if (*file < 0) {
        status = cannot_write(path, errno, error);
        output->temporary[0] = '\0';
        return status;
    }
    strcpy(output->path, target.path);
    return HRM_OK;
}

static int sync_path(const char *path, int flags)
{
    int file = open(path, flags);
    if (file < 0)
        return -1;
    int result = fsync(file);
    close(file);
    return result;
}

int hrm_atomic_file_commit(struct hrm_atomic_file *output, struct hrm_error *error)
{
    char folder[HRM_PATH];
    if (output->temporary[0] == '\0')
        return HRM_OK;
    folder_of(output->path, folder);
    if (sync_path(output->temporary, O_RDWR) != 0 || rename(output->temporary, output->path) != 0) {
        hrm_fail(error, HRM_FAILED, "cannot write %s: %s", output->path, strerror(errno));
        hrm_atomic_file_abandon(output);
        return hrm_hint(error, "check free space, quota and permissions of the folder");
    }
    // The rename itself is made durable; some file systems refuse this, which is no failure.
    sync_path(folder, O_RDONLY | O_DIRECTORY);
    output->temporary[0] = '\0';
    return HRM_OK;
}

void hrm_atomic_file_abandon(struct hrm_atomic_file *output)
{
    if (output->temporary[0] != '\0')
        unlink(output->temporary);
    output->temporary[0] = '\0';
}

int hrm_atomic_file_text(const char *path, hrm_text_writer *write, const void *context,
                         struct hrm_error *error)
{
    struct hrm_atomic_file file;
    int descriptor;
    int status = hrm_atomic_file_open(&file, path, &descriptor, error);
    if (status)
        return status;
    FILE *stream = fdopen(descriptor, "w");
    if (!stream) {
        status = cannot_write(path, errno, error);
        close(descriptor);
        hrm_atomic_file_abandon(&file);
        return status;
    }
    status = write(stream, context, error);
    errno = 0;
    const bool whole = fflush(stream) == 0 && !ferror(stream);
    const int reason = errno ? errno : EIO;
    if ((fclose(stream) != 0 || !whole) && status == HRM_OK)
        status = cannot_write(path, reason, error);
    if (status == HRM_OK)
        return hrm_atomic_file_commit(&file, error);
    hrm_atomic_file_abandon(&file);
    return status;
}

/// Whether a name goes on with what MPI puts beside a file that it has open: BEGINNING and digits.
static bool is_beside(const char *end)
{
    static const char *const beginnings[] = {".locktest.", ".data.", ".metadata."};
    for (size_t i = 0; i < sizeof beginnings / sizeof *beginnings; i++) {
        size_t length = strlen(beginnings[i]);
        if (strncmp(end, beginnings[i], length) == 0 && end[length] != '\0')
            return end[length + strspn(end + length, "0123456789")] == '\0';
    }
    return false;
}

bool hrm_atomic_file_is_partial(const char *name)
{
    const char *end = strstr(name, ".partial");
    if (!end)
        return false;
    end += strlen(".partial");
    return *end == '\0' || is_beside(end);
}

/// Whether `name` is "base.123.partial", or what MPI puts beside it or "base".
static bool is_temporary(const char *name, const char *base)
{
    const size_t length = strlen(base);
    if (strncmp(name, base, length) != 0 || name[length] != '.')
        return false;
    name += length;
    if (is_beside(name))
        return true;
    name += 1 + strspn(name + 1, "0123456789");
    return *name == '.' && hrm_atomic_file_is_partial(name);
}

void hrm_atomic_file_clear(const char *path)
{
    char folder[HRM_PATH], found[2 * HRM_PATH];
    const char *slash = strrchr(path, '/');
    const struct dirent *entry;
    folder_of(path, folder);
    DIR *listing = opendir(folder);
    while (listing && (entry = readdir(listing))) {
        snprintf(found, sizeof found, "%s/%s", folder, entry->d_name);
        if (is_temporary(entry->d_name, slash ? slash + 1 : path))
            unlink(found);
    }
    if (listing)
        closedir(listing);
}
