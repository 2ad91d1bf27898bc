#include "jobs/train/train_data.h"

#include "core/file/items.h"
#include "core/model/config.h"
#include "core/train/order.h"
#include "jobs/cli/bundled.h"
#include "jobs/train/train_options.h"

#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

struct train_data {
    struct hrm_items items;
    struct hrm_sample_order order;
    uint64_t seed;
    int moves;
    bool mixing;
    int batch;
    int64_t *drawn;            ///< [batch]: the item that each slot is offered at this step
    uint16_t *inputs, *labels; ///< [validation, S] tokens
    int64_t validation;
};

int train_data_fit(const struct hrm_task *task, struct hrm_model_config *config,
                   struct hrm_error *error)
{
    const struct hrm_task_shape *sizes = &task->shape;
    const struct hrm_data_shape shape = {
        .name = task->kind->plural,
        .cells = sizes->positions,
        .vocab = sizes->vocab,
        .puzzle_ids = 1,
        .geometry = {sizes->rows, sizes->columns, sizes->box_rows, sizes->box_columns},
        .first_symbol = sizes->first_symbol,
        .symbols = sizes->symbols};
    struct hrm_model_config plain;
    struct hrm_option_section section = hrm_model_config_section(&plain);
    hrm_options_default(&section, 1);
    if (config->cells == plain.cells && config->vocab == plain.vocab) {
        config->cells = shape.cells;
        config->vocab = shape.vocab;
        hrm_model_geometry_set(config, &shape.geometry);
    }
    return hrm_model_config_fit(config, &shape, error);
}

/// Read a file, or a bundled set when there is no file of that name; or generate.
/// @param first  only so many from the beginning; 0: all
static int load(const struct train_options *options, const struct hrm_task *task, const char *name,
                int64_t first, enum hrm_split split, struct hrm_items *items,
                struct hrm_error *error)
{
    char path[PATH_MAX];
    bool bundled =
        !hrm_items_are_generated(name) && hrm_bundled_find_puzzles(name, path, sizeof path);
    struct hrm_items_source source = {.name = bundled ? path : name,
                                      .split = split,
                                      .first = first,
                                      .ambiguous = options->allow_ambiguous};
    return hrm_items_load(items, task, &source, error);
}

static int load_validation(struct train_data *data, const struct train_options *options,
                           struct hrm_error *error)
{
    const struct hrm_task *task = &data->items.task;
    struct hrm_items set = {0};
    if (!*options->validate)
        return HRM_OK;
    int status = load(options, task, options->validate, options->validate_first,
                      HRM_SPLIT_VALIDATION, &set, error);
    size_t positions = (size_t)task->shape.positions, tokens = (size_t)set.count * positions;
    if (status == HRM_OK) {
        data->inputs = calloc(tokens + 1, sizeof *data->inputs);
        data->labels = calloc(tokens + 1, sizeof *data->labels);
    }
    if (status == HRM_OK && (!data->inputs || !data->labels))
        status = hrm_fail(error, HRM_FAILED, "no memory for %" PRId64 " puzzles", set.count);
    const struct hrm_example_key as_it_is = {0};
    for (int64_t i = 0; i < set.count && status == HRM_OK; i++)
        task->kind->example(task, hrm_items_at(&set, i), &as_it_is, 0,
                            data->inputs + (size_t)i * positions,
                            data->labels + (size_t)i * positions);
    data->validation = status ? 0 : set.count;
    hrm_items_free(&set);
    return status;
}

int train_data_load(struct train_data **loaded, const struct train_options *options,
                    const struct hrm_task *task, uint64_t seed, struct hrm_error *error)
{
    struct train_data *data = *loaded = calloc(1, sizeof *data);
    if (!data)
        return hrm_fail(error, HRM_FAILED, "no memory for the puzzles");
    data->seed = seed;
    data->moves = options->moved_givens;
    data->mixing = options->mixing;
    data->batch = options->batch;
    data->drawn = calloc((size_t)options->batch, sizeof *data->drawn);
    if (!data->drawn)
        return hrm_fail(error, HRM_FAILED, "no memory for a batch of %d", options->batch);
    int status = load(options, task, options->puzzles, 0, HRM_SPLIT_TRAINING, &data->items, error);
    if (status == HRM_OK)
        status = hrm_sample_order_open(&data->order, seed, data->items.count, error);
    return status ? status : load_validation(data, options, error);
}

void train_data_free(struct train_data *data)
{
    if (!data)
        return;
    hrm_sample_order_free(&data->order);
    hrm_items_free(&data->items);
    free(data->drawn);
    free(data->inputs);
    free(data->labels);
    free(data);
}

static void begin(void *context, int64_t step)
{
    struct train_data *data = context;
    for (int slot = 0; slot < data->batch; slot++)
        data->drawn[slot] = hrm_sample_order_at(&data->order, (step - 1) * data->batch + slot);
}

static void draw(void *context, int64_t step, int slot, uint16_t *inputs, uint16_t *labels,
                 int32_t *id)
{
    const struct train_data *data = context;
    const struct hrm_task *task = &data->items.task;
    struct hrm_example_key key = {.seed = data->seed,
                                  .step = step,
                                  .slot = slot,
                                  .augment = true,
                                  .moves = data->moves,
                                  .mixing = data->mixing};
    task->kind->example(task, hrm_items_at(&data->items, data->drawn[slot]), &key, 0, inputs,
                        labels);
    *id = 0;
}

struct hrm_source train_data_source(struct train_data *data)
{
    return (struct hrm_source){begin, draw, data};
}

struct hrm_token_set train_data_validation(const struct train_data *data)
{
    return (struct hrm_token_set){data->validation, data->inputs, data->labels};
}

int64_t train_data_puzzles(const struct train_data *data)
{
    return data->items.count;
}

uint64_t train_data_hash(const struct train_data *data)
{
    return data->items.hash;
}
