#include "core/model/truncated.h"
#include "tests/core/model/tiny_model.h"

#include <math.h>

static const struct hrm_backend *const backends[] = {&hrm_backend_ref, &hrm_backend_blas};

enum { PUZZLES = 4, SEQ = 9, STATE = SEQ * 12, LOGITS = SEQ * 5 };

static struct hrm_batch batch_of(int first, int puzzles)
{
    return (struct hrm_batch){
        .puzzles = puzzles, .inputs = tiny_inputs + 7 * first, .ids = tiny_ids + first};
}

START_TEST(peek_is_the_q_of_the_next_segment)
{
    struct hrm_model_config config = tiny_config();
    config.shared = _i % 2 == 1;
    struct tiny tiny;
    tiny_open(&tiny, &config, backends[_i / 2], PUZZLES, true);
    struct hrm_batch batch = batch_of(0, PUZZLES);
    for (int segment = 0; segment < 3; segment++) {
        float next[2 * PUZZLES], before[PUZZLES * STATE], logits[PUZZLES * LOGITS];
        struct hrm_outputs outputs = hrm_segment_forward(&tiny.worker, &batch);
        memcpy(logits, outputs.logits, sizeof logits);
        memcpy(before, tiny.worker.z_h, sizeof before);
        memcpy(next, hrm_segment_peek(&tiny.worker, &batch), sizeof next);
        ck_assert_mem_eq(before, tiny.worker.z_h, sizeof before);
        ck_assert_mem_eq(logits, outputs.logits, sizeof logits);
        outputs = hrm_segment_forward(&tiny.worker, &batch);
        for (int i = 0; i < 2 * PUZZLES; i++)
            ck_assert_float_eq_tol(outputs.q[i], next[i], 1e-5f);
    }
    tiny_close(&tiny);
}
END_TEST

/// What an observer has seen.
struct seen_calls {
    int count[2];
    int next_h, next_l; ///< cycles in their order
    bool in_order;
    unsigned char last[2][PUZZLES * STATE * sizeof(float)];
};

static void see_call(void *user, const struct hrm_model *model, const struct hrm_call *call)
{
    struct seen_calls *seen = user;
    bool h = call->level == HRM_LEVEL_H;
    seen->in_order = seen->in_order && call->h_cycle == seen->next_h &&
                     call->l_cycle == seen->next_l &&
                     h == (seen->next_l == model->config.l_cycles) && call->puzzles == PUZZLES;
    seen->next_l = h ? 0 : seen->next_l + 1;
    seen->next_h += h;
    seen->count[call->level]++;
    memcpy(seen->last[call->level], call->state, PUZZLES * hrm_state_bytes(model));
}

START_TEST(observers_see_every_call_and_change_nothing)
{
    const struct hrm_backend *const *all = hrm_backends();
    for (int b = 0; all[b] != NULL; b++) {
        struct hrm_model_config config = tiny_config();
        struct tiny tiny;
        if (!all[b]->available() || config.hidden % all[b]->hidden_step != 0)
            continue;
        static struct seen_calls seen;
        float logits[PUZZLES * LOGITS], q[2 * PUZZLES];
        const struct hrm_observer observer = {see_call, &seen};
        struct hrm_batch batch = batch_of(0, PUZZLES);
        tiny_open(&tiny, &config, all[b], PUZZLES, _i == 1);
        for (int observed = 0; observed < 2; observed++) {
            for (int p = 0; p < PUZZLES; p++)
                hrm_state_reset(&tiny.worker, p, 0, NULL);
            seen = (struct seen_calls){.in_order = true};
            tiny.worker.observer = observed ? &observer : NULL;
            struct hrm_outputs outputs = hrm_segment_forward(&tiny.worker, &batch);
            hrm_segment_peek(&tiny.worker, &batch); // is not observed
            if (!observed) {
                memcpy(logits, outputs.logits, sizeof logits);
                memcpy(q, outputs.q, sizeof q);
                ck_assert_int_eq(seen.count[HRM_LEVEL_L] + seen.count[HRM_LEVEL_H], 0);
                continue;
            }
            size_t bytes = PUZZLES * hrm_state_bytes(&tiny.model);
            ck_assert_mem_eq(logits, outputs.logits, sizeof logits);
            ck_assert_mem_eq(q, outputs.q, sizeof q);
            ck_assert(seen.in_order);
            ck_assert_int_eq(seen.count[HRM_LEVEL_L], config.h_cycles * config.l_cycles);
            ck_assert_int_eq(seen.count[HRM_LEVEL_H], config.h_cycles);
            ck_assert_mem_eq(seen.last[HRM_LEVEL_H], tiny.worker.z_h, bytes);
            ck_assert_mem_eq(seen.last[HRM_LEVEL_L], tiny.worker.z_l, bytes);
        }
        tiny_close(&tiny);
    }
}
END_TEST

