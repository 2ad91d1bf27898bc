#ifndef HRM_VOTE_PRUNE_H
#define HRM_VOTE_PRUNE_H

#include "core/vote/ballot.h"
#include "core/vote/rules.h"

/// Which passes of a puzzle an answer can do without.

/// How many more passes a rule needs at the least before its answer is certain; 0: it is certain,
/// whatever the answers, q and halting of the passes that are left.
///
/// By the rule's row. LEAD, ROUNDED: the leader's lead has to exceed what is left, since equal
/// scores are told apart by q_halt, which has no bound; a pass that halted weighs at most 1.
/// CERTIFIED: a certified answer, of a puzzle that has one. Other rules need every pass.
/// @param ballot  [in] the passes that were run
/// @param left    [in] passes that were not
int hrm_prune_needed(const struct hrm_ballot *ballot, enum hrm_rule rule, int left);

#endif
