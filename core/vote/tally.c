#include "core/vote/tally.h"

#include "core/vote/prune.h"

#include <assert.h>
#include <stddef.h>

int hrm_tally_bands(const struct hrm_tally *tally, const struct hrm_bands *bands)
{
    int unrated = bands->count - 1;
    return tally->puzzles[unrated] > 0 ? bands->count : unrated;
}

static const char *const depth_names[HRM_DEPTHS] = {
    "1",        "2",         "3",         "4",         "5",          "6",           "7",
    "8",        "9",         "10",        "11",        "12",         "13",          "14",
    "15",       "16",        "17-32",     "33-64",     "65-128",     "129-256",     "257-512",
    "513-1024", "1025-2048", "2049-4096", "4097-8192", "8193-16384", "16385-32768", "32769-65536"};

int hrm_depth_of(int segments)
{
    assert(segments >= 1 && segments <= 65536);
    int depth = (segments < 16 ? segments : 16) - 1;
    for (int high = 16; segments > high; high *= 2)
        depth++;
    return depth;
}

const char *hrm_depth_name(int depth)
{
    assert(depth >= 0 && depth < HRM_DEPTHS);
    return depth_names[depth];
}

/// A puzzle on its way through the rules.
struct count {
    struct hrm_tally *tally;
    const struct hrm_passes *passes;
    const struct hrm_selection *selection;
    int band;
    int not_run;    ///< passes
    unsigned right; ///< rules, as bits
};

static void add_outcome(struct count *count, enum hrm_rule rule, bool answered, bool right)
{
    count->right |= right ? 1u << rule : 0;
    count->tally->asked[rule][count->band]++;
    count->tally->answered[rule][count->band] += answered;
    count->tally->right[rule][count->band] += right;
}

static void count_passes(struct count *count)
{
    struct hrm_tally *tally = count->tally;
    const struct hrm_selection *selection = count->selection;
    for (int i = 0; i < hrm_selection_passes(selection); i++) {
        int perturbation = selection->perturbation[i % selection->perturbations];
        const struct hrm_pass *pass = hrm_passes_at(
            count->passes, selection->checkpoint[i / selection->perturbations], perturbation);
        bool right = hrm_pass_has(pass, HRM_PASS_RIGHT);
        if (pass->segments == 0) {
            count->not_run++;
            tally->unsure[HRM_RULE_SINGLE] += perturbation == selection->single;
            continue;
        }
        bool halted = hrm_pass_has(pass, HRM_PASS_HALTED);
        int64_t *where = halted  ? right ? &tally->halted_right : &tally->halted_wrong
                         : right ? &tally->running_right
                                 : &tally->running_wrong;
        (*where)++;
        tally->matches += pass->matches;
        tally->segments += pass->segments;
        tally->settled += pass->settled;
        tally->by_segments[hrm_depth_of(pass->segments)]++;
        int depth = hrm_depth_of(pass->settled > 0 ? pass->settled : 1);
        tally->by_settled[depth]++;
        tally->right_by_settled[depth] += right;
        tally->defects += pass->defects;
        if (perturbation == selection->single)
            add_outcome(count, HRM_RULE_SINGLE, true, right);
    }
    tally->not_run += count->not_run;
}

/// Rules whose outcome the passes that were not run could change.
static void count_unsure(const struct count *count, const struct hrm_ballot *ballot)
{
    int64_t *unsure = count->tally->unsure;
    for (int rule = 0; rule < HRM_RULES; rule++)
        if (hrm_rule_chooses((enum hrm_rule)rule))
            unsure[rule] += hrm_prune_needed(ballot, (enum hrm_rule)rule, count->not_run) > 0;
    unsure[HRM_RULE_PUBLISHED] += count->not_run > 0;
    unsure[HRM_RULE_ANY] += count->not_run > 0 && !(count->right >> HRM_RULE_ANY & 1);
}

unsigned hrm_tally_count(struct hrm_tally *tally, struct hrm_ballot *ballot,
                         const struct hrm_passes *passes, const struct hrm_selection *selection,
                         int band)
{
    struct count count = {tally, passes, selection, band, 0, 0};
    assert(band >= 0 && band < HRM_BANDS);
    tally->puzzles[band]++;
    count_passes(&count);
    hrm_ballot_fill(ballot, passes, selection);
    for (int rule = 0; rule < HRM_RULES; rule++) {
        if (!hrm_rule_chooses((enum hrm_rule)rule))
            continue;
        const struct hrm_candidate *chosen = hrm_rule_choose(ballot, (enum hrm_rule)rule);
        add_outcome(&count, (enum hrm_rule)rule, chosen != NULL, chosen && chosen->right);
    }
    bool published = hrm_rule_published(passes, selection);
    bool any = hrm_rule_any(passes, selection);
    add_outcome(&count, HRM_RULE_PUBLISHED, published, published);
    add_outcome(&count, HRM_RULE_ANY, any, any);
    count_unsure(&count, ballot);
    return count.right;
}

void hrm_tally_add(struct hrm_tally *tally, const struct hrm_tally *part)
{
    int64_t *to = (int64_t *)tally;
    const int64_t *from = (const int64_t *)part;
    for (int i = 0; i < HRM_TALLY_COUNTS; i++)
        to[i] += from[i];
}

bool hrm_tally_supports(const struct hrm_tally *tally, enum hrm_rule rule)
{
    return tally->unsure[rule] == 0;
}

struct hrm_outcome hrm_tally_outcome(const struct hrm_tally *tally, enum hrm_rule rule, int band)
{
    assert(rule < HRM_RULES && band < HRM_BANDS);
    struct hrm_outcome sum = {0};
    for (int i = band < 0 ? 0 : band; i < (band < 0 ? HRM_BANDS : band + 1); i++) {
        sum.puzzles += tally->puzzles[i];
        sum.asked += tally->asked[rule][i];
        sum.answered += tally->answered[rule][i];
        sum.right += tally->right[rule][i];
    }
    return sum;
}
