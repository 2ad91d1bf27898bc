#include "jobs/vote/vote_plan.h"

#include "mpi/count.h"

#include <stdlib.h>
#include <string.h>

static int grow(struct vote_plan *plan, struct hrm_error *error)
{
    int capacity = plan->capacity ? 2 * plan->capacity : 64;
    if (plan->count < plan->capacity)
        return HRM_OK;
    void *selections = realloc(plan->selections, (size_t)capacity * sizeof *plan->selections);
    if (selections)
        plan->selections = selections;
    void *rows = realloc(plan->rows, (size_t)capacity * sizeof *plan->rows);
    if (rows)
        plan->rows = rows;
    if (!selections || !rows)
        return hrm_fail(error, HRM_FAILED, "no memory for %d votes", capacity);
    plan->capacity = capacity;
    return HRM_OK;
}

int vote_plan_add(struct vote_plan *plan, struct vote_row *row,
                  struct hrm_selection_axis checkpoints, struct hrm_selection_axis perturbations,
                  int passes, struct hrm_error *error)
{
    int status = grow(plan, error);
    struct hrm_selection *selection = plan->selections + plan->count;
    if (status == HRM_OK)
        status =
            hrm_selection_make(selection, checkpoints, perturbations, plan->pool->identity, error);
    if (status)
        return status;
    if (passes > 0)
        selection->passes = passes;
    int columns = perturbations.count;
    row->passes = selection->passes;
    row->checkpoints = (row->passes - 1) / columns + 1;
    row->perturbations = row->passes < columns ? row->passes : columns;
    if (row->copies++ == 0)
        row->rules = (1u << HRM_RULES) - 1;
    plan->rows[plan->count++] = row;
    return HRM_OK;
}

/// Add the tally of a selection to its row.
static void add_tally(const struct vote_plan *plan, int index, const struct hrm_tally *tally)
{
    struct vote_row *row = plan->rows[index];
    unsigned rules = 0;
    for (int rule = 0; rule < HRM_RULES; rule++)
        if (hrm_tally_supports(tally, (enum hrm_rule)rule))
            rules |= 1u << rule;
    row->rules &= rules;
    hrm_tally_add(&row->tally, tally);
}

int vote_plan_count(struct vote_plan *plan, const struct hrm_world *world, const int (*pairs)[2],
                    struct hrm_mcnemar (*tables)[HRM_RULES], int pair_count,
                    struct hrm_error *error)
{
    struct hrm_tally *tallies = calloc((size_t)plan->count, sizeof *tallies);
    struct hrm_count count = {plan->selections, tallies, plan->count, pairs, tables, pair_count};
    int status = HRM_OK;
    if (!tallies)
        status = hrm_fail(error, HRM_FAILED, "no memory for %d tallies", plan->count);
    status = hrm_agree(world->comm, status, error);
    if (status == HRM_OK)
        status = hrm_count_votes(world, plan->pool, &count, error);
    for (int i = 0; i < plan->count && status == HRM_OK; i++)
        add_tally(plan, i, &tallies[i]);
    free(tallies);
    return status;
}

void vote_plan_free(struct vote_plan *plan)
{
    for (int i = 0; i < plan->count; i++)
        hrm_selection_free(&plan->selections[i]);
    free(plan->selections);
    free(plan->rows);
    *plan = (struct vote_plan){0};
}
