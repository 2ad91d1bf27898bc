#include "core/model/config.h"

#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static struct hrm_model_config defaults(void)
{
    struct hrm_model_config config;
    struct hrm_option_section section = hrm_model_config_section(&config);
    hrm_options_default(&section, 1);
    return config;
}

START_TEST(defaults_are_the_published_model)
{
    struct hrm_model_config config = defaults();
    ck_assert_int_eq(hrm_model_config_check(&config, NULL), HRM_OK);
    ck_assert_int_eq(config.hidden, 512);
    ck_assert_int_eq(config.heads, 8);
    ck_assert_int_eq(config.h_layers, 4);
    ck_assert_int_eq(config.l_layers, 4);
    ck_assert_int_eq(config.vocab, 11);
    ck_assert_int_eq(config.halt_max_steps, 16);
    ck_assert_double_eq(config.halt_exploration, 0.1);
    ck_assert_double_eq(config.rms_eps, 1e-5);
    ck_assert(config.q_continue && !config.shared);
    ck_assert_int_eq(hrm_model_inner(&config), 1536);
    ck_assert_int_eq(hrm_model_prefix(&config), 1);
    ck_assert_int_eq(hrm_model_seq(&config), 82);
}
END_TEST

START_TEST(sizes_that_follow)
{
    static const struct {
        int hidden, puzzle_emb;
        double expansion;
        int inner, prefix;
    } cases[] = {{32, 0, 4, 256, 0},       {64, 64, 4, 256, 1}, {64, 65, 4, 256, 2},
                 {96, 100, 4, 256, 2},     {97, 1, 4, 512, 1},  {384, 768, 4, 1024, 2},
                 {512, 8192, 4, 1536, 16}, {100, 5, 1, 256, 1}, {6, 6, 0.25, 256, 1},
                 {32, 0, 0.01, 256, 0}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct hrm_model_config config = defaults();
        config.hidden = cases[i].hidden;
        config.puzzle_emb = cases[i].puzzle_emb;
        config.expansion = cases[i].expansion;
        ck_assert_int_eq(hrm_model_inner(&config), cases[i].inner);
        ck_assert_int_eq(hrm_model_prefix(&config), cases[i].prefix);
        ck_assert_int_eq(hrm_model_seq(&config), 81 + cases[i].prefix);
    }
}
END_TEST

START_TEST(costs)
{
    struct hrm_model_config config = defaults();
    // 24 blocks of 82 rows: 2 82 (4 D^2 + 3 D F) + 4 82^2 D.
    double projections = 2e-9 * 82 * (4 * 512.0 * 512 + 3 * 512.0 * 1536);
    double attention = 4e-9 * 82 * 82 * 512;
    ck_assert_double_eq_tol(hrm_model_segment_gflop(&config), 24 * (projections + attention), 1e-9);
    ck_assert_double_eq_tol(hrm_model_segment_gflop(&config), 13.7, 0.1);
    double backward = 8 * (2 * projections + 2.5 * attention);
    ck_assert_double_eq_tol(hrm_model_training_gflop(&config),
                            48 * (projections + attention) + backward, 1e-9);
    config.q_continue = false;
    config.gradient = HRM_GRADIENT_LAST_CYCLE;
    config.shared = true;
    config.l_cycles = 6;
    config.l_layers = 2;
    config.h_cycles = 3;
    ck_assert_double_eq_tol(hrm_model_segment_gflop(&config), 42 * (projections + attention), 1e-9);
    ck_assert_double_eq_tol(
        hrm_model_training_gflop(&config),
        42 * (projections + attention) + 14 * (2 * projections + 2.5 * attention), 1e-9);
}
END_TEST

START_TEST(planes_of_symbols)
{
    struct hrm_model_config config = defaults();
    ck_assert_int_eq(hrm_model_planes(&config), 1);
    ck_assert_int_eq(hrm_model_rows(&config), 82);
    config.symbol_equivariant = true;
    config.angles = HRM_ANGLES_NONE;
    config.pattern = HRM_PATTERN_UNITS;
    config.puzzle_emb = 0;
    ck_assert_int_eq(hrm_model_config_check(&config, NULL), HRM_OK);
    ck_assert_int_eq(hrm_model_planes(&config), 9);
    ck_assert_int_eq(hrm_model_rows(&config), 9 * 81);
    // 24 blocks of 9 planes; a row looks at nine.
    double projections = 2e-9 * 81 * 9 * (4 * 512.0 * 512 + 3 * 512.0 * 1536);
    double attention = 4e-9 * 81 * 9 * 9 * 512;
    ck_assert_double_eq_tol(hrm_model_segment_gflop(&config), 24 * (projections + attention), 1e-9);
    struct hrm_error error = {0};
    config.vocab = 10;
    ck_assert_int_eq(hrm_model_config_check(&config, &error), HRM_USAGE);
    ck_assert_ptr_nonnull(strstr(error.text, "model.symbol_equivariant"));
    ck_assert_ptr_nonnull(strstr(error.hint, "model.vocab"));
}
END_TEST

