#include "jobs/study/report.h"

#include "jobs/study/report_data.h"

#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

// --- memory and failures -------------------------------------------------------------------------

bool study_is_sound(const struct study_report *report)
{
    return report && report->error.status == HRM_OK;
}

void study_fail(struct study_report *report, const char *format, ...)
{
    char text[512];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    hrm_fail(&report->error, HRM_DATA, "report of %.64s: %s", report->experiment, text);
}

static void *no_memory(struct study_report *report)
{
    hrm_fail(&report->error, HRM_FAILED, "no memory for a report");
    return NULL;
}

void *study_room(struct study_report *report, void *array, int64_t count, size_t size)
{
    int64_t room = count > 0 ? 2 * count : 1;
    char *larger = array;
    if (count == 0 || (count & (count - 1)) == 0)
        larger = realloc(array, (size_t)room * size);
    if (!larger)
        return no_memory(report);
    memset(larger + (size_t)count * size, 0, size);
    return larger;
}

char *study_copy(struct study_report *report, const char *text)
{
    char *copy = text ? strdup(text) : NULL;
    return text && !copy ? no_memory(report) : copy;
}

bool study_check_name(struct study_report *report, const char *name)
{
    size_t length = strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-_");
    if (length == 0 || name[length] != '\0')
        study_fail(report, "'%.64s' is no name: small letters, digits, '-' and '_' make one", name);
    return study_is_sound(report);
}

struct study_report *study_report_new(const char *experiment, const char *title,
                                      const char *command)
{
    struct study_report *report = calloc(1, sizeof *report);
    if (!report)
        return NULL;
    report->experiment = study_copy(report, experiment);
    report->title = study_copy(report, title);
    report->command = study_copy(report, command);
    if (study_is_sound(report))
        study_check_name(report, experiment);
    return report;
}

static void free_tables(struct study_table *tables, int count)
{
    for (int i = 0; i < count; i++) {
        struct study_table *table = &tables[i];
        for (int64_t k = 0; k < table->cell_count; k++)
            free(table->cells[k].text);
        for (int k = 0; k < table->count; k++) {
            free((char *)table->columns[k].name);
            free((char *)table->columns[k].label);
            free((char *)table->columns[k].unit);
        }
        free(table->cells);
        free(table->columns);
        free(table->name);
        free(table->caption);
    }
    free(tables);
}

void study_report_free(struct study_report *report)
{
    if (!report)
        return;
    free_tables(report->tables, report->table_count);
    free_tables(report->headlines, report->headline_count);
    for (int i = 0; i < report->figure_count; i++)
        study_figure_free(&report->figures[i]);
    free(report->figures);
    for (int i = 0; i < report->item_count; i++) {
        free(report->items[i].lead);
        free(report->items[i].text);
    }
    free(report->items);
    free(report->experiment);
    free(report->title);
    free(report->command);
    free(report);
}

/// Fail where a table ends within a row.
static int check_rows(const struct study_report *report, const struct study_table *tables,
                      int count, bool headline, struct hrm_error *error)
{
    for (int i = 0; i < count; i++) {
        const struct study_table *table = &tables[i];
        int64_t last = table->cell_count % table->count;
        if (last != 0 || (headline && table->cell_count != 1))
            return hrm_fail(error, HRM_DATA,
                            "report of %.64s: the last row of %.64s has %lld of %d cells",
                            report->experiment, table->name, (long long)last, table->count);
    }
    return HRM_OK;
}

int study_report_status(const struct study_report *report, struct hrm_error *error)
{
    if (!report)
        return hrm_fail(error, HRM_FAILED, "no memory for a report");
    if (report->error.status)
        return hrm_fail(error, report->error.status, "%s", report->error.text);
    int status = check_rows(report, report->headlines, report->headline_count, true, error);
    return status ? status : check_rows(report, report->tables, report->table_count, false, error);
}

// --- texts ---------------------------------------------------------------------------------------

struct study_item *study_add_item(struct study_report *report, enum study_item_kind kind, int index)
{
    struct study_item *items =
        study_room(report, report->items, report->item_count, sizeof *report->items);
    if (!items)
        return NULL;
    report->items = items;
    struct study_item *item = &items[report->item_count++];
    item->kind = kind;
    item->index = index;
    return item;
}

void study_text(struct study_report *report, const char *lead, const char *format, ...)
{
    struct study_item *item =
        study_is_sound(report) ? study_add_item(report, STUDY_ITEM_TEXT, 0) : NULL;
    va_list arguments;
    if (!item)
        return;
    item->lead = study_copy(report, lead);
    va_start(arguments, format);
    if (vasprintf(&item->text, format, arguments) < 0) {
        item->text = NULL;
        no_memory(report);
    }
    va_end(arguments);
}

// --- tables --------------------------------------------------------------------------------------

