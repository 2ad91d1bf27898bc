#include "core/base/atomic_file.h"
#include "core/file/pool.h"
#include "jobs/cli/cli.h"
#include "jobs/cli/console.h"
#include "jobs/cli/output.h"
#include "jobs/jobs.h"
#include "jobs/plot/gnuplot.h"
#include "jobs/vote/vote_compare.h"
#include "jobs/vote/vote_dump.h"
#include "jobs/vote/vote_figures.h"
#include "jobs/vote/vote_page.h"
#include "jobs/vote/vote_print.h"

#include <errno.h>
#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

enum { TEXT, JSON, CSV, HTML };

struct vote_options {
    char checkpoints[HRM_OPTION_TEXT], perturbations[HRM_OPTION_TEXT];
    int64_t first;
    bool table, all;
    double confidence;
    int format;
    char output[HRM_OPTION_TEXT];
    char compare[HRM_OPTION_TEXT];
    char dump[HRM_OPTION_TEXT];
    char pictures[HRM_OPTION_TEXT];
};

#define FIELD(name) offsetof(struct vote_options, name)
static const struct hrm_option VOTE[] = {
    {"checkpoints", HRM_OPTION_TEXT, FIELD(checkpoints), "all", NULL,
     "which of the files vote: all, last (of each run), or a list as 0-3,7 in the order of the "
     "files",
     0, 0, HRM_ROLE_RESULT, 0},
    {"perturbations", HRM_OPTION_TEXT, FIELD(perturbations), "all", NULL,
     "which of them: all, or a list as 0-8; 0 is the unperturbed pass", 0, 0, HRM_ROLE_RESULT, 0},
    {"first", HRM_OPTION_INT64, FIELD(first), "0", NULL,
     "count only so many puzzles from the beginning, which may be of an evaluation that still runs "
     "(votes.h5.part); 0: all",
     0, INFINITY, HRM_ROLE_RESULT, 0},
    {"table", HRM_OPTION_FLAG, FIELD(table), "false", NULL,
     "the configurations of the augmented HRM with the published figures, and the accuracy by "
     "number of passes",
     0, 0, HRM_ROLE_RESULT, 0},
    {"all", HRM_OPTION_FLAG, FIELD(all), "false", NULL,
     "every table: all rules by rating, configurations, checkpoints, seeds, steps; what --output "
     "gets in any case",
     0, 0, HRM_ROLE_RESULT, 0},
    {"compare", HRM_OPTION_TEXT, FIELD(compare), "", NULL,
     "instead of the report, McNemar's test of two votes A/B, each CHECKPOINTS:PERTURBATIONS or a "
     "configuration's name, as 3:all/3:0 or 'bootstrap + relabel/bootstrap'",
     0, 0, HRM_ROLE_RESULT, 0},
    {"dump", HRM_OPTION_TEXT, FIELD(dump), "", NULL,
     "also write the passes themselves to this CSV file, about 300 bytes each", 0, 0,
     HRM_ROLE_RESULT, 0},
    {"pictures", HRM_OPTION_TEXT, FIELD(pictures), "", NULL,
     "with the table, also write the pictures of the page to files whose names begin so: "
     "PREFIX-passes.svg, ...",
     0, 0, HRM_ROLE_RESULT, 0},
    {"confidence", HRM_OPTION_REAL, FIELD(confidence), "0.95", NULL, "of all intervals", 0.01,
     0.999999, HRM_ROLE_RESULT, 0},
    {"format", HRM_OPTION_CHOICE, FIELD(format), "text", "text|json|csv|html",
     "html: a page that needs nothing else, with all tables, the comparison, and pictures where "
     "gnuplot is installed",
     0, 0, HRM_ROLE_RESULT, 0},
    {"output", HRM_OPTION_TEXT, FIELD(output), "", NULL, "write to this file, not to the screen", 0,
     0, HRM_ROLE_BOOKKEEPING, 0},
};

