#include "jobs/vote/vote_table.h"

#include "core/eval/perturbation.h"

#include <stdio.h>
#include <string.h>

/// The paper leaves the last row out: published 0.
static const struct vote_configuration PUBLISHED[VOTE_CONFIGURATIONS] = {
    {VOTE_PLAIN, .published = 54.5},
    {VOTE_PLAIN, .bootstrap = true, .published = 64.7},
    {VOTE_PLAIN, .perturbed = true, .published = 73.2},
    {VOTE_MIXED, .published = 59.9},
    {VOTE_MIXED, .bootstrap = true, .published = 82.9},
    {VOTE_MIXED, .perturbed = true, .published = 81.0},
    {VOTE_MIXED, .bootstrap = true, .perturbed = true, .published = 96.9},
    {VOTE_PLAIN, .bootstrap = true, .perturbed = true},
};

static const char RELABEL[] = "relabel";

/// What the pool's perturbations are.
static const char *word_of(const struct hrm_pool *pool)
{
    struct hrm_perturbations list;
    struct hrm_error ignored = {0};
    const struct hrm_votes *votes = &pool->votes[0];
    if (hrm_perturbations_parse(votes->about.perturbations, &votes->task, 0, &list, &ignored) ||
        list.factors != 1)
        return "perturbations";
    int kind = list.factor[0].kind;
    return kind == HRM_PERTURBATION_INIT    ? "initial states"
           : kind == HRM_PERTURBATION_NOISE ? "noise"
                                            : votes->task.kind->views[kind].plural;
}

/// "baseline", "mixing + bootstrap + relabel".
static void name_row(struct vote_configuration *row, const char *word)
{
    const char *parts[] = {row->training == VOTE_MIXED ? "mixing" : "",
                           row->bootstrap ? "bootstrap" : "", row->perturbed ? word : ""};
    size_t length = 0;
    for (int i = 0; i < 3; i++)
        if (*parts[i])
            length += (size_t)snprintf(row->row.name + length, sizeof row->row.name - length,
                                       "%s%s", length ? " + " : "", parts[i]);
    if (length == 0)
        strcpy(row->row.name, "baseline");
}

/// A row, named after what was perturbed; the paper's figures are of relabelled puzzles.
static struct vote_configuration row_of(int i, const char *word)
{
    struct vote_configuration row = PUBLISHED[i];
    if (row.perturbed && strcmp(word, RELABEL) != 0)
        row.published = 0;
    name_row(&row, word);
    return row;
}

void vote_table_rows(const struct hrm_pool *pool, struct vote_configuration *configurations)
{
    const char *word = word_of(pool);
    for (int i = 0; i < VOTE_CONFIGURATIONS; i++)
        configurations[i] = row_of(i, word);
}

bool vote_table_find(const struct hrm_pool *pool, const char *name,
                     struct vote_configuration *found)
{
    const char *const words[] = {word_of(pool), RELABEL};
    for (int w = 0; w < 2; w++)
        for (int i = 0; i < VOTE_CONFIGURATIONS; i++) {
            *found = row_of(i, words[w]);
            if (strcmp(found->row.name, name) == 0)
                return true;
        }
    return false;
}

const char *vote_left_out(const struct vote_configuration *configuration)
{
    if (configuration->missing)
        return configuration->missing;
    return vote_row_rules(&configuration->row) ? NULL : "passes were not run";
}

static bool is_reason(const struct vote_configuration *configuration, const char *reason)
{
    const char *why = vote_left_out(configuration);
    return why && strcmp(why, reason) == 0;
}

void vote_table_left_out(const struct vote_report *report, const char *begin, const char *end,
                         FILE *stream)
{
    const struct vote_configuration *all = report->configurations;
    for (int i = 0; i < VOTE_CONFIGURATIONS; i++) {
        const char *reason = vote_left_out(&all[i]);
        bool said = !reason;
        for (int k = 0; k < i && !said; k++)
            said = is_reason(&all[k], reason);
        if (said)
            continue;
        fprintf(stream, "%s%s:", begin, reason);
        for (int k = i, named = 0; k < VOTE_CONFIGURATIONS; k++)
            if (is_reason(&all[k], reason))
                fprintf(stream, "%s %s", named++ ? "," : "", all[k].row.name);
        fputs(end, stream);
    }
}

unsigned vote_rules_of_configurations(const struct vote_report *report)
{
    unsigned rules = report->both.count > 0 ? vote_row_rules(&report->all) : 0;
    for (int i = 0; i < VOTE_CONFIGURATIONS; i++)
        if (!vote_left_out(&report->configurations[i]))
            rules |= vote_row_rules(&report->configurations[i].row);
    return rules;
}

unsigned vote_rules_of_curve(const struct vote_sweep *sweep)
{
    unsigned rules = 0;
    for (int i = 0; i < sweep->curve_count; i++)
        rules |= vote_row_rules(&sweep->curve[i]);
    return rules;
}

unsigned vote_rules_of_checkpoints(const struct vote_report *report, const struct vote_sweep *sweep)
{
    unsigned rules = sweep->last.rules | sweep->snapshots.rules | vote_row_rules(&sweep->seeds);
    for (int i = sweep->first; i < sweep->first + sweep->count; i++)
        rules |= vote_row_rules(&report->checkpoints[i].row);
    for (int i = 0; i < sweep->step_count; i++)
        rules |= sweep->steps[i].rules;
    return rules;
}
