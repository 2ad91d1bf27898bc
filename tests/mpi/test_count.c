#include "mpi/count.h"
#include "tests/mpi/ranks.h"
#include "tests/support/passes.h"

#include <check.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { CHECKPOINTS = 3, PERTURBATIONS = 2, PUZZLES = 1000, FILES = 2 };
enum { ALL = FILES * CHECKPOINTS }; ///< checkpoints of the pool

static const int blocks[FILES] = {7, 10};

static const char *const SOLVED =
    "769341852142895367538267194273689541954123678681574923316452789495738216827916435";

static char paths[FILES][96];

/// What everything is counted from.
struct puzzles {
    struct hrm_board *questions, *answers;
    int32_t *ratings;
};

/// Pass (row, i) by a fixed rule: one in three is right, one in two halted.
static void make_pass(int row, int64_t i, const struct puzzles *puzzles, void *records, int64_t at)
{
    uint32_t mix = (uint32_t)(row * 7919 + i * 104729) * 2654435761u;
    struct hrm_board grid = puzzles->answers[i];
    if (mix >> 8 & 3)
        grid.cell[0] = (uint8_t)(1 + (mix >> 12) % 4);
    struct hrm_pass *pass =
        pass_set(records, at, mix >> 24 & 1 ? HRM_PASS_HALTED : 0, (float)(mix >> 16 & 7));
    pass_judge(pass, &puzzles->questions[i], &puzzles->answers[i], &grid);
}

static void make_puzzles(struct puzzles *puzzles)
{
    struct hrm_board answer;
    ck_assert_int_eq(hrm_board_parse(SOLVED, &answer, NULL), HRM_OK);
    for (int i = 0; i < PUZZLES; i++) {
        puzzles->answers[i] = puzzles->questions[i] = answer;
        puzzles->questions[i].cell[0] = puzzles->questions[i].cell[i % 80 + 1] = 0;
        puzzles->ratings[i] = i % 90;
    }
}

/// Rank 0 writes a file of its passes, without the last block when it is to be incomplete.
static void write_file(const struct puzzles *puzzles, int file, bool incomplete)
{
    static struct hrm_votes_checkpoint checkpoints[CHECKPOINTS];
    static char names[PERTURBATIONS][HRM_VOTES_NAME] = {"identity", "cyclic:1"};
    struct hrm_votes votes = {.task = sudoku_task(),
                              .plan = {.checkpoints = CHECKPOINTS,
                                       .perturbations = PERTURBATIONS,
                                       .segments = 16,
                                       .block = blocks[file],
                                       .puzzles = PUZZLES,
                                       .identity = (uint64_t)file}};
    votes.checkpoints = malloc(sizeof checkpoints);
    votes.perturbations = malloc(sizeof names);
    memcpy(votes.checkpoints, checkpoints, sizeof checkpoints);
    memcpy(votes.perturbations, names, sizeof names);
    ck_assert_int_eq(hrm_plan_make(&votes.plan, NULL), HRM_OK);
    struct hrm_error error = {0};
    int status = hrm_votes_create(&votes, paths[file], &error);
    ck_assert_msg(status == HRM_OK, "%s", error.text);
    for (int i = 0; i < PUZZLES; i++) {
        unsigned char item[HRM_SUDOKU_ITEM];
        hrm_sudoku_item(&puzzles->questions[i], &puzzles->answers[i], puzzles->ratings[i], item);
        ck_assert_int_eq(hrm_votes_write_puzzles(&votes, i, 1, item, &error), HRM_OK);
    }
    for (int64_t b = 0; b < votes.plan.blocks - incomplete; b++) {
        struct hrm_plan_block block = hrm_plan_block_at(&votes.plan, b);
        PASSES(records, 10);
        for (int i = 0; i < block.count; i++)
            make_pass((file * CHECKPOINTS + block.checkpoint) * PERTURBATIONS + block.perturbation,
                      block.first + i, puzzles, records, i);
        ck_assert_int_eq(hrm_votes_write_blocks(&votes, b, 1, records, &error), HRM_OK);
    }
    ck_assert_int_eq(hrm_votes_seal(&votes, &error), HRM_OK);
}

