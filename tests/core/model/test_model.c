#include "tests/core/model/tiny_model.h"

#include <math.h>

/// A backend whose packed form is a copy of the matrix behind its sizes.
static size_t copy_bytes(int out, int in, enum hrm_pack pack)
{
    (void)pack;
    return ((size_t)out * (size_t)in + 2) * sizeof(float);
}

static void copy_pack(int out, int in, const float *values, enum hrm_pack pack, void *packed)
{
    float *to = packed;
    to[0] = (float)out;
    to[1] = (float)in + (pack == HRM_PACK_FORWARD ? 0.5f : 0);
    memcpy(to + 2, values, (size_t)out * (size_t)in * sizeof *to);
}

static struct hrm_backend copying(void)
{
    struct hrm_backend backend = hrm_backend_ref;
    backend.packed_bytes = copy_bytes;
    backend.pack = copy_pack;
    return backend;
}

static void check_packed(const struct hrm_weight *w, enum hrm_pack pack)
{
    const float *packed = w->packed;
    ck_assert_ptr_nonnull(packed);
    ck_assert_uint_eq((uintptr_t)packed % 64, 0);
    ck_assert_float_eq(packed[0], (float)w->out);
    ck_assert_float_eq(packed[1], (float)w->in + (pack == HRM_PACK_FORWARD ? 0.5f : 0));
    ck_assert_mem_eq(packed + 2, w->values, (size_t)w->out * (size_t)w->in * sizeof *packed);
}

static void check_blocks(const struct hrm_model *model, const struct hrm_model_block *blocks,
                         int count, const char *network)
{
    for (int i = 0; i < count; i++) {
        const struct hrm_model_block *b = &blocks[i];
        char name[64];
        snprintf(name, sizeof name, "%s_level.layers.%d.mlp.gate_up_proj.weight", network, i);
        ck_assert_uint_eq(hrm_layout_find(&model->layout, name)->offset, b->gate_up_at);
        ck_assert_ptr_eq(b->gate_up.values, model->params + b->gate_up_at);
        ck_assert_ptr_eq(b->qkv.values, model->params + b->qkv_at);
        check_packed(&b->qkv, model->pack);
        check_packed(&b->o, model->pack);
        check_packed(&b->gate_up, model->pack);
        check_packed(&b->down, model->pack);
    }
}

START_TEST(packs_every_matrix)
{
    struct hrm_model_config config = tiny_config();
    struct hrm_backend backend = copying();
    struct hrm_model model;
    enum hrm_pack pack = _i % 2 == 0 ? HRM_PACK_FORWARD : HRM_PACK_BOTH;
    config.shared = _i / 2 == 1;
    ck_assert_int_eq(hrm_model_init(&model, &config, &backend, pack, NULL), HRM_OK);
    size_t bytes = hrm_model_packed_bytes(&model);
    float *params = calloc(model.layout.total, sizeof *params);
    unsigned char *packed = aligned_alloc(64, bytes + 64);
    memset(packed, 0x5a, bytes + 64);
    hrm_params_draw(&model.layout, 1, params);
    hrm_model_attach(&model, params, packed);
    for (int part = 0; part < 3; part++)
        hrm_model_pack(&model, part, 3);
    check_blocks(&model, model.l_blocks, 2, "L");
    check_blocks(&model, model.h_blocks, 2, config.shared ? "L" : "H");
    check_packed(&model.lm_head, pack);
    check_packed(&model.q_head, pack);
    for (int i = 0; i < 64; i++)
        ck_assert_int_eq(packed[bytes + (size_t)i], 0x5a);
    ck_assert_int_eq(model.h_blocks == model.l_blocks, config.shared);
    hrm_model_free(&model);
    free(params);
    free(packed);
}
END_TEST

START_TEST(needs_no_packed_form_where_the_backend_needs_none)
{
    struct hrm_model_config config = tiny_config();
    struct tiny tiny;
    tiny_open(&tiny, &config, &hrm_backend_ref, 1, false);
    ck_assert_uint_eq(hrm_model_packed_bytes(&tiny.model), 0);
    hrm_model_pack(&tiny.model, 0, 1);
    ck_assert_ptr_null(tiny.model.lm_head.packed);
    tiny_close(&tiny);
}
END_TEST

START_TEST(rotary_angles)
{
    struct hrm_model_config config = tiny_config();
    struct hrm_model model;
    config.hidden = 24;
    config.rope_theta = 100;
    ck_assert_int_eq(hrm_model_init(&model, &config, &hrm_backend_ref, HRM_PACK_BOTH, NULL),
                     HRM_OK);
    int seq = hrm_model_seq(&config), half = 4;
    for (int t = 0; t < seq; t++)
        for (int j = 0; j < half; j++) {
            double angle = t * pow(100, -j / 4.0);
            ck_assert_double_eq_tol(model.tables.rope.cos[t * half + j], cos(angle), 1e-6);
            ck_assert_double_eq_tol(model.tables.rope.sin[t * half + j], sin(angle), 1e-6);
        }
    hrm_model_free(&model);
    config.angles = HRM_ANGLES_LEARNED;
    ck_assert_int_eq(hrm_model_init(&model, &config, &hrm_backend_ref, HRM_PACK_BOTH, NULL),
                     HRM_OK);
    ck_assert_ptr_null(model.tables.rope.cos);
    hrm_model_free(&model);
}
END_TEST

