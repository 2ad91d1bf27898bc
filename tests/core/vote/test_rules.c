#include "core/vote/rules.h"
#include "tests/support/passes.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

static const char *const SOLVED =
    "769341852142895367538267194273689541954123678681574923316452789495738216827916435";

/// Grids by letter: 'S' solved and certified, 'a'..'i' wrong and in lexical order, all above 'S'.
static void grid_of(char letter, uint8_t packed[HRM_GRID_PACKED])
{
    struct hrm_board board;
    ck_assert_int_eq(hrm_board_parse(SOLVED, &board, NULL), HRM_OK);
    if (letter != 'S')
        board.cell[0] = (uint8_t)(8 + (letter > 'd'));
    if (letter != 'S')
        board.cell[1] = (uint8_t)(letter - 'a' + 1);
    hrm_grid_pack(&board, packed);
}

static void make_pass(void *passes, int i, char letter, bool halted, float q_halt)
{
    struct hrm_pass *pass = pass_set(passes, i, halted ? HRM_PASS_HALTED : 0, q_halt);
    grid_of(letter, pass->answer);
    pass->flags |= (uint8_t)(letter == 'S' ? HRM_PASS_RIGHT | HRM_PASS_CERTIFIED : 0);
}

/// Passes written as grids, whether they halted, and q_halt; and the grid that each rule chooses
/// ('-': none).
struct vote {
    const char *name;
    const char *grids, *halted;
    float q[6];
    char plurality, halted_vote, q_weighted, valid_first;
};

static const struct vote votes[] = {
    {"all agree", "SSS", "111", {1, 1, 1}, 'S', 'S', 'S', 'S'},
    {"the majority is wrong", "aaS", "111", {1, 1, 1}, 'a', 'a', 'a', 'S'},
    {"only the right one halted", "aaaS", "0001", {0, 0, 0, 1}, 'a', 'S', 'S', 'S'},
    {"nothing halted", "aab", "000", {1, 1, 1}, 'a', '-', '-', '-'},
    {"weights beat numbers", "aabb", "1111", {-4, -4, 3, -3}, 'b', 'b', 'b', '-'},
    {"two weak against one strong", "aab", "111", {-3, -3, 2}, 'a', 'a', 'b', '-'},
    {"tie by summed q", "ab", "11", {1, 2}, 'b', 'b', 'b', '-'},
    {"tie by summed q, not by the largest", "abab", "1111", {2, 3, 2, 0.5f}, 'a', 'a', 'a', '-'},
    {"tie by lexical order", "ba", "11", {1, 1}, 'a', 'a', 'a', '-'},
    {"lexical order of the solved grid", "aS", "11", {1, 1}, 'S', 'S', 'S', 'S'},
    {"q of passes that did not halt decides plurality only",
     "abab",
     "1100",
     {1, 2, 9, 0},
     'a',
     'b',
     'b',
     '-'},
};

static void check_rule(const struct vote *vote, const struct hrm_ballot *ballot, enum hrm_rule rule,
                       char wanted)
{
    const struct hrm_candidate *chosen = hrm_rule_choose(ballot, rule);
    if (wanted == '-') {
        ck_assert_msg(!chosen, "%s, %s: an answer", vote->name, hrm_rule_name(rule));
        return;
    }
    uint8_t grid[HRM_GRID_PACKED];
    grid_of(wanted, grid);
    ck_assert_msg(chosen != NULL, "%s, %s: no answer", vote->name, hrm_rule_name(rule));
    ck_assert_msg(memcmp(chosen->answer, grid, sizeof grid) == 0, "%s, %s: another grid",
                  vote->name, hrm_rule_name(rule));
}

/// Every rotation of the passes, and every one of its mirror, must give the same.
START_TEST(rules_without_labels)
{
    const struct vote *vote = &votes[_i];
    int n = (int)strlen(vote->grids);
    struct hrm_selection selection;
    struct hrm_ballot ballot;
    ck_assert_int_eq(hrm_selection_init(&selection, "", "", (int[]){1, n}, 0, NULL), HRM_OK);
    ck_assert_int_eq(hrm_ballot_init(&ballot, n, NULL), HRM_OK);
    for (int turn = 0; turn < 2 * n; turn++) {
        PASSES(passes, 6);
        for (int i = 0; i < n; i++) {
            int from = ((turn < n ? i : 2 * n - i) + turn) % n;
            make_pass(passes, i, vote->grids[from], vote->halted[from] == '1', vote->q[from]);
        }
        struct hrm_passes view = {passes, PASS, 1, n, 1};
        hrm_ballot_fill(&ballot, &view, &selection);
        check_rule(vote, &ballot, HRM_RULE_PLURALITY, vote->plurality);
        check_rule(vote, &ballot, HRM_RULE_HALTED_VOTE, vote->halted_vote);
        check_rule(vote, &ballot, HRM_RULE_Q_WEIGHTED, vote->q_weighted);
        check_rule(vote, &ballot, HRM_RULE_VALID_FIRST, vote->valid_first);
    }
    hrm_ballot_free(&ballot);
    hrm_selection_free(&selection);
}
END_TEST

