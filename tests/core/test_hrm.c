// The public interface against what it stands on, to the bit, on every backend.

#include "core/hrm.h"

#include "core/file/checkpoint.h"
#include "core/model/halting.h"
#include "core/model/loss.h"
#include "core/model/segment.h"

#include <check.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { ITEMS = 3, CELLS = 16, VOCAB = 6, WIDTH = 32, MOST_ROWS = 4 * CELLS, SEGMENTS = 3 };

static char path[64], error[HRM_ERROR_SIZE];

/// A model whose puzzle embedding takes positions of its own, and one with planes of symbols.
static struct hrm_model_config config_of(bool symbols)
{
    struct hrm_model_config config;
    struct hrm_option_section section = hrm_model_config_section(&config);
    hrm_options_default(&section, 1);
    config.hidden = WIDTH;
    config.heads = 4;
    config.h_layers = config.l_layers = 1;
    config.cells = CELLS;
    config.vocab = VOCAB;
    config.puzzle_emb = symbols ? 0 : WIDTH + 1;
    config.puzzle_ids = symbols ? 1 : 3;
    config.halt_max_steps = 7;
    config.q_continue = symbols;
    if (symbols) {
        config.angles = HRM_ANGLES_NONE;
        config.pattern = HRM_PATTERN_UNITS;
        config.symbol_equivariant = true;
    }
    return config;
}

/// Write a checkpoint with drawn weights; q_head too, times `scale`. Returns its weights.
static float *write_checkpoint(bool symbols, float scale)
{
    struct hrm_checkpoint checkpoint = {.config = config_of(symbols), .provenance.step = 12};
    struct hrm_random random = hrm_random_open(6, HRM_RANDOM_WEIGHTS, 0, 0);
    ck_assert_int_eq(hrm_layout_init(&checkpoint.layout, &checkpoint.config, NULL), HRM_OK);
    checkpoint.params = calloc(checkpoint.layout.total, sizeof(float));
    hrm_params_draw(&checkpoint.layout, 5, checkpoint.params);
    for (int i = 0; i < checkpoint.layout.count; i++) {
        const struct hrm_tensor *tensor = &checkpoint.layout.tensors[i];
        bool zero = tensor->kind == HRM_TENSOR_PUZZLE || strncmp(tensor->name, "q_head", 6) == 0;
        for (int j = 0; zero && j < tensor->rows * tensor->cols; j++)
            checkpoint.params[tensor->offset + (size_t)j] =
                (float)hrm_random_normal(&random) * scale;
    }
    struct hrm_error problem = {0};
    ck_assert_msg(hrm_checkpoint_write(path, &checkpoint, &problem) == HRM_OK, "%s", problem.text);
    float *params = checkpoint.params;
    checkpoint.params = NULL;
    hrm_checkpoint_free(&checkpoint);
    return params;
}

static void enter(void)
{
    snprintf(path, sizeof path, "/tmp/hrm-public-XXXXXX");
    int descriptor = mkstemp(path);
    ck_assert_int_ge(descriptor, 0);
    close(descriptor);
}

static void leave(void)
{
    unlink(path);
}

static const int32_t IDENTIFIERS[ITEMS] = {0, 2, 1};

static void make_tokens(uint16_t tokens[ITEMS * CELLS])
{
    struct hrm_random random = hrm_random_open(7, HRM_RANDOM_SUBSET, 0, 0);
    for (int i = 0; i < ITEMS * CELLS; i++)
        tokens[i] = (uint16_t)hrm_random_below(&random, VOCAB);
}

/// What a segment leaves of an item.
struct seen {
    uint16_t tokens[CELLS];
    float logits[CELLS * VOCAB];
    struct hrm_halting_q q;
    float z_h[MOST_ROWS * WIDTH], z_l[MOST_ROWS * WIDTH];
};

static void look(const hrm_worker_t *worker, int item, struct seen *seen)
{
    memset(seen, 0, sizeof *seen);
    ck_assert_int_eq(hrm_worker_tokens(worker, item, seen->tokens, error), HRM_DONE);
    ck_assert_int_eq(hrm_worker_logits(worker, item, seen->logits, error), HRM_DONE);
    ck_assert_int_eq(hrm_worker_q(worker, item, &seen->q, error), HRM_DONE);
    ck_assert_int_eq(hrm_worker_store(worker, item, seen->z_h, seen->z_l, error), HRM_DONE);
}

