#ifndef HRM_TASK_MAZE_H
#define HRM_TASK_MAZE_H

#include "core/task/task.h"

/// Section "maze" of a configuration.
struct hrm_maze_options {
    int rows, columns;
    int least_path; ///< cells of the shortest path of a generated maze, at least; 0: of its family
};

/// The task: mark the shortest path through a grid, as in the published Maze-Hard (Wang et al.
/// 2025): tokens pad, wall, free, start, goal, path; question and answer are the characters
/// "# SGo" of all cells, row by row.
///
/// An item is the solved grid, a token a byte; its question is the grid without the path. When a
/// question has several shortest paths its answer is one of them: hrm_maze_solve()'s, unless it was
/// read with another.
///
/// An answer is a bit a cell, bit i % 8 of byte i / 8. On a free cell it says path or not. On a
/// wall, the start and the goal it says that something else was predicted there, which is a defect;
/// and on the start also that a free cell was predicted as neither free nor path. So an answer is
/// the item's just when all tokens are.
///
/// Mixing gives the start to a cell of the path, and the path before it becomes free.
extern const struct hrm_task_kind hrm_maze_kind;

#endif
