// Vocabularies beyond a byte, from the tokens of a puzzle to the losses and back, on every backend
// that this machine has, against the plain one.

#include "core/model/loss.h"
#include "tests/core/model/tiny_model.h"

enum { PUZZLES = 3, CELLS = 13, VOCABULARIES = 4 };

static const int vocabularies[VOCABULARIES] = {65, 257, 1001, HRM_MODEL_VOCAB};

/// What a segment of a model leaves.
struct outcome {
    float *logits, *gradient;
    size_t logit_count, trained;
    double loss;
    uint16_t predictions[PUZZLES * CELLS];
};

static struct hrm_model_config config_of(int vocab)
{
    struct hrm_model_config config = tiny_config();
    config.hidden = 32;
    config.heads = 2;
    config.cells = CELLS;
    config.vocab = vocab;
    config.puzzle_emb = 0;
    return config;
}

/// Tokens from all over the vocabulary, the last one among them.
static uint16_t token(int vocab, int i)
{
    return (uint16_t)(vocab - 1 - i * 977 % vocab);
}

static void run(const struct hrm_backend *backend, int vocab, struct outcome *outcome)
{
    struct hrm_model_config config = config_of(vocab);
    struct tiny tiny;
    tiny_open(&tiny, &config, backend, PUZZLES, true);
    uint16_t inputs[PUZZLES * CELLS], labels[PUZZLES * CELLS];
    float dq[2 * PUZZLES];
    for (int i = 0; i < PUZZLES * CELLS; i++) {
        inputs[i] = token(vocab, i);
        labels[i] = i % 4 == 0 ? 0 : token(vocab, i + 7);
    }
    const struct hrm_batch batch = {.puzzles = PUZZLES, .inputs = inputs};
    const size_t puzzle = CELLS * (size_t)vocab;
    *outcome =
        (struct outcome){.logit_count = PUZZLES * puzzle, .trained = tiny.model.layout.trained};
    outcome->logits = calloc(outcome->logit_count, sizeof(float));
    outcome->gradient = calloc(outcome->trained, sizeof(float));
    float *dlogits = calloc(outcome->logit_count, sizeof(float));
    const struct hrm_outputs outputs = hrm_segment_forward(&tiny.worker, &batch);
    memcpy(outcome->logits, outputs.logits, outcome->logit_count * sizeof(float));
    for (size_t p = 0; p < PUZZLES; p++) {
        hrm_loss_decode(&config, outputs.logits + p * puzzle, outcome->predictions + p * CELLS);
        outcome->loss +=
            hrm_loss_puzzle(&config, outputs.logits + p * puzzle, outputs.q + 2 * p,
                            labels + p * CELLS, 0.5, 1, dlogits + p * puzzle, dq + 2 * p)
                .lm;
    }
    hrm_segment_backward(&tiny.worker, &batch, dlogits, dq, outcome->gradient, NULL);
    free(dlogits);
    tiny_close(&tiny);
}

static void close_outcome(struct outcome *outcome)
{
    free(outcome->logits);
    free(outcome->gradient);
}

START_TEST(as_the_plain_backend)
{
    const int vocab = vocabularies[_i % VOCABULARIES];
    struct outcome want;
    run(&hrm_backend_ref, vocab, &want);
    int beyond = 0;
    for (int i = 0; i < PUZZLES * CELLS; i++) {
        ck_assert_int_lt(want.predictions[i], vocab);
        beyond += want.predictions[i] > 255;
    }
    ck_assert(vocab < 300 || beyond > 0);
    for (const struct hrm_backend *const *backend = tiny_backends(); *backend; backend++) {
        const double bound = tiny_bound(*backend);
        struct outcome got;
        run(*backend, vocab, &got);
        ck_assert_double_lt(tiny_distance(want.logit_count, got.logits, want.logits), bound);
        ck_assert_double_lt(tiny_distance(want.trained, got.gradient, want.gradient), bound);
        ck_assert_double_eq_tol(got.loss, want.loss, bound);
        close_outcome(&got);
    }
    close_outcome(&want);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("vocabulary");
    TCase *tests = tcase_create("vocabulary");
    tcase_set_timeout(tests, 60);
    tcase_add_loop_test(tests, as_the_plain_backend, 0, VOCABULARIES);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
