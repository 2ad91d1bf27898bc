#include "jobs/study/report_data.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PANEL_HEIGHT 200 ///< pixels, with title and ticks
#define PHONE        430 ///< pixels of the widest figure that a phone shows in letters that can be read

// --- arrays of a series --------------------------------------------------------------------------

const char *const STUDY_ARRAY_NAMES[STUDY_ARRAYS] = {"x", "y", "low", "high"};

enum { X, Y, LOW, HIGH };

/// Where a series has its arrays.
static const size_t PLACES[STUDY_ARRAYS] = {
    [X] = offsetof(struct figure_series, x),
    [Y] = offsetof(struct figure_series, y),
    [LOW] = offsetof(struct figure_series, low),
    [HIGH] = offsetof(struct figure_series, high),
};

const double *study_array(const struct figure_series *series, int array)
{
    const double *numbers;
    memcpy(&numbers, (const char *)series + PLACES[array], sizeof numbers);
    return numbers;
}

static void set_array(struct figure_series *series, int array, const double *numbers)
{
    memcpy((char *)series + PLACES[array], &numbers, sizeof numbers);
}

const char *study_mark_name(enum figure_mark mark)
{
    static const char *const names[] = {[FIGURE_LINE] = "line",
                                        [FIGURE_JOINED] = "joined",
                                        [FIGURE_DOTS] = "dots",
                                        [FIGURE_BARS] = "bars"};
    return names[mark];
}

// --- copies --------------------------------------------------------------------------------------

static void free_axis(const struct figure_axis *axis)
{
    for (int i = 0; axis->names && i < axis->name_count; i++)
        free((char *)axis->names[i]);
    free((void *)axis->names);
    free((void *)axis->ticks);
}

static void free_panel(const struct figure_panel *panel, const struct study_panel_memory *memory)
{
    for (int i = 0; i < panel->count; i++) {
        free((char *)memory->series[i].name);
        for (int k = 0; k < STUDY_ARRAYS; k++)
            free(memory->arrays[i].at[k]);
    }
    free(memory->series);
    free(memory->arrays);
    free_axis(&panel->x);
    free_axis(&panel->y);
    free((char *)panel->title);
    free((char *)panel->y_label);
    free((char *)panel->label);
}

void study_figure_free(struct study_figure *figure)
{
    for (int i = 0; i < figure->figure.count; i++)
        free_panel(&figure->panels[i], &figure->memory[i]);
    free(figure->panels);
    free(figure->memory);
    free((char *)figure->figure.title);
    free((char *)figure->figure.about);
    free((char *)figure->figure.says);
    free((char *)figure->figure.id);
    free(figure->name);
    free(figure->caption);
    free(figure->svg);
    free(figure->narrow);
}

/// An axis with its own ticks and names.
static struct figure_axis copy_axis(struct study_report *report, const struct figure_axis *from)
{
    struct figure_axis axis = *from;
    double *ticks = calloc((size_t)from->tick_count + 1, sizeof *ticks);
    const char **names = calloc((size_t)from->name_count + 1, sizeof *names);
    if (!ticks || !names)
        hrm_fail(&report->error, HRM_FAILED, "no memory for a report");
    for (int i = 0; ticks && from->ticks && i < from->tick_count; i++)
        ticks[i] = from->ticks[i];
    for (int i = 0; names && from->names && i < from->name_count; i++)
        names[i] = study_copy(report, from->names[i]);
    axis.ticks = ticks;
    axis.names = names;
    // What there is none of is NULL for those who draw.
    if (!from->ticks || from->tick_count == 0) {
        free(ticks);
        axis.ticks = NULL;
    }
    if (!from->names || from->name_count == 0) {
        free(names);
        axis.names = NULL;
    }
    return axis;
}

// --- building ------------------------------------------------------------------------------------

static struct study_figure *last_figure(struct study_report *report)
{
    if (report->figure_count == 0) {
        study_fail(report, "a part of a figure before any figure");
        return NULL;
    }
    return &report->figures[report->figure_count - 1];
}

/// The last panel of the last figure; NULL and a failure where there is none.
static struct figure_panel *last_panel(struct study_report *report,
                                       struct study_panel_memory **memory)
{
    struct study_figure *figure = last_figure(report);
    if (!figure)
        return NULL;
    int last = figure->figure.count - 1;
    if (last < 0) {
        study_fail(report, "a series of figure %.64s before any panel", figure->name);
        return NULL;
    }
    *memory = &figure->memory[last];
    return &figure->panels[last];
}

/// The id of a figure in a page of several reports: letters, digits and hyphens.
static char *make_id(struct study_report *report, const char *name)
{
    char *id = NULL;
    if (asprintf(&id, "%s-%s", report->experiment, name) >= 0)
        return id;
    hrm_fail(&report->error, HRM_FAILED, "no memory for a report");
    return NULL;
}

