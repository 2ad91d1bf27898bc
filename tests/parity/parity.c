// Compares the model with a file dumped from the reference implementation:
//   parity FILE.h5 [--backend NAME]    without a name: on every backend of this machine
// Exit: 0 agrees, 1 differs, 2 wrong usage, 3 unusable file.

#include "oracle.h"
#include "report.h"
#include "tests/support/single_trainer.h"

#include "core/compute/backend.h"
#include "core/model/loss.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct parity {
    struct oracle oracle;
    struct single_trainer trainer;
    struct report report;
};

static int compare(struct parity *parity, enum quantity quantity, const char *path, int rank,
                   const int64_t *size, const float *values, struct hrm_error *error)
{
    float *expected = oracle_floats(&parity->oracle, path, rank, size, error);
    if (expected == NULL)
        return HRM_DATA;
    size_t count = 1;
    for (int i = 0; i < rank; i++)
        count *= (size_t)size[i];
    report_compare(&parity->report, quantity, count, values, expected, path);
    free(expected);
    return HRM_OK;
}

static int compare_state(struct parity *parity, enum quantity quantity, const char *path,
                         const void *state, struct hrm_error *error)
{
    const struct hrm_model_config *config = &parity->oracle.config;
    int64_t size[] = {parity->oracle.batch, hrm_model_seq(config), config->hidden};
    size_t count = (size_t)(size[0] * size[1] * size[2]);
    float *values = malloc(count * sizeof *values);
    if (values == NULL)
        return hrm_fail(error, HRM_FAILED, "out of memory for %s", path);
    parity->trainer.model.backend->to_float(count, state, values);
    int status = compare(parity, quantity, path, 3, size, values, error);
    free(values);
    return status;
}

/// The rows of logits [B,S,V] that predict, as [B,N,V] in memory that the caller frees.
static float *predicting_rows(const struct parity *parity, const float *logits)
{
    const struct hrm_model_config *config = &parity->oracle.config;
    size_t cells = (size_t)config->cells, vocab = (size_t)config->vocab;
    size_t seq = (size_t)hrm_model_seq(config), puzzles = (size_t)parity->oracle.batch;
    float *rows = malloc(puzzles * cells * vocab * sizeof *rows);
    for (size_t p = 0; rows != NULL && p < puzzles; p++)
        memcpy(rows + p * cells * vocab, logits + (p * seq + seq - cells) * vocab,
               cells * vocab * sizeof *rows);
    return rows;
}

/// A prediction may differ where the reference's own logits are as good as equal: what counts is
/// the logit that ours gives up, relative to the largest of the row.
static double given_up(size_t vocab, const float *logits, size_t expected, size_t found)
{
    double largest = 0;
    for (size_t j = 0; j < vocab; j++)
        largest = fmax(largest, fabs((double)logits[j]));
    return largest > 0 ? ((double)logits[expected] - logits[found]) / largest : expected != found;
}

static int compare_predictions(struct parity *parity, const char *group, const float *logits,
                               struct hrm_error *error)
{
    const struct hrm_model_config *config = &parity->oracle.config;
    size_t cells = (size_t)config->cells, vocab = (size_t)config->vocab;
    int64_t size[] = {parity->oracle.batch, config->cells, config->vocab};
    char path[64];
    uint16_t *found = malloc(cells * sizeof *found);
    snprintf(path, sizeof path, "%s/predictions", group);
    int64_t *predictions = oracle_ints(&parity->oracle, path, 2, size, error);
    snprintf(path, sizeof path, "%s/logits", group);
    float *expected = oracle_floats(&parity->oracle, path, 3, size, error);
    bool read = found != NULL && predictions != NULL && expected != NULL;
    for (size_t p = 0; read && p < (size_t)parity->oracle.batch; p++) {
        hrm_loss_decode(config, logits + p * (size_t)hrm_model_seq(config) * vocab, found);
        for (size_t n = 0; n < cells; n++) {
            size_t at = p * cells + n;
            double loss = given_up(vocab, expected + at * vocab, (size_t)predictions[at], found[n]);
            report_note(&parity->report, Q_PREDICTIONS, fabs(loss), "%s puzzle %zu cell %zu", group,
                        p, n);
        }
    }
    free(found);
    free(predictions);
    free(expected);
    return read ? HRM_OK : HRM_DATA;
}

