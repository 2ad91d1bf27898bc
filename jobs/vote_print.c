#include "jobs/vote_print.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdbool.h>

// --- text ----------------------------------------------------------------------------------------

static double percent(int64_t part, int64_t whole)
{
    return whole > 0 ? 100 * (double)part / (double)whole : 0;
}

static void print_rule(const struct vote_table *table, const struct vote_row *row,
                       enum hrm_rule rule, FILE *stream)
{
    struct vote_cell cell = vote_table_cell(table, row, rule, -1);
    char interval[32];
    if (!hrm_tally_supports(&row->tally, rule))
        return;
    snprintf(interval, sizeof interval, "%.2f - %.2f", 100 * cell.interval.low,
             100 * cell.interval.high);
    bool bound = hrm_rule_needs_labels(rule);
    fprintf(stream,
            bound ? "  %-12s %9" PRId64 " %9.2f %8.2f   %-16s needs the answers\n"
                  : "  %-12s %9" PRId64 " %9.2f %8.2f   %s\n",
            hrm_rule_name(rule), cell.n, percent(cell.answered, cell.asked), 100 * cell.share,
            interval);
}

static void print_bands(const struct vote_table *table, const struct vote_row *row, FILE *stream)
{
    fprintf(stream, "\n  %-12s", "% by rating");
    for (int band = 0; band < HRM_BANDS; band++)
        fprintf(stream, " %8s", hrm_band_name(band));
    fprintf(stream, "\n  %-12s", "n");
    for (int band = 0; band < HRM_BANDS; band++)
        fprintf(stream, " %8" PRId64, vote_table_cell(table, row, HRM_RULE_ANY, band).n);
    for (int rule = 0; rule < HRM_RULES; rule++) {
        if (!hrm_tally_supports(&row->tally, (enum hrm_rule)rule))
            continue;
        fprintf(stream, "\n  %-12s", hrm_rule_name((enum hrm_rule)rule));
        for (int band = 0; band < HRM_BANDS; band++) {
            struct vote_cell cell = vote_table_cell(table, row, (enum hrm_rule)rule, band);
            if (cell.n > 0)
                fprintf(stream, " %8.2f", 100 * cell.share);
            else
                fprintf(stream, " %8s", "-");
        }
    }
    fputc('\n', stream);
}

static void print_row(const struct vote_table *table, const struct vote_row *row, FILE *stream)
{
    const struct hrm_tally *tally = &row->tally;
    int64_t halted = tally->halted_right + tally->halted_wrong;
    int64_t right = tally->halted_right + tally->running_right;
    int64_t passes = halted + tally->running_right + tally->running_wrong;
    fprintf(stream, "\n%s: %d checkpoint%s x %d perturbation%s", row->name, row->checkpoints,
            row->checkpoints == 1 ? "" : "s", row->perturbations,
            row->perturbations == 1 ? "" : "s");
    if (row->copies > 1)
        fprintf(stream, ", mean of %d such votes", row->copies);
    fprintf(stream, "\n  %-12s %9s %9s %8s   %g%% interval\n", "rule", "n", "answered%", "right%",
            100 * table->confidence);
    for (int rule = 0; rule < HRM_RULES; rule++)
        print_rule(table, row, (enum hrm_rule)rule, stream);
    print_bands(table, row, stream);
    fprintf(stream,
            "  halting head: %" PRId64 " of %" PRId64 " passes halted, %" PRId64
            " of them right (precision %.2f%%); %" PRId64 " right (recall %.2f%%)\n"
            "  %.2f segments and %.2f%% right cells a pass\n",
            halted, passes, tally->halted_right, percent(tally->halted_right, halted), right,
            percent(tally->halted_right, right),
            passes > 0 ? (double)tally->segments / (double)passes : 0,
            percent(tally->cells_right, passes * HRM_CELLS));
    if (tally->not_run > 0)
        fprintf(stream,
                "  %" PRId64 " passes were not run, since the puzzle was certified before: "
                "other rules cannot be counted\n",
                tally->not_run);
}

void vote_print_text(const struct vote_table *table, FILE *stream)
{
    const struct hrm_votes *votes = table->votes;
    fprintf(stream,
            "%s: %d checkpoint%s x %d perturbation%s (%s) x %" PRId64
            " puzzles, up to %d segments, backend %s\n",
            votes->path, votes->plan.checkpoints, votes->plan.checkpoints == 1 ? "" : "s",
            votes->plan.perturbations, votes->plan.perturbations == 1 ? "" : "s",
            votes->about.perturbations, votes->plan.puzzles, votes->plan.segments,
            votes->about.backend);
    for (int i = 0; i < table->count; i++)
        print_row(table, &table->rows[i], stream);
    if (table->each_count < 2 ||
        !hrm_tally_supports(&table->each[table->each_count - 1].tally, HRM_RULE_SINGLE))
        return;
    fprintf(stream, "\nsingle pass of each checkpoint\n");
    for (int i = 0; i < table->each_count; i++) {
        const struct hrm_votes_checkpoint *checkpoint = &votes->checkpoints[table->each_index[i]];
        struct vote_cell cell = vote_table_cell(table, &table->each[i], HRM_RULE_SINGLE, -1);
        fprintf(stream, "  %3d  replica %" PRId64 " step %-8" PRId64 " %8.2f   %.2f - %.2f   %s\n",
                table->each_index[i], checkpoint->replica, checkpoint->step, 100 * cell.share,
                100 * cell.interval.low, 100 * cell.interval.high, checkpoint->path);
    }
}

// --- CSV -----------------------------------------------------------------------------------------

