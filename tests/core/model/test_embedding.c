#include "core/model/embedding.h"

#include "tests/core/model/tiny_model.h"

#include <math.h>

enum { PUZZLES = 3, CELLS = 7, D = 12 };

static const struct hrm_batch batch = {.puzzles = PUZZLES, .inputs = tiny_inputs, .ids = tiny_ids};

static const struct {
    int angles, puzzle_emb, prefix;
} variants[] = {{HRM_ANGLES_ROPE, 17, 2},
                {HRM_ANGLES_ROPE, 12, 1},
                {HRM_ANGLES_ROPE, 0, 0},
                {HRM_ANGLES_LEARNED, 17, 2},
                {HRM_ANGLES_LEARNED, 0, 0}};

static void open_variant(struct tiny *tiny, int i)
{
    struct hrm_model_config config = tiny_config();
    config.angles = variants[i].angles;
    config.puzzle_emb = variants[i].puzzle_emb;
    tiny_open(tiny, &config, &hrm_backend_ref, PUZZLES, true);
}

static const float *tensor(const struct tiny *tiny, const char *name)
{
    const struct hrm_tensor *found = hrm_layout_find(&tiny->model.layout, name);
    return found != NULL ? tiny->params + found->offset : NULL;
}

/// Element (p, t, j) of what is embedded, before positions and scaling.
static double embedded(const struct tiny *tiny, int i, int p, int t, int j)
{
    int at = t * D + j;
    if (t >= variants[i].prefix) {
        int token = tiny_inputs[p * CELLS + t - variants[i].prefix];
        return tensor(tiny, "embed_tokens.embedding_weight")[token * D + j];
    }
    if (at >= variants[i].puzzle_emb)
        return 0;
    return tensor(tiny, "puzzle_emb.weights")[tiny_ids[p] * variants[i].puzzle_emb + at];
}

START_TEST(puts_the_puzzle_before_the_tokens)
{
    struct tiny tiny;
    open_variant(&tiny, _i);
    hrm_embedding_forward(&tiny.worker, &batch);
    const float *x = tiny.worker.buffers->x, *pos = tensor(&tiny, "embed_pos.embedding_weight");
    int seq = variants[_i].prefix + CELLS;
    double scale = sqrt(D) * (pos != NULL ? sqrt(0.5) : 1);
    for (int i = 0; i < PUZZLES * seq * D; i++) {
        int p = i / D / seq, t = i / D % seq, j = i % D;
        double e = embedded(&tiny, _i, p, t, j) + (pos != NULL ? (double)pos[t * D + j] : 0);
        ck_assert_double_eq_tol(x[i], scale * e, 1e-6);
    }
    tiny_close(&tiny);
}
END_TEST

/// The embedding is linear: <dx, x> must be <dtables, tables>.
START_TEST(gradient_is_the_adjoint)
{
    struct tiny tiny;
    float dpuzzle[PUZZLES * 17];
    open_variant(&tiny, _i);
    const struct hrm_layout *layout = &tiny.model.layout;
    struct hrm_worker_buffers *b = tiny.worker.buffers;
    float *gradient = calloc(layout->trained, sizeof *gradient);
    int width = variants[_i].puzzle_emb, count = PUZZLES * (variants[_i].prefix + CELLS) * D;
    double left = 0, right = 0;
    hrm_embedding_forward(&tiny.worker, &batch);
    for (int i = 0; i < count; i++) {
        b->dx[i] = (float)sin(i);
        left += (double)b->dx[i] * ((const float *)b->x)[i];
    }
    hrm_embedding_backward(&tiny.worker, &batch, gradient, width > 0 ? dpuzzle : NULL);
    for (size_t i = 0; i < layout->trained; i++)
        right += (double)gradient[i] * tiny.params[i];
    for (int i = 0; i < PUZZLES * width; i++)
        right += (double)dpuzzle[i] *
                 tensor(&tiny, "puzzle_emb.weights")[tiny_ids[i / width] * width + i % width];
    ck_assert_double_eq_tol(left, right, 1e-5 * count);
    ck_assert_double_gt(fabs(left), 1e-2);
    free(gradient);
    tiny_close(&tiny);
}
END_TEST

START_TEST(no_identifiers_mean_the_first)
{
    struct tiny tiny;
    static const int32_t zeros[PUZZLES];
    struct hrm_batch with = batch, without = batch;
    float expected[PUZZLES * 9 * D];
    with.ids = zeros;
    without.ids = NULL;
    open_variant(&tiny, 0);
    hrm_embedding_forward(&tiny.worker, &with);
    memcpy(expected, tiny.worker.buffers->x, sizeof expected);
    hrm_embedding_forward(&tiny.worker, &without);
    ck_assert_mem_eq(tiny.worker.buffers->x, expected, sizeof expected);
    tiny_close(&tiny);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("embedding");
    TCase *tests = tcase_create("embedding");
    tcase_set_timeout(tests, 10);
    tcase_add_loop_test(tests, puts_the_puzzle_before_the_tokens, 0, 5);
    tcase_add_loop_test(tests, gradient_is_the_adjoint, 0, 5);
    tcase_add_test(tests, no_identifiers_mean_the_first);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
