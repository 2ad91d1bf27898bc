#include "jobs/cli/console.h"
#include "jobs/vote/vote_print.h"
#include "jobs/vote/vote_runs.h"
#include "jobs/vote/vote_table.h"

#include <inttypes.h>
#include <math.h>
#include <stdbool.h>

static double percent(int64_t part, int64_t whole)
{
    return whole > 0 ? 100 * (double)part / (double)whole : 0;
}

static const char *plural(int count)
{
    return count == 1 ? "" : "s";
}

// --- what was counted ----------------------------------------------------------------------------

void vote_print_head(const struct vote_report *report, FILE *stream)
{
    const struct hrm_pool *pool = report->pool;
    const struct hrm_votes *first = &pool->votes[0];
    if (pool->files == 1)
        fprintf(stream, "%s: ", first->path);
    else
        fprintf(stream, "%d files: ", pool->files);
    fprintf(stream,
            "%d checkpoint%s x %d perturbation%s (%s) x %" PRId64
            " puzzles,\n  up to %d segments a pass, backend %s\n",
            pool->checkpoints, plural(pool->checkpoints), pool->perturbations,
            plural(pool->perturbations), first->about.perturbations, pool->puzzles, pool->segments,
            first->about.backend);
    for (int i = 0; i < pool->files && pool->files > 1; i++)
        fprintf(stream, "  %s: %d checkpoint%s\n", pool->votes[i].path,
                pool->votes[i].plan.checkpoints, plural(pool->votes[i].plan.checkpoints));
    if (report->unrecorded > 0)
        fprintf(stream,
                "  %d checkpoint%s not told whether they were trained with mixing: counted as "
                "without\n",
                report->unrecorded, report->unrecorded == 1 ? " has" : "s have");
    if (report->doubled > 0)
        fprintf(stream,
                "  %d checkpoint%s left out, whose weights vote already: %s is the same as %s\n",
                report->doubled, report->doubled == 1 ? " is" : "s are", report->twin[1]->path,
                report->twin[0]->path);
    if (report->copies > 0)
        fprintf(stream,
                "  %d run%s the weights of others, to another number of segments, and not in means "
                "over runs\n",
                report->copies, report->copies == 1 ? " has" : "s have");
}

// --- a vote ----------------------------------------------------------------------------------

static void print_rule(const struct vote_report *report, const struct vote_row *row,
                       enum hrm_rule rule, FILE *stream)
{
    struct vote_cell cell = vote_row_cell(row, rule, -1, report->confidence);
    char interval[32];
    int decimals = hrm_share_decimals(cell.n);
    snprintf(interval, sizeof interval, "%.*f - %.*f", decimals, 100 * cell.interval.low, decimals,
             100 * cell.interval.high);
    bool bound = hrm_rule_needs_labels(rule);
    fprintf(stream,
            bound ? "  %-12s %9" PRId64 " %9.*f %8.*f   %-16s needs the answers\n"
                  : "  %-12s %9" PRId64 " %9.*f %8.*f   %s\n",
            hrm_rule_name(rule), cell.n, decimals, percent(cell.answered, cell.asked), decimals,
            100 * cell.share, interval);
}

/// Puzzles in a band; those without any have no column.
static int64_t in_band(const struct vote_row *row, int band)
{
    return vote_row_cell(row, HRM_RULE_ANY, band, 0.5).n;
}

static void print_bands(const struct vote_report *report, const struct vote_row *row, FILE *stream)
{
    const struct hrm_bands *names = &report->pool->bands;
    int bands = hrm_tally_bands(&row->tally, names);
    fprintf(stream, "\n  %-12s", "% by rating");
    for (int band = 0; band < bands; band++)
        if (in_band(row, band) > 0)
            fprintf(stream, " %8s", names->names[band]);
    fprintf(stream, "\n  %-12s", "n");
    for (int band = 0; band < bands; band++)
        if (in_band(row, band) > 0)
            fprintf(stream, " %8" PRId64, in_band(row, band));
    for (int rule = 0; rule < HRM_RULES; rule++) {
        if (!vote_row_has(row, (enum hrm_rule)rule))
            continue;
        fprintf(stream, "\n  %-12s", hrm_rule_name((enum hrm_rule)rule));
        for (int band = 0; band < bands; band++) {
            struct vote_cell cell =
                vote_row_cell(row, (enum hrm_rule)rule, band, report->confidence);
            if (cell.n > 0)
                fprintf(stream, " %8.*f", hrm_share_decimals(cell.n), 100 * cell.share);
        }
    }
    fputc('\n', stream);
}

