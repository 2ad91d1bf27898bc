#include "core/model/config.h"

#include <math.h>
#include <stddef.h>

#define FIELD(name) offsetof(struct hrm_model_config, name)

static const struct hrm_option options[] = {
    {"hidden", HRM_OPTION_INT, FIELD(hidden), "512", NULL, "width of the hidden state", 2, 65536,
     HRM_ROLE_SHAPE, 0},
    {"heads", HRM_OPTION_INT, FIELD(heads), "8", NULL, "attention heads", 1, 1024, HRM_ROLE_SHAPE,
     0},
    {"expansion", HRM_OPTION_REAL, FIELD(expansion), "4", NULL,
     "SwiGLU expansion; the inner size is 2/3 of it, rounded up to 256", 0.01, 64, HRM_ROLE_SHAPE,
     0},
    {"h_layers", HRM_OPTION_INT, FIELD(h_layers), "4", NULL, "blocks of the H network", 1, 256,
     HRM_ROLE_SHAPE, 0},
    {"l_layers", HRM_OPTION_INT, FIELD(l_layers), "4", NULL, "blocks of the L network", 1, 256,
     HRM_ROLE_SHAPE, 0},
    {"h_cycles", HRM_OPTION_INT, FIELD(h_cycles), "2", NULL,
     "cycles of a segment, each of which ends with a call of the H network", 1, 1024,
     HRM_ROLE_SHAPE, 0},
    {"l_cycles", HRM_OPTION_INT, FIELD(l_cycles), "2", NULL,
     "calls of the L network in a cycle, before that of the H network", 1, 1024, HRM_ROLE_SHAPE, 0},
    {"vocab", HRM_OPTION_INT, FIELD(vocab), "11", NULL,
     "tokens: pad, blank, digits; the task decides it: 11 for Sudoku 9x9", 2, HRM_MODEL_VOCAB,
     HRM_ROLE_SHAPE, 0},
    {"cells", HRM_OPTION_INT, FIELD(cells), "81", NULL,
     "cells of a puzzle; the task decides it: 81 for Sudoku 9x9", 1, 65536, HRM_ROLE_SHAPE, 0},
    {"puzzle_emb", HRM_OPTION_INT, FIELD(puzzle_emb), "512", NULL,
     "width of the puzzle embedding; 0: none", 0, 1 << 20, HRM_ROLE_SHAPE, 0},
    {"puzzle_ids", HRM_OPTION_INT, FIELD(puzzle_ids), "1", NULL,
     "puzzle identifiers; the task decides it: 1", 1, 1 << 24, HRM_ROLE_SHAPE, 0},
    {"angles", HRM_OPTION_CHOICE, FIELD(angles), "rope", "none|rope|learned|grid",
     "how a position is known: not, by rotary angles of its number, by learned vectors, by rotary "
     "angles of its row, column and box",
     0, 0, HRM_ROLE_SHAPE, 0},
    {"pattern", HRM_OPTION_CHOICE, FIELD(pattern), "all", "all|causal|units|groups",
     "which positions a head looks at: all; those up to its own; of every four heads one along the "
     "row of a cell, one along its column, one at its box; or heads in turn at these alone",
     0, 0, HRM_ROLE_SHAPE, 0},
    {"grid_rows", HRM_OPTION_INT, FIELD(rows), "0", NULL,
     "rows of the grid of cells; 0: 9 x 9 of 81 and so on", 0, 65536, HRM_ROLE_SHAPE, 1},
    {"grid_columns", HRM_OPTION_INT, FIELD(columns), "0", NULL, "columns of the grid of cells", 0,
     65536, HRM_ROLE_SHAPE, 1},
    {"box_rows", HRM_OPTION_INT, FIELD(box_rows), "0", NULL, "rows of a box; 0: no boxes", 0, 65536,
     HRM_ROLE_SHAPE, 1},
    {"box_columns", HRM_OPTION_INT, FIELD(box_columns), "0", NULL, "columns of a box", 0, 65536,
     HRM_ROLE_SHAPE, 1},
    {"first_symbol", HRM_OPTION_INT, FIELD(first_symbol), "2", NULL,
     "first token that is a symbol, such as a digit; the data decides it: 2 for Sudoku", 0,
     HRM_MODEL_VOCAB, HRM_ROLE_SHAPE, 1},
    {"symbols", HRM_OPTION_INT, FIELD(symbols), "0", NULL,
     "tokens that are symbols; 0: all from the first on", 0, HRM_MODEL_VOCAB, HRM_ROLE_SHAPE, 1},
    {"symbol_equivariant", HRM_OPTION_FLAG, FIELD(symbol_equivariant), "false", NULL,
     "a state for every symbol at every position, so that digits are interchangeable", 0, 0,
     HRM_ROLE_SHAPE, 1},
    {"rope_theta", HRM_OPTION_REAL, FIELD(rope_theta), "10000", NULL, "base of the rotary angles",
     1, 1e9, HRM_ROLE_SHAPE, 0},
    {"rms_eps", HRM_OPTION_REAL, FIELD(rms_eps), "1e-5", NULL, "epsilon of the RMS norm", 1e-12, 1,
     HRM_ROLE_SHAPE, 0},
    {"shared", HRM_OPTION_FLAG, FIELD(shared), "false", NULL, "one network in both roles", 0, 0,
     HRM_ROLE_SHAPE, 0},
    {"loss", HRM_OPTION_CHOICE, FIELD(loss), "stablemax", "stablemax|softmax",
     "cross-entropy of the cells", 0, 0, HRM_ROLE_TRAINING, 0},
    {"gradient", HRM_OPTION_CHOICE, FIELD(gradient), "one_step", "one_step|last_cycle",
     "module calls that are differentiated", 0, 0, HRM_ROLE_TRAINING, 0},
    {"q_continue", HRM_OPTION_FLAG, FIELD(q_continue), "true",
     "do not learn q_continue, which takes a second forward pass: halt when q_halt > 0",
     "learn q_continue by a second forward pass: halt when q_halt > q_continue", 0, 0,
     HRM_ROLE_SHAPE, 0},
    {"halt_max_steps", HRM_OPTION_INT, FIELD(halt_max_steps), "16", NULL, "segments of an episode",
     1, 1 << 20, HRM_ROLE_TRAINING, 0},
    {"halt_exploration", HRM_OPTION_REAL, FIELD(halt_exploration), "0.1", NULL,
     "probability of a drawn minimum of segments", 0, 1, HRM_ROLE_TRAINING, 0},
};