static int compare_q(struct parity *parity, const char *group, const float *q,
                     struct hrm_error *error)
{
    static const char *const names[] = {"q_halt_logits", "q_continue_logits"};
    int64_t batch = parity->oracle.batch;
    float *column = malloc((size_t)batch * sizeof *column);
    int status = column != NULL ? HRM_OK : hrm_fail(error, HRM_FAILED, "out of memory for q");
    for (int i = 0; i < 2 && status == HRM_OK; i++) {
        char path[64];
        snprintf(path, sizeof path, "%s/%s", group, names[i]);
        for (int64_t p = 0; p < batch; p++)
            column[p] = q[2 * p + i];
        status = compare(parity, Q_Q, path, 1, &batch, column, error);
    }
    free(column);
    return status;
}

static int compare_segment(struct parity *parity, int segment, const struct hrm_outputs *outputs,
                           struct hrm_error *error)
{
    const struct hrm_model_config *config = &parity->oracle.config;
    int64_t size[] = {parity->oracle.batch, config->cells, config->vocab};
    char group[32], path[64];
    snprintf(group, sizeof group, "eval/segment%d", segment);
    snprintf(path, sizeof path, "%s/logits", group);
    float *rows = predicting_rows(parity, outputs->logits);
    int status = rows != NULL ? compare(parity, Q_LOGITS, path, 3, size, rows, error) : HRM_FAILED;
    free(rows);
    snprintf(path, sizeof path, "%s/z_H", group);
    if (status == HRM_OK)
        status = compare_state(parity, Q_STATE_H, path, parity->trainer.worker.z_h, error);
    snprintf(path, sizeof path, "%s/z_L", group);
    if (status == HRM_OK)
        status = compare_state(parity, Q_STATE_L, path, parity->trainer.worker.z_l, error);
    if (status == HRM_OK)
        status = compare_q(parity, group, outputs->q, error);
    if (status == HRM_OK)
        status = compare_predictions(parity, group, outputs->logits, error);
    return status;
}

static int run_evaluation(struct parity *parity, struct hrm_error *error)
{
    struct hrm_worker *worker = &parity->trainer.worker;
    struct oracle_batch data = {0};
    int status = oracle_read_batch(&parity->oracle, "batch", &data, error);
    struct hrm_batch batch = {
        .puzzles = parity->oracle.batch, .inputs = data.inputs, .ids = data.ids};
    for (int p = 0; p < parity->oracle.batch; p++)
        hrm_state_reset(worker, p, 0, NULL);
    for (int i = 0; i < parity->oracle.segments && status == HRM_OK; i++) {
        struct hrm_outputs outputs = hrm_segment_forward(worker, &batch);
        status = compare_segment(parity, i, &outputs, error);
    }
    oracle_free_batch(&data);
    return status;
}

static int compare_attributes(struct parity *parity, const char *group,
                              const struct single_metrics *metrics, double rate,
                              struct hrm_error *error)
{
    double total = metrics->lm + 0.5 * (metrics->q_halt + metrics->q_continue);
    const struct {
        const char *name;
        double value;
        enum quantity quantity;
    } values[] = {{"loss", total, Q_LOSS},
                  {"lm_loss", metrics->lm, Q_LOSS},
                  {"q_halt_loss", metrics->q_halt, Q_LOSS},
                  {"q_continue_loss", metrics->q_continue, Q_LOSS},
                  {"count", metrics->count, Q_METRICS},
                  {"accuracy", metrics->accuracy, Q_METRICS},
                  {"exact_accuracy", metrics->exact, Q_METRICS},
                  {"q_halt_accuracy", metrics->q_right, Q_METRICS},
                  {"steps", metrics->steps, Q_METRICS},
                  {"lr", rate, Q_RATE},
                  {"grad_norm", metrics->gradient_norm, Q_GRADIENT_NORM}};
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        double expected;
        bool there = oracle_has_attribute(&parity->oracle, group, values[i].name);
        if (!there && i > 0)
            continue;
        int status = oracle_attribute(&parity->oracle, group, values[i].name, &expected, error);
        if (status != HRM_OK)
            return status;
        char where[96];
        snprintf(where, sizeof where, "%s %s", group, values[i].name);
        report_compare_number(&parity->report, values[i].quantity, values[i].value, expected,
                              values[i].quantity == Q_RATE ? 1e-12 : 0.1, where);
    }
    return HRM_OK;
}

