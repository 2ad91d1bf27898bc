#include "jobs/solve/solve_answer.h"

#include "core/file/items.h"
#include "core/sudoku/solver.h"
#include "core/task/sudoku.h"
#include "core/vote/rules.h"
#include "jobs/cli/console.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

// --- the verdict ---------------------------------------------------------------------------------

struct solve_verdict solve_judge(const struct hrm_task *task, const void *item)
{
    struct solve_verdict verdict = {.solutions = 1, .known = true};
    if (hrm_items_are_puzzles(task, ""))
        verdict.solutions =
            hrm_board_count(hrm_sudoku_question(item), SOLVE_COUNTED, SOLVE_TRIED, &verdict.known);
    return verdict;
}

size_t solve_text_bytes(const struct hrm_task *task)
{
    return 1024 + 8 * (size_t)task->shape.text_bytes;
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
    answer->bytes = chosen->answer;
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

void solve_answer_print_plain(const struct solve_answer *answer, const struct hrm_task *task,
                              const void *item, char *text)
{
    bool bad = solve_verdict_is_bad(&answer->verdict);
    const char *mark = answer->certified                ? ""
                       : !bad                           ? " not-certified"
                       : answer->verdict.solutions == 0 ? " no-solution"
                                                        : " several-solutions";
    if (answer->run)
        task->kind->answer_text(task, item, answer->bytes, text);
    else
        task->kind->question_text(task, item, text);
    hrm_console_print("%s%s\n", text, mark);
}

/// No sigmoid(q_halt) is printed where the grid cannot be right.
static void print_votes(const struct solve_answer *answer)
{
    char confidence[32] = "";
    if (answer->verdict.solutions > 0 || !answer->verdict.known)
        snprintf(confidence, sizeof confidence, "sigmoid(q_halt) %.4f, ", answer->confidence);
    hrm_console_print("%srule %s, %d of %d pass%s gave this answer (%d halted), %lld segment%s\n\n",
                      confidence, answer->rule, answer->votes, answer->passes,
                      answer->passes == 1 ? "" : "es", answer->halted, (long long)answer->segments,
                      answer->segments == 1 ? "" : "s");
}

/// Cells of the question that the answer has otherwise.
static int count_changed(const struct hrm_task *task, const void *item, const uint8_t *answer,
                         char *text)
{
    char *other = text + task->shape.text_bytes;
    int changed = 0;
    task->kind->question_text(task, item, text);
    task->kind->answer_text(task, item, answer, other);
    for (int i = 0; text[i]; i++)
        changed += text[i] != '.' && text[i] != ' ' && text[i] != other[i];
    return changed;
}

static int count_defects(const struct hrm_task *task, const void *item, const uint8_t *answer)
{
    struct hrm_verdict verdict;
    task->kind->judge(task, item, answer, &verdict);
    return verdict.defects;
}

void solve_answer_print_pretty(const struct solve_answer *answer, const struct hrm_task *task,
                               const void *item, char *text)
{
    char number[48];
    task->kind->pretty(task, item, answer->run ? answer->bytes : NULL, text,
                       solve_text_bytes(task));
    hrm_console_print("%s", text);
    if (!answer->run) {
        hrm_console_print("not run: the puzzle has %s\n\n", describe(&answer->verdict, number));
        return;
    }
    if (answer->certified)
        hrm_console_print("certified: the question is kept and no rule is broken\n");
    else
        hrm_console_print("not certified: %d %s, %d cells of the question changed%s\n",
                          count_defects(task, item, answer->bytes), task->kind->defects,
                          count_changed(task, item, answer->bytes, text),
                          answer->verdict.solutions == 0 && answer->verdict.known
                              ? "; the puzzle has no solution"
                              : "");
    print_votes(answer);
}

json_t *solve_answer_json(const struct solve_answer *answer, const struct hrm_task *task,
                          const void *item, char *text)
{
    task->kind->question_text(task, item, text);
    json_t *object =
        json_pack("{s:s, s:n, s:b, s:s, s:i, s:n}", "question", text, "grid", "certified",
                  answer->certified, "solutions", solutions_name(&answer->verdict),
                  "solutions counted", answer->verdict.solutions, "sigmoid_q_halt");
    if (!answer->run)
        return object;
    task->kind->answer_text(task, item, answer->bytes, text);
    json_object_set_new(object, "grid", json_string(text));
    if (answer->verdict.solutions > 0 || !answer->verdict.known)
        json_object_set_new(object, "sigmoid_q_halt", json_real(answer->confidence));
    json_t *votes = json_pack("{s:s, s:i, s:i, s:i, s:i, s:I}", "rule", answer->rule, "votes",
                              answer->votes, "halted", answer->halted, "passes", answer->passes,
                              "conflicts", count_defects(task, item, answer->bytes), "segments",
                              (json_int_t)answer->segments);
    json_object_update(object, votes);
    json_decref(votes);
    return object;
}
