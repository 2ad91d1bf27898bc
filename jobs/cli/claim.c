#include "jobs/cli/claim.h"

#include "jobs/cli/console.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/// How often to look, 50 ms apart, while a mark comes and goes or is being written.
#define LOOKS 60

#define NAME (HRM_PATH + 64) ///< bytes of a mark's path and what is added to it

/// What came of one attempt.
enum outcome { HELD, REFUSED, AGAIN };

struct attempt {
    const char *mark, *place;
    char temporary[NAME]; ///< holds `text`, to be linked
    char text[HRM_OWNER_TEXT];
    const struct hrm_owner *self;
};

/// MARK.TOKEN.partial is a mark on its way, and what hrm_atomic_file_clear(MARK) removes;
/// MARK.TOKEN.next is held by who takes over from the owner of that token.
static char *name_of(const char *mark, uint64_t token, const char *what, char path[NAME])
{
    snprintf(path, NAME, "%s.%" PRIu64 ".%s", mark, token, what);
    return path;
}

static int cannot_write(const char *path, struct hrm_error *error)
{
    hrm_fail(error, HRM_FAILED, "%s: cannot be written: %s", path, strerror(errno));
    return hrm_hint(error, "check free space, quota and permissions of the folder");
}

// --- files ---------------------------------------------------------------------------------------

/// Write a file that is not there yet. Returns false with errno.
static bool write_new(const char *path, const char *text)
{
    size_t length = strlen(text);
    int file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (file < 0)
        return false;
    errno = 0;
    bool whole = write(file, text, length) == (ssize_t)length && fsync(file) == 0;
    int reason = errno ? errno : ENOSPC;
    if (close(file) != 0 || !whole)
        unlink(path);
    errno = reason;
    return whole;
}

/// Read the owner that a mark names. Returns false with errno; 0: the text is not complete.
static bool read_mark(const char *path, struct hrm_owner *owner)
{
    char text[2 * HRM_OWNER_TEXT];
    int file = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    if (file < 0)
        return false;
    ssize_t length = read(file, text, sizeof text - 1);
    close(file);
    text[length > 0 ? length : 0] = '\0';
    errno = 0;
    return hrm_owner_read(owner, text);
}

/// Give the temporary file the name `path`, which only one process can do. The answer to a link
/// can get lost on its way from a server that has made it.
static bool put(const struct attempt *attempt, const char *path)
{
    struct stat status;
    if (link(attempt->temporary, path) == 0)
        return true;
    int reason = errno;
    if (stat(attempt->temporary, &status) == 0 && status.st_nlink > 1)
        return true;
    errno = reason;
    if (reason == EPERM || reason == EOPNOTSUPP || reason == ENOSYS || reason == EMLINK)
        return write_new(path, attempt->text);
    return false;
}

// --- a mark that is there ------------------------------------------------------------------------

/// Who holds the mark: the owner that it names, or the last of those that have begun to take it
/// over from one another.
static bool find_holder(const char *mark, struct hrm_owner *first, struct hrm_owner *holder)
{
    char path[NAME];
    struct hrm_owner next;
    if (!read_mark(mark, first))
        return false;
    *holder = *first;
    while (read_mark(name_of(mark, holder->token, "next", path), &next))
        *holder = next;
    return errno == ENOENT;
}

static int refuse(const struct attempt *attempt, const struct hrm_owner *holder, bool lives,
                  struct hrm_error *error)
{
    char name[512];
    hrm_owner_name(holder, name, sizeof name);
    if (lives) {
        hrm_fail(error, HRM_USAGE, "another run writes to %.400s: %.400s", attempt->place, name);
        return hrm_hint(error,
                        "wait for its end, stop it there with 'kill -USR1 %lld', or choose another "
                        "--output",
                        (long long)holder->process);
    }
    hrm_fail(error, HRM_USAGE,
             "another run may still write to %.300s: %.400s; from host %.64s that cannot be seen",
             attempt->place, name, attempt->self->host);
    return hrm_hint(error,
                    "when that run is certainly over, remove %.300s and start again; "
                    "else choose another --output",
                    attempt->mark);
}

