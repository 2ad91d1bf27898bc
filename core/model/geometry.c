#include "core/model/geometry.h"

#include <assert.h>
#include <math.h>
#include <stdint.h>

static int refuse(const struct hrm_geometry *g, int positions, const char *hint,
                  struct hrm_error *error)
{
    hrm_fail(error, HRM_USAGE,
             "model.grid_rows = %d, grid_columns = %d, box_rows = %d and box_columns = %d are no "
             "grid of "
             "model.cells = %d",
             g->rows, g->columns, g->box_rows, g->box_columns, positions);
    return hrm_hint(error, "%s", hint);
}

int hrm_geometry_check(const struct hrm_geometry *g, int positions, struct hrm_error *error)
{
    bool boxes = g->box_rows != 0 || g->box_columns != 0;
    if (g->rows == 0 && g->columns == 0)
        return boxes
                   ? refuse(g, positions, "give model.grid_rows and model.grid_columns too", error)
                   : HRM_OK;
    if (g->rows < 1 || g->columns < 1 || (int64_t)g->rows * g->columns != positions)
        return refuse(g, positions, "model.grid_rows times model.grid_columns is model.cells",
                      error);
    if (boxes && (g->box_rows < 1 || g->box_columns < 1 || g->rows % g->box_rows != 0 ||
                  g->columns % g->box_columns != 0))
        return refuse(
            g, positions,
            "take divisors of grid_rows and grid_columns for model.box_rows and model.box_columns",
            error);
    return HRM_OK;
}

bool hrm_geometry_same(const struct hrm_geometry *one, const struct hrm_geometry *other)
{
    return one->rows == other->rows && one->columns == other->columns &&
           one->box_rows == other->box_rows && one->box_columns == other->box_columns;
}

int hrm_geometry_relations(const struct hrm_geometry *g)
{
    return g->rows == 0 ? 0 : g->box_rows == 0 ? 2 : 3;
}

/// Boxes side by side.
static int boxes_across(const struct hrm_geometry *g)
{
    return g->columns / g->box_columns;
}

int hrm_geometry_units(const struct hrm_geometry *g, int relation)
{
    if (relation == HRM_RELATION_BOX)
        return g->rows / g->box_rows * boxes_across(g);
    return relation == HRM_RELATION_ROW ? g->rows : g->columns;
}

int hrm_geometry_unit_size(const struct hrm_geometry *g, int relation)
{
    return g->rows * g->columns / hrm_geometry_units(g, relation);
}

int hrm_geometry_unit(const struct hrm_geometry *g, int relation, int position)
{
    assert(relation < hrm_geometry_relations(g));
    int row = position / g->columns, column = position % g->columns;
    if (relation == HRM_RELATION_BOX)
        return row / g->box_rows * boxes_across(g) + column / g->box_columns;
    return relation == HRM_RELATION_ROW ? row : column;
}

int hrm_geometry_member(const struct hrm_geometry *g, int relation, int unit, int i)
{
    assert(relation < hrm_geometry_relations(g));
    int row = relation == HRM_RELATION_ROW ? unit : i;
    int column = relation == HRM_RELATION_ROW ? i : unit;
    if (relation == HRM_RELATION_BOX) {
        row = unit / boxes_across(g) * g->box_rows + i / g->box_columns;
        column = unit % boxes_across(g) * g->box_columns + i % g->box_columns;
    }
    return row * g->columns + column;
}

bool hrm_geometry_related(const struct hrm_geometry *g, int relation, int a, int b)
{
    return hrm_geometry_unit(g, relation, a) == hrm_geometry_unit(g, relation, b);
}

double hrm_geometry_angle(const struct hrm_geometry *g, int position, int pair, int pairs)
{
    int relations = hrm_geometry_relations(g), first = 0;
    for (int relation = 0; relation < relations; relation++) {
        int units = hrm_geometry_units(g, relation), circle = g->box_rows > 0 ? units : 2 * units;
        int harmonics = pairs / relations < circle / 2 ? pairs / relations : circle / 2;
        if (pair < first + harmonics) {
            int unit = hrm_geometry_unit(g, relation, position);
            int turns = unit * (pair - first + 1) % circle;
            return 2 * acos(-1) * turns / circle;
        }
        first += harmonics;
    }
    return 0;
}
