#include "core/vote/prune.h"
#include "tests/support/passes.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

enum { MOST = 5, GRIDS = 3 };

static const char *const SOLVED =
    "769341852142895367538267194273689541954123678681574923316452789495738216827916435";

static enum hrm_rule rules[HRM_RULES]; ///< [rule_count] that passes are left out by
static int rule_count;

/// The passes of a puzzle and how they are counted.
struct fixture {
    uint8_t grid[GRIDS][HRM_GRID_PACKED]; ///< [0] certified, the others wrong
    PASSES(passes, MOST);
    int all[MOST];
    struct hrm_ballot ballot;
};

static void set_up(struct fixture *fixture)
{
    struct hrm_board solved;
    memset(fixture, 0, sizeof *fixture);
    ck_assert_int_eq(hrm_board_parse(SOLVED, &solved, NULL), HRM_OK);
    for (int i = 0; i < GRIDS; i++) {
        struct hrm_board board = solved;
        board.cell[80] = (uint8_t)(i == 0 ? board.cell[80] : i);
        hrm_grid_pack(&board, fixture->grid[i]);
    }
    for (int i = 0; i < MOST; i++)
        fixture->all[i] = i;
    ck_assert_int_eq(hrm_ballot_init(&fixture->ballot, MOST, NULL), HRM_OK);
}

/// Pass i ends with a grid, running or halted with one of two q: 9 ways for 3 grids.
enum { WAYS = 3 * GRIDS };
static void set_pass(struct fixture *fixture, int i, int way, float top)
{
    const float q[3] = {-1, 0.25f, top};
    int flags = (way % 3 > 0 ? HRM_PASS_HALTED : 0) | (way / 3 > 0 ? 0 : HRM_PASS_CERTIFIED);
    struct hrm_pass *pass = pass_set(fixture->passes, i, flags, q[way % 3]);
    memcpy(pass->answer, fixture->grid[way / 3], HRM_GRID_PACKED);
}

/// The ballot of the first `count` passes.
static void fill(struct fixture *fixture, int count)
{
    struct hrm_passes passes = {fixture->passes, PASS, 1, MOST, 1};
    struct hrm_selection selection = {.checkpoints = 1,
                                      .perturbations = count,
                                      .passes = count,
                                      .checkpoint = fixture->all,
                                      .perturbation = fixture->all};
    hrm_ballot_fill(&fixture->ballot, &passes, &selection);
}

/// Which grid the rule answers with after all passes, or -1.
static int answer_of(struct fixture *fixture, enum hrm_rule rule)
{
    fill(fixture, MOST);
    const struct hrm_candidate *chosen = hrm_rule_choose(&fixture->ballot, rule);
    for (int i = 0; i < GRIDS; i++)
        if (chosen && memcmp(chosen->answer, fixture->grid[i], HRM_GRID_PACKED) == 0)
            return i;
    return -1;
}

/// What the rules answer after the first `run` passes with every way that the others can
/// end; their q can outweigh those of all the first.
struct reach {
    bool seen[HRM_RULES][GRIDS + 1]; ///< [rule][answer + 1]
};

static void reach_all(struct fixture *fixture, int run, struct reach *reach)
{
    int ways = 1;
    memset(reach, 0, sizeof *reach);
    for (int i = run; i < MOST; i++)
        ways *= WAYS;
    for (int code = 0; code < ways; code++) {
        for (int i = run, rest = code; i < MOST; i++, rest /= WAYS)
            set_pass(fixture, i, rest % WAYS, 40);
        for (int r = 0; r < rule_count; r++)
            reach->seen[r][answer_of(fixture, rules[r]) + 1] = true;
    }
}