static void print_passes(const struct vote_report *report, const struct hrm_tally *tally,
                         FILE *stream)
{
    int positions = report->pool->votes[0].task.shape.positions;
    int64_t halted = tally->halted_right + tally->halted_wrong;
    int64_t right = tally->halted_right + tally->running_right;
    int64_t passes = halted + tally->running_right + tally->running_wrong;
    double one = passes > 0 ? 1 / (double)passes : 0;
    fprintf(stream,
            "  halting head: %" PRId64 " of %" PRId64 " passes halted, %" PRId64
            " of them right (precision %.*f%%); %" PRId64 " right (recall %.*f%%)\n"
            "  a pass: %.2f segments, its answer from segment %.2f on, %.2f%% right cells, "
            "%.2f %s\n",
            halted, passes, tally->halted_right, hrm_share_decimals(halted),
            percent(tally->halted_right, halted), right, hrm_share_decimals(right),
            percent(tally->halted_right, right), (double)tally->segments * one,
            (double)tally->settled * one, percent(tally->matches, passes * positions),
            (double)tally->defects * one, report->pool->votes[0].task.kind->defects);
    if (tally->not_run > 0)
        fprintf(stream,
                "  %" PRId64 " passes were not run (--prune): rules that they could change are not "
                "counted\n",
                tally->not_run);
}

static void print_row(const struct vote_report *report, const struct vote_row *row, FILE *stream)
{
    fprintf(stream, "\n%s: %d checkpoint%s x %d perturbation%s", row->name, row->checkpoints,
            plural(row->checkpoints), row->perturbations, plural(row->perturbations));
    if (row->copies > 1)
        fprintf(stream, ", mean of %d such votes", row->copies);
    if (row->rules == 0) {
        fprintf(stream, "\n  no rule can be counted: it needs passes that were not run\n");
        return;
    }
    fprintf(stream, "\n  %-12s %9s %9s %8s   %g%% interval\n", "rule", "n", "answered%", "right%",
            100 * report->confidence);
    for (int rule = 0; rule < HRM_RULES; rule++)
        if (vote_row_has(row, (enum hrm_rule)rule))
            print_rule(report, row, (enum hrm_rule)rule, stream);
    print_bands(report, row, stream);
    print_passes(report, &row->tally, stream);
}

// --- lines with a column for each rule -----------------------------------------------------------

/// @param rules  [in] bits of those that have a column
static void print_rule_names(unsigned rules, FILE *stream)
{
    for (int rule = 0; rule < HRM_RULES; rule++)
        if (rules >> rule & 1)
            fprintf(stream, " %11s", hrm_rule_name((enum hrm_rule)rule));
}

static void print_shares(const struct vote_row *row, unsigned rules, FILE *stream)
{
    for (int rule = 0; rule < HRM_RULES; rule++) {
        if (!(rules >> rule & 1))
            continue;
        struct vote_cell cell = vote_row_cell(row, (enum hrm_rule)rule, -1, 0.5);
        if (vote_row_has(row, (enum hrm_rule)rule))
            fprintf(stream, " %11.*f", hrm_share_decimals(cell.n), 100 * cell.share);
        else
            fprintf(stream, " %11s", "-");
    }
}

enum figure { MEAN, DEVIATION, LOW, HIGH };

