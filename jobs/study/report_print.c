#include "jobs/study/report_data.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { SHORT_TABLE = 20 }; ///< rows that a terminal shows of a table

/// A value with interval and unit: "26.1% (24.0-28.3) of 1000".
static void put_value(const struct study_column *column, const struct study_cell *cell, bool of,
                      FILE *stream)
{
    bool share = column->kind == STUDY_SHARE;
    study_value_write(column, cell, stream);
    if (of && cell->known && *study_unit(column))
        fprintf(stream, share ? "%s" : " %s", study_unit(column));
    if (study_has_interval(column, cell)) {
        fputs(" (", stream);
        study_interval_write(column, cell, "-", stream);
        fputc(')', stream);
    }
    if (of && cell->known && share)
        fprintf(stream, " of %" PRId64, cell->n);
}

// --- tables --------------------------------------------------------------------------------------

/// What a column has in a row, or in its head (-1); free() it.
static char *text_of(const struct study_table *table, int64_t row, int index)
{
    const struct study_column *column = &table->columns[index];
    char *text = NULL;
    size_t size = 0;
    FILE *stream = open_memstream(&text, &size);
    if (!stream)
        return NULL;
    if (row >= 0)
        put_value(column, &table->cells[row * table->count + index], false, stream);
    else
        fprintf(stream, *study_unit(column) ? "%s, %s" : "%s", column->label, study_unit(column));
    fclose(stream);
    return text;
}

/// The letters of a text in UTF-8.
static int letters(const char *text)
{
    int count = 0;
    for (; text && *text; text++)
        count += (*text & 0xc0) != 0x80;
    return count;
}

static int width_of(const struct study_table *table, int64_t rows, int index)
{
    int width = 0;
    for (int64_t row = -1; row < rows; row++) {
        char *text = text_of(table, row, index);
        int wanted = letters(text);
        width = wanted > width ? wanted : width;
        free(text);
    }
    return width;
}

static void put_row(const struct study_table *table, int64_t row, const int *widths, FILE *stream)
{
    for (int i = 0; i < table->count; i++) {
        if (widths[i] == 0)
            continue;
        char *text = text_of(table, row, i);
        int room = widths[i] - letters(text);
        bool left = table->columns[i].kind == STUDY_TEXT;
        fprintf(stream, "  %*s%s%*s", left ? 0 : room, "", text ? text : "", left ? room : 0, "");
        free(text);
    }
    fputc('\n', stream);
}

static void put_table(const struct study_report *report, const struct study_table *table,
                      FILE *stream)
{
    if (table->count < 1)
        return;
    int64_t rows = study_rows(table), shown = rows < SHORT_TABLE ? rows : SHORT_TABLE;
    int *widths = calloc((size_t)table->count, sizeof *widths);
    for (int i = 0; i < table->count && widths; i++)
        widths[i] = study_column_is_used(table, i) ? width_of(table, shown, i) : 0;
    fprintf(stream, "\n%s\n", table->caption ? table->caption : table->name);
    for (int64_t row = -1; row < shown && widths && rows > 0; row++)
        put_row(table, row, widths, stream);
    if (rows > shown)
        fprintf(stream, "  ... %" PRId64 " rows, all in %s-%s.csv\n", rows, report->experiment,
                table->name);
    free(widths);
}

// -------------------------------------------------------------------------------------------------

void study_print(const struct study_report *report, FILE *stream)
{
    if (study_report_status(report, NULL))
        return;
    fprintf(stream, "%s\n", report->title);
    for (int i = 0; i < report->headline_count; i++) {
        fprintf(stream, "  %s: ", report->headlines[i].columns[0].label);
        put_value(&report->headlines[i].columns[0], &report->headlines[i].cells[0], true, stream);
        fputc('\n', stream);
    }
    for (int i = 0; i < report->item_count; i++) {
        const struct study_item *item = &report->items[i];
        if (item->kind == STUDY_ITEM_TABLE)
            put_table(report, &report->tables[item->index], stream);
        else if (item->kind == STUDY_ITEM_TEXT)
            fprintf(stream, "\n%s%s%s\n", item->lead ? item->lead : "", item->lead ? " " : "",
                    item->text);
    }
}
