#include "core/base/random.h"
#include "core/sudoku/packed_grid.h"
#include "core/sudoku/solver.h"
#include "core/vote/interval.h"
#include "core/vote/rules.h"
#include "jobs/selftest/selftest.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

/// Inkala's puzzle of 2012.
static const char QUESTION[] =
    "8..........36......7..9.2...5...7.......457.....1...3...1....68..85...1..9....4..";
static const char ANSWER[] =
    "812753649943682175675491283154237896369845721287169534521974368438526917796318452";

static void check_random(struct selftest *test)
{
    static const uint32_t wanted[] = {0xcc6301b1, 0x4cacc508, 0x51ef4b07,
                                      0xa30d26b2, 0x91a51341, 0x6dbf8734};
    static const double normal[] = {0.21354778259361526, 0.61093274193371416, -0.88019636391926548};
    struct hrm_random random = hrm_random_open(20260101, HRM_RANDOM_SUBSET, 12, 34567);
    int differ = 0;
    double deviation = 0;
    for (int i = 0; i < 6; i++)
        differ += hrm_random_bits(&random) != wanted[i];
    selftest_check(test, "random", "words of a stream", differ, 0);
    for (int i = 0; i < 3; i++)
        deviation = selftest_worse(deviation, fabs(hrm_random_normal(&random) - normal[i]));
    selftest_check(test, "random", "normal numbers", deviation, 1e-12);
}

static void check_solver(struct selftest *test)
{
    struct hrm_board question, solution = {{0}};
    char text[HRM_CELLS + 1];
    int wrong = 0;
    bool known = false;
    hrm_board_parse(QUESTION, &question, NULL);
    wrong += hrm_board_solve(&question, &solution) != HRM_SOLUTIONS_ONE;
    hrm_board_format(&solution, text);
    for (int i = 0; i < HRM_CELLS; i++)
        wrong += text[i] != ANSWER[i];
    selftest_check(test, "solver", "a puzzle with one solution", wrong, 0);
    question.cell[66] = 0;
    wrong = abs(hrm_board_count(&question, 1000, 1000000, &known) - 85);
    selftest_check(test, "solver", "solutions without a given", wrong + !known, 0);
}

/// Make a pass with a grid of a kind: 0 the solution, 1 and 2 others.
static void make_pass(struct hrm_pass *pass, int kind, bool halted, float q_halt)
{
    struct hrm_board grid;
    hrm_board_parse(ANSWER, &grid, NULL);
    grid.cell[80] = (uint8_t)(kind == 0 ? grid.cell[80] : 4 + kind);
    pass->q_halt = q_halt;
    pass->segments = 16;
    pass->flags = (uint8_t)((halted ? HRM_PASS_HALTED : 0) | (kind ? 0 : HRM_PASS_CERTIFIED));
    hrm_grid_pack(&grid, pass->answer);
}

/// Rules whose choice is not the one that is stored, and in *sum the largest error of what they
/// add up.
static int count_wrong(const struct hrm_ballot *ballot, double *sum)
{
    static const struct {
        enum hrm_rule rule;
        int votes;
        double q_sum, weight;
    } wanted[] = {{HRM_RULE_PLURALITY, 3, -3, 0.11920292202211755},
                  {HRM_RULE_HALTED_VOTE, 2, 2.5, 1.3301147956205788},
                  {HRM_RULE_Q_WEIGHTED, 2, 2.5, 1.3301147956205788},
                  {HRM_RULE_VALID_FIRST, 1, 0.5, 0.62245933120185459}};
    int wrong = 0;
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++) {
        const struct hrm_candidate *chosen = hrm_rule_choose(ballot, wanted[i].rule);
        wrong += !chosen || chosen->votes != wanted[i].votes;
        if (chosen)
            *sum = selftest_worse(*sum,
                                  selftest_worse(fabs(chosen->q_sum - wanted[i].q_sum),
                                                 fabs(chosen->halted_weight - wanted[i].weight)));
    }
    return wrong;
}

static int check_votes(struct selftest *test, struct hrm_error *error)
{
    static const struct {
        int kind;
        bool halted;
        float q_halt;
    } made[] = {{1, false, -1}, {1, true, -2},   {1, false, 0},
                {2, true, 3},   {0, true, 0.5f}, {2, true, -0.5f}};
    const size_t record = hrm_pass_bytes(HRM_GRID_PACKED);
    void *passes = calloc(6, record);
    const struct hrm_passes view = {passes, record, 2, 3, 1};
    struct hrm_selection selection = {0};
    struct hrm_ballot ballot = {0};
    double sum = 0;
    if (!passes)
        return hrm_fail(error, HRM_FAILED, "no memory for six passes");
    for (int i = 0; i < 6; i++)
        make_pass(hrm_pass_at(passes, record, i), made[i].kind, made[i].halted, made[i].q_halt);
    int status = hrm_selection_init(&selection, "", "", (int[]){2, 3}, 0, error);
    if (status == HRM_OK)
        status = hrm_ballot_init(&ballot, 6, error);
    if (status == HRM_OK) {
        hrm_ballot_fill(&ballot, &view, &selection);
        selftest_check(test, "vote", "what four rules choose", count_wrong(&ballot, &sum), 0);
        selftest_check(test, "vote", "sums of the chosen", sum, 1e-12);
    }
    hrm_ballot_free(&ballot);
    hrm_selection_free(&selection);
    free(passes);
    return status;
}

static void check_intervals(struct selftest *test)
{
    struct hrm_interval wilson = hrm_interval_wilson(0.97, 17256, 0.95);
    double deviation = selftest_worse(fabs(wilson.low - 0.96734831289105283),
                                      fabs(wilson.high - 0.97244247479954848));
    deviation = selftest_worse(deviation, fabs(hrm_interval_t(0.95, 4) - 2.7764451051977934));
    selftest_check(test, "vote", "intervals", deviation, 1e-9);
}

int selftest_exact(struct selftest *test, struct hrm_error *error)
{
    check_random(test);
    check_solver(test);
    check_intervals(test);
    return check_votes(test, error);
}