/// Angles and pattern were one key.
static const struct hrm_option_former former[] = {
    {"positions", "rope", "angles=rope pattern=all"},
    {"positions", "learned", "angles=learned pattern=all"},
    {"positions", "grid", "angles=grid pattern=all"},
    {"positions", "units", "angles=grid pattern=units"},
    {"positions", "masks", "angles=none pattern=units"},
    {NULL, NULL, NULL},
};

struct hrm_option_section hrm_model_config_section(struct hrm_model_config *config)
{
    return (struct hrm_option_section){.name = "model",
                                       .options = options,
                                       .count = (int)(sizeof options / sizeof *options),
                                       .target = config,
                                       .former = former};
}

/// That heads can look along the units of the grid.
static int check_units(const struct hrm_model_config *config, struct hrm_error *error)
{
    struct hrm_geometry geometry = hrm_model_geometry(config);
    int relations = hrm_geometry_relations(&geometry);
    if (config->pattern == HRM_PATTERN_UNITS && config->heads % 4 != 0) {
        hrm_fail(error, HRM_USAGE,
                 "model.heads = %d are no multiple of 4 for model.pattern = units", config->heads);
        return hrm_hint(error, "take 4 heads or 8, or model.pattern = all");
    }
    if (config->pattern == HRM_PATTERN_UNITS)
        return HRM_OK;
    bool alike = config->puzzle_emb == 0 && config->heads % relations == 0;
    for (int relation = 1; relation < relations; relation++)
        alike = alike && hrm_geometry_unit_size(&geometry, relation) == geometry.columns;
    if (alike)
        return HRM_OK;
    hrm_fail(error, HRM_USAGE,
             "model.pattern = groups needs no puzzle embedding, rows, columns and boxes of as many "
             "cells, and as many heads for each of these %d",
             relations);
    return hrm_hint(error,
                    "take model.puzzle_emb = 0 and a multiple of %d heads, or model.pattern "
                    "= units",
                    relations);
}