static void print_figures(const struct vote_report *report, const struct vote_mean *mean,
                          enum figure figure, unsigned rules, FILE *stream)
{
    int decimals = hrm_share_decimals(report->pool->puzzles) + (figure == DEVIATION);
    for (int rule = 0; rule < HRM_RULES; rule++) {
        if (!(rules >> rule & 1))
            continue;
        const struct hrm_spread *spread = &mean->spread[rule];
        double values[] = {spread->mean, spread->sd, spread->interval.low, spread->interval.high};
        bool known = figure == MEAN || (figure == DEVIATION ? mean->runs > 1 : spread->known);
        if (known && (mean->rules >> rule & 1))
            fprintf(stream, " %11.*f", decimals, 100 * values[figure]);
        else
            fprintf(stream, " %11s", "-");
    }
    fputc('\n', stream);
}

/// The mean over runs and how sure it is: its interval, or why there is none.
static void print_mean(const struct vote_report *report, const struct vote_mean *mean,
                       const char *of, unsigned rules, FILE *stream)
{
    fprintf(stream, "  %-28s", of);
    print_figures(report, mean, MEAN, rules, stream);
    fprintf(stream, "  %-28s", "  standard deviation");
    print_figures(report, mean, DEVIATION, rules, stream);
    if (mean->runs < HRM_SPREAD_RUNS) {
        fprintf(stream, "    no interval: %d runs are too few for one\n", mean->runs);
        return;
    }
    fprintf(stream, "    %2g%% t interval, %-8s ", 100 * report->confidence, "low");
    print_figures(report, mean, LOW, rules, stream);
    fprintf(stream, "    %-26s", "              high");
    print_figures(report, mean, HIGH, rules, stream);
}

// --- the published table -------------------------------------------------------------------------

static void print_configurations(const struct vote_report *report, FILE *stream)
{
    unsigned rules = vote_rules_of_configurations(report);
    if (rules != 0) {
        fprintf(stream, "\n  %-36s %6s", "% right", "passes");
        print_rule_names(rules, stream);
        fprintf(stream, " %11s\n", "the paper's");
    }
    for (int i = 0; i < VOTE_CONFIGURATIONS; i++) {
        const struct vote_configuration *one = &report->configurations[i];
        fprintf(stream, "  %-36s", one->row.name);
        if (vote_left_out(one)) {
            fprintf(stream, " missing: %s\n", vote_left_out(one));
            continue;
        }
        fprintf(stream, " %6d", one->row.passes);
        print_shares(&one->row, rules, stream);
        if (one->published > 0)
            fprintf(stream, " %11.1f\n", one->published);
        else
            fprintf(stream, " %11s\n", "-");
    }
    if (report->both.count > 0 && vote_row_rules(&report->all)) {
        fprintf(stream, "  %-36s %6d", report->all.name, report->all.passes);
        print_shares(&report->all, rules, stream);
        fprintf(stream, " %11s\n", "-");
    }
    if (rules != 0)
        fprintf(stream,
                "  The paper's figures are of the rule published, which needs the answers.\n");
}

static void print_curve(const struct vote_report *report, const struct vote_sweep *sweep,
                        FILE *stream)
{
    unsigned rules = vote_rules_of_curve(sweep);
    if (rules == 0)
        return;
    fprintf(stream, "\n%% right by number of passes, newest checkpoint first, %s\n  %-28s",
            vote_sweep_name(report, sweep), "passes");
    print_rule_names(rules, stream);
    for (int i = 0; i < sweep->curve_count; i++) {
        if (vote_row_rules(&sweep->curve[i]) == 0)
            continue;
        fprintf(stream, "\n  %-28d", sweep->curve[i].passes);
        print_shares(&sweep->curve[i], rules, stream);
    }
    fputc('\n', stream);
}

// --- seeds and steps -----------------------------------------------------------------------------

static void print_checkpoints(const struct vote_report *report, const struct vote_sweep *sweep,
                              unsigned rules, FILE *stream)
{
    fprintf(stream, "  %5s %10s %11s", "index", "seed", "step");
    print_rule_names(rules, stream);
    fputc('\n', stream);
    for (int i = sweep->first; i < sweep->first + sweep->count; i++) {
        const struct vote_checkpoint *one = &report->checkpoints[i];
        fprintf(stream, "  %5d %10" PRId64 " %11" PRId64, one->index, one->about->seed,
                one->about->step);
        print_shares(&one->row, rules, stream);
        fprintf(stream, "   %s\n", one->about->path);
    }
}

