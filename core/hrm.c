// The public interface over the rest of core/: handles, checked arguments, texts of errors.

#include "core/hrm.h"

#include "core/compute/backend.h"
#include "core/file/model_file.h"
#include "core/model/halting.h"
#include "core/model/loss.h"
#include "core/model/segment.h"

#include <hdf5.h>
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

_Static_assert((int)HRM_DONE == HRM_OK && (int)HRM_ERROR_FAILED == HRM_FAILED &&
                   (int)HRM_ERROR_USAGE == HRM_USAGE && (int)HRM_ERROR_DATA == HRM_DATA &&
                   (int)HRM_ERROR_NUMERIC == HRM_NUMERIC,
               "codes inside and outside are the same");

enum { MOST_ROWS = 1 << 20 }; // of the states of a worker

struct hrm_opened_model {
    struct hrm_model_file file;
};

struct hrm_opened_worker {
    struct hrm_worker worker;
    struct hrm_outputs outputs; ///< of the last segment
    int count;                  ///< items of it; 0: there was none
};

/// HDF5 is called by one thread at a time.
static pthread_mutex_t reading = PTHREAD_MUTEX_INITIALIZER;

// --- errors --------------------------------------------------------------------------------------

/// Give the caller the text of what was recorded. Returns its status.
static int tell(const struct hrm_error *problem, char *error)
{
    const char *hint = problem->hint;
    if (error != NULL)
        snprintf(error, HRM_ERROR_SIZE, "%s%s%.1000s%s", problem->text, *hint ? " (" : "", hint,
                 *hint ? ")" : "");
    return problem->status;
}

static int done(char *error)
{
    return tell(&(struct hrm_error){0}, error);
}

/// Refuse a number that is not 0 .. limit-1.
static int refuse(const char *what, int64_t value, int64_t limit, char *error)
{
    struct hrm_error problem = {0};
    hrm_fail(&problem, HRM_USAGE, "%s is %lld", what, (long long)value);
    if (limit > 0)
        hrm_hint(&problem, "0 to %lld are possible", (long long)limit - 1);
    else
        hrm_hint(&problem, "run a segment first");
    return tell(&problem, error);
}

const char *hrm_version(void)
{
    return HRM_LIBRARY_VERSION;
}

// --- models --------------------------------------------------------------------------------------

/// The backends that this machine has, and those that "auto" chooses from, bit i for the i-th of
/// hrm_backends(). They are asked once, since that sets them up.
static unsigned usable, automatic;
static pthread_once_t asked = PTHREAD_ONCE_INIT;

static void ask_backends(void)
{
    for (int i = 0; hrm_backends()[i] != NULL; i++)
        usable |= hrm_backend_usable(hrm_backends()[i]->name);
    automatic = hrm_backend_usable("auto");
}

const char *hrm_backend_name(int index)
{
    pthread_once(&asked, ask_backends);
    for (int i = 0; hrm_backends()[i] != NULL; i++)
        if ((usable >> i & 1) != 0 && index-- == 0)
            return hrm_backends()[i]->name;
    return NULL;
}

static const struct hrm_backend *find_backend(const char *name)
{
    pthread_once(&asked, ask_backends);
    if (name == NULL || strcmp(name, "auto") == 0)
        return hrm_backend_first(automatic);
    for (int i = 0; hrm_backends()[i] != NULL; i++)
        if ((usable >> i & 1) != 0 && strcmp(name, hrm_backends()[i]->name) == 0)
            return hrm_backends()[i];
    return NULL;
}

/// Read a model, and leave as it was what HDF5 prints of errors.
static int read_model(hrm_model_t *model, const char *path, const struct hrm_backend *backend,
                      struct hrm_error *problem)
{
    H5E_auto2_t print = NULL;
    void *data = NULL;
    pthread_mutex_lock(&reading);
    H5Eget_auto2(H5E_DEFAULT, &print, &data);
    int status = hrm_model_file_read(&model->file, path, backend, problem);
    H5Eset_auto2(H5E_DEFAULT, print, data);
    pthread_mutex_unlock(&reading);
    return status;
}

int hrm_model_open(const char *path, const char *backend, hrm_model_t **model, char *error)
{
    struct hrm_error problem = {0};
    const struct hrm_backend *found = find_backend(backend);
    *model = NULL;
    if (found == NULL) {
        hrm_fail(&problem, HRM_USAGE, "there is no backend '%s' here", backend);
        hrm_hint(&problem, "hrm_backend_name() has those that this machine can run");
        return tell(&problem, error);
    }
    hrm_model_t *opened = calloc(1, sizeof *opened);
    if (opened == NULL)
        hrm_fail(&problem, HRM_FAILED, "no memory for a model");
    else if (read_model(opened, path, found, &problem) == HRM_OK)
        *model = opened;
    else
        hrm_model_close(opened);
    return tell(&problem, error);
}

void hrm_model_close(hrm_model_t *model)
{
    if (model != NULL)
        hrm_model_file_free(&model->file);
    free(model);
}

void hrm_model_shape(const hrm_model_t *model, struct hrm_model_shape *shape)
{
    const struct hrm_model_config *config = &model->file.model.config;
    *shape = (struct hrm_model_shape){
        .positions = config->cells,
        .vocabulary = config->vocab,
        .identifiers = config->puzzle_ids,
        .rows = hrm_model_rows(config),
        .width = config->hidden,
        .segments = config->halt_max_steps,
        .batch = hrm_model_block_puzzles(config, model->file.model.backend),
        .step = model->file.provenance.step};
}

const char *hrm_model_backend(const hrm_model_t *model)
{
    return model->file.model.backend->name;
}

