#ifndef HRM_TESTS_REPORT_H
#define HRM_TESTS_REPORT_H

#include <stdbool.h>
#include <stddef.h>

enum quantity {
    Q_LOGITS,
    Q_STATE_H,
    Q_STATE_L,
    Q_Q,
    Q_PREDICTIONS,
    Q_LOSS,
    Q_METRICS,
    Q_GRADIENTS,
    Q_PUZZLE_GRADIENT,
    Q_GRADIENT_NORM,
    Q_HALTING,
    Q_RATE,
    Q_FINAL_PARAMS,
    Q_FINAL_STATE,
    QUANTITIES
};

/// The worst deviation of every quantity from the reference.
struct report {
    struct {
        double worst;
        char where[96];
        int count;
    } entries[QUANTITIES];
};

/// Note a deviation; NaN counts as infinite.
void report_note(struct report *report, enum quantity quantity, double deviation,
                 const char *format, ...) __attribute__((format(printf, 4, 5)));

/// |a - b| / |b| by Euclidean norm; |a - b| when b is zero.
double report_distance(size_t count, const float *a, const float *b);

/// Print one line per quantity that was checked. Returns whether all keep their limits.
/// @param loose  the limits for a bf16 forward pass on either side
bool report_print(const struct report *report, bool loose);

#endif
