#include "jobs/plot/metrics.h"

#include "core/base/input.h"
#include "core/vote/interval.h"

#include <errno.h>
#include <ini.h>
#include <jansson.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// --- reading -------------------------------------------------------------------------------------

static int grow(struct metrics_lines *lines, struct hrm_error *error)
{
    int capacity = lines->capacity ? 2 * lines->capacity : 256;
    if (lines->count < lines->capacity)
        return HRM_OK;
    for (int field = 0; field < METRICS_FIELDS; field++) {
        double *value = realloc(lines->value[field], (size_t)capacity * sizeof *value);
        if (!value)
            return hrm_fail(error, HRM_FAILED, "no memory for %d lines of metrics", capacity);
        lines->value[field] = value;
    }
    lines->capacity = capacity;
    return HRM_OK;
}

static double number(const json_t *line, const char *key)
{
    const json_t *value = json_object_get(line, key);
    return json_is_number(value) ? json_number_value(value) : NAN;
}

static int add_line(struct metrics_lines *lines, const json_t *line, struct hrm_error *error)
{
    int status = grow(lines, error);
    double exact = number(line, "exact_accuracy"), puzzles = number(line, "puzzles");
    struct hrm_interval interval = {NAN, NAN};
    if (isfinite(exact) && puzzles >= 1)
        interval = hrm_interval_wilson(exact, (int64_t)puzzles, 0.95);
    double row[METRICS_FIELDS] = {[METRICS_STEP] = number(line, "step"),
                                  [METRICS_LOSS] = number(line, "loss"),
                                  [METRICS_CELLS] = 100 * number(line, "accuracy"),
                                  [METRICS_EXACT] = 100 * exact,
                                  [METRICS_LOW] = 100 * interval.low,
                                  [METRICS_HIGH] = 100 * interval.high,
                                  [METRICS_SEGMENTS] = number(line, "segments")};
    if (status)
        return status;
    for (int field = 0; field < METRICS_FIELDS; field++)
        lines->value[field][lines->count] = row[field];
    lines->count++;
    return HRM_OK;
}

static int take_line(struct metrics *metrics, const json_t *line, struct hrm_error *error)
{
    const char *kind = json_string_value(json_object_get(line, "kind"));
    if (!kind || !json_is_integer(json_object_get(line, "step"))) {
        hrm_fail(error, HRM_DATA, "no \"kind\" or no \"step\"");
        return hrm_hint(error, "a metrics.jsonl that 'hrmpi train' wrote is wanted");
    }
    if (strcmp(kind, "train") == 0)
        return add_line(&metrics->training, line, error);
    if (strcmp(kind, "validation") == 0)
        return add_line(&metrics->validation, line, error);
    return HRM_OK;
}

/// Take one line of text. @param whole  [in] whether it has its end
static int take_text(struct metrics *metrics, const char *text, bool whole, struct hrm_error *error)
{
    json_error_t reason;
    json_t *line = json_loads(text, 0, &reason);
    int status = HRM_OK;
    if (line)
        status = take_line(metrics, line, error);
    else if (whole) {
        hrm_fail(error, HRM_DATA, "no JSON: %s", reason.text);
        status = hrm_hint(error, "a metrics.jsonl that 'hrmpi train' wrote is wanted");
    }
    json_decref(line);
    return status;
}

int metrics_read(struct metrics *metrics, const char *path, struct hrm_error *error)
{
    struct hrm_error reason = {0};
    char *text = NULL;
    size_t size = 0;
    ssize_t length = 0;
    int number_of_line = 0, status = HRM_OK;
    *metrics = (struct metrics){0};
    if (hrm_input_check(path, error) != HRM_OK)
        return HRM_DATA;
    FILE *stream = fopen(path, "r");
    if (!stream) {
        hrm_fail(error, HRM_DATA, "%s: %s", path, strerror(errno));
        return hrm_hint(error,
                        "give the folder of a training, its metrics.jsonl, or mixing or plain, the "
                        "models that come with the program");
    }
    while (status == HRM_OK && (length = getline(&text, &size, stream)) >= 0) {
        number_of_line++;
        status = take_text(metrics, text, text[length - 1] == '\n', &reason);
    }
    if (status) {
        hrm_fail(error, status, "%s:%d: %s", path, number_of_line, reason.text);
        hrm_hint(error, "%s", reason.hint);
    } else if (ferror(stream)) {
        status = hrm_fail(error, HRM_DATA, "%s: cannot be read: %s", path, strerror(errno));
    }
    free(text);
    fclose(stream);
    return status;
}

static void free_lines(struct metrics_lines *lines)
{
    for (int field = 0; field < METRICS_FIELDS; field++)
        free(lines->value[field]);
    *lines = (struct metrics_lines){0};
}

void metrics_free(struct metrics *metrics)
{
    free_lines(&metrics->training);
    free_lines(&metrics->validation);
}

// --- fewer points --------------------------------------------------------------------------------

/// The mean of the numbers among them.
static double mean(const double *values, int count)
{
    double sum = 0;
    int known = 0;
    for (int i = 0; i < count; i++) {
        if (!isfinite(values[i]))
            continue;
        sum += values[i];
        known++;
    }
    return known > 0 ? sum / known : NAN;
}

void metrics_thin(struct metrics_lines *lines, int most)
{
    int each = (lines->count + most - 1) / most, kept = 0;
    if (each < 2)
        return;
    for (int from = 0; from < lines->count; from += each, kept++) {
        int count = from + each <= lines->count ? each : lines->count - from;
        for (int field = 0; field < METRICS_FIELDS; field++)
            lines->value[field][kept] = mean(lines->value[field] + from, count);
    }
    lines->count = kept;
}

// --- the batch -----------------------------------------------------------------------------------

static int take_batch(void *batch, const char *section, const char *name, const char *value)
{
    if (strcmp(section, "train") == 0 && strcmp(name, "batch") == 0)
        *(int *)batch = atoi(value);
    return 1;
}

void metrics_config(const char *path, int index, char config[HRM_PATH])
{
    static const char *const files[METRICS_CONFIGS] = {"config.ini", "../config.ini"};
    const char *slash = strrchr(path, '/');
    const int folder = slash ? (int)(slash - path) + 1 : 0;
    snprintf(config, HRM_PATH, "%.*s%s", folder, path, files[index]);
}

int metrics_batch(const char *path)
{
    int batch = 0;
    for (int i = 0; i < METRICS_CONFIGS && batch <= 0; i++) {
        char name[HRM_PATH];
        metrics_config(path, i, name);
        ini_parse(name, take_batch, &batch);
    }
    return batch;
}
