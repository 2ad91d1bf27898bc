#ifndef HRM_TASK_MAZE_GRID_H
#define HRM_TASK_MAZE_GRID_H

#include <stdbool.h>
#include <stdint.h>

/// Grids of cells, one token a byte, row by row; ways lead up, right, down and left over all cells
/// that are no walls. The length of a way counts its cells, start and goal too, as the ratings of
/// the published Maze-Hard do.

#define HRM_MAZE_SIDE  64 ///< rows and columns, at most
#define HRM_MAZE_CELLS (HRM_MAZE_SIDE * HRM_MAZE_SIDE)

/// Tokens, in the order of the published data: pad, then the characters "# SGo".
enum hrm_maze_token {
    HRM_MAZE_PAD,
    HRM_MAZE_WALL,
    HRM_MAZE_FREE,
    HRM_MAZE_START,
    HRM_MAZE_GOAL,
    HRM_MAZE_PATH,
    HRM_MAZE_TOKENS
};

struct hrm_maze_size {
    int rows, columns;
};

static inline int hrm_maze_cells(const struct hrm_maze_size *size)
{
    return size->rows * size->columns;
}

/// The neighbour of a cell: direction 0 up, 1 right, 2 down, 3 left; -1 outside the grid.
int hrm_maze_neighbour(const struct hrm_maze_size *size, int cell, int direction);

/// The first cell of that token, -1 for none.
int hrm_maze_find(const struct hrm_maze_size *size, const uint8_t *cells,
                  enum hrm_maze_token token);

/// Cells of the shortest way from `from` to each cell: 1 for `from` itself, 0 where none leads.
/// @param lengths [out] [cells]
void hrm_maze_lengths(const struct hrm_maze_size *size, const uint8_t *cells, int from,
                      uint16_t *lengths);

/// Mark the canonical shortest path from the start to the goal and clear any other: from each cell
/// it takes the first of up, right, down, left that comes nearer to the goal. Returns its length,
/// 0 when no way leads there, and then nothing is marked.
int hrm_maze_solve(const struct hrm_maze_size *size, uint8_t *cells);

/// Shortest paths from the start to the goal: 0, 1, or 2 for several.
int hrm_maze_paths(const struct hrm_maze_size *size, const uint8_t *cells);

/// Free the cells that are marked as path.
void hrm_maze_clear(const struct hrm_maze_size *size, uint8_t *cells);

/// What a marked path breaks: pieces into which start, goal and path fall, above one; and cells
/// above or below those of a shortest path. 0 just when it is a shortest path.
int hrm_maze_defects(const struct hrm_maze_size *size, const uint8_t *cells);

// --- symmetries -------------------------------------------------------------------------------
// A view is a byte of these bits. The rows and columns are reversed first, then exchanged.
#define HRM_MAZE_REVERSE_ROWS    1u
#define HRM_MAZE_REVERSE_COLUMNS 2u
#define HRM_MAZE_TRANSPOSE       4u ///< of square grids only
#define HRM_MAZE_EXCHANGE        8u ///< start and goal change places
#define HRM_MAZE_VIEWS           16

/// Where a cell is under a view.
int hrm_maze_place(const struct hrm_maze_size *size, unsigned view, int cell);

/// The token of a cell under a view, and back.
uint8_t hrm_maze_token_under(unsigned view, uint8_t token);

/// The grid under a view. @param turned [out] [cells], not `cells`
void hrm_maze_turn(const struct hrm_maze_size *size, const uint8_t *cells, unsigned view,
                   uint8_t *turned);

#endif
