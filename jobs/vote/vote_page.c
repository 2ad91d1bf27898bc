#include "jobs/vote/vote_page.h"

#include "jobs/vote/vote_figures.h"
#include "jobs/vote/vote_page_style.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

void vote_page_text(const char *text, FILE *stream)
{
    for (; *text; text++) {
        if (*text == '&')
            fputs("&amp;", stream);
        else if (*text == '<')
            fputs("&lt;", stream);
        else if (*text == '>')
            fputs("&gt;", stream);
        else if (*text == '"')
            fputs("&quot;", stream);
        else
            fputc(*text, stream);
    }
}

static double percent(int64_t part, int64_t whole)
{
    return whole > 0 ? 100 * (double)part / (double)whole : 0;
}

static const char *plural(int count)
{
    return count == 1 ? "" : "s";
}

// --- tables with a column for each rule ----------------------------------------------------------

static void put_rule_names(FILE *stream)
{
    for (int rule = 0; rule < HRM_RULES; rule++)
        fprintf(stream,
                hrm_rule_needs_labels((enum hrm_rule)rule) ? "<th class=bound>%s&nbsp;&dagger;"
                                                           : "<th>%s",
                hrm_rule_name((enum hrm_rule)rule));
}

/// A share with its interval; a dash when it is not known.
static void put_share(int rule, bool known, double share, struct hrm_interval interval,
                      FILE *stream)
{
    fputs(hrm_rule_needs_labels((enum hrm_rule)rule) ? "<td class=bound>" : "<td>", stream);
    if (!known)
        fputs("&ndash;", stream);
    else if (interval.low >= -1 && interval.high <= 2)
        fprintf(stream, "%.2f<small>%.2f &ndash; %.2f</small>", 100 * share, 100 * interval.low,
                100 * interval.high);
    else
        fprintf(stream, "%.2f", 100 * share);
}

static void put_cells(const struct vote_report *report, const struct vote_row *row, int band,
                      FILE *stream)
{
    for (int rule = 0; rule < HRM_RULES; rule++) {
        struct vote_cell cell = vote_row_cell(row, (enum hrm_rule)rule, band, report->confidence);
        put_share(rule, vote_row_has(row, (enum hrm_rule)rule) && cell.n > 0, cell.share,
                  cell.interval, stream);
    }
    fputc('\n', stream);
}

static void put_mean(const struct vote_mean *mean, const char *of, FILE *stream)
{
    fprintf(stream, "<tr><th>%s<td>%d", of, mean->runs);
    for (int rule = 0; rule < HRM_RULES; rule++)
        put_share(rule, mean->rules >> rule & 1, mean->spread[rule].mean,
                  mean->spread[rule].interval, stream);
    fputs("\n<tr><th>&emsp;standard deviation<td>", stream);
    for (int rule = 0; rule < HRM_RULES; rule++)
        put_share(rule, mean->rules >> rule & 1, mean->spread[rule].sd,
                  (struct hrm_interval){-9, 9}, stream);
    fputc('\n', stream);
}

// --- head ----------------------------------------------------------------------------------------

