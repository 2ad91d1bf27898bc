#include "core/sudoku/solver.h"

#include <limits.h>
#include <stddef.h>

// A set of cells: lane b holds the 27 cells of band b (three rows), bit 9 r + c; lane 3 is empty.
typedef uint32_t cells __attribute__((vector_size(16)));
typedef uint64_t halves __attribute__((vector_size(16)));

#define BAND       0x7ffffffu // the 27 cells of a band
#define ROW        0x1ffu     // the first row of a band; the others are 9 and 18 bits up
#define THIRDS     0x1249249u // the first of every three cells
#define COLUMNS    0x40201u   // times a set of columns: those columns in all three rows
#define CANDIDATES 8          // cells of two digits that are weighed before one is tried
#define ALL        ((cells){BAND, BAND, BAND, 0})

struct state {
    cells place[9]; // where each digit can still be, or is
    cells filled;   // cells that were decided and taken out of their peers
    unsigned dirty; // digits whose places have changed since they were looked at
};

struct search {
    int found, limit, guesses;
    int most;                   // guesses
    struct hrm_board *solution; // of the first that is found
};

// The six ways to give each row of a band its own box, as the first cells of the boxes.
static const uint32_t row_choices[6] = {
    1u | 1u << 12 | 1u << 24,      1u | 1u << 15 | 1u << 21,     1u << 3 | 1u << 9 | 1u << 24,
    1u << 3 | 1u << 15 | 1u << 18, 1u << 6 | 1u << 9 | 1u << 21, 1u << 6 | 1u << 12 | 1u << 18,
};

static bool is_empty(cells set)
{
    halves both = (halves)set;
    return (both[0] | both[1]) == 0;
}

static bool is_all(cells set)
{
    return (set[0] & set[1] & set[2]) == BAND;
}

// Nine cells' entries of a table, from a macro that makes one.
#define TIMES3(make, i) make(i), make((i) + 1), make((i) + 2)
#define TIMES9(make, i) TIMES3(make, i), TIMES3(make, (i) + 3), TIMES3(make, (i) + 6)
#define TABLE(make)                                                                                \
    TIMES9(make, 0), TIMES9(make, 9), TIMES9(make, 18), TIMES9(make, 27), TIMES9(make, 36),        \
        TIMES9(make, 45), TIMES9(make, 54), TIMES9(make, 63), TIMES9(make, 72)

// clang-format off
#define IN_BAND(i, band) ((i) / 27 == (band) ? 1u << (i) % 27 : 0)
#define ONLY(i)          {IN_BAND(i, 0), IN_BAND(i, 1), IN_BAND(i, 2), 0}

// Row, column and box of a cell, without the cell.
#define COLUMN(i)     (COLUMNS << (i) % 9)
#define ROW_BOX(i)    (ROW << (i) / 9 % 3 * 9 | COLUMNS * 7u << (i) % 9 / 3 * 3)
#define AROUND(i)     ((ROW_BOX(i) | COLUMN(i)) & ~(1u << (i) % 27))
#define LANE(i, band) ((i) / 27 == (band) ? AROUND(i) : COLUMN(i))
#define PEERS(i)      {LANE(i, 0), LANE(i, 1), LANE(i, 2), 0}
// clang-format on

static const cells only[HRM_CELLS] = {TABLE(ONLY)};
static const cells peers[HRM_CELLS] = {TABLE(PEERS)};

// The lowest cell of a set that is not empty.
static int lowest(cells set)
{
    if (set[0] != 0)
        return __builtin_ctz(set[0]);
    return set[1] != 0 ? 27 + __builtin_ctz(set[1]) : 54 + __builtin_ctz(set[2]);
}

// In every band a digit goes to three boxes of three rows: keep the places of possible choices.
static cells lock_rows(cells place)
{
    cells thirds = (place | place >> 1 | place >> 2) & THIRDS;
    cells kept = {0, 0, 0, 0};
    for (int i = 0; i < 6; i++)
        kept |= row_choices[i] & (cells)((thirds & row_choices[i]) == row_choices[i]);
    return place & (kept | kept << 1 | kept << 2);
}

