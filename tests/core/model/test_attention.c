// What a model looks at: causal attention and padding leave the bits of what must not change, on
// every backend that this machine has; forward and backward are those of the plain backend.

#include "core/model/loss.h"
#include "tests/core/model/tiny_model.h"

enum { PUZZLES = 3, MOST = 45 };

static const struct looks {
    int pattern, angles, cells, puzzle_emb;
    int rows, columns, box_rows, box_columns;
    bool padded;
} table[] = {
    {HRM_PATTERN_CAUSAL, HRM_ANGLES_ROPE, 37, 40, 0, 0, 0, 0, false},
    {HRM_PATTERN_CAUSAL, HRM_ANGLES_LEARNED, 13, 0, 0, 0, 0, 0, false},
    {HRM_PATTERN_CAUSAL, HRM_ANGLES_ROPE, 45, 0, 0, 0, 0, 0, true},
    {HRM_PATTERN_CAUSAL, HRM_ANGLES_NONE, 1, 0, 0, 0, 0, 0, false},
    {HRM_PATTERN_ALL, HRM_ANGLES_ROPE, 29, 40, 0, 0, 0, 0, true},
    {HRM_PATTERN_ALL, HRM_ANGLES_GRID, 35, 0, 5, 7, 0, 0, true},
    {HRM_PATTERN_UNITS, HRM_ANGLES_GRID, 36, 0, 6, 6, 2, 3, true},
    {HRM_PATTERN_UNITS, HRM_ANGLES_NONE, 35, 33, 5, 7, 0, 0, false},
    {HRM_PATTERN_UNITS, HRM_ANGLES_NONE, 6, 0, 2, 3, 0, 0, false},
    {HRM_PATTERN_GROUPS, HRM_ANGLES_GRID, 36, 0, 6, 6, 0, 0, true},
    {HRM_PATTERN_GROUPS, HRM_ANGLES_NONE, 25, 0, 5, 5, 0, 0, false},
};

enum { CASES = sizeof table / sizeof *table };

static struct hrm_model_config config_of(const struct looks *looks)
{
    struct hrm_model_config config = tiny_config();
    config.hidden = 64;
    config.heads = 4;
    config.cells = looks->cells;
    config.vocab = 7;
    config.first_symbol = 7;
    config.puzzle_emb = looks->puzzle_emb;
    config.pattern = looks->pattern;
    config.angles = looks->angles;
    config.rows = looks->rows;
    config.columns = looks->columns;
    config.box_rows = looks->box_rows;
    config.box_columns = looks->box_columns;
    config.gradient = HRM_GRADIENT_LAST_CYCLE;
    config.h_layers = config.l_layers = config.h_cycles = 1;
    return config;
}

/// Puzzles of made-up tokens, of a part of the cells where they are padded.
struct puzzles {
    uint16_t inputs[PUZZLES * MOST], labels[PUZZLES * MOST];
    int32_t lengths[PUZZLES];
    struct hrm_batch batch;
};

static void make_puzzles(const struct looks *looks, struct puzzles *puzzles)
{
    for (int p = 0; p < PUZZLES; p++) {
        const int length = looks->padded ? looks->cells - 3 - 7 * p : looks->cells;
        puzzles->lengths[p] = length;
        for (int n = 0; n < looks->cells; n++) {
            const int at = p * looks->cells + n;
            puzzles->inputs[at] = (uint16_t)(n < length ? 1 + (5 * n + 3 * p) % 6 : 0);
            puzzles->labels[at] = (uint16_t)(n < length ? 1 + (n + p) % 6 : 0);
        }
    }
    puzzles->batch = (struct hrm_batch){.puzzles = PUZZLES, .inputs = puzzles->inputs};
    if (looks->padded)
        puzzles->batch.lengths = puzzles->lengths;
}

/// What two segments leave, and a step back through the second.
struct outcome {
    struct hrm_model_config config;
    size_t trained, puzzle; ///< floats of the gradient; of the logits of a puzzle
    size_t row;             ///< bytes of a row of the state
    float q[2 * PUZZLES];
    float *logits, *gradient;
    char *states; ///< z_h, then z_l, of all puzzles
    size_t state; ///< bytes of one of them
};

