#include "jobs/train_log.h"

#include "jobs/console.h"

#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <string.h>

int train_log_open(struct train_log *log, const char *path, int batch, struct hrm_error *error)
{
    *log = (struct train_log){.batch = batch, .started = hrm_seconds()};
    log->since = log->started;
    if (!path)
        return HRM_OK;
    snprintf(log->path, sizeof log->path, "%s", path);
    log->stream = fopen(path, "w");
    if (!log->stream)
        return hrm_fail(error, HRM_FAILED, "%s: %s", path, strerror(errno));
    return HRM_OK;
}

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
    if (failed)
        return hrm_fail(error, HRM_FAILED, "%s: cannot be written: %s", log->path, strerror(errno));
    return HRM_OK;
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

char *train_log_format(const struct train_log *log, char *text, size_t size)
{
    struct train_means means = train_log_means(log);
    char halted[96] = "none halted yet";
    if (log->sums[HRM_SUM_HALTED] > 0)
        snprintf(halted, sizeof halted, "cells %.1f %%, exact %.1f %%, %.1f segments",
                 100 * means.accuracy, 100 * means.exact_accuracy, means.segments);
    snprintf(text, size, "loss %.4f, %s, %.3g slot-steps/s", means.loss, halted,
             means.slot_steps_per_s);
    return text;
}