/// The tally of one process that holds everything. @param right [out] [count]
static void expect(const struct puzzles *puzzles, int64_t count,
                   const struct hrm_selection *selection, struct hrm_tally *tally, unsigned *right)
{
    struct hrm_ballot ballot;
    memset(tally, 0, sizeof *tally);
    ck_assert_int_eq(hrm_ballot_init(&ballot, ALL * PERTURBATIONS, NULL), HRM_OK);
    for (int64_t i = 0; i < count; i++) {
        PASSES(passes, ALL * PERTURBATIONS);
        for (int row = 0; row < ALL * PERTURBATIONS; row++)
            make_pass(row, i, puzzles, passes, row);
        struct hrm_passes view = {passes, PASS, ALL, PERTURBATIONS, 1};
        right[i] = hrm_tally_count(tally, &ballot, &view, selection, band_of(puzzles->ratings[i]));
    }
    hrm_ballot_free(&ballot);
}

static void expect_table(const unsigned right[2][PUZZLES], int64_t count, enum hrm_rule rule,
                         const struct hrm_mcnemar *table)
{
    struct hrm_mcnemar wanted = {0};
    for (int64_t i = 0; i < count; i++) {
        bool a = right[0][i] >> rule & 1, b = right[1][i] >> rule & 1;
        wanted.both += a && b;
        wanted.first += a && !b;
        wanted.second += !a && b;
        wanted.neither += !a && !b;
    }
    ck_assert_mem_eq(table, &wanted, sizeof wanted);
}

static void check(const struct puzzles *puzzles, const struct hrm_pool *pool, bool incomplete)
{
    static const int pairs[1][2] = {{0, 1}};
    static unsigned right[2][PUZZLES];
    struct hrm_error error = {0};
    struct hrm_selection selections[2];
    struct hrm_tally tallies[2], wanted;
    struct hrm_mcnemar tables[1][HRM_RULES];
    struct hrm_count count = {selections, tallies, 2, pairs, tables, 1};
    int limits[2] = {pool->checkpoints, pool->perturbations};
    ck_assert_int_eq(hrm_selection_init(&selections[0], "all", "all", limits, 0, NULL), HRM_OK);
    ck_assert_int_eq(hrm_selection_init(&selections[1], "0,2,4", "1", limits, 0, NULL), HRM_OK);
    int status = hrm_count_votes(&world, pool, &count, &error);
    if (incomplete) {
        ck_assert_int_eq(status, HRM_DATA);
        ck_assert_ptr_nonnull(strstr(error.text, "no votes yet"));
        ck_assert_ptr_nonnull(strstr(error.hint, "--first 990"));
    } else {
        ck_assert_msg(status == HRM_OK, "%s", error.text);
        for (int s = 0; s < 2; s++) {
            expect(puzzles, pool->puzzles, &selections[s], &wanted, right[s]);
            ck_assert_mem_eq(&tallies[s], &wanted, sizeof wanted);
        }
        ck_assert_int_gt(tallies[0].halted_right, 0);
        ck_assert_int_gt(tables[0][HRM_RULE_PLURALITY].first, 0);
        for (int rule = 0; rule < HRM_RULES; rule++)
            expect_table(right, pool->puzzles, (enum hrm_rule)rule, &tables[0][rule]);
    }
    hrm_selection_free(&selections[0]);
    hrm_selection_free(&selections[1]);
}

/// All puzzles; all of files of which one is incomplete; those of them that are complete.
START_TEST(tallies_do_not_depend_on_the_ranks)
{
    const int64_t first = _i == 2 ? 987 : 0;
    static struct hrm_board questions[PUZZLES], answers[PUZZLES];
    static int32_t ratings[PUZZLES];
    struct puzzles puzzles = {questions, answers, ratings};
    struct hrm_error error = {0};
    struct hrm_pool pool;
    make_puzzles(&puzzles);
    for (int file = 0; file < FILES && world.rank == 0; file++)
        write_file(&puzzles, file, _i > 0 && file == 1);
    MPI_Barrier(world.comm);
    const char *names[FILES] = {paths[0], paths[1]};
    int status = hrm_pool_open(&pool, names, FILES, first, &error);
    ck_assert_msg(status == HRM_OK, "%s", error.text);
    ck_assert_int_eq(pool.checkpoints, ALL);
    check(&puzzles, &pool, _i == 1);
    hrm_pool_close(&pool);
    MPI_Barrier(world.comm);
    for (int file = 0; file < FILES && world.rank == 0; file++)
        unlink(paths[file]);
    MPI_Barrier(world.comm);
}
END_TEST

static void add(TCase *tests)
{
    int id = getpid();
    MPI_Bcast(&id, 1, MPI_INT, 0, world.comm);
    for (int file = 0; file < FILES; file++)
        snprintf(paths[file], sizeof paths[file], "/tmp/hrm-count-%d-%d.h5", id, file);
    tcase_add_loop_test(tests, tallies_do_not_depend_on_the_ranks, 0, 3);
}

int main(void)
{
    return run_on_ranks("count", add);
}
