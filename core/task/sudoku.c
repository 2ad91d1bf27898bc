#include "core/task/sudoku.h"

#include "core/base/random.h"
#include "core/sudoku/grid_solver.h"
#include "core/sudoku/mixing.h"
#include "core/sudoku/solver.h"
#include "core/sudoku/symmetry.h"

#include <stdio.h>
#include <string.h>
#include <xxhash.h>

enum {
    BLANK = 1,       ///< its token; a digit d is BLANK + d
    GUESSES = 10000, ///< of the solver, before it gives up on a grid that is not 9x9
    SPLITS = 10,     ///< parts of the items: the last for test, the one before for validation
};

static const struct hrm_option OPTIONS[] = {
    {"side", HRM_OPTION_INT, offsetof(struct hrm_sudoku_options, side), "9", NULL,
     "cells of a row: 4, 6 (boxes of 2 rows and 3 columns), 9 or 16", 4, HRM_SUDOKU_SIDE,
     HRM_ROLE_SHAPE, 1},
};

static const struct hrm_sudoku *size_of(const struct hrm_task *task)
{
    return hrm_sudoku_of(task->shape.rows);
}

static bool packs(const struct hrm_sudoku *sudoku)
{
    return sudoku->side < 16;
}

static int shape(const void *options, struct hrm_task_shape *shape, struct hrm_error *error)
{
    const struct hrm_sudoku_options *chosen = options;
    const struct hrm_sudoku *sudoku = hrm_sudoku_of(chosen->side);
    if (!sudoku) {
        hrm_fail(error, HRM_USAGE, "there is no Sudoku of side %d", chosen->side);
        return hrm_hint(error, "give sudoku.side = 4, 6, 9 or 16");
    }
    *shape = (struct hrm_task_shape){
        .positions = sudoku->cells,
        .vocab = sudoku->side + 2,
        .first_symbol = BLANK + 1,
        .symbols = sudoku->side,
        .rows = sudoku->side,
        .columns = sudoku->side,
        .box_rows = sudoku->box_rows,
        .box_columns = sudoku->box_columns,
        .frames = 1,
        .item_bytes = 2 * sudoku->cells + (int)sizeof(int32_t),
        .answer_bytes = packs(sudoku) ? (sudoku->cells + 1) / 2 : sudoku->cells,
        .view_bytes = (int)sizeof(struct hrm_symmetry),
        .text_bytes = sudoku->cells + 1,
    };
    return HRM_OK;
}

// --- items ------------------------------------------------------------------------------------

static const uint8_t *question_of(const void *item)
{
    return item;
}

static const uint8_t *solution_of(const struct hrm_sudoku *sudoku, const void *item)
{
    return (const uint8_t *)item + sudoku->cells;
}

static int32_t rating(const struct hrm_task *task, const void *item)
{
    int32_t value;
    memcpy(&value, (const uint8_t *)item + 2 * task->shape.positions, sizeof value);
    return value;
}

static void set_rating(const struct hrm_sudoku *sudoku, void *item, int32_t value)
{
    memcpy((uint8_t *)item + 2 * sudoku->cells, &value, sizeof value);
}

void hrm_sudoku_item(const struct hrm_board *question, const struct hrm_board *answer,
                     int32_t rating, void *item)
{
    memcpy(item, question->cell, HRM_CELLS);
    memcpy((uint8_t *)item + HRM_CELLS, answer->cell, HRM_CELLS);
    set_rating(hrm_sudoku_of(9), item, rating);
}

/// How many solutions, up to 2, and the first of them.
static struct hrm_grid_search solve(const struct hrm_sudoku *sudoku, const uint8_t *question,
                                    uint8_t *solution)
{
    if (sudoku->side != 9)
        return hrm_grid_solve(sudoku, question, 2, GUESSES, solution);
    struct hrm_board board, first;
    struct hrm_grid_search found = {.known = true};
    memcpy(board.cell, question, sizeof board.cell);
    found.solutions = (int)hrm_board_rate(&board, &found.guesses);
    if (found.solutions > 0 && solution) {
        hrm_board_solve(&board, &first);
        memcpy(solution, first.cell, sizeof first.cell);
    }
    return found;
}

static int answers(const struct hrm_task *task, const void *item)
{
    struct hrm_grid_search found = solve(size_of(task), question_of(item), NULL);
    return found.known ? found.solutions : 0;
}