/// The same by what the interface stands on, one segment after the other.
static void run_beneath(const struct hrm_model_config *config, const char *backend, float *params,
                        const uint16_t *tokens, struct seen seen[SEGMENTS][ITEMS])
{
    struct hrm_model model;
    struct hrm_worker worker;
    ck_assert_int_eq(
        hrm_model_init(&model, config, hrm_backend_find(backend), HRM_PACK_FORWARD, NULL), HRM_OK);
    void *packed = aligned_alloc(64, hrm_model_packed_bytes(&model) / 64 * 64 + 64);
    hrm_model_attach(&model, params, packed);
    hrm_model_pack(&model, 0, 1);
    ck_assert_int_eq(hrm_worker_init(&worker, &model, ITEMS, false, NULL), HRM_OK);
    for (int p = 0; p < ITEMS; p++)
        hrm_state_reset(&worker, p, 0, NULL);
    size_t numbers = (size_t)hrm_model_rows(config) * WIDTH;
    size_t bytes = numbers * model.backend->element;
    size_t prefix = (size_t)hrm_model_prefix(config) * VOCAB;
    struct hrm_batch batch = {
        .puzzles = ITEMS, .inputs = tokens, .ids = config->puzzle_ids > 1 ? IDENTIFIERS : NULL};
    memset(seen, 0, sizeof(struct seen[SEGMENTS][ITEMS]));
    for (int s = 0; s < SEGMENTS; s++) {
        struct hrm_outputs outputs = hrm_segment_forward(&worker, &batch);
        for (size_t p = 0; p < ITEMS; p++) {
            struct seen *own = &seen[s][p];
            const float *logits = outputs.logits + p * (prefix + CELLS * VOCAB);
            hrm_loss_decode(config, logits, own->tokens);
            memcpy(own->logits, logits + prefix, sizeof own->logits);
            own->q = (struct hrm_halting_q){outputs.q[2 * p], outputs.q[2 * p + 1],
                                            hrm_halting_wants(config, outputs.q + 2 * p)};
            model.backend->to_float(numbers, (char *)worker.z_h + p * bytes, own->z_h);
            model.backend->to_float(numbers, (char *)worker.z_l + p * bytes, own->z_l);
        }
    }
    hrm_worker_free(&worker);
    hrm_model_free(&model);
    free(packed);
}

static void check_backend(const char *backend, bool symbols)
{
    static struct seen wanted[SEGMENTS][ITEMS], seen;
    uint16_t tokens[ITEMS * CELLS];
    struct hrm_model_config config = config_of(symbols);
    const int32_t *identifiers = symbols ? NULL : IDENTIFIERS;
    hrm_model_t *model;
    hrm_worker_t *worker, *alone;
    struct hrm_model_shape shape;
    float *params = write_checkpoint(symbols, 0.5f);
    make_tokens(tokens);
    run_beneath(&config, backend, params, tokens, wanted);
    ck_assert_msg(hrm_model_open(path, backend, &model, error) == HRM_DONE, "%s", error);
    ck_assert_str_eq(hrm_model_backend(model), backend);
    hrm_model_shape(model, &shape);
    ck_assert_int_eq(shape.positions, CELLS);
    ck_assert_int_eq(shape.vocabulary, VOCAB);
    ck_assert_int_eq(shape.identifiers, symbols ? 1 : 3);
    ck_assert_int_eq(shape.rows, symbols ? 4 * CELLS : CELLS + 2);
    ck_assert_int_eq(shape.width, WIDTH);
    ck_assert_int_eq(shape.segments, 7);
    ck_assert_int_ge(shape.batch, 1);
    ck_assert_int_eq((int)shape.step, 12);
    ck_assert_int_eq(hrm_worker_open(model, ITEMS, &worker, error), HRM_DONE);
    ck_assert_int_eq(hrm_worker_open(model, 1, &alone, error), HRM_DONE);
    for (int s = 0; s < SEGMENTS; s++) {
        // An item that moves to another worker between segments goes on as it would have here.
        if (s > 0)
            ck_assert_int_eq(
                hrm_worker_load(alone, 0, wanted[s - 1][1].z_h, wanted[s - 1][1].z_l, error),
                HRM_DONE);
        ck_assert_int_eq(hrm_worker_segment(alone, 1, tokens + CELLS,
                                            identifiers ? identifiers + 1 : NULL, error),
                         HRM_DONE);
        look(alone, 0, &seen);
        ck_assert_mem_eq(&seen, &wanted[s][1], sizeof seen);
        ck_assert_int_eq(hrm_worker_segment(worker, ITEMS, tokens, identifiers, error), HRM_DONE);
        for (int p = 0; p < ITEMS; p++) {
            look(worker, p, &seen);
            ck_assert_mem_eq(&seen, &wanted[s][p], sizeof seen);
        }
    }
    for (int p = 0; p < ITEMS; p++)
        ck_assert_int_eq(hrm_worker_reset(worker, p, error), HRM_DONE);
    ck_assert_int_eq(hrm_worker_segment(worker, ITEMS, tokens, identifiers, error), HRM_DONE);
    look(worker, 2, &seen);
    ck_assert_mem_eq(&seen, &wanted[0][2], sizeof seen);
    hrm_worker_close(alone);
    hrm_worker_close(worker);
    hrm_model_close(model);
    free(params);
}

