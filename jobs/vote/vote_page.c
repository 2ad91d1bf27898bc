#include "jobs/vote/vote_page.h"

#include "jobs/cli/console.h"
#include "jobs/page/page.h"
#include "jobs/plot/gnuplot.h"
#include "jobs/plot/svg.h"
#include "jobs/vote/vote_figures.h"
#include "jobs/vote/vote_table.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static double percent(int64_t part, int64_t whole)
{
    return whole > 0 ? 100 * (double)part / (double)whole : 0;
}

static const char *plural(int count)
{
    return count == 1 ? "" : "s";
}

// --- tables with a column for each rule ----------------------------------------------------------

/// @param rules  [in] bits of those that have a column
static void put_rule_names(unsigned rules, FILE *stream)
{
    for (int rule = 0; rule < HRM_RULES; rule++)
        if (rules >> rule & 1)
            fprintf(stream,
                    hrm_rule_needs_labels((enum hrm_rule)rule) ? "<th class=bound>%s&nbsp;&dagger;"
                                                               : "<th>%s",
                    hrm_rule_name((enum hrm_rule)rule));
}

/// A share with its interval; a dash when it is not known. @param n  [in] puzzles
static void put_share(int rule, bool known, double share, struct hrm_interval interval, int64_t n,
                      FILE *stream)
{
    int decimals = hrm_share_decimals(n);
    fputs(hrm_rule_needs_labels((enum hrm_rule)rule) ? "<td class=bound>" : "<td>", stream);
    if (!known)
        fputs("&ndash;", stream);
    else if (isfinite(interval.low) && isfinite(interval.high))
        fprintf(stream, "%.*f<small>%.*f &ndash; %.*f</small>", decimals, 100 * share, decimals,
                100 * interval.low, decimals, 100 * interval.high);
    else
        fprintf(stream, "%.*f", decimals, 100 * share);
}

static void put_cells(const struct vote_report *report, const struct vote_row *row, int band,
                      unsigned rules, FILE *stream)
{
    for (int rule = 0; rule < HRM_RULES; rule++) {
        struct vote_cell cell = vote_row_cell(row, (enum hrm_rule)rule, band, report->confidence);
        if (rules >> rule & 1)
            put_share(rule, vote_row_has(row, (enum hrm_rule)rule) && cell.n > 0, cell.share,
                      cell.interval, cell.n, stream);
    }
    fputc('\n', stream);
}

static void put_mean(const struct vote_report *report, const struct vote_mean *mean, const char *of,
                     unsigned rules, FILE *stream)
{
    const struct hrm_interval none = {-INFINITY, INFINITY};
    int64_t n = report->pool->puzzles;
    fprintf(stream, "<tr><th>%s<td>%d", of, mean->runs);
    for (int rule = 0; rule < HRM_RULES; rule++)
        if (rules >> rule & 1)
            put_share(rule, mean->rules >> rule & 1, mean->spread[rule].mean,
                      mean->spread[rule].interval, n, stream);
    fputs("\n<tr><th>&emsp;standard deviation<td>", stream);
    for (int rule = 0; rule < HRM_RULES; rule++)
        if (rules >> rule & 1)
            put_share(rule, mean->rules >> rule & 1, mean->spread[rule].sd, none, n, stream);
    fputc('\n', stream);
}

// --- notes ---------------------------------------------------------------------------------------

static void put_notes(const struct vote_report *report, FILE *stream)
{
    vote_page_head(report, stream);
    fprintf(stream,
            "<p class=soft>Figures are percentages of puzzles answered right; below them "
            "%g&thinsp;%% Wilson intervals over the puzzles. Rules marked &dagger; look at the "
            "answers: they are bounds, not procedures.</p>\n",
            100 * report->confidence);
    if (report->unrecorded > 0)
        fprintf(stream,
                "<p class=soft>%d checkpoint%s not told whether they were trained with mixing, and "
                "count as without.</p>\n",
                report->unrecorded, report->unrecorded == 1 ? " has" : "s have");
    if (report->all.tally.not_run > 0)
        fprintf(stream,
                "<p class=soft>%" PRId64 " passes were not run, since they could not change an "
                "answer: rules that they could change are not counted.</p>\n",
                report->all.tally.not_run);
    if (report->doubled > 0)
        fprintf(stream, "<p class=soft>%d checkpoint%s left out, whose weights vote already.</p>\n",
                report->doubled, report->doubled == 1 ? " is" : "s are");
    if (report->copies > 0)
        fprintf(stream,
                "<p class=soft>%d run%s the weights of others, to another number of segments, and "
                "not in means over seeds.</p>\n",
                report->copies, report->copies == 1 ? " has" : "s have");
}