// --- text -------------------------------------------------------------------------------------

static const char DIGITS[] = ".123456789ABCDEFG";

/// The cell that a character stands for, -1: none.
static int cell_of(const struct hrm_sudoku *sudoku, char character)
{
    if (character >= 'a' && character <= 'g')
        character = (char)(character - 'a' + 'A');
    const char *found = character ? strchr(DIGITS, character) : NULL;
    int cell = found ? (int)(found - DIGITS) : hrm_board_cell(character);
    return cell <= sudoku->side ? cell : -1;
}

static int read_cells(const struct hrm_sudoku *sudoku, const char *what, const char *text,
                      uint8_t *cells, struct hrm_error *error)
{
    size_t length = strlen(text);
    if (length != (size_t)sudoku->cells) {
        hrm_fail(error, HRM_DATA, "the %s has %zu characters, and a Sudoku of %dx%d has %d", what,
                 length, sudoku->side, sudoku->side, sudoku->cells);
        return hrm_hint(error, "set the side: sudoku.side");
    }
    for (int i = 0; i < sudoku->cells; i++) {
        int cell = cell_of(sudoku, text[i]);
        if (cell < 0) {
            hrm_fail(error, HRM_DATA, "row %d, column %d of the %s is '%c'", i / sudoku->side + 1,
                     i % sudoku->side + 1, what, text[i]);
            return hrm_hint(error, "digits are 1-%c; blanks are . 0 _ * - and the space",
                            DIGITS[sudoku->side]);
        }
        cells[i] = (uint8_t)cell;
    }
    return HRM_OK;
}

static int find_answer(const struct hrm_sudoku *sudoku, const uint8_t *question, uint8_t *solution,
                       struct hrm_error *error)
{
    struct hrm_grid_search found = solve(sudoku, question, solution);
    if (!found.known)
        return hrm_fail(error, HRM_DATA, "the question was not solved by %d guesses", GUESSES);
    if (found.solutions == 1)
        return HRM_OK;
    return hrm_fail(error, HRM_DATA, "the question has %s",
                    found.solutions == 0 ? "no solution" : "several solutions");
}

static int read(const struct hrm_task *task, const char *question, const char *answer,
                int32_t rating, void *item, struct hrm_error *error)
{
    const struct hrm_sudoku *sudoku = size_of(task);
    uint8_t *cells = item, *solution = cells + sudoku->cells;
    int status = read_cells(sudoku, "question", question, cells, error);
    if (status == HRM_OK)
        status = answer ? read_cells(sudoku, "answer", answer, solution, error)
                        : find_answer(sudoku, cells, solution, error);
    if (status == HRM_OK && !hrm_grid_is_certified(sudoku, cells, solution))
        status = hrm_fail(error, HRM_DATA, "the answer does not solve the question");
    set_rating(sudoku, item, rating);
    return status;
}

static void write_cells(const struct hrm_sudoku *sudoku, const uint8_t *cells, char *text)
{
    for (int i = 0; i < sudoku->cells; i++)
        text[i] = DIGITS[cells[i]];
    text[sudoku->cells] = '\0';
}

static void question_text(const struct hrm_task *task, const void *item, char *text)
{
    write_cells(size_of(task), question_of(item), text);
}

// --- answers ----------------------------------------------------------------------------------

static void pack(const struct hrm_sudoku *sudoku, const uint8_t *cells, uint8_t *answer)
{
    if (!packs(sudoku)) {
        memcpy(answer, cells, (size_t)sudoku->cells);
        return;
    }
    memset(answer, 0, (size_t)(sudoku->cells + 1) / 2);
    for (int i = 0; i < sudoku->cells; i++)
        answer[i / 2] = (uint8_t)(answer[i / 2] | (cells[i] & 15) << (i % 2 ? 0 : 4));
}

static void unpack(const struct hrm_sudoku *sudoku, const uint8_t *answer, uint8_t *cells)
{
    for (int i = 0; i < sudoku->cells; i++)
        cells[i] = (uint8_t)(packs(sudoku) ? answer[i / 2] >> (i % 2 ? 0 : 4) & 15 : answer[i]);
}

