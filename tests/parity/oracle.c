#include "oracle.h"

#include "core/file/h5.h"
#include "core/file/h5_attribute.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/// Attributes are integers or reals as the dump's writer had them.
static int read_number(hid_t where, const char *name, double *value, struct hrm_error *error)
{
    int64_t integer;
    if (hrm_h5_read_real(where, name, value, NULL) == HRM_OK)
        return HRM_OK;
    int status = hrm_h5_read_int(where, name, &integer, error);
    if (status == HRM_OK)
        *value = (double)integer;
    return status;
}

static int read_sizes(struct oracle *oracle, struct hrm_error *error)
{
    struct hrm_model_config *c = &oracle->config;
    struct {
        const char *name;
        int *value;
    } const fields[] = {{"hidden_size", &c->hidden},
                        {"num_heads", &c->heads},
                        {"H_layers", &c->h_layers},
                        {"L_layers", &c->l_layers},
                        {"H_cycles", &c->h_cycles},
                        {"L_cycles", &c->l_cycles},
                        {"vocab_size", &c->vocab},
                        {"seq_len", &c->cells},
                        {"puzzle_emb_ndim", &c->puzzle_emb},
                        {"num_puzzle_identifiers", &c->puzzle_ids},
                        {"halt_max_steps", &c->halt_max_steps},
                        {"batch_size", &oracle->batch}};
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
        int64_t value;
        int status = hrm_h5_read_int(oracle->file, fields[i].name, &value, error);
        if (status != HRM_OK)
            return status;
        *fields[i].value = (int)value;
    }
    return HRM_OK;
}

static int read_reals(struct oracle *oracle, struct hrm_error *error)
{
    double warmup, total;
    struct {
        const char *name;
        double *value;
    } const fields[] = {{"expansion", &oracle->config.expansion},
                        {"halt_exploration_prob", &oracle->config.halt_exploration},
                        {"beta1", &oracle->adam.beta1},
                        {"beta2", &oracle->adam.beta2},
                        {"lr", &oracle->adam.rate},
                        {"weight_decay", &oracle->adam.decay},
                        {"puzzle_emb_lr", &oracle->descent.rate},
                        {"puzzle_emb_weight_decay", &oracle->descent.decay},
                        {"lr_min_ratio", &oracle->schedule.floor},
                        {"lr_warmup_steps", &warmup},
                        {"total_steps", &total}};
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
        int status = read_number(oracle->file, fields[i].name, fields[i].value, error);
        if (status != HRM_OK)
            return status;
    }
    // Only in files of models that differ from the code's defaults.
    if (H5Aexists(oracle->file, "rms_norm_eps") > 0)
        read_number(oracle->file, "rms_norm_eps", &oracle->config.rms_eps, NULL);
    if (H5Aexists(oracle->file, "rope_theta") > 0)
        read_number(oracle->file, "rope_theta", &oracle->config.rope_theta, NULL);
    oracle->schedule.warmup = (int64_t)warmup;
    oracle->schedule.total = (int64_t)total;
    return HRM_OK;
}

/// The index of an attribute's text among two words.
static int read_choice(hid_t file, const char *name, const char *first, const char *second,
                       int *value, struct hrm_error *error)
{
    char text[128];
    int status = hrm_h5_read_text(file, name, text, sizeof text, error);
    if (status != HRM_OK)
        return status;
    *value = strcmp(text, second) == 0;
    if (*value == 0 && strcmp(text, first) != 0)
        return hrm_fail(error, HRM_DATA, "attribute %s is '%s', known are '%s' and '%s'", name,
                        text, first, second);
    return HRM_OK;
}

static int read_choices(struct oracle *oracle, struct hrm_error *error)
{
    int bf16 = 0, learned = 0;
    int status = read_choice(oracle->file, "pos_encodings", "rope", "learned", &learned, error);
    oracle->config.angles = learned ? HRM_ANGLES_LEARNED : HRM_ANGLES_ROPE;
    if (status == HRM_OK)
        status = read_choice(oracle->file, "loss_type", "stablemax_cross_entropy",
                             "softmax_cross_entropy", &oracle->config.loss, error);
    if (status == HRM_OK)
        status = read_choice(oracle->file, "forward_dtype", "float32", "bfloat16", &bf16, error);
    oracle->bf16 = bf16 == 1;
    return status;
}

static int count_groups(const struct oracle *oracle, const char *prefix, int first)
{
    char path[64];
    int count = 0;
    do
        snprintf(path, sizeof path, "%s%d", prefix, first + count++);
    while (oracle_has(oracle, path));
    return count - 1;
}

int oracle_open(struct oracle *oracle, const char *path, struct hrm_error *error)
{
    *oracle = (struct oracle){.file = -1};
    oracle->config =
        (struct hrm_model_config){.rope_theta = 10000, .rms_eps = 1e-5, .q_continue = true};
    hrm_h5_quiet();
    oracle->file = H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT);
    int status = HRM_H5_CHECK(oracle->file, error, HRM_DATA, "%s: not an HDF5 file", path);
    if (status == HRM_OK)
        status = read_sizes(oracle, error);
    if (status == HRM_OK)
        status = read_reals(oracle, error);
    if (status == HRM_OK)
        status = read_choices(oracle, error);
    if (status == HRM_OK && oracle->config.halt_exploration > 0)
        status =
            hrm_fail(error, HRM_DATA, "%s: was dumped with exploration, which is random", path);
    if (status != HRM_OK) {
        oracle_close(oracle);
        return status;
    }
    oracle->segments = count_groups(oracle, "eval/segment", 0);
    oracle->steps = count_groups(oracle, "train/step", 1);
    return HRM_OK;
}

void oracle_close(struct oracle *oracle)
{
    hrm_h5_close(&oracle->file, NULL);
}