void study_figure(struct study_report *report, const char *name, const struct figure *figure,
                  const char *caption)
{
    if (!study_is_sound(report) || !study_check_name(report, name))
        return;
    for (int i = 0; i < report->figure_count; i++)
        if (strcmp(report->figures[i].name, name) == 0)
            study_fail(report, "figure %.64s is there already", name);
    struct study_figure *figures =
        study_room(report, report->figures, report->figure_count, sizeof *report->figures);
    if (!figures)
        return;
    report->figures = figures;
    struct study_figure *own = &figures[report->figure_count++];
    own->name = study_copy(report, name);
    own->caption = study_copy(report, caption);
    own->figure = *figure;
    own->figure.width = figure->width > 0 ? figure->width : FIGURE_COLUMN;
    own->figure.columns = figure->columns > 0 ? figure->columns : 1;
    own->figure.font = figure->font > 0 ? figure->font : FIGURE_PRINT;
    own->figure.panel_height = figure->panel_height > 0 ? figure->panel_height : PANEL_HEIGHT;
    own->figure.title = study_copy(report, figure->title);
    own->figure.about = study_copy(report, figure->about);
    own->figure.says = study_copy(report, figure->says);
    own->figure.id = make_id(report, name);
    own->figure.panels = NULL;
    own->figure.count = 0;
    study_add_item(report, STUDY_ITEM_FIGURE, report->figure_count - 1);
    for (int i = 0; i < figure->count; i++)
        study_panel(report, &figure->panels[i]);
}

/// Room for one more panel. Returns 0 when memory is short.
static int make_room(struct study_report *report, struct study_figure *figure)
{
    int count = figure->figure.count;
    void *panels = study_room(report, figure->panels, count, sizeof *figure->panels);
    if (panels)
        figure->figure.panels = figure->panels = panels;
    void *memory = study_room(report, figure->memory, count, sizeof *figure->memory);
    if (memory)
        figure->memory = memory;
    return panels && memory;
}

void study_panel(struct study_report *report, const struct figure_panel *panel)
{
    struct study_figure *figure = study_is_sound(report) ? last_figure(report) : NULL;
    if (!figure || !make_room(report, figure))
        return;
    struct figure_panel *own = &figure->panels[figure->figure.count++];
    *own = *panel;
    own->title = study_copy(report, panel->title);
    own->y_label = study_copy(report, panel->y_label);
    own->label = study_copy(report, panel->label);
    own->x = copy_axis(report, &panel->x);
    own->y = copy_axis(report, &panel->y);
    own->series = NULL;
    own->count = 0;
    for (int i = 0; i < panel->count; i++)
        study_series(report, &panel->series[i]);
}

/// Add a point with the arrays that `given` has.
static void add_point(struct study_report *report, const double *const given[STUDY_ARRAYS])
{
    struct study_panel_memory *memory = NULL;
    struct figure_panel *panel = study_is_sound(report) ? last_panel(report, &memory) : NULL;
    if (panel && panel->count == 0)
        study_fail(report, "a point before any series");
    if (!study_is_sound(report))
        return;
    struct figure_series *series = &memory->series[panel->count - 1];
    struct study_arrays *arrays = &memory->arrays[panel->count - 1];
    for (int i = 0; i < STUDY_ARRAYS; i++) {
        if (series->count > 0 && !given[i] != !arrays->at[i])
            study_fail(report, "some points of a series have no %s", STUDY_ARRAY_NAMES[i]);
        if (!given[i] || !study_is_sound(report))
            continue;
        double *larger = study_room(report, arrays->at[i], series->count, sizeof *larger);
        if (!larger)
            return;
        larger[series->count] = *given[i];
        arrays->at[i] = larger;
        set_array(series, i, larger);
    }
    series->count++;
}

void study_series(struct study_report *report, const struct figure_series *series)
{
    struct study_panel_memory *memory = NULL;
    struct figure_panel *panel = study_is_sound(report) ? last_panel(report, &memory) : NULL;
    if (!panel)
        return;
    void *own = study_room(report, memory->series, panel->count, sizeof *memory->series);
    if (own)
        panel->series = memory->series = own;
    void *arrays = study_room(report, memory->arrays, panel->count, sizeof *memory->arrays);
    if (arrays)
        memory->arrays = arrays;
    if (!own || !arrays)
        return;
    struct figure_series *last = &memory->series[panel->count++];
    *last = *series;
    last->name = study_copy(report, series->name);
    last->count = 0;
    for (int i = 0; i < STUDY_ARRAYS; i++)
        set_array(last, i, NULL);
    for (int k = 0; k < series->count; k++) {
        const double *given[STUDY_ARRAYS];
        for (int i = 0; i < STUDY_ARRAYS; i++)
            given[i] = study_array(series, i) ? study_array(series, i) + k : NULL;
        add_point(report, given);
    }
}

void study_point(struct study_report *report, double x, double y)
{
    add_point(report, (const double *const[STUDY_ARRAYS]){[X] = &x, [Y] = &y});
}

void study_interval(struct study_report *report, double x, double y, double low, double high)
{
    add_point(report, (const double *const[STUDY_ARRAYS]){
                          [X] = &x, [Y] = &y, [LOW] = &low, [HIGH] = &high});
}

// --- drawing -------------------------------------------------------------------------------------

/// Draw a figure, and one that is too wide for a phone once more, its panels below each other.
static int draw(struct study_figure *figure, struct hrm_error *error)
{
    int status = figure->svg ? HRM_OK : figure_draw(&figure->figure, &figure->svg, error);
    if (status || !figure->svg || figure->narrow || figure->figure.width <= PHONE)
        return status;
    struct figure narrow = figure->figure;
    char id[256];
    snprintf(id, sizeof id, "%.240s-narrow", figure->figure.id);
    narrow.id = id;
    narrow.width = FIGURE_COLUMN;
    narrow.columns = 1;
    return figure_draw(&narrow, &figure->narrow, error);
}

int study_draw(struct study_report *report, struct hrm_error *error)
{
    int status = HRM_OK;
    for (int i = 0; i < report->figure_count && status == HRM_OK; i++)
        status = draw(&report->figures[i], error);
    return status;
}
