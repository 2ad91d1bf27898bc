#include "jobs/vote/vote_print.h"
#include "jobs/vote/vote_runs.h"

#include <jansson.h>

static json_t *json_of_cell(const struct vote_cell *cell)
{
    return json_pack("{s:I, s:I, s:I, s:I, s:f, s:f, s:f}", "n", (json_int_t)cell->n, "asked",
                     (json_int_t)cell->asked, "answered", (json_int_t)cell->answered, "right",
                     (json_int_t)cell->right, "share", cell->share, "low", cell->interval.low,
                     "high", cell->interval.high);
}

static json_t *json_of_rule(const struct vote_report *report, const struct vote_row *row,
                            enum hrm_rule rule)
{
    struct vote_cell all = vote_row_cell(row, rule, -1, report->confidence);
    const struct hrm_bands *bands = &report->pool->bands;
    json_t *object = json_of_cell(&all), *ratings = json_object();
    for (int band = 0; band < hrm_tally_bands(&row->tally, bands); band++) {
        struct vote_cell cell = vote_row_cell(row, rule, band, report->confidence);
        json_object_set_new(ratings, bands->names[band], json_of_cell(&cell));
    }
    json_object_set_new(object, "needs_labels", json_boolean(hrm_rule_needs_labels(rule)));
    json_object_set_new(object, "by_rating", ratings);
    return object;
}

/// What the passes of a row were like.
static json_t *json_of_passes(const struct hrm_tally *tally)
{
    return json_pack("{s:I, s:I, s:I, s:I, s:I}", "not_run", (json_int_t)tally->not_run,
                     "halted_right", (json_int_t)tally->halted_right, "halted_wrong",
                     (json_int_t)tally->halted_wrong, "running_right",
                     (json_int_t)tally->running_right, "running_wrong",
                     (json_int_t)tally->running_wrong);
}

/// Passes by bins of segments; empty bins are left out.
static json_t *json_of_depths(const int64_t *counts)
{
    json_t *object = json_object();
    for (int depth = 0; depth < HRM_DEPTHS; depth++)
        if (counts[depth] > 0)
            json_object_set_new(object, hrm_depth_name(depth), json_integer(counts[depth]));
    return object;
}

static json_t *json_of_row(const struct vote_report *report, const struct vote_row *row)
{
    const struct hrm_tally *tally = &row->tally;
    json_t *rules = json_object();
    for (int rule = 0; rule < HRM_RULES; rule++)
        if (vote_row_has(row, (enum hrm_rule)rule))
            json_object_set_new(rules, hrm_rule_name((enum hrm_rule)rule),
                                json_of_rule(report, row, (enum hrm_rule)rule));
    return json_pack("{s:s, s:i, s:i, s:i, s:i, s:o, s:o, s:I, s:I, s:I, s:I, s:o, s:o, s:o}",
                     "name", row->name, "checkpoints", row->checkpoints, "perturbations",
                     row->perturbations, "passes_of_a_vote", row->passes, "mean_of", row->copies,
                     "rules", rules, "passes", json_of_passes(tally), "segments",
                     (json_int_t)tally->segments, "settled", (json_int_t)tally->settled,
                     "cells_right", (json_int_t)tally->matches, "conflicts",
                     (json_int_t)tally->defects, "by_segments", json_of_depths(tally->by_segments),
                     "by_settled", json_of_depths(tally->by_settled), "right_by_settled",
                     json_of_depths(tally->right_by_settled));
}

static json_t *json_of_mean(const struct vote_mean *mean)
{
    json_t *rules = json_object();
    for (int rule = 0; rule < HRM_RULES; rule++) {
        const struct hrm_spread *spread = &mean->spread[rule];
        if (!(mean->rules >> rule & 1))
            continue;
        json_t *one = json_pack("{s:f}", "mean", spread->mean);
        if (mean->runs > 1)
            json_object_set_new(one, "sd", json_real(spread->sd));
        if (spread->known) {
            json_object_set_new(one, "low", json_real(spread->interval.low));
            json_object_set_new(one, "high", json_real(spread->interval.high));
        }
        json_object_set_new(rules, hrm_rule_name((enum hrm_rule)rule), one);
    }
    json_t *object = json_pack("{s:i, s:o}", "runs", mean->runs, "rules", rules);
    if (mean->step >= 0)
        json_object_set_new(object, "step", json_integer(mean->step));
    return object;
}

static json_t *json_of_configuration(const struct vote_report *report,
                                     const struct vote_configuration *one)
{
    json_t *object;
    if (one->missing)
        object = json_pack("{s:s, s:s}", "name", one->row.name, "missing", one->missing);
    else
        object = json_of_row(report, &one->row);
    json_object_set_new(object, "mixing", json_boolean(one->training == VOTE_MIXED));
    if (one->published > 0)
        json_object_set_new(object, "paper", json_real(one->published / 100));
    return object;
}

