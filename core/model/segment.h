#ifndef HRM_MODEL_SEGMENT_H
#define HRM_MODEL_SEGMENT_H

#include "core/base/arena.h"
#include "core/base/error.h"
#include "core/base/random.h"
#include "core/model/model.h"

#include <stdbool.h>
#include <stdint.h>

/// A few puzzles that go through a segment together: one row block.
struct hrm_batch {
    int puzzles;            ///< B, at most the worker's
    const uint16_t *inputs; ///< tokens [B,N]: 0 pad, 1 blank, 2..10 digits for Sudoku
    const int32_t *ids;     ///< puzzle identifiers [B], or NULL for all 0
    const int32_t *lengths; ///< tokens of each puzzle [B], 1..N; those behind are padding, which is
                            ///< neither looked at nor has effect. NULL: N each
    double noise_sigma;     ///< standard deviation of the noise added to z_L and z_H after every
                            ///< module call, as hrm_truncated_normal_add() has it; 0: none
    struct hrm_random *noise; ///< a stream per puzzle [B]; NULL when noise_sigma is 0
};

/// What a segment leaves: fp32, owned by the worker, valid until its next segment.
struct hrm_outputs {
    const float *logits; ///< [B,S,V]; the first P positions of a puzzle are not predictions
    const float *q;      ///< [B,2]: q_halt, q_continue
};

enum hrm_level { HRM_LEVEL_L, HRM_LEVEL_H };

/// A module call that has just ended.
struct hrm_call {
    enum hrm_level level;
    int h_cycle, l_cycle; ///< from 0; l_cycle of an H call: the number of L calls before it
    int puzzles;          ///< B of the batch
    const void *state;    ///< [B * hrm_model_rows(), D], z of that level, noise included, in the
                          ///< backend's element type; of puzzle p from p * hrm_state_bytes() on
};

/// Who looks at the states of a worker. It is called by the worker's thread after every module call
/// of hrm_segment_forward(), and may not change anything.
struct hrm_observer {
    void (*after_call)(void *user, const struct hrm_model *model, const struct hrm_call *call);
    void *user;
};

/// One thread's workspace to run segments of up to `puzzles` puzzles. Everything is allocated
/// once; running allocates nothing.
///
/// z_h and z_l hold the state between segments, [puzzles * hrm_model_rows(), D] in the backend's
/// element type: the caller loads a carry into them and takes it out again with the functions
/// below.
struct hrm_worker {
    const struct hrm_model *model; ///< not owned
    int puzzles;
    bool training; ///< keeps a tape and can run hrm_segment_backward()
    void *z_h, *z_l;
    const struct hrm_observer *observer; ///< set by the caller; NULL: nobody looks
    struct hrm_arena arena;
    struct hrm_worker_buffers *buffers;
};

/// Errors: HRM_FAILED when memory is short.
int hrm_worker_init(struct hrm_worker *worker, const struct hrm_model *model, int puzzles,
                    bool training, struct hrm_error *error);
void hrm_worker_free(struct hrm_worker *worker);
/// Bytes that hrm_worker_init() takes.
size_t hrm_worker_bytes(const struct hrm_model *model, int puzzles, bool training);

/// Bytes of one puzzle's z_h, and of its z_l: hrm_model_rows() * D * element.
size_t hrm_state_bytes(const struct hrm_model *model);
/// Set puzzle p's state to the initial states; with sigma > 0 plus truncated normal noise of
/// that standard deviation from `random`, drawn per element, z_H first.
void hrm_state_reset(struct hrm_worker *worker, int p, double sigma, struct hrm_random *random);
/// Copy puzzle p's state in from, or out to, carry memory of hrm_state_bytes() each.
void hrm_state_load(struct hrm_worker *worker, int p, const void *z_h, const void *z_l);
void hrm_state_store(const struct hrm_worker *worker, int p, void *z_h, void *z_l);
/// The same in fp32, hrm_model_rows() * D numbers each, whatever the backend's element type is;
/// what was read is written back to the bit. NULL: not that one.
void hrm_state_to_float(const struct hrm_worker *worker, int p, float *z_h, float *z_l);
void hrm_state_from_float(struct hrm_worker *worker, int p, const float *z_h, const float *z_l);

/// Run one segment on the state in the worker: H cycles of L cycles of module calls; the state
/// is advanced. Keeps the tape when the worker trains. With fewer puzzles than the worker has
/// room for, the state of the others is undefined afterwards.
struct hrm_outputs hrm_segment_forward(struct hrm_worker *worker, const struct hrm_batch *batch);

/// What the z_H in the worker predicts, without a segment: after hrm_segment_forward() and with no
/// change of state in between, the same to the bit. No state advances; not while training.
/// @param batch  [in] whose puzzles: the inputs are not read
struct hrm_outputs hrm_segment_read_out(struct hrm_worker *worker, const struct hrm_batch *batch);

/// q of one more segment, from the state in the worker and without advancing it or touching the
/// tape: the second forward that q_continue learns from. Only what q needs is computed. No noise
/// is added and no stream advances.
/// @return fp32 [B,2], owned by the worker
const float *hrm_segment_peek(struct hrm_worker *worker, const struct hrm_batch *batch);

/// Differentiate the last hrm_segment_forward(); the state in the worker must still be what that
/// left. Consumes the tape.
/// @param dlogits  [in] fp32 [B,S,V], rows of the first P positions ignored
/// @param dq       [in] fp32 [B,2]
/// @param gradient [in,out] fp32 [layout.trained], added to
/// @param dpuzzle  [out] fp32 [B, puzzle_emb]: gradient of each puzzle's embedding vector, or
///                 NULL without one
void hrm_segment_backward(struct hrm_worker *worker, const struct hrm_batch *batch,
                          const float *dlogits, const float *dq, float *gradient, float *dpuzzle);

#endif
