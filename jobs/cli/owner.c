#include "jobs/cli/owner.h"

#include "jobs/cli/owner_job.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

// --- this process --------------------------------------------------------------------------------

/// The first word of a file; empty when there is none.
static void read_word(const char *path, char word[HRM_OWNER_WORD])
{
    FILE *stream = fopen(path, "r");
    *word = '\0';
    if (!stream)
        return;
    if (fscanf(stream, "%63s", word) != 1)
        *word = '\0';
    fclose(stream);
}

/// State and start of a process, from what stands behind its name, which is in brackets and may
/// hold anything.
static bool read_process(int64_t process, char *state, int64_t *ticks)
{
    char path[64], text[1024];
    snprintf(path, sizeof path, "/proc/%" PRId64 "/stat", process);
    FILE *stream = fopen(path, "r");
    if (!stream)
        return false;
    size_t length = fread(text, 1, sizeof text - 1, stream);
    fclose(stream);
    text[length] = '\0';
    const char *behind = strrchr(text, ')');
    return behind && sscanf(behind + 1,
                            " %c %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s "
                            "%*s %*s %" SCNd64,
                            state, ticks) == 2;
}

static int64_t number_of(const char *name)
{
    const char *value = getenv(name);
    return value ? strtoll(value, NULL, 10) : 0;
}

void hrm_owner_self(struct hrm_owner *owner)
{
    char state;
    time_t now = time(NULL);
    struct tm parts;
    const char *cluster = getenv("SLURM_CLUSTER_NAME");
    *owner = (struct hrm_owner){.process = getpid(),
                                .user = geteuid(),
                                .job = number_of("SLURM_JOB_ID"),
                                .restarts = number_of("SLURM_RESTART_COUNT")};
    while (owner->token == 0)
        if (getrandom(&owner->token, sizeof owner->token, 0) != sizeof owner->token)
            owner->token = (uint64_t)now << 32 | (uint64_t)owner->process;
    if (gethostname(owner->host, sizeof owner->host - 1) != 0)
        snprintf(owner->host, sizeof owner->host, "unknown");
    read_word("/etc/machine-id", owner->machine);
    read_word("/proc/sys/kernel/random/boot_id", owner->boot);
    if (readlink("/proc/self/ns/pid", owner->space, sizeof owner->space - 1) < 0)
        *owner->space = '\0';
    read_process(owner->process, &state, &owner->ticks);
    if (localtime_r(&now, &parts))
        strftime(owner->since, sizeof owner->since, "%Y-%m-%d %H:%M:%S %z", &parts);
    snprintf(owner->cluster, sizeof owner->cluster, "%.63s", cluster ? cluster : "");
}

// --- as text -------------------------------------------------------------------------------------

enum kind { WORDS, NUMBER, TOKEN };

static const struct line {
    const char *key;
    enum kind kind;
    size_t offset, size;
} LINES[] = {
#define LINE(kind, member)                                                                         \
    {                                                                                              \
#member, kind, offsetof(struct hrm_owner, member), sizeof(((struct hrm_owner *)0)->member) \
    }
    LINE(WORDS, host), LINE(NUMBER, process),  LINE(WORDS, since),   LINE(NUMBER, user),
    LINE(NUMBER, job), LINE(NUMBER, restarts), LINE(WORDS, cluster), LINE(WORDS, machine),
    LINE(WORDS, boot), LINE(WORDS, space),     LINE(NUMBER, ticks),  LINE(TOKEN, token),
#undef LINE
};
#define LINE_COUNT (sizeof LINES / sizeof *LINES)

char *hrm_owner_write(const struct hrm_owner *owner, char text[HRM_OWNER_TEXT])
{
    size_t used = (size_t)snprintf(
        text, HRM_OWNER_TEXT,
        "# A run of hrmpi writes here. Remove this file only when that run is certainly over.\n");
    for (size_t i = 0; i < LINE_COUNT; i++) {
        const void *at = (const char *)owner + LINES[i].offset;
        char *end = text + used;
        size_t room = HRM_OWNER_TEXT - used;
        if (LINES[i].kind == WORDS)
            snprintf(end, room, "%s %s\n", LINES[i].key, (const char *)at);
        else if (LINES[i].kind == NUMBER)
            snprintf(end, room, "%s %" PRId64 "\n", LINES[i].key, *(const int64_t *)at);
        else
            snprintf(end, room, "%s %" PRIu64 "\n", LINES[i].key, *(const uint64_t *)at);
        used += strlen(end);
    }
    return text;
}

static void read_value(struct hrm_owner *owner, const struct line *line, const char *value,
                       size_t length)
{
    void *at = (char *)owner + line->offset;
    if (line->kind == WORDS)
        snprintf(at, line->size, "%.*s", (int)(length < 255 ? length : 255), value);
    else if (line->kind == NUMBER)
        *(int64_t *)at = strtoll(value, NULL, 10);
    else
        *(uint64_t *)at = strtoull(value, NULL, 10);
}

/// The token comes last, so that a text that was cut has none.
bool hrm_owner_read(struct hrm_owner *owner, const char *text)
{
    *owner = (struct hrm_owner){0};
    for (const char *end; (end = strchr(text, '\n')); text = end + 1)
        for (size_t i = 0; i < LINE_COUNT; i++) {
            size_t key = strlen(LINES[i].key);
            if (strncmp(text, LINES[i].key, key) == 0 && text[key] == ' ')
                read_value(owner, &LINES[i], text + key + 1, (size_t)(end - text) - key - 1);
        }
    return owner->token != 0 && owner->process > 0;
}

char *hrm_owner_name(const struct hrm_owner *owner, char *text, size_t size)
{
    char job[64] = "";
    if (owner->job > 0)
        snprintf(job, sizeof job, ", Slurm job %" PRId64, owner->job);
    snprintf(text, size, "process %" PRId64 " on host %s, since %s%s", owner->process, owner->host,
             owner->since, job);
    return text;
}

// --- is it there? --------------------------------------------------------------------------------

static bool is_same(const char *one, const char *other)
{
    return *one && strcmp(one, other) == 0;
}

/// A number is given to another process after a while, a zombie has ended, and other users'
/// processes may be hidden.
static enum hrm_owner_state look_at_process(const struct hrm_owner *owner)
{
    char state = '?';
    int64_t ticks = 0;
    if (read_process(owner->process, &state, &ticks))
        return ticks != owner->ticks || state == 'Z' || state == 'X' ? HRM_OWNER_GONE
                                                                     : HRM_OWNER_LIVES;
    bool nobody = kill((pid_t)owner->process, 0) != 0 && errno == ESRCH;
    return nobody ? HRM_OWNER_GONE : HRM_OWNER_UNKNOWN;
}

/// Whether the system that the owner ran on has been started anew since. Containers may share name
/// and machine-id with others on other machines; they have no process numbers of the system.
static bool has_restarted(const struct hrm_owner *owner, const struct hrm_owner *self)
{
    static const char system[] = "pid:[4026531836]"; // PROC_PID_INIT_INO of Linux
    return is_same(owner->machine, self->machine) && is_same(owner->host, self->host) &&
           strcmp(owner->space, system) == 0 && strcmp(self->space, system) == 0 && *owner->boot &&
           *self->boot && strcmp(owner->boot, self->boot) != 0;
}

enum hrm_owner_state hrm_owner_look(const struct hrm_owner *owner, const struct hrm_owner *self)
{
    if (is_same(owner->boot, self->boot) && is_same(owner->space, self->space))
        return look_at_process(owner);
    return has_restarted(owner, self) ? HRM_OWNER_GONE : hrm_owner_job(owner, self);
}