static int refuse_unread(const struct attempt *attempt, struct hrm_error *error)
{
    hrm_fail(error, HRM_USAGE, "another run may write to %.300s: its mark %.300s cannot be read",
             attempt->place, attempt->mark);
    return hrm_hint(error,
                    "when no run writes there, remove %.300s and start again; "
                    "else choose another --output",
                    attempt->mark);
}

/// Remove what those have left that took over from one another.
static void clear_steps(const char *mark, uint64_t token)
{
    char path[NAME];
    struct hrm_owner next;
    for (; read_mark(name_of(mark, token, "next", path), &next); token = next.token)
        unlink(path);
    hrm_atomic_file_clear(mark);
}

/// Replace the mark of an owner that is gone, unless somebody else does.
static enum outcome take_over(const struct attempt *attempt, const struct hrm_owner *first,
                              const struct hrm_owner *holder, struct hrm_error *error)
{
    char step[NAME], name[512];
    struct hrm_owner now;
    name_of(attempt->mark, holder->token, "next", step);
    if (!put(attempt, step))
        return AGAIN;
    if (!read_mark(attempt->mark, &now) || now.token != first->token) {
        unlink(step);
        return AGAIN;
    }
    if (rename(attempt->temporary, attempt->mark) != 0) {
        cannot_write(attempt->mark, error);
        unlink(step);
        return REFUSED;
    }
    clear_steps(attempt->mark, first->token);
    hrm_console_print("%s: taken over from a run that is gone (%s)\n", attempt->place,
                      hrm_owner_name(holder, name, sizeof name));
    return HELD;
}

static enum outcome try_once(const struct attempt *attempt, bool last, struct hrm_error *error)
{
    struct hrm_owner first, holder;
    if (put(attempt, attempt->mark))
        return HELD;
    // Whoever holds the mark may have cleared away the temporary file.
    if (errno == ENOENT && !last && write_new(attempt->temporary, attempt->text))
        return AGAIN;
    if (errno != EEXIST) {
        cannot_write(attempt->mark, error);
        return REFUSED;
    }
    if (!find_holder(attempt->mark, &first, &holder)) {
        if (last)
            refuse_unread(attempt, error);
        return last ? REFUSED : AGAIN;
    }
    enum hrm_owner_state state = hrm_owner_look(&holder, attempt->self);
    if (state == HRM_OWNER_GONE && !last)
        return take_over(attempt, &first, &holder, error);
    refuse(attempt, &holder, state == HRM_OWNER_LIVES, error);
    return REFUSED;
}

// --- the claim -----------------------------------------------------------------------------------

int hrm_claim_take(struct hrm_claim *claim, const char *path, const char *place,
                   struct hrm_error *error)
{
    struct hrm_atomic_file checked;
    struct attempt attempt = {.mark = path, .place = place, .self = &claim->self};
    enum outcome outcome = AGAIN;
    *claim = (struct hrm_claim){0};
    int status = hrm_atomic_file_begin(&checked, path, error);
    if (status)
        return status;
    hrm_owner_self(&claim->self);
    hrm_owner_write(&claim->self, attempt.text);
    name_of(path, claim->self.token, "partial", attempt.temporary);
    if (!write_new(attempt.temporary, attempt.text))
        return cannot_write(path, error);
    for (int i = 1; i <= LOOKS && outcome == AGAIN; i++) {
        outcome = try_once(&attempt, i == LOOKS, error);
        if (outcome == AGAIN)
            nanosleep(&(struct timespec){.tv_nsec = 50000000}, NULL);
    }
    unlink(attempt.temporary);
    if (outcome == HELD)
        snprintf(claim->path, sizeof claim->path, "%s", path);
    return outcome == HELD ? HRM_OK : error->status;
}

int hrm_claim_file(struct hrm_claim *claim, const char *file, struct hrm_error *error)
{
    char path[NAME];
    char *target = realpath(file, NULL);
    snprintf(path, sizeof path, "%.4000s.running", target ? target : file);
    free(target);
    return hrm_claim_take(claim, path, file, error);
}

void hrm_claim_release(struct hrm_claim *claim)
{
    struct hrm_owner owner;
    if (*claim->path && read_mark(claim->path, &owner) && owner.token == claim->self.token)
        unlink(claim->path);
    *claim->path = '\0';
}
