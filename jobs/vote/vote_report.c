#include "jobs/vote/vote_report.h"

#include "jobs/vote/vote_plan.h"
#include "jobs/vote/vote_runs.h"
#include "jobs/vote/vote_table.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *vote_training_name(enum vote_training training)
{
    return training == VOTE_MIXED ? "with mixing" : "without mixing";
}

const char *vote_sweep_name(const struct vote_report *report, const struct vote_sweep *sweep)
{
    if (sweep == &report->both)
        return "both trainings";
    return report->checkpoints[sweep->first].training == VOTE_MIXED ? "trained with mixing"
                                                                    : "trained without mixing";
}

/// A report while its votes are planned.
struct making {
    struct vote_report *report;
    struct vote_plan plan;
    int single;                      ///< the perturbation of the rule `single`
    int *index;                      ///< [checkpoint_count] in the pool, of the report's
    int *newest;                     ///< [checkpoint_count] work
    struct hrm_selection_axis all;   ///< perturbations
    struct hrm_selection_axis plain; ///< only the one that changes nothing
};

static struct hrm_selection_axis slice(const int *index, int count)
{
    return (struct hrm_selection_axis){index, count};
}

static int add(struct making *making, struct vote_row *row, struct hrm_selection_axis checkpoints,
               bool perturbed, struct hrm_error *error)
{
    return vote_plan_add(&making->plan, row, checkpoints, perturbed ? making->all : making->plain,
                         0, error);
}

// --- the published table -------------------------------------------------------------------------

static const char *why_missing(const struct making *making,
                               const struct vote_configuration *configuration)
{
    int checkpoints = making->report->sweeps[configuration->training].count;
    if (checkpoints == 0)
        return configuration->training == VOTE_MIXED ? "no checkpoint was trained with mixing"
                                                     : "no checkpoint was trained without mixing";
    if (configuration->bootstrap && checkpoints == 1)
        return "there is one checkpoint only";
    if (configuration->perturbed && making->all.count == 1)
        return "there is one perturbation only";
    return NULL;
}

static int add_configuration(struct making *making, struct vote_configuration *configuration,
                             struct hrm_error *error)
{
    const struct vote_sweep *sweep = &making->report->sweeps[configuration->training];
    struct hrm_selection_axis all = slice(making->index + sweep->first, sweep->count);
    configuration->missing = why_missing(making, configuration);
    if (configuration->missing)
        return HRM_OK;
    if (configuration->bootstrap)
        return add(making, &configuration->row, all, configuration->perturbed, error);
    int status = HRM_OK;
    for (int i = 0; i < all.count && status == HRM_OK; i++)
        status = add(making, &configuration->row, slice(all.index + i, 1), configuration->perturbed,
                     error);
    return status;
}

// --- against the number of passes ----------------------------------------------------------------

/// The number of passes after `passes`: doubled until a checkpoint's are there, and on to all.
static int next_passes(int passes, int perturbations, int all)
{
    int next = 2 * passes;
    if (passes < perturbations && next > perturbations / 2)
        next = perturbations;
    return next < all ? next : all;
}

/// Whether a checkpoint's passes are run before another's.
static bool comes_before(const struct vote_checkpoint *a, const struct vote_checkpoint *b)
{
    return a->about->step != b->about->step ? a->about->step > b->about->step : a->index < b->index;
}

/// The checkpoints of a sweep, newest step first.
static void sort_newest(struct making *making, const struct vote_sweep *sweep)
{
    const struct vote_checkpoint *checkpoints = making->report->checkpoints + sweep->first;
    int *newest = making->newest;
    int count = 0;
    for (int i = 0; i < sweep->count; i++) {
        int at = count++;
        for (; at > 0 && comes_before(&checkpoints[i], &checkpoints[newest[at - 1]]); at--)
            newest[at] = newest[at - 1];
        newest[at] = i;
    }
    for (int i = 0; i < count; i++)
        newest[i] = checkpoints[newest[i]].index;
}