static int compare_halting(struct parity *parity, const char *group, struct hrm_error *error)
{
    int64_t batch = parity->oracle.batch;
    char path[64];
    snprintf(path, sizeof path, "%s/halted", group);
    int64_t *halted = oracle_ints(&parity->oracle, path, 1, &batch, error);
    snprintf(path, sizeof path, "%s/steps", group);
    int64_t *steps = oracle_ints(&parity->oracle, path, 1, &batch, error);
    bool read = halted != NULL && steps != NULL;
    int differing = 0;
    for (int64_t p = 0; read && p < batch; p++)
        differing +=
            (halted[p] != 0) != parity->trainer.halted[p] || steps[p] != parity->trainer.steps[p];
    if (read)
        report_note(&parity->report, Q_HALTING, differing, "%s", group);
    free(halted);
    free(steps);
    return read ? HRM_OK : HRM_DATA;
}

static int compare_gradients(struct parity *parity, struct hrm_error *error)
{
    const struct single_trainer *trainer = &parity->trainer;
    const struct hrm_layout *layout = &trainer->model.layout;
    int status = HRM_OK;
    char path[128];
    for (int i = 0; i < layout->count && status == HRM_OK; i++) {
        const struct hrm_tensor *tensor = &layout->tensors[i];
        if (tensor->kind != HRM_TENSOR_TRAINED)
            continue;
        int64_t size[] = {tensor->rows, tensor->cols};
        bool vector = strcmp(tensor->name, "q_head.bias") == 0;
        snprintf(path, sizeof path, "train/step1/grads/%s", tensor->name);
        status = compare(parity, Q_GRADIENTS, path, vector ? 1 : 2, vector ? size + 1 : size,
                         trainer->gradient + tensor->offset, error);
    }
    if (status == HRM_OK && trainer->dpuzzle != NULL)
        status = compare(parity, Q_PUZZLE_GRADIENT, "train/step1/grads/puzzle_emb.local_weights", 2,
                         (int64_t[]){trainer->batch, parity->oracle.config.puzzle_emb},
                         trainer->dpuzzle, error);
    return status;
}

static int run_step(struct parity *parity, int step, struct hrm_error *error)
{
    struct single_trainer *trainer = &parity->trainer;
    struct oracle_batch data = {0};
    char group[32];
    snprintf(group, sizeof group, "train/step%d", step);
    int status = oracle_read_batch(&parity->oracle, group, &data, error);
    if (status != HRM_OK)
        return status;
    single_trainer_offer(trainer, data.inputs, data.labels, data.ids);
    oracle_free_batch(&data);
    struct single_metrics metrics = single_trainer_differentiate(trainer);
    if (oracle_has(&parity->oracle, "train/step1/grads") && step == 1)
        status = compare_gradients(parity, error);
    double rate = single_trainer_update(trainer);
    if (status == HRM_OK)
        status = compare_attributes(parity, group, &metrics, rate, error);
    if (status == HRM_OK)
        status = compare_halting(parity, group, error);
    return status;
}

static int compare_final(struct parity *parity, struct hrm_error *error)
{
    const struct single_trainer *trainer = &parity->trainer;
    const struct hrm_layout *layout = &trainer->model.layout;
    int status =
        compare_state(parity, Q_FINAL_STATE, "train/final_z_H", trainer->worker.z_h, error);
    if (status == HRM_OK)
        status =
            compare_state(parity, Q_FINAL_STATE, "train/final_z_L", trainer->worker.z_l, error);
    float *expected = calloc(layout->total, sizeof *expected);
    if (status == HRM_OK && expected != NULL)
        status = oracle_read_params(&parity->oracle, "final_params", layout, expected, error);
    for (int i = 0; i < layout->count && status == HRM_OK && expected != NULL; i++) {
        const struct hrm_tensor *tensor = &layout->tensors[i];
        if (tensor->kind == HRM_TENSOR_FIXED)
            continue;
        size_t count = (size_t)tensor->rows * (size_t)tensor->cols;
        report_compare(&parity->report, Q_FINAL_PARAMS, count, trainer->params + tensor->offset,
                       expected + tensor->offset, tensor->name);
    }
    free(expected);
    return status;
}