/// Along the units of a grid and across the planes of a cell.
static int check_symbols(const struct hrm_model_config *config, struct hrm_error *error)
{
    struct hrm_geometry geometry = hrm_model_geometry(config);
    int symbols = hrm_model_symbols(config), relations = hrm_geometry_relations(&geometry);
    bool fits = config->pattern == HRM_PATTERN_UNITS && config->puzzle_emb == 0 && symbols > 0 &&
                (config->angles == HRM_ANGLES_NONE) && relations > 0;
    for (int relation = 0; relation < relations; relation++)
        fits = fits && hrm_geometry_unit_size(&geometry, relation) == symbols;
    if (fits)
        return HRM_OK;
    hrm_fail(error, HRM_USAGE,
             "model.symbol_equivariant needs heads that look along units, no angles, no puzzle "
             "embedding and as many symbols as a unit has cells, %d and not %d",
             geometry.columns, symbols);
    return hrm_hint(error, "take model.pattern = units, model.angles = none, model.puzzle_emb = 0 "
                           "and a model.vocab with so many symbols");
}

static int check_positions(const struct hrm_model_config *config, struct hrm_error *error)
{
    struct hrm_geometry geometry = hrm_model_geometry(config);
    bool grid = config->angles == HRM_ANGLES_GRID || config->pattern >= HRM_PATTERN_UNITS;
    int status = hrm_geometry_check(&geometry, config->cells, error);
    if (status == HRM_OK && grid && hrm_geometry_relations(&geometry) == 0) {
        hrm_fail(error, HRM_USAGE, "model.cells = %d are no grid of square boxes", config->cells);
        return hrm_hint(
            error, "give model.grid_rows and model.grid_columns, or take model.angles = rope and "
                   "model.pattern = all");
    }
    if (status == HRM_OK && config->symbol_equivariant)
        return check_symbols(config, error);
    return status || config->pattern < HRM_PATTERN_UNITS ? status : check_units(config, error);
}

int hrm_model_config_check(const struct hrm_model_config *config, struct hrm_error *error)
{
    struct hrm_model_config used = *config;
    struct hrm_option_section section = hrm_model_config_section(&used);
    if (config->shared)
        used.h_layers = config->l_layers; // it is ignored
    int status = hrm_options_check(&section, error);
    if (status != HRM_OK)
        return status;
    if (config->hidden % config->heads != 0 || config->hidden / config->heads % 2 != 0) {
        hrm_fail(error, HRM_USAGE, "model.hidden = %d cannot be cut into %d heads of even size",
                 config->hidden, config->heads);
        return hrm_hint(error, "make model.hidden a multiple of twice model.heads");
    }
    if (config->first_symbol + config->symbols > config->vocab) {
        hrm_fail(error, HRM_USAGE,
                 "model.first_symbol = %d and model.symbols = %d pass model.vocab = %d",
                 config->first_symbol, config->symbols, config->vocab);
        return hrm_hint(error,
                        "take fewer model.symbols, or model.symbols = 0 for all that follow");
    }
    return check_positions(config, error);
}

int hrm_model_config_fit(const struct hrm_model_config *config, const struct hrm_data_shape *shape,
                         struct hrm_error *error)
{
    struct hrm_geometry geometry = hrm_model_geometry(config);
    bool symbols = shape->symbols > 0;
    const struct {
        const char *key;
        int given, needed;
    } sizes[] = {
        {"cells", config->cells, shape->cells},
        {"vocab", config->vocab, shape->vocab},
        {"puzzle_ids", config->puzzle_ids,
         shape->puzzle_ids ? shape->puzzle_ids : config->puzzle_ids},
        {"grid_rows", geometry.rows, shape->geometry.rows},
        {"grid_columns", geometry.columns, shape->geometry.columns},
        {"box_rows", geometry.box_rows, shape->geometry.box_rows},
        {"box_columns", geometry.box_columns, shape->geometry.box_columns},
        {"symbol_equivariant", config->symbol_equivariant && shape->symbols == 0, 0},
        {"first_symbol", symbols ? config->first_symbol : 0, symbols ? shape->first_symbol : 0},
        {"symbols", symbols ? hrm_model_symbols(config) : 0, shape->symbols},
    };
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        if (sizes[i].given == sizes[i].needed)
            continue;
        hrm_fail(error, HRM_USAGE, "model.%s is %d, but %s need %d", sizes[i].key, sizes[i].given,
                 shape->name, sizes[i].needed);
        return hrm_hint(error, "take model.%s = %d; the data decides it", sizes[i].key,
                        sizes[i].needed);
    }
    return HRM_OK;
}

