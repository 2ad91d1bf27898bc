#include "core/task/maze.h"

#include "core/base/random.h"
#include "core/task/maze_generate.h"
#include "core/task/maze_grid.h"

#include <stdio.h>
#include <string.h>

static const char CHARACTERS[HRM_MAZE_TOKENS + 1] = "?# SGo";

#define OPTION(name, fallback, help, least, most, role, since)                                     \
    {                                                                                              \
#name, HRM_OPTION_INT, offsetof(struct hrm_maze_options, name), fallback, NULL, help,      \
            least, most, HRM_ROLE_##role, since                                                    \
    }

static const struct hrm_option OPTIONS[] = {
    OPTION(rows, "30", "rows of a maze", 3, HRM_MAZE_SIDE, SHAPE, 1),
    OPTION(columns, "30", "cells of a row", 3, HRM_MAZE_SIDE, SHAPE, 1),
    OPTION(least_path, "0", "cells of a generated shortest path, at least; 0: of its family", 0,
           HRM_MAZE_CELLS, SOURCE, 1),
};

static const struct hrm_maze_options *options_of(const struct hrm_task *task)
{
    return (const struct hrm_maze_options *)(const void *)task->options;
}

static struct hrm_maze_size size_of(const struct hrm_task *task)
{
    return (struct hrm_maze_size){task->shape.rows, task->shape.columns};
}

static int shape(const void *options, struct hrm_task_shape *shape, struct hrm_error *error)
{
    const struct hrm_maze_options *maze = options;
    int cells = maze->rows * maze->columns;
    (void)error;
    *shape = (struct hrm_task_shape){
        .positions = cells,
        .vocab = HRM_MAZE_TOKENS,
        .rows = maze->rows,
        .columns = maze->columns,
        .frames = 1,
        .item_bytes = cells,
        .answer_bytes = (cells + 7) / 8,
        .view_bytes = 1,
        .text_bytes = cells + 1,
    };
    return HRM_OK;
}

// --- answers ----------------------------------------------------------------------------------

static bool marked(const uint8_t *answer, int cell)
{
    return answer[cell / 8] >> cell % 8 & 1;
}

static void mark(uint8_t *answer, int cell)
{
    answer[cell / 8] = (uint8_t)(answer[cell / 8] | 1u << cell % 8);
}

static void solution(const struct hrm_task *task, const void *item, uint8_t *answer)
{
    const uint8_t *cells = item;
    memset(answer, 0, (size_t)task->shape.answer_bytes);
    for (int i = 0; i < task->shape.positions; i++)
        if (cells[i] == HRM_MAZE_PATH)
            mark(answer, i);
}

/// The item's question with the marks of an answer as path. Returns marks where none may be.
static int apply(const struct hrm_task *task, const void *item, const uint8_t *answer,
                 uint8_t *cells)
{
    struct hrm_maze_size size = size_of(task);
    int changed = 0;
    memcpy(cells, item, (size_t)task->shape.item_bytes);
    hrm_maze_clear(&size, cells);
    for (int i = 0; i < task->shape.positions; i++) {
        if (!marked(answer, i))
            continue;
        if (cells[i] == HRM_MAZE_FREE)
            cells[i] = HRM_MAZE_PATH;
        else
            changed++;
    }
    return changed;
}

static void judge(const struct hrm_task *task, const void *item, const uint8_t *answer,
                  struct hrm_verdict *verdict)
{
    struct hrm_maze_size size = size_of(task);
    const uint8_t *own = item;
    uint8_t cells[HRM_MAZE_CELLS];
    verdict->defects = apply(task, item, answer, cells);
    verdict->defects += hrm_maze_defects(&size, cells);
    verdict->certified = verdict->defects == 0;
    verdict->matches = 0;
    for (int i = 0; i < task->shape.positions; i++)
        verdict->matches += marked(answer, i) == (own[i] == HRM_MAZE_PATH);
    verdict->right = verdict->matches == task->shape.positions;
}

// --- text -------------------------------------------------------------------------------------