/// What is to be printed: one of the two, and in a page both.
struct results {
    struct vote_report report;
    struct vote_comparison comparison;
    bool compared;
    bool table, all; ///< of the text: that part, or all of it; else the summary
    int format;
    bool drawn; ///< a page has pictures
};

/// A screen gets the summary, which says how to see more.
static void print_text(const struct results *results, FILE *stream)
{
    if (results->all) {
        vote_print_text(&results->report, stream);
        return;
    }
    if (results->table)
        vote_print_table(&results->report, stream);
    else
        vote_print_summary(&results->report, stream);
    fprintf(stream, "\n%sEvery table: --all. With pictures: --format html --output FILE.\n",
            results->table ? "" : "With the published figures: --table. ");
}

static int print_results(FILE *stream, const void *context, struct hrm_error *error)
{
    const struct results *results = context;
    const int format = results->format;
    if (format == HTML)
        return vote_page_write(&results->report, results->compared ? &results->comparison : NULL,
                               results->drawn, stream, error);
    if (format == JSON && results->compared)
        return vote_compare_json(&results->comparison, stream, error);
    if (format == JSON)
        return vote_print_json(&results->report, stream, error);
    if (format == CSV && results->compared)
        vote_compare_csv(&results->comparison, stream);
    else if (format == CSV)
        vote_print_csv(&results->report, stream);
    else if (results->compared)
        vote_compare_text(&results->comparison, stream);
    else
        print_text(results, stream);
    return HRM_OK;
}

static int check_options(const struct vote_options *options, struct hrm_error *error)
{
    if (!*options->compare || !(options->table || options->all) || options->format == HTML)
        return HRM_OK;
    hrm_fail(error, HRM_USAGE,
             "--compare takes the place of the report, and --table and --all are part of it");
    return hrm_hint(error, "leave out one of them, or have both in a page: --format html");
}

/// Whether pictures can be drawn. A page does without, files of pictures do not. Rank 0 draws, so
/// rank 0 looks. Collective.
static int look_for_gnuplot(const struct vote_options *options, const struct hrm_world *world,
                            struct results *results, struct hrm_error *error)
{
    struct hrm_error reason = {0};
    int status = HRM_OK;
    if (world->rank == 0 && (options->format == HTML || *options->pictures)) {
        status = gnuplot_find(&reason);
        results->drawn = status == HRM_OK;
    }
    if (status && *options->pictures) {
        *error = reason;
    } else if (status) {
        hrm_console_warn("%s: the page has its tables only; %s", reason.text, reason.hint);
        status = HRM_OK;
    }
    return hrm_agree(world->comm, status, error);
}

/// All that is written goes where nothing of value is, which rank 0 can tell.
static int check_outputs(const struct vote_options *options, const struct hrm_cli *cli,
                         struct hrm_error *error)
{
    const char *const *files = (const char *const *)cli->argv;
    const char *outputs[2 + VOTE_FIGURES] = {options->output, options->dump};
    char pictures[VOTE_FIGURES][HRM_PATH];
    int count = 2, status = HRM_OK;
    for (int i = 0; i < VOTE_FIGURES && *options->pictures; i++, count++) {
        vote_figure_path(options->pictures, (enum vote_figure)i, pictures[i]);
        outputs[count] = pictures[i];
    }
    for (int i = 0; i < count && status == HRM_OK; i++) {
        status = output_check_text(cli, outputs[i], files, cli->argc, error);
        for (int k = 0; k < i && status == HRM_OK; k++)
            if (hrm_target_same(outputs[i], outputs[k])) {
                status = hrm_fail(error, HRM_USAGE, "%.450s and %.450s are the same file",
                                  outputs[k], outputs[i]);
                hrm_hint(error, "two things are to be written there: give one another name");
            }
    }
    return status;
}