START_TEST(every_backend_gives_the_same_bits)
{
    int count = 0;
    for (; hrm_backend_name(count); count++)
        check_backend(hrm_backend_name(count), _i);
    ck_assert_int_ge(count, 2);
}
END_TEST

// --- threads -------------------------------------------------------------------------------------

struct thread {
    hrm_model_t *model;
    pthread_t id;
    struct seen seen;
};

static void *run_thread(void *user)
{
    struct thread *thread = user;
    uint16_t tokens[ITEMS * CELLS];
    hrm_model_t *own;
    hrm_worker_t *worker;
    make_tokens(tokens);
    // Another model is opened meanwhile, by both at once.
    if (hrm_model_open(path, NULL, &own, NULL) != HRM_DONE)
        return NULL;
    hrm_model_close(own);
    if (hrm_worker_open(thread->model, ITEMS, &worker, NULL) != HRM_DONE)
        return NULL;
    for (int s = 0; s < 20; s++)
        hrm_worker_segment(worker, ITEMS, tokens, NULL, NULL);
    look(worker, 1, &thread->seen);
    hrm_worker_close(worker);
    return thread;
}

START_TEST(threads_share_a_model)
{
    static struct thread threads[3];
    hrm_model_t *model;
    free(write_checkpoint(true, 0.5f));
    ck_assert_int_eq(hrm_model_open(path, NULL, &model, error), HRM_DONE);
    for (int i = 0; i < 3; i++) {
        threads[i].model = model;
        ck_assert_int_eq(pthread_create(&threads[i].id, NULL, run_thread, &threads[i]), 0);
    }
    for (int i = 0; i < 3; i++) {
        void *result = NULL;
        ck_assert_int_eq(pthread_join(threads[i].id, &result), 0);
        ck_assert_ptr_eq(result, &threads[i]);
        ck_assert_mem_eq(&threads[i].seen, &threads[0].seen, sizeof threads[i].seen);
    }
    hrm_model_close(model);
}
END_TEST

// --- errors --------------------------------------------------------------------------------------

/// The last call has failed with this code, and says this.
static void says(int code, int wanted, const char *text)
{
    ck_assert_int_eq(code, wanted);
    ck_assert_msg(strstr(error, text) != NULL, "'%s' does not say '%s'", error, text);
    strcpy(error, "untouched");
}

START_TEST(models_that_cannot_be_opened)
{
    hrm_model_t *model = (hrm_model_t *)error;
    says(hrm_model_open("/nowhere/none.h5", NULL, &model, error), HRM_ERROR_DATA,
         "/nowhere/none.h5: cannot open: No such file");
    ck_assert_ptr_null(model);
    says(hrm_model_open(path, "auto", &model, error), HRM_ERROR_DATA, "it is empty");
    says(hrm_model_open(path, "gpu", &model, error), HRM_ERROR_USAGE, "no backend 'gpu' here (");
    ck_assert_int_eq(hrm_model_open(path, "gpu", &model, NULL), HRM_ERROR_USAGE);
    hrm_model_close(NULL);
    hrm_worker_close(NULL);
}
END_TEST

