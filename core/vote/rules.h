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
enum hrm_rule {
    HRM_RULE_SINGLE,      ///< one pass a checkpoint, unperturbed; the mean over the checkpoints
    HRM_RULE_PLURALITY,   ///< the most frequent answer
    HRM_RULE_HALTED_VOTE, ///< the most frequent answer of the passes that halted, if any did
    HRM_RULE_Q_WEIGHTED,  ///< as HALTED_VOTE, each pass weighted by sigmoid(q_halt)
    HRM_RULE_VALID_FIRST, ///< a certified answer, if there is one
    HRM_RULE_PUBLISHED,   ///< needs the answer: see hrm_rule_published()
    HRM_RULE_ANY,         ///< needs the answer: a pass is right
    HRM_RULES
};

/// "single", "plurality", "halted-vote", "q-weighted", "valid-first", "published", "any".
const char *hrm_rule_name(enum hrm_rule rule);

/// Whether the rule looks at the answer: an upper bound and no procedure.
bool hrm_rule_needs_labels(enum hrm_rule rule);

/// The answer of PLURALITY, HALTED_VOTE, Q_WEIGHTED or VALID_FIRST, or NULL for no answer.
const struct hrm_candidate *hrm_rule_choose(const struct hrm_ballot *ballot, enum hrm_rule rule);

/// The published script's rule: some checkpoint has 2c > h, where h of its passes halted and c of
/// those are right.
bool hrm_rule_published(const struct hrm_passes *passes, const struct hrm_selection *selection);

/// Whether a selected pass is right.
bool hrm_rule_any(const struct hrm_passes *passes, const struct hrm_selection *selection);

#endif