bool oracle_has(const struct oracle *oracle, const char *path)
{
    char part[256];
    for (size_t i = 1; i <= strlen(path); i++) {
        if (path[i] != '/' && path[i] != '\0')
            continue;
        snprintf(part, sizeof part, "%.*s", (int)i, path);
        if (H5Lexists(oracle->file, part, H5P_DEFAULT) <= 0)
            return false;
    }
    return true;
}

bool oracle_has_attribute(const struct oracle *oracle, const char *group, const char *name)
{
    return H5Aexists_by_name(oracle->file, group, name, H5P_DEFAULT) > 0;
}

static void *read_values(const struct oracle *oracle, const char *path, hid_t type, int rank,
                         const int64_t *size, struct hrm_error *error)
{
    struct hrm_h5_data data = {.name = path, .type = type, .rank = rank};
    size_t count = 1;
    for (int i = 0; i < rank; i++) {
        data.size[i] = size[i];
        count *= (size_t)size[i];
    }
    void *values = malloc(count * sizeof(int64_t) + 1);
    if (values == NULL) {
        hrm_fail(error, HRM_FAILED, "out of memory for %s", path);
        return NULL;
    }
    if (hrm_h5_read(oracle->file, &data, values, error) == HRM_OK)
        return values;
    free(values);
    return NULL;
}

float *oracle_floats(const struct oracle *oracle, const char *path, int rank, const int64_t *size,
                     struct hrm_error *error)
{
    return read_values(oracle, path, H5T_NATIVE_FLOAT, rank, size, error);
}

int64_t *oracle_ints(const struct oracle *oracle, const char *path, int rank, const int64_t *size,
                     struct hrm_error *error)
{
    return read_values(oracle, path, H5T_NATIVE_INT64, rank, size, error);
}

static int64_t *batch_part(const struct oracle *oracle, const char *group, const char *name,
                           int rank, struct hrm_error *error)
{
    char path[128];
    snprintf(path, sizeof path, "%s/%s", group, name);
    return oracle_ints(oracle, path, rank, (int64_t[]){oracle->batch, oracle->config.cells}, error);
}

/// Tokens of 0 .. limit-1; negative labels are ignored cells.
static int narrow(const int64_t *values, size_t count, int64_t limit, const char *group,
                  uint16_t *tokens, struct hrm_error *error)
{
    for (size_t i = 0; i < count; i++) {
        if (values[i] >= limit)
            return hrm_fail(error, HRM_DATA, "%s: token %lld is not below %lld", group,
                            (long long)values[i], (long long)limit);
        tokens[i] = values[i] < 0 ? 0 : (uint16_t)values[i];
    }
    return HRM_OK;
}

int oracle_read_batch(const struct oracle *oracle, const char *group, struct oracle_batch *batch,
                      struct hrm_error *error)
{
    size_t puzzles = (size_t)oracle->batch, cells = puzzles * (size_t)oracle->config.cells;
    *batch = (struct oracle_batch){malloc(2 * cells), malloc(2 * cells), malloc(4 * puzzles)};
    int64_t *inputs = batch_part(oracle, group, "inputs", 2, error);
    int64_t *labels = batch_part(oracle, group, "labels", 2, error);
    int64_t *ids = batch_part(oracle, group, "puzzle_identifiers", 1, error);
    int status = HRM_DATA;
    if (inputs == NULL || labels == NULL || ids == NULL)
        goto done;
    status = narrow(inputs, cells, oracle->config.vocab, group, batch->inputs, error);
    if (status == HRM_OK)
        status = narrow(labels, cells, oracle->config.vocab, group, batch->labels, error);
    for (size_t p = 0; p < puzzles && status == HRM_OK; p++) {
        batch->ids[p] = (int32_t)ids[p];
        if (ids[p] < 0 || ids[p] >= oracle->config.puzzle_ids)
            status = hrm_fail(error, HRM_DATA, "%s: identifier %lld is out of range", group,
                              (long long)ids[p]);
    }
done:
    free(inputs);
    free(labels);
    free(ids);
    if (status != HRM_OK)
        oracle_free_batch(batch);
    return status;
}

void oracle_free_batch(struct oracle_batch *batch)
{
    free(batch->inputs);
    free(batch->labels);
    free(batch->ids);
    *batch = (struct oracle_batch){0};
}

int oracle_attribute(const struct oracle *oracle, const char *group, const char *name,
                     double *value, struct hrm_error *error)
{
    hid_t where = H5Gopen2(oracle->file, group, H5P_DEFAULT);
    if (where < 0)
        return hrm_fail(error, HRM_DATA, "the file has no group %s", group);
    int status = read_number(where, name, value, error);
    H5Gclose(where);
    return status;
}

int oracle_read_params(const struct oracle *oracle, const char *group,
                       const struct hrm_layout *layout, float *params, struct hrm_error *error)
{
    for (int i = 0; i < layout->count; i++) {
        const struct hrm_tensor *tensor = &layout->tensors[i];
        char path[128];
        snprintf(path, sizeof path, "%s/%s", group, tensor->name);
        if (tensor->kind == HRM_TENSOR_FIXED && !oracle_has(oracle, path))
            continue;
        int64_t size[] = {tensor->rows, tensor->cols};
        bool vector = tensor->kind == HRM_TENSOR_FIXED || strcmp(tensor->name, "q_head.bias") == 0;
        float *values =
            oracle_floats(oracle, path, vector ? 1 : 2, vector ? size + 1 : size, error);
        if (values == NULL)
            return HRM_DATA;
        memcpy(params + tensor->offset, values,
               (size_t)tensor->rows * (size_t)tensor->cols * sizeof *params);
        free(values);
    }
    return HRM_OK;
}
