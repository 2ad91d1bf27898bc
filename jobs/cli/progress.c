#include "jobs/cli/console.h"

#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <wchar.h>

#define BAR          24
#define BAR_LEAST    8 ///< a shorter bar says nothing
#define COLUMNS      80
#define BAR_SECONDS  0.2
#define LINE_SECONDS 30.0
#define LINE_BYTES   512

// --- the terminal --------------------------------------------------------------------------------

/// Whether a launcher stands between this process and the terminal. Open MPI gives its ranks a
/// terminal of their own whatever becomes of their output; where that goes, the parent process
/// knows.
static bool is_launched(char *output, size_t size)
{
    snprintf(output, size, "/proc/%d/fd/1", (int)getppid());
    return getenv("OMPI_COMM_WORLD_RANK") != NULL;
}

/// Whether the launcher writes to a terminal.
static bool launcher_can_draw(void)
{
    char link[64], target[64];
    if (!is_launched(link, sizeof link))
        return true;
    ssize_t length = readlink(link, target, sizeof target - 1);
    target[length > 0 ? length : 0] = '\0';
    return strncmp(target, "/dev/pts/", 9) == 0 || strncmp(target, "/dev/tty", 8) == 0;
}

/// Whether stdout can draw a bar. An empty TERM says as little as none.
static bool can_draw(void)
{
    const char *term = getenv("TERM");
    return isatty(STDOUT_FILENO) && term && *term && strcmp(term, "dumb") != 0 &&
           launcher_can_draw();
}

/// Columns of the terminal that shows the output, as they are now: windows change their size.
static int terminal_columns(void)
{
    char output[64];
    struct winsize size = {0};
    const char *said = getenv("COLUMNS");
    int launcher = is_launched(output, sizeof output) ? open(output, O_RDONLY | O_NOCTTY) : -1;
    int got = ioctl(launcher >= 0 ? launcher : STDOUT_FILENO, TIOCGWINSZ, &size);
    if (launcher >= 0)
        close(launcher);
    if (got == 0 && size.ws_col > 0)
        return size.ws_col;
    return said && atoi(said) > 0 ? atoi(said) : COLUMNS;
}

// --- widths --------------------------------------------------------------------------------------

/// The next character of UTF-8 text: its bytes, and in *width the columns that it takes. What is no
/// character counts as one byte of one column.
static size_t next_character(const char *text, int *width)
{
    mbstate_t state = {0};
    wchar_t wide;
    size_t length = mbrtowc(&wide, text, strlen(text), &state);
    *width = 1;
    if (length == 0 || length > strlen(text))
        return 1;
    *width = wcwidth(wide) >= 0 ? wcwidth(wide) : 1;
    return length;
}

/// The columns of UTF-8 text up to its end or up to `most` of them; *bytes of the text take these.
static int measure(const char *text, int most, size_t *bytes)
{
    locale_t utf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", NULL);
    locale_t before = utf8 ? uselocale(utf8) : NULL;
    int columns = 0, width;
    *bytes = 0;
    while (text[*bytes]) {
        size_t length = next_character(text + *bytes, &width);
        if (columns + width > most)
            break;
        columns += width;
        *bytes += length;
    }
    if (utf8) {
        uselocale(before);
        freelocale(utf8);
    }
    return columns;
}

// --- lines ---------------------------------------------------------------------------------------

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

/// "1234/5000 puzzles, 12.3/s, 5 min 02 s left, loss 1.5"
static void format_state(const struct hrm_progress *progress, int64_t done, const char *extra,
                         char *text, size_t size)
{
    char left[32] = "?", total[32] = "", speed[64];
    double seconds = hrm_seconds() - progress->started;
    double rate = seconds > 0 ? (double)(done - progress->begun) / seconds : 0;
    if (progress->total > 0)
        snprintf(total, sizeof total, "/%" PRId64, progress->total);
    if (progress->total > 0 && rate > 0)
        hrm_format_duration((double)(progress->total - done) / rate, left, sizeof left);
    snprintf(text, size, "%" PRId64 "%s %s, %s/s, %s left%s%s", done, total, progress->unit,
             hrm_format_number(rate, speed, sizeof speed), left, extra ? ", " : "",
             extra ? extra : "");
}

/// "eval [####....]  17 % 1234/5000 puzzles, ...": the bar takes what room the words leave, and
/// what is still too long is cut.
char *hrm_progress_format(const struct hrm_progress *progress, int64_t done, const char *state,
                          int columns, char *text, size_t size)
{
    char bar[BAR + 4] = "", words[LINE_BYTES];
    double share = progress->total > 0 ? (double)done / (double)progress->total : 0;
    size_t bytes;
    snprintf(words, sizeof words, "%3.0f %% %s", 100 * share, state);
    int room =
        columns - measure(progress->label, INT_MAX, &bytes) - 4 - measure(words, INT_MAX, &bytes);
    int length = room < BAR ? room : BAR;
    if (length >= BAR_LEAST) {
        int filled = share < 1 ? (int)(share * length) : length;
        bar[0] = '[';
        memset(bar + 1, '.', (size_t)length);
        memset(bar + 1, '#', (size_t)(filled > 0 ? filled : 0));
        memcpy(bar + 1 + length, "] ", 3);
    }
    snprintf(text, size, "%s %s%s", progress->label, bar, words);
    measure(text, columns > 0 ? columns : 0, &bytes);
    text[bytes] = '\0';
    return text;
}

void hrm_progress_update(struct hrm_progress *progress, int64_t done, const char *extra)
{
    char state[LINE_BYTES], line[LINE_BYTES + 64];
    double now = hrm_seconds();
    double pause = progress->terminal ? BAR_SECONDS : LINE_SECONDS;
    if (hrm_console_is_quiet() || now - progress->shown < pause)
        return;
    progress->shown = now;
    format_state(progress, done, extra, state, sizeof state);
    // The last column stays free: some terminals begin a new line when it is written to.
    if (progress->terminal)
        printf("\r%s\033[K", hrm_progress_format(progress, done, state, terminal_columns() - 1,
                                                 line, sizeof line));
    else
        printf("%s %s\n", progress->label, state);
    fflush(stdout);
}

void hrm_progress_end(struct hrm_progress *progress)
{
    if (hrm_console_is_quiet() || !progress->terminal)
        return;
    printf("\r\033[K");
    fflush(stdout);
}