struct hrm_geometry hrm_model_geometry(const struct hrm_model_config *config)
{
    struct hrm_geometry given = {config->rows, config->columns, config->box_rows,
                                 config->box_columns};
    int box = (int)lround(pow(config->cells, 0.25)), side = box * box;
    bool none = hrm_geometry_same(&given, &(struct hrm_geometry){0});
    return none && side * side == config->cells ? (struct hrm_geometry){side, side, box, box}
                                                : given;
}

void hrm_model_geometry_set(struct hrm_model_config *config, const struct hrm_geometry *geometry)
{
    config->rows = config->columns = config->box_rows = config->box_columns = 0;
    struct hrm_geometry derived = hrm_model_geometry(config);
    if (hrm_geometry_same(&derived, geometry))
        return;
    config->rows = geometry->rows;
    config->columns = geometry->columns;
    config->box_rows = geometry->box_rows;
    config->box_columns = geometry->box_columns;
}

enum hrm_attention_kind hrm_model_attention(const struct hrm_model_config *config)
{
    static const enum hrm_attention_kind kinds[] = {
        [HRM_PATTERN_ALL] = HRM_ATTENTION_ALL,
        [HRM_PATTERN_CAUSAL] = HRM_ATTENTION_CAUSAL,
        [HRM_PATTERN_UNITS] = HRM_ATTENTION_MASK,
        [HRM_PATTERN_GROUPS] = HRM_ATTENTION_GROUPS,
    };
    return config->symbol_equivariant ? HRM_ATTENTION_GROUPS : kinds[config->pattern];
}

int hrm_model_prefix(const struct hrm_model_config *config)
{
    return (config->puzzle_emb + config->hidden - 1) / config->hidden;
}

int hrm_model_seq(const struct hrm_model_config *config)
{
    return hrm_model_prefix(config) + config->cells;
}

int hrm_model_symbols(const struct hrm_model_config *config)
{
    return config->symbols > 0 ? config->symbols : config->vocab - config->first_symbol;
}

int hrm_model_planes(const struct hrm_model_config *config)
{
    return config->symbol_equivariant ? hrm_model_symbols(config) : 1;
}

int hrm_model_rows(const struct hrm_model_config *config)
{
    return hrm_model_planes(config) * hrm_model_seq(config);
}

int hrm_model_inner(const struct hrm_model_config *config)
{
    // nearbyint() rounds halves to even like the reference's round().
    int size = (int)nearbyint(config->expansion * config->hidden * 2 / 3);
    return size > 0 ? (size + 255) / 256 * 256 : 256;
}

/// GFLOP of the projections, and of the attention products, of one block and puzzle.
static void block_gflop(const struct hrm_model_config *config, double *projections,
                        double *attention)
{
    double s = hrm_model_seq(config), k = hrm_model_planes(config);
    double d = config->hidden, f = hrm_model_inner(config);
    bool groups = hrm_model_attention(config) == HRM_ATTENTION_GROUPS;
    double keys = groups ? hrm_model_geometry(config).columns : s; // that a row looks at
    *projections = 2e-9 * k * s * (4 * d * d + 3 * d * f);
    *attention = 4e-9 * k * s * keys * d;
}

static int h_layers(const struct hrm_model_config *config)
{
    return config->shared ? config->l_layers : config->h_layers;
}

double hrm_model_segment_gflop(const struct hrm_model_config *config)
{
    double projections, attention;
    block_gflop(config, &projections, &attention);
    double blocks =
        (double)config->h_cycles * (h_layers(config) + (double)config->l_cycles * config->l_layers);
    return blocks * (projections + attention);
}

double hrm_model_training_gflop(const struct hrm_model_config *config)
{
    double projections, attention;
    block_gflop(config, &projections, &attention);
    int l_calls = config->gradient == HRM_GRADIENT_LAST_CYCLE ? config->l_cycles : 1;
    double blocks = h_layers(config) + (double)l_calls * config->l_layers;
    // The backward pass recomputes the scores: five products of that size against two.
    double backward = blocks * (2 * projections + 2.5 * attention);
    double forwards = config->q_continue && config->halt_max_steps > 1 ? 2 : 1;
    return forwards * hrm_model_segment_gflop(config) + backward;
}