static void put_head(const struct vote_report *report, FILE *stream)
{
    const struct hrm_pool *pool = report->pool;
    fputs("<!DOCTYPE html>\n<html lang=en>\n<meta charset=utf-8>\n"
          "<meta name=viewport content=\"width=device-width\">\n<title>",
          stream);
    fprintf(stream, "Votes on %" PRId64 " puzzles</title>\n<style>\n%s</style>\n<main>\n",
            pool->puzzles, VOTE_PAGE_STYLE);
    fprintf(stream,
            "<h1>Votes on %" PRId64 " puzzles</h1>\n<p>%d checkpoint%s under %d perturbation%s, up "
            "to %d segments a pass.</p>\n<p class=soft>Figures are percentages of puzzles answered "
            "right; below them %g&thinsp;%% Wilson intervals over the puzzles. Rules marked "
            "&dagger; look at the answers: they are bounds, not procedures.</p>\n",
            pool->puzzles, report->checkpoint_count, plural(report->checkpoint_count),
            report->perturbations, plural(report->perturbations), pool->segments,
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
        fprintf(stream, "<p class=soft>%d checkpoint%s there several times in a vote.</p>\n",
                report->doubled, report->doubled == 1 ? " is" : "s are");
}

static void put_configurations(const struct vote_report *report, FILE *stream)
{
    fputs("<h2>Configurations</h2>\n<div class=wide><table>\n<thead><tr><th>configuration"
          "<th>passes",
          stream);
    put_rule_names(stream);
    fputs("<th class=bound>paper&nbsp;&dagger;\n<tbody>\n", stream);
    for (int i = 0; i < VOTE_CONFIGURATIONS; i++) {
        const struct vote_configuration *one = &report->configurations[i];
        fprintf(stream, "<tr><th>%s", one->row.name);
        if (one->missing) {
            fprintf(stream, "<td class=missing colspan=%d>%s", HRM_RULES + 1, one->missing);
        } else {
            fprintf(stream, "<td>%d", one->row.passes);
            put_cells(report, &one->row, -1, stream);
        }
        fputs("<td class=bound>", stream);
        fprintf(stream, one->published > 0 ? "%.1f\n" : "&ndash;\n", one->published);
    }
    if (report->both.count > 0) {
        fprintf(stream, "<tr><th>%s<td>%d", report->all.name, report->all.passes);
        put_cells(report, &report->all, -1, stream);
        fputs("<td class=bound>&ndash;\n", stream);
    }
    fputs("</table></div>\n<p class=soft>Without bootstrap a figure is the mean over the "
          "checkpoints. The paper's (Ren and Liu, arXiv 2601.10679) are of other models, under the "
          "rule <i>published</i>.</p>\n",
          stream);
}

// --- pictures and what belongs to them -----------------------------------------------------------

/// A picture under a heading; nothing when there is nothing to show.
static int put_figure(const struct vote_report *report, enum vote_figure which, const char *heading,
                      const char *caption, FILE *stream, struct hrm_error *error)
{
    char *svg;
    int status = vote_figure_draw(report, which, &svg, error);
    if (status == HRM_OK && svg)
        fprintf(stream, "<h2>%s</h2>\n<figure>\n%s<figcaption>%s</figcaption>\n</figure>\n",
                heading, svg, caption);
    free(svg);
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
        if (sweep->curve_count < 2)
            continue;
        fputs("<div class=wide><table>\n<thead><tr><th>passes", stream);
        put_rule_names(stream);
        fputs("\n<tbody>\n", stream);
        for (int k = 0; k < sweep->curve_count; k++) {
            fprintf(stream, "<tr><th>%d", sweep->curve[k].passes);
            put_cells(report, &sweep->curve[k], -1, stream);
        }
        fprintf(stream, "</table></div>\n<p class=soft>By passes, %s.</p>\n",
                vote_sweep_name(report, sweep));
    }
}

static void put_bands(const struct vote_report *report, FILE *stream)
{
    for (int i = 0; i <= VOTE_TRAININGS; i++) {
        const struct vote_row *row = vote_figure_fullest(report, sweep_at(report, i));
        if (!row)
            continue;
        fputs("<div class=wide><table>\n<thead><tr><th>rating<th>puzzles", stream);
        put_rule_names(stream);
        fputs("\n<tbody>\n", stream);
        for (int band = 0; band < HRM_BANDS; band++) {
            struct vote_cell cell = vote_row_cell(row, HRM_RULE_ANY, band, report->confidence);
            fprintf(stream, "<tr><th>%s<td>%" PRId64, hrm_band_name(band), cell.n);
            put_cells(report, row, band, stream);
        }
        fprintf(stream, "</table></div>\n<p class=soft>Of %s, %d passes.</p>\n", row->name,
                row->passes);
    }
}

