#include "jobs/cli/console.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BAR          24
#define BAR_SECONDS  0.2
#define LINE_SECONDS 30.0

/// Whether the launcher writes to a terminal. Open MPI gives its ranks one of their own whatever
/// becomes of their output; where that goes, the parent process knows.
static bool launcher_can_draw(void)
{
    char link[64], target[64];
    if (!getenv("OMPI_COMM_WORLD_RANK"))
        return true;
    snprintf(link, sizeof link, "/proc/%d/fd/1", (int)getppid());
    ssize_t length = readlink(link, target, sizeof target - 1);
    target[length > 0 ? length : 0] = '\0';
    return strncmp(target, "/dev/pts/", 9) == 0 || strncmp(target, "/dev/tty", 8) == 0;
}

/// Whether stdout can draw a bar.
static bool can_draw(void)
{
    const char *term = getenv("TERM");
    return isatty(STDOUT_FILENO) && term && strcmp(term, "dumb") != 0 && launcher_can_draw();
}

void hrm_progress_begin(struct hrm_progress *progress, const char *label, const char *unit,
                        int64_t total, int64_t done)
{
    double now = hrm_seconds();
    *progress = (struct hrm_progress){.label = label,
                                      .unit = unit,
                                      .total = total,
                                      .begun = done,
                                      .started = now,
                                      .shown = now,
                                      .terminal = can_draw()};
}

/// "1234/5000 puzzles, 12.3/s, 5 min 02 s left"
static void format_state(const struct hrm_progress *progress, int64_t done, char *text, size_t size)
{
    char left[32] = "?", total[32] = "", speed[64];
    double seconds = hrm_seconds() - progress->started;
    double rate = seconds > 0 ? (double)(done - progress->begun) / seconds : 0;
    if (progress->total > 0)
        snprintf(total, sizeof total, "/%" PRId64, progress->total);
    if (progress->total > 0 && rate > 0)
        hrm_format_duration((double)(progress->total - done) / rate, left, sizeof left);
    snprintf(text, size, "%" PRId64 "%s %s, %s/s, %s left", done, total, progress->unit,
             hrm_format_number(rate, speed, sizeof speed), left);
}

static void draw_bar(const struct hrm_progress *progress, int64_t done, const char *state,
                     const char *extra)
{
    char bar[BAR + 1];
    double share = progress->total > 0 ? (double)done / (double)progress->total : 0;
    int filled = share < 1 ? (int)(share * BAR) : BAR;
    memset(bar, '.', BAR);
    memset(bar, '#', (size_t)(filled > 0 ? filled : 0));
    bar[BAR] = '\0';
    printf("\r%s [%s] %3.0f %% %s%s%s\033[K", progress->label, bar, 100 * share, state,
           extra ? ", " : "", extra ? extra : "");
}

void hrm_progress_update(struct hrm_progress *progress, int64_t done, const char *extra)
{
    char state[160];
    double now = hrm_seconds();
    double pause = progress->terminal ? BAR_SECONDS : LINE_SECONDS;
    if (hrm_console_is_quiet() || now - progress->shown < pause)
        return;
    progress->shown = now;
    format_state(progress, done, state, sizeof state);
    if (progress->terminal)
        draw_bar(progress, done, state, extra);
    else
        printf("%s %s%s%s\n", progress->label, state, extra ? ", " : "", extra ? extra : "");
    fflush(stdout);
}

void hrm_progress_end(struct hrm_progress *progress)
{
    if (hrm_console_is_quiet() || !progress->terminal)
        return;
    printf("\r\033[K");
    fflush(stdout);
}
