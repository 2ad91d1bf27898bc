#include "jobs/cli/console.h"

#include "build_info.h"
#include "jobs/cli/libraries.h"
#include "jobs/cli/machine.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static bool silent;
static struct hrm_error muted;
static double opened; ///< seconds when the opening lines were printed

void hrm_console_quiet(bool quiet)
{
    silent = quiet;
}

bool hrm_console_is_quiet(void)
{
    return silent;
}

double hrm_seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

void hrm_console_print(const char *format, ...)
{
    if (silent)
        return;
    va_list arguments;
    va_start(arguments, format);
    vprintf(format, arguments);
    va_end(arguments);
    fflush(stdout);
}

void hrm_console_warn(const char *format, ...)
{
    if (silent)
        return;
    fflush(stdout);
    fputs("hrmpi: warning: ", stderr);
    va_list arguments;
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fputc('\n', stderr);
}

void hrm_console_note(const char *format, ...)
{
    if (silent)
        return;
    fflush(stdout);
    fputs("hrmpi: ", stderr);
    va_list arguments;
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fputc('\n', stderr);
}

// --- standard streams ----------------------------------------------------------------------------

void hrm_console_begin(void)
{
    // Else a file that is opened later would get the number, and the lines that are printed.
    for (int file = STDIN_FILENO; file <= STDERR_FILENO; file++)
        if (fcntl(file, F_GETFD) < 0)
            (void)!open("/dev/null", file == STDIN_FILENO ? O_WRONLY : O_RDONLY);
}

void hrm_console_make_way(const char *path)
{
    struct stat output, file;
    if (fstat(STDOUT_FILENO, &output) != 0 || stat(path, &file) != 0 ||
        output.st_dev != file.st_dev || output.st_ino != file.st_ino)
        return;
    fflush(stdout);
    dup2(STDERR_FILENO, STDOUT_FILENO);
}

/// Why standard output did not take what was printed; 0: it did.
static int lost_output(void)
{
    if (fflush(stdout) == 0 && !ferror(stdout))
        return 0;
    // It may have failed long ago: ask again. The line is lost, or one more where others are.
    return write(STDOUT_FILENO, "\n", 1) < 0 ? errno : EIO;
}

int hrm_console_finish(int status)
{
    static bool told;
    const int reason = lost_output();
    const bool done = status == HRM_OK || status == HRM_UNSOLVED;
    if (reason == 0)
        return status;
    if (reason == EPIPE)
        return done || status == HRM_STOPPED ? HRM_CONSOLE_CLOSED : status;
    if (!told && !silent) {
        struct hrm_error error = {0};
        hrm_fail(&error, HRM_FAILED, "standard output cannot be written: %s", strerror(reason));
        hrm_hint(&error, "what was printed is cut: check free space and quota of where it goes");
        hrm_console_error(&error);
    }
    told = true;
    return done ? HRM_FAILED : status;
}

int hrm_console_error(const struct hrm_error *error)
{
    if (silent) {
        muted = *error;
        return error->status;
    }
    fflush(stdout);
    if (error->status == HRM_STOPPED || error->status == HRM_UNSOLVED)
        fprintf(stderr, "hrmpi: %s\n", error->text);
    else
        fprintf(stderr, "hrmpi: error: %s\n", error->text);
    if (*error->hint)
        fprintf(stderr, "  hint: %s\n", error->hint);
    return error->status;
}

const struct hrm_error *hrm_console_muted(void)
{
    return &muted;
}

static void print_libraries(void)
{
    struct hrm_library libraries[HRM_LIBRARIES];
    hrm_libraries_list(libraries);
    for (int i = 0; i < 3; i++)
        printf("%s%s %s", i ? ", " : "", libraries[i].name, libraries[i].version);
    printf(" (%s)\n", libraries[2].detail);
}

void hrm_console_open(const struct hrm_opening *opening)
{
    struct hrm_machine machine;
    char when[64] = "";
    time_t now = time(NULL);
    struct tm parts;
    opened = hrm_seconds();
    if (silent)
        return;
    hrm_machine_look(&machine);
    if (localtime_r(&now, &parts))
        strftime(when, sizeof when, "%Y-%m-%d %H:%M:%S", &parts);
    printf("hrmpi %s%s%s%s %s, %s, %s\n", HRM_VERSION, *HRM_REVISION ? " (" : "", HRM_REVISION,
           *HRM_REVISION ? ")" : "", opening->job, when, machine.host);
    print_libraries();
    printf("%s, %s, %d of %d CPUs: %s\n", machine.cpu, machine.instructions, machine.cpus,
           machine.online, machine.mask);
    if (opening->ranks > 0)
        printf("%d rank%s x %d thread%s", opening->ranks, opening->ranks == 1 ? "" : "s",
               opening->threads, opening->threads == 1 ? "" : "s");
    if (opening->backend)
        printf("%sbackend %s (%s)", opening->ranks > 0 ? ", " : "", opening->backend,
               opening->detail ? opening->detail : "");
    if (opening->seeded)
        printf(", seed %" PRId64, opening->seed);
    printf("\n");
    fflush(stdout);
}

void hrm_console_close(const char *why, const struct hrm_usage *usage,
                       const struct hrm_figure *figures, int count)
{
    char wall[32], cpu[32], memory[32], number[64];
    double seconds = hrm_seconds() - opened;
    if (silent)
        return;
    printf("%s: wall %s, CPU %s", why, hrm_format_duration(seconds, wall, sizeof wall),
           hrm_format_duration(usage->cpu_seconds, cpu, sizeof cpu));
    if (usage->ranks > 1)
        printf(" of all %d ranks", usage->ranks);
    printf(", peak memory %s%s", hrm_format_bytes(usage->peak_memory, memory, sizeof memory),
           usage->ranks > 1 ? " a rank" : "");
    for (int i = 0; i < count; i++)
        printf(", %s %s", hrm_format_number(figures[i].value, number, sizeof number),
               figures[i].name);
    printf("\n");
    fflush(stdout);
}

char *hrm_format_duration(double seconds, char *text, size_t size)
{
    int64_t whole = (int64_t)(seconds + 0.5);
    if (seconds < 59.95)
        snprintf(text, size, "%.1f s", seconds);
    else if (whole < 3600)
        snprintf(text, size, "%d min %02d s", (int)(whole / 60), (int)(whole % 60));
    else
        snprintf(text, size, "%" PRId64 " h %02d min", whole / 3600, (int)(whole / 60 % 60));
    return text;
}

char *hrm_format_number(double value, char *text, size_t size)
{
    double absolute = fabs(value);
    int decimals = (absolute < 9.9995) + (absolute < 99.995) + (absolute < 999.95);
    snprintf(text, size, "%.*f", decimals, value);
    return text;
}

int hrm_share_decimals(int64_t n)
{
    return (n > 100) + (n > 1000);
}

char *hrm_format_share(double share, int64_t n, char *text, size_t size)
{
    snprintf(text, size, "%.*f", hrm_share_decimals(n), 100 * share);
    return text;
}

char *hrm_format_bytes(double bytes, char *text, size_t size)
{
    static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB", "PiB"};
    int unit = 0;
    for (; bytes >= 1023.5 && unit < 5; unit++)
        bytes /= 1024;
    snprintf(text, size, unit && bytes < 99.95 ? "%.1f %s" : "%.0f %s", bytes, units[unit]);
    return text;
}
