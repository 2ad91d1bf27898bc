#include "jobs/page/page.h"
#include "jobs/plot/gnuplot.h"
#include "jobs/plot/svg.h"
#include "jobs/study/report_data.h"

#include <inttypes.h>
#include <stdlib.h>

enum { LONG_TABLE = 40 }; ///< rows; longer ones are shown when they are asked for

static void put(const char *html, FILE *stream)
{
    fputs(html, stream);
}

// --- values --------------------------------------------------------------------------------------

/// A value as text for HTML.
static void put_value(const struct study_column *column, const struct study_cell *cell,
                      FILE *stream)
{
    if (!cell->known)
        put("&ndash;", stream);
    else if (column->kind == STUDY_TEXT)
        svg_put_text(cell->text, stream);
    else
        study_value_write(column, cell, stream);
}

/// Below a value, its interval and, where they differ from row to row, of how many.
/// @param of  [in] whether to say it
static void put_below(const struct study_column *column, const struct study_cell *cell, bool of,
                      FILE *stream)
{
    bool interval = study_has_interval(column, cell);
    of = of && cell->known && column->kind == STUDY_SHARE;
    if (!interval && !of)
        return;
    put("<small>", stream);
    if (interval)
        study_interval_write(column, cell, " &ndash; ", stream);
    if (of)
        fprintf(stream, "%sn = %" PRId64, interval ? "<br>" : "", cell->n);
    put("</small>", stream);
}

// --- tables --------------------------------------------------------------------------------------

static void put_column_head(const struct study_table *table, int index, FILE *stream)
{
    const struct study_column *column = &table->columns[index];
    int64_t n = column->kind == STUDY_SHARE ? study_common_n(table, index) : -1;
    put(column->kind == STUDY_TEXT ? "<th class=text>" : "<th>", stream);
    svg_put_text(column->label, stream);
    if (*study_unit(column)) {
        put(", ", stream);
        svg_put_text(study_unit(column), stream);
    }
    if (n >= 0)
        fprintf(stream, "<br>n = %" PRId64, n);
}

static void put_row(const struct study_table *table, const struct study_cell *cells,
                    const int64_t *common, FILE *stream)
{
    bool first = true;
    put("<tr>", stream);
    for (int i = 0; i < table->count; i++) {
        const struct study_column *column = &table->columns[i];
        if (!study_column_is_used(table, i))
            continue;
        put(first ? "<th>" : column->kind == STUDY_TEXT ? "<td class=text>" : "<td>", stream);
        first = false;
        put_value(column, &cells[i], stream);
        put_below(column, &cells[i], common[i] < 0, stream);
    }
    put("\n", stream);
}

static void put_rows(const struct study_table *table, const int64_t *common, FILE *stream)
{
    put("<div class=wide><table>\n<thead><tr>", stream);
    for (int i = 0; i < table->count; i++)
        if (study_column_is_used(table, i))
            put_column_head(table, i, stream);
    put("\n<tbody>\n", stream);
    for (int64_t i = 0; i < study_rows(table); i++)
        put_row(table, table->cells + i * table->count, common, stream);
    put("</table></div>\n", stream);
}

static void put_link(const struct study_report *report, const char *part, const char *name,
                     const char *ending, FILE *stream)
{
    fprintf(stream, " <a href=\"%s%s%s.%s\">%s</a>", report->experiment, part, name, ending,
            ending);
}

/// A table with its caption; nothing when it has no value.
static void put_table(const struct study_report *report, const struct study_table *table,
                      FILE *stream)
{
    if (table->count < 1)
        return;
    int64_t rows = study_rows(table);
    int64_t *common = calloc((size_t)table->count, sizeof *common);
    bool used = false;
    for (int i = 0; i < table->count && common; i++) {
        common[i] = table->columns[i].kind == STUDY_SHARE ? study_common_n(table, i) : 0;
        used = used || study_column_is_used(table, i);
    }
    if (used) {
        if (rows > LONG_TABLE)
            fprintf(stream, "<details><summary>%" PRId64 " rows</summary>\n", rows);
        put_rows(table, common, stream);
        put(rows > LONG_TABLE ? "</details>\n" : "", stream);
        put("<p class=soft>", stream);
        svg_put_text(table->caption ? table->caption : "", stream);
        put_link(report, "-", table->name, "csv", stream);
        put("</p>\n", stream);
    }
    free(common);
}

// --- the other parts -----------------------------------------------------------------------------