static void answer_text(const struct hrm_task *task, const void *item, const uint8_t *answer,
                        char *text)
{
    uint8_t cells[HRM_SUDOKU_CELLS];
    (void)item;
    unpack(size_of(task), answer, cells);
    write_cells(size_of(task), cells, text);
}

static void pretty(const struct hrm_task *task, const void *item, const uint8_t *answer, char *text,
                   size_t size)
{
    const struct hrm_sudoku *sudoku = size_of(task);
    uint8_t cells[HRM_SUDOKU_CELLS];
    size_t used = 0;
    memcpy(cells, item, (size_t)sudoku->cells);
    if (answer)
        unpack(sudoku, answer, cells);
    text[0] = '\0';
    for (int i = 0; i < sudoku->cells && used < size; i++) {
        int row = i / sudoku->side, column = i % sudoku->side;
        if (column == 0 && row > 0 && row % sudoku->box_rows == 0)
            for (int k = 0; k < sudoku->side && used < size; k++)
                used += (size_t)snprintf(text + used, size - used, "%s%s",
                                         k > 0 && k % sudoku->box_columns == 0 ? "+-" : "",
                                         k + 1 == sudoku->side ? "-\n" : "--");
        if (used < size)
            used += (size_t)snprintf(text + used, size - used, "%s%c%c",
                                     column > 0 && column % sudoku->box_columns == 0 ? "| " : "",
                                     DIGITS[cells[i]], column + 1 == sudoku->side ? '\n' : ' ');
    }
}

static void solution(const struct hrm_task *task, const void *item, uint8_t *answer)
{
    pack(size_of(task), solution_of(size_of(task), item), answer);
}

static int assemble(const struct hrm_task *task, const uint16_t *question, const uint8_t *answer,
                    int32_t rating, void *item, struct hrm_error *error)
{
    const struct hrm_sudoku *sudoku = size_of(task);
    uint8_t *cells = item, *own = cells + sudoku->cells;
    unpack(sudoku, answer, own);
    set_rating(sudoku, item, rating);
    for (int i = 0; i < sudoku->cells; i++) {
        if (question[i] < BLANK || question[i] > BLANK + sudoku->side || own[i] > sudoku->side)
            return hrm_fail(error, HRM_DATA, "it has a cell above %d", sudoku->side);
        cells[i] = (uint8_t)(question[i] - BLANK);
    }
    return HRM_OK;
}

static void judge(const struct hrm_task *task, const void *item, const uint8_t *answer,
                  struct hrm_verdict *verdict)
{
    const struct hrm_sudoku *sudoku = size_of(task);
    const uint8_t *own = solution_of(sudoku, item);
    uint8_t cells[HRM_SUDOKU_CELLS];
    unpack(sudoku, answer, cells);
    *verdict = (struct hrm_verdict){.defects = hrm_grid_conflicts(sudoku, cells)};
    verdict->certified = verdict->defects == 0 && hrm_grid_is_complete(sudoku, cells) &&
                         hrm_grid_keeps_givens(sudoku, question_of(item), cells);
    for (int i = 0; i < sudoku->cells; i++)
        verdict->matches += cells[i] == own[i];
    verdict->right = verdict->matches == sudoku->cells;
}

// --- how hard ---------------------------------------------------------------------------------

static const char *const BAND_NAMES[] = {"0",     "1-3",   "4-7", "8-15",
                                         "16-31", "32-63", "64+", "none"};
#define BANDS ((int)(sizeof BAND_NAMES / sizeof *BAND_NAMES))

static int band(int32_t rating)
{
    int i = 0;
    if (rating < 0)
        return BANDS - 1;
    while (i < BANDS - 2 && rating >= (i ? 2 << i : 1))
        i++;
    return i;
}

// --- the generator ----------------------------------------------------------------------------

/// Which split an item belongs to: by a hash that no relabelling changes.
static int split_of(const struct hrm_sudoku *sudoku, const void *item)
{
    uint8_t name[HRM_SUDOKU_SIDE + 1] = {0}, cells[2 * HRM_SUDOKU_CELLS], names = 0;
    const uint8_t *own = solution_of(sudoku, item), *given = question_of(item);
    for (int i = 0; i < sudoku->cells; i++)
        if (name[own[i]] == 0)
            name[own[i]] = ++names;
    for (int i = 0; i < sudoku->cells; i++) {
        cells[i] = name[own[i]];
        cells[sudoku->cells + i] = name[given[i]];
    }
    int part = (int)(XXH3_64bits(cells, 2 * (size_t)sudoku->cells) % SPLITS);
    return part < SPLITS - 2 ? 0 : part - (SPLITS - 3);
}

