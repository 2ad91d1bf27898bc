#include "core/model/geometry.h"

#include <check.h>
#include <math.h>
#include <stdlib.h>

static const struct {
    struct hrm_geometry geometry;
    int relations, units[3], sizes[3];
} grids[] = {
    {{9, 9, 3, 3}, 3, {9, 9, 9}, {9, 9, 9}}, {{6, 6, 2, 3}, 3, {6, 6, 6}, {6, 6, 6}},
    {{4, 4, 2, 2}, 3, {4, 4, 4}, {4, 4, 4}}, {{16, 16, 4, 4}, 3, {16, 16, 16}, {16, 16, 16}},
    {{5, 7, 0, 0}, 2, {5, 7, 0}, {7, 5, 0}}, {{30, 30, 0, 0}, 2, {30, 30, 0}, {30, 30, 0}},
    {{4, 6, 2, 3}, 3, {4, 6, 4}, {6, 4, 6}}, {{1, 1, 1, 1}, 3, {1, 1, 1}, {1, 1, 1}},
};

enum { GRIDS = sizeof grids / sizeof *grids };

/// Every relation cuts the positions into units: each position is in one, as one of its members.
START_TEST(units_are_a_partition)
{
    const struct hrm_geometry *g = &grids[_i].geometry;
    const int positions = g->rows * g->columns;
    ck_assert_int_eq(hrm_geometry_check(g, positions, NULL), HRM_OK);
    ck_assert_int_eq(hrm_geometry_relations(g), grids[_i].relations);
    for (int relation = 0; relation < grids[_i].relations; relation++) {
        int seen[256 + 900] = {0};
        ck_assert_int_eq(hrm_geometry_units(g, relation), grids[_i].units[relation]);
        ck_assert_int_eq(hrm_geometry_unit_size(g, relation), grids[_i].sizes[relation]);
        for (int unit = 0; unit < grids[_i].units[relation]; unit++)
            for (int i = 0; i < grids[_i].sizes[relation]; i++) {
                const int position = hrm_geometry_member(g, relation, unit, i);
                ck_assert_int_eq(hrm_geometry_unit(g, relation, position), unit);
                seen[position]++;
            }
        for (int position = 0; position < positions; position++)
            ck_assert_int_eq(seen[position], 1);
    }
}
END_TEST

START_TEST(boxes_of_two_by_three)
{
    const struct hrm_geometry g = {6, 6, 2, 3};
    ck_assert_int_eq(hrm_geometry_unit(&g, HRM_RELATION_BOX, 0), 0);
    ck_assert_int_eq(hrm_geometry_unit(&g, HRM_RELATION_BOX, 3), 1);
    ck_assert_int_eq(hrm_geometry_unit(&g, HRM_RELATION_BOX, 6 + 2), 0);
    ck_assert_int_eq(hrm_geometry_unit(&g, HRM_RELATION_BOX, 12), 2);
    ck_assert_int_eq(hrm_geometry_unit(&g, HRM_RELATION_BOX, 35), 5);
    ck_assert(hrm_geometry_related(&g, HRM_RELATION_BOX, 4, 9));
    ck_assert(!hrm_geometry_related(&g, HRM_RELATION_BOX, 2, 3));
    ck_assert(hrm_geometry_related(&g, HRM_RELATION_ROW, 2, 3));
    ck_assert(hrm_geometry_related(&g, HRM_RELATION_COLUMN, 1, 31));
}
END_TEST

/// With pairs enough, the cosines of the harmonics of a relation sum to a peak in the same unit.
START_TEST(angles_single_out_units)
{
    const struct hrm_geometry *g = &grids[_i].geometry;
    const int relations = grids[_i].relations, pairs = 16 * relations;
    int first = 0;
    for (int relation = 0; relation < relations; relation++) {
        const int units = grids[_i].units[relation], most = relations == 3 ? units / 2 : units;
        const int harmonics = most < 16 ? most : 16;
        for (int a = 0; a < g->rows * g->columns; a += 31)
            for (int b = 0; b < g->rows * g->columns; b++) {
                double sum = 0;
                for (int k = first; k < first + harmonics; k++)
                    sum += cos(hrm_geometry_angle(g, a, k, pairs) -
                               hrm_geometry_angle(g, b, k, pairs));
                if (hrm_geometry_related(g, relation, a, b))
                    ck_assert_double_eq_tol(sum, harmonics, 1e-9);
                else
                    ck_assert_double_lt(sum, 0.8 * harmonics);
            }
        first += harmonics;
    }
    for (int k = first; k < pairs; k++)
        ck_assert_double_eq(hrm_geometry_angle(g, g->rows * g->columns - 1, k, pairs), 0);
}
END_TEST

/// Of a row without boxes, the cells at the ends are the farthest apart.
START_TEST(the_ends_of_a_row_do_not_touch)
{
    const struct hrm_geometry g = {1, 7, 0, 0};
    double nearest = 0, farthest = 0;
    // The first harmonic of columns is behind that of the only row.
    nearest = cos(hrm_geometry_angle(&g, 0, 1, 16) - hrm_geometry_angle(&g, 1, 1, 16));
    farthest = cos(hrm_geometry_angle(&g, 0, 1, 16) - hrm_geometry_angle(&g, 6, 1, 16));
    ck_assert_double_gt(nearest, 0.8);
    ck_assert_double_lt(farthest, -0.8);
}
END_TEST

START_TEST(refuses_what_is_no_grid)
{
    static const struct hrm_geometry wrong[] = {
        {9, 8, 0, 0}, {9, 0, 0, 0}, {0, 81, 0, 0},  {9, 9, 2, 3},   {9, 9, 3, 0},
        {9, 9, 0, 3}, {0, 0, 3, 3}, {-9, -9, 0, 0}, {9, 9, -3, -3},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct hrm_error error = {0};
        ck_assert_int_eq(hrm_geometry_check(&wrong[i], 81, &error), HRM_USAGE);
        ck_assert(*error.hint != '\0');
    }
    ck_assert_int_eq(hrm_geometry_check(&(struct hrm_geometry){0}, 81, NULL), HRM_OK);
    ck_assert_int_eq(hrm_geometry_relations(&(struct hrm_geometry){0}), 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("geometry");
    TCase *tests = tcase_create("geometry");
    tcase_set_timeout(tests, 10);
    tcase_add_loop_test(tests, units_are_a_partition, 0, GRIDS);
    tcase_add_test(tests, boxes_of_two_by_three);
    tcase_add_loop_test(tests, angles_single_out_units, 0, GRIDS);
    tcase_add_test(tests, the_ends_of_a_row_do_not_touch);
    tcase_add_test(tests, refuses_what_is_no_grid);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
