#include "jobs/vote/vote_table.h"

#include "core/sudoku/perturbation.h"

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
    static const char *const words[HRM_PERTURBATION_KINDS] = {
        [HRM_PERTURBATION_CYCLIC] = RELABEL,        [HRM_PERTURBATION_DIGITS] = RELABEL,
        [HRM_PERTURBATION_SYMMETRY] = "symmetries", [HRM_PERTURBATION_INIT] = "initial states",
        [HRM_PERTURBATION_NOISE] = "noise",
    };
    struct hrm_perturbations list;
    struct hrm_error ignored = {0};
    if (hrm_perturbations_parse(pool->votes[0].about.perturbations, 0, &list, &ignored) ||
        list.factors != 1)
        return "perturbations";
    return words[list.factor[0].kind];
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