static const struct {
    const char *key, *value;
} wrong[] = {{"heads", "7"}, {"heads", "512"}, {"hidden", "500"}};

START_TEST(names_the_key_to_change)
{
    struct hrm_model_config config = defaults();
    struct hrm_option_section section = hrm_model_config_section(&config);
    struct hrm_error error = {0};
    ck_assert_int_eq(hrm_options_set(&section, 1, wrong[_i].key, wrong[_i].value, &error), HRM_OK);
    ck_assert_int_eq(hrm_model_config_check(&config, &error), HRM_USAGE);
    ck_assert_ptr_nonnull(strstr(error.text, "model.hidden"));
    ck_assert_ptr_nonnull(strstr(error.hint, "model.heads"));
}
END_TEST

START_TEST(a_grid_has_square_boxes)
{
    static const struct {
        int cells, side;
    } grids[] = {{81, 9}, {16, 4}, {1, 1}, {80, 0}, {64, 0}, {900, 0}};
    struct hrm_model_config config = defaults();
    struct hrm_error error = {0};
    config.angles = HRM_ANGLES_GRID;
    for (size_t i = 0; i < sizeof grids / sizeof *grids; i++) {
        config.cells = grids[i].cells;
        ck_assert_int_eq(hrm_model_geometry(&config).rows, grids[i].side);
        ck_assert_int_eq(hrm_model_config_check(&config, &error),
                         (grids[i].side > 0 ? HRM_OK : HRM_USAGE));
    }
}
END_TEST

START_TEST(the_data_decides)
{
    static const struct hrm_data_shape sudoku = {"Sudoku puzzles", 81, 11, 1, {9, 9, 3, 3}, 2, 9};
    static const struct {
        const char *key, *value, *text;
    } cases[] = {{"cells", "16", "model.cells is 16, but Sudoku puzzles need 81"},
                 {"cells", "82", "model.cells is 82, but Sudoku puzzles need 81"},
                 {"vocab", "10", "model.vocab is 10, but Sudoku puzzles need 11"},
                 {"vocab", "12", "model.vocab is 12, but Sudoku puzzles need 11"},
                 {"puzzle_ids", "2", "model.puzzle_ids is 2, but Sudoku puzzles need 1"}};
    struct hrm_model_config config = defaults();
    ck_assert_int_eq(hrm_model_config_fit(&config, &sudoku, NULL), HRM_OK);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct hrm_option_section section = hrm_model_config_section(&config);
        struct hrm_error error = {0};
        config = defaults();
        ck_assert_int_eq(hrm_options_set(&section, 1, cases[i].key, cases[i].value, &error),
                         HRM_OK);
        ck_assert_int_eq(hrm_model_config_fit(&config, &sudoku, &error), HRM_USAGE);
        ck_assert_str_eq(error.text, cases[i].text);
        ck_assert_ptr_nonnull(strstr(error.hint, cases[i].key));
    }
    // A model that was trained with more identifiers can be asked.
    static const struct hrm_data_shape any = {"Sudoku puzzles", 81, 11, 0, {9, 9, 3, 3}, 2, 9};
    ck_assert_int_eq(hrm_model_config_fit(&config, &any, NULL), HRM_OK);
}
END_TEST

START_TEST(a_flag_that_is_on_says_what_turning_it_off_does)
{
    struct hrm_model_config config;
    struct hrm_option_section section = hrm_model_config_section(&config);
    for (int i = 0; i < section.count; i++) {
        const struct hrm_option *option = &section.options[i];
        if (option->type == HRM_OPTION_FLAG && strcmp(option->fallback, "true") == 0)
            ck_assert_ptr_nonnull(option->choices);
    }
}
END_TEST

START_TEST(units_take_heads_by_four)
{
    struct hrm_model_config config = defaults();
    config.angles = _i ? HRM_ANGLES_NONE : HRM_ANGLES_GRID;
    config.pattern = HRM_PATTERN_UNITS;
    for (int heads = 1; heads <= 8; heads *= 2) {
        struct hrm_error error = {0};
        config.heads = heads;
        ck_assert_int_eq(hrm_model_config_check(&config, &error), heads < 4 ? HRM_USAGE : HRM_OK);
        ck_assert(heads >= 4 || strstr(error.text, "no multiple of 4"));
    }
}
END_TEST

static const struct {
    const char *value;
    int angles, pattern;
} positions[] = {
    {"rope", HRM_ANGLES_ROPE, HRM_PATTERN_ALL},    {"learned", HRM_ANGLES_LEARNED, HRM_PATTERN_ALL},
    {"grid", HRM_ANGLES_GRID, HRM_PATTERN_ALL},    {"units", HRM_ANGLES_GRID, HRM_PATTERN_UNITS},
    {"masks", HRM_ANGLES_NONE, HRM_PATTERN_UNITS},
};