static int add_curve(struct making *making, struct vote_sweep *sweep, struct hrm_error *error)
{
    enum { POINTS = 64 }; // more than any int has doublings, twice
    int all = sweep->count * making->all.count;
    sweep->curve = calloc(POINTS, sizeof *sweep->curve);
    if (!sweep->curve)
        return hrm_fail(error, HRM_FAILED, "no memory for a curve");
    sort_newest(making, sweep);
    int status = HRM_OK;
    for (int passes = 1; status == HRM_OK; passes = next_passes(passes, making->all.count, all)) {
        struct vote_row *row = &sweep->curve[sweep->curve_count++];
        snprintf(row->name, sizeof row->name, "%d pass%s", passes, passes == 1 ? "" : "es");
        status = vote_plan_add(&making->plan, row, slice(making->newest, sweep->count), making->all,
                               passes, error);
        if (passes == all)
            break;
    }
    return status;
}

/// The one pass that every puzzle has, whatever was left out later.
static int add_first(struct making *making, struct hrm_error *error)
{
    const struct vote_sweep everything = {.count = making->report->checkpoint_count};
    sort_newest(making, &everything);
    strcpy(making->report->first.name, "first pass");
    return vote_plan_add(&making->plan, &making->report->first,
                         slice(making->newest, everything.count), making->all, 1, error);
}

// --- checkpoints, runs and sweeps ----------------------------------------------------------------

static int add_checkpoint(struct making *making, struct vote_checkpoint *checkpoint,
                          struct hrm_error *error)
{
    struct hrm_selection_axis one = slice(&checkpoint->index, 1);
    snprintf(checkpoint->row.name, sizeof checkpoint->row.name, "checkpoint %d", checkpoint->index);
    memcpy(checkpoint->plain.name, checkpoint->row.name, sizeof checkpoint->plain.name);
    int status = add(making, &checkpoint->row, one, true, error);
    if (status == HRM_OK && making->report->table)
        status = add(making, &checkpoint->plain, one, false, error);
    return status;
}

static int add_run(struct making *making, struct vote_run *run, struct hrm_error *error)
{
    snprintf(run->row.name, sizeof run->row.name, "run of seed %lld", (long long)run->seed);
    if (run->count == 1)
        return HRM_OK;
    return add(making, &run->row, slice(making->index + run->first, run->count), true, error);
}

/// The last checkpoints of all runs together.
static int add_seeds(struct making *making, struct vote_sweep *sweep, struct hrm_error *error)
{
    int count = 0;
    for (int i = 0; i < sweep->runs; i++) {
        const struct vote_run *run = &making->report->runs[sweep->first_run + i];
        if (!run->copy)
            making->newest[count++] = vote_runs_last(making->report, run)->index;
    }
    snprintf(sweep->seeds.name, sizeof sweep->seeds.name, "%d runs", count);
    return count < 2 ? HRM_OK
                     : add(making, &sweep->seeds, slice(making->newest, count), true, error);
}

static int plan_sweep(struct making *making, struct vote_sweep *sweep, struct hrm_error *error)
{
    struct vote_report *report = making->report;
    int status = HRM_OK;
    for (int i = 0; i < sweep->count && status == HRM_OK; i++)
        status = add_checkpoint(making, &report->checkpoints[sweep->first + i], error);
    for (int i = 0; i < sweep->runs && status == HRM_OK; i++)
        status = add_run(making, &report->runs[sweep->first_run + i], error);
    if (status == HRM_OK)
        status = add_seeds(making, sweep, error);
    if (status == HRM_OK && report->table && sweep->count > 0)
        status = add_curve(making, sweep, error);
    return status;
}

// --- means over runs -----------------------------------------------------------------------------

