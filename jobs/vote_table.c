#include "jobs/vote_table.h"

#include "mpi/count.h"

#include <stdio.h>
#include <stdlib.h>

/// The selections that are counted, and the row that each is added to.
struct plan {
    const struct hrm_votes *votes;
    struct hrm_selection chosen; ///< what was asked for
    struct hrm_selection *selections;
    struct vote_row **target;
    int count;
};

/// Add a selection: of one checkpoint or (-1) all chosen, of one perturbation or all chosen.
static int add_selection(struct plan *plan, const struct vote_choice *choice, int checkpoint,
                         bool unperturbed, struct vote_row *row, struct hrm_error *error)
{
    char one[16], plain[16];
    struct hrm_selection *selection = &plan->selections[plan->count];
    snprintf(one, sizeof one, "%d", checkpoint);
    snprintf(plain, sizeof plain, "%d", plan->chosen.single);
    int status =
        hrm_selection_init(selection, checkpoint < 0 ? choice->checkpoints : one,
                           unperturbed ? plain : choice->perturbations,
                           (int[]){plan->votes->plan.checkpoints, plan->votes->plan.perturbations},
                           plan->votes->identity, error);
    if (status)
        return status;
    row->checkpoints = selection->checkpoints;
    row->perturbations = selection->perturbations;
    row->copies++;
    plan->target[plan->count++] = row;
    return HRM_OK;
}

/// One vote a checkpoint.
static int add_each(struct plan *plan, const struct vote_choice *choice, bool unperturbed,
                    struct vote_row *row, struct hrm_error *error)
{
    int status = HRM_OK;
    for (int i = 0; i < plan->chosen.checkpoints && status == HRM_OK; i++)
        status = add_selection(plan, choice, plan->chosen.checkpoint[i], unperturbed, row, error);
    return status;
}

static struct vote_row *new_row(struct vote_table *table, const char *name)
{
    struct vote_row *row = &table->rows[table->count++];
    snprintf(row->name, sizeof row->name, "%s", name);
    return row;
}

static int add_rows(struct vote_table *table, struct plan *plan, const struct vote_choice *choice,
                    struct hrm_error *error)
{
    bool many = plan->chosen.checkpoints > 1, perturbed = plan->chosen.perturbations > 1;
    if (!choice->configurations)
        return add_selection(plan, choice, -1, false, new_row(table, "all passes"), error);
    int status = add_each(plan, choice, true, new_row(table, "baseline"), error);
    if (status == HRM_OK && many)
        status = add_selection(plan, choice, -1, true, new_row(table, "bootstrap"), error);
    if (status == HRM_OK && perturbed)
        status = add_each(plan, choice, false, new_row(table, "relabel"), error);
    if (status == HRM_OK && many && perturbed)
        status = add_selection(plan, choice, -1, false, new_row(table, "both"), error);
    return status;
}

static int add_singles(struct vote_table *table, struct plan *plan,
                       const struct vote_choice *choice, struct hrm_error *error)
{
    int status = HRM_OK;
    for (int i = 0; i < plan->chosen.checkpoints && status == HRM_OK; i++) {
        struct vote_row *row = &table->each[table->each_count];
        table->each_index[table->each_count++] = plan->chosen.checkpoint[i];
        snprintf(row->name, sizeof row->name, "checkpoint %d", plan->chosen.checkpoint[i]);
        status = add_selection(plan, choice, plan->chosen.checkpoint[i], true, row, error);
    }
    return status;
}

static int allocate(struct vote_table *table, struct plan *plan, struct hrm_error *error)
{
    size_t each = (size_t)plan->chosen.checkpoints, most = 3 * each + 4;
    plan->selections = calloc(most, sizeof *plan->selections);
    plan->target = calloc(most, sizeof *plan->target);
    table->rows = calloc(4, sizeof *table->rows);
    table->each = calloc(each, sizeof *table->each);
    table->each_index = calloc(each, sizeof *table->each_index);
    if (plan->selections && plan->target && table->rows && table->each && table->each_index)
        return HRM_OK;
    return hrm_fail(error, HRM_FAILED, "no memory for a vote of %zu checkpoints", each);
}

static int count(const struct plan *plan, const struct hrm_world *world, struct hrm_error *error)
{
    struct hrm_tally *tallies = calloc((size_t)plan->count, sizeof *tallies);
    int status = HRM_OK;
    if (!tallies)
        status = hrm_fail(error, HRM_FAILED, "no memory for %d tallies", plan->count);
    status = hrm_agree(world->comm, status, error);
    if (status == HRM_OK)
        status = hrm_count_votes(world, plan->votes, plan->selections, plan->count, tallies, error);
    for (int i = 0; i < plan->count && status == HRM_OK; i++)
        hrm_tally_add(&plan->target[i]->tally, &tallies[i]);
    free(tallies);
    return status;
}

int vote_table_make(struct vote_table *table, const struct hrm_world *world,
                    const struct hrm_votes *votes, const struct vote_choice *choice,
                    struct hrm_error *error)
{
    struct plan plan = {.votes = votes};
    *table = (struct vote_table){.votes = votes, .confidence = choice->confidence};
    int status = hrm_selection_init(&plan.chosen, choice->checkpoints, choice->perturbations,
                                    (int[]){votes->plan.checkpoints, votes->plan.perturbations},
                                    votes->identity, error);
    if (status == HRM_OK)
        status = allocate(table, &plan, error);
    if (status == HRM_OK)
        status = add_rows(table, &plan, choice, error);
    if (status == HRM_OK)
        status = add_singles(table, &plan, choice, error);
    status = hrm_agree(world->comm, status, error);
    if (status == HRM_OK)
        status = count(&plan, world, error);
    for (int i = 0; i < plan.count; i++)
        hrm_selection_free(&plan.selections[i]);
    hrm_selection_free(&plan.chosen);
    free(plan.selections);
    free(plan.target);
    return status;
}

void vote_table_free(struct vote_table *table)
{
    free(table->rows);
    free(table->each);
    free(table->each_index);
    *table = (struct vote_table){0};
}

struct vote_cell vote_table_cell(const struct vote_table *table, const struct vote_row *row,
                                 enum hrm_rule rule, int band)
{
    struct hrm_outcome outcome = hrm_tally_outcome(&row->tally, rule, band);
    struct vote_cell cell = {.n = outcome.puzzles / row->copies,
                             .asked = outcome.asked,
                             .answered = outcome.answered,
                             .right = outcome.right};
    if (cell.asked > 0)
        cell.share = (double)cell.right / (double)cell.asked;
    cell.interval = hrm_interval_wilson(cell.share, cell.n, table->confidence);
    return cell;
}
