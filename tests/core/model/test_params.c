#include "core/model/params.h"

#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct hrm_model_config config_of(bool shared, int angles, int puzzle_emb)
{
    struct hrm_model_config config;
    struct hrm_option_section section = hrm_model_config_section(&config);
    hrm_options_default(&section, 1);
    config.hidden = 48;
    config.heads = 2;
    config.h_layers = 2;
    config.l_layers = 3;
    config.puzzle_ids = 4;
    config.shared = shared;
    config.angles = angles;
    config.puzzle_emb = puzzle_emb;
    return config;
}

static const struct {
    bool shared;
    int angles, puzzle_emb, count;
} variants[] = {{false, HRM_ANGLES_ROPE, 48, 7 + 20},
                {true, HRM_ANGLES_ROPE, 50, 7 + 12},
                {false, HRM_ANGLES_LEARNED, 0, 7 + 20},
                {true, HRM_ANGLES_LEARNED, 10, 8 + 12}};

/// Trained tensors, then the puzzle embedding, then the initial states, with no gaps.
START_TEST(tensors_lie_behind_each_other)
{
    struct hrm_model_config config =
        config_of(variants[_i].shared, variants[_i].angles, variants[_i].puzzle_emb);
    struct hrm_layout layout;
    ck_assert_int_eq(hrm_layout_init(&layout, &config, NULL), HRM_OK);
    ck_assert_int_eq(layout.count, variants[_i].count);
    unsigned char *taken = calloc(layout.total, 1);
    bool once = true;
    for (int i = 0; i < layout.count; i++) {
        const struct hrm_tensor *t = &layout.tensors[i];
        size_t end = t->offset + (size_t)t->rows * (size_t)t->cols;
        ck_assert_uint_le(end, layout.total);
        ck_assert_int_eq(t->kind == HRM_TENSOR_TRAINED, end <= layout.trained);
        for (size_t j = t->offset; j < end; j++)
            taken[j]++;
        ck_assert_ptr_eq(hrm_layout_find(&layout, t->name), t);
    }
    for (size_t j = 0; j < layout.total; j++)
        once = once && taken[j] == 1;
    ck_assert(once);
    ck_assert_ptr_null(hrm_layout_find(&layout, "nothing"));
    ck_assert(!variants[_i].shared ==
              (hrm_layout_find(&layout, "H_level.layers.1.mlp.down_proj.weight") != NULL));
    ck_assert_str_eq(layout.tensors[0].name, "H_init");
    ck_assert_str_eq(layout.tensors[layout.count - 1].name,
                     "L_level.layers.2.mlp.down_proj.weight");
    free(taken);
    hrm_layout_free(&layout);
}
END_TEST

START_TEST(shapes_are_those_of_the_reference)
{
    struct hrm_model_config config = config_of(false, HRM_ANGLES_LEARNED, 50);
    struct hrm_layout layout;
    static const struct {
        const char *name;
        int rows, cols;
    } shapes[] = {{"embed_tokens.embedding_weight", 11, 48},
                  {"embed_pos.embedding_weight", 83, 48},
                  {"lm_head.weight", 11, 48},
                  {"q_head.weight", 2, 48},
                  {"q_head.bias", 1, 2},
                  {"puzzle_emb.weights", 4, 50},
                  {"H_level.layers.1.self_attn.qkv_proj.weight", 144, 48},
                  {"L_level.layers.2.self_attn.o_proj.weight", 48, 48},
                  {"L_level.layers.0.mlp.gate_up_proj.weight", 512, 48},
                  {"H_level.layers.0.mlp.down_proj.weight", 48, 256}};
    ck_assert_int_eq(hrm_layout_init(&layout, &config, NULL), HRM_OK);
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        const struct hrm_tensor *t = hrm_layout_find(&layout, shapes[i].name);
        ck_assert_ptr_nonnull(t);
        ck_assert_int_eq(t->rows, shapes[i].rows);
        ck_assert_int_eq(t->cols, shapes[i].cols);
    }
    hrm_layout_free(&layout);
}
END_TEST

static void check_drawn(const struct hrm_tensor *t, const float *values)
{
    int count = t->rows * t->cols;
    double squares = 0, largest = 0,
           deviation = t->kind == HRM_TENSOR_FIXED ? 1 : 1 / sqrt(t->cols);
    uint32_t low = 0;
    for (int i = 0; i < count; i++) {
        uint32_t bits;
        memcpy(&bits, &values[i], sizeof bits);
        squares += (double)values[i] * values[i];
        largest = fmax(largest, fabs((double)values[i]));
        low |= bits & 0xffff;
    }
    // 2.2737 standard deviations, and half a bf16 step.
    ck_assert_double_le(largest, 2.2737 * deviation * 1.004);
    ck_assert((low == 0) == (t->kind == HRM_TENSOR_FIXED));
    ck_assert_msg(fabs(sqrt(squares / count) / deviation - 1) < 3 / sqrt(count), "%s", t->name);
}

START_TEST(draws_what_the_reference_draws)
{
    struct hrm_model_config config = config_of(false, HRM_ANGLES_LEARNED, 50);
    struct hrm_layout layout;
    ck_assert_int_eq(hrm_layout_init(&layout, &config, NULL), HRM_OK);
    float *values = calloc(layout.total, sizeof *values);
    hrm_params_draw(&layout, 11, values);
    for (int i = 0; i < layout.count; i++) {
        const struct hrm_tensor *t = &layout.tensors[i];
        const float *at = values + t->offset;
        bool bias = strcmp(t->name, "q_head.bias") == 0;
        bool constant = bias || t->kind == HRM_TENSOR_PUZZLE || strncmp(t->name, "q_head", 6) == 0;
        for (int j = 0; constant && j < t->rows * t->cols; j++)
            ck_assert_float_eq(at[j], bias ? -5.0f : 0.0f);
        if (!constant)
            check_drawn(t, at);
    }
    free(values);
    hrm_layout_free(&layout);
}
END_TEST

START_TEST(the_seed_decides)
{
    struct hrm_model_config config = config_of(true, HRM_ANGLES_ROPE, 48);
    struct hrm_layout layout;
    ck_assert_int_eq(hrm_layout_init(&layout, &config, NULL), HRM_OK);
    size_t bytes = layout.total * sizeof(float);
    float *a = malloc(bytes), *b = malloc(bytes), *c = malloc(bytes);
    hrm_params_draw(&layout, 1, a);
    hrm_params_draw(&layout, 1, b);
    hrm_params_draw(&layout, 2, c);
    ck_assert_mem_eq(a, b, bytes);
    ck_assert_mem_ne(a, c, bytes);
    // No two tensors are alike.
    size_t first = hrm_layout_find(&layout, "L_level.layers.0.mlp.down_proj.weight")->offset;
    size_t second = hrm_layout_find(&layout, "L_level.layers.1.mlp.down_proj.weight")->offset;
    ck_assert_mem_ne(a + first, a + second, 100 * sizeof(float));
    free(a);
    free(b);
    free(c);
    hrm_layout_free(&layout);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("params");
    TCase *tests = tcase_create("params");
    tcase_set_timeout(tests, 20);
    tcase_add_loop_test(tests, tensors_lie_behind_each_other, 0, 4);
    tcase_add_test(tests, shapes_are_those_of_the_reference);
    tcase_add_test(tests, draws_what_the_reference_draws);
    tcase_add_test(tests, the_seed_decides);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
