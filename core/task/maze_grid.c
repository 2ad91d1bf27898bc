#include "core/task/maze_grid.h"

#include <stdlib.h>
#include <string.h>

int hrm_maze_neighbour(const struct hrm_maze_size *size, int cell, int direction)
{
    int row = cell / size->columns, column = cell % size->columns;
    switch (direction) {
    case 0:
        return row > 0 ? cell - size->columns : -1;
    case 1:
        return column < size->columns - 1 ? cell + 1 : -1;
    case 2:
        return row < size->rows - 1 ? cell + size->columns : -1;
    default:
        return column > 0 ? cell - 1 : -1;
    }
}

int hrm_maze_find(const struct hrm_maze_size *size, const uint8_t *cells, enum hrm_maze_token token)
{
    const uint8_t *found = memchr(cells, (int)token, (size_t)hrm_maze_cells(size));
    return found == NULL ? -1 : (int)(found - cells);
}

/// hrm_maze_lengths() over cells of the given tokens (bit t: token t). Returns cells reached.
static int flood(const struct hrm_maze_size *size, const uint8_t *cells, unsigned tokens, int from,
                 uint16_t *lengths)
{
    uint16_t queue[HRM_MAZE_CELLS];
    int head = 0, tail = 0;
    queue[tail++] = (uint16_t)from;
    lengths[from] = 1;
    while (head < tail) {
        int cell = queue[head++];
        for (int direction = 0; direction < 4; direction++) {
            int next = hrm_maze_neighbour(size, cell, direction);
            if (next < 0 || lengths[next] != 0 || !(tokens >> cells[next] & 1))
                continue;
            lengths[next] = (uint16_t)(lengths[cell] + 1);
            queue[tail++] = (uint16_t)next;
        }
    }
    return tail;
}

void hrm_maze_lengths(const struct hrm_maze_size *size, const uint8_t *cells, int from,
                      uint16_t *lengths)
{
    memset(lengths, 0, sizeof *lengths * (size_t)hrm_maze_cells(size));
    flood(size, cells, ~(1u << HRM_MAZE_WALL), from, lengths);
}

void hrm_maze_clear(const struct hrm_maze_size *size, uint8_t *cells)
{
    for (int i = 0; i < hrm_maze_cells(size); i++)
        if (cells[i] == HRM_MAZE_PATH)
            cells[i] = HRM_MAZE_FREE;
}

/// The first neighbour that is one nearer.
static int nearer(const struct hrm_maze_size *size, const uint16_t *lengths, int cell)
{
    for (int direction = 0; direction < 4; direction++) {
        int next = hrm_maze_neighbour(size, cell, direction);
        if (next >= 0 && lengths[next] == lengths[cell] - 1 && lengths[next] > 0)
            return next;
    }
    return -1;
}

int hrm_maze_solve(const struct hrm_maze_size *size, uint8_t *cells)
{
    uint16_t lengths[HRM_MAZE_CELLS];
    int start = hrm_maze_find(size, cells, HRM_MAZE_START);
    int goal = hrm_maze_find(size, cells, HRM_MAZE_GOAL);
    hrm_maze_clear(size, cells);
    hrm_maze_lengths(size, cells, goal, lengths);
    if (lengths[start] == 0)
        return 0;
    for (int cell = nearer(size, lengths, start); cell != goal; cell = nearer(size, lengths, cell))
        cells[cell] = HRM_MAZE_PATH;
    return lengths[start];
}

int hrm_maze_paths(const struct hrm_maze_size *size, const uint8_t *cells)
{
    uint16_t lengths[HRM_MAZE_CELLS];
    int cell = hrm_maze_find(size, cells, HRM_MAZE_START);
    hrm_maze_lengths(size, cells, hrm_maze_find(size, cells, HRM_MAZE_GOAL), lengths);
    if (lengths[cell] == 0)
        return 0;
    while (lengths[cell] > 1) { // where paths part, the canonical one has two ways on
        int ways = 0;
        for (int direction = 0; direction < 4; direction++) {
            int next = hrm_maze_neighbour(size, cell, direction);
            ways += next >= 0 && lengths[next] > 0 && lengths[next] == lengths[cell] - 1;
        }
        if (ways > 1)
            return 2;
        cell = nearer(size, lengths, cell);
    }
    return 1;
}

int hrm_maze_defects(const struct hrm_maze_size *size, const uint8_t *cells)
{
    const unsigned marked = 1u << HRM_MAZE_START | 1u << HRM_MAZE_GOAL | 1u << HRM_MAZE_PATH;
    uint16_t lengths[HRM_MAZE_CELLS];
    int pieces = 0, length = 0;
    memset(lengths, 0, sizeof lengths);
    for (int i = 0; i < hrm_maze_cells(size); i++)
        if (marked >> cells[i] & 1 && lengths[i] == 0) {
            length += flood(size, cells, marked, i, lengths);
            pieces++;
        }
    hrm_maze_lengths(size, cells, hrm_maze_find(size, cells, HRM_MAZE_START), lengths);
    return pieces - 1 + abs(length - lengths[hrm_maze_find(size, cells, HRM_MAZE_GOAL)]);
}

int hrm_maze_place(const struct hrm_maze_size *size, unsigned view, int cell)
{
    int row = cell / size->columns, column = cell % size->columns;
    if (view & HRM_MAZE_REVERSE_ROWS)
        row = size->rows - 1 - row;
    if (view & HRM_MAZE_REVERSE_COLUMNS)
        column = size->columns - 1 - column;
    return view & HRM_MAZE_TRANSPOSE ? column * size->columns + row : row * size->columns + column;
}

uint8_t hrm_maze_token_under(unsigned view, uint8_t token)
{
    bool end = token == HRM_MAZE_START || token == HRM_MAZE_GOAL;
    return end && view & HRM_MAZE_EXCHANGE ? (uint8_t)(HRM_MAZE_START + HRM_MAZE_GOAL - token)
                                           : token;
}

void hrm_maze_turn(const struct hrm_maze_size *size, const uint8_t *cells, unsigned view,
                   uint8_t *turned)
{
    for (int i = 0; i < hrm_maze_cells(size); i++)
        turned[hrm_maze_place(size, view, i)] = hrm_maze_token_under(view, cells[i]);
}
