#include "jobs/plot/gnuplot.h"

#include <errno.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

/// Files, not pipes: neither process ever waits for the other to read.
enum { IN, OUT, ERR, STREAMS };

/// Whether a folder, whose name ends at a colon or at its end, has the program.
static bool folder_has(const char *folder, size_t length)
{
    char path[4096];
    struct stat about;
    int needed =
        snprintf(path, sizeof path, "%.*s/gnuplot", (int)length, *folder == ':' ? "." : folder);
    return needed < (int)sizeof path && stat(path, &about) == 0 && S_ISREG(about.st_mode) &&
           access(path, X_OK) == 0;
}

int gnuplot_find(struct hrm_error *error)
{
    const char *path = getenv("PATH");
    for (const char *folder = path ? path : "/bin:/usr/bin"; *folder;) {
        size_t length = strcspn(folder, ":");
        if (folder_has(folder, length ? length : 1))
            return HRM_OK;
        folder += length + (folder[length] == ':');
    }
    hrm_fail(error, HRM_FAILED,
             "pictures are drawn by gnuplot, which cannot be started: no such program");
    return hrm_hint(error, GNUPLOT_REMEDY);
}

static int start(pid_t *child, FILE *const streams[STREAMS], struct hrm_error *error)
{
    char name[] = "gnuplot", settings[] = "-d", *arguments[] = {name, settings, NULL};
    posix_spawn_file_actions_t actions;
    int code = posix_spawn_file_actions_init(&actions);
    if (code)
        return hrm_fail(error, HRM_FAILED, "gnuplot cannot be started: %s", strerror(code));
    for (int i = 0; i < STREAMS && code == 0; i++)
        code = posix_spawn_file_actions_adddup2(&actions, fileno(streams[i]), i);
    if (code == 0)
        code = posix_spawnp(child, name, &actions, NULL, arguments, environ);
    posix_spawn_file_actions_destroy(&actions);
    if (code == 0)
        return HRM_OK;
    hrm_fail(error, HRM_FAILED, "pictures are drawn by gnuplot, which cannot be started: %s",
             strerror(code));
    return hrm_hint(error, GNUPLOT_REMEDY);
}

/// All that a stream holds; free() it. NULL when it cannot be read.
static char *read_all(FILE *stream)
{
    long size = fseek(stream, 0, SEEK_END) == 0 ? ftell(stream) : -1;
    char *text = size >= 0 ? malloc((size_t)size + 1) : NULL;
    if (!text)
        return NULL;
    rewind(stream);
    text[fread(text, 1, (size_t)size, stream)] = '\0';
    return text;
}

/// Fail with the last line that gnuplot wrote to its standard error, which says what was wrong.
static int tell(FILE *stream, int code, struct hrm_error *error)
{
    char line[512], last[512] = "no message";
    rewind(stream);
    while (fgets(line, sizeof line, stream))
        if (strspn(line, " \n") < strlen(line))
            snprintf(last, sizeof last, "%s", line + strspn(line, " "));
    last[strcspn(last, "\n")] = '\0';
    hrm_fail(error, HRM_FAILED, "gnuplot failed (status %#x): %s", (unsigned)code, last);
    return hrm_hint(error, "'gnuplot --version' must work, and its terminal svg be there");
}

static int finish(pid_t child, FILE *const streams[STREAMS], char **output, struct hrm_error *error)
{
    int code = 0;
    while (waitpid(child, &code, 0) < 0)
        if (errno != EINTR)
            return hrm_fail(error, HRM_FAILED, "gnuplot was lost: %s", strerror(errno));
    if (code != 0)
        return tell(streams[ERR], code, error);
    *output = read_all(streams[OUT]);
    return *output ? HRM_OK : hrm_fail(error, HRM_FAILED, "gnuplot's picture cannot be read back");
}

int gnuplot_run(const char *script, char **output, struct hrm_error *error)
{
    FILE *streams[STREAMS] = {tmpfile(), tmpfile(), tmpfile()};
    pid_t child = -1;
    int status = HRM_OK;
    *output = NULL;
    if (!streams[IN] || !streams[OUT] || !streams[ERR] || fputs(script, streams[IN]) < 0 ||
        fflush(streams[IN]) != 0) {
        hrm_fail(error, HRM_FAILED, "no temporary file for gnuplot: %s", strerror(errno));
        status = hrm_hint(error, "is there space in the folder for temporary files?");
        goto done;
    }
    rewind(streams[IN]);
    status = start(&child, streams, error);
    if (status == HRM_OK)
        status = finish(child, streams, output, error);
done:
    for (int i = 0; i < STREAMS; i++)
        if (streams[i])
            fclose(streams[i]);
    return status;
}
