#include "core/vote/prune.h"

#include <assert.h>
#include <stddef.h>

/// More than what sums of weights can lose by rounding.
#define SLACK 1e-9

/// Soonest the lead grows by 1 and what is left shrinks by 1 with every pass.
static int needed_for_lead(const struct hrm_ballot *ballot, enum hrm_rule rule, int left)
{
    double best = 0, second = 0; // an answer that has no vote yet is a rival too
    for (int i = 0; i < ballot->count; i++) {
        double score = hrm_rule_score(&ballot->candidates[i], rule);
        if (score > best) {
            second = best;
            best = score;
        } else if (score > second) {
            second = score;
        }
    }
    double missing =
        left - (best - second) + (hrm_rule_prune(rule) == HRM_RULE_ROUNDED ? SLACK : 0);
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
    switch (hrm_rule_prune(rule)) {
    case HRM_RULE_LEAD:
    case HRM_RULE_ROUNDED:
        return needed_for_lead(ballot, rule, left);
    case HRM_RULE_CERTIFIED:
        return !has_certified(ballot);
    case HRM_RULE_NEVER:
        break;
    }
    return left;
}