/// The mean of the rows of some runs.
static int take_mean(struct vote_mean *mean, const struct vote_row *const *rows, int count,
                     double confidence, struct hrm_error *error)
{
    double *values = calloc((size_t)count, sizeof *values);
    if (!values)
        return hrm_fail(error, HRM_FAILED, "no memory for the mean of %d runs", count);
    mean->runs = count;
    for (int rule = 0; rule < HRM_RULES; rule++) {
        bool counted = true;
        for (int i = 0; i < count; i++) {
            counted = counted && vote_row_has(rows[i], (enum hrm_rule)rule);
            values[i] = vote_row_cell(rows[i], (enum hrm_rule)rule, -1, confidence).share;
        }
        mean->spread[rule] = hrm_spread_of(values, count, confidence);
        mean->rules |= counted ? 1u << rule : 0;
    }
    free(values);
    return HRM_OK;
}

/// The step after `step` of any run of the sweep, or -1.
static int64_t next_step(const struct vote_report *report, const struct vote_sweep *sweep,
                         int64_t step)
{
    int64_t next = -1;
    for (int i = sweep->first; i < sweep->first + sweep->count; i++) {
        int64_t one = report->checkpoints[i].about->step;
        if (one > step && (next < 0 || one < next))
            next = one;
    }
    return next;
}

/// The run of a checkpoint.
static const struct vote_run *run_of(const struct vote_report *report, int checkpoint)
{
    const struct vote_run *run = report->runs;
    while (checkpoint >= run->first + run->count)
        run++;
    return run;
}

static int take_steps(struct vote_report *report, struct vote_sweep *sweep,
                      const struct vote_row **rows, struct hrm_error *error)
{
    int status = HRM_OK;
    sweep->steps = calloc((size_t)sweep->count, sizeof *sweep->steps);
    if (!sweep->steps)
        return hrm_fail(error, HRM_FAILED, "no memory for a curve");
    for (int64_t step = next_step(report, sweep, -1); step >= 0 && status == HRM_OK;
         step = next_step(report, sweep, step)) {
        int count = 0;
        for (int i = sweep->first; i < sweep->first + sweep->count; i++)
            if (report->checkpoints[i].about->step == step && !run_of(report, i)->copy)
                rows[count++] = &report->checkpoints[i].row;
        if (count == 0)
            continue;
        struct vote_mean *mean = &sweep->steps[sweep->step_count++];
        status = take_mean(mean, rows, count, report->confidence, error);
        mean->step = step;
    }
    return status;
}

/// Means over the runs, of which copies of others are left out.
static int take_means(struct vote_report *report, struct vote_sweep *sweep, struct hrm_error *error)
{
    const struct vote_row **rows = calloc(2 * (size_t)sweep->count + 1, sizeof *rows);
    const struct vote_row **ensembles = rows + sweep->count;
    if (!rows)
        return hrm_fail(error, HRM_FAILED, "no memory for %d rows", sweep->count);
    bool several = false;
    int count = 0;
    for (int i = sweep->first_run; i < sweep->first_run + sweep->runs; i++) {
        const struct vote_run *run = &report->runs[i];
        if (run->copy)
            continue;
        several = several || run->count > 1;
        rows[count] = &vote_runs_last(report, run)->row;
        ensembles[count++] = run->count > 1 ? &run->row : &vote_runs_last(report, run)->row;
    }
    int status = take_mean(&sweep->last, rows, count, report->confidence, error);
    sweep->last.step = sweep->snapshots.step = -1;
    if (status == HRM_OK && several)
        status = take_mean(&sweep->snapshots, ensembles, count, report->confidence, error);
    if (status == HRM_OK)
        status = take_steps(report, sweep, rows, error);
    free(rows);
    return status;
}

// --------------------------------------------------------------------------------------------------

