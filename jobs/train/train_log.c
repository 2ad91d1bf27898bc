#include "jobs/train/train_log.h"

#include "core/base/atomic_file.h"
#include "jobs/cli/console.h"

#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LINE 4096 ///< bytes of a line of metrics at most

static int open_stream(struct train_log *log, const char *path, const char *mode,
                       struct hrm_error *error)
{
    snprintf(log->path, sizeof log->path, "%s", path);
    log->stream = fopen(path, mode);
    if (log->stream)
        return HRM_OK;
    hrm_fail(error, HRM_FAILED, "%s: %s", path, strerror(errno));
    return hrm_hint(error, "check free space, quota and permissions of the folder");
}

int train_log_open(struct train_log *log, const char *path, int batch, struct hrm_error *error)
{
    *log = (struct train_log){.batch = batch, .started = hrm_seconds()};
    log->since = log->started;
    return path ? open_stream(log, path, "w", error) : HRM_OK;
}

// --- going on ------------------------------------------------------------------------------------

/// The step of a line; one that was torn has none and belongs to no step.
static int64_t step_of(const char *line)
{
    const char *key = strstr(line, "\"step\":");
    return key && strchr(line, '\n') ? strtoll(key + 7, NULL, 10) : INT64_MAX;
}

struct lines {
    FILE *from;
    int64_t last; ///< step
};

static int copy_lines(FILE *to, const void *context, struct hrm_error *error)
{
    const struct lines *lines = context;
    char line[LINE];
    (void)error;
    while (fgets(line, sizeof line, lines->from))
        if (step_of(line) <= lines->last)
            fputs(line, to);
    return HRM_OK;
}

/// Keep the lines up to step `last`.
static int truncate_lines(const char *path, int64_t last, struct hrm_error *error)
{
    const struct lines lines = {fopen(path, "r"), last};
    if (!lines.from && errno == ENOENT)
        return HRM_OK;
    if (!lines.from)
        return hrm_fail(error, HRM_FAILED, "%s: %s", path, strerror(errno));
    int status = hrm_atomic_file_text(path, copy_lines, &lines, error);
    fclose(lines.from);
    return status;
}

int train_log_continue(struct train_log *log, const char *path, int batch, int64_t step,
                       const struct train_carry *carry, struct hrm_error *error)
{
    train_log_open(log, NULL, batch, error);
    log->started -= carry->seconds;
    memcpy(log->sums, carry->sums, sizeof log->sums);
    log->norms = carry->norms;
    log->rates = carry->rates;
    log->steps = carry->steps;
    if (!path)
        return HRM_OK;
    int status = truncate_lines(path, carry->settled ? step : step - 1, error);
    return status ? status : open_stream(log, path, "a", error);
}

struct train_carry train_log_carry(const struct train_log *log)
{
    struct train_carry carry = {.norms = log->norms,
                                .rates = log->rates,
                                .steps = log->steps,
                                .seconds = hrm_seconds() - log->started};
    memcpy(carry.sums, log->sums, sizeof carry.sums);
    return carry;
}

int train_log_sync(struct train_log *log, struct hrm_error *error)
{
    if (!log->stream || (fflush(log->stream) == 0 && fsync(fileno(log->stream)) == 0))
        return HRM_OK;
    hrm_fail(error, HRM_FAILED, "%s: cannot be written: %s", log->path, strerror(errno));
    return hrm_hint(error, "check free space, quota and permissions of the folder");
}

// --- counting ------------------------------------------------------------------------------------

int train_log_close(struct train_log *log, struct hrm_error *error)
{
    FILE *stream = log->stream;
    log->stream = NULL;
    if (stream && fclose(stream) != 0)
        return hrm_fail(error, HRM_FAILED, "%s: %s", log->path, strerror(errno));
    return HRM_OK;
}

void train_log_add(struct train_log *log, const struct hrm_metrics *metrics, double lr)
{
    for (int i = 0; i < HRM_SUMS; i++)
        log->sums[i] += metrics->sums[i];
    log->norms += metrics->gradient_norm;
    log->rates += lr;
    log->steps++;
}

struct train_means train_log_means(const struct train_log *log)
{
    const double *sums = log->sums;
    double steps = (double)log->steps, slots = steps * log->batch;
    double halted = sums[HRM_SUM_HALTED], seconds = hrm_seconds() - log->since;
    double q = sums[HRM_SUM_Q_HALT] + sums[HRM_SUM_Q_CONTINUE];
    return (struct train_means){
        .loss = (sums[HRM_SUM_LM] + 0.5 * q) / slots,
        .lm_loss = sums[HRM_SUM_LM] / slots,
        .q_halt_loss = sums[HRM_SUM_Q_HALT] / slots,
        .q_continue_loss = sums[HRM_SUM_Q_CONTINUE] / slots,
        .halted = halted / slots,
        .accuracy = sums[HRM_SUM_ACCURACY] / halted,
        .exact_accuracy = sums[HRM_SUM_EXACT] / halted,
        .q_halt_accuracy = sums[HRM_SUM_Q_RIGHT] / halted,
        .segments = sums[HRM_SUM_SEGMENTS] / halted,
        .gradient_norm = log->norms / steps,
        .lr = log->rates / steps,
        .slot_steps_per_s = slots / seconds,
    };
}