// --- workers -------------------------------------------------------------------------------------

int hrm_worker_open(const hrm_model_t *model, int32_t batch, hrm_worker_t **worker, char *error)
{
    struct hrm_error problem = {0};
    int most = MOST_ROWS / hrm_model_rows(&model->file.model.config);
    *worker = NULL;
    if (batch < 1 || batch > most) {
        hrm_fail(&problem, HRM_USAGE, "a worker for %d items", batch);
        hrm_hint(&problem, "1 to %d are possible", most);
        return tell(&problem, error);
    }
    hrm_worker_t *opened = calloc(1, sizeof *opened);
    if (opened == NULL)
        hrm_fail(&problem, HRM_FAILED, "no memory for a worker");
    else if (hrm_worker_init(&opened->worker, &model->file.model, batch, false, &problem))
        free(opened);
    else
        *worker = opened;
    if (*worker == NULL)
        return tell(&problem, error);
    for (int item = 0; item < batch; item++)
        hrm_state_reset(&opened->worker, item, 0, NULL);
    return done(error);
}

void hrm_worker_close(hrm_worker_t *worker)
{
    if (worker != NULL)
        hrm_worker_free(&worker->worker);
    free(worker);
}

int hrm_worker_reset(hrm_worker_t *worker, int32_t item, char *error)
{
    if (item < 0 || item >= worker->worker.puzzles)
        return refuse("item", item, worker->worker.puzzles, error);
    hrm_state_reset(&worker->worker, item, 0, NULL);
    return done(error);
}

int hrm_worker_load(hrm_worker_t *worker, int32_t item, const float *z_h, const float *z_l,
                    char *error)
{
    if (item < 0 || item >= worker->worker.puzzles)
        return refuse("item", item, worker->worker.puzzles, error);
    hrm_state_from_float(&worker->worker, item, z_h, z_l);
    return done(error);
}

int hrm_worker_store(const hrm_worker_t *worker, int32_t item, float *z_h, float *z_l, char *error)
{
    if (item < 0 || item >= worker->worker.puzzles)
        return refuse("item", item, worker->worker.puzzles, error);
    hrm_state_to_float(&worker->worker, item, z_h, z_l);
    return done(error);
}

// --- segments ------------------------------------------------------------------------------------

static int check_batch(const hrm_worker_t *worker, int count, const uint16_t *tokens,
                       const int32_t *identifiers, char *error)
{
    const struct hrm_model_config *config = &worker->worker.model->config;
    if (count < 1 || count > worker->worker.puzzles)
        return refuse("count - 1", (int64_t)count - 1, worker->worker.puzzles, error);
    for (int64_t i = 0; i < (int64_t)count * config->cells; i++)
        if (tokens[i] >= config->vocab)
            return refuse("a token", tokens[i], config->vocab, error);
    for (int i = 0; identifiers != NULL && i < count; i++)
        if (identifiers[i] < 0 || identifiers[i] >= config->puzzle_ids)
            return refuse("an identifier", identifiers[i], config->puzzle_ids, error);
    return HRM_OK;
}

int hrm_worker_segment(hrm_worker_t *worker, int32_t count, const uint16_t *tokens,
                       const int32_t *identifiers, char *error)
{
    int status = check_batch(worker, count, tokens, identifiers, error);
    if (status != HRM_OK)
        return status;
    struct hrm_batch batch = {.puzzles = count, .inputs = tokens, .ids = identifiers};
    worker->outputs = hrm_segment_forward(&worker->worker, &batch);
    worker->count = count;
    for (int i = 0; i < 2 * count; i++) {
        struct hrm_error problem = {0};
        if (isfinite(worker->outputs.q[i]))
            continue;
        hrm_fail(&problem, HRM_NUMERIC, "q of item %d is not finite", i / 2);
        hrm_hint(&problem,
                 "the checkpoint has diverged, or a state that was loaded was not finite");
        return tell(&problem, error);
    }
    return done(error);
}

/// The logits [S,V] of an item, the positions before the first token included.
static const float *item_logits(const hrm_worker_t *worker, int item)
{
    const struct hrm_model_config *config = &worker->worker.model->config;
    return worker->outputs.logits +
           (size_t)item * (size_t)hrm_model_seq(config) * (size_t)config->vocab;
}

int hrm_worker_tokens(const hrm_worker_t *worker, int32_t item, uint16_t *tokens, char *error)
{
    if (item < 0 || item >= worker->count)
        return refuse("item", item, worker->count, error);
    const struct hrm_model_config *config = &worker->worker.model->config;
    hrm_loss_decode(config, item_logits(worker, item), tokens);
    return done(error);
}

int hrm_worker_logits(const hrm_worker_t *worker, int32_t item, float *logits, char *error)
{
    const struct hrm_model_config *config = &worker->worker.model->config;
    size_t vocab = (size_t)config->vocab;
    if (item < 0 || item >= worker->count)
        return refuse("item", item, worker->count, error);
    memcpy(logits, item_logits(worker, item) + (size_t)hrm_model_prefix(config) * vocab,
           (size_t)config->cells * vocab * sizeof *logits);
    return done(error);
}

int hrm_worker_q(const hrm_worker_t *worker, int32_t item, struct hrm_halting_q *q, char *error)
{
    if (item < 0 || item >= worker->count)
        return refuse("item", item, worker->count, error);
    const float *own = worker->outputs.q + 2 * (ptrdiff_t)item;
    *q = (struct hrm_halting_q){own[0], own[1],
                                hrm_halting_wants(&worker->worker.model->config, own)};
    return done(error);
}
