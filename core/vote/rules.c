#include "core/vote/rules.h"

#include <assert.h>
#include <stddef.h>

// What rules rank candidates by.
#define FIELD(field)                                                                               \
    static double field(const struct hrm_candidate *candidate)                                     \
    {                                                                                              \
        return candidate->field;                                                                   \
    }
FIELD(votes)
FIELD(halted)
FIELD(halted_weight)
FIELD(certified)
FIELD(q_sum)
FIELD(halted_q_sum)

static const struct row {
    const char *name, *help;
    bool needs_labels;
    double (*score)(const struct hrm_candidate *candidate);
    double (*q)(const struct hrm_candidate *candidate);
    enum hrm_rule_prune prune;
    int lead;
} rows[HRM_RULES] = {
#define ROW(id, name, labels, score, q, prune, lead, help)                                         \
    {name, help, labels, score, q, HRM_RULE_##prune, lead},
    HRM_RULE_ROWS(ROW)
#undef ROW
};

static const struct row *row_of(enum hrm_rule rule)
{
    assert(rule < HRM_RULES);
    return &rows[rule];
}

const char *hrm_rule_name(enum hrm_rule rule)
{
    return row_of(rule)->name;
}

const char *hrm_rule_help(enum hrm_rule rule)
{
    return row_of(rule)->help;
}

enum hrm_rule_prune hrm_rule_prune(enum hrm_rule rule)
{
    return rule < HRM_RULES ? rows[rule].prune : HRM_RULE_NEVER;
}

bool hrm_rule_needs_labels(enum hrm_rule rule)
{
    return row_of(rule)->needs_labels;
}

bool hrm_rule_chooses(enum hrm_rule rule)
{
    return row_of(rule)->score != NULL;
}

double hrm_rule_score(const struct hrm_candidate *candidate, enum hrm_rule rule)
{
    assert(hrm_rule_chooses(rule));
    return rows[rule].score(candidate);
}

enum hrm_rule hrm_rule_leading(int place)
{
    int rule = 0;
    while (rule < HRM_RULES && rows[rule].lead != place)
        rule++;
    return (enum hrm_rule)rule;
}

enum hrm_rule hrm_rule_prunable(int index)
{
    for (int rule = 0; rule < HRM_RULES; rule++)
        if (rows[rule].prune != HRM_RULE_NEVER && --index == 0)
            return (enum hrm_rule)rule;
    return HRM_RULES;
}

const struct hrm_candidate *hrm_rule_choose(const struct hrm_ballot *ballot, enum hrm_rule rule)
{
    const struct hrm_candidate *best = NULL;
    double top = 0, q = 0;
    // Candidates come in the order of their bytes: of equals the first stays.
    for (int i = 0; i < ballot->count; i++) {
        const struct hrm_candidate *one = &ballot->candidates[i];
        double score = hrm_rule_score(one, rule), one_q = rows[rule].q(one);
        if (score > top || (best && score == top && one_q > q)) {
            best = one;
            top = score;
            q = one_q;
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
