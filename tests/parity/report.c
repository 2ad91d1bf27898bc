#include "report.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>

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

bool report_print(const struct report *report, bool loose)
{
    bool good = true;
    printf("%-32s %10s %10s %6s  %s\n", "quantity", "worst", "limit", "checks", "where");
    for (int i = 0; i < QUANTITIES; i++) {
        if (report->entries[i].count == 0)
            continue;
        double limit = loose ? quantities[i].bf16 : quantities[i].fp32;
        bool kept = report->entries[i].worst <= limit;
        good = good && kept;
        printf("%-32s %10.2e %10.2e %6d  %s%s\n", quantities[i].name, report->entries[i].worst,
               limit, report->entries[i].count, report->entries[i].where, kept ? "" : "  FAILED");
    }
    printf("%s\n", good ? "agrees" : "DIFFERS");
    return good;
}