static json_t *json_of_checkpoint(const struct vote_report *report,
                                  const struct vote_checkpoint *one)
{
    const struct hrm_votes_checkpoint *about = one->about;
    return json_pack("{s:i, s:i, s:s, s:I, s:I, s:I, s:b, s:o}", "index", one->index, "file",
                     report->pool->file[one->index], "path", about->path, "step",
                     (json_int_t)about->step, "seed", (json_int_t)about->seed, "replica",
                     (json_int_t)about->replica, "mixing", one->training == VOTE_MIXED, "votes",
                     json_of_row(report, &one->row));
}

static json_t *json_of_run(const struct vote_report *report, const struct vote_run *run)
{
    json_t *checkpoints = json_array();
    for (int i = run->first; i < run->first + run->count; i++)
        json_array_append_new(checkpoints, json_integer(report->checkpoints[i].index));
    json_t *object =
        json_pack("{s:I, s:I, s:I, s:o}", "seed", (json_int_t)run->seed, "replica",
                  (json_int_t)run->replica, "last_step",
                  (json_int_t)vote_runs_last(report, run)->about->step, "checkpoints", checkpoints);
    if (run->row.copies > 0)
        json_object_set_new(object, "ensemble", json_of_row(report, &run->row));
    return object;
}

static json_t *json_of_sweep(const struct vote_report *report, const struct vote_sweep *sweep)
{
    json_t *runs = json_array(), *steps = json_array(), *curve = json_array();
    for (int i = sweep->first_run; i < sweep->first_run + sweep->runs; i++)
        json_array_append_new(runs, json_of_run(report, &report->runs[i]));
    for (int i = 0; i < sweep->step_count; i++)
        json_array_append_new(steps, json_of_mean(&sweep->steps[i]));
    for (int i = 0; i < sweep->curve_count; i++)
        json_array_append_new(curve, json_of_row(report, &sweep->curve[i]));
    json_t *object =
        json_pack("{s:b, s:o, s:o, s:o, s:o}", "mixing",
                  report->checkpoints[sweep->first].training == VOTE_MIXED, "runs", runs,
                  "last_step", json_of_mean(&sweep->last), "by_step", steps, "by_passes", curve);
    if (sweep->snapshots.runs > 0)
        json_object_set_new(object, "ensembles_of_runs", json_of_mean(&sweep->snapshots));
    if (sweep->seeds.copies > 0)
        json_object_set_new(object, "ensemble_over_seeds", json_of_row(report, &sweep->seeds));
    return object;
}

static json_t *json_of_file(const struct hrm_votes *votes)
{
    return json_pack("{s:s, s:s, s:s, s:s, s:i, s:i}", "path", votes->path, "program",
                     votes->about.program, "backend", votes->about.backend, "puzzle_source",
                     votes->about.puzzles, "checkpoints", votes->plan.checkpoints, "segments",
                     votes->plan.segments);
}

static json_t *json_of_report(const struct vote_report *report)
{
    const struct hrm_pool *pool = report->pool;
    json_t *files = json_array(), *checkpoints = json_array(), *sweeps = json_array();
    for (int i = 0; i < pool->files; i++)
        json_array_append_new(files, json_of_file(&pool->votes[i]));
    for (int i = 0; i < report->checkpoint_count; i++)
        json_array_append_new(checkpoints, json_of_checkpoint(report, &report->checkpoints[i]));
    for (int i = 0; i < VOTE_TRAININGS; i++)
        if (report->sweeps[i].count > 0)
            json_array_append_new(sweeps, json_of_sweep(report, &report->sweeps[i]));
    return json_pack("{s:s, s:i, s:o, s:I, s:s, s:i, s:f, s:o, s:o, s:o}", "schema",
                     "hrmpi-vote-report", "schema_version", 1, "files", files, "puzzles",
                     (json_int_t)pool->puzzles, "perturbation_list",
                     pool->votes[0].about.perturbations, "perturbations", report->perturbations,
                     "confidence", report->confidence, "all", json_of_row(report, &report->all),
                     "checkpoints", checkpoints, "sweeps", sweeps);
}

int vote_print_json(const struct vote_report *report, FILE *stream, struct hrm_error *error)
{
    json_t *root = json_of_report(report), *configurations = json_array(), *curve = json_array();
    for (int i = 0; i < VOTE_CONFIGURATIONS && report->table; i++)
        json_array_append_new(configurations,
                              json_of_configuration(report, &report->configurations[i]));
    if (report->table)
        json_object_set(root, "configurations", configurations);
    for (int i = 0; i < report->both.curve_count; i++)
        json_array_append_new(curve, json_of_row(report, &report->both.curve[i]));
    if (report->both.curve_count > 0)
        json_object_set(root, "by_passes", curve);
    int failed = !root || json_dumpf(root, stream, JSON_INDENT(2) | JSON_REAL_PRECISION(12)) != 0;
    json_decref(configurations);
    json_decref(curve);
    json_decref(root);
    fputc('\n', stream);
    return failed ? hrm_fail(error, HRM_FAILED, "cannot write the report as JSON") : HRM_OK;
}
