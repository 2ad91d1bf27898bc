#include "mpi/count.h"
#include "tests/mpi/ranks.h"

#include <check.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { CHECKPOINTS = 3, PERTURBATIONS = 2, BLOCK = 7, PUZZLES = 1000 };

static const char *const SOLVED =
    "769341852142895367538267194273689541954123678681574923316452789495738216827916435";

static char path[96];

/// Pass (row, i) by a fixed rule: one in three is right, one in two halted.
static struct hrm_pass pass_of(int row, int64_t i, const struct hrm_board *answer)
{
    uint32_t mix = (uint32_t)(row * 7919 + i * 104729) * 2654435761u;
    struct hrm_board grid = *answer;
    if (mix >> 8 & 3)
        grid.cell[0] = (uint8_t)(1 + (mix >> 12) % 4);
    struct hrm_pass pass = {.q_halt = (float)(mix >> 16 & 7),
                            .segments = 16,
                            .halted = mix >> 24 & 1,
                            .conflicts = (uint16_t)hrm_board_conflicts(&grid)};
    hrm_grid_pack(&grid, pass.grid);
    return pass;
}

static void make_puzzles(struct hrm_votes_puzzles *puzzles)
{
    struct hrm_board answer;
    ck_assert_int_eq(hrm_board_parse(SOLVED, &answer, NULL), HRM_OK);
    for (int i = 0; i < PUZZLES; i++) {
        puzzles->answers[i] = puzzles->questions[i] = answer;
        puzzles->questions[i].cell[0] = puzzles->questions[i].cell[i % 80 + 1] = 0;
        puzzles->ratings[i] = i % 90;
    }
}

/// Rank 0 writes a file of all passes, without the last block when it is to be incomplete.
static void write_file(const struct hrm_votes_puzzles *puzzles, bool incomplete)
{
    static struct hrm_votes_checkpoint checkpoints[CHECKPOINTS];
    static char names[PERTURBATIONS][HRM_VOTES_NAME] = {"identity", "cyclic:1"};
    struct hrm_votes votes = {.plan = {.checkpoints = CHECKPOINTS,
                                       .perturbations = PERTURBATIONS,
                                       .segments = 16,
                                       .block = BLOCK,
                                       .puzzles = PUZZLES}};
    votes.checkpoints = malloc(sizeof checkpoints);
    votes.perturbations = malloc(sizeof names);
    memcpy(votes.checkpoints, checkpoints, sizeof checkpoints);
    memcpy(votes.perturbations, names, sizeof names);
    ck_assert_int_eq(hrm_plan_make(&votes.plan, NULL), HRM_OK);
    struct hrm_error error = {0};
    int status = hrm_votes_create(&votes, path, &error);
    ck_assert_msg(status == HRM_OK, "%s", error.text);
    ck_assert_int_eq(hrm_votes_write_puzzles(&votes, 0, PUZZLES, puzzles, &error), HRM_OK);
    for (int64_t b = 0; b < votes.plan.blocks - incomplete; b++) {
        struct hrm_plan_block block = hrm_plan_block_at(&votes.plan, b);
        struct hrm_pass records[BLOCK];
        for (int i = 0; i < block.count; i++)
            records[i] = pass_of(block.checkpoint * PERTURBATIONS + block.perturbation,
                                 block.first + i, &puzzles->answers[0]);
        ck_assert_int_eq(hrm_votes_write_block(&votes, b, records, &error), HRM_OK);
    }
    ck_assert_int_eq(hrm_votes_close(&votes, &error), HRM_OK);
}

/// The tally of one process that holds everything.
static void expect(const struct hrm_votes_puzzles *puzzles, const struct hrm_selection *selection,
                   struct hrm_tally *tally)
{
    struct hrm_ballot ballot;
    memset(tally, 0, sizeof *tally);
    ck_assert_int_eq(hrm_ballot_init(&ballot, CHECKPOINTS * PERTURBATIONS, NULL), HRM_OK);
    for (int i = 0; i < PUZZLES; i++) {
        struct hrm_pass passes[CHECKPOINTS * PERTURBATIONS];
        for (int row = 0; row < CHECKPOINTS * PERTURBATIONS; row++)
            passes[row] = pass_of(row, i, &puzzles->answers[i]);
        struct hrm_passes view = {passes, CHECKPOINTS, PERTURBATIONS, 1};
        struct hrm_vote_puzzle puzzle = {&puzzles->questions[i], &puzzles->answers[i],
                                         puzzles->ratings[i]};
        hrm_tally_count(tally, &ballot, &view, selection, &puzzle);
    }
    hrm_ballot_free(&ballot);
}

START_TEST(tallies_do_not_depend_on_the_ranks)
{
    static struct hrm_board questions[PUZZLES], answers[PUZZLES];
    static int32_t ratings[PUZZLES];
    struct hrm_votes_puzzles puzzles = {questions, answers, ratings};
    struct hrm_error error = {0};
    struct hrm_votes votes;
    struct hrm_selection selections[2];
    struct hrm_tally tallies[2], wanted;
    make_puzzles(&puzzles);
    if (world.rank == 0)
        write_file(&puzzles, _i == 1);
    MPI_Barrier(world.comm);
    int limits[2] = {CHECKPOINTS, PERTURBATIONS};
    ck_assert_int_eq(hrm_selection_init(&selections[0], "all", "all", limits, 0, NULL), HRM_OK);
    ck_assert_int_eq(hrm_selection_init(&selections[1], "0,2", "1", limits, 0, NULL), HRM_OK);
    int status = hrm_votes_open(&votes, path, H5F_ACC_RDONLY, H5P_DEFAULT, &error);
    ck_assert_msg(status == HRM_OK, "%s", error.text);
    status = hrm_count_votes(&world, &votes, selections, 2, tallies, &error);
    if (_i == 1) {
        ck_assert_int_eq(status, HRM_DATA);
        ck_assert_ptr_nonnull(strstr(error.text, "no votes yet"));
    } else {
        ck_assert_msg(status == HRM_OK, "%s", error.text);
        for (int s = 0; s < 2; s++) {
            expect(&puzzles, &selections[s], &wanted);
            ck_assert_mem_eq(&tallies[s], &wanted, sizeof wanted);
        }
        ck_assert_int_gt(tallies[0].halted_right, 0);
    }
    hrm_votes_close(&votes, NULL);
    hrm_selection_free(&selections[0]);
    hrm_selection_free(&selections[1]);
    MPI_Barrier(world.comm);
    if (world.rank == 0)
        unlink(path);
    MPI_Barrier(world.comm);
}
END_TEST

static void add(TCase *tests)
{
    int id = getpid();
    MPI_Bcast(&id, 1, MPI_INT, 0, world.comm);
    snprintf(path, sizeof path, "/tmp/hrm-count-%d.h5", id);
    tcase_add_loop_test(tests, tallies_do_not_depend_on_the_ranks, 0, 2);
}

int main(void)
{
    return run_on_ranks("count", add);
}