static void run(const struct hrm_backend *backend, const struct looks *looks,
                const struct puzzles *puzzles, struct outcome *o)
{
    struct tiny tiny;
    float dq[2 * PUZZLES], dpuzzle[PUZZLES * 64];
    *o = (struct outcome){.config = config_of(looks)};
    tiny_open(&tiny, &o->config, backend, PUZZLES, true);
    o->trained = tiny.model.layout.trained;
    o->puzzle = (size_t)hrm_model_seq(&o->config) * (size_t)o->config.vocab;
    o->row = (size_t)o->config.hidden * backend->element;
    o->state = hrm_state_bytes(&tiny.model);
    o->logits = calloc(PUZZLES * o->puzzle, sizeof(float));
    o->gradient = calloc(o->trained, sizeof(float));
    o->states = calloc(2 * PUZZLES, o->state);
    float *dlogits = calloc(PUZZLES * o->puzzle, sizeof(float));
    hrm_segment_forward(&tiny.worker, &puzzles->batch);
    const struct hrm_outputs outputs = hrm_segment_forward(&tiny.worker, &puzzles->batch);
    memcpy(o->logits, outputs.logits, PUZZLES * o->puzzle * sizeof(float));
    memcpy(o->q, outputs.q, sizeof o->q);
    memcpy(o->states, tiny.worker.z_h, PUZZLES * o->state);
    memcpy(o->states + PUZZLES * o->state, tiny.worker.z_l, PUZZLES * o->state);
    for (int p = 0; p < PUZZLES; p++)
        hrm_loss_puzzle(&o->config, o->logits + (size_t)p * o->puzzle, o->q + 2 * p,
                        puzzles->labels + p * o->config.cells, 0.5, 1,
                        dlogits + (size_t)p * o->puzzle, dq + 2 * p);
    hrm_segment_backward(&tiny.worker, &puzzles->batch, dlogits, dq, o->gradient,
                         looks->puzzle_emb > 0 ? dpuzzle : NULL);
    free(dlogits);
    tiny_close(&tiny);
}

static void close_outcome(struct outcome *o)
{
    free(o->logits);
    free(o->gradient);
    free(o->states);
}

/// That the first `cells` cells of puzzle p, and what comes before them, have the same bits.
static void check_rows(const struct outcome *one, const struct outcome *other, int p, int cells)
{
    const size_t rows = (size_t)(hrm_model_prefix(&one->config) + cells);
    const size_t vocab = (size_t)one->config.vocab, at = (size_t)p * one->puzzle;
    ck_assert_mem_eq(one->logits + at, other->logits + at, rows * vocab * sizeof(float));
    for (size_t half = 0; half < 2; half++) {
        const size_t state = (half * PUZZLES + (size_t)p) * one->state;
        ck_assert_mem_eq(one->states + state, other->states + state, rows * one->row);
    }
}

START_TEST(as_the_plain_backend)
{
    struct puzzles puzzles;
    struct outcome want, got;
    make_puzzles(&table[_i], &puzzles);
    run(&hrm_backend_ref, &table[_i], &puzzles, &want);
    const size_t vocab = (size_t)want.config.vocab;
    for (const struct hrm_backend *const *backend = tiny_backends(); *backend; backend++) {
        const double bound = tiny_bound(*backend);
        run(*backend, &table[_i], &puzzles, &got);
        for (size_t p = 0; p < PUZZLES; p++) {
            const size_t at = p * want.puzzle + (size_t)hrm_model_prefix(&want.config) * vocab;
            ck_assert_double_lt(tiny_distance((size_t)puzzles.lengths[p] * vocab, got.logits + at,
                                              want.logits + at),
                                bound);
        }
        ck_assert_double_lt(tiny_distance(2 * PUZZLES, got.q, want.q), bound);
        ck_assert_double_lt(tiny_distance(want.trained, got.gradient, want.gradient), 4 * bound);
        close_outcome(&got);
    }
    close_outcome(&want);
}
END_TEST