START_TEST(read_out_is_what_the_segment_predicted)
{
    const struct hrm_backend *const *all = hrm_backends();
    for (int b = 0; all[b] != NULL; b++) {
        struct hrm_model_config config = tiny_config();
        struct tiny tiny;
        if (!all[b]->available() || config.hidden % all[b]->hidden_step != 0)
            continue;
        struct hrm_batch batch = batch_of(0, PUZZLES);
        float logits[PUZZLES * LOGITS], q[2 * PUZZLES], z_h[STATE], z_l[STATE], again[STATE];
        tiny_open(&tiny, &config, all[b], PUZZLES, false);
        struct hrm_outputs outputs = hrm_segment_forward(&tiny.worker, &batch);
        memcpy(logits, outputs.logits, sizeof logits);
        memcpy(q, outputs.q, sizeof q);
        // Of another state, and then of this one again.
        hrm_state_to_float(&tiny.worker, 1, z_h, z_l);
        hrm_state_reset(&tiny.worker, 1, 0, NULL);
        outputs = hrm_segment_read_out(&tiny.worker, &batch);
        ck_assert_mem_ne(logits, outputs.logits, sizeof logits);
        hrm_state_from_float(&tiny.worker, 1, z_h, NULL);
        outputs = hrm_segment_read_out(&tiny.worker, &batch);
        ck_assert_mem_eq(logits, outputs.logits, sizeof logits);
        ck_assert_mem_eq(q, outputs.q, sizeof q);
        hrm_state_to_float(&tiny.worker, 1, NULL, again);
        ck_assert_mem_ne(z_l, again, sizeof z_l);
        hrm_state_from_float(&tiny.worker, 1, NULL, z_l);
        hrm_state_to_float(&tiny.worker, 1, NULL, again);
        ck_assert_mem_eq(z_l, again, sizeof z_l);
        tiny_close(&tiny);
    }
}
END_TEST

START_TEST(peek_leaves_the_tape)
{
    struct hrm_model_config config = tiny_config();
    struct tiny tiny;
    tiny_open(&tiny, &config, backends[_i], PUZZLES, true);
    struct hrm_batch batch = batch_of(0, PUZZLES);
    size_t count = tiny.model.layout.trained;
    float *gradients[2], dlogits[PUZZLES * LOGITS], dq[2 * PUZZLES], dpuzzle[PUZZLES * 17];
    for (int i = 0; i < PUZZLES * LOGITS; i++)
        dlogits[i] = (float)sin(i);
    for (int i = 0; i < 2 * PUZZLES; i++)
        dq[i] = (float)cos(i);
    for (int peeks = 0; peeks < 2; peeks++) {
        gradients[peeks] = calloc(count, sizeof(float));
        for (int p = 0; p < PUZZLES; p++)
            hrm_state_reset(&tiny.worker, p, 0, NULL);
        hrm_segment_forward(&tiny.worker, &batch);
        for (int i = 0; i < peeks; i++)
            hrm_segment_peek(&tiny.worker, &batch);
        hrm_segment_backward(&tiny.worker, &batch, dlogits, dq, gradients[peeks], dpuzzle);
    }
    ck_assert_mem_eq(gradients[0], gradients[1], count * sizeof(float));
    free(gradients[0]);
    free(gradients[1]);
    tiny_close(&tiny);
}
END_TEST

/// Puzzles one at a time, with their states carried outside, give what they give together.
START_TEST(puzzles_are_independent)
{
    struct hrm_model_config config = tiny_config();
    struct tiny all, one;
    tiny_open(&all, &config, backends[_i], PUZZLES, false);
    tiny_open(&one, &config, backends[_i], 1, true);
    float states[PUZZLES][2][STATE];
    for (int p = 0; p < PUZZLES; p++)
        hrm_state_store(&one.worker, 0, states[p][0], states[p][1]);
    for (int segment = 0; segment < 2; segment++) {
        struct hrm_batch batch = batch_of(0, PUZZLES);
        struct hrm_outputs together = hrm_segment_forward(&all.worker, &batch);
        for (int p = 0; p < PUZZLES; p++) {
            struct hrm_batch alone = batch_of(p, 1);
            hrm_state_load(&one.worker, 0, states[p][0], states[p][1]);
            struct hrm_outputs outputs = hrm_segment_forward(&one.worker, &alone);
            hrm_state_store(&one.worker, 0, states[p][0], states[p][1]);
            for (int i = 0; i < LOGITS; i++)
                ck_assert_float_eq_tol(outputs.logits[i], together.logits[p * LOGITS + i], 1e-5f);
            ck_assert_float_eq_tol(outputs.q[1], together.q[2 * p + 1], 1e-5f);
        }
    }
    tiny_close(&all);
    tiny_close(&one);
}
END_TEST