static void put_configuration_table(const struct vote_report *report, unsigned rules, FILE *stream)
{
    fputs("<div class=wide><table>\n<thead><tr><th>configuration<th>passes", stream);
    put_rule_names(rules, stream);
    fputs("<th class=bound>paper&nbsp;&dagger;\n<tbody>\n", stream);
    for (int i = 0; i < VOTE_CONFIGURATIONS; i++) {
        const struct vote_configuration *one = &report->configurations[i];
        if (vote_left_out(one))
            continue;
        fprintf(stream, "<tr><th>%s<td>%d", one->row.name, one->row.passes);
        put_cells(report, &one->row, -1, rules, stream);
        fputs("<td class=bound>", stream);
        fprintf(stream, one->published > 0 ? "%.1f\n" : "&ndash;\n", one->published);
    }
    if (report->both.count > 0 && vote_row_rules(&report->all)) {
        fprintf(stream, "<tr><th>%s<td>%d", report->all.name, report->all.passes);
        put_cells(report, &report->all, -1, rules, stream);
        fputs("<td class=bound>&ndash;\n", stream);
    }
    fputs("</table></div>\n<p class=soft>Without bootstrap a figure is the mean over the "
          "checkpoints. The paper's (Ren and Liu, arXiv 2601.10679) are of other models, under the "
          "rule <i>published</i>.</p>\n",
          stream);
}

static void put_configurations(const struct vote_report *report, FILE *stream)
{
    unsigned rules = vote_rules_of_configurations(report);
    fputs("<h2>Configurations</h2>\n", stream);
    if (rules != 0)
        put_configuration_table(report, rules, stream);
    vote_table_left_out(report, "<p class=soft>Left out, since ", ".</p>\n", stream);
}

// --- pictures and what belongs to them -----------------------------------------------------------

/// A picture under a heading, for a page and for a phone; nothing when there is nothing to show.
static int put_figure(const struct vote_report *report, enum vote_figure which, const char *heading,
                      const char *caption, FILE *stream, struct hrm_error *error)
{
    char *wide, *narrow = NULL;
    int status = vote_figure_draw(report, which, VOTE_WIDE, &wide, error);
    if (status == HRM_OK && wide)
        status = vote_figure_draw(report, which, VOTE_NARROW, &narrow, error);
    if (status == HRM_OK && wide && narrow)
        fprintf(stream,
                "<h2>%s</h2>\n<figure>\n<div class=desk>\n%s</div>\n<div class=phone>\n%s</div>\n"
                "<figcaption>%s</figcaption>\n</figure>\n",
                heading, wide, narrow, caption);
    free(wide);
    free(narrow);
    return status;
}

/// The two trainings, and both.
static const struct vote_sweep *sweep_at(const struct vote_report *report, int i)
{
    return i < VOTE_TRAININGS ? &report->sweeps[i] : &report->both;
}

static void put_curves(const struct vote_report *report, FILE *stream)
{
    for (int i = 0; i <= VOTE_TRAININGS; i++) {
        const struct vote_sweep *sweep = sweep_at(report, i);
        unsigned rules = vote_rules_of_curve(sweep);
        if (sweep->curve_count < 2 || rules == 0)
            continue;
        fputs("<div class=wide><table>\n<thead><tr><th>passes", stream);
        put_rule_names(rules, stream);
        fputs("\n<tbody>\n", stream);
        for (int k = 0; k < sweep->curve_count; k++) {
            if (vote_row_rules(&sweep->curve[k]) == 0)
                continue;
            fprintf(stream, "<tr><th>%d", sweep->curve[k].passes);
            put_cells(report, &sweep->curve[k], -1, rules, stream);
        }
        fprintf(stream, "</table></div>\n<p class=soft>By passes, %s.</p>\n",
                vote_sweep_name(report, sweep));
    }
}

static void put_bands(const struct vote_report *report, FILE *stream)
{
    const struct hrm_bands *bands = &report->pool->bands;
    for (int i = 0; i <= VOTE_TRAININGS; i++) {
        const struct vote_row *row = vote_figure_fullest(report, sweep_at(report, i));
        unsigned rules = row ? vote_row_rules(row) : 0;
        if (rules == 0)
            continue;
        fputs("<div class=wide><table>\n<thead><tr><th>rating<th>puzzles", stream);
        put_rule_names(rules, stream);
        fputs("\n<tbody>\n", stream);
        for (int band = 0; band < hrm_tally_bands(&row->tally, bands); band++) {
            struct vote_cell cell = vote_row_cell(row, HRM_RULE_ANY, band, report->confidence);
            if (cell.n == 0)
                continue;
            fprintf(stream, "<tr><th>%s<td>%" PRId64, bands->names[band], cell.n);
            put_cells(report, row, band, rules, stream);
        }
        fprintf(stream, "</table></div>\n<p class=soft>Of %s, %d passes.</p>\n", row->name,
                row->passes);
    }
}