static int generate(const struct hrm_task *task, const struct hrm_item_key *key, void *item,
                    struct hrm_error *error)
{
    const struct hrm_sudoku *sudoku = size_of(task);
    const int guesses = key->family == 0 ? 0 : 16;
    uint8_t *question = item;
    struct hrm_random random = hrm_random_open(
        key->seed, HRM_RANDOM_ITEM, (uint64_t)(3 * key->family + key->split), (uint64_t)key->index);
    (void)error;
    do {
        hrm_grid_draw(sudoku, &random, question);
        memcpy(question + sudoku->cells, question, (size_t)sudoku->cells);
        hrm_grid_dig(sudoku, &random, guesses, question);
    } while (split_of(sudoku, item) != key->split);
    set_rating(sudoku, item, solve(sudoku, question, NULL).guesses);
    return HRM_OK;
}

// --- training ---------------------------------------------------------------------------------

/// Fill in from the solution as many blank cells as are drawn: hrm_board_mix() of any size.
static void mix(const struct hrm_sudoku *sudoku, uint8_t *question, const uint8_t *answer,
                struct hrm_random *random)
{
    int blanks[HRM_SUDOKU_CELLS], count = 0;
    for (int i = 0; i < sudoku->cells; i++)
        if (question[i] == 0)
            blanks[count++] = i;
    if (count <= 1)
        return;
    int filled = 1 + (int)hrm_random_below(random, (uint32_t)count - 1);
    hrm_random_shuffle(random, blanks, count);
    for (int i = 0; i < filled; i++)
        question[blanks[i]] = answer[blanks[i]];
}

/// Let a given move up to so many times.
static void move(const struct hrm_example_key *key, uint8_t *question, const uint8_t *answer)
{
    struct hrm_board asked, solved;
    struct hrm_random random =
        hrm_random_open(key->seed, HRM_RANDOM_MOVE, (uint64_t)key->step, (uint64_t)key->slot);
    int moves = (int)hrm_random_below(&random, (uint32_t)key->moves + 1);
    memcpy(asked.cell, question, sizeof asked.cell);
    memcpy(solved.cell, answer, sizeof solved.cell);
    asked = hrm_board_move(&asked, &solved, moves, &random);
    memcpy(question, asked.cell, sizeof asked.cell);
}

static void augment(const struct hrm_sudoku *sudoku, const struct hrm_example_key *key,
                    uint8_t *question, uint8_t *answer)
{
    uint64_t step = (uint64_t)key->step, slot = (uint64_t)key->slot;
    uint8_t from[HRM_SUDOKU_CELLS];
    struct hrm_random random = hrm_random_open(key->seed, HRM_RANDOM_AUGMENT, step, slot);
    struct hrm_symmetry symmetry = hrm_symmetry_random(sudoku, &random);
    memcpy(from, question, (size_t)sudoku->cells);
    hrm_symmetry_map(&symmetry, from, question);
    memcpy(from, answer, (size_t)sudoku->cells);
    hrm_symmetry_map(&symmetry, from, answer);
    if (key->moves > 0 && sudoku->side == 9)
        move(key, question, answer);
    random = hrm_random_open(key->seed, HRM_RANDOM_MIXING, step, slot);
    if (key->mixing && hrm_random_uniform(&random) < 0.5)
        mix(sudoku, question, answer, &random);
}

static void write_tokens(const struct hrm_sudoku *sudoku, const uint8_t *cells, uint16_t *tokens)
{
    for (int i = 0; i < sudoku->cells; i++)
        tokens[i] = (uint16_t)(cells[i] + BLANK);
}

static void example(const struct hrm_task *task, const void *item,
                    const struct hrm_example_key *key, int frame, uint16_t *inputs,
                    uint16_t *labels)
{
    const struct hrm_sudoku *sudoku = size_of(task);
    uint8_t question[HRM_SUDOKU_CELLS], answer[HRM_SUDOKU_CELLS];
    (void)frame;
    memcpy(question, question_of(item), (size_t)sudoku->cells);
    memcpy(answer, solution_of(sudoku, item), (size_t)sudoku->cells);
    if (key->augment)
        augment(sudoku, key, question, answer);
    write_tokens(sudoku, question, inputs);
    write_tokens(sudoku, answer, labels);
}