static void print_steps(const struct vote_report *report, const struct vote_sweep *sweep,
                        unsigned rules, FILE *stream)
{
    fprintf(stream, "\n  mean by training step\n  %16s %11s\n", "runs", "step");
    for (int i = 0; i < sweep->step_count; i++) {
        const struct vote_mean *mean = &sweep->steps[i];
        fprintf(stream, "  %16d %11" PRId64, mean->runs, mean->step);
        print_figures(report, mean, MEAN, rules, stream);
        if (mean->runs < HRM_SPREAD_RUNS)
            continue;
        fprintf(stream, "  %28s", "low");
        print_figures(report, mean, LOW, rules, stream);
        fprintf(stream, "  %28s", "high");
        print_figures(report, mean, HIGH, rules, stream);
    }
}

/// Runs that have not come equally far are no sample of one thing: say so.
static void print_unequal(const struct vote_report *report, const struct vote_sweep *sweep,
                          FILE *stream)
{
    int64_t least = INT64_MAX, most = 0;
    for (int i = sweep->first_run; i < sweep->first_run + sweep->runs; i++) {
        int64_t step = vote_runs_last(report, &report->runs[i])->about->step;
        least = step < least ? step : least;
        most = step > most ? step : most;
    }
    if (least < most)
        fprintf(stream,
                "  The last steps of the runs are not the same: %" PRId64 " to %" PRId64 ".\n",
                least, most);
}

static void print_seeds(const struct vote_report *report, const struct vote_sweep *sweep,
                        unsigned rules, FILE *stream)
{
    char title[64];
    fputc('\n', stream);
    snprintf(title, sizeof title, "mean of %d runs, last step", sweep->last.runs);
    print_mean(report, &sweep->last, title, rules, stream);
    if (sweep->snapshots.runs > 0)
        print_mean(report, &sweep->snapshots, "mean of each run's ensemble", rules, stream);
    snprintf(title, sizeof title, "ensemble of the %d", sweep->last.runs);
    fprintf(stream, "  %-28s", title);
    print_shares(&sweep->seeds, rules, stream);
    fputc('\n', stream);
    print_unequal(report, sweep, stream);
}

static void print_sweep(const struct vote_report *report, const struct vote_sweep *sweep,
                        FILE *stream)
{
    unsigned rules = vote_rules_of_checkpoints(report, sweep);
    fprintf(stream, "\n%% right of each checkpoint under %d perturbation%s, %s: %d run%s\n",
            report->perturbations, plural(report->perturbations), vote_sweep_name(report, sweep),
            sweep->runs, plural(sweep->runs));
    print_checkpoints(report, sweep, rules, stream);
    if (sweep->last.runs > 1)
        print_seeds(report, sweep, rules, stream);
    if (sweep->last.runs > 1 && sweep->step_count > 1)
        print_steps(report, sweep, rules, stream);
}

// -------------------------------------------------------------------------------------------------

static void print_curves(const struct vote_report *report, FILE *stream)
{
    for (int i = 0; i < VOTE_TRAININGS && report->table; i++)
        if (report->sweeps[i].count > 0)
            print_curve(report, &report->sweeps[i], stream);
    if (report->both.count > 0)
        print_curve(report, &report->both, stream);
}

void vote_print_table(const struct vote_report *report, FILE *stream)
{
    vote_print_head(report, stream);
    print_configurations(report, stream);
    print_curves(report, stream);
}

void vote_print_text(const struct vote_report *report, FILE *stream)
{
    vote_print_head(report, stream);
    if (report->table)
        print_configurations(report, stream);
    if (!report->table || report->both.count > 0)
        print_row(report, &report->all, stream);
    for (int i = 0; i < VOTE_CONFIGURATIONS && report->table; i++)
        if (!vote_left_out(&report->configurations[i]))
            print_row(report, &report->configurations[i].row, stream);
    print_curves(report, stream);
    for (int i = 0; i < VOTE_TRAININGS && report->checkpoint_count > 1; i++)
        if (report->sweeps[i].count > 0)
            print_sweep(report, &report->sweeps[i], stream);
}
