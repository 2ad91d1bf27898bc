#include "core/model/attention.h"

#include <math.h>
#include <stdlib.h>

/// Of the line of positions; rounded to fp32 where the reference rounds.
static double line_angle(const struct hrm_model_config *config, int position, int pair)
{
    int size = config->hidden / config->heads;
    float frequency = (float)pow(config->rope_theta, -2.0 * pair / size);
    float angle = (float)position * frequency;
    return (double)angle;
}

static int build_rope(struct hrm_attention_tables *tables, const struct hrm_model_config *config,
                      struct hrm_error *error)
{
    bool grid = config->angles == HRM_ANGLES_GRID;
    if (!grid && config->angles != HRM_ANGLES_ROPE)
        return HRM_OK;
    struct hrm_geometry geometry = hrm_model_geometry(config);
    int seq = hrm_model_seq(config), half = config->hidden / config->heads / 2;
    size_t count = (size_t)seq * (size_t)half;
    tables->angles = calloc(2 * count, sizeof *tables->angles);
    if (tables->angles == NULL)
        return hrm_fail(error, HRM_FAILED, "out of memory for the rotary angles");
    for (size_t at = 0; at < count; at++) {
        int position = (int)at / half, pair = (int)at % half;
        int cell = position - hrm_model_prefix(config); // before the cells nothing is rotated
        double angle = !grid       ? line_angle(config, position, pair)
                       : cell >= 0 ? hrm_geometry_angle(&geometry, cell, pair, half)
                                   : 0;
        tables->angles[at] = (float)cos(angle);
        tables->angles[count + at] = (float)sin(angle);
    }
    tables->rope = (struct hrm_rope){tables->angles, tables->angles + count};
    return HRM_OK;
}

/// Whether a head of units looks from one cell at another: the first of every four along the row of
/// a cell, the second along its column, the third, where there are boxes, at its box. What comes
/// before the cells, with negative numbers, is in every unit.
static bool looks(const struct hrm_geometry *geometry, int head, int cell, int other)
{
    int relation = head % 4;
    return cell < 0 || other < 0 || relation >= hrm_geometry_relations(geometry) ||
           hrm_geometry_related(geometry, relation, cell, other);
}

static int build_mask(struct hrm_attention_tables *tables, const struct hrm_model_config *config,
                      struct hrm_error *error)
{
    struct hrm_geometry geometry = hrm_model_geometry(config);
    int seq = hrm_model_seq(config), words = hrm_mask_words(seq), rows = config->heads * seq;
    int prefix = hrm_model_prefix(config);
    uint16_t *mask = tables->mask = calloc((size_t)rows * (size_t)words, sizeof *mask);
    if (mask == NULL)
        return hrm_fail(error, HRM_FAILED, "out of memory for the mask of the attention");
    for (int row = 0; row < rows; row++)
        for (int k = 0; k < seq; k++)
            if (looks(&geometry, row / seq, row % seq - prefix, k - prefix))
                mask[row * words + k / 16] |= (uint16_t)(1u << k % 16);
    tables->attention.mask = mask;
    tables->attention.mask_back = mask; // units are mutual
    return HRM_OK;
}

/// Row i of group j of a head: of a unit in one plane, or of the planes of a cell.
static int member(const struct hrm_geometry *geometry, int kind, int j, int i)
{
    int cells = geometry->rows * geometry->columns;
    if (kind >= hrm_geometry_relations(geometry))
        return i * cells + j;
    int units = hrm_geometry_units(geometry, kind);
    return j / units * cells + hrm_geometry_member(geometry, kind, j % units, i);
}

static int build_groups(struct hrm_attention_tables *tables, const struct hrm_model_config *config,
                        struct hrm_error *error)
{
    struct hrm_attention *attention = &tables->attention;
    struct hrm_geometry geometry = hrm_model_geometry(config);
    int rows = hrm_model_rows(config), count = config->heads * rows;
    // Those of the grid, and the planes of a cell.
    int kinds = hrm_geometry_relations(&geometry) + (hrm_model_planes(config) > 1);
    attention->group = hrm_geometry_unit_size(&geometry, HRM_RELATION_ROW);
    tables->groups = calloc((size_t)count, sizeof *tables->groups);
    if (tables->groups == NULL)
        return hrm_fail(error, HRM_FAILED, "out of memory for the groups of the attention");
    for (int at = 0; at < count; at++)
        tables->groups[at] = member(&geometry, at / rows % kinds, at % rows / attention->group,
                                    at % attention->group);
    attention->groups = tables->groups;
    return HRM_OK;
}

int hrm_attention_tables_init(struct hrm_attention_tables *tables,
                              const struct hrm_model_config *config, struct hrm_error *error)
{
    *tables = (struct hrm_attention_tables){0};
    tables->attention.kind = hrm_model_attention(config);
    tables->attention.plane = hrm_model_seq(config);
    int status = build_rope(tables, config, error);
    if (status == HRM_OK && tables->attention.kind == HRM_ATTENTION_MASK)
        status = build_mask(tables, config, error);
    if (status == HRM_OK && tables->attention.kind == HRM_ATTENTION_GROUPS)
        status = build_groups(tables, config, error);
    return status;
}

void hrm_attention_tables_free(struct hrm_attention_tables *tables)
{
    free(tables->angles);
    free(tables->mask);
    free(tables->groups);
    *tables = (struct hrm_attention_tables){0};
}
