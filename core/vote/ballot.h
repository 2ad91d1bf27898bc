#ifndef HRM_VOTE_BALLOT_H
#define HRM_VOTE_BALLOT_H

#include "core/base/error.h"
#include "core/vote/pass.h"
#include "core/vote/selection.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// The passes of a puzzle that ended with one answer. Sums are taken in an order that depends on
/// the values alone, so they are the same to the bit whatever the order of the passes.
struct hrm_candidate {
    const uint8_t *answer; ///< points into the passes
    int votes;             ///< passes
    int halted;            ///< of them, those that halted
    double q_sum;          ///< summed q_halt
    double halted_q_sum;   ///< of those that halted
    double halted_weight;  ///< summed sigmoid(q_halt) of those that halted
    bool right, certified; ///< as the passes say
};

/// A pass on its way into its group.
struct hrm_ballot_entry {
    const struct hrm_pass *pass;
    size_t bytes; ///< of an answer
};

/// The selected passes of one puzzle, grouped by answer.
struct hrm_ballot {
    int capacity;                     ///< passes that fit
    int passes;                       ///< counted
    int halted;                       ///< of them
    int count;                        ///< of candidates
    struct hrm_candidate *candidates; ///< in the order of their bytes; owned
    struct hrm_ballot_entry *order;   ///< work
};

/// Room for `capacity` passes. Free with hrm_ballot_free(). Errors: HRM_FAILED.
int hrm_ballot_init(struct hrm_ballot *ballot, int capacity, struct hrm_error *error);
void hrm_ballot_free(struct hrm_ballot *ballot);

/// Count the selected passes of a puzzle that were run; what was counted before is forgotten.
void hrm_ballot_fill(struct hrm_ballot *ballot, const struct hrm_passes *passes,
                     const struct hrm_selection *selection);

/// 1 / (1 + exp(-q)), of q_halt the confidence that the answer is right.
double hrm_ballot_sigmoid(double q);

#endif
