#ifndef HRM_TASK_MAZE_GENERATE_H
#define HRM_TASK_MAZE_GENERATE_H

#include "core/base/error.h"
#include "core/task/maze_grid.h"
#include "core/task/task.h"

/// Families of mazes.
///
/// - wilson: rooms on every second row and column, joined by a uniform spanning tree (Wilson 1996):
///   one way between any two cells.
/// - braid: the same, and half of the dead ends are opened: several ways.
/// - obstacle: three to five tenths of the cells are walls, any of them, and the path has as many
///   cells as the longer side or more (after Lehnert et al. 2024, Searchformer); in a narrow grid,
///   where that is rare, as many as the next family asks.
/// - hard: the same with a path of at least hrm_maze_hard_length() cells.
#define HRM_MAZE_FAMILIES "wilson|braid|obstacle|hard"

/// Cells of the shortest path that a maze of the family `hard` has at least: 111 at 30x30, as
/// Maze-Hard has more than 110 (Wang et al. 2025), and at other sizes what is about as rare: of a
/// thousand grids one has as much from a random start.
int hrm_maze_hard_length(const struct hrm_maze_size *size);

/// Make a maze with its canonical path. The start is any free cell, the goal any that is as far as
/// the family asks; walls on which 100 starts find none are drawn again. The split of a maze is
/// decided by a hash that is the same for all its symmetries, so that no maze of one split is one
/// of another, nor turned nor with start and goal exchanged.
/// @param least  cells of the shortest path, at least; 0: what the family asks
/// Errors: HRM_USAGE when there is none or too few to be found.
int hrm_maze_generate(const struct hrm_maze_size *size, int least, const struct hrm_item_key *key,
                      uint8_t *cells, struct hrm_error *error);

#endif
