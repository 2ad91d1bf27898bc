#ifndef HRM_MODEL_GEOMETRY_H
#define HRM_MODEL_GEOMETRY_H

#include "core/base/error.h"

#include <stdbool.h>

/// How the positions of a puzzle lie: on a line, or row by row on a grid, which boxes may divide.
struct hrm_geometry {
    int rows, columns;         ///< of the grid; 0: a line
    int box_rows, box_columns; ///< of a box; 0: no boxes
};

/// What positions can share. A unit is one row, one column or one box.
enum hrm_relation { HRM_RELATION_ROW, HRM_RELATION_COLUMN, HRM_RELATION_BOX };

/// That the grid has so many positions, and that boxes of that size fill it.
/// Errors: HRM_USAGE naming the key of section "model".
int hrm_geometry_check(const struct hrm_geometry *geometry, int positions, struct hrm_error *error);

bool hrm_geometry_same(const struct hrm_geometry *one, const struct hrm_geometry *other);

/// Relations that there are, the first of enum hrm_relation: 0 on a line, 2, or 3 with boxes.
int hrm_geometry_relations(const struct hrm_geometry *geometry);

/// Units of a relation, and positions of each.
int hrm_geometry_units(const struct hrm_geometry *geometry, int relation);
int hrm_geometry_unit_size(const struct hrm_geometry *geometry, int relation);

/// The unit that a position is in, and the i-th position of a unit. All count from 0.
int hrm_geometry_unit(const struct hrm_geometry *geometry, int relation, int position);
int hrm_geometry_member(const struct hrm_geometry *geometry, int relation, int unit, int i);

/// Whether two positions are in the same unit.
bool hrm_geometry_related(const struct hrm_geometry *geometry, int relation, int a, int b);

/// The rotary angle of a position for pair `pair` of `pairs`. Every relation has as many pairs: the
/// harmonics 1, 2, ... of a circle on which its units lie, up to half the circle, whose cosines sum
/// to a peak for two positions of one unit. The units fill the circle; where there are no boxes,
/// half of it, so that the first and the last are no neighbours. Pairs that are left have angle 0.
double hrm_geometry_angle(const struct hrm_geometry *geometry, int position, int pair, int pairs);

#endif
