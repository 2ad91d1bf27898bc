#include "core/vote/prune.h"
#include "core/vote/tally.h"
#include "tests/support/passes.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

static const char *const SOLVED =
    "769341852142895367538267194273689541954123678681574923316452789495738216827916435";

#define PUZZLES 50

/// 2 checkpoints x 3 perturbations x PUZZLES passes of random worth.
struct set {
    struct hrm_board question, answer;
    PASSES(passes, 6 * PUZZLES);
    int32_t rating[PUZZLES];
    struct hrm_selection selection;
    struct hrm_ballot ballot;
};

static void make_set(struct set *set)
{
    unsigned state = 3;
    ck_assert_int_eq(hrm_board_parse(SOLVED, &set->answer, NULL), HRM_OK);
    set->question = set->answer;
    set->question.cell[0] = set->question.cell[1] = 0;
    for (int i = 0; i < 6 * PUZZLES; i++) {
        state = state * 1103515245u + 12345u;
        struct hrm_board grid = set->answer;
        bool right = (state >> 16) % 3 == 0;
        grid.cell[0] = right ? grid.cell[0] : (uint8_t)(1 + (state >> 20) % 3);
        struct hrm_pass *pass = pass_set(set->passes, i, (state >> 24) % 2 ? HRM_PASS_HALTED : 0,
                                         (float)((state >> 10) % 7));
        pass->segments = (uint16_t)(1 + (state >> 18) % 16);
        pass_judge(pass, &set->question, &set->answer, &grid);
    }
    for (int i = 0; i < PUZZLES; i++)
        set->rating[i] = i * i / 10;
    ck_assert_int_eq(hrm_selection_init(&set->selection, "", "", (int[]){2, 3}, 0, NULL), HRM_OK);
    ck_assert_int_eq(hrm_ballot_init(&set->ballot, 6, NULL), HRM_OK);
}

static void free_set(struct set *set)
{
    hrm_ballot_free(&set->ballot);
    hrm_selection_free(&set->selection);
}

static struct hrm_passes view_of(struct set *set, int i)
{
    return (struct hrm_passes){pass_at(set->passes, i), PASS, 2, 3, PUZZLES};
}

static void count(struct set *set, int i, struct hrm_tally *tally)
{
    struct hrm_passes view = view_of(set, i);
    hrm_tally_count(tally, &set->ballot, &view, &set->selection, band_of(set->rating[i]));
}

START_TEST(bands)
{
    static const struct {
        int32_t rating;
        const char *name;
    } cases[] = {{0, "0"},      {1, "1-3"},   {3, "1-3"},      {4, "4-7"},    {7, "4-7"},
                 {8, "8-15"},   {15, "8-15"}, {16, "16-31"},   {31, "16-31"}, {32, "32-63"},
                 {63, "32-63"}, {64, "64+"},  {100000, "64+"}, {-1, "none"}};
    const struct hrm_bands bands_of = {hrm_sudoku_kind.bands, hrm_sudoku_kind.band_names,
                                       hrm_sudoku_kind.band};
    const struct hrm_bands *sudoku = &bands_of;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        ck_assert_str_eq(sudoku->names[sudoku->of(cases[i].rating)], cases[i].name);
    // The band of puzzles without a rating is shown where there are some.
    struct hrm_tally tally = {0};
    ck_assert_int_eq(hrm_tally_bands(&tally, sudoku), HRM_BANDS - 1);
    tally.puzzles[sudoku->of(-1)] = 1;
    ck_assert_int_eq(hrm_tally_bands(&tally, sudoku), HRM_BANDS);
}
END_TEST

