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

/// The worst deviation of every quantity from the reference, and how far rounding alone moves it.
///
/// What is compared passes through here twice, in the same order: first in a rehearsal with
/// weights that are off by a rounding, whose values are only kept; then with the true weights,
/// when it is compared with the reference and with what was kept.
struct report {
    struct {
        double worst;
        double noise; ///< largest distance from the rehearsal
        char where[96];
        int count;
    } entries[QUANTITIES];
    bool rehearsing;
    float *kept; ///< everything of the rehearsal, one behind the other
    size_t kept_count, kept_room, next;
};

void report_free(struct report *report);

/// Note a deviation; NaN counts as infinite. Nothing happens in a rehearsal.
void report_note(struct report *report, enum quantity quantity, double deviation,
                 const char *format, ...) __attribute__((format(printf, 4, 5)));

/// Compare values[count] by report_distance(), in both senses.
void report_compare(struct report *report, enum quantity quantity, size_t count,
                    const float *values, const float *expected, const char *where);

/// Compare a number by |value - expected| / max(|expected|, floor).
void report_compare_number(struct report *report, enum quantity quantity, double value,
                           double expected, double floor, const char *where);

/// |a - b| / |b| by Euclidean norm; |a - b| when b is zero.
double report_distance(size_t count, const float *a, const float *b);

/// The relative rounding error of the weights in a rehearsal.
double report_rounding(bool loose);

/// Print one line per quantity that was checked. Returns whether all keep their limits: those of
/// the fixtures, and for models that amplify rounding more, a multiple of its effect, up to
/// 100 times the fixtures' limit in fp32 and 4 times in bf16.
/// @param loose  the limits for a bf16 forward pass on either side
bool report_print(const struct report *report, bool loose);

#endif
