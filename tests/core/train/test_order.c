#include "core/train/order.h"

#include <check.h>
#include <stdlib.h>

START_TEST(offers_every_puzzle_once_an_epoch)
{
    struct hrm_sample_order order;
    struct hrm_error error = {0};
    ck_assert_int_eq(hrm_sample_order_open(&order, 3, 50, &error), HRM_OK);
    int64_t first[50];
    int moved = 0;
    for (int64_t epoch = 0; epoch < 20; epoch++) {
        int times[50] = {0};
        for (int64_t i = 0; i < 50; i++) {
            int64_t puzzle = hrm_sample_order_at(&order, 50 * epoch + i);
            ck_assert(puzzle >= 0 && puzzle < 50);
            times[puzzle]++;
            if (epoch == 0)
                first[i] = puzzle;
            else
                moved += first[i] != puzzle;
        }
        for (int i = 0; i < 50; i++)
            ck_assert_int_eq(times[i], 1);
    }
    ck_assert_int_gt(moved, 19 * 50 * 9 / 10);
    // Any example can be asked for, in any order.
    for (int64_t i = 49; i >= 0; i--)
        ck_assert_int_eq(hrm_sample_order_at(&order, i), first[i]);
    hrm_sample_order_free(&order);
    ck_assert_ptr_null(order.permutation);
    hrm_sample_order_free(&order);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("order");
    TCase *tests = tcase_create("order");
    tcase_set_timeout(tests, 30);
    tcase_add_test(tests, offers_every_puzzle_once_an_epoch);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