static void print_lines(const struct vote_table *table, const struct vote_row *row, FILE *stream)
{
    for (int rule = 0; rule < HRM_RULES; rule++)
        for (int band = -1; band < HRM_BANDS; band++) {
            if (!hrm_tally_supports(&row->tally, (enum hrm_rule)rule))
                continue;
            struct vote_cell cell = vote_table_cell(table, row, (enum hrm_rule)rule, band);
            fprintf(stream,
                    "%s,%d,%d,%d,%s,%d,%s,%" PRId64 ",%" PRId64 ",%" PRId64 ",%" PRId64
                    ",%.6f,%.6f,%.6f\n",
                    row->name, row->checkpoints, row->perturbations, row->copies,
                    hrm_rule_name((enum hrm_rule)rule), hrm_rule_needs_labels((enum hrm_rule)rule),
                    band < 0 ? "all" : hrm_band_name(band), cell.n, cell.asked, cell.answered,
                    cell.right, cell.share, cell.interval.low, cell.interval.high);
        }
}

void vote_print_csv(const struct vote_table *table, FILE *stream)
{
    fprintf(stream, "configuration,checkpoints,perturbations,mean_of,rule,needs_labels,rating,n,"
                    "asked,answered,right,share,low,high\n");
    for (int i = 0; i < table->count; i++)
        print_lines(table, &table->rows[i], stream);
    for (int i = 0; i < table->each_count; i++)
        print_lines(table, &table->each[i], stream);
}

// --- JSON ----------------------------------------------------------------------------------------

static json_t *json_of_cell(const struct vote_cell *cell)
{
    return json_pack("{s:I, s:I, s:I, s:I, s:f, s:f, s:f}", "n", (json_int_t)cell->n, "asked",
                     (json_int_t)cell->asked, "answered", (json_int_t)cell->answered, "right",
                     (json_int_t)cell->right, "share", cell->share, "low", cell->interval.low,
                     "high", cell->interval.high);
}

static json_t *json_of_rule(const struct vote_table *table, const struct vote_row *row,
                            enum hrm_rule rule)
{
    struct vote_cell all = vote_table_cell(table, row, rule, -1);
    json_t *object = json_of_cell(&all), *bands = json_object();
    for (int band = 0; band < HRM_BANDS; band++) {
        struct vote_cell cell = vote_table_cell(table, row, rule, band);
        json_object_set_new(bands, hrm_band_name(band), json_of_cell(&cell));
    }
    json_object_set_new(object, "needs_labels", json_boolean(hrm_rule_needs_labels(rule)));
    json_object_set_new(object, "by_rating", bands);
    return object;
}

static json_t *json_of_row(const struct vote_table *table, const struct vote_row *row)
{
    const struct hrm_tally *tally = &row->tally;
    json_t *rules = json_object();
    for (int rule = 0; rule < HRM_RULES; rule++)
        if (hrm_tally_supports(tally, (enum hrm_rule)rule))
            json_object_set_new(rules, hrm_rule_name((enum hrm_rule)rule),
                                json_of_rule(table, row, (enum hrm_rule)rule));
    json_t *halting = json_pack("{s:I, s:I, s:I, s:I, s:I}", "not_run", (json_int_t)tally->not_run,
                                "halted_right", (json_int_t)tally->halted_right, "halted_wrong",
                                (json_int_t)tally->halted_wrong, "running_right",
                                (json_int_t)tally->running_right, "running_wrong",
                                (json_int_t)tally->running_wrong);
    return json_pack("{s:s, s:i, s:i, s:i, s:o, s:o, s:I, s:I}", "name", row->name, "checkpoints",
                     row->checkpoints, "perturbations", row->perturbations, "mean_of", row->copies,
                     "rules", rules, "passes", halting, "segments", (json_int_t)tally->segments,
                     "cells_right", (json_int_t)tally->cells_right);
}

static json_t *json_of_checkpoint(const struct vote_table *table, int i)
{
    const struct hrm_votes_checkpoint *checkpoint =
        &table->votes->checkpoints[table->each_index[i]];
    struct vote_cell cell = vote_table_cell(table, &table->each[i], HRM_RULE_SINGLE, -1);
    bool counted = hrm_tally_supports(&table->each[i].tally, HRM_RULE_SINGLE);
    return json_pack("{s:i, s:s, s:I, s:I, s:I, s:o}", "index", table->each_index[i], "path",
                     checkpoint->path, "step", (json_int_t)checkpoint->step, "seed",
                     (json_int_t)checkpoint->seed, "replica", (json_int_t)checkpoint->replica,
                     "single", counted ? json_of_cell(&cell) : json_null());
}

int vote_print_json(const struct vote_table *table, FILE *stream, struct hrm_error *error)
{
    const struct hrm_votes *votes = table->votes;
    json_t *rows = json_array(), *each = json_array();
    for (int i = 0; i < table->count; i++)
        json_array_append_new(rows, json_of_row(table, &table->rows[i]));
    for (int i = 0; i < table->each_count; i++)
        json_array_append_new(each, json_of_checkpoint(table, i));
    json_t *root = json_pack(
        "{s:s, s:i, s:s, s:s, s:I, s:i, s:s, s:s, s:f, s:o, s:o}", "schema", "hrmpi-vote-table",
        "schema_version", 1, "votes", votes->path, "program", votes->about.program, "puzzles",
        (json_int_t)votes->plan.puzzles, "segments", votes->plan.segments, "perturbation_list",
        votes->about.perturbations, "backend", votes->about.backend, "confidence",
        table->confidence, "configurations", rows, "checkpoints", each);
    int failed = !root || json_dumpf(root, stream, JSON_INDENT(2) | JSON_REAL_PRECISION(12)) != 0;
    json_decref(root);
    fputc('\n', stream);
    return failed ? hrm_fail(error, HRM_FAILED, "cannot write the table as JSON") : HRM_OK;
}