/// The specification's order of calls: L, L, H with two cycles each is two segments of one.
START_TEST(cycles_run_in_order)
{
    struct hrm_model_config config = tiny_config();
    struct tiny twice, single;
    config.h_cycles = 2;
    tiny_open(&twice, &config, backends[_i], PUZZLES, false);
    config.h_cycles = 1;
    tiny_open(&single, &config, backends[_i], PUZZLES, false);
    struct hrm_batch batch = batch_of(0, PUZZLES);
    struct hrm_outputs a = hrm_segment_forward(&twice.worker, &batch);
    hrm_segment_forward(&single.worker, &batch);
    struct hrm_outputs b = hrm_segment_forward(&single.worker, &batch);
    ck_assert_mem_eq(a.logits, b.logits, PUZZLES * LOGITS * sizeof(float));
    ck_assert_mem_eq(a.q, b.q, 2 * PUZZLES * sizeof(float));
    tiny_close(&twice);
    tiny_close(&single);
}
END_TEST

/// A state of unit RMS gets noise of the asked size, from the puzzle's own stream.
START_TEST(noise_has_its_own_streams)
{
    struct hrm_model_config config = tiny_config();
    config.h_cycles = config.l_cycles = 1;
    struct tiny quiet, noisy;
    tiny_open(&quiet, &config, backends[_i], PUZZLES, false);
    tiny_open(&noisy, &config, backends[_i], PUZZLES, false);
    struct hrm_batch batch = batch_of(0, PUZZLES);
    hrm_segment_forward(&quiet.worker, &batch);
    struct hrm_random streams[PUZZLES];
    for (int p = 0; p < PUZZLES; p++)
        streams[p] = hrm_random_open(1, HRM_RANDOM_NOISE, 0, (uint64_t)p);
    struct hrm_random expected = streams[2];
    batch.noise = streams;
    batch.noise_sigma = 0.125;
    hrm_segment_forward(&noisy.worker, &batch);
    const float *a = quiet.worker.z_l, *b = noisy.worker.z_l;
    for (int i = 0; i < STATE; i++) {
        float noise = 0;
        hrm_truncated_normal_add(&expected, 0.125, 1, &noise);
        ck_assert_double_eq_tol((double)b[2 * STATE + i] - a[2 * STATE + i], noise, 1e-6);
    }
    // z_H drew the same number of times, a peek draws nothing.
    for (int i = 0; i < STATE; i++)
        hrm_random_bits(&expected);
    hrm_segment_peek(&noisy.worker, &batch);
    ck_assert_uint_eq(hrm_random_bits(&expected), hrm_random_bits(&streams[2]));
    tiny_close(&quiet);
    tiny_close(&noisy);
}
END_TEST

/// Largest difference of the logits, after two segments, of a puzzle of 4 x 4 cells and of the same
/// with two rows of a band and the two stacks exchanged.
static double moved(int angles, const struct hrm_backend *backend)
{
    static const uint16_t tokens[16] = {1, 0, 2, 0, 0, 3, 0, 4, 4, 0, 1, 0, 0, 0, 3, 2};
    static const int rows[4] = {1, 0, 2, 3}, columns[4] = {2, 3, 0, 1};
    struct hrm_model_config config = tiny_config();
    config.cells = 16;
    config.hidden = 48;
    config.heads = 4;
    config.angles = angles;
    config.pattern = HRM_PATTERN_UNITS;
    struct tiny tiny;
    tiny_open(&tiny, &config, backend, 2, false);
    uint16_t inputs[32];
    for (int cell = 0; cell < 16; cell++) {
        inputs[cell] = tokens[cell];
        inputs[16 + 4 * rows[cell / 4] + columns[cell % 4]] = tokens[cell];
    }
    const struct hrm_batch batch = {.puzzles = 2, .inputs = inputs, .ids = (int32_t[]){1, 1}};
    hrm_segment_forward(&tiny.worker, &batch);
    const float *logits = hrm_segment_forward(&tiny.worker, &batch).logits;
    const int prefix = hrm_model_prefix(&config), seq = hrm_model_seq(&config),
              vocab = config.vocab;
    double most = 0;
    for (int i = 0; i < 16 * vocab; i++) {
        const int cell = i / vocab, there = 4 * rows[cell / 4] + columns[cell % 4];
        const double a = logits[(prefix + cell) * vocab + i % vocab];
        const double b = logits[(seq + prefix + there) * vocab + i % vocab];
        most = fmax(most, fabs(a - b));
    }
    tiny_close(&tiny);
    return most;
}

