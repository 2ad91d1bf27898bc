#include "jobs/cli/console.h"
#include "jobs/study/report_data.h"

#include <inttypes.h>
#include <math.h>

bool study_column_is_used(const struct study_table *table, int column)
{
    for (int64_t i = column; i < table->cell_count; i += table->count)
        if (table->cells[i].known)
            return true;
    return false;
}

int64_t study_common_n(const struct study_table *table, int column)
{
    int64_t n = -1;
    for (int64_t i = column; i < table->cell_count; i += table->count) {
        if (!table->cells[i].known)
            continue;
        if (n >= 0 && n != table->cells[i].n)
            return -1;
        n = table->cells[i].n;
    }
    return n;
}

/// A number with the decimals of its column, or with as many significant digits.
static void write_real(double value, int decimals, FILE *stream)
{
    if (decimals < 0)
        fprintf(stream, "%.*g", -decimals, value);
    else
        fprintf(stream, "%.*f", decimals, value);
}

static int share_decimals(const struct study_cell *cell)
{
    return hrm_share_decimals(cell->n);
}

void study_value_write(const struct study_column *column, const struct study_cell *cell,
                       FILE *stream)
{
    if (!cell->known)
        fputs("-", stream);
    else if (column->kind == STUDY_TEXT)
        fputs(cell->text, stream);
    else if (column->kind == STUDY_INTEGER)
        fprintf(stream, "%" PRId64, cell->k);
    else if (column->kind == STUDY_SHARE)
        fprintf(stream, "%.*f", share_decimals(cell), 100 * cell->value);
    else
        write_real(cell->value, column->decimals, stream);
}

bool study_has_interval(const struct study_column *column, const struct study_cell *cell)
{
    return cell->known && (column->kind == STUDY_SHARE || column->kind == STUDY_ESTIMATE) &&
           isfinite(cell->low) && isfinite(cell->high);
}

void study_interval_write(const struct study_column *column, const struct study_cell *cell,
                          const char *dash, FILE *stream)
{
    bool share = column->kind == STUDY_SHARE;
    int decimals = share ? share_decimals(cell) : column->decimals;
    write_real((share ? 100 : 1) * cell->low, decimals, stream);
    fputs(dash, stream);
    write_real((share ? 100 : 1) * cell->high, decimals, stream);
}

const char *study_unit(const struct study_column *column)
{
    return column->kind == STUDY_SHARE ? "%" : column->unit ? column->unit : "";
}