// In every stack a digit goes to three columns of three boxes: likewise. A bit of `abc` says that
// in its stack the digit can go to column a in the first band, b in the second, c in the third.
static cells lock_columns(cells place)
{
    cells folded = (place | place >> 9 | place >> 18) & ROW;
    uint32_t x = folded[0];
    uint32_t y = folded[1];
    uint32_t z = folded[2];
    uint32_t s012 = x & y >> 1 & z >> 2 & THIRDS;
    uint32_t s021 = x & y >> 2 & z >> 1 & THIRDS;
    uint32_t s102 = x >> 1 & y & z >> 2 & THIRDS;
    uint32_t s120 = x >> 1 & y >> 2 & z & THIRDS;
    uint32_t s201 = x >> 2 & y & z >> 1 & THIRDS;
    uint32_t s210 = x >> 2 & y >> 1 & z & THIRDS;
    cells kept = {(s012 | s021) | (s102 | s120) << 1 | (s201 | s210) << 2,
                  (s102 | s201) | (s012 | s210) << 1 | (s021 | s120) << 2,
                  (s120 | s210) | (s021 | s201) << 1 | (s012 | s102) << 2, 0};
    return place & (kept | kept << 9 | kept << 18);
}

// The places of a digit that are the only one in their row or column.
static cells lone_places(cells place)
{
    cells lone = {0, 0, 0, 0};
    cells once = {0, 0, 0, 0};
    cells twice = {0, 0, 0, 0};
    for (int i = 0; i < 3; i++) {
        cells row = place & ROW << 9 * i;
        lone |= row & (cells)((row & (row - 1)) == 0);
        row >>= 9 * i;
        twice |= once & row;
        once |= row;
    }
    uint32_t two = twice[0] | twice[1] | twice[2] | (once[0] & once[1]) | (once[0] & once[2]) |
                   (once[1] & once[2]);
    return lone | (place & (ROW & ~two) * COLUMNS);
}

// Whether the set has a cell in every row; with lock_columns() this is one in every unit.
static bool has_all_rows(cells place)
{
    cells thirds = place | place >> 1 | place >> 2;
    thirds |= thirds >> 3 | thirds >> 6;
    return (thirds[0] & thirds[1] & thirds[2] & (1u | 1u << 9 | 1u << 18)) ==
           (1u | 1u << 9 | 1u << 18);
}

static void remove_from(struct state *state, int digit, cells set)
{
    if (is_empty(state->place[digit] & set))
        return;
    state->place[digit] &= ~set;
    state->dirty |= 1u << digit;
}

// Narrow the places of one digit by its own geometry, and give it the cells that it alone can use.
static bool settle_digit(struct state *state, int digit)
{
    cells place = lock_rows(state->place[digit]);
    // Each of the two leaves nothing to itself, so the last one that changed nothing ends it.
    for (;;) {
        cells before = place;
        place = lock_columns(place);
        if (is_empty(before ^ place))
            break;
        before = place;
        place = lock_rows(place);
        if (is_empty(before ^ place))
            break;
    }
    if (!has_all_rows(place))
        return false;
    state->place[digit] = place;
    state->dirty &= ~(1u << digit);
    cells lone = lone_places(place) & ~state->filled;
    for (int d = 0; d < 9 && !is_empty(lone); d++) {
        if (d != digit)
            remove_from(state, d, lone);
    }
    return true;
}

// Cells by the number of digits that are possible there: so many or more.
struct counts {
    cells some, two, three, four;
};

static struct counts count_digits(const struct state *state)
{
    struct counts counts = {{0}, {0}, {0}, {0}};
    for (int d = 0; d < 9; d++) {
        counts.four |= counts.three & state->place[d];
        counts.three |= counts.two & state->place[d];
        counts.two |= counts.some & state->place[d];
        counts.some |= state->place[d];
    }
    return counts;
}

// Take the digits of cells with one digit out of their peers.
static void fill(struct state *state, cells singles)
{
    state->filled |= singles;
    for (int d = 0; d < 9; d++) {
        cells set = singles & state->place[d];
        for (; !is_empty(set); set &= ~only[lowest(set)])
            remove_from(state, d, peers[lowest(set)]);
    }
}