static void copy_columns(struct study_report *report, struct study_table *table,
                         const struct study_column *columns, int count)
{
    table->columns = calloc((size_t)count, sizeof *columns);
    if (!table->columns) {
        no_memory(report);
        return;
    }
    table->count = count;
    for (int i = 0; i < count; i++) {
        table->columns[i] = columns[i];
        table->columns[i].name = study_copy(report, columns[i].name);
        table->columns[i].label = study_copy(report, columns[i].label);
        table->columns[i].unit = study_copy(report, columns[i].unit);
        for (int k = 0; k < i && study_is_sound(report); k++)
            if (strcmp(columns[k].name, columns[i].name) == 0)
                study_fail(report, "%.64s has two columns %.64s", table->name, columns[i].name);
    }
}

/// Add to tables or headlines what the next cells belong to.
static void open_table(struct study_report *report, struct study_table **tables, int *table_count,
                       const char *name, const struct study_column *columns, int count)
{
    if (!study_check_name(report, name))
        return;
    if (count < 1 || strncmp(name, "figure-", strlen("figure-")) == 0)
        study_fail(report, "%.64s: a table has a column, and figure-NAME is for figures", name);
    for (int i = 0; i < *table_count; i++)
        if (strcmp((*tables)[i].name, name) == 0)
            study_fail(report, "%.64s is there already", name);
    struct study_table *larger =
        study_is_sound(report) ? study_room(report, *tables, *table_count, sizeof **tables) : NULL;
    if (!larger)
        return;
    *tables = larger;
    report->open = &larger[(*table_count)++];
    report->open->name = study_copy(report, name);
    copy_columns(report, report->open, columns, count);
}

void study_table(struct study_report *report, const char *name, const char *caption,
                 const struct study_column *columns, int count)
{
    if (!study_is_sound(report))
        return;
    open_table(report, &report->tables, &report->table_count, name, columns, count);
    if (!study_is_sound(report))
        return;
    report->open->caption = study_copy(report, caption);
    study_add_item(report, STUDY_ITEM_TABLE, report->table_count - 1);
}

void study_headline(struct study_report *report, struct study_column about)
{
    if (study_is_sound(report))
        open_table(report, &report->headlines, &report->headline_count, about.name, &about, 1);
}

// --- cells ---------------------------------------------------------------------------------------

/// The next cell, whose column must be of this kind; NULL after a failure.
/// @param kind  [in] -1: any
static struct study_cell *next_cell(struct study_report *report, int kind)
{
    static const char *const names[] = {"a text", "an integer", "a real", "a share", "an estimate"};
    if (!study_is_sound(report))
        return NULL;
    struct study_table *table = report->open;
    if (!table) {
        study_fail(report, "a cell before any table");
        return NULL;
    }
    const struct study_column *column = &table->columns[table->cell_count % table->count];
    if (kind >= 0 && kind != (int)column->kind) {
        study_fail(report, "column %.64s of %.64s takes %s, and was given %s", column->name,
                   table->name, names[column->kind], names[kind]);
        return NULL;
    }
    struct study_cell *cells =
        study_room(report, table->cells, table->cell_count, sizeof *table->cells);
    if (!cells)
        return NULL;
    table->cells = cells;
    return &cells[table->cell_count++];
}

void study_put_none(struct study_report *report)
{
    next_cell(report, -1);
}

void study_put_text(struct study_report *report, const char *text)
{
    struct study_cell *cell = next_cell(report, STUDY_TEXT);
    if (!cell)
        return;
    cell->text = study_copy(report, text);
    cell->known = cell->text && *cell->text;
}

void study_put_integer(struct study_report *report, int64_t value)
{
    struct study_cell *cell = next_cell(report, STUDY_INTEGER);
    if (!cell)
        return;
    cell->k = value;
    cell->known = true;
}

void study_put_real(struct study_report *report, double value)
{
    struct study_cell *cell = next_cell(report, STUDY_REAL);
    if (!cell)
        return;
    cell->value = value;
    cell->known = !isnan(value);
}

void study_put_share(struct study_report *report, int64_t k, int64_t n)
{
    struct study_cell *cell = next_cell(report, STUDY_SHARE);
    if (!cell)
        return;
    if (k < 0 || k > n)
        study_fail(report, "%lld of %lld is no share", (long long)k, (long long)n);
    cell->k = k;
    cell->n = n;
    cell->known = n > 0;
    cell->value = n > 0 ? (double)k / (double)n : NAN;
    struct hrm_interval interval = hrm_interval_wilson(n > 0 ? cell->value : 0, n, 0.95);
    cell->low = interval.low;
    cell->high = interval.high;
}

void study_put_estimate(struct study_report *report, double value, double low, double high)
{
    struct study_cell *cell = next_cell(report, STUDY_ESTIMATE);
    if (!cell)
        return;
    cell->value = value;
    cell->low = low;
    cell->high = high;
    cell->known = !isnan(value);
}