/// Against all that can come: an answer is called certain when no outcome changes it, for all
/// first passes; and the other way round, except that a close weight may stay uncertain.
START_TEST(certain_answers_are_certain)
{
    struct fixture fixture;
    set_up(&fixture);
    int certain[HRM_RULES] = {0};
    for (int run = 3; run <= MOST; run++) {
        for (int code = 0; code < 200; code++) {
            for (int i = 0, rest = (code * 37) % 729; i < run; i++, rest = rest / 9 + code)
                set_pass(&fixture, i, rest % WAYS, 3);
            struct reach reach;
            reach_all(&fixture, run, &reach);
            fill(&fixture, run);
            for (int r = 0; r < rule_count; r++) {
                int answers = 0;
                for (int i = 0; i <= GRIDS; i++)
                    answers += reach.seen[r][i];
                bool sure = hrm_prune_needed(&fixture.ballot, rules[r], MOST - run) == 0;
                if (rules[r] != HRM_RULE_Q_WEIGHTED)
                    ck_assert_msg(sure == (answers == 1), "%s after %d passes, case %d: %d answers",
                                  hrm_rule_name(rules[r]), run, code, answers);
                ck_assert(!sure || answers == 1);
                certain[r] += sure && run < MOST;
            }
        }
    }
    for (int r = 0; r < rule_count; r++)
        ck_assert_int_gt(certain[r], 0);
    hrm_ballot_free(&fixture.ballot);
}
END_TEST

/// Passes that are needed at the least: no fewer decide, and so many can.
START_TEST(fewer_passes_never_decide)
{
    struct fixture fixture;
    set_up(&fixture);
    for (int code = 0; code < WAYS * WAYS * WAYS * WAYS * WAYS; code++) {
        for (int i = 0, rest = code; i < MOST; i++, rest /= WAYS)
            set_pass(&fixture, i, rest % WAYS, 3);
        for (int r = 0; r < rule_count; r++)
            for (int run = 0; run < MOST; run++) {
                fill(&fixture, run);
                int needed = hrm_prune_needed(&fixture.ballot, rules[r], MOST - run);
                ck_assert_int_le(needed, MOST - run);
                for (int more = 1; more < needed; more++) {
                    fill(&fixture, run + more);
                    ck_assert_int_gt(hrm_prune_needed(&fixture.ballot, rules[r], MOST - run - more),
                                     0);
                }
            }
    }
    hrm_ballot_free(&fixture.ballot);
}
END_TEST

static const struct {
    enum hrm_rule rule;
    const char *passes; ///< a grid each; capital: halted
    int left, needed;
} cases[] = {
    {HRM_RULE_PLURALITY, "", 5, 3},      {HRM_RULE_PLURALITY, "aaa", 2, 0},
    {HRM_RULE_PLURALITY, "aab", 2, 1},   {HRM_RULE_PLURALITY, "aab", 1, 1}, // a tie is possible
    {HRM_RULE_PLURALITY, "aaab", 1, 0},  {HRM_RULE_PLURALITY, "aa", 2, 1},
    {HRM_RULE_HALTED_VOTE, "aaa", 2, 2}, {HRM_RULE_HALTED_VOTE, "AAA", 2, 0},
    {HRM_RULE_HALTED_VOTE, "AAb", 1, 0}, {HRM_RULE_HALTED_VOTE, "bbb", 0, 0},
    {HRM_RULE_Q_WEIGHTED, "BBB", 1, 0},  {HRM_RULE_Q_WEIGHTED, "B", 1, 1},
    {HRM_RULE_VALID_FIRST, "bbb", 9, 1}, {HRM_RULE_VALID_FIRST, "bba", 9, 0},
    {HRM_RULE_SINGLE, "AAAA", 9, 9},     {HRM_RULE_PUBLISHED, "AAAA", 9, 9},
    {HRM_RULE_ANY, "AAAA", 9, 9},        {HRM_RULES, "AAAA", 9, 9},
};

START_TEST(leads_are_counted)
{
    struct fixture fixture;
    set_up(&fixture);
    int count = (int)strlen(cases[_i].passes);
    for (int i = 0; i < count; i++) {
        char c = cases[_i].passes[i];
        set_pass(&fixture, i, c >= 'a' ? 3 * (c - 'a') : 3 * (c - 'A') + 1, 3);
    }
    fill(&fixture, count);
    ck_assert_int_eq(hrm_prune_needed(&fixture.ballot, cases[_i].rule, cases[_i].left),
                     cases[_i].needed);
    hrm_ballot_free(&fixture.ballot);
}
END_TEST

int main(void)
{
    while (hrm_rule_prunable(rule_count + 1) != HRM_RULES) {
        rules[rule_count] = hrm_rule_prunable(rule_count + 1);
        rule_count++;
    }
    Suite *suite = suite_create("prune");
    TCase *tests = tcase_create("prune");
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, certain_answers_are_certain);
    tcase_add_test(tests, fewer_passes_never_decide);
    tcase_add_loop_test(tests, leads_are_counted, 0, sizeof cases / sizeof *cases);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