START_TEST(depths)
{
    static const struct {
        int segments;
        const char *name;
    } cases[] = {{1, "1"},
                 {2, "2"},
                 {15, "15"},
                 {16, "16"},
                 {17, "17-32"},
                 {32, "17-32"},
                 {33, "33-64"},
                 {256, "129-256"},
                 {257, "257-512"},
                 {32768, "16385-32768"},
                 {65535, "32769-65536"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        ck_assert_str_eq(hrm_depth_name(hrm_depth_of(cases[i].segments)), cases[i].name);
}
END_TEST

START_TEST(counts_by_hand)
{
    // One puzzle, six passes: right and halted, wrong and halted, right and running, 3 x wrong.
    struct set set;
    make_set(&set);
    struct hrm_board wrong = set.answer;
    wrong.cell[0] = wrong.cell[0] == 1 ? 2 : 1;
    for (int i = 0; i < 6; i++) {
        struct hrm_pass *pass =
            pass_set(set.passes, i * PUZZLES, i < 2 ? HRM_PASS_HALTED : 0, i == 0);
        pass->segments = (uint16_t)(i + 1);
        pass->settled = 3;
        pass_judge(pass, &set.question, &set.answer, i == 0 || i == 2 ? &set.answer : &wrong);
    }
    set.rating[0] = 20;
    struct hrm_tally tally;
    memset(&tally, 0, sizeof tally);
    count(&set, 0, &tally);
    ck_assert_int_eq(tally.puzzles[band_of(20)], 1);
    ck_assert_int_eq(tally.halted_right, 1);
    ck_assert_int_eq(tally.halted_wrong, 1);
    ck_assert_int_eq(tally.running_right, 1);
    ck_assert_int_eq(tally.running_wrong, 3);
    ck_assert_int_eq(tally.segments, 21);
    for (int depth = 0; depth < HRM_DEPTHS; depth++) {
        ck_assert_int_eq(tally.by_segments[depth], depth < 6);
        ck_assert_int_eq(tally.by_settled[depth], depth == 2 ? 6 : 0);
        ck_assert_int_eq(tally.right_by_settled[depth], depth == 2 ? 2 : 0);
    }
    ck_assert_int_eq(tally.matches, 2 * 81 + 4 * 80);
    static const struct hrm_outcome wanted[HRM_RULES] = {
        [HRM_RULE_SINGLE] = {1, 2, 2, 1},      [HRM_RULE_PLURALITY] = {1, 1, 1, 0},
        [HRM_RULE_HALTED_VOTE] = {1, 1, 1, 1}, [HRM_RULE_Q_WEIGHTED] = {1, 1, 1, 1},
        [HRM_RULE_VALID_FIRST] = {1, 1, 1, 1}, [HRM_RULE_PUBLISHED] = {1, 1, 0, 0},
        [HRM_RULE_ANY] = {1, 1, 1, 1},
    };
    for (int rule = 0; rule < HRM_RULES; rule++) {
        struct hrm_outcome got = hrm_tally_outcome(&tally, (enum hrm_rule)rule, -1);
        ck_assert_msg(memcmp(&got, &wanted[rule], sizeof got) == 0, "%s: %d of %d, %d answered",
                      hrm_rule_name((enum hrm_rule)rule), (int)got.right, (int)got.asked,
                      (int)got.answered);
        got = hrm_tally_outcome(&tally, (enum hrm_rule)rule, 0);
        ck_assert_int_eq(got.puzzles + got.asked + got.answered + got.right, 0);
    }
    free_set(&set);
}
END_TEST

START_TEST(only_the_first_passes)
{
    // As one checkpoint with three perturbations and another with the first of them.
    struct set set;
    make_set(&set);
    struct hrm_tally some, one, other;
    memset(&some, 0, sizeof some);
    memset(&one, 0, sizeof one);
    memset(&other, 0, sizeof other);
    struct hrm_selection first, second;
    ck_assert_int_eq(hrm_selection_init(&first, "0", "", (int[]){2, 3}, 0, NULL), HRM_OK);
    ck_assert_int_eq(hrm_selection_init(&second, "1", "0", (int[]){2, 3}, 0, NULL), HRM_OK);
    set.selection.passes = 4;
    for (int i = 0; i < PUZZLES; i++) {
        struct hrm_passes view = view_of(&set, i);
        unsigned right = hrm_tally_count(&some, &set.ballot, &view, &set.selection, 0);
        unsigned either = hrm_tally_count(&one, &set.ballot, &view, &first, 0) |
                          hrm_tally_count(&other, &set.ballot, &view, &second, 0);
        for (int rule = HRM_RULE_PUBLISHED; rule <= HRM_RULE_ANY; rule++)
            ck_assert_int_eq(right >> rule & 1, either >> rule & 1);
    }
    ck_assert_int_gt(some.halted_right, one.halted_right);
    ck_assert_int_eq(some.halted_right, one.halted_right + other.halted_right);
    ck_assert_int_eq(some.segments, one.segments + other.segments);
    ck_assert_int_eq(some.defects, one.defects + other.defects);
    hrm_selection_free(&first);
    hrm_selection_free(&second);
    free_set(&set);
}
END_TEST

START_TEST(parts_add_up_to_the_whole)
{
    struct set set;
    make_set(&set);
    struct hrm_tally whole, sum, parts[3];
    memset(&whole, 0, sizeof whole);
    memset(&sum, 0, sizeof sum);
    memset(parts, 0, sizeof parts);
    for (int i = 0; i < PUZZLES; i++)
        count(&set, i, &whole);
    for (int i = PUZZLES - 1; i >= 0; i--)
        count(&set, i, &parts[i * i % 3]);
    for (int i = 2; i >= 0; i--)
        hrm_tally_add(&sum, &parts[i]);
    ck_assert_mem_eq(&sum, &whole, sizeof sum);
    int64_t passes =
        whole.halted_right + whole.halted_wrong + whole.running_right + whole.running_wrong;
    ck_assert_int_eq(passes, 6 * PUZZLES);
    struct hrm_outcome certified = hrm_tally_outcome(&whole, HRM_RULE_VALID_FIRST, -1);
    struct hrm_outcome any = hrm_tally_outcome(&whole, HRM_RULE_ANY, -1);
    ck_assert_int_eq(certified.right, any.right); // one solution: a right pass is certified
    ck_assert_int_gt(any.right, 0);
    ck_assert_int_lt(any.right, PUZZLES);
    free_set(&set);
}
END_TEST

/// Leave out the last passes of a puzzle that the rule can do without.
static void prune(struct set *set, int i, enum hrm_rule rule)
{
    struct hrm_passes view = view_of(set, i);
    for (int run = 0; run < 6; run++) {
        struct hrm_selection before = set->selection;
        before.passes = run;
        hrm_ballot_fill(&set->ballot, &view, &before);
        if (hrm_prune_needed(&set->ballot, rule, 6 - run) == 0)
            memset(pass_at(set->passes, run * PUZZLES + i), 0, PASS);
    }
}

/// A rule is counted only where the passes that were left out cannot change it, and then it says
/// what it would with them.
START_TEST(what_was_left_out_is_not_missed)
{
    enum hrm_rule rule = (enum hrm_rule)_i;
    struct set set;
    struct hrm_tally whole, some;
    make_set(&set);
    memset(&whole, 0, sizeof whole);
    memset(&some, 0, sizeof some);
    for (int i = 0; i < PUZZLES; i++) {
        count(&set, i, &whole);
        prune(&set, i, rule);
        count(&set, i, &some);
    }
    ck_assert_int_eq(whole.not_run, 0);
    ck_assert_int_gt(some.not_run, 0);
    ck_assert(hrm_tally_supports(&some, rule));
    ck_assert(!hrm_tally_supports(&some, HRM_RULE_PUBLISHED));
    int supported = 0;
    for (int r = 0; r < HRM_RULES; r++) {
        struct hrm_outcome a = hrm_tally_outcome(&whole, (enum hrm_rule)r, -1);
        struct hrm_outcome b = hrm_tally_outcome(&some, (enum hrm_rule)r, -1);
        ck_assert(hrm_tally_supports(&whole, (enum hrm_rule)r));
        if (!hrm_tally_supports(&some, (enum hrm_rule)r))
            continue;
        ck_assert_mem_eq(&a, &b, sizeof a);
        supported++;
    }
    ck_assert_int_lt(supported, 5);
    free_set(&set);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("tally");
    TCase *tests = tcase_create("tally");
    tcase_set_timeout(tests, 20);
    tcase_add_test(tests, bands);
    tcase_add_test(tests, depths);
    tcase_add_test(tests, counts_by_hand);
    tcase_add_test(tests, only_the_first_passes);
    tcase_add_test(tests, parts_add_up_to_the_whole);
    tcase_add_loop_test(tests, what_was_left_out_is_not_missed, HRM_RULE_PLURALITY,
                        HRM_RULE_VALID_FIRST + 1);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