static void put_halting_row(const struct vote_row *row, FILE *stream)
{
    const struct hrm_tally *tally = &row->tally;
    int64_t halted = tally->halted_right + tally->halted_wrong;
    int64_t right = tally->halted_right + tally->running_right;
    int64_t passes = halted + tally->running_right + tally->running_wrong;
    double one = passes > 0 ? 1 / (double)passes : 0;
    fprintf(stream,
            "<tr><th>%s<td>%" PRId64 "<td>%.2f<td>%.2f<td>%.2f<td>%.2f<td>%.2f<td>%.2f<td>%.2f"
            "<td>%.2f\n",
            row->name, passes, percent(halted, passes), percent(right, passes),
            percent(tally->halted_right, halted), percent(tally->halted_right, right),
            (double)tally->segments * one, (double)tally->settled * one,
            percent(tally->cells_right, passes * HRM_CELLS), (double)tally->conflicts * one);
}

static void put_halting(const struct vote_report *report, FILE *stream)
{
    fputs("<h2>Halting head</h2>\n<div class=wide><table>\n<thead><tr><th>configuration<th>passes"
          "<th>halted, %<th>right, %<th>precision, %<th>recall, %<th>segments<th>settled at"
          "<th>right cells, %<th>conflicts\n<tbody>\n",
          stream);
    for (int i = 0; i < VOTE_CONFIGURATIONS; i++)
        if (!report->configurations[i].missing)
            put_halting_row(&report->configurations[i].row, stream);
    if (report->both.count > 0)
        put_halting_row(&report->all, stream);
    fputs(
        "</table></div>\n<p class=soft>Precision: of the passes that halted, those that are "
        "right. Recall: of the right passes, those that halted. Segments, the segment from which "
        "on the grid stayed, and conflicts (repeated digits in rows, columns and boxes) are means "
        "of a pass.</p>\n",
        stream);
}

// --- checkpoints ---------------------------------------------------------------------------------

static void put_seeds(const struct vote_report *report, const struct vote_sweep *sweep,
                      FILE *stream)
{
    put_mean(&sweep->last, "mean over seeds, last step", stream);
    if (sweep->snapshots.runs > 0)
        put_mean(&sweep->snapshots, "mean of each seed&rsquo;s ensemble", stream);
    fprintf(stream, "<tr><th>ensemble of the last steps<td>%d", sweep->runs);
    put_cells(report, &sweep->seeds, -1, stream);
}

static void put_checkpoints(const struct vote_report *report, FILE *stream)
{
    for (int i = 0; i < VOTE_TRAININGS; i++) {
        const struct vote_sweep *sweep = &report->sweeps[i];
        if (sweep->count == 0)
            continue;
        fprintf(stream,
                "<h2>Checkpoints trained %s</h2>\n<div class=wide><table>\n"
                "<thead><tr><th>checkpoint<th>%s",
                vote_training_name((enum vote_training)i), sweep->runs > 1 ? "seeds" : "");
        put_rule_names(stream);
        fputs("\n<tbody>\n", stream);
        for (int k = sweep->first; k < sweep->first + sweep->count; k++) {
            const struct vote_checkpoint *one = &report->checkpoints[k];
            fprintf(stream, "<tr><th>seed %" PRId64 ", step %" PRId64 "<td>", one->about->seed,
                    one->about->step);
            put_cells(report, &one->row, -1, stream);
        }
        if (sweep->runs > 1)
            put_seeds(report, sweep, stream);
        fprintf(stream, "</table></div>\n<p class=soft>Each under %d perturbation%s.%s</p>\n",
                report->perturbations, plural(report->perturbations),
                sweep->runs > 1 ? " Intervals of means over seeds are Student&rsquo;s t." : "");
    }
}

static void put_comparison(const struct vote_comparison *comparison, FILE *stream)
{
    fputs("<h2>McNemar&rsquo;s test: ", stream);
    vote_page_text(comparison->sides[0].name, stream);
    fputs(" against ", stream);
    vote_page_text(comparison->sides[1].name, stream);
    fputs("</h2>\n<div class=wide><table>\n<thead><tr><th>rule<th>first, %<th>second, %"
          "<th>both right<th>only first<th>only second<th>neither<th>p, exact<th>mid-p\n<tbody>\n",
          stream);
    for (int rule = 0; rule < HRM_RULES; rule++) {
        const struct hrm_mcnemar *table = &comparison->tables[rule];
        int64_t n = table->both + table->first + table->second + table->neither;
        if (!(comparison->rules >> rule & 1))
            continue;
        fprintf(stream,
                "<tr><th>%s%s<td>%.2f<td>%.2f<td>%" PRId64 "<td>%" PRId64 "<td>%" PRId64
                "<td>%" PRId64 "<td>%.3g<td>%.3g\n",
                hrm_rule_name((enum hrm_rule)rule),
                hrm_rule_needs_labels((enum hrm_rule)rule) ? "&nbsp;&dagger;" : "",
                percent(table->both + table->first, n), percent(table->both + table->second, n),
                table->both, table->first, table->second, table->neither, hrm_mcnemar_exact(table),
                hrm_mcnemar_midp(table));
    }
    fputs("</table></div>\n<p class=soft>Numbers of puzzles; the tests are two-sided, and ask "
          "whether both are right equally often.</p>\n",
          stream);
}

