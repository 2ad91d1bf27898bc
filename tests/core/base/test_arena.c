#include "core/base/arena.h"

#include <check.h>
#include <stdint.h>
#include <stdlib.h>

struct pieces {
    unsigned char *bytes;
    double *reals;
    void *nothing;
};

static struct pieces layout(struct hrm_arena *arena)
{
    struct pieces pieces;
    pieces.bytes = hrm_arena_take(arena, 65);
    pieces.reals = hrm_arena_take(arena, 10 * sizeof *pieces.reals);
    pieces.nothing = hrm_arena_take(arena, 0);
    return pieces;
}

START_TEST(measures_then_hands_out)
{
    struct hrm_arena arena = {0};
    struct pieces pieces = layout(&arena);
    ck_assert_ptr_null(pieces.bytes);
    ck_assert_ptr_null(pieces.reals);
    ck_assert_uint_eq(arena.used, 256);

    struct hrm_error error = {0};
    ck_assert_int_eq(hrm_arena_reserve(&arena, &error), HRM_OK);
    ck_assert_uint_eq(arena.capacity, 256);
    pieces = layout(&arena);
    ck_assert_uint_eq((uintptr_t)pieces.bytes % 64, 0);
    ck_assert_uint_eq((uintptr_t)pieces.reals % 64, 0);
    ck_assert_ptr_eq((unsigned char *)pieces.reals, pieces.bytes + 128);
    for (int i = 0; i < 65; i++)
        ck_assert_uint_eq(pieces.bytes[i], 0);
    ck_assert_uint_eq(arena.used, arena.capacity);
    hrm_arena_free(&arena);
    ck_assert_ptr_null(arena.base);
    ck_assert_uint_eq(arena.capacity, 0);
}
END_TEST

START_TEST(reserves_nothing)
{
    struct hrm_arena arena = {0};
    ck_assert_int_eq(hrm_arena_reserve(&arena, NULL), HRM_OK);
    ck_assert_ptr_nonnull(hrm_arena_take(&arena, 0));
    hrm_arena_free(&arena);
    hrm_arena_free(&arena);
}
END_TEST

START_TEST(reports_lack_of_memory)
{
    struct hrm_arena arena = {0};
    hrm_arena_take(&arena, (size_t)1 << 62);
    struct hrm_error error = {0};
    ck_assert_int_eq(hrm_arena_reserve(&arena, &error), HRM_FAILED);
    ck_assert_str_ne(error.hint, "");
    ck_assert_ptr_null(arena.base);
    hrm_arena_free(&arena);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("arena");
    TCase *tests = tcase_create("arena");
    tcase_set_timeout(tests, 10);
    tcase_add_test(tests, measures_then_hands_out);
    tcase_add_test(tests, reserves_nothing);
    tcase_add_test(tests, reports_lack_of_memory);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