static void put_halting_row(const struct vote_report *report, const struct vote_row *row,
                            FILE *stream)
{
    int positions = report->pool->votes[0].task.shape.positions;
    const struct hrm_tally *tally = &row->tally;
    int64_t halted = tally->halted_right + tally->halted_wrong;
    int64_t right = tally->halted_right + tally->running_right;
    int64_t passes = halted + tally->running_right + tally->running_wrong;
    double one = passes > 0 ? 1 / (double)passes : 0;
    const struct {
        int64_t part, whole;
    } shares[] = {{halted, passes},
                  {right, passes},
                  {tally->halted_right, halted},
                  {tally->halted_right, right}};
    fprintf(stream, "<tr><th>%s<td>%" PRId64, row->name, passes);
    for (size_t i = 0; i < sizeof shares / sizeof *shares; i++)
        if (shares[i].whole > 0)
            fprintf(stream, "<td>%.*f", hrm_share_decimals(shares[i].whole),
                    percent(shares[i].part, shares[i].whole));
        else
            fputs("<td>&ndash;", stream);
    fprintf(stream, "<td>%.1f<td>%.1f<td>%.1f<td>%.1f\n", (double)tally->segments * one,
            (double)tally->settled * one, percent(tally->matches, passes * positions),
            (double)tally->defects * one);
}

static void put_halting(const struct vote_report *report, FILE *stream)
{
    fputs("<h2>Halting head</h2>\n<div class=wide><table>\n<thead><tr><th>configuration<th>passes"
          "<th>halted, %<th>right, %<th>precision, %<th>recall, %<th>segments<th>settled at"
          "<th>right cells, %<th>conflicts\n<tbody>\n",
          stream);
    for (int i = 0; i < VOTE_CONFIGURATIONS; i++)
        if (!report->configurations[i].missing)
            put_halting_row(report, &report->configurations[i].row, stream);
    if (report->both.count > 0)
        put_halting_row(report, &report->all, stream);
    fprintf(
        stream,
        "</table></div>\n<p class=soft>Precision: of the passes that halted, those that are "
        "right. Recall: of the right passes, those that halted. Segments, the segment from which "
        "on the answer stayed, and conflicts (%s) are means of a pass.</p>\n",
        report->pool->votes[0].task.kind->defects);
}

// --- checkpoints ---------------------------------------------------------------------------------

static void put_seeds(const struct vote_report *report, const struct vote_sweep *sweep,
                      unsigned rules, FILE *stream)
{
    put_mean(report, &sweep->last, "mean over seeds, last step", rules, stream);
    if (sweep->snapshots.runs > 0)
        put_mean(report, &sweep->snapshots, "mean of each seed&rsquo;s ensemble", rules, stream);
    fprintf(stream, "<tr><th>ensemble of the last steps<td>%d", sweep->last.runs);
    put_cells(report, &sweep->seeds, -1, rules, stream);
}

static void put_checkpoints(const struct vote_report *report, FILE *stream)
{
    for (int i = 0; i < VOTE_TRAININGS; i++) {
        const struct vote_sweep *sweep = &report->sweeps[i];
        unsigned rules = vote_rules_of_checkpoints(report, sweep);
        if (sweep->count == 0 || rules == 0)
            continue;
        fprintf(stream,
                "<h2>Checkpoints trained %s</h2>\n<div class=wide><table>\n"
                "<thead><tr><th>checkpoint<th>%s",
                vote_training_name((enum vote_training)i), sweep->last.runs > 1 ? "seeds" : "");
        put_rule_names(rules, stream);
        fputs("\n<tbody>\n", stream);
        for (int k = sweep->first; k < sweep->first + sweep->count; k++) {
            const struct vote_checkpoint *one = &report->checkpoints[k];
            fprintf(stream, "<tr><th>seed %" PRId64 ", step %" PRId64 "<td>", one->about->seed,
                    one->about->step);
            put_cells(report, &one->row, -1, rules, stream);
        }
        if (sweep->last.runs > 1)
            put_seeds(report, sweep, rules, stream);
        fprintf(stream, "</table></div>\n<p class=soft>Each under %d perturbation%s.%s</p>\n",
                report->perturbations, plural(report->perturbations),
                sweep->last.runs > 1 ? " Intervals of means over seeds are Student&rsquo;s t."
                                     : "");
    }
}

