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
    {"h_cycles", HRM_OPTION_INT, FIELD(h_cycles), "2", NULL, "H calls of a segment", 1, 1024,
     HRM_ROLE_SHAPE, 0},
    {"l_cycles", HRM_OPTION_INT, FIELD(l_cycles), "2", NULL, "L calls before each H call", 1, 1024,
     HRM_ROLE_SHAPE, 0},
    {"vocab", HRM_OPTION_INT, FIELD(vocab), "11", NULL,
     "tokens: pad, blank, digits; the data decides it: 11 for Sudoku", 2, HRM_MODEL_VOCAB,
     HRM_ROLE_SHAPE, 0},
    {"cells", HRM_OPTION_INT, FIELD(cells), "81", NULL,
     "cells of a puzzle; the data decides it: 81 for Sudoku", 1, 65536, HRM_ROLE_SHAPE, 0},
    {"puzzle_emb", HRM_OPTION_INT, FIELD(puzzle_emb), "512", NULL,
     "width of the puzzle embedding; 0: none", 0, 1 << 20, HRM_ROLE_SHAPE, 0},
    {"puzzle_ids", HRM_OPTION_INT, FIELD(puzzle_ids), "1", NULL,
     "puzzle identifiers; the data decides it: 1 for Sudoku", 1, 1 << 24, HRM_ROLE_SHAPE, 0},
    {"positions", HRM_OPTION_CHOICE, FIELD(positions), "rope", "rope|learned|grid|units|masks",
     "rotary angles of the position, learned vectors, rotary angles of row, column and box, or "
     "these "
     "and of every four heads one that sees only the row, one the column, one the box of a cell",
     0, 0, HRM_ROLE_SHAPE, 0},
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

struct hrm_option_section hrm_model_config_section(struct hrm_model_config *config)
{
    return (struct hrm_option_section){"model", options, (int)(sizeof options / sizeof *options),
                                       config};
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
    if (config->positions >= HRM_POSITIONS_GRID && hrm_model_side(config) == 0) {
        hrm_fail(error, HRM_USAGE, "model.cells = %d are no grid of square boxes", config->cells);
        return hrm_hint(error, "take model.positions = rope, or a fourth power of cells: 16, 81");
    }
    if (config->positions >= HRM_POSITIONS_UNITS && config->heads % 4 != 0) {
        hrm_fail(error, HRM_USAGE,
                 "model.heads = %d are no multiple of 4 for model.positions = units or masks",
                 config->heads);
        return hrm_hint(error, "take 4 heads or 8, or model.positions = grid");
    }
    if (config->symbol_equivariant &&
        (config->positions != HRM_POSITIONS_MASKS || config->puzzle_emb != 0 ||
         hrm_model_symbols(config) != hrm_model_side(config))) {
        hrm_fail(error, HRM_USAGE,
                 "model.symbol_equivariant needs heads that look along units, no puzzle embedding "
                 "and as many symbols as a unit has cells, %d and not %d",
                 hrm_model_side(config), hrm_model_symbols(config));
        return hrm_hint(error, "take model.positions = masks, model.puzzle_emb = 0 and a "
                               "model.vocab of two more than the cells of a unit");
    }
    return HRM_OK;
}

int hrm_model_config_fit(const struct hrm_model_config *config, const struct hrm_data_shape *shape,
                         struct hrm_error *error)
{
    const struct {
        const char *key;
        int given, needed;
    } sizes[] = {
        {"cells", config->cells, shape->cells},
        {"vocab", config->vocab, shape->vocab},
        {"puzzle_ids", config->puzzle_ids,
         shape->puzzle_ids ? shape->puzzle_ids : config->puzzle_ids},
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

int hrm_model_side(const struct hrm_model_config *config)
{
    int box = (int)lround(pow(config->cells, 0.25));
    return box * box * box * box == config->cells ? box * box : 0;
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
    return config->symbol_equivariant ? config->vocab - HRM_MODEL_NO_SYMBOLS : 1;
}

int hrm_model_rows(const struct hrm_model_config *config)
{
    return hrm_model_symbols(config) * hrm_model_seq(config);
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
    double s = hrm_model_seq(config), k = hrm_model_symbols(config);
    double d = config->hidden, f = hrm_model_inner(config);
    double keys = config->symbol_equivariant ? k : s; // that a row looks at
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