/// Move every weight by the relative rounding error, up or down.
static void round_weights(struct single_trainer *trainer, double rounding)
{
    struct hrm_random random = hrm_random_open(1, HRM_RANDOM_WEIGHTS, 0, 0);
    for (size_t i = 0; i < trainer->model.layout.total; i++) {
        double sign = hrm_random_bits(&random) % 2 == 0 ? rounding : -rounding;
        trainer->params[i] = (float)(trainer->params[i] * (1 + sign));
    }
}

static int run_with(struct parity *parity, const struct hrm_backend *backend, double rounding,
                    struct hrm_error *error)
{
    struct single_trainer *trainer = &parity->trainer;
    int status =
        single_trainer_init(trainer, &parity->oracle.config, backend, parity->oracle.batch, error);
    // What does not fit a model is the file's fault here.
    if (status != HRM_OK)
        return status == HRM_USAGE ? HRM_DATA : status;
    trainer->adam = parity->oracle.adam;
    trainer->schedule = parity->oracle.schedule;
    trainer->descent.rate = parity->oracle.descent.rate;
    trainer->descent.decay = parity->oracle.descent.decay;
    status = oracle_read_params(&parity->oracle, "params", &trainer->model.layout, trainer->params,
                                error);
    round_weights(trainer, rounding);
    single_trainer_pack(trainer);
    if (status == HRM_OK)
        status = run_evaluation(parity, error);
    for (int step = 1; step <= parity->oracle.steps && status == HRM_OK; step++)
        status = run_step(parity, step, error);
    if (status == HRM_OK && oracle_has(&parity->oracle, "train/final_z_H"))
        status = compare_final(parity, error);
    single_trainer_free(trainer);
    return status;
}

static int run(const char *path, const struct hrm_backend *backend, bool *agrees,
               struct hrm_error *error)
{
    struct parity parity = {0};
    int status = oracle_open(&parity.oracle, path, error);
    bool loose = parity.oracle.bf16 || backend->element == 2;
    parity.report.rehearsing = true;
    if (status == HRM_OK)
        status = run_with(&parity, backend, report_rounding(loose), error);
    parity.report.rehearsing = false;
    if (status == HRM_OK)
        status = run_with(&parity, backend, 0, error);
    if (status == HRM_OK) {
        printf("%s on %s (%s): %d segments, %d steps, %s limits\n", path, backend->name,
               backend->detail, parity.oracle.segments, parity.oracle.steps,
               loose ? "bf16" : "fp32");
        *agrees = report_print(&parity.report, loose);
    }
    report_free(&parity.report);
    oracle_close(&parity.oracle);
    return status;
}

int main(int argc, char **argv)
{
    const char *name = argc == 4 && strcmp(argv[2], "--backend") == 0 ? argv[3] : NULL;
    int agreed = 0, count = 0;
    if (argc != 2 && name == NULL) {
        fprintf(stderr, "usage: parity FILE.h5 [--backend NAME]\n");
        return HRM_USAGE;
    }
    for (const struct hrm_backend *const *backend = hrm_backends(); *backend != NULL; backend++) {
        struct hrm_error error = {0};
        bool agrees = false;
        if (!(*backend)->available() || (name != NULL && strcmp(name, (*backend)->name) != 0))
            continue;
        int status = run(argv[1], *backend, &agrees, &error);
        if (status != HRM_OK) {
            fprintf(stderr, "parity: %s\n%s%s", error.text, error.hint, *error.hint ? "\n" : "");
            return status;
        }
        agreed += agrees;
        count++;
    }
    if (count == 0)
        fprintf(stderr, "parity: no backend '%s' on this machine\n", name);
    return count == 0 ? HRM_USAGE : agreed == count ? HRM_OK : HRM_FAILED;
}
