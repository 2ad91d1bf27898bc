#include "core/task/maze_generate.h"

#include "core/base/random.h"

#include <string.h>
#include <xxhash.h>

#define DRAWS 20000 // of walls, before a maze is given up
#define PAIRS 100   // of start and goal, before walls are

enum family { FAMILY_WILSON, FAMILY_BRAID, FAMILY_OBSTACLE, FAMILY_HARD };

/// Rooms: the cells of every second row and column, from `first` on.
struct rooms {
    const struct hrm_maze_size *size;
    int first, rows, columns;
};

static struct rooms make_rooms(const struct hrm_maze_size *size, int first)
{
    return (struct rooms){size, first, (size->rows - first + 1) / 2,
                          (size->columns - first + 1) / 2};
}

static int room_cell(const struct rooms *rooms, int room)
{
    int row = rooms->first + 2 * (room / rooms->columns);
    int column = rooms->first + 2 * (room % rooms->columns);
    return row * rooms->size->columns + column;
}

/// The next room in a direction, -1 for none.
static int next_room(const struct rooms *rooms, int room, int direction)
{
    struct hrm_maze_size lattice = {rooms->rows, rooms->columns};
    return hrm_maze_neighbour(&lattice, room, direction);
}

/// Open a room and the cell on the way to the next.
static void open_way(const struct rooms *rooms, int room, int direction, uint8_t *cells)
{
    int cell = room_cell(rooms, room);
    cells[cell] = HRM_MAZE_FREE;
    cells[hrm_maze_neighbour(rooms->size, cell, direction)] = HRM_MAZE_FREE;
}

/// A step of a random walk: a direction in which there is a room.
static int step(const struct rooms *rooms, int room, struct hrm_random *random)
{
    int direction;
    do
        direction = (int)hrm_random_below(random, 4);
    while (next_room(rooms, room, direction) < 0);
    return direction;
}

/// A uniform spanning tree by loop-erased random walks, each from a room to the tree. Only the last
/// way out of a room is kept, which erases the loops.
static void carve_tree(const struct rooms *rooms, struct hrm_random *random, uint8_t *cells)
{
    uint8_t out[HRM_MAZE_CELLS / 4];
    int count = rooms->rows * rooms->columns;
    memset(cells, HRM_MAZE_WALL, (size_t)hrm_maze_cells(rooms->size));
    cells[room_cell(rooms, (int)hrm_random_below(random, (uint32_t)count))] = HRM_MAZE_FREE;
    for (int first = 0; first < count; first++) {
        int room = first;
        while (cells[room_cell(rooms, room)] == HRM_MAZE_WALL) {
            out[room] = (uint8_t)step(rooms, room, random);
            room = next_room(rooms, room, out[room]);
        }
        int end = room;
        for (room = first; room != end; room = next_room(rooms, room, out[room]))
            open_way(rooms, room, out[room], cells);
    }
}

/// Ways out of a cell.
static int ways(const struct hrm_maze_size *size, const uint8_t *cells, int cell)
{
    int count = 0;
    for (int direction = 0; direction < 4; direction++) {
        int next = hrm_maze_neighbour(size, cell, direction);
        count += next >= 0 && cells[next] != HRM_MAZE_WALL;
    }
    return count;
}

/// Open a second way out of half of the rooms that have one.
static void open_dead_ends(const struct rooms *rooms, struct hrm_random *random, uint8_t *cells)
{
    if (rooms->rows < 2 || rooms->columns < 2)
        return; // the room at an end has no second neighbour
    for (int room = 0; room < rooms->rows * rooms->columns; room++)
        if (ways(rooms->size, cells, room_cell(rooms, room)) == 1 && hrm_random_below(random, 2)) {
            int direction, cell = room_cell(rooms, room);
            do
                direction = step(rooms, room, random);
            while (cells[hrm_maze_neighbour(rooms->size, cell, direction)] == HRM_MAZE_FREE);
            open_way(rooms, room, direction, cells);
        }
}

static void carve(const struct hrm_maze_size *size, bool braid, struct hrm_random *random,
                  uint8_t *cells)
{
    struct rooms rooms = make_rooms(size, (int)hrm_random_below(random, 2));
    if (rooms.rows * rooms.columns < 2)
        rooms = make_rooms(size, 0);
    carve_tree(&rooms, random, cells);
    if (braid)
        open_dead_ends(&rooms, random, cells);
}

/// Walls on any cells, three to five tenths of them.
static void scatter(const struct hrm_maze_size *size, struct hrm_random *random, uint8_t *cells)
{
    int order[HRM_MAZE_CELLS];
    int count = hrm_maze_cells(size), least = 3 * count / 10, most = count / 2;
    int walls = least + (int)hrm_random_below(random, (uint32_t)(most - least + 1));
    for (int i = 0; i < count; i++)
        order[i] = i;
    hrm_random_shuffle(random, order, count);
    memset(cells, HRM_MAZE_FREE, (size_t)count);
    for (int i = 0; i < walls; i++)
        cells[order[i]] = HRM_MAZE_WALL;
}

