#include "core/sudoku/packed_grid.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

static const char *const SOLVED =
    "769341852142895367538267194273689541954123678681574923316452789495738216827916435";
static const char *const QUESTION =
    "7.....8....2..5....3..6..9..7.6....1...1.3.7.....7.9.....4.2....9..3..1..2..1643.";

static struct hrm_board board_of(const char *text)
{
    struct hrm_board board;
    ck_assert_int_eq(hrm_board_parse(text, &board, NULL), HRM_OK);
    return board;
}

START_TEST(packing_round_trip)
{
    const char *const texts[] = {SOLVED, QUESTION};
    for (int i = 0; i < 2; i++) {
        struct hrm_board board = board_of(texts[i]), back;
        uint8_t packed[HRM_GRID_PACKED];
        hrm_grid_pack(&board, packed);
        hrm_grid_unpack(packed, &back);
        ck_assert_mem_eq(&board, &back, sizeof board);
        ck_assert_uint_eq(packed[0] >> 4, board.cell[0]);
        ck_assert_uint_eq(packed[40], (unsigned)board.cell[80] << 4);
    }
}
END_TEST

START_TEST(packed_order_is_lexical)
{
    struct hrm_board low = board_of(SOLVED);
    for (int i = 0; i < HRM_CELLS; i++) {
        struct hrm_board high = low;
        uint8_t packed_low[HRM_GRID_PACKED], packed_high[HRM_GRID_PACKED];
        high.cell[i] = 10;
        // What comes after the first difference must not matter.
        memset(&high.cell[i + 1], 0, (size_t)(HRM_CELLS - 1 - i));
        hrm_grid_pack(&low, packed_low);
        hrm_grid_pack(&high, packed_high);
        ck_assert_int_lt(memcmp(packed_low, packed_high, HRM_GRID_PACKED), 0);
    }
}
END_TEST

START_TEST(verdicts)
{
    struct hrm_board question = board_of(QUESTION), answer = board_of(SOLVED), grid = answer;
    struct hrm_grid_verdict verdict = hrm_grid_judge(&question, &answer, &grid);
    ck_assert(verdict.right && verdict.certified);
    ck_assert_int_eq(verdict.conflicts, 0);
    ck_assert_int_eq(verdict.matches, HRM_CELLS);
    // Without the answer nothing is right, and a certificate is one.
    verdict = hrm_grid_judge(&question, NULL, &grid);
    ck_assert(!verdict.right && verdict.certified);
    ck_assert_int_eq(verdict.matches, 0);

    struct hrm_board other = question;
    other.cell[0] = 6;
    verdict = hrm_grid_judge(&other, &answer, &grid);
    ck_assert_msg(verdict.right && !verdict.certified, "a given was changed");

    grid.cell[1] = 0;
    verdict = hrm_grid_judge(&question, &answer, &grid);
    ck_assert_msg(!verdict.right && !verdict.certified, "a blank is left");
    ck_assert_int_eq(verdict.conflicts, 0);
    ck_assert_int_eq(verdict.matches, HRM_CELLS - 1);

    grid.cell[1] = 9;
    verdict = hrm_grid_judge(&question, &answer, &grid);
    ck_assert_msg(!verdict.right && !verdict.certified, "a rule is broken");
    ck_assert_int_eq(verdict.conflicts, hrm_board_conflicts(&grid));
    ck_assert_int_gt(verdict.conflicts, 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("packed_grid");
    TCase *tests = tcase_create("packed_grid");
    tcase_set_timeout(tests, 20);
    tcase_add_test(tests, packing_round_trip);
    tcase_add_test(tests, packed_order_is_lexical);
    tcase_add_test(tests, verdicts);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