/// The angles of a row, a column and a box each add up to a peak for two cells that share it.
START_TEST(grid_angles_single_out_units)
{
    struct hrm_model_config config = tiny_config();
    struct hrm_model model;
    config.cells = 81;
    config.hidden = 64;
    config.heads = 2;
    config.angles = HRM_ANGLES_GRID;
    ck_assert_int_eq(hrm_model_init(&model, &config, &hrm_backend_ref, HRM_PACK_BOTH, NULL),
                     HRM_OK);
    const int half = 16, prefix = hrm_model_prefix(&config);
    int wrong = 0;
    for (int i = 0; i < 81 * 81 * 3; i++) {
        int a = i / 3 % 81, b = i / 3 / 81, unit = i % 3;
        bool shared[] = {a / 9 == b / 9, a % 9 == b % 9,
                         a / 27 == b / 27 && a % 9 / 3 == b % 9 / 3};
        const float *ca = model.tables.rope.cos + (a + prefix) * half + unit * 4;
        const float *cb = model.tables.rope.cos + (b + prefix) * half + unit * 4;
        const float *sa = model.tables.rope.sin + (a + prefix) * half + unit * 4;
        const float *sb = model.tables.rope.sin + (b + prefix) * half + unit * 4;
        float sum = 0;
        for (int j = 0; j < 4; j++)
            sum += ca[j] * cb[j] + sa[j] * sb[j];
        wrong += fabsf(sum - (shared[unit] ? 4.0F : -0.5F)) > 1e-5F;
    }
    ck_assert_int_eq(wrong, 0);
    ck_assert_float_eq(model.tables.rope.cos[prefix * half + 80 * half + 12], 1);
    ck_assert_float_eq(model.tables.rope.sin[0], 0);
    hrm_model_free(&model);
}
END_TEST

START_TEST(units_are_what_heads_see)
{
    struct hrm_model_config config = tiny_config();
    struct hrm_model model;
    config.cells = 81;
    config.hidden = 64;
    config.heads = 8;
    config.angles = HRM_ANGLES_GRID;
    config.pattern = HRM_PATTERN_UNITS;
    ck_assert_int_eq(hrm_model_init(&model, &config, &hrm_backend_ref, HRM_PACK_BOTH, NULL),
                     HRM_OK);
    const int prefix = hrm_model_prefix(&config), seq = hrm_model_seq(&config);
    const struct hrm_block_shape shape = {.seq = seq, .heads = 8};
    int wrong = 0;
    for (int i = 0; i < 8 * seq * seq; i++) {
        const int head = i / seq / seq, a = i / seq % seq - prefix, b = i % seq - prefix;
        const bool shared[] = {a / 9 == b / 9, a % 9 == b % 9,
                               a / 27 == b / 27 && a % 9 / 3 == b % 9 / 3, true};
        const bool wanted = a < 0 || b < 0 || shared[head % 4];
        const uint16_t *row =
            hrm_mask_row(&shape, model.tables.attention.mask, head, i / seq % seq);
        wrong += hrm_mask_has(row, (size_t)(i % seq)) != wanted;
    }
    ck_assert_int_eq(wrong, 0);
    ck_assert_float_eq(model.tables.rope.sin[0], 0);
    hrm_model_free(&model);
}
END_TEST

/// Rows of a puzzle, and of a block on a backend that likes 8 puzzles of Sudoku.
START_TEST(larger_puzzles_make_smaller_blocks)
{
    static const int cells_and_puzzles[][2] = {{16, 8}, {81, 8}, {82, 8}, {100, 6}, {256, 2},
                                               {328, 2}, {656, 1}, {900, 1}, {4096, 1}};
    struct hrm_backend backend = hrm_backend_ref;
    struct hrm_model_config config = tiny_config();
    backend.block_puzzles = 8;
    config.puzzle_emb = 0;
    for (size_t i = 0; i < sizeof cells_and_puzzles / sizeof *cells_and_puzzles; i++) {
        config.cells = cells_and_puzzles[i][0];
        ck_assert_int_eq(hrm_model_block_puzzles(&config, &backend), cells_and_puzzles[i][1]);
    }
    ck_assert_int_eq(hrm_model_block_puzzles(&config, &hrm_backend_ref), 1);
}
END_TEST

START_TEST(refuses_a_wrong_configuration)
{
    struct hrm_model_config config = tiny_config();
    struct hrm_model model;
    struct hrm_error error = {0};
    config.heads = 5;
    ck_assert_int_eq(hrm_model_init(&model, &config, &hrm_backend_ref, HRM_PACK_BOTH, &error),
                     HRM_USAGE);
    ck_assert_ptr_null(model.owned);
    hrm_model_free(&model);
}
END_TEST

START_TEST(refuses_sizes_that_the_backend_has_not)
{
    struct hrm_model_config config = tiny_config();
    struct hrm_backend backend = copying();
    struct hrm_model model;
    struct hrm_error error = {0};
    backend.hidden_step = _i == 0 ? 16 : 4;
    int expected = _i == 1 ? HRM_OK : HRM_USAGE;
    ck_assert_int_eq(hrm_model_init(&model, &config, &backend, HRM_PACK_BOTH, &error), expected);
    if (expected != HRM_OK)
        ck_assert_ptr_nonnull(strstr(error.hint, "blas"));
    hrm_model_free(&model);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("model");
    TCase *tests = tcase_create("model");
    tcase_set_timeout(tests, 10);
    tcase_add_loop_test(tests, packs_every_matrix, 0, 4);
    tcase_add_test(tests, needs_no_packed_form_where_the_backend_needs_none);
    tcase_add_test(tests, rotary_angles);
    tcase_add_test(tests, grid_angles_single_out_units);
    tcase_add_test(tests, units_are_what_heads_see);
    tcase_add_test(tests, larger_puzzles_make_smaller_blocks);
    tcase_add_test(tests, refuses_a_wrong_configuration);
    tcase_add_loop_test(tests, refuses_sizes_that_the_backend_has_not, 0, 2);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