/// Angles and pattern were one key: what said it means the same.
START_TEST(a_key_of_former_times)
{
    struct hrm_model_config config = defaults();
    struct hrm_option_section section = hrm_model_config_section(&config);
    struct hrm_error error = {0};
    ck_assert_int_eq(hrm_options_set(&section, 1, "positions", positions[_i].value, &error),
                     HRM_OK);
    ck_assert_int_eq(config.angles, positions[_i].angles);
    ck_assert_int_eq(config.pattern, positions[_i].pattern);
    config = defaults();
    ck_assert_int_eq(hrm_options_set(&section, 1, "model.positions", positions[_i].value, &error),
                     HRM_OK);
    ck_assert_int_eq(config.angles, positions[_i].angles);
    ck_assert_int_eq(hrm_options_set(&section, 1, "positions", "elsewhere", &error), HRM_USAGE);
}
END_TEST

START_TEST(geometry_of_a_model)
{
    struct hrm_model_config config = defaults();
    struct hrm_error error = {0};
    static const struct hrm_geometry nine = {9, 9, 3, 3}, six = {6, 6, 2, 3}, maze = {5, 7, 0, 0};
    struct hrm_geometry found = hrm_model_geometry(&config);
    ck_assert(hrm_geometry_same(&found, &nine));
    hrm_model_geometry_set(&config, &nine);
    ck_assert_int_eq(config.rows, 0);
    config.cells = 36;
    config.angles = HRM_ANGLES_GRID;
    ck_assert_int_eq(hrm_model_config_check(&config, &error), HRM_USAGE);
    hrm_model_geometry_set(&config, &six);
    found = hrm_model_geometry(&config);
    ck_assert(hrm_geometry_same(&found, &six));
    ck_assert_int_eq(hrm_model_config_check(&config, &error), HRM_OK);
    error = (struct hrm_error){0};
    ck_assert_int_eq(hrm_model_config_fit(
                         &config, &(struct hrm_data_shape){"mazes", 36, 11, 1, maze, 2, 9}, &error),
                     HRM_USAGE);
    ck_assert_str_eq(error.text, "model.grid_rows is 6, but mazes need 5");
    config.cells = 35;
    ck_assert_int_eq(hrm_model_config_check(&config, &error), HRM_USAGE);
    hrm_model_geometry_set(&config, &maze);
    ck_assert_int_eq(hrm_model_config_check(&config, &error), HRM_OK);
    config.pattern = HRM_PATTERN_GROUPS;
    config.puzzle_emb = 0;
    ck_assert_int_eq(hrm_model_config_check(&config, &error), HRM_USAGE);
    config.cells = 25;
    hrm_model_geometry_set(&config, &(struct hrm_geometry){5, 5, 0, 0});
    ck_assert_int_eq(hrm_model_config_check(&config, &error), HRM_OK);
}
END_TEST

START_TEST(refuses_values_out_of_range)
{
    struct hrm_model_config good = defaults(), bad[] = {good, good, good, good, good, good, good};
    static const char *const keys[] = {"cells", "puzzle_ids",       "rms_eps", "halt_max_steps",
                                       "loss",  "halt_exploration", "h_layers"};
    bad[0].cells = 0;
    bad[1].puzzle_ids = 0;
    bad[2].rms_eps = NAN;
    bad[3].halt_max_steps = 0;
    bad[4].loss = 2;
    bad[5].halt_exploration = 1.5;
    bad[6].h_layers = 0;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct hrm_error error = {0};
        ck_assert_int_eq(hrm_model_config_check(&bad[i], &error), HRM_USAGE);
        ck_assert_ptr_nonnull(strstr(error.hint, keys[i]));
    }
    // The H network of a shared model is the L network.
    bad[6].shared = true;
    ck_assert_int_eq(hrm_model_config_check(&bad[6], NULL), HRM_OK);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("config");
    TCase *tests = tcase_create("config");
    tcase_set_timeout(tests, 10);
    tcase_add_test(tests, defaults_are_the_published_model);
    tcase_add_test(tests, sizes_that_follow);
    tcase_add_test(tests, costs);
    tcase_add_test(tests, planes_of_symbols);
    tcase_add_loop_test(tests, names_the_key_to_change, 0, 3);
    tcase_add_test(tests, a_grid_has_square_boxes);
    tcase_add_test(tests, the_data_decides);
    tcase_add_test(tests, a_flag_that_is_on_says_what_turning_it_off_does);
    tcase_add_loop_test(tests, units_take_heads_by_four, 0, 2);
    tcase_add_loop_test(tests, a_key_of_former_times, 0, 5);
    tcase_add_test(tests, geometry_of_a_model);
    tcase_add_test(tests, refuses_values_out_of_range);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
