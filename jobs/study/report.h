#ifndef HRM_JOBS_REPORT_H
#define HRM_JOBS_REPORT_H

#include "core/base/error.h"
#include "jobs/plot/figure.h"

#include <stdint.h>
#include <stdio.h>

/// What an experiment found: headline figures, texts, tables and figures, in the order of adding.
/// All that is added is copied, and there may be any number of it. The first failure is kept, what
/// is added after it is dropped: look at study_report_status() once, or let study_write() do so.
struct study_report;

/// @param experiment  [in] names its files: letters, digits, '-' and '_', as in all names here
/// @param title       [in] a few words
/// @param command     [in] that makes it again
/// Returns NULL when memory is short, which all functions here take as a failed report.
struct study_report *study_report_new(const char *experiment, const char *title,
                                      const char *command);
void study_report_free(struct study_report *report);

/// The first failure of anything that was added. Errors: HRM_FAILED; HRM_DATA where a name, a row
/// or a point does not fit to what was said of it, which is a bug of the experiment.
int study_report_status(const struct study_report *report, struct hrm_error *error);

/// Add a paragraph. @param lead  [in] its first words, such as "The paper", or NULL
void study_text(struct study_report *report, const char *lead, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

// --- tables --------------------------------------------------------------------------------------

enum study_kind {
    STUDY_TEXT,
    STUDY_INTEGER,
    STUDY_REAL,
    STUDY_SHARE,   ///< k of n, in percent, with its Wilson interval at 95%
    STUDY_ESTIMATE ///< a value with the ends of its interval
};

struct study_column {
    const char *name;  ///< for machines
    const char *label; ///< for people
    const char *unit;  ///< or NULL; a share is in percent
    enum study_kind kind;
    int decimals; ///< that people see of a real or an estimate
};

/// Add a table. The cells put next fill it row by row.
void study_table(struct study_report *report, const char *name, const char *caption,
                 const struct study_column *columns, int count);

/// Add a headline figure: one cell is put next. Reports begin with them.
void study_headline(struct study_report *report, struct study_column about);

/// Put the next cell. An empty or NULL text, a NaN and a share of n = 0 are cells without a value.
void study_put_text(struct study_report *report, const char *text);
void study_put_integer(struct study_report *report, int64_t value);
void study_put_real(struct study_report *report, double value);
void study_put_share(struct study_report *report, int64_t k, int64_t n);
/// @param low, high  [in] NaN: not known
void study_put_estimate(struct study_report *report, double value, double low, double high);
void study_put_none(struct study_report *report); ///< a cell of any kind without a value

// --- figures -------------------------------------------------------------------------------------

/// Add a figure for a column of a paper, or for both. What it is given holds may be empty: panels,
/// series and points that are added next belong to the last one.
/// @param figure   [in] copied; `id` is not read, nor `width` when it is 0: a column of a paper
/// @param caption  [in] says n, model and command
void study_figure(struct study_report *report, const char *name, const struct figure *figure,
                  const char *caption);
void study_panel(struct study_report *report, const struct figure_panel *panel);
void study_series(struct study_report *report, const struct figure_series *series);
void study_point(struct study_report *report, double x, double y);
/// All points of a series have an interval, or none has.
void study_interval(struct study_report *report, double x, double y, double low, double high);

// --- output --------------------------------------------------------------------------------------

/// Write as JSON, all that the report holds: the data of its figures too.
int study_write_json(const struct study_report *report, FILE *stream, struct hrm_error *error);

/// Write for a terminal: headline figures, texts and short tables.
void study_print(const struct study_report *report, FILE *stream);

/// What a folder of reports is about.
struct study_page {
    const char *title;
    int64_t date; ///< seconds since 1970, of which the day is shown; 0: none
};

/// Write reports to a folder, which is made if it is not there: of each EXPERIMENT.json,
/// EXPERIMENT-TABLE.csv, EXPERIMENT-FIGURE.svg and EXPERIMENT-figure-FIGURE.csv, and one page of
/// all, index.html. Without gnuplot there are no pictures, and a warning says so. A file appears
/// whole or not at all; the bytes depend on nothing but the reports and `page`.
/// Errors: the first of a report; HRM_USAGE for a folder that cannot be written to; HRM_FAILED.
int study_write(struct study_report *const *reports, int count, const struct study_page *page,
                const char *folder, struct hrm_error *error);

#endif
