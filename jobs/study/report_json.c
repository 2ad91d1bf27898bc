#include "jobs/study/report_data.h"

#include <jansson.h>
#include <math.h>
#include <stdlib.h>

static const char *kind_name(enum study_kind kind)
{
    static const char *const names[] = {"text", "integer", "real", "share", "estimate"};
    return names[kind];
}

/// A text; what is no UTF-8 is told so.
static json_t *json_of_text(const char *text)
{
    json_t *value = text ? json_string(text) : json_null();
    return value ? value : json_string("(not UTF-8)");
}

static json_t *json_of_real(double value)
{
    return isfinite(value) ? json_real(value) : json_null();
}

static json_t *json_of_cell(const struct study_column *column, const struct study_cell *cell)
{
    if (!cell->known)
        return json_null();
    switch (column->kind) {
    case STUDY_TEXT:
        return json_of_text(cell->text);
    case STUDY_INTEGER:
        return json_integer(cell->k);
    case STUDY_REAL:
        return json_of_real(cell->value);
    case STUDY_SHARE:
        return json_pack("{s:I, s:I, s:o, s:o, s:o}", "k", (json_int_t)cell->k, "n",
                         (json_int_t)cell->n, "share", json_of_real(cell->value), "low",
                         json_of_real(cell->low), "high", json_of_real(cell->high));
    case STUDY_ESTIMATE:
        return json_pack("{s:o, s:o, s:o}", "value", json_of_real(cell->value), "low",
                         json_of_real(cell->low), "high", json_of_real(cell->high));
    }
    return NULL;
}

static json_t *json_of_column(const struct study_column *column)
{
    return json_pack("{s:s, s:o, s:o, s:s}", "name", column->name, "label",
                     json_of_text(column->label), "unit", json_of_text(study_unit(column)), "kind",
                     kind_name(column->kind));
}

static json_t *json_of_table(const struct study_table *table)
{
    json_t *columns = json_array(), *rows = json_array();
    for (int i = 0; i < table->count; i++)
        json_array_append_new(columns, json_of_column(&table->columns[i]));
    for (int64_t i = 0; i < study_rows(table); i++) {
        json_t *row = json_object();
        for (int k = 0; k < table->count; k++)
            json_object_set_new(
                row, table->columns[k].name,
                json_of_cell(&table->columns[k], &table->cells[i * table->count + k]));
        json_array_append_new(rows, row);
    }
    return json_pack("{s:o, s:o, s:o}", "caption", json_of_text(table->caption), "columns", columns,
                     "rows", rows);
}

static json_t *json_of_headline(const struct study_table *headline)
{
    json_t *about = json_of_column(&headline->columns[0]);
    json_object_set_new(about, "value", json_of_cell(&headline->columns[0], &headline->cells[0]));
    return about;
}

static json_t *json_of_series(const struct figure_series *series)
{
    json_t *about = json_pack("{s:o, s:s}", "name", json_of_text(series->name), "mark",
                              study_mark_name(series->mark));
    for (int i = 0; i < STUDY_ARRAYS; i++) {
        const double *numbers = study_array(series, i);
        json_t *array = numbers ? json_array() : NULL;
        for (int k = 0; array && k < series->count; k++)
            json_array_append_new(array, json_of_real(numbers[k]));
        if (array)
            json_object_set_new(about, STUDY_ARRAY_NAMES[i], array);
    }
    return about;
}

static json_t *json_of_panel(const struct figure_panel *panel)
{
    json_t *series = json_array();
    for (int i = 0; i < panel->count; i++)
        json_array_append_new(series, json_of_series(&panel->series[i]));
    return json_pack("{s:o, s:o, s:o, s:o}", "title", json_of_text(panel->title), "x",
                     json_of_text(panel->label), "y", json_of_text(panel->y_label), "series",
                     series);
}

static json_t *json_of_figure(const struct study_figure *figure)
{
    json_t *panels = json_array();
    for (int i = 0; i < figure->figure.count; i++)
        json_array_append_new(panels, json_of_panel(&figure->panels[i]));
    return json_pack("{s:o, s:o}", "caption", json_of_text(figure->caption), "panels", panels);
}

static json_t *json_of_texts(const struct study_report *report)
{
    json_t *texts = json_array();
    for (int i = 0; i < report->item_count; i++)
        if (report->items[i].kind == STUDY_ITEM_TEXT)
            json_array_append_new(texts, json_pack("{s:o, s:o}", "lead",
                                                   json_of_text(report->items[i].lead), "text",
                                                   json_of_text(report->items[i].text)));
    return texts;
}

static json_t *json_of_report(const struct study_report *report)
{
    json_t *headlines = json_array(), *tables = json_object(), *figures = json_object();
    for (int i = 0; i < report->headline_count; i++)
        json_array_append_new(headlines, json_of_headline(&report->headlines[i]));
    for (int i = 0; i < report->table_count; i++)
        json_object_set_new(tables, report->tables[i].name, json_of_table(&report->tables[i]));
    for (int i = 0; i < report->figure_count; i++)
        json_object_set_new(figures, report->figures[i].name, json_of_figure(&report->figures[i]));
    return json_pack("{s:s, s:i, s:s, s:o, s:o, s:o, s:o, s:o, s:o}", "schema",
                     "hrmpi-study-report", "schema_version", 1, "experiment", report->experiment,
                     "title", json_of_text(report->title), "command", json_of_text(report->command),
                     "headlines", headlines, "texts", json_of_texts(report), "tables", tables,
                     "figures", figures);
}

int study_write_json(const struct study_report *report, FILE *stream, struct hrm_error *error)
{
    int status = study_report_status(report, error);
    if (status)
        return status;
    json_t *root = json_of_report(report);
    if (!root || json_dumpf(root, stream, JSON_INDENT(1) | JSON_REAL_PRECISION(12)) != 0)
        status = hrm_fail(error, HRM_FAILED, "cannot write the report as JSON");
    json_decref(root);
    fputc('\n', stream);
    return status;
}