static int prepare(struct making *making, const struct vote_choice *choice, struct hrm_error *error)
{
    struct vote_report *report = making->report;
    const struct hrm_pool *pool = report->pool;
    struct hrm_selection chosen;
    int status =
        hrm_selection_init(&chosen, "all", choice->perturbations,
                           (int[]){pool->checkpoints, pool->perturbations}, pool->identity, error);
    if (status)
        return status;
    report->perturbation = chosen.perturbation;
    report->perturbations = chosen.perturbations;
    making->single = chosen.single;
    making->all = slice(report->perturbation, report->perturbations);
    making->plain = slice(&making->single, 1);
    free(chosen.checkpoint);
    status = vote_runs_make(report, choice->checkpoints, error);
    if (status)
        return status;
    making->index = calloc((size_t)report->checkpoint_count, sizeof *making->index);
    making->newest = calloc((size_t)report->checkpoint_count, sizeof *making->newest);
    if (!making->index || !making->newest)
        return hrm_fail(error, HRM_FAILED, "no memory for %d checkpoints",
                        report->checkpoint_count);
    for (int i = 0; i < report->checkpoint_count; i++)
        making->index[i] = report->checkpoints[i].index;
    return HRM_OK;
}

static int plan_votes(struct making *making, struct hrm_error *error)
{
    struct vote_report *report = making->report;
    strcpy(report->all.name, "all passes");
    vote_table_rows(report->pool, report->configurations);
    int status =
        add(making, &report->all, slice(making->index, report->checkpoint_count), true, error);
    if (status == HRM_OK)
        status = add_first(making, error);
    for (int i = 0; i < VOTE_TRAININGS && status == HRM_OK; i++)
        status = plan_sweep(making, &report->sweeps[i], error);
    if (report->sweeps[VOTE_PLAIN].count > 0 && report->sweeps[VOTE_MIXED].count > 0)
        report->both.count = report->table ? report->checkpoint_count : 0;
    if (status == HRM_OK && report->both.count > 0)
        status = add_curve(making, &report->both, error);
    for (int i = 0; i < VOTE_CONFIGURATIONS && report->table && status == HRM_OK; i++)
        status = add_configuration(making, &report->configurations[i], error);
    return status;
}

int vote_report_make(struct vote_report *report, const struct hrm_world *world,
                     const struct hrm_pool *pool, const struct vote_choice *choice,
                     struct hrm_error *error)
{
    *report = (struct vote_report){
        .pool = pool, .confidence = choice->confidence, .table = choice->table};
    struct making making = {.report = report, .plan.pool = pool};
    int status = prepare(&making, choice, error);
    if (status == HRM_OK)
        status = plan_votes(&making, error);
    status = hrm_agree(world->comm, status, error);
    if (status == HRM_OK)
        status = vote_plan_count(&making.plan, world, NULL, NULL, 0, error);
    for (int i = 0; i < VOTE_TRAININGS && status == HRM_OK; i++)
        if (report->sweeps[i].count > 0)
            status = take_means(report, &report->sweeps[i], error);
    status = hrm_agree(world->comm, status, error);
    vote_plan_free(&making.plan);
    free(making.index);
    free(making.newest);
    return status;
}

void vote_report_free(struct vote_report *report)
{
    for (int i = 0; i < VOTE_TRAININGS; i++) {
        free(report->sweeps[i].steps);
        free(report->sweeps[i].curve);
    }
    free(report->both.curve);
    free(report->perturbation);
    free(report->checkpoints);
    free(report->runs);
    *report = (struct vote_report){0};
}

struct vote_cell vote_row_cell(const struct vote_row *row, enum hrm_rule rule, int band,
                               double confidence)
{
    struct hrm_outcome outcome = hrm_tally_outcome(&row->tally, rule, band);
    struct vote_cell cell = {
        .asked = outcome.asked, .answered = outcome.answered, .right = outcome.right};
    if (row->copies > 0)
        cell.n = outcome.puzzles / row->copies;
    if (cell.asked > 0)
        cell.share = (double)cell.right / (double)cell.asked;
    cell.interval = hrm_interval_wilson(cell.share, cell.n, confidence);
    return cell;
}
