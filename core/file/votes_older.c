#include "core/file/votes_older.h"

#include "core/sudoku/packed_grid.h"

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

static void convert(const struct hrm_votes_older *older, const struct hrm_board *question,
                    const struct hrm_board *answer, struct hrm_pass *pass)
{
    struct hrm_board grid;
    if (older->segments == 0)
        return;
    hrm_grid_unpack(older->grid, &grid);
    struct hrm_grid_verdict verdict = hrm_grid_judge(question, answer, &grid);
    pass->q_halt = older->q_halt;
    pass->q_continue = older->q_continue;
    pass->segments = older->segments;
    pass->settled = older->settled;
    pass->defects = older->conflicts;
    pass->matches = (uint16_t)verdict.matches;
    pass->flags =
        (uint8_t)((older->halted ? HRM_PASS_HALTED : 0) | (verdict.right ? HRM_PASS_RIGHT : 0) |
                  (verdict.certified ? HRM_PASS_CERTIFIED : 0));
    memcpy(pass->answer, older->grid, HRM_GRID_PACKED);
}

int hrm_votes_older_convert(const struct hrm_votes *votes, int64_t first, int64_t count,
                            const struct hrm_votes_older *older, void *records,
                            struct hrm_error *error)
{
    int64_t rows = (int64_t)votes->plan.checkpoints * votes->plan.perturbations;
    struct hrm_votes_puzzles puzzles = {0};
    int status = hrm_votes_puzzles_init(&puzzles, count, error);
    if (status == HRM_OK)
        status = hrm_votes_read_puzzles(votes, first, count, &puzzles, error);
    memset(records, 0, (size_t)(rows * count) * votes->record);
    for (int64_t i = 0; i < rows * count && status == HRM_OK; i++)
        convert(&older[i], &puzzles.questions[i % count], &puzzles.answers[i % count],
                hrm_pass_at(records, votes->record, i));
    hrm_votes_puzzles_free(&puzzles);
    return status;
}
