#include "jobs/solve/solve_answer.h"

#include "core/sudoku/packed_grid.h"
#include "core/sudoku/solver.h"
#include "core/vote/rules.h"
#include "jobs/cli/console.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

// --- the verdict ---------------------------------------------------------------------------------

struct solve_verdict solve_judge(const struct hrm_board *question)
{
    struct solve_verdict verdict;
    verdict.solutions = hrm_board_count(question, SOLVE_COUNTED, SOLVE_TRIED, &verdict.known);
    return verdict;
}

bool solve_verdict_is_bad(const struct solve_verdict *verdict)
{
    return verdict->solutions > 1 || (verdict->solutions == 0 && verdict->known);
}

/// "no solution", "1 solution", "12 solutions", "1000 or more solutions".
static const char *describe(const struct solve_verdict *verdict, char text[48])
{
    if (verdict->solutions == 0)
        return verdict->known ? "no solution" : "a number of solutions that is not known";
    snprintf(text, 48, "%d%s solution%s", verdict->solutions,
             verdict->solutions < SOLVE_COUNTED && verdict->known ? "" : " or more",
             verdict->solutions == 1 ? "" : "s");
    return text;
}

void solve_verdict_warn(const struct solve_verdict *verdict, int number, bool runs)
{
    char text[48];
    bool bad = solve_verdict_is_bad(verdict);
    if (!bad && verdict->known)
        return;
    const char *rest = !bad                      ? ""
                       : !runs                   ? ": the model is not run on it (--anyway runs it)"
                       : verdict->solutions == 0 ? ": what follows is wrong"
                                                 : ": what follows is at most one of them";
    hrm_console_warn("puzzle %d has %s%s", number, describe(verdict, text), rest);
}

static const char *solutions_name(const struct solve_verdict *verdict)
{
    if (verdict->solutions > 1)
        return "several";
    return !verdict->known ? "unknown" : verdict->solutions == 0 ? "none" : "one";
}

// --- the answer ----------------------------------------------------------------------------------

static void conclude(const struct hrm_ballot *ballot, struct solve_answer *answer)
{
    const struct hrm_candidate *chosen = hrm_rule_choose(ballot, HRM_RULE_VALID_FIRST);
    answer->rule = "valid-first";
    answer->passes = ballot->passes;
    if (!chosen) {
        chosen = hrm_rule_choose(ballot, HRM_RULE_HALTED_VOTE);
        answer->rule = "halted-vote";
    }
    if (!chosen) {
        chosen = hrm_rule_choose(ballot, HRM_RULE_PLURALITY);
        answer->rule = chosen->votes > 1 ? "plurality" : "best q_halt";
    }
    hrm_grid_unpack(chosen->answer, &answer->grid);
    answer->certified = chosen->certified;
    answer->votes = chosen->votes;
    answer->halted = chosen->halted;
    answer->confidence = hrm_ballot_sigmoid(chosen->q_sum / chosen->votes);
}

int solve_answer_make(const struct solve_outcome *outcome, int i, struct solve_answer *answer,
                      struct hrm_error *error)
{
    struct hrm_passes passes = {
        hrm_pass_at(outcome->passes, outcome->record, (int64_t)i * outcome->most), outcome->record,
        1, outcome->run[i], 1};
    struct hrm_selection selection = {0};
    struct hrm_ballot ballot = {0};
    int status = hrm_selection_init(&selection, "", "", (int[]){1, outcome->run[i]}, 0, error);
    if (status == HRM_OK)
        status = hrm_ballot_init(&ballot, outcome->run[i], error);
    if (status == HRM_OK) {
        hrm_ballot_fill(&ballot, &passes, &selection);
        conclude(&ballot, answer);
        answer->run = true;
        for (int t = 0; t < outcome->run[i]; t++)
            answer->segments += hrm_passes_at(&passes, 0, t)->segments;
    }
    hrm_ballot_free(&ballot);
    hrm_selection_free(&selection);
    return status;
}

// --- printing ------------------------------------------------------------------------------------

void solve_answer_print_plain(const struct solve_answer *answer, const struct hrm_board *question)
{
    char text[HRM_CELLS + 1];
    bool bad = solve_verdict_is_bad(&answer->verdict);
    const char *mark = answer->certified                ? ""
                       : !bad                           ? " not-certified"
                       : answer->verdict.solutions == 0 ? " no-solution"
                                                        : " several-solutions";
    hrm_board_format(answer->run ? &answer->grid : question, text);
    hrm_console_print("%s%s\n", text, mark);
}

/// No sigmoid(q_halt) is printed where the grid cannot be right.
static void print_votes(const struct solve_answer *answer)
{
    char confidence[32] = "";
    if (answer->verdict.solutions > 0 || !answer->verdict.known)
        snprintf(confidence, sizeof confidence, "sigmoid(q_halt) %.4f, ", answer->confidence);
    hrm_console_print("%srule %s, %d of %d pass%s gave this grid (%d halted), %lld segments\n\n",
                      confidence, answer->rule, answer->votes, answer->passes,
                      answer->passes == 1 ? "" : "es", answer->halted, (long long)answer->segments);
}

void solve_answer_print_pretty(const struct solve_answer *answer, const struct hrm_board *question)
{
    char text[HRM_BOARD_PRETTY], number[48];
    int changed = 0;
    hrm_board_pretty(answer->run ? &answer->grid : question, text);
    hrm_console_print("%s", text);
    if (!answer->run) {
        hrm_console_print("not run: the puzzle has %s\n\n", describe(&answer->verdict, number));
        return;
    }
    for (int i = 0; i < HRM_CELLS; i++)
        changed += question->cell[i] && question->cell[i] != answer->grid.cell[i];
    if (answer->certified)
        hrm_console_print("certified: the givens are kept and no rule is broken\n");
    else
        hrm_console_print("not certified: %d repeated digits, %d givens changed%s\n",
                          hrm_board_conflicts(&answer->grid), changed,
                          answer->verdict.solutions == 0 && answer->verdict.known
                              ? "; the puzzle has no solution"
                              : "");
    print_votes(answer);
}

json_t *solve_answer_json(const struct solve_answer *answer, const struct hrm_board *question)
{
    char text[HRM_CELLS + 1];
    hrm_board_format(question, text);
    json_t *object =
        json_pack("{s:s, s:n, s:b, s:s, s:i, s:n}", "question", text, "grid", "certified",
                  answer->certified, "solutions", solutions_name(&answer->verdict),
                  "solutions counted", answer->verdict.solutions, "sigmoid_q_halt");
    if (!answer->run)
        return object;
    hrm_board_format(&answer->grid, text);
    json_object_set_new(object, "grid", json_string(text));
    if (answer->verdict.solutions > 0 || !answer->verdict.known)
        json_object_set_new(object, "sigmoid_q_halt", json_real(answer->confidence));
    json_t *votes =
        json_pack("{s:s, s:i, s:i, s:i, s:i, s:I}", "rule", answer->rule, "votes", answer->votes,
                  "halted", answer->halted, "passes", answer->passes, "conflicts",
                  hrm_board_conflicts(&answer->grid), "segments", (json_int_t)answer->segments);
    json_object_update(object, votes);
    json_decref(votes);
    return object;
}
