#ifndef HRM_H
#define HRM_H

/// libhrm: run the Hierarchical Reasoning Models that hrmpi trains, from C and from whatever calls
/// C.
///
/// A model is a checkpoint in memory. A worker is room for a batch of items and their states. A
/// segment is one round of thought: it reads the tokens of every item of the batch, advances their
/// states, and leaves logits, tokens and q. An item is thought through by segments, from the
/// initial state on, until the model wants to halt or enough have been run.
///
/// Status: what can fail returns an enum hrm_code and takes `error`, memory of HRM_ERROR_SIZE bytes
/// of the caller, which receives one line of text on failure, what went wrong and what to do, and
/// an empty text on success. NULL: no text is wanted.
///
/// Ownership: hrm_model_open() and hrm_worker_open() make what hrm_model_close() and
/// hrm_worker_close() free, workers before their model. All else is memory of the caller, who may
/// free it when the call returns. Texts that are returned live as long as the process, or the
/// model.
///
/// Threads: a model does not change and serves any number of threads. A worker is used by one
/// thread at a time. The library starts no threads; to use several cores, give each its worker.
/// hrm_model_open() uses HDF5, which most builds allow one thread at a time: the library's own
/// calls wait for each other, and those of the program must not run beside them.
///
/// Side effects: OpenBLAS is told to use one thread in this process, and Linux is asked for the AMX
/// matrix unit. Nothing is printed, no signal or environment variable is touched, MPI is not used,
/// also where HDF5 was built for it.
///
/// Numbers: an item's results do not depend on the others of its batch, on the batch or on the
/// thread. They are the same to the bit on one backend and kind of CPU, and those of hrmpi.

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define HRM_API __attribute__((visibility("default")))
#else
#define HRM_API
#endif

/// Bytes of an error text.
#define HRM_ERROR_SIZE 2048

/// Exit codes of hrmpi.
enum hrm_code {
    HRM_DONE = 0,
    HRM_ERROR_FAILED = 1, ///< memory or disk
    HRM_ERROR_USAGE = 2,  ///< an argument that does not fit
    HRM_ERROR_DATA = 3,   ///< a file that is no checkpoint, or damaged
    HRM_ERROR_NUMERIC = 4 ///< numbers that are not finite
};

/// Version of the library, as "0.1.0". Within one SONAME this header does not change what is in it.
HRM_API const char *hrm_version(void);

/// Names of the backends that this machine can run, the fastest first: index 0, 1, ...; NULL behind
/// the last.
HRM_API const char *hrm_backend_name(int index);

// --- models --------------------------------------------------------------------------------------

typedef struct hrm_opened_model hrm_model_t;

/// The sizes of a model.
struct hrm_model_shape {
    int32_t positions;   ///< N: tokens of an item, in and out
    int32_t vocabulary;  ///< V: tokens are 0 .. V-1
    int32_t identifiers; ///< of puzzles: 0 .. identifiers-1; 1: items need none
    int32_t rows;        ///< R of a state: the positions, those of an identifier before them, times
                         ///< the symbols of a symbol-equivariant model
    int32_t width;       ///< D of a state
    int32_t segments;    ///< of an item in training, at most
    int32_t batch;       ///< items that suit the caches of this machine together
    int64_t step;        ///< of the training that the checkpoint is of
};

/// Read a checkpoint: a snapshot of `hrmpi train` or a file of `hrmpi export`. The moving average
/// of the weights is used where there is one.
/// @param path     [in] of the file
/// @param backend  [in] a name of hrm_backend_name(), or NULL or "auto": the one that hrmpi takes
/// @param model    [out] NULL on failure
/// Errors: HRM_ERROR_USAGE (no such backend here, or none for these sizes), HRM_ERROR_DATA,
/// HRM_ERROR_FAILED.
HRM_API int hrm_model_open(const char *path, const char *backend, hrm_model_t **model, char *error);

/// NULL is allowed.
HRM_API void hrm_model_close(hrm_model_t *model);

HRM_API void hrm_model_shape(const hrm_model_t *model, struct hrm_model_shape *shape);

/// The backend that the model runs on.
HRM_API const char *hrm_model_backend(const hrm_model_t *model);

// --- workers -------------------------------------------------------------------------------------

typedef struct hrm_opened_worker hrm_worker_t;

/// Make room for up to `batch` items. All have the initial state.
/// @param worker  [out] NULL on failure
/// Errors: HRM_ERROR_USAGE (batch below 1, or batch R above 2^20), HRM_ERROR_FAILED.
HRM_API int hrm_worker_open(const hrm_model_t *model, int32_t batch, hrm_worker_t **worker,
                            char *error);

/// NULL is allowed.
HRM_API void hrm_worker_close(hrm_worker_t *worker);

/// Give item 0 .. batch-1 the initial state of the model. Errors: HRM_ERROR_USAGE.
HRM_API int hrm_worker_reset(hrm_worker_t *worker, int32_t item, char *error);

/// Give an item a state. What hrm_worker_store() gave is taken as it was, to the bit; other numbers
/// are rounded to the backend's own type, bf16 or fp32.
/// @param z_h, z_l  [in] [R,D] each, row-major
/// Errors: HRM_ERROR_USAGE (no such item).
HRM_API int hrm_worker_load(hrm_worker_t *worker, int32_t item, const float *z_h, const float *z_l,
                            char *error);

/// Take out the state of an item. @param z_h, z_l  [out] [R,D] each, row-major
/// Errors: HRM_ERROR_USAGE.
HRM_API int hrm_worker_store(const hrm_worker_t *worker, int32_t item, float *z_h, float *z_l,
                             char *error);

/// Run one segment on items 0 .. count-1 from the states that they have, and advance these. The
/// other items have no state afterwards: load or reset them before they are run.
///
/// In models of Sudoku a token is 0 for padding, 1 for a blank, digit + 1 for a digit, row by row.
/// @param tokens       [in] [count,N], each below V
/// @param identifiers  [in] [count], or NULL: all 0
/// Errors: HRM_ERROR_USAGE (count, a token or an identifier out of range: then nothing has
/// changed), HRM_ERROR_NUMERIC (q is not finite: the checkpoint has diverged, or the state was not
/// finite).
HRM_API int hrm_worker_segment(hrm_worker_t *worker, int32_t count, const uint16_t *tokens,
                               const int32_t *identifiers, char *error);

// --- what the last segment says of an item 0 .. count-1 ------------------------------------------
// Errors of all: HRM_ERROR_USAGE where it did not have that item.

/// The most likely token of each position; of equal ones the lowest. @param tokens  [out] [N]
HRM_API int hrm_worker_tokens(const hrm_worker_t *worker, int32_t item, uint16_t *tokens,
                              char *error);

/// -1e30 stands for tokens that a model never predicts. @param logits  [out] [N,V]
HRM_API int hrm_worker_logits(const hrm_worker_t *worker, int32_t item, float *logits, char *error);

/// Whether to go on, as the model sees it.
struct hrm_halting_q {
    float q_halt, q_continue; ///< logits; q_continue means nothing in a model that did not learn it
    int32_t halts;            ///< 1: the model wants to stop; q_halt > q_continue, or > 0
};
HRM_API int hrm_worker_q(const hrm_worker_t *worker, int32_t item, struct hrm_halting_q *q,
                         char *error);

#ifdef __cplusplus
}
#endif

#endif
