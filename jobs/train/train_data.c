#include "jobs/train/train_data.h"

#include "core/file/puzzle_stream.h"
#include "core/sudoku/augment.h"
#include "core/sudoku/board.h"
#include "core/sudoku/puzzle_repeats.h"
#include "core/sudoku/puzzles.h"
#include "jobs/cli/bundled.h"

#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

struct train_data {
    struct hrm_puzzles puzzles;
    struct hrm_sample_order order;
    uint64_t seed;
    int moves;
    bool mixing;
    int batch;
    int64_t *drawn;            ///< [batch]: the puzzle that each slot is offered at this step
    uint16_t *inputs, *labels; ///< [validation, HRM_CELLS] tokens
    int64_t validation;
};

struct hrm_data_shape train_data_shape(void)
{
    return (struct hrm_data_shape){"Sudoku puzzles", HRM_CELLS, HRM_TOKENS, 1};
}

/// Tokens: 1 blank, 2..10 the digits.
static void write_tokens(const uint8_t *cells, size_t count, uint16_t *tokens)
{
    for (size_t i = 0; i < count; i++)
        tokens[i] = (uint16_t)(cells[i] + 1);
}

/// That no question of the set has two answers.
static int check_answers(const struct hrm_puzzles *puzzles, const char *name,
                         struct hrm_error *error)
{
    struct hrm_puzzle_repeats repeats = {0};
    struct hrm_puzzle_repeats_found found = {0};
    int status = HRM_OK;
    for (int64_t row = 0; row < puzzles->count && status == HRM_OK; row++) {
        struct hrm_puzzle puzzle = hrm_puzzles_get(puzzles, row);
        status = hrm_puzzle_repeats_add(&repeats, &puzzle.question, &puzzle.answer, error);
    }
    hrm_puzzle_repeats_count(&repeats, &found);
    hrm_puzzle_repeats_free(&repeats);
    return status ? status : hrm_puzzle_repeats_check(&found, name, error);
}

/// Read a file, or a bundled set when there is no file of that name.
/// @param first  only so many from the beginning; 0: all
static int read_puzzles(const struct train_options *options, const char *name, int64_t first,
                        struct hrm_puzzles *puzzles, struct hrm_error *error)
{
    char path[PATH_MAX];
    struct hrm_puzzle_choice choice = {.first = first};
    int status = hrm_puzzles_open(hrm_bundled_find_puzzles(name, path, sizeof path) ? path : name,
                                  &choice, puzzles, error);
    if (status || options->allow_ambiguous)
        return status;
    status = check_answers(puzzles, name, error);
    if (status)
        hrm_puzzles_free(puzzles);
    return status;
}

static int load_validation(struct train_data *data, const struct train_options *options,
                           struct hrm_error *error)
{
    struct hrm_puzzles set = {0};
    if (!*options->validate)
        return HRM_OK;
    int status = read_puzzles(options, options->validate, options->validate_first, &set, error);
    if (status)
        return status;
    size_t cells = (size_t)set.count * HRM_CELLS;
    data->inputs = malloc(cells * sizeof(uint16_t) + 1);
    data->labels = malloc(cells * sizeof(uint16_t) + 1);
    if (!data->inputs || !data->labels) {
        status = hrm_fail(error, HRM_FAILED, "no memory for %" PRId64 " puzzles", set.count);
        goto done;
    }
    data->validation = set.count;
    write_tokens(set.question, cells, data->inputs);
    write_tokens(set.answer, cells, data->labels);
done:
    hrm_puzzles_free(&set);
    return status;
}

int train_data_load(struct train_data **loaded, const struct train_options *options, uint64_t seed,
                    struct hrm_error *error)
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
    int status = read_puzzles(options, options->puzzles, 0, &data->puzzles, error);
    if (status == HRM_OK)
        status = hrm_sample_order_open(&data->order, seed, data->puzzles.count, error);
    return status ? status : load_validation(data, options, error);
}

void train_data_free(struct train_data *data)
{
    if (!data)
        return;
    hrm_sample_order_free(&data->order);
    hrm_puzzles_free(&data->puzzles);
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
    struct hrm_sample_key key = {.seed = data->seed,
                                 .step = step,
                                 .slot = slot,
                                 .moves = data->moves,
                                 .mixing = data->mixing};
    struct hrm_board question, answer;
    size_t at = (size_t)data->drawn[slot] * HRM_CELLS;
    memcpy(question.cell, data->puzzles.question + at, HRM_CELLS);
    memcpy(answer.cell, data->puzzles.answer + at, HRM_CELLS);
    hrm_sample_augment(&key, &question, &answer);
    write_tokens(question.cell, HRM_CELLS, inputs);
    write_tokens(answer.cell, HRM_CELLS, labels);
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
    return data->puzzles.count;
}

uint64_t train_data_hash(const struct train_data *data)
{
    return data->puzzles.hash;
}
