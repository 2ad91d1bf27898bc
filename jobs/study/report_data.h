#ifndef HRM_JOBS_REPORT_DATA_H
#define HRM_JOBS_REPORT_DATA_H

#include "core/vote/interval.h"
#include "jobs/study/report.h"

#include <stdbool.h>

/// What a report holds, for the files that write it.

struct study_cell {
    bool known;
    char *text;
    int64_t k, n; ///< of a share; an integer is k
    double value; ///< of a share 0..1
    double low, high;
};

/// Rows of cells; a headline is a table of one cell.
struct study_table {
    char *name, *caption;
    struct study_column *columns; ///< [count], with their texts
    int count;
    struct study_cell *cells; ///< [cell_count], row by row
    int64_t cell_count;
};

/// The arrays of a series.
enum { STUDY_ARRAYS = 4 };
struct study_arrays {
    double *at[STUDY_ARRAYS]; ///< each as long as the series, or NULL
};

struct study_figure {
    char *name, *caption;
    struct figure figure;        ///< with the panels below
    struct figure_panel *panels; ///< with the series of `arrays`
    struct study_panel_memory {
        struct figure_series *series;
        struct study_arrays *arrays;
    } * memory;   ///< [figure.count]
    char *svg;    ///< drawn, or NULL
    char *narrow; ///< the same for a phone, where it is not narrow itself
};

enum study_item_kind { STUDY_ITEM_TEXT, STUDY_ITEM_TABLE, STUDY_ITEM_FIGURE };

/// A part of the body.
struct study_item {
    enum study_item_kind kind;
    char *lead, *text; ///< of a text; lead may be NULL
    int index;         ///< of a table or a figure
};

struct study_report {
    char *experiment, *title, *command;
    struct study_item *items;
    struct study_table *tables, *headlines;
    struct study_figure *figures;
    int item_count, table_count, headline_count, figure_count;
    struct study_table *open; ///< the next cell goes there; NULL: nowhere
    struct hrm_error error;   ///< the first failure
};

// --- building (report.c) -------------------------------------------------------------------------

/// Whether there is no failure yet.
bool study_is_sound(const struct study_report *report);

/// Keep a failure of the experiment's own.
void study_fail(struct study_report *report, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/// An array of `count` elements with room for one more, zeroed; NULL and a failure when memory is
/// short, the old array stays.
void *study_room(struct study_report *report, void *array, int64_t count, size_t size);

/// A copy of a text; NULL of NULL, and with a failure when memory is short.
char *study_copy(struct study_report *report, const char *text);

/// Whether a name can be part of a file's name; else a failure.
bool study_check_name(struct study_report *report, const char *name);

/// Add a part of the body; NULL after a failure.
struct study_item *study_add_item(struct study_report *report, enum study_item_kind kind,
                                  int index);

// --- what tables show (report_table.c) -----------------------------------------------------------

static inline int64_t study_rows(const struct study_table *table)
{
    return table->count > 0 ? table->cell_count / table->count : 0;
}

/// Whether a column has a value in some row.
bool study_column_is_used(const struct study_table *table, int column);

/// How many things all shares of a column are of, or -1 when they differ or there is none.
int64_t study_common_n(const struct study_table *table, int column);

/// Write a value as people read it, without unit and interval; a dash where it is not known.
void study_value_write(const struct study_column *column, const struct study_cell *cell,
                       FILE *stream);

/// Whether a cell has an interval, and write it.
bool study_has_interval(const struct study_column *column, const struct study_cell *cell);
void study_interval_write(const struct study_column *column, const struct study_cell *cell,
                          const char *dash, FILE *stream);

/// The unit of a column, "" where it has none.
const char *study_unit(const struct study_column *column);

// --- figures (report_figure.c) -------------------------------------------------------------------

extern const char *const STUDY_ARRAY_NAMES[STUDY_ARRAYS]; ///< "x", "y", "low", ...

/// An array of a series, or NULL.
const double *study_array(const struct figure_series *series, int array);

/// The word for a mark: "line", "dots", ...
const char *study_mark_name(enum figure_mark mark);

void study_figure_free(struct study_figure *figure);

/// Draw all figures. Errors: HRM_FAILED, with a hint when gnuplot is not installed.
int study_draw(struct study_report *report, struct hrm_error *error);

// --- files ---------------------------------------------------------------------------------------

/// Write a table, or the data of a figure, as CSV.
void study_csv_table(const struct study_table *table, FILE *stream);
void study_csv_figure(const struct study_figure *figure, FILE *stream);

/// Write the page. @param drawn  [in] whether it has pictures; else it says how to get them
void study_page_write(struct study_report *const *reports, int count, const struct study_page *page,
                      bool drawn, FILE *stream);

#endif
