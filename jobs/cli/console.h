#ifndef HRM_JOBS_CONSOLE_H
#define HRM_JOBS_CONSOLE_H

#include "core/base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// What a run says: its opening and closing lines, progress and errors.
/// Only one rank speaks. Everything here is silent after hrm_console_quiet(true), which main calls
/// where MPI says that this is another rank than 0. Results and progress go to stdout, errors to
/// stderr.

void hrm_console_quiet(bool quiet);
bool hrm_console_is_quiet(void);

/// printf to stdout unless quiet; flushed, so that lines of a batch job appear when they happen.
void hrm_console_print(const char *format, ...) __attribute__((format(printf, 1, 2)));

/// printf of `hrmpi: warning: ...` to stderr unless quiet.
void hrm_console_warn(const char *format, ...) __attribute__((format(printf, 1, 2)));

/// printf of `hrmpi: ...` to stderr unless quiet: what is neither a result nor a warning.
void hrm_console_note(const char *format, ...) __attribute__((format(printf, 1, 2)));

/// Print `hrmpi: error: text` and `  hint: ...` to stderr unless quiet.
/// Returns error->status, the exit code. HRM_STOPPED and HRM_UNSOLVED are notes
/// and no errors.
int hrm_console_error(const struct hrm_error *error);

/// The last error that was not printed because this rank is quiet; status 0 when there was none.
const struct hrm_error *hrm_console_muted(void);

/// Called before anything is opened: standard streams that are closed become ones that fail.
void hrm_console_begin(void);

/// Where `path` is standard output, that belongs to what is written there, once it is open: what
/// the console says goes to standard error from now on.
void hrm_console_make_way(const char *path);

/// The exit code of a process that ends with `status`: what was printed has to have arrived. A
/// full disk makes 1 of success, with a message; a pipe that nobody reads makes HRM_CONSOLE_CLOSED
/// of it and of HRM_STOPPED, as the signal would. May be called again.
#define HRM_CONSOLE_CLOSED 141
int hrm_console_finish(int status);

/// What the opening lines say beyond the build and the machine. Zero or NULL fields are left out.
struct hrm_opening {
    const char *job;     ///< "eval"
    const char *backend; ///< "bf16"
    const char *detail;  ///< of the backend
    int ranks, threads;  ///< threads of a rank
    const char *mpi;     ///< MPI library, or NULL
    bool seeded;         ///< whether `seed` means something
    int64_t seed;
};

/// Print version, libraries, instruction sets, backend, ranks x threads, CPU mask, seed; and
/// start the clock of the closing line.
void hrm_console_open(const struct hrm_opening *opening);

/// A figure of the closing line: "puzzles/s", 1234.5.
struct hrm_figure {
    const char *name;
    double value;
};

/// What the processes of a run have used.
struct hrm_usage {
    int ranks;
    double cpu_seconds; ///< of all ranks
    double peak_memory; ///< bytes of the rank with the most
};

/// Print wall time, what was used, the figures, and why the run ended ("done", "stopped by signal
/// 10", ...).
void hrm_console_close(const char *why, const struct hrm_usage *usage,
                       const struct hrm_figure *figures, int count);

/// Progress of `total` things: a bar when stdout is a terminal, else a line every 30 seconds.
struct hrm_progress {
    const char *label;     ///< "eval"
    const char *unit;      ///< "puzzles"
    int64_t total;         ///< 0: unknown
    double started, shown; ///< seconds
    int64_t begun;         ///< done at the start, which does not count for the rate
    bool terminal;
};

/// Start a display; `done` things were done by an earlier run.
void hrm_progress_begin(struct hrm_progress *progress, const char *label, const char *unit,
                        int64_t total, int64_t done);

/// Say how far the work is; cheap, so call it often. `extra` is appended ("loss 1.23") or NULL.
void hrm_progress_update(struct hrm_progress *progress, int64_t done, const char *extra);

/// The line of a bar in at most so many columns of a terminal.
/// @param state  [in] the words after the bar, UTF-8
/// Returns text.
char *hrm_progress_format(const struct hrm_progress *progress, int64_t done, const char *state,
                          int columns, char *text, size_t size);

/// Clear the bar.
void hrm_progress_end(struct hrm_progress *progress);

/// Seconds of the monotonic clock.
double hrm_seconds(void);

/// "4.2 s", "3 min 05 s", "2 h 07 min". Returns text.
char *hrm_format_duration(double seconds, char *text, size_t size);

/// Four significant digits or three decimals, never an exponent: "0.012", "98.77", "123457".
/// Returns text.
char *hrm_format_number(double value, char *text, size_t size);

/// Decimals of a percentage of n things: none up to 100, one up to 1,000, else two, so that a digit
/// never stands for less than one of them.
int hrm_share_decimals(int64_t n);

/// A share of n things in percent, with as many decimals as n bears: "62", "61.8". Returns text.
char *hrm_format_share(double share, int64_t n, char *text, size_t size);

/// "812 B", "1.2 GiB": powers of 1024. Returns text.
char *hrm_format_bytes(double bytes, char *text, size_t size);

#endif