START_TEST(arguments_that_do_not_fit)
{
    uint16_t tokens[ITEMS * CELLS];
    float state[MOST_ROWS * WIDTH] = {0};
    struct hrm_halting_q q;
    hrm_model_t *model;
    hrm_worker_t *worker;
    make_tokens(tokens);
    free(write_checkpoint(false, 0.5f));
    ck_assert_int_eq(hrm_model_open(path, "ref", &model, error), HRM_DONE);
    ck_assert_str_eq(error, "");
    says(hrm_worker_open(model, 0, &worker, error), HRM_ERROR_USAGE, "1 to 58254");
    ck_assert_ptr_null(worker);
    says(hrm_worker_open(model, 58255, &worker, error), HRM_ERROR_USAGE, "58255");
    ck_assert_int_eq(hrm_worker_open(model, ITEMS, &worker, error), HRM_DONE);
    says(hrm_worker_q(worker, 0, &q, error), HRM_ERROR_USAGE, "run a segment first");
    says(hrm_worker_segment(worker, 0, tokens, NULL, error), HRM_ERROR_USAGE, "count");
    says(hrm_worker_segment(worker, ITEMS + 1, tokens, NULL, error), HRM_ERROR_USAGE, "count");
    says(hrm_worker_segment(worker, 1, tokens, (int32_t[]){3}, error), HRM_ERROR_USAGE,
         "an identifier is 3 (0 to 2 are possible)");
    says(hrm_worker_segment(worker, 1, tokens, (int32_t[]){-1}, error), HRM_ERROR_USAGE,
         "an identifier is -1");
    tokens[2 * CELLS - 1] = VOCAB;
    says(hrm_worker_segment(worker, 2, tokens, NULL, error), HRM_ERROR_USAGE,
         "a token is 6 (0 to 5 are possible)");
    ck_assert_int_eq(hrm_worker_segment(worker, 1, tokens, NULL, error), HRM_DONE);
    says(hrm_worker_tokens(worker, 1, tokens, error), HRM_ERROR_USAGE, "item is 1");
    says(hrm_worker_logits(worker, -1, state, error), HRM_ERROR_USAGE, "item is -1");
    says(hrm_worker_load(worker, ITEMS, state, state, error), HRM_ERROR_USAGE, "item is 3");
    says(hrm_worker_store(worker, -1, state, state, error), HRM_ERROR_USAGE, "item is -1");
    says(hrm_worker_reset(worker, ITEMS, error), HRM_ERROR_USAGE, "0 to 2 are possible");
    hrm_worker_close(worker);
    hrm_model_close(model);
}
END_TEST

START_TEST(numbers_that_are_not_finite)
{
    uint16_t tokens[ITEMS * CELLS];
    hrm_model_t *model;
    hrm_worker_t *worker;
    make_tokens(tokens);
    free(write_checkpoint(false, 1e38f));
    ck_assert_int_eq(hrm_model_open(path, "ref", &model, error), HRM_DONE);
    ck_assert_int_eq(hrm_worker_open(model, 1, &worker, error), HRM_DONE);
    says(hrm_worker_segment(worker, 1, tokens, NULL, error), HRM_ERROR_NUMERIC,
         "q of item 0 is not finite");
    hrm_worker_close(worker);
    hrm_model_close(model);
}
END_TEST

START_TEST(version_is_a_number)
{
    int major = -1, minor = -1, patch = -1;
    ck_assert_int_eq(sscanf(hrm_version(), "%d.%d.%d", &major, &minor, &patch), 3);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("hrm");
    TCase *cases = tcase_create("hrm");
    tcase_add_checked_fixture(cases, enter, leave);
    tcase_add_loop_test(cases, every_backend_gives_the_same_bits, 0, 2);
    tcase_add_test(cases, threads_share_a_model);
    tcase_add_test(cases, models_that_cannot_be_opened);
    tcase_add_test(cases, arguments_that_do_not_fit);
    tcase_add_test(cases, numbers_that_are_not_finite);
    tcase_add_test(cases, version_is_a_number);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
