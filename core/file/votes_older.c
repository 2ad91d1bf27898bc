#include "core/file/votes_older.h"

#include "core/file/h5.h"
#include "core/file/votes_part.h"
#include "core/sudoku/packed_grid.h"
#include "core/sudoku/puzzle_hash.h"
#include "core/task/sudoku.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

_Static_assert(sizeof(struct hrm_votes_older) == 56, "the older votes file depends on this layout");

hid_t hrm_votes_older_type(void)
{
    hsize_t bytes = HRM_GRID_PACKED;
    hid_t grid = H5Tarray_create2(H5T_STD_U8LE, 1, &bytes);
    hid_t type = H5Tcreate(H5T_COMPOUND, sizeof(struct hrm_votes_older));
    H5Tinsert(type, "q_halt", offsetof(struct hrm_votes_older, q_halt), H5T_IEEE_F32LE);
    H5Tinsert(type, "q_continue", offsetof(struct hrm_votes_older, q_continue), H5T_IEEE_F32LE);
    H5Tinsert(type, "segments", offsetof(struct hrm_votes_older, segments), H5T_STD_U16LE);
    H5Tinsert(type, "settled", offsetof(struct hrm_votes_older, settled), H5T_STD_U16LE);
    H5Tinsert(type, "conflicts", offsetof(struct hrm_votes_older, conflicts), H5T_STD_U16LE);
    H5Tinsert(type, "halted", offsetof(struct hrm_votes_older, halted), H5T_STD_U8LE);
    H5Tinsert(type, "grid", offsetof(struct hrm_votes_older, grid), grid);
    H5Tclose(grid);
    return type;
}

static hid_t checkpoint_type(void)
{
    hid_t name = H5Tcopy(H5T_C_S1);
    H5Tset_size(name, HRM_VOTES_NAME);
    hid_t type = H5Tcreate(H5T_COMPOUND, sizeof(struct hrm_votes_checkpoint));
    H5Tinsert(type, "path", offsetof(struct hrm_votes_checkpoint, path), name);
    H5Tinsert(type, "step", offsetof(struct hrm_votes_checkpoint, step), H5T_STD_I64LE);
    H5Tinsert(type, "seed", offsetof(struct hrm_votes_checkpoint, seed), H5T_STD_I64LE);
    H5Tinsert(type, "replica", offsetof(struct hrm_votes_checkpoint, replica), H5T_STD_I64LE);
    H5Tinsert(type, "hash", offsetof(struct hrm_votes_checkpoint, hash), H5T_STD_U64LE);
    H5Tinsert(type, "mixing", offsetof(struct hrm_votes_checkpoint, mixing), H5T_STD_I64LE);
    H5Tclose(name);
    return type;
}

int hrm_votes_older_checkpoints(struct hrm_votes *votes, struct hrm_error *error)
{
    struct hrm_h5_data table = {
        "checkpoints", checkpoint_type(), 1, {votes->plan.checkpoints}, 0, 0, 0};
    // The oldest have no field `mixing`, and reading leaves it as it is.
    for (int i = 0; i < votes->plan.checkpoints; i++)
        votes->checkpoints[i].mixing = -1;
    int status = hrm_h5_read(votes->file, &table, votes->checkpoints, error);
    H5Tclose(table.type);
    return status;
}

static struct hrm_votes_part boards(hid_t set, int64_t first, int64_t count)
{
    return (struct hrm_votes_part){.set = set,
                                   .type = H5T_NATIVE_UINT8,
                                   .rank = 2,
                                   .start = {(hsize_t)first, 0},
                                   .stride = {1, 1},
                                   .count = {(hsize_t)count, HRM_CELLS},
                                   .block = {1, 1}};
}

static bool has_digits(const struct hrm_board *board)
{
    int i = 0;
    while (i < HRM_CELLS && board->cell[i] <= 9)
        i++;
    return i == HRM_CELLS;
}

static int make_items(const struct hrm_votes *votes, int64_t first, int64_t count,
                      const struct hrm_board *boards, const int32_t *ratings, void *items,
                      struct hrm_error *error)
{
    size_t bytes = (size_t)votes->task.shape.item_bytes;
    for (int64_t i = 0; i < count; i++) {
        const struct hrm_board *question = &boards[i], *answer = &boards[count + i];
        hrm_sudoku_item(question, answer, ratings[i], (unsigned char *)items + (size_t)i * bytes);
        if (has_digits(question) && has_digits(answer))
            continue;
        hrm_fail(error, HRM_DATA, "%s: puzzle %lld has a cell above 9", votes->path,
                 (long long)(first + i));
        return hrm_hint(error, "the file was changed by another program: run hrmpi eval again with "
                               "--overwrite");
    }
    return HRM_OK;
}

