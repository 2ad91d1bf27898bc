#include "core/sudoku/grid_solver.h"

#include <limits.h>
#include <stddef.h>
#include <string.h>

/// What does not change during a search.
struct search {
    const struct hrm_sudoku *sudoku;
    struct hrm_random *random; ///< order of the digits of a guess; NULL: rising
    int most, limit;
    uint8_t *solution;
    struct hrm_grid_search found;
};

/// A grid on its way, with the digits that rows, columns and boxes have: bit d of digit d.
struct state {
    uint8_t grid[HRM_SUDOKU_CELLS];
    unsigned used[3 * HRM_SUDOKU_SIDE];
};

/// The three units of a cell.
static void units_of(const struct hrm_sudoku *sudoku, int cell, int units[3])
{
    int n = sudoku->side, row = cell / n, column = cell % n;
    units[0] = row;
    units[1] = n + column;
    units[2] =
        2 * n + row / sudoku->box_rows * (n / sudoku->box_columns) + column / sudoku->box_columns;
}

static unsigned candidates(const struct hrm_sudoku *sudoku, const struct state *state, int cell)
{
    int units[3];
    units_of(sudoku, cell, units);
    unsigned used = state->used[units[0]] | state->used[units[1]] | state->used[units[2]];
    return ~used & ((2U << sudoku->side) - 2);
}

static void put(const struct hrm_sudoku *sudoku, struct state *state, int cell, int digit)
{
    int units[3];
    units_of(sudoku, cell, units);
    state->grid[cell] = (uint8_t)digit;
    for (int k = 0; k < 3; k++)
        state->used[units[k]] |= 1U << digit;
}

/// False when a digit is twice in a unit.
static bool open_state(const struct hrm_sudoku *sudoku, const uint8_t *grid, struct state *state)
{
    memset(state, 0, sizeof *state);
    for (int i = 0; i < sudoku->cells; i++) {
        if (grid[i] == 0)
            continue;
        if (!(candidates(sudoku, state, i) >> grid[i] & 1))
            return false;
        put(sudoku, state, i, grid[i]);
    }
    return true;
}

/// Fill the digits that have one place left in a unit. False: some digit has none.
static bool fill_places(const struct hrm_sudoku *sudoku, struct state *state, bool *changed)
{
    const int n = sudoku->side;
    for (int unit = 0; unit < 3 * n; unit++) {
        const uint8_t *cells = sudoku->units + unit * n;
        unsigned once = 0, twice = 0, all = (2U << n) - 2;
        for (int i = 0; i < n; i++) {
            if (state->grid[cells[i]])
                continue;
            unsigned left = candidates(sudoku, state, cells[i]);
            twice |= once & left;
            once |= left;
        }
        if ((once | state->used[unit]) != all)
            return false;
        unsigned single = once & ~twice;
        for (int i = 0; i < n && single; i++) {
            unsigned left = state->grid[cells[i]] ? 0 : candidates(sudoku, state, cells[i]);
            if (!(left & single))
                continue;
            put(sudoku, state, cells[i], __builtin_ctz(left & single));
            single &= ~(left & single);
            *changed = true;
        }
    }
    return true;
}

/// Fill the cells that have one digit left. False: some cell has none.
/// @param least  [out] a blank cell with the fewest digits, -1: there is none
static bool fill_cells(const struct hrm_sudoku *sudoku, struct state *state, bool *changed,
                       int *least)
{
    int fewest = INT_MAX;
    *least = -1;
    for (int i = 0; i < sudoku->cells; i++) {
        if (state->grid[i])
            continue;
        unsigned left = candidates(sudoku, state, i);
        int count = __builtin_popcount(left);
        if (count == 0)
            return false;
        if (count == 1) {
            put(sudoku, state, i, __builtin_ctz(left));
            *changed = true;
        } else if (count < fewest) {
            fewest = count;
            *least = i;
        }
    }
    return true;
}

/// Digits of a set in the order in which they are tried. Returns how many.
static int list_digits(const struct search *search, unsigned set, int *digits)
{
    int count = 0;
    for (; set; set &= set - 1)
        digits[count++] = __builtin_ctz(set);
    if (search->random)
        hrm_random_shuffle(search->random, digits, count);
    return count;
}

static void run(struct search *search, struct state *state)
{
    const struct hrm_sudoku *sudoku = search->sudoku;
    bool changed = true;
    int cell = -1, digits[HRM_SUDOKU_SIDE];
    while (changed) {
        changed = false;
        if (!fill_cells(sudoku, state, &changed, &cell) || !fill_places(sudoku, state, &changed))
            return;
    }
    if (cell < 0) {
        if (search->found.solutions++ == 0 && search->solution)
            memcpy(search->solution, state->grid, (size_t)sudoku->cells);
        return;
    }
    if (search->found.guesses++ >= search->limit) {
        search->found.known = false;
        return;
    }
    int count = list_digits(search, candidates(sudoku, state, cell), digits);
    for (int i = 0; i < count; i++) {
        struct state next = *state;
        put(sudoku, &next, cell, digits[i]);
        run(search, &next);
        if (search->found.solutions >= search->most || !search->found.known)
            return;
    }
}

struct hrm_grid_search hrm_grid_solve(const struct hrm_sudoku *sudoku, const uint8_t *grid,
                                      int most, int guesses, uint8_t *solution)
{
    struct search search = {sudoku, NULL, most, guesses, solution, {.known = true}};
    struct state state;
    if (open_state(sudoku, grid, &state))
        run(&search, &state);
    return search.found;
}

void hrm_grid_draw(const struct hrm_sudoku *sudoku, struct hrm_random *random, uint8_t *grid)
{
    // An unlucky beginning can take very long to finish, and another one is soon drawn.
    static const uint8_t blank[HRM_SUDOKU_CELLS];
    struct search search = {sudoku, random, 1, 0, grid, {0}};
    while (search.found.solutions == 0) {
        struct state state;
        search.limit = 4 * sudoku->cells;
        search.found = (struct hrm_grid_search){.known = true};
        open_state(sudoku, blank, &state);
        run(&search, &state);
    }
}

void hrm_grid_dig(const struct hrm_sudoku *sudoku, struct hrm_random *random, int guesses,
                  uint8_t *question)
{
    int order[HRM_SUDOKU_CELLS];
    for (int i = 0; i < sudoku->cells; i++)
        order[i] = i;
    hrm_random_shuffle(random, order, sudoku->cells);
    for (int i = 0; i < sudoku->cells; i++) {
        uint8_t digit = question[order[i]];
        question[order[i]] = 0;
        struct hrm_grid_search found = hrm_grid_solve(sudoku, question, 2, guesses, NULL);
        if (!found.known || found.solutions != 1)
            question[order[i]] = digit;
    }
}
