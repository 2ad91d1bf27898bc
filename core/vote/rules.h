#ifndef HRM_VOTE_RULES_H
#define HRM_VOTE_RULES_H

#include "core/vote/ballot.h"

#include <stdbool.h>
#include <stdint.h>

/// From passes to an answer. Source: Ren and Liu, arXiv 2601.10679, its public code
/// (PUBLISHED), its text (HALTED_VOTE), and what the rules of a task can tell (VALID_FIRST).
///
/// Ties go to the answer with the larger summed q_halt (of the passes that the rule counts), then
/// to the smaller in the order of bytes. No rule depends on the order of the passes.
///
/// One row a rule: constant, name, whether it looks at the right answer (an upper bound and no
/// procedure; these come last), its score of a candidate and the q_halt that tells equal ones apart
/// (functions of rules.c; NULL: it chooses no candidate), how passes can be left out, its place
/// among the rules that lead a report (0: none), help.
#define HRM_RULE_ROWS(ROW)                                                                         \
    ROW(SINGLE, "single", false, NULL, NULL, NEVER, 5,                                             \
        "one unperturbed pass, no vote; the mean over the checkpoints")                            \
    ROW(PLURALITY, "plurality", false, votes, q_sum, LEAD, 3, "the most frequent answer")          \
    ROW(HALTED_VOTE, "halted-vote", false, halted, halted_q_sum, LEAD, 1,                          \
        "the most frequent answer of the passes that halted")                                      \
    ROW(Q_WEIGHTED, "q-weighted", false, halted_weight, halted_q_sum, ROUNDED, 2,                  \
        "as halted-vote, each pass weighted by sigmoid(q_halt)")                                   \
    ROW(VALID_FIRST, "valid-first", false, certified, q_sum, CERTIFIED, 4,                         \
        "an answer that question and rules prove right (certified)")                               \
    ROW(PUBLISHED, "published", true, NULL, NULL, NEVER, 0,                                        \
        "some checkpoint has more right than wrong halted passes, as the published script counts") \
    ROW(ANY, "any", true, NULL, NULL, NEVER, 0,                                                    \
        "some pass is right (pass@k): a bound, needs the answers")

/// When the passes that are left cannot change an answer.
enum hrm_rule_prune {
    HRM_RULE_NEVER,
    HRM_RULE_LEAD,     ///< a pass adds at most 1 to a score: when the lead exceeds what is left
    HRM_RULE_ROUNDED,  ///< the same for scores that are rounded sums
    HRM_RULE_CERTIFIED ///< when an answer is certified
};

#define HRM_RULE_NAME(id, name, labels, score, q, prune, lead, help) HRM_RULE_##id,
enum hrm_rule { HRM_RULE_ROWS(HRM_RULE_NAME) HRM_RULES };
#undef HRM_RULE_NAME

/// "plurality|halted-vote|...": the rules by which passes can be left out, as a text constant.
#define HRM_RULE_WORD_NEVER(name)
#define HRM_RULE_WORD_LEAD(name)                                     "|" name
#define HRM_RULE_WORD_ROUNDED(name)                                  "|" name
#define HRM_RULE_WORD_CERTIFIED(name)                                "|" name
#define HRM_RULE_WORD(id, name, labels, score, q, prune, lead, help) HRM_RULE_WORD_##prune(name)
#define HRM_RULE_PRUNABLE                                            HRM_RULE_ROWS(HRM_RULE_WORD)

const char *hrm_rule_name(enum hrm_rule rule);
const char *hrm_rule_help(enum hrm_rule rule);
enum hrm_rule_prune hrm_rule_prune(enum hrm_rule rule);

/// Whether the rule looks at the answer: an upper bound and no procedure.
bool hrm_rule_needs_labels(enum hrm_rule rule);

/// Whether hrm_rule_choose() applies.
bool hrm_rule_chooses(enum hrm_rule rule);

/// The score of a candidate by a rule that chooses one; 0 is no answer.
double hrm_rule_score(const struct hrm_candidate *candidate, enum hrm_rule rule);

/// The rule that is number `place` = 1, 2, ... among those that may lead a report; HRM_RULES: none.
enum hrm_rule hrm_rule_leading(int place);

/// Number `index` = 1, 2, ... of HRM_RULE_PRUNABLE; HRM_RULES: none.
enum hrm_rule hrm_rule_prunable(int index);

/// The answer of a rule that chooses a candidate, or NULL for no answer.
const struct hrm_candidate *hrm_rule_choose(const struct hrm_ballot *ballot, enum hrm_rule rule);

/// The published script's rule: some checkpoint has 2c > h, where h of its passes halted and c of
/// those are right.
bool hrm_rule_published(const struct hrm_passes *passes, const struct hrm_selection *selection);

/// Whether a selected pass is right.
bool hrm_rule_any(const struct hrm_passes *passes, const struct hrm_selection *selection);

#endif