int hrm_votes_older_puzzles(const struct hrm_votes *votes, int64_t first, int64_t count,
                            void *items, struct hrm_error *error)
{
    struct hrm_votes_part question = boards(votes->question, first, count);
    struct hrm_votes_part answer = boards(votes->answer, first, count);
    struct hrm_board *both = calloc(2 * (size_t)count, sizeof *both);
    int32_t *ratings = calloc((size_t)count, sizeof *ratings);
    int status = HRM_OK;
    if (!both || !ratings)
        status = hrm_fail(error, HRM_FAILED, "no memory for %lld puzzles", (long long)count);
    if (status == HRM_OK)
        status = hrm_votes_read_part(votes, &question, both, error);
    if (status == HRM_OK)
        status = hrm_votes_read_part(votes, &answer, both + count, error);
    if (status == HRM_OK)
        status = hrm_votes_read_ratings(votes, first, count, ratings, error);
    if (status == HRM_OK)
        status = make_items(votes, first, count, both, ratings, items, error);
    free(both);
    free(ratings);
    return status;
}

int hrm_votes_hash(const struct hrm_votes *votes, uint64_t *hash, struct hrm_error *error)
{
    enum { PIECE = 4096 };
    size_t bytes = (size_t)votes->task.shape.item_bytes;
    unsigned char *items = calloc(PIECE, bytes);
    struct hrm_puzzle_hash sum = {0};
    int64_t left = votes->plan.puzzles;
    int status = hrm_puzzle_hash_open(&sum, error);
    if (status == HRM_OK && !items)
        status = hrm_fail(error, HRM_FAILED, "no memory for %d puzzles", PIECE);
    while (status == HRM_OK && left > 0) {
        int64_t count = left < PIECE ? left : PIECE;
        status = hrm_votes_read_puzzles(votes, votes->plan.puzzles - left, count, items, error);
        for (int64_t i = 0; i < count && status == HRM_OK; i++) {
            const void *item = items + (size_t)i * bytes;
            hrm_puzzle_hash_add(&sum, hrm_sudoku_question(item), hrm_sudoku_answer(item));
        }
        left -= count;
    }
    if (status == HRM_OK)
        *hash = hrm_puzzle_hash_value(&sum);
    hrm_puzzle_hash_close(&sum);
    free(items);
    return status;
}

static void convert(const struct hrm_votes_older *older, const struct hrm_board *question,
                    const struct hrm_board *answer, struct hrm_pass *pass)
{
    struct hrm_board grid;
    if (older->segments == 0)
        return;
    hrm_grid_unpack(older->grid, &grid);
    // As hrm_grid_judge() says, with the conflicts that were counted then.
    for (int i = 0; i < HRM_CELLS; i++)
        pass->matches = (uint16_t)(pass->matches + (grid.cell[i] == answer->cell[i]));
    bool right = pass->matches == HRM_CELLS;
    bool certified = older->conflicts == 0 && hrm_board_is_certified(question, &grid);
    pass->q_halt = older->q_halt;
    pass->q_continue = older->q_continue;
    pass->segments = older->segments;
    pass->settled = older->settled;
    pass->defects = older->conflicts;
    pass->flags = (uint8_t)((older->halted ? HRM_PASS_HALTED : 0) | (right ? HRM_PASS_RIGHT : 0) |
                            (certified ? HRM_PASS_CERTIFIED : 0));
    memcpy(pass->answer, older->grid, HRM_GRID_PACKED);
}

int hrm_votes_older_convert(const struct hrm_votes *votes, int64_t first, int64_t count,
                            const struct hrm_votes_older *older, void *records,
                            struct hrm_error *error)
{
    int64_t rows = (int64_t)votes->plan.checkpoints * votes->plan.perturbations;
    size_t bytes = (size_t)votes->task.shape.item_bytes;
    unsigned char *items = calloc((size_t)count, bytes);
    if (!items)
        return hrm_fail(error, HRM_FAILED, "no memory for %lld puzzles", (long long)count);
    int status = hrm_votes_older_puzzles(votes, first, count, items, error);
    memset(records, 0, (size_t)(rows * count) * votes->record);
    for (int64_t i = 0; i < rows * count && status == HRM_OK; i++) {
        const void *item = items + (size_t)(i % count) * bytes;
        convert(&older[i], hrm_sudoku_question(item), hrm_sudoku_answer(item),
                hrm_pass_at(records, votes->record, i));
    }
    free(items);
    return status;
}