// --- rules ---------------------------------------------------------------------------------------

static void put_rules(FILE *stream)
{
    static const char *const what[HRM_RULES] = {
        [HRM_RULE_SINGLE] = "one pass a checkpoint, the unperturbed one; the mean over checkpoints",
        [HRM_RULE_PLURALITY] = "the grid that most passes give",
        [HRM_RULE_HALTED_VOTE] =
            "the grid that most of the halted passes give; no answer when none "
            "halted",
        [HRM_RULE_Q_WEIGHTED] = "as halted-vote, each pass weighted by sigmoid(q_halt)",
        [HRM_RULE_VALID_FIRST] =
            "a grid that keeps the givens and breaks no rule: on a puzzle with "
            "one solution it is proved right; else no answer",
        [HRM_RULE_PUBLISHED] = "right when some checkpoint has more right than wrong among its "
                               "halted passes: the rule of the published script",
        [HRM_RULE_ANY] = "right when some pass is right (pass@k)"};
    fputs("<h2>Rules</h2>\n<div class=wide><table>\n<thead><tr><th>rule<th class=text>looks at the "
          "answers<th class=text>the answer\n<tbody>\n",
          stream);
    for (int rule = 0; rule < HRM_RULES; rule++)
        fprintf(stream, "<tr><th>%s<td class=text>%s<td class=text>%s\n",
                hrm_rule_name((enum hrm_rule)rule),
                hrm_rule_needs_labels((enum hrm_rule)rule) ? "yes &dagger;" : "no", what[rule]);
    fputs(
        "</table></div>\n<p class=soft>A pass is one checkpoint under one perturbation on one "
        "puzzle; it has halted when its halting head asks to stop at its last segment. Ties go to "
        "the larger sum of q_halt, then to the smaller grid.</p>\n",
        stream);
}

// -------------------------------------------------------------------------------------------------

int vote_page_write(const struct vote_report *report, const struct vote_comparison *comparison,
                    FILE *stream, struct hrm_error *error)
{
    put_head(report, stream);
    put_configurations(report, stream);
    int status =
        put_figure(report, VOTE_FIGURE_PASSES, "Accuracy against the number of passes",
                   "Newest checkpoint first, the perturbations of each in order; bands are "
                   "Wilson intervals.",
                   stream, error);
    put_curves(report, stream);
    if (status == HRM_OK)
        status = put_figure(report, VOTE_FIGURE_RATINGS, "By rating",
                            "All passes of one training together; bars are Wilson intervals.",
                            stream, error);
    put_bands(report, stream);
    put_halting(report, stream);
    if (status == HRM_OK)
        status = put_figure(report, VOTE_FIGURE_SEGMENTS, "Segments", "All passes.", stream, error);
    if (status == HRM_OK)
        status = put_figure(report, VOTE_FIGURE_STEPS, "Accuracy against the training step",
                            "All perturbations of one checkpoint vote together. Bars are Wilson "
                            "intervals of one seed, or t intervals of the mean over seeds.",
                            stream, error);
    put_checkpoints(report, stream);
    if (comparison)
        put_comparison(comparison, stream);
    put_rules(stream);
    vote_page_origin(report, stream);
    fputs("</main>\n</html>\n", stream);
    if (status == HRM_OK && ferror(stream))
        status = hrm_fail(error, HRM_FAILED, "the page cannot be written");
    return status;
}
