#ifndef HRM_MODEL_CONFIG_H
#define HRM_MODEL_CONFIG_H

#include "core/base/error.h"
#include "core/base/options.h"
#include "core/compute/shape.h"
#include "core/model/geometry.h"

#include <stdbool.h>
#include <stdint.h>

/// Most tokens of a vocabulary.
#define HRM_MODEL_VOCAB 4096

/// How a model knows where a position is.
enum hrm_angles {
    HRM_ANGLES_NONE,    ///< not at all: where heads look along units, a symmetry of the grid turns
                        ///< the output as it turns the input
    HRM_ANGLES_ROPE,    ///< rotary angles of its number
    HRM_ANGLES_LEARNED, ///< no angles, but learned vectors that are added to the tokens
    HRM_ANGLES_GRID     ///< rotary angles of its row, column and box
};

/// Which positions look at which.
enum hrm_pattern {
    HRM_PATTERN_ALL,    ///< all at all
    HRM_PATTERN_CAUSAL, ///< each at itself and at those before it; q comes from the last
    HRM_PATTERN_UNITS,  ///< of every four heads one along the row of a cell, one along its column,
                        ///< one at its box, if there are boxes, and the others at all
    HRM_PATTERN_GROUPS  ///< heads in turn along rows, along columns and at boxes, none at all
};

enum hrm_loss_kind { HRM_LOSS_STABLEMAX, HRM_LOSS_SOFTMAX };
/// Which module calls of a segment are differentiated.
enum hrm_gradient {
    HRM_GRADIENT_ONE_STEP,  ///< the last L call and the last H call (Wang et al. 2025)
    HRM_GRADIENT_LAST_CYCLE ///< all L calls of the last H cycle and its H call (TRM, 2025)
};

/// What a model is: all that decides its shape and its forward pass, and how it is trained
/// segment by segment. Stored in every checkpoint. The option table is the default of each.
struct hrm_model_config {
    int hidden;       ///< D
    int heads;        ///< A; head size E = D / A, even
    double expansion; ///< inner size F = 256 ceil(round(expansion D 2/3) / 256), at least 256
    int h_layers, l_layers;
    int h_cycles, l_cycles;
    int vocab;      ///< V
    int cells;      ///< N: tokens of a puzzle
    int puzzle_emb; ///< width of the puzzle embedding; 0: none. Takes ceil(width / D) positions
    int puzzle_ids; ///< number of puzzle identifiers
    int angles;     ///< enum hrm_angles
    int pattern;    ///< enum hrm_pattern
    int rows, columns, box_rows, box_columns; ///< of the grid of cells, see hrm_model_geometry()
    int first_symbol, symbols; ///< tokens that are symbols, such as digits; symbols 0: all from
                               ///< the first on
    bool symbol_equivariant;   ///< a state for every symbol at every position, see below
    double rope_theta;         ///< of HRM_ANGLES_ROPE
    double rms_eps;
    bool shared;        ///< one network (L_level) in both roles; h_layers is ignored
    int loss;           ///< enum hrm_loss_kind
    int gradient;       ///< enum hrm_gradient
    bool q_continue;    ///< learn q_continue with a second forward, halt when q_halt > q_continue;
                        ///< else halt when q_halt > 0
    int halt_max_steps; ///< segments of an episode in training; the default in evaluation
    double halt_exploration; ///< probability of a drawn minimum of segments
};

/// Symbol-equivariant: renaming the symbols of a puzzle renames those of the answer and changes
/// nothing else. The state of a puzzle is K planes of N cells, one plane a symbol; a token enters a
/// plane as this symbol, as another, or as itself where it is none. The four kinds of heads look at
/// the cells of a row, a column, a box in the same plane, and at the planes of the same cell. The
/// logit of a symbol comes from its own plane, other tokens are not predicted; q is the mean over
/// all rows of the state.
/// After Freinschlag et al. (2026), Symbol-Equivariant Recurrent Reasoning Models, where attention
/// along the positions and across the symbols alternates.

/// What a data set decides of a model's shape.
struct hrm_data_shape {
    const char *name;             ///< of what needs it, in the plural, as in "Sudoku puzzles"
    int cells, vocab, puzzle_ids; ///< puzzle_ids 0: any number
    struct hrm_geometry geometry;
    int first_symbol, symbols;
};

/// Section "model" of a configuration.
struct hrm_option_section hrm_model_config_section(struct hrm_model_config *config);

/// Check that the sizes fit together. Errors: HRM_USAGE with the key to change.
int hrm_model_config_check(const struct hrm_model_config *config, struct hrm_error *error);

/// Check that a model takes what the data consists of: nothing else may be trained on it or asked
/// about it. Errors: HRM_USAGE naming the key, what the data needs and what was given.
int hrm_model_config_fit(const struct hrm_model_config *config, const struct hrm_data_shape *shape,
                         struct hrm_error *error);

/// Positions that the puzzle embedding takes, P.
int hrm_model_prefix(const struct hrm_model_config *config);
/// S = P + N.
int hrm_model_seq(const struct hrm_model_config *config);
/// How the cells lie: as rows, columns, box_rows and box_columns say; where all are 0, a square
/// grid of square boxes if there are so many cells (9 x 9 of 81), else a line.
struct hrm_geometry hrm_model_geometry(const struct hrm_model_config *config);
/// Give a model, whose cells are set, the geometry of its data: zeros where the cells say it alone,
/// so that equal models have equal options.
void hrm_model_geometry_set(struct hrm_model_config *config, const struct hrm_geometry *geometry);
/// What attention computes. Along units it is a mask, or groups of a symbol-equivariant model.
enum hrm_attention_kind hrm_model_attention(const struct hrm_model_config *config);
/// Tokens that are symbols, from first_symbol on.
int hrm_model_symbols(const struct hrm_model_config *config);
/// K: planes of a puzzle, one a symbol; 1 of a model that is not symbol-equivariant.
int hrm_model_planes(const struct hrm_model_config *config);
/// Rows of a puzzle's state, K * S.
int hrm_model_rows(const struct hrm_model_config *config);
/// F.
int hrm_model_inner(const struct hrm_model_config *config);
/// GFLOP of one forward segment of one puzzle, 2 a multiply-add, projections and attention.
double hrm_model_segment_gflop(const struct hrm_model_config *config);
/// GFLOP of one training step of one slot: forward, backward, and the second forward if any.
double hrm_model_training_gflop(const struct hrm_model_config *config);

#endif
