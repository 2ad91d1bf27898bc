#include "report.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/// Two computations that round independently differ by more than the effect of one rounding.
#define MARGIN 2.5
/// Beyond these multiples of its usual limit a quantity is wrong however much a model amplifies.
#define MOST_FP32 100
#define MOST_BF16 4

/// Limits by relative norm where nothing else is said. fp32: what one unit in the last place of
/// noise on the weights does, with a margin. bf16: rounding to 8 bits, amplified by the recursion,
/// about twice what an fp32 forward pass shows against a bf16 one.
static const struct {
    const char *name;
    double fp32, bf16;
} quantities[QUANTITIES] = {
    [Q_LOGITS] = {"logits", 1e-5, 0.1},
    [Q_STATE_H] = {"z_H", 1e-5, 0.1},
    [Q_STATE_L] = {"z_L", 1e-5, 0.1},
    [Q_Q] = {"q", 1e-5, 0.1},
    [Q_PREDICTIONS] = {"predictions (logit given up)", 1e-5, 0.2},
    [Q_LOSS] = {"losses", 1e-5, 0.02},
    [Q_METRICS] = {"metrics", 1e-5, 0.25},
    [Q_GRADIENTS] = {"gradients of step 1", 1e-5, 0.05},
    [Q_PUZZLE_GRADIENT] = {"puzzle gradient of step 1", 1e-5, 0.1},
    [Q_GRADIENT_NORM] = {"gradient norm", 1e-4, 0.05},
    [Q_HALTING] = {"halted, steps (differing slots)", 0, 0},
    [Q_RATE] = {"learning rate", 1e-12, 1e-12},
    [Q_FINAL_PARAMS] = {"final weights", 1e-4, 0.2},
    [Q_FINAL_STATE] = {"final carry", 1e-4, 0.1},
};

void report_note(struct report *report, enum quantity quantity, double deviation,
                 const char *format, ...)
{
    if (report->rehearsing)
        return;
    if (isnan(deviation))
        deviation = INFINITY;
    bool first = report->entries[quantity].count++ == 0;
    if (!first && deviation <= report->entries[quantity].worst)
        return;
    report->entries[quantity].worst = deviation;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(report->entries[quantity].where, sizeof report->entries[quantity].where, format,
              arguments);
    va_end(arguments);
}

double report_distance(size_t count, const float *a, const float *b)
{
    double difference = 0, size = 0;
    for (size_t i = 0; i < count; i++) {
        double d = (double)a[i] - b[i];
        difference += d * d;
        size += (double)b[i] * b[i];
    }
    return size > 0 ? sqrt(difference / size) : sqrt(difference);
}

void report_free(struct report *report)
{
    free(report->kept);
    *report = (struct report){0};
}

static void keep(struct report *report, size_t count, const float *values)
{
    size_t needed = report->kept_count + count;
    if (needed > report->kept_room) {
        float *more = realloc(report->kept, 2 * needed * sizeof *more);
        if (more == NULL)
            return;
        report->kept = more;
        report->kept_room = 2 * needed;
    }
    memcpy(report->kept + report->kept_count, values, count * sizeof *values);
    report->kept_count = needed;
}

void report_compare(struct report *report, enum quantity quantity, size_t count,
                    const float *values, const float *expected, const char *where)
{
    if (report->rehearsing) {
        keep(report, count, values);
        return;
    }
    if (report->next + count <= report->kept_count) {
        double noise = report_distance(count, report->kept + report->next, values);
        report->entries[quantity].noise = fmax(report->entries[quantity].noise, noise);
    }
    report->next += count;
    report_note(report, quantity, report_distance(count, values, expected), "%s", where);
}

void report_compare_number(struct report *report, enum quantity quantity, double value,
                           double expected, double floor, const char *where)
{
    float rounded = (float)value;
    if (report->rehearsing) {
        keep(report, 1, &rounded);
        return;
    }
    double size = fmax(fabs(expected), floor);
    if (report->next < report->kept_count) {
        double noise = fabs((double)report->kept[report->next] - rounded) / size;
        report->entries[quantity].noise = fmax(report->entries[quantity].noise, noise);
    }
    report->next++;
    report_note(report, quantity, fabs(value - expected) / size, "%s", where);
}

double report_rounding(bool loose)
{
    return loose ? 0x1p-9 : 0x1p-24;
}

static double limit_of(const struct report *report, int quantity, bool loose)
{
    double usual = loose ? quantities[quantity].bf16 : quantities[quantity].fp32;
    // A prediction turns over where two logits are as near as their errors.
    int source = quantity == Q_PREDICTIONS ? Q_LOGITS : quantity;
    return fmin(fmax(usual, MARGIN * report->entries[source].noise),
                (loose ? MOST_BF16 : MOST_FP32) * usual);
}

bool report_print(const struct report *report, bool loose)
{
    bool good = true;
    printf("%-32s %9s %9s %9s %6s  %s\n", "quantity", "worst", "limit", "rounding", "checks",
           "where");
    for (int i = 0; i < QUANTITIES; i++) {
        if (report->entries[i].count == 0)
            continue;
        double limit = limit_of(report, i, loose);
        bool kept = report->entries[i].worst <= limit;
        good = good && kept;
        printf("%-32s %9.2e %9.2e %9.2e %6d  %s%s\n", quantities[i].name, report->entries[i].worst,
               limit, report->entries[i].noise, report->entries[i].count, report->entries[i].where,
               kept ? "" : "  FAILED");
    }
    printf("%s\n", good ? "agrees" : "DIFFERS");
    return good;
}