/// A number of a line; JSON has no NaN.
static int put(json_t *line, const char *key, double value)
{
    return json_object_set_new(line, key, isfinite(value) ? json_real(value) : json_null());
}

/// Write a line and free it.
static int write_line(struct train_log *log, json_t *line, struct hrm_error *error)
{
    int failed = !line || json_dumpf(line, log->stream, JSON_COMPACT | JSON_REAL_PRECISION(8)) ||
                 fputc('\n', log->stream) == EOF || fflush(log->stream);
    json_decref(line);
    if (!failed)
        return HRM_OK;
    hrm_fail(error, HRM_FAILED, "%s: cannot be written: %s", log->path, strerror(errno));
    return hrm_hint(error, "check free space, quota and permissions of the folder");
}

int train_log_write(struct train_log *log, int64_t step, struct hrm_error *error)
{
    struct train_means means = train_log_means(log);
    double now = hrm_seconds();
    memset(log->sums, 0, sizeof log->sums);
    log->norms = log->rates = 0;
    log->steps = 0;
    log->since = now;
    if (!log->stream)
        return HRM_OK;
    json_t *line = json_pack("{s:s, s:I}", "kind", "train", "step", (json_int_t)step);
    put(line, "loss", means.loss);
    put(line, "lm_loss", means.lm_loss);
    put(line, "q_halt_loss", means.q_halt_loss);
    put(line, "q_continue_loss", means.q_continue_loss);
    put(line, "halted", means.halted);
    put(line, "accuracy", means.accuracy);
    put(line, "exact_accuracy", means.exact_accuracy);
    put(line, "q_halt_accuracy", means.q_halt_accuracy);
    put(line, "segments", means.segments);
    put(line, "gradient_norm", means.gradient_norm);
    put(line, "lr", means.lr);
    put(line, "slot_steps_per_s", means.slot_steps_per_s);
    put(line, "seconds", now - log->started);
    return write_line(log, line, error);
}

int train_log_divergence(struct train_log *log, int64_t step, const struct hrm_metrics *metrics,
                         struct hrm_error *error)
{
    const double *sums = metrics->sums;
    double q = sums[HRM_SUM_Q_HALT] + sums[HRM_SUM_Q_CONTINUE];
    if (!log->stream)
        return HRM_OK;
    json_t *line = json_pack("{s:s, s:I}", "kind", "diverged", "step", (json_int_t)step);
    put(line, "loss", (sums[HRM_SUM_LM] + 0.5 * q) / log->batch);
    put(line, "gradient_norm", metrics->gradient_norm);
    put(line, "seconds", hrm_seconds() - log->started);
    return write_line(log, line, error);
}

int train_log_validation(struct train_log *log, int64_t step, int cells,
                         const struct hrm_validation *validation, struct hrm_error *error)
{
    double puzzles = (double)validation->puzzles;
    if (!log->stream)
        return HRM_OK;
    json_t *line = json_pack("{s:s, s:I, s:I}", "kind", "validation", "step", (json_int_t)step,
                             "puzzles", (json_int_t)validation->puzzles);
    put(line, "accuracy", (double)validation->cells / cells / puzzles);
    put(line, "exact_accuracy", (double)validation->exact / puzzles);
    put(line, "seconds", hrm_seconds() - log->started);
    return write_line(log, line, error);
}

char *train_log_format(const struct train_log *log, double validated, size_t puzzles, char *text,
                       size_t size)
{
    struct train_means means = train_log_means(log);
    char halted[96] = "none halted yet";
    if (log->sums[HRM_SUM_HALTED] > 0)
        snprintf(halted, sizeof halted,
                 "of halted slots cells %.1f %%, grids %.0f %%, %.1f segments",
                 100 * means.accuracy, 100 * means.exact_accuracy, means.segments);
    int length = snprintf(text, size, "loss %.4f, %s, %.3g slot-steps/s", means.loss, halted,
                          means.slot_steps_per_s);
    if (validated >= 0 && length > 0 && (size_t)length < size)
        snprintf(text + length, size - (size_t)length, ", validation puzzles right %.*f %%",
                 hrm_share_decimals((int64_t)puzzles), 100 * validated);
    return text;
}