// Fill what is forced. Returns false at a contradiction.
static bool propagate(struct state *state, struct counts *counts)
{
    for (;;) {
        while (state->dirty != 0) {
            if (!settle_digit(state, __builtin_ctz(state->dirty)))
                return false;
        }
        *counts = count_digits(state);
        if (!is_all(counts->some))
            return false;
        cells singles = counts->some & ~counts->two & ~state->filled;
        if (is_empty(singles))
            return true;
        fill(state, singles);
    }
}

static void keep_solution(const struct state *state, struct search *search)
{
    search->found++;
    if (search->found > 1 || search->solution == NULL)
        return;
    for (int d = 0; d < 9; d++) {
        for (int i = 0; i < HRM_CELLS; i++) {
            if (state->place[d][i / 27] >> i % 27 & 1)
                search->solution->cell[i] = (uint8_t)(d + 1);
        }
    }
}

static int count_cells(cells set)
{
    set -= set >> 1 & 0x55555555u;
    set = (set & 0x33333333u) + (set >> 2 & 0x33333333u);
    set = (set + (set >> 4)) & 0x0f0f0f0fu;
    return (int)((set[0] + set[1] + set[2]) * 0x01010101u >> 24);
}

// How much the two digits of a cell would decide: the places that each takes from its peers,
// those in other cells of two digits (`pairs`) weighing more. Both sides matter: a product.
static int weigh(const struct state *state, cells pairs, int cell)
{
    int weight = 1;
    for (int d = 0; d < 9; d++) {
        if (is_empty(state->place[d] & only[cell]))
            continue;
        cells taken = state->place[d] & peers[cell];
        weight *= 1 + count_cells(taken) + 3 * count_cells(taken & pairs);
    }
    return weight;
}

// The cell to try: of the first few with two digits the one that decides most.
static int choose(const struct state *state, const struct counts *counts)
{
    cells pairs = counts->two & ~counts->three;
    int best = -1;
    int heaviest = 0;
    int left = CANDIDATES;
    for (cells set = pairs; left > 0 && !is_empty(set); set &= ~only[lowest(set)], left--) {
        int weight = weigh(state, pairs, lowest(set));
        if (weight > heaviest) {
            heaviest = weight;
            best = lowest(set);
        }
    }
    if (best >= 0)
        return best;
    cells triples = counts->three & ~counts->four;
    return lowest(is_empty(triples) ? counts->three : triples);
}

static void search_from(struct state *state, struct search *search)
{
    struct counts counts;
    if (!propagate(state, &counts))
        return;
    if (is_all(state->filled)) {
        keep_solution(state, search);
        return;
    }
    if (search->guesses == search->most)
        return;
    search->guesses++;
    int cell = choose(state, &counts);
    cells bit = only[cell];
    for (int digit = 0; digit < 9 && search->found < search->limit; digit++) {
        if (is_empty(state->place[digit] & bit))
            continue;
        struct state next = *state;
        for (int d = 0; d < 9; d++) {
            if (d != digit)
                remove_from(&next, d, bit);
        }
        search_from(&next, search);
    }
}

static void search_board(const struct hrm_board *question, struct search *search)
{
    struct state state = {.dirty = 0x1ff};
    for (int d = 0; d < 9; d++)
        state.place[d] = ALL;
    for (int i = 0; i < HRM_CELLS; i++) {
        if (question->cell[i] == 0)
            continue;
        for (int d = 0; d < 9; d++) {
            if (d + 1 != question->cell[i])
                state.place[d] &= ~only[i];
            else
                state.place[d] &= ~peers[i];
        }
    }
    search_from(&state, search);
}

enum hrm_solutions hrm_board_solve(const struct hrm_board *question, struct hrm_board *solution)
{
    struct search search = {.limit = 2, .most = INT_MAX, .solution = solution};
    search_board(question, &search);
    return (enum hrm_solutions)search.found;
}

enum hrm_solutions hrm_board_rate(const struct hrm_board *question, int *guesses)
{
    struct search search = {.limit = 2, .most = INT_MAX};
    search_board(question, &search);
    *guesses = search.guesses;
    return (enum hrm_solutions)search.found;
}

int hrm_board_count(const struct hrm_board *question, int most, int guesses, bool *known)
{
    struct search search = {.limit = most, .most = guesses};
    search_board(question, &search);
    *known = search.found == most || search.guesses < guesses;
    return search.found;
}
