#include "mpi/count.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

enum { PIECE_BYTES = 16 << 20 }; ///< about what is read at a time

/// Some puzzles and all their passes.
struct piece {
    int64_t puzzles; ///< room
    struct hrm_votes_puzzles set;
    struct hrm_pass *records; ///< [C,P,puzzles]
    struct hrm_ballot ballot;
};

/// Whole blocks, at least one.
static int64_t piece_size(const struct hrm_plan *plan)
{
    int64_t bytes = (int64_t)plan->checkpoints * plan->perturbations * plan->block *
                    (int64_t)sizeof(struct hrm_pass);
    int64_t blocks = PIECE_BYTES / bytes;
    blocks = blocks < 1 ? 1 : blocks > plan->ranges ? plan->ranges : blocks;
    return blocks * plan->block;
}

int64_t hrm_count_bytes(const struct hrm_plan *plan)
{
    int64_t rows = (int64_t)plan->checkpoints * plan->perturbations;
    return piece_size(plan) * (rows * (int64_t)sizeof(struct hrm_pass) +
                               2 * (int64_t)sizeof(struct hrm_board) + (int64_t)sizeof(int32_t));
}

static void free_piece(struct piece *piece)
{
    free(piece->set.questions);
    free(piece->set.answers);
    free(piece->set.ratings);
    free(piece->records);
    hrm_ballot_free(&piece->ballot);
}

static int init_piece(struct piece *piece, const struct hrm_plan *plan, struct hrm_error *error)
{
    int64_t n = piece_size(plan), passes = (int64_t)plan->checkpoints * plan->perturbations;
    *piece = (struct piece){.puzzles = n};
    if (passes > INT_MAX)
        return hrm_fail(error, HRM_USAGE, "%lld passes a puzzle", (long long)passes);
    piece->set.questions = calloc((size_t)n, sizeof *piece->set.questions);
    piece->set.answers = calloc((size_t)n, sizeof *piece->set.answers);
    piece->set.ratings = calloc((size_t)n, sizeof *piece->set.ratings);
    piece->records = calloc((size_t)(n * passes), sizeof *piece->records);
    if (!piece->set.questions || !piece->set.answers || !piece->set.ratings || !piece->records)
        return hrm_fail(error, HRM_FAILED, "no memory for the passes of %lld puzzles",
                        (long long)n);
    return hrm_ballot_init(&piece->ballot, (int)passes, error);
}

/// The work of one piece of the set.
static int count_piece(struct piece *piece, const struct hrm_votes *votes, int64_t first,
                       const struct hrm_selection *selections, int count, struct hrm_tally *tallies,
                       struct hrm_error *error)
{
    int64_t left = votes->plan.puzzles - first, n = left < piece->puzzles ? left : piece->puzzles;
    int status = hrm_votes_read_puzzles(votes, first, n, &piece->set, error);
    if (status == HRM_OK)
        status = hrm_votes_read_passes(votes, first, n, piece->records, error);
    if (status)
        return status;
    for (int64_t i = 0; i < n; i++) {
        struct hrm_passes passes = {piece->records + i, votes->plan.checkpoints,
                                    votes->plan.perturbations, n};
        struct hrm_vote_puzzle puzzle = {&piece->set.questions[i], &piece->set.answers[i],
                                         piece->set.ratings[i]};
        for (int s = 0; s < count; s++)
            hrm_tally_count(&tallies[s], &piece->ballot, &passes, &selections[s], &puzzle);
    }
    return HRM_OK;
}

int hrm_count_votes(const struct hrm_world *world, const struct hrm_votes *votes,
                    const struct hrm_selection *selections, int count, struct hrm_tally *tallies,
                    struct hrm_error *error)
{
    struct piece piece;
    memset(tallies, 0, (size_t)count * sizeof *tallies);
    int status = init_piece(&piece, &votes->plan, error);
    int64_t stride = piece.puzzles * world->size;
    for (int64_t first = piece.puzzles * world->rank;
         first < votes->plan.puzzles && status == HRM_OK; first += stride)
        status = count_piece(&piece, votes, first, selections, count, tallies, error);
    free_piece(&piece);
    status = hrm_agree(world->comm, status, error);
    for (int s = 0; s < count && status == HRM_OK; s++)
        status = HRM_MPI(MPI_Allreduce(MPI_IN_PLACE, &tallies[s], HRM_TALLY_COUNTS, MPI_INT64_T,
                                       MPI_SUM, world->comm),
                         error);
    return status;
}
