#include "core/base/atomic_file.h"
#include "jobs/cli/console.h"
#include "jobs/plot/gnuplot.h"
#include "jobs/study/report_data.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/// What is written to one file.
struct part {
    struct study_report *const *reports;
    int count;
    const struct study_page *page;
    bool drawn;
    const struct study_table *table;
    const struct study_figure *figure;
};

static int write_json(FILE *stream, const void *context, struct hrm_error *error)
{
    const struct part *part = context;
    return study_write_json(part->reports[0], stream, error);
}

static int write_table(FILE *stream, const void *context, struct hrm_error *error)
{
    (void)error;
    study_csv_table(((const struct part *)context)->table, stream);
    return HRM_OK;
}

static int write_data(FILE *stream, const void *context, struct hrm_error *error)
{
    (void)error;
    study_csv_figure(((const struct part *)context)->figure, stream);
    return HRM_OK;
}

static int write_page(FILE *stream, const void *context, struct hrm_error *error)
{
    const struct part *part = context;
    (void)error;
    study_page_write(part->reports, part->count, part->page, part->drawn, stream);
    return HRM_OK;
}

/// Write FOLDER/EXPERIMENT, PART, NAME, ENDING.
static int write_file(const char *folder, const char *names[4], hrm_text_writer *write,
                      const struct part *part, struct hrm_error *error)
{
    char path[HRM_PATH];
    int length =
        snprintf(path, sizeof path, "%s/%s%s%s%s", folder, names[0], names[1], names[2], names[3]);
    if (length >= (int)sizeof path)
        return hrm_fail(error, HRM_USAGE, "%.200s... is too long for the name of a folder", folder);
    return hrm_atomic_file_text(path, write, part, error);
}

static int write_figures(struct study_report *report, const char *folder, struct hrm_error *error)
{
    const char *experiment = report->experiment;
    int status = HRM_OK;
    for (int i = 0; i < report->figure_count && status == HRM_OK; i++) {
        const struct study_figure *figure = &report->figures[i];
        const struct part part = {.figure = figure};
        const char *data[] = {experiment, "-figure-", figure->name, ".csv"};
        status = write_file(folder, data, write_data, &part, error);
        char path[HRM_PATH];
        int length = snprintf(path, sizeof path, "%s/%s-%s.svg", folder, experiment, figure->name);
        if (status == HRM_OK && figure->svg && length < (int)sizeof path)
            status = figure_write(figure->svg, path, error);
    }
    return status;
}

static int write_report(struct study_report *report, const char *folder, struct hrm_error *error)
{
    const char *json[] = {report->experiment, "", "", ".json"};
    const struct part whole = {.reports = &report, .count = 1};
    int status = write_file(folder, json, write_json, &whole, error);
    for (int i = 0; i < report->table_count && status == HRM_OK; i++) {
        const struct part part = {.table = &report->tables[i]};
        const char *csv[] = {report->experiment, "-", report->tables[i].name, ".csv"};
        status = write_file(folder, csv, write_table, &part, error);
    }
    return status ? status : write_figures(report, folder, error);
}

static int check_reports(struct study_report *const *reports, int count, struct hrm_error *error)
{
    int status = HRM_OK;
    for (int i = 0; i < count && status == HRM_OK; i++) {
        status = study_report_status(reports[i], error);
        for (int k = 0; k < i && status == HRM_OK; k++)
            if (strcmp(reports[i]->experiment, reports[k]->experiment) == 0)
                status = hrm_fail(error, HRM_DATA, "two reports of %.64s go to one folder",
                                  reports[i]->experiment);
    }
    return status;
}

/// Draw all pictures. Without gnuplot there are none, and a warning says so.
static int draw(struct study_report *const *reports, int count, bool *drawn,
                struct hrm_error *error)
{
    struct hrm_error reason = {0};
    int status = HRM_OK, figures = 0;
    for (int i = 0; i < count; i++)
        figures += reports[i]->figure_count;
    *drawn = figures == 0 || gnuplot_find(&reason) == HRM_OK;
    if (!*drawn)
        hrm_console_warn("%s: the page has its tables only; %s", reason.text, reason.hint);
    for (int i = 0; i < count && *drawn && status == HRM_OK; i++)
        status = study_draw(reports[i], error);
    return status;
}

int study_write(struct study_report *const *reports, int count, const struct study_page *page,
                const char *folder, struct hrm_error *error)
{
    const char *index[] = {"index", "", "", ".html"};
    struct part whole = {.reports = reports, .count = count, .page = page};
    int status = check_reports(reports, count, error);
    if (status == HRM_OK && mkdir(folder, 0777) != 0 && errno != EEXIST) {
        status = hrm_fail(error, HRM_USAGE, "cannot make the folder %.900s: %s", folder,
                          strerror(errno));
        hrm_hint(error, "name a folder that is there, or one in a folder that is there");
    }
    if (status == HRM_OK)
        status = draw(reports, count, &whole.drawn, error);
    for (int i = 0; i < count && status == HRM_OK; i++)
        status = write_report(reports[i], folder, error);
    return status ? status : write_file(folder, index, write_page, &whole, error);
}