static void put_comparison(const struct vote_comparison *comparison, FILE *stream)
{
    fputs("<h2>McNemar&rsquo;s test: ", stream);
    svg_put_text(comparison->sides[0].name, stream);
    fputs(" against ", stream);
    svg_put_text(comparison->sides[1].name, stream);
    fputs("</h2>\n<div class=wide><table>\n<thead><tr><th>rule<th>first, %<th>second, %"
          "<th>both right<th>only first<th>only second<th>neither<th>p, exact<th>mid-p\n<tbody>\n",
          stream);
    for (int rule = 0; rule < HRM_RULES; rule++) {
        const struct hrm_mcnemar *table = &comparison->tables[rule];
        int64_t n = table->both + table->first + table->second + table->neither;
        if (!(comparison->rules >> rule & 1))
            continue;
        fprintf(stream,
                "<tr><th>%s%s<td>%.*f<td>%.*f<td>%" PRId64 "<td>%" PRId64 "<td>%" PRId64
                "<td>%" PRId64 "<td>%.3g<td>%.3g\n",
                hrm_rule_name((enum hrm_rule)rule),
                hrm_rule_needs_labels((enum hrm_rule)rule) ? "&nbsp;&dagger;" : "",
                hrm_share_decimals(n), percent(table->both + table->first, n),
                hrm_share_decimals(n), percent(table->both + table->second, n), table->both,
                table->first, table->second, table->neither, hrm_mcnemar_exact(table),
                hrm_mcnemar_midp(table));
    }
    fputs("</table></div>\n<p class=soft>Numbers of puzzles; the tests are two-sided, and ask "
          "whether both are right equally often.</p>\n",
          stream);
}

// --- rules ---------------------------------------------------------------------------------------

static void put_rules(FILE *stream)
{
    fputs("<h2>Rules</h2>\n<div class=wide><table>\n<thead><tr><th>rule<th class=text>looks at the "
          "answers<th class=text>the answer\n<tbody>\n",
          stream);
    for (int rule = 0; rule < HRM_RULES; rule++)
        fprintf(stream, "<tr><th>%s<td class=text>%s<td class=text>%s\n",
                hrm_rule_name((enum hrm_rule)rule),
                hrm_rule_needs_labels((enum hrm_rule)rule) ? "yes &dagger;" : "no",
                hrm_rule_help((enum hrm_rule)rule));
    fputs(
        "</table></div>\n<p class=soft>A pass is one checkpoint under one perturbation on one "
        "puzzle; it has halted when its halting head asks to stop at its last segment. Ties go to "
        "the larger sum of q_halt, then to the smaller answer. Where no pass halted, or no answer "
        "is "
        "proved right, the rules that ask for it give no answer.</p>\n",
        stream);
}

// -------------------------------------------------------------------------------------------------

/// What the pictures are, in the order of the page.
static const struct picture {
    const char *heading, *caption;
} PICTURES[VOTE_FIGURES] = {
    [VOTE_FIGURE_PASSES] = {"Accuracy against the number of passes",
                            "Newest checkpoint first, the perturbations of each in order. Bands "
                            "are Wilson intervals; where rules agree, their lines lie within each "
                            "other and have one band."},
    [VOTE_FIGURE_RATINGS] = {"By rating", "All passes of one training together; a rating is the "
                                          "number of guesses that a puzzle takes a backtracking "
                                          "solver. Bars are Wilson intervals."},
    [VOTE_FIGURE_SEGMENTS] = {"Segments", "All passes of all checkpoints."},
    [VOTE_FIGURE_STEPS] = {"Accuracy against the training step",
                           "All perturbations of one checkpoint vote together. Bands are Wilson "
                           "intervals of one seed, or t intervals of the mean over seeds."}};

static int put_picture(const struct vote_report *report, enum vote_figure which, bool drawn,
                       FILE *stream, struct hrm_error *error)
{
    const struct picture *picture = &PICTURES[which];
    return drawn ? put_figure(report, which, picture->heading, picture->caption, stream, error)
                 : HRM_OK;
}

int vote_page_write(const struct vote_report *report, const struct vote_comparison *comparison,
                    bool drawn, FILE *stream, struct hrm_error *error)
{
    put_notes(report, stream);
    if (!drawn)
        fputs("<p class=soft>Without pictures, since gnuplot, which draws them, is not installed. "
              "To have them, " GNUPLOT_REMEDY " and make the page again.</p>\n",
              stream);
    put_configurations(report, stream);
    int status = put_picture(report, VOTE_FIGURE_PASSES, drawn, stream, error);
    put_curves(report, stream);
    if (status == HRM_OK)
        status = put_picture(report, VOTE_FIGURE_RATINGS, drawn, stream, error);
    put_bands(report, stream);
    put_halting(report, stream);
    if (status == HRM_OK)
        status = put_picture(report, VOTE_FIGURE_SEGMENTS, drawn, stream, error);
    if (status == HRM_OK)
        status = put_picture(report, VOTE_FIGURE_STEPS, drawn, stream, error);
    put_checkpoints(report, stream);
    if (comparison)
        put_comparison(comparison, stream);
    put_rules(stream);
    vote_page_origin(report, stream);
    page_end(stream);
    if (status == HRM_OK && ferror(stream))
        status = hrm_fail(error, HRM_FAILED, "the page cannot be written");
    return status;
}