static int read_cells(const struct hrm_task *task, const char *what, const char *text,
                      uint8_t *cells, struct hrm_error *error)
{
    int count = task->shape.positions;
    size_t length = strlen(text);
    if (length != (size_t)count) {
        hrm_fail(error, HRM_DATA, "the %s has %zu characters, and a maze of %dx%d has %d", what,
                 length, task->shape.rows, task->shape.columns, count);
        return hrm_hint(error, "set the size of the maze: rows and columns");
    }
    for (int i = 0; i < count; i++) {
        const char *found = memchr(CHARACTERS + 1, text[i], HRM_MAZE_TOKENS - 1);
        if (found == NULL) {
            hrm_fail(error, HRM_DATA, "character %d of the %s is no cell of a maze", i + 1, what);
            return hrm_hint(error,
                            "'#' is a wall, ' ' free, 'S' the start, 'G' the goal, 'o' path");
        }
        cells[i] = (uint8_t)(found - CHARACTERS);
    }
    return HRM_OK;
}

/// Exactly one cell of a token.
static int need_one(const struct hrm_task *task, const uint8_t *cells, enum hrm_maze_token token,
                    const char *name, struct hrm_error *error)
{
    int count = 0;
    for (int i = 0; i < task->shape.positions; i++)
        count += cells[i] == token;
    if (count == 1)
        return HRM_OK;
    return hrm_fail(error, HRM_DATA, "the question has %d cells '%c' instead of one %s", count,
                    CHARACTERS[token], name);
}

/// The question's cells, which have a shortest path. Marks the canonical one.
static int read_question(const struct hrm_task *task, const char *text, uint8_t *cells,
                         struct hrm_error *error)
{
    struct hrm_maze_size size = size_of(task);
    int status = read_cells(task, "question", text, cells, error);
    if (status == HRM_OK)
        status = need_one(task, cells, HRM_MAZE_START, "start", error);
    if (status == HRM_OK)
        status = need_one(task, cells, HRM_MAZE_GOAL, "goal", error);
    if (status != HRM_OK)
        return status;
    if (hrm_maze_find(&size, cells, HRM_MAZE_PATH) >= 0)
        return hrm_fail(error, HRM_DATA, "the question has cells 'o', which only an answer has");
    if (hrm_maze_solve(&size, cells) == 0)
        return hrm_fail(error, HRM_DATA, "no way leads from the start to the goal");
    return HRM_OK;
}

/// Check an answer against a solved grid, and take its path.
static int read_answer(const struct hrm_task *task, const char *text, uint8_t *cells,
                       struct hrm_error *error)
{
    struct hrm_maze_size size = size_of(task);
    uint8_t answer[HRM_MAZE_CELLS];
    int status = read_cells(task, "answer", text, answer, error);
    if (status != HRM_OK)
        return status;
    hrm_maze_clear(&size, cells);
    for (int i = 0; i < task->shape.positions; i++)
        if (answer[i] != cells[i] && (answer[i] != HRM_MAZE_PATH || cells[i] != HRM_MAZE_FREE))
            return hrm_fail(error, HRM_DATA,
                            "row %d, column %d is '%c' in the question and '%c' in the answer",
                            i / size.columns + 1, i % size.columns + 1, CHARACTERS[cells[i]],
                            CHARACTERS[answer[i]]);
    if (hrm_maze_defects(&size, answer) != 0)
        return hrm_fail(error, HRM_DATA,
                        "the answer is no shortest path from the start to the goal");
    memcpy(cells, answer, (size_t)task->shape.item_bytes);
    return HRM_OK;
}

static int read(const struct hrm_task *task, const char *question, const char *answer,
                int32_t rating, void *item, struct hrm_error *error)
{
    (void)rating; // is counted
    int status = read_question(task, question, item, error);
    if (status == HRM_OK && answer != NULL)
        status = read_answer(task, answer, item, error);
    return status;
}

static void write_cells(const struct hrm_task *task, const uint8_t *cells, char *text)
{
    for (int i = 0; i < task->shape.positions; i++)
        text[i] = CHARACTERS[cells[i]];
    text[task->shape.positions] = '\0';
}

static void question_text(const struct hrm_task *task, const void *item, char *text)
{
    struct hrm_maze_size size = size_of(task);
    uint8_t cells[HRM_MAZE_CELLS];
    memcpy(cells, item, (size_t)task->shape.item_bytes);
    hrm_maze_clear(&size, cells);
    write_cells(task, cells, text);
}

/// Marks where none may be are '?'.
static void answer_text(const struct hrm_task *task, const void *item, const uint8_t *answer,
                        char *text)
{
    uint8_t cells[HRM_MAZE_CELLS];
    apply(task, item, answer, cells);
    for (int i = 0; i < task->shape.positions; i++)
        if (marked(answer, i) && cells[i] != HRM_MAZE_PATH)
            cells[i] = HRM_MAZE_PAD;
    write_cells(task, cells, text);
}