/// Any of the cells of which the length is `least` or more; -1 for none.
static int choose(const uint16_t *lengths, int count, int least, struct hrm_random *random)
{
    int some = 0;
    for (int i = 0; i < count; i++)
        some += lengths[i] >= least;
    if (some == 0)
        return -1;
    int chosen = (int)hrm_random_below(random, (uint32_t)some);
    for (int i = 0;; i++)
        if (lengths[i] >= least && chosen-- == 0)
            return i;
}

/// 0 training (half of all mazes), 1 validation, 2 test: by the smallest hash of all views.
static int split_of(const struct hrm_maze_size *size, const uint8_t *cells)
{
    uint8_t turned[HRM_MAZE_CELLS];
    uint64_t smallest = UINT64_MAX;
    for (unsigned view = 0; view < HRM_MAZE_VIEWS; view++) {
        if (view & HRM_MAZE_TRANSPOSE && size->rows != size->columns)
            continue;
        hrm_maze_turn(size, cells, view, turned);
        uint64_t hash = XXH3_64bits(turned, (size_t)hrm_maze_cells(size));
        smallest = hash < smallest ? hash : smallest;
    }
    int quarter = (int)(smallest & 3);
    return quarter < 2 ? 0 : quarter - 1;
}

static int farthest(const uint16_t *lengths, int count)
{
    int far = 0;
    for (int i = 1; i < count; i++)
        if (lengths[i] > lengths[far])
            far = i;
    return far;
}

/// Whether a path of that many cells is likely: from the cell that is farthest from a free one, to
/// the farthest from there.
static bool is_wide(const struct hrm_maze_size *size, const uint8_t *cells, int least,
                    struct hrm_random *random)
{
    uint16_t lengths[HRM_MAZE_CELLS];
    int count = hrm_maze_cells(size);
    for (int i = 0; i < count; i++)
        lengths[i] = cells[i] == HRM_MAZE_FREE;
    int start = choose(lengths, count, 1, random);
    hrm_maze_lengths(size, cells, start, lengths);
    hrm_maze_lengths(size, cells, farthest(lengths, count), lengths);
    return lengths[farthest(lengths, count)] >= least;
}

/// Set start and goal such that the maze is of the split. False when that is not found.
static bool place_ends(const struct hrm_maze_size *size, int least, int split,
                       struct hrm_random *random, uint8_t *cells)
{
    uint16_t lengths[HRM_MAZE_CELLS], is_free[HRM_MAZE_CELLS];
    int count = hrm_maze_cells(size);
    for (int i = 0; i < count; i++)
        is_free[i] = cells[i] == HRM_MAZE_FREE;
    for (int pair = 0; pair < PAIRS; pair++) {
        int start = choose(is_free, count, 1, random);
        hrm_maze_lengths(size, cells, start, lengths);
        int goal = choose(lengths, count, least, random);
        if (goal < 0)
            continue;
        cells[start] = HRM_MAZE_START;
        cells[goal] = HRM_MAZE_GOAL;
        if (split_of(size, cells) == split)
            return true;
        cells[start] = cells[goal] = HRM_MAZE_FREE;
    }
    return false;
}

static int smaller(int a, int b)
{
    return a < b ? a : b;
}

static int longer_side(const struct hrm_maze_size *size)
{
    return size->rows > size->columns ? size->rows : size->columns;
}

int hrm_maze_hard_length(const struct hrm_maze_size *size)
{
    int shorter = smaller(size->rows, size->columns);
    int length = (19 * shorter + 4 * longer_side(size)) / 6 - 4;
    return smaller(length, 2 * hrm_maze_cells(size) / 3);
}

static int usual_length(const struct hrm_maze_size *size, int family)
{
    switch (family) {
    case FAMILY_HARD:
        return hrm_maze_hard_length(size);
    case FAMILY_OBSTACLE:
        return smaller(longer_side(size), hrm_maze_hard_length(size));
    default:
        return 2;
    }
}

int hrm_maze_generate(const struct hrm_maze_size *size, int least, const struct hrm_item_key *key,
                      uint8_t *cells, struct hrm_error *error)
{
    uint64_t stream = (uint64_t)key->family << 2 | (uint64_t)key->split;
    struct hrm_random random =
        hrm_random_open(key->seed, HRM_RANDOM_ITEM, stream, (uint64_t)key->index);
    if (least < 2)
        least = usual_length(size, key->family);
    for (int draw = 0; draw < DRAWS; draw++) {
        if (key->family == FAMILY_WILSON || key->family == FAMILY_BRAID)
            carve(size, key->family == FAMILY_BRAID, &random, cells);
        else
            scatter(size, &random, cells);
        if (!is_wide(size, cells, least, &random) ||
            !place_ends(size, least, key->split, &random, cells))
            continue;
        hrm_maze_solve(size, cells);
        return HRM_OK;
    }
    hrm_fail(error, HRM_USAGE,
             "no maze of %dx%d cells has a shortest path of %d or more in %d draws", size->rows,
             size->columns, least, DRAWS);
    return hrm_hint(error, "ask for a shorter path (least_path), another family, or a larger maze");
}
