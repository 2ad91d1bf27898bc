#ifndef HRM_EVAL_GUIDED_H
#define HRM_EVAL_GUIDED_H

#include <stdint.h>

/// Guided self-scheduling (Polychronopoulos and Kuck 1987): many neighbouring indices at a time as
/// long as much is left, and one at a time at the end, so that all workers get ready together.
struct hrm_guided {
    int64_t total;   ///< indices 0 .. total-1
    int64_t most;    ///< indices of a claim, at most
    int64_t workers; ///< threads that claim, of all ranks
};

/// How many indices to claim when `seen` of them are gone: a quarter of each worker's share of the
/// rest, 1 .. most.
int64_t hrm_guided_chunk(const struct hrm_guided *work, int64_t seen);

#endif