/// Another token at t, of every puzzle: the rows before it are what they were, later ones are not.
START_TEST(causal_rows_do_not_know_what_follows)
{
    const struct looks *looks = &table[_i];
    for (const struct hrm_backend *const *backend = tiny_backends(); *backend; backend++) {
        struct puzzles puzzles;
        struct outcome old, new;
        make_puzzles(looks, &puzzles);
        run(*backend, looks, &puzzles, &old);
        for (int t = 0; t < puzzles.lengths[PUZZLES - 1]; t += 11) {
            struct puzzles changed = puzzles;
            changed.batch.inputs = changed.inputs;
            if (looks->padded)
                changed.batch.lengths = changed.lengths;
            for (int p = 0; p < PUZZLES; p++)
                changed.inputs[p * looks->cells + t] ^= 7;
            run(*backend, looks, &changed, &new);
            for (int p = 0; p < PUZZLES; p++) {
                check_rows(&old, &new, p, t);
                ck_assert_float_ne(old.q[2 * p], new.q[2 * p]);
            }
            close_outcome(&new);
        }
        close_outcome(&old);
    }
}
END_TEST

/// Other tokens behind the end of a puzzle change nothing before it, no q and no gradient but that
/// of the tokens' own embedding.
START_TEST(padding_has_no_effect)
{
    const struct looks *looks = &table[_i];
    if (!looks->padded)
        return;
    for (const struct hrm_backend *const *backend = tiny_backends(); *backend; backend++) {
        struct puzzles puzzles, changed;
        struct outcome old, new;
        make_puzzles(looks, &puzzles);
        run(*backend, looks, &puzzles, &old);
        make_puzzles(looks, &changed);
        for (int p = 0; p < PUZZLES; p++)
            for (int n = puzzles.lengths[p]; n < looks->cells; n++)
                changed.inputs[p * looks->cells + n] = (uint16_t)(1 + (n + p) % 6);
        run(*backend, looks, &changed, &new);
        for (int p = 0; p < PUZZLES; p++)
            check_rows(&old, &new, p, puzzles.lengths[p]);
        ck_assert_mem_eq(old.q, new.q, sizeof old.q);
        ck_assert_double_lt(tiny_distance(old.trained, new.gradient, old.gradient), 1e-6);
        close_outcome(&new);
        close_outcome(&old);
    }
}
END_TEST

/// Padding of a puzzle is as if the model had no such cells.
START_TEST(a_shorter_puzzle_is_a_smaller_model)
{
    static const struct looks whole =
                                  {HRM_PATTERN_CAUSAL, HRM_ANGLES_ROPE, 22, 0, 0, 0, 0, 0, false},
                              room = {HRM_PATTERN_CAUSAL, HRM_ANGLES_ROPE, 39, 0, 0, 0, 0, 0, true};
    struct looks pair[2] = {whole, room};
    for (const struct hrm_backend *const *backend = tiny_backends(); *backend; backend++)
        for (int pattern = HRM_PATTERN_ALL; pattern <= HRM_PATTERN_CAUSAL; pattern++) {
            struct puzzles puzzles[2];
            struct outcome o[2];
            for (int i = 0; i < 2; i++) {
                pair[i].pattern = pattern;
                make_puzzles(&pair[i], &puzzles[i]);
                // The third puzzle of the larger model has 22 cells.
                ck_assert(i == 0 || puzzles[1].lengths[2] == 22);
            }
            memcpy(puzzles[0].inputs, puzzles[1].inputs + 2 * 39, 22 * sizeof(uint16_t));
            for (int i = 0; i < 2; i++)
                run(*backend, &pair[i], &puzzles[i], &o[i]);
            ck_assert_double_lt(tiny_distance(22 * 7, o[0].logits, o[1].logits + 2 * o[1].puzzle),
                                tiny_bound(*backend));
            ck_assert_double_lt(tiny_distance(2, o[0].q, o[1].q + 4), tiny_bound(*backend));
            close_outcome(&o[0]);
            close_outcome(&o[1]);
        }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("attention");
    TCase *tests = tcase_create("attention");
    tcase_set_timeout(tests, 60);
    tcase_add_loop_test(tests, as_the_plain_backend, 0, CASES);
    tcase_add_loop_test(tests, causal_rows_do_not_know_what_follows, 0, 4);
    tcase_add_loop_test(tests, padding_has_no_effect, 0, CASES);
    tcase_add_test(tests, a_shorter_puzzle_is_a_smaller_model);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
