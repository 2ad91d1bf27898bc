#include "core/vote/rules.h"

#include <assert.h>
#include <stddef.h>

static const char *const names[HRM_RULES] = {
    [HRM_RULE_SINGLE] = "single",
    [HRM_RULE_PLURALITY] = "plurality",
    [HRM_RULE_HALTED_VOTE] = "halted-vote",
    [HRM_RULE_Q_WEIGHTED] = "q-weighted",
    [HRM_RULE_VALID_FIRST] = "valid-first",
    [HRM_RULE_PUBLISHED] = "published",
    [HRM_RULE_ANY] = "any",
};

const char *hrm_rule_name(enum hrm_rule rule)
{
    assert(rule < HRM_RULES);
    return names[rule];
}

bool hrm_rule_needs_labels(enum hrm_rule rule)
{
    return rule == HRM_RULE_PUBLISHED || rule == HRM_RULE_ANY;
}

/// What a rule ranks a candidate by; a score of 0 is no answer.
struct standing {
    double score, q_sum;
};

static struct standing standing_of(const struct hrm_candidate *candidate, enum hrm_rule rule)
{
    switch (rule) {
    case HRM_RULE_PLURALITY:
        return (struct standing){candidate->votes, candidate->q_sum};
    case HRM_RULE_HALTED_VOTE:
        return (struct standing){candidate->halted, candidate->halted_q_sum};
    case HRM_RULE_Q_WEIGHTED:
        return (struct standing){candidate->halted_weight, candidate->halted_q_sum};
    case HRM_RULE_VALID_FIRST:
        return (struct standing){candidate->certified, candidate->q_sum};
    default:
        assert(false && "the rule does not choose a candidate");
        return (struct standing){0, 0};
    }
}

const struct hrm_candidate *hrm_rule_choose(const struct hrm_ballot *ballot, enum hrm_rule rule)
{
    const struct hrm_candidate *best = NULL;
    struct standing top = {0, 0};
    // Candidates come in the order of their bytes: of equals the first stays.
    for (int i = 0; i < ballot->count; i++) {
        struct standing one = standing_of(&ballot->candidates[i], rule);
        bool tie = best && one.score == top.score;
        if (one.score > top.score || (tie && one.q_sum > top.q_sum)) {
            best = &ballot->candidates[i];
            top = one;
        }
    }
    return best;
}

/// By the passes of the selection's checkpoint `row`.
static bool checkpoint_solves(const struct hrm_passes *passes,
                              const struct hrm_selection *selection, int row)
{
    int halted = 0, right = 0, left = selection->passes - row * selection->perturbations;
    for (int i = 0; i < selection->perturbations && i < left; i++) {
        const struct hrm_pass *pass =
            hrm_passes_at(passes, selection->checkpoint[row], selection->perturbation[i]);
        bool counts = hrm_pass_has(pass, HRM_PASS_HALTED);
        halted += counts;
        right += counts && hrm_pass_has(pass, HRM_PASS_RIGHT);
    }
    return 2 * right > halted;
}

bool hrm_rule_published(const struct hrm_passes *passes, const struct hrm_selection *selection)
{
    for (int i = 0; i < selection->checkpoints; i++)
        if (checkpoint_solves(passes, selection, i))
            return true;
    return false;
}

bool hrm_rule_any(const struct hrm_passes *passes, const struct hrm_selection *selection)
{
    for (int i = 0; i < hrm_selection_passes(selection); i++) {
        int checkpoint = selection->checkpoint[i / selection->perturbations];
        int perturbation = selection->perturbation[i % selection->perturbations];
        if (hrm_pass_has(hrm_passes_at(passes, checkpoint, perturbation), HRM_PASS_RIGHT))
            return true;
    }
    return false;
}