static void pretty(const struct hrm_task *task, const void *item, const uint8_t *answer, char *text,
                   size_t size)
{
    char line[HRM_MAZE_CELLS + 1];
    size_t used = 0;
    if (answer == NULL)
        question_text(task, item, line);
    else
        answer_text(task, item, answer, line);
    text[0] = '\0';
    for (int row = 0; row < task->shape.rows && used < size; row++) {
        int columns = task->shape.columns;
        used += (size_t)snprintf(text + used, size - used, "%.*s\n", columns, line + row * columns);
    }
}

static int assemble(const struct hrm_task *task, const uint16_t *question, const uint8_t *answer,
                    int32_t rating, void *item, struct hrm_error *error)
{
    uint8_t cells[HRM_MAZE_CELLS];
    (void)rating; // is counted
    for (int i = 0; i < task->shape.positions; i++) {
        if (question[i] < HRM_MAZE_WALL || question[i] > HRM_MAZE_GOAL)
            return hrm_fail(error, HRM_DATA, "token %d of the question is no cell of one", i);
        cells[i] = (uint8_t)question[i];
    }
    int status = need_one(task, cells, HRM_MAZE_START, "start", error);
    if (status == HRM_OK)
        status = need_one(task, cells, HRM_MAZE_GOAL, "goal", error);
    if (status == HRM_OK && apply(task, cells, answer, item) > 0)
        status = hrm_fail(error, HRM_DATA, "the path of the answer is not on free cells");
    return status;
}

// --- items ------------------------------------------------------------------------------------

static int generate(const struct hrm_task *task, const struct hrm_item_key *key, void *item,
                    struct hrm_error *error)
{
    struct hrm_maze_size size = size_of(task);
    return hrm_maze_generate(&size, options_of(task)->least_path, key, item, error);
}

/// Cells of the path, which is what the published ratings count.
static int32_t rating(const struct hrm_task *task, const void *item)
{
    const uint8_t *cells = item;
    int32_t length = 2;
    for (int i = 0; i < task->shape.positions; i++)
        length += cells[i] == HRM_MAZE_PATH;
    return length;
}

static int answers(const struct hrm_task *task, const void *item)
{
    struct hrm_maze_size size = size_of(task);
    return hrm_maze_paths(&size, item);
}

static const char *const BAND_NAMES[] = {"to 8", "9-16", "17-32", "33-64", "65-110", "over 110"};
#define BANDS ((int)(sizeof BAND_NAMES / sizeof *BAND_NAMES))

static int band(int32_t length)
{
    static const int32_t MOST[BANDS - 1] = {8, 16, 32, 64, 110};
    int i = 0;
    while (i < BANDS - 1 && length > MOST[i])
        i++;
    return i;
}

/// Bring the start nearer to the goal, onto any cell of the path.
static void ease(const struct hrm_maze_size *size, struct hrm_random *random, uint8_t *cells)
{
    uint16_t lengths[HRM_MAZE_CELLS];
    int start = hrm_maze_find(size, cells, HRM_MAZE_START);
    hrm_maze_lengths(size, cells, hrm_maze_find(size, cells, HRM_MAZE_GOAL), lengths);
    if (lengths[start] < 3)
        return;
    int left = 2 + (int)hrm_random_below(random, lengths[start] - 2u);
    cells[start] = HRM_MAZE_FREE;
    for (int i = 0; i < hrm_maze_cells(size); i++)
        if (cells[i] == HRM_MAZE_PATH && lengths[i] >= left)
            cells[i] = lengths[i] == left ? HRM_MAZE_START : HRM_MAZE_FREE;
}

/// Turn the solved grid. A path that is the canonical one of its question stays that.
static void turn(const struct hrm_maze_size *size, const uint8_t *item, unsigned view,
                 uint8_t *cells)
{
    memcpy(cells, item, (size_t)hrm_maze_cells(size));
    hrm_maze_solve(size, cells);
    bool canonical = memcmp(cells, item, (size_t)hrm_maze_cells(size)) == 0;
    hrm_maze_turn(size, item, view, cells);
    if (canonical)
        hrm_maze_solve(size, cells);
}

static unsigned symmetries(const struct hrm_task *task)
{
    return task->shape.rows == task->shape.columns ? 8 : 4;
}

