#include "jobs/vote/vote_dump.h"

#include "core/base/atomic_file.h"
#include "core/sudoku/packed_grid.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static void write_board(const struct hrm_board *board, FILE *stream)
{
    char text[HRM_CELLS + 1];
    for (int i = 0; i < HRM_CELLS; i++)
        text[i] = "0123456789abcdef"[board->cell[i] & 15];
    text[HRM_CELLS] = '\0';
    fputs(text, stream);
}

static void write_pass(const struct hrm_pool_window *piece, int64_t i, const struct hrm_pass *pass,
                       FILE *stream)
{
    struct hrm_board grid;
    hrm_grid_unpack(pass->answer, &grid);
    fprintf(stream, "%d,%d,%d,%d,%.9g,%.9g,", pass->segments, pass->settled, pass->defects,
            hrm_pass_has(pass, HRM_PASS_HALTED), (double)pass->q_halt, (double)pass->q_continue);
    write_board(&piece->set.questions[i], stream);
    fputc(',', stream);
    write_board(&piece->set.answers[i], stream);
    fputc(',', stream);
    write_board(&grid, stream);
    fputc('\n', stream);
}

static void write_puzzle(const struct vote_report *report, const struct hrm_pool_window *piece,
                         int64_t i, FILE *stream)
{
    struct hrm_passes passes = {hrm_pass_at(piece->records, report->pool->record, i),
                                report->pool->record, report->pool->checkpoints,
                                report->pool->perturbations, piece->puzzles};
    for (int c = 0; c < report->checkpoint_count; c++)
        for (int p = 0; p < report->perturbations; p++) {
            int checkpoint = report->checkpoints[c].index, perturbation = report->perturbation[p];
            fprintf(stream, "%" PRId64 ",%d,%d,", piece->first + i, checkpoint, perturbation);
            write_pass(piece, i, hrm_passes_at(&passes, checkpoint, perturbation), stream);
        }
}

static int write_pieces(const struct vote_report *report, FILE *stream, struct hrm_error *error)
{
    struct hrm_pool_window piece;
    int status = hrm_pool_window_init(&piece, report->pool, error);
    for (int64_t first = 0; first < report->pool->puzzles && status == HRM_OK && !ferror(stream);
         first += piece.room) {
        status = hrm_pool_window_read(&piece, report->pool, first, error);
        for (int64_t i = 0; i < piece.puzzles && status == HRM_OK; i++)
            write_puzzle(report, &piece, i, stream);
    }
    hrm_pool_window_free(&piece);
    return status;
}

static int write_all(FILE *stream, const void *context, struct hrm_error *error)
{
    fputs("puzzle,checkpoint,perturbation,segments,settled,conflicts,halted,q_halt,q_continue,"
          "question,answer,grid\n",
          stream);
    return write_pieces(context, stream, error);
}

int vote_dump(const struct vote_report *report, const char *path, struct hrm_error *error)
{
    return hrm_atomic_file_text(path, write_all, report, error);
}