static int vote(const struct vote_options *options, const struct hrm_pool *pool,
                struct results *results, struct hrm_error *error)
{
    const struct hrm_world *world = hrm_job_world();
    bool drawn = options->format == HTML || *options->pictures;
    // Text in a file is all of it.
    bool all = options->all || (options->format == TEXT && *options->output);
    struct vote_choice choice = {options->checkpoints, options->perturbations,
                                 options->table || drawn || all, options->confidence};
    int status = look_for_gnuplot(options, world, results, error);
    results->compared = *options->compare != '\0';
    results->format = options->format;
    results->table = options->table;
    results->all = all;
    bool reported = drawn || *options->dump || !results->compared;
    if (status == HRM_OK && results->compared)
        status = vote_compare(&results->comparison, world, pool, &choice, options->compare, error);
    if (status == HRM_OK && reported)
        status = vote_report_make(&results->report, world, pool, &choice, error);
    if (status == HRM_OK && world->rank == 0 && *options->dump)
        status = vote_dump(&results->report, options->dump, error);
    if (status == HRM_OK && world->rank == 0 && *options->pictures)
        status = vote_figures_write(&results->report, options->pictures, error);
    if (status == HRM_OK && world->rank == 0)
        status = *options->output
                     ? hrm_atomic_file_text(options->output, print_results, results, error)
                     : print_results(stdout, results, error);
    return hrm_agree(world->comm, status, error);
}

/// What the help says of a rule.
#define DESCRIBE(id, name, labels, score, q, prune, lead, help) name ": " help ". "

int hrm_job_vote(int argc, char **argv)
{
    struct vote_options options;
    struct hrm_option_section section = HRM_OPTION_SECTION("vote", VOTE, &options);
    struct hrm_cli cli = {
        .name = "vote",
        .summary = "Count the votes of an evaluation by every rule",
        .description =
            "Prints a summary; --all prints every table.\n\n"
            "A pass is one checkpoint under one perturbation on one puzzle, and leaves an answer. "
            "A "
            "rule makes one answer of the passes of a puzzle. " HRM_RULE_ROWS(
                DESCRIBE) "Several files must be about the same puzzles and "
                          "perturbations; their checkpoints are pooled, and where they are of "
                          "several seeds the "
                          "report has mean, standard deviation and Student's t interval over the "
                          "seeds, at the "
                          "last step and at each.",
        .arguments = "FILE...",
        .examples = "hrmpi vote votes.h5 --table\n"
                    "hrmpi vote runs/sweep/seed-*/votes.h5 --checkpoints last\n"
                    "hrmpi vote votes.h5 --checkpoints 0-4 --perturbations 0 --format json\n"
                    "hrmpi vote votes.h5 --compare 'bootstrap + relabel/bootstrap'\n"
                    "hrmpi vote votes.h5 --format html --output votes.html\n",
        .sections = &section,
        .section_count = 1};
    struct hrm_error error = {0};
    if (hrm_job_parse(&cli, argc, argv, &error))
        return hrm_console_error(&error);
    if (cli.done)
        return HRM_OK;
    if (cli.argc == 0) {
        hrm_fail(&error, HRM_USAGE, "no votes file was given");
        hrm_hint(&error, "hrmpi vote votes.h5; hrmpi eval writes such files");
        return hrm_console_error(&error);
    }
    if (check_options(&options, &error))
        return hrm_console_error(&error);
    int status = HRM_OK;
    if (hrm_job_world()->rank == 0)
        status = check_outputs(&options, &cli, &error);
    if (hrm_agree(hrm_job_world()->comm, status, &error))
        return hrm_console_error(&error);
    struct results results = {0};
    struct hrm_pool pool;
    status = hrm_pool_open(&pool, (const char *const *)cli.argv, cli.argc, options.first, &error);
    status = hrm_agree(hrm_job_world()->comm, status, &error);
    if (status == HRM_OK)
        status = vote(&options, &pool, &results, &error);
    vote_report_free(&results.report);
    hrm_pool_close(&pool);
    return status ? hrm_console_error(&error) : HRM_OK;
}