// --- views ------------------------------------------------------------------------------------

enum view { CYCLIC, DIGITS_DRAWN, SYMMETRY };

static const struct hrm_view_kind VIEWS[] = {
    [CYCLIC] = {"cyclic", "relabel", true, NULL, "cyclic:N, digits shifted by 0 to N-1"},
    [DIGITS_DRAWN] = {"digits", "relabel", true, "symmetry", "digits:N, digits renamed at random"},
    [SYMMETRY] = {"symmetry", "symmetries", false, "digits",
                  "symmetry:N, digits renamed and rows and columns exchanged at random"},
};

static int64_t view_members(const struct hrm_task *task, int kind)
{
    return kind == CYCLIC ? task->shape.rows : INT64_MAX;
}

static void view_identity(const struct hrm_task *task, void *view)
{
    struct hrm_symmetry symmetry = hrm_symmetry_identity(size_of(task));
    memcpy(view, &symmetry, sizeof symmetry);
}

static void view_make(const struct hrm_task *task, int kind, int64_t member, uint64_t seed,
                      void *view)
{
    const struct hrm_sudoku *sudoku = size_of(task);
    struct hrm_random random = hrm_random_open(seed, HRM_RANDOM_PERTURBATION, (uint64_t)member, 0);
    struct hrm_symmetry symmetry =
        member == 0            ? hrm_symmetry_identity(sudoku)
        : kind == CYCLIC       ? hrm_symmetry_cyclic(sudoku, (int)(member % sudoku->side))
        : kind == DIGITS_DRAWN ? hrm_symmetry_random_digits(sudoku, &random)
                               : hrm_symmetry_random(sudoku, &random);
    memcpy(view, &symmetry, sizeof symmetry);
}

static void view_compose(const struct hrm_task *task, const void *first, const void *second,
                         void *view)
{
    struct hrm_symmetry a, b;
    (void)task;
    memcpy(&a, first, sizeof a);
    memcpy(&b, second, sizeof b);
    a = hrm_symmetry_compose(&a, &b);
    memcpy(view, &a, sizeof a);
}

static void ask(const struct hrm_task *task, const void *item, const void *view, uint16_t *inputs)
{
    const struct hrm_sudoku *sudoku = size_of(task);
    uint8_t cells[HRM_SUDOKU_CELLS];
    hrm_symmetry_map(view, question_of(item), cells);
    write_tokens(sudoku, cells, inputs);
}

static void answer_from(const struct hrm_task *task, const void *item, const void *view,
                        const uint16_t *predictions, uint8_t *answer)
{
    const struct hrm_sudoku *sudoku = size_of(task);
    struct hrm_symmetry inverse = hrm_symmetry_inverse(view);
    uint8_t predicted[HRM_SUDOKU_CELLS], cells[HRM_SUDOKU_CELLS];
    (void)item;
    for (int i = 0; i < sudoku->cells; i++)
        predicted[i] = predictions[i] > BLANK ? (uint8_t)(predictions[i] - BLANK) : 0;
    hrm_symmetry_map(&inverse, predicted, cells);
    pack(sudoku, cells, answer);
}

const struct hrm_task_kind hrm_sudoku_kind = {
    .name = "sudoku",
    .plural = "Sudoku puzzles",
    .defects = "repeated digits",
    .help = "complete a grid so that every row, column and box holds every digit once",
    .options = OPTIONS,
    .option_count = sizeof OPTIONS / sizeof *OPTIONS,
    .shape = shape,
    .read = read,
    .answers = answers,
    .one_answer = true,
    .assemble = assemble,
    .question_text = question_text,
    .answer_text = answer_text,
    .pretty = pretty,
    .generate = generate,
    .families = "singles|guesses",
    .rating = rating,
    .band = band,
    .band_names = BAND_NAMES,
    .bands = BANDS,
    .example = example,
    .views = VIEWS,
    .view_kinds = sizeof VIEWS / sizeof *VIEWS,
    .view_members = view_members,
    .view_identity = view_identity,
    .view_make = view_make,
    .view_compose = view_compose,
    .ask = ask,
    .answer = answer_from,
    .solution = solution,
    .judge = judge,
};