/// The rule as the published script counts it: h and c per checkpoint, then an OR.
static bool published_by_hand(const char *grids, const char *halted, int checkpoints, int each)
{
    bool solved = false;
    for (int c = 0; c < checkpoints; c++) {
        int h = 0, right = 0;
        for (int p = 0; p < each; p++) {
            h += halted[c * each + p] == '1';
            right += halted[c * each + p] == '1' && grids[c * each + p] == 'S';
        }
        solved = solved || 2 * right > h;
    }
    return solved;
}

/// All 4^6 ways in which two checkpoints with three passes can end.
START_TEST(published_against_brute_force)
{
    struct hrm_selection selection;
    ck_assert_int_eq(hrm_selection_init(&selection, "", "", (int[]){2, 3}, 0, NULL), HRM_OK);
    int solved = 0;
    for (int code = 0; code < 4096; code++) {
        char grids[7] = "", halted[7] = "";
        PASSES(passes, 6);
        bool any = false;
        for (int i = 0; i < 6; i++) {
            grids[i] = (code >> 2 * i & 1) ? 'S' : 'a';
            halted[i] = (code >> 2 * i & 2) ? '1' : '0';
            any = any || grids[i] == 'S';
            make_pass(passes, i, grids[i], halted[i] == '1', 0);
        }
        struct hrm_passes view = {passes, PASS, 2, 3, 1};
        bool wanted = published_by_hand(grids, halted, 2, 3);
        ck_assert_int_eq(hrm_rule_published(&view, &selection), wanted);
        ck_assert_int_eq(hrm_rule_any(&view, &selection), any);
        solved += wanted;
    }
    // By hand: 22 of a checkpoint's 64 ways have 2c > h, so 4096 - 42^2 ways solve.
    ck_assert_int_eq(solved, 4096 - 42 * 42);
    hrm_selection_free(&selection);
}
END_TEST

START_TEST(a_selection_counts_only_its_passes)
{
    // [2 checkpoints, 3 perturbations], two puzzles: the right one only at (1, 2), puzzle 1.
    PASSES(passes, 12);
    for (int i = 0; i < 12; i++)
        make_pass(passes, i, i == (1 * 3 + 2) * 2 + 1 ? 'S' : 'a', true, 0);
    struct hrm_passes view = {pass_at(passes, 1), PASS, 2, 3, 2};
    static const struct {
        const char *checkpoints, *perturbations;
        bool any, published;
    } cases[] = {{"", "", true, false},     {"1", "2", true, true},    {"0", "", false, false},
                 {"", "0-1", false, false}, {"1", "1-2", true, false}, {"", "2", true, true}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct hrm_selection selection;
        ck_assert_int_eq(hrm_selection_init(&selection, cases[i].checkpoints,
                                            cases[i].perturbations, (int[]){2, 3}, 0, NULL),
                         HRM_OK);
        ck_assert_int_eq(hrm_rule_any(&view, &selection), cases[i].any);
        ck_assert_int_eq(hrm_rule_published(&view, &selection), cases[i].published);
        hrm_selection_free(&selection);
    }
}
END_TEST

START_TEST(names)
{
    static const char *const wanted[] = {"single",      "plurality", "halted-vote", "q-weighted",
                                         "valid-first", "published", "any"};
    for (int i = 0; i < HRM_RULES; i++) {
        ck_assert_str_eq(hrm_rule_name((enum hrm_rule)i), wanted[i]);
        ck_assert_int_eq(hrm_rule_needs_labels((enum hrm_rule)i), i >= HRM_RULE_PUBLISHED);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("rules");
    TCase *tests = tcase_create("rules");
    tcase_set_timeout(tests, 20);
    tcase_add_loop_test(tests, rules_without_labels, 0, sizeof votes / sizeof *votes);
    tcase_add_test(tests, published_against_brute_force);
    tcase_add_test(tests, a_selection_counts_only_its_passes);
    tcase_add_test(tests, names);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
