#include "core/vote/prune.h"

#include <assert.h>
#include <stddef.h>

/// More than what sums of weights can lose by rounding.
#define SLACK 1e-9

static double score_of(const struct hrm_candidate *candidate, enum hrm_rule rule)
{
    if (rule == HRM_RULE_PLURALITY)
        return candidate->votes;
    return rule == HRM_RULE_HALTED_VOTE ? candidate->halted : candidate->halted_weight;
}

/// Soonest the lead grows by 1 and what is left shrinks by 1 with every pass.
static int needed_for_lead(const struct hrm_ballot *ballot, enum hrm_rule rule, int left)
{
    double best = 0, second = 0; // an answer that has no vote yet is a rival too
    for (int i = 0; i < ballot->count; i++) {
        double score = score_of(&ballot->candidates[i], rule);
        if (score > best) {
            second = best;
            best = score;
        } else if (score > second) {
            second = score;
        }
    }
    double missing = left - (best - second) + (rule == HRM_RULE_Q_WEIGHTED ? SLACK : 0);
    return missing < 0 ? 0 : (int)(missing / 2) + 1;
}

static bool has_certified(const struct hrm_ballot *ballot)
{
    for (int i = 0; i < ballot->count; i++)
        if (ballot->candidates[i].certified)
            return true;
    return false;
}

int hrm_prune_needed(const struct hrm_ballot *ballot, enum hrm_rule rule, int left)
{
    assert(left >= 0);
    if (left == 0)
        return 0;
    switch (rule) {
    case HRM_RULE_PLURALITY:
    case HRM_RULE_HALTED_VOTE:
    case HRM_RULE_Q_WEIGHTED:
        return needed_for_lead(ballot, rule, left);
    case HRM_RULE_VALID_FIRST:
        return !has_certified(ballot);
    default:
        return left;
    }
}