START_TEST(masks_know_no_place_in_a_unit)
{
    ck_assert_double_lt(moved(HRM_ANGLES_NONE, backends[_i]), 1e-4);
    ck_assert_double_gt(moved(HRM_ANGLES_GRID, backends[_i]), 1e-2);
}
END_TEST

static struct hrm_model_config symbol_config(bool equivariant)
{
    struct hrm_model_config config = tiny_config();
    config.hidden = 16;
    config.heads = 4;
    config.cells = 16;
    config.vocab = 6;
    config.puzzle_emb = 0;
    config.angles = HRM_ANGLES_NONE;
    config.pattern = HRM_PATTERN_UNITS;
    config.symbol_equivariant = equivariant;
    return config;
}

static const uint16_t grid[16] = {2, 1, 3, 1, 1, 4, 1, 5, 5, 1, 2, 1, 1, 1, 4, 3};

/// Renaming the symbols of a puzzle renames those of the logits and leaves q, where the model is
/// symbol-equivariant. Largest difference of logits and q after two segments.
static double renamed(bool equivariant, const struct hrm_backend *backend)
{
    static const uint16_t other[6] = {0, 1, 5, 2, 3, 4};
    struct hrm_model_config config = symbol_config(equivariant);
    struct tiny tiny;
    tiny_open(&tiny, &config, backend, 2, false);
    uint16_t inputs[32];
    for (int n = 0; n < 16; n++) {
        inputs[n] = grid[n];
        inputs[16 + n] = other[grid[n]];
    }
    const struct hrm_batch batch = {.puzzles = 2, .inputs = inputs, .ids = (int32_t[]){1, 1}};
    hrm_segment_forward(&tiny.worker, &batch);
    const struct hrm_outputs out = hrm_segment_forward(&tiny.worker, &batch);
    double most = fmax(fabs(out.q[0] - out.q[2]), fabs(out.q[1] - out.q[3]));
    for (int i = 0; i < 16 * 6; i++) {
        const double a = out.logits[i], b = out.logits[16 * 6 + i / 6 * 6 + other[i % 6]];
        most = fmax(most, fabs(a - b));
    }
    tiny_close(&tiny);
    return most;
}

START_TEST(symbols_are_interchangeable)
{
    ck_assert_double_lt(renamed(true, backends[_i]), 1e-4);
    ck_assert_double_gt(renamed(false, backends[_i]), 1e-2);
}
END_TEST

START_TEST(peek_of_a_symbol_equivariant_model)
{
    struct hrm_model_config config = symbol_config(true);
    struct tiny tiny;
    tiny_open(&tiny, &config, backends[_i], 1, false);
    const struct hrm_batch batch = {.puzzles = 1, .inputs = grid};
    float next[2];
    memcpy(next, hrm_segment_peek(&tiny.worker, &batch), sizeof next);
    const float *q = hrm_segment_forward(&tiny.worker, &batch).q;
    for (int i = 0; i < 2; i++)
        ck_assert_float_eq_tol(q[i], next[i], 1e-5f);
    tiny_close(&tiny);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("segment");
    TCase *tests = tcase_create("segment");
    tcase_set_timeout(tests, 30);
    tcase_add_loop_test(tests, peek_is_the_q_of_the_next_segment, 0, 4);
    tcase_add_loop_test(tests, observers_see_every_call_and_change_nothing, 0, 2);
    tcase_add_test(tests, read_out_is_what_the_segment_predicted);
    tcase_add_loop_test(tests, peek_leaves_the_tape, 0, 2);
    tcase_add_loop_test(tests, puzzles_are_independent, 0, 2);
    tcase_add_loop_test(tests, cycles_run_in_order, 0, 2);
    tcase_add_loop_test(tests, noise_has_its_own_streams, 0, 2);
    tcase_add_loop_test(tests, masks_know_no_place_in_a_unit, 0, 2);
    tcase_add_loop_test(tests, symbols_are_interchangeable, 0, 2);
    tcase_add_loop_test(tests, peek_of_a_symbol_equivariant_model, 0, 2);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