static void put_figure(const struct study_report *report, const struct study_figure *figure,
                       FILE *stream)
{
    if (!figure->svg)
        return;
    fprintf(stream, "<figure%s>\n", figure->narrow ? "" : " class=column");
    if (figure->narrow)
        fprintf(stream, "<div class=desk>\n%s</div>\n<div class=phone>\n%s</div>\n", figure->svg,
                figure->narrow);
    else
        put(figure->svg, stream);
    put("<figcaption>", stream);
    svg_put_text(figure->caption ? figure->caption : "", stream);
    put_link(report, "-", figure->name, "svg", stream);
    put_link(report, "-figure-", figure->name, "csv", stream);
    put("</figcaption>\n</figure>\n", stream);
}

static void put_text(const struct study_item *item, FILE *stream)
{
    put("<p>", stream);
    if (item->lead) {
        put("<b>", stream);
        svg_put_text(item->lead, stream);
        put("</b> ", stream);
    }
    svg_put_text(item->text, stream);
    put("</p>\n", stream);
}

static void put_report(const struct study_report *report, FILE *stream)
{
    fprintf(stream, "<h2 id=\"%s\">", report->experiment);
    svg_put_text(report->title, stream);
    put("</h2>\n<p class=soft><code>", stream);
    svg_put_text(report->command, stream);
    fprintf(stream, "</code> All numbers: <a href=\"%s.json\">json</a></p>\n", report->experiment);
    for (int i = 0; i < report->item_count; i++) {
        const struct study_item *item = &report->items[i];
        if (item->kind == STUDY_ITEM_TEXT)
            put_text(item, stream);
        else if (item->kind == STUDY_ITEM_TABLE)
            put_table(report, &report->tables[item->index], stream);
        else
            put_figure(report, &report->figures[item->index], stream);
    }
}

// --- the head ------------------------------------------------------------------------------------

static void put_headlines(const struct study_report *report, FILE *stream)
{
    for (int i = 0; i < report->headline_count; i++) {
        const struct study_column *column = &report->headlines[i].columns[0];
        const struct study_cell *cell = &report->headlines[i].cells[0];
        fprintf(stream, "<tr><th><a href=\"#%s\">", report->experiment);
        svg_put_text(column->label, stream);
        put("</a><td><b>", stream);
        put_value(column, cell, stream);
        if (cell->known && *study_unit(column)) {
            put("&thinsp;", stream);
            svg_put_text(study_unit(column), stream);
        }
        put("</b>", stream);
        put_below(column, cell, true, stream);
        put("\n", stream);
    }
}

static void put_contents(struct study_report *const *reports, int count, FILE *stream)
{
    put("<nav><ol>\n", stream);
    for (int i = 0; i < count; i++) {
        fprintf(stream, "<li><a href=\"#%s\">", reports[i]->experiment);
        svg_put_text(reports[i]->title, stream);
        put("</a>\n", stream);
    }
    put("</ol></nav>\n", stream);
}

static void put_head(struct study_report *const *reports, int count, const struct study_page *page,
                     FILE *stream)
{
    int headlines = 0;
    page_begin(stream);
    svg_put_text(page->title, stream);
    page_body(stream);
    put("<h1>", stream);
    svg_put_text(page->title, stream);
    put("</h1>\n", stream);
    if (page->date) {
        put("<p class=soft>", stream);
        page_day(page->date, stream);
        put("</p>\n", stream);
    }
    for (int i = 0; i < count; i++)
        headlines += reports[i]->headline_count;
    if (headlines > 0)
        put("<div class=wide><table>\n<tbody>\n", stream);
    for (int i = 0; i < count; i++)
        put_headlines(reports[i], stream);
    if (headlines > 0)
        put("</table></div>\n<p class=soft>Small figures: intervals at 95&thinsp;%; of shares, "
            "Wilson&rsquo;s.</p>\n",
            stream);
    if (count > 1)
        put_contents(reports, count, stream);
}

void study_page_write(struct study_report *const *reports, int count, const struct study_page *page,
                      bool drawn, FILE *stream)
{
    put_head(reports, count, page, stream);
    if (!drawn)
        put("<p class=soft>Without pictures, since gnuplot, which draws them, is not installed. "
            "To have them, " GNUPLOT_REMEDY " and make the page again.</p>\n",
            stream);
    for (int i = 0; i < count; i++)
        put_report(reports[i], stream);
    page_end(stream);
}
