#include "jobs/cli/console.h"
#include "jobs/vote/vote_print.h"
#include "jobs/vote/vote_report.h"

#include <inttypes.h>
#include <stdbool.h>

/// Rules that need no answers, the best first; those that are equally good in their own order.
static int sort_rules(const struct vote_report *report, enum hrm_rule rules[HRM_RULES])
{
    int count = 0;
    for (int rule = 0; rule < HRM_RULES; rule++) {
        if (!vote_row_has(&report->all, (enum hrm_rule)rule) ||
            hrm_rule_needs_labels((enum hrm_rule)rule))
            continue;
        double share = vote_row_cell(&report->all, (enum hrm_rule)rule, -1, 0.5).share;
        int at = count++;
        for (; at > 0 && vote_row_cell(&report->all, rules[at - 1], -1, 0.5).share < share; at--)
            rules[at] = rules[at - 1];
        rules[at] = (enum hrm_rule)rule;
    }
    return count;
}

static void print_line(const struct vote_report *report, const struct vote_row *row,
                       enum hrm_rule rule, const char *name, const char *what, FILE *stream)
{
    struct vote_cell cell = vote_row_cell(row, rule, -1, report->confidence);
    int decimals = hrm_share_decimals(cell.n);
    char interval[32];
    snprintf(interval, sizeof interval, "%.*f - %.*f", decimals, 100 * cell.interval.low, decimals,
             100 * cell.interval.high);
    fprintf(stream, "  %-12s %8.*f   %-12s %s\n", name, decimals, 100 * cell.share, interval, what);
}

static void print_rules(const struct vote_report *report, FILE *stream)
{
    enum hrm_rule rules[HRM_RULES];
    int count = sort_rules(report, rules);
    fprintf(stream, "\n  %-12s %8s   %g%% interval\n", "rule", "right, %",
            100 * report->confidence);
    for (int i = 0; i < count; i++)
        print_line(report, &report->all, rules[i], hrm_rule_name(rules[i]), hrm_rule_help(rules[i]),
                   stream);
    if (!vote_row_has(&report->all, HRM_RULE_SINGLE) &&
        vote_row_has(&report->first, HRM_RULE_PLURALITY))
        print_line(report, &report->first, HRM_RULE_PLURALITY, "first pass",
                   "the newest checkpoint alone, no vote", stream);
    if (vote_row_has(&report->all, HRM_RULE_ANY))
        print_line(report, &report->all, HRM_RULE_ANY, "any", hrm_rule_help(HRM_RULE_ANY), stream);
}

/// The best rule of the table that the means of all trainings have, or -1.
static int rule_of_runs(const struct vote_report *report)
{
    enum hrm_rule rules[HRM_RULES];
    unsigned known = ~0U;
    int count = sort_rules(report, rules);
    for (int i = 0; i < VOTE_TRAININGS; i++)
        if (report->sweeps[i].last.runs >= 2)
            known &= report->sweeps[i].last.rules;
    for (int i = 0; i < count; i++)
        if (known >> rules[i] & 1)
            return (int)rules[i];
    return -1;
}

/// The mean over the runs of a training, each of which votes alone.
static void print_runs(const struct vote_report *report, const struct vote_sweep *sweep, int rule,
                       FILE *stream)
{
    const struct vote_mean *mean = &sweep->last;
    int decimals = hrm_share_decimals(report->pool->puzzles);
    if (mean->runs < 2 || rule < 0)
        return;
    const struct hrm_spread *spread = &mean->spread[rule];
    fprintf(stream, "  %d runs %s, the last checkpoint of each: mean of %s %.*f%%, ", mean->runs,
            vote_sweep_name(report, sweep), hrm_rule_name((enum hrm_rule)rule), decimals,
            100 * spread->mean);
    if (spread->known)
        fprintf(stream, "%g%% t interval %.*f - %.*f; each run votes alone\n",
                100 * report->confidence, decimals, 100 * spread->interval.low, decimals,
                100 * spread->interval.high);
    else
        fprintf(stream, "too few runs for an interval; each run votes alone\n");
}

static void print_cost(const struct vote_report *report, FILE *stream)
{
    const struct hrm_tally *tally = &report->all.tally;
    int64_t passes =
        tally->halted_right + tally->halted_wrong + tally->running_right + tally->running_wrong;
    double puzzles = (double)report->pool->puzzles;
    if (report->pool->puzzles == 0)
        return;
    fprintf(stream, "  cost: %.1f passes and %.1f segments a puzzle", (double)passes / puzzles,
            (double)tally->segments / puzzles);
    fputc('\n', stream);
    if (tally->not_run > 0)
        fprintf(stream,
                "  %" PRId64 " of %" PRId64 " passes were not run (--prune); rules that they could "
                "change are left out\n",
                tally->not_run, passes + tally->not_run);
}

void vote_print_summary(const struct vote_report *report, FILE *stream)
{
    vote_print_head(report, stream);
    print_rules(report, stream);
    fputc('\n', stream);
    const int rule = rule_of_runs(report);
    for (int i = 0; i < VOTE_TRAININGS; i++)
        print_runs(report, &report->sweeps[i], rule, stream);
    print_cost(report, stream);
}

int vote_summary(const char *path, const struct hrm_world *world, struct hrm_error *error)
{
    struct hrm_pool pool;
    struct vote_report report = {0};
    struct vote_choice choice = {"all", "all", false, 0.95};
    int status = hrm_agree(world->comm, hrm_pool_open(&pool, &path, 1, 0, error), error);
    if (status == HRM_OK)
        status = vote_report_make(&report, world, &pool, &choice, error);
    if (status == HRM_OK && !hrm_console_is_quiet())
        vote_print_summary(&report, stdout);
    vote_report_free(&report);
    hrm_pool_close(&pool);
    return status;
}