static void example(const struct hrm_task *task, const void *item,
                    const struct hrm_example_key *key, int frame, uint16_t *inputs,
                    uint16_t *labels)
{
    struct hrm_maze_size size = size_of(task);
    uint8_t cells[HRM_MAZE_CELLS];
    uint64_t at = (uint64_t)key->step, slot = (uint64_t)key->slot;
    (void)frame;
    memcpy(cells, item, (size_t)task->shape.item_bytes);
    if (key->augment) {
        struct hrm_random random = hrm_random_open(key->seed, HRM_RANDOM_AUGMENT, at, slot);
        turn(&size, item, hrm_random_below(&random, symmetries(task)), cells);
    }
    if (key->mixing) {
        struct hrm_random random = hrm_random_open(key->seed, HRM_RANDOM_MIXING, at, slot);
        if (hrm_random_below(&random, 2))
            ease(&size, &random, cells);
    }
    for (int i = 0; i < task->shape.positions; i++) {
        labels[i] = cells[i];
        inputs[i] = cells[i] == HRM_MAZE_PATH ? HRM_MAZE_FREE : cells[i];
    }
}

// --- views ------------------------------------------------------------------------------------

static const struct hrm_view_kind VIEWS[] = {
    {"symmetry", "symmetries", false, NULL,
     "symmetry:N, rotations and reflections; 4 unless the maze is square"},
    {"exchange", "exchanges", false, NULL, "exchange:2, start and goal change places"},
};

static int64_t view_members(const struct hrm_task *task, int kind)
{
    return kind == 0 ? symmetries(task) : 2;
}

static void view_identity(const struct hrm_task *task, void *view)
{
    (void)task;
    *(uint8_t *)view = 0;
}

static void view_make(const struct hrm_task *task, int kind, int64_t member, uint64_t seed,
                      void *view)
{
    (void)seed;
    int64_t bits = kind == 0 ? member % symmetries(task) : member * HRM_MAZE_EXCHANGE;
    *(uint8_t *)view = (uint8_t)bits;
}

static void view_compose(const struct hrm_task *task, const void *first, const void *second,
                         void *view)
{
    unsigned a = *(const uint8_t *)first, b = *(const uint8_t *)second;
    // What the second does to the rows of a transposed grid it does to the columns of the first.
    unsigned reversals = a & HRM_MAZE_TRANSPOSE ? (b & 1) << 1 | (b >> 1 & 1) : b & 3;
    (void)task;
    *(uint8_t *)view = (uint8_t)(a ^ ((b & ~3u) | reversals));
}

static void ask(const struct hrm_task *task, const void *item, const void *view, uint16_t *inputs)
{
    struct hrm_maze_size size = size_of(task);
    unsigned bits = *(const uint8_t *)view;
    const uint8_t *cells = item;
    for (int i = 0; i < task->shape.positions; i++) {
        uint8_t token = cells[i] == HRM_MAZE_PATH ? HRM_MAZE_FREE : cells[i];
        inputs[hrm_maze_place(&size, bits, i)] = hrm_maze_token_under(bits, token);
    }
}

static void answer_from(const struct hrm_task *task, const void *item, const void *view,
                        const uint16_t *predictions, uint8_t *answer)
{
    struct hrm_maze_size size = size_of(task);
    unsigned bits = *(const uint8_t *)view;
    const uint8_t *cells = item;
    memset(answer, 0, (size_t)task->shape.answer_bytes);
    for (int i = 0; i < task->shape.positions; i++) {
        uint16_t token = predictions[hrm_maze_place(&size, bits, i)];
        bool free = cells[i] == HRM_MAZE_FREE || cells[i] == HRM_MAZE_PATH;
        if (free ? token == HRM_MAZE_PATH : token != hrm_maze_token_under(bits, cells[i]))
            mark(answer, i);
        else if (free && token != HRM_MAZE_FREE)
            mark(answer, hrm_maze_find(&size, cells, HRM_MAZE_START));
    }
}

const struct hrm_task_kind hrm_maze_kind = {
    .name = "maze",
    .plural = "mazes",
    .defects = "wrong cells",
    .help = "mark the shortest path through a grid of walls",
    .options = OPTIONS,
    .option_count = sizeof OPTIONS / sizeof *OPTIONS,
    .shape = shape,
    .read = read,
    .answers = answers,
    .assemble = assemble,
    .question_text = question_text,
    .answer_text = answer_text,
    .pretty = pretty,
    .generate = generate,
    .families = HRM_MAZE_FAMILIES,
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
