#include "jobs/study/report_data.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

/// A text in quotes where it needs them.
static void put_text(const char *text, FILE *stream)
{
    if (!text[strcspn(text, ",\"\r\n")]) {
        fputs(text, stream);
        return;
    }
    fputc('"', stream);
    for (; *text; text++)
        fputs(*text == '"' ? "\"\"" : (const char[]){*text, '\0'}, stream);
    fputc('"', stream);
}

/// A number, or nothing where it is not known.
static void put_real(double value, FILE *stream)
{
    if (isfinite(value))
        fprintf(stream, "%.12g", value);
}

// --- tables --------------------------------------------------------------------------------------

static void put_names(const struct study_column *column, FILE *stream)
{
    const char *name = column->name;
    if (column->kind == STUDY_SHARE)
        fprintf(stream, "%s_k,%s_n,%s,%s_low,%s_high", name, name, name, name, name);
    else if (column->kind == STUDY_ESTIMATE)
        fprintf(stream, "%s,%s_low,%s_high", name, name, name);
    else
        fputs(name, stream);
}

/// A value with its interval, three fields.
static void put_interval(const struct study_cell *cell, FILE *stream)
{
    put_real(cell->value, stream);
    fputc(',', stream);
    put_real(cell->known ? cell->low : NAN, stream);
    fputc(',', stream);
    put_real(cell->known ? cell->high : NAN, stream);
}

static void put_cell(const struct study_column *column, const struct study_cell *cell, FILE *stream)
{
    // A cell without a value may be one that nothing was put into.
    struct study_cell shown = cell->known ? *cell : (struct study_cell){.value = NAN};
    switch (column->kind) {
    case STUDY_TEXT:
        put_text(shown.known ? shown.text : "", stream);
        break;
    case STUDY_INTEGER:
        if (shown.known)
            fprintf(stream, "%" PRId64, shown.k);
        break;
    case STUDY_REAL:
        put_real(shown.value, stream);
        break;
    case STUDY_SHARE:
        fprintf(stream, "%" PRId64 ",%" PRId64 ",", shown.k, shown.n);
        put_interval(&shown, stream);
        break;
    case STUDY_ESTIMATE:
        put_interval(&shown, stream);
        break;
    }
}

void study_csv_table(const struct study_table *table, FILE *stream)
{
    for (int i = 0; i < table->count; i++) {
        fputs(i > 0 ? "," : "", stream);
        put_names(&table->columns[i], stream);
    }
    for (int64_t i = 0; i < study_rows(table) * table->count; i++) {
        fputs(i % table->count > 0 ? "," : "\n", stream);
        put_cell(&table->columns[i % table->count], &table->cells[i], stream);
    }
    fputc('\n', stream);
}

// --- figures -------------------------------------------------------------------------------------

/// Whether some series of a figure has an array.
static bool has_array(const struct study_figure *figure, int array)
{
    for (int i = 0; i < figure->figure.count; i++)
        for (int k = 0; k < figure->panels[i].count; k++)
            if (study_array(&figure->panels[i].series[k], array))
                return true;
    return false;
}

static void put_series(const struct study_figure *figure, const struct figure_panel *panel,
                       const struct figure_series *series, FILE *stream)
{
    for (int k = 0; k < series->count; k++) {
        put_text(panel->title ? panel->title : "", stream);
        fputc(',', stream);
        put_text(series->name ? series->name : "", stream);
        for (int i = 0; i < STUDY_ARRAYS; i++) {
            const double *numbers = study_array(series, i);
            if (!has_array(figure, i))
                continue;
            fputc(',', stream);
            put_real(numbers ? numbers[k] : NAN, stream);
        }
        fputc('\n', stream);
    }
}

void study_csv_figure(const struct study_figure *figure, FILE *stream)
{
    fputs("panel,series", stream);
    for (int i = 0; i < STUDY_ARRAYS; i++)
        if (has_array(figure, i))
            fprintf(stream, ",%s", STUDY_ARRAY_NAMES[i]);
    fputc('\n', stream);
    for (int i = 0; i < figure->figure.count; i++)
        for (int k = 0; k < figure->panels[i].count; k++)
            put_series(figure, &figure->panels[i], &figure->panels[i].series[k], stream);
}
