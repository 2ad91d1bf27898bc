#include "core/file/seal.h"
#include "core/vote/selection.h"
#include "mpi/count.h"
#include "tests/fuzz/h5_program.h"
#include "tests/support/passes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { CHECKPOINTS = 2, PERTURBATIONS = 2, PUZZLES = 3, BLOCK = 2, BLOCKS = 8 };

static struct hrm_world world;

static void fill(struct hrm_votes *votes)
{
    struct hrm_board boards[2][PUZZLES];
    const int32_t ratings[PUZZLES] = {0, 5, 70};
    unsigned char items[PUZZLES][HRM_SUDOKU_ITEM];
    PASSES(records, BLOCK) = {0};
    memset(boards, 1, sizeof boards);
    for (int i = 0; i < PUZZLES; i++)
        hrm_sudoku_item(&boards[0][i], &boards[1][i], ratings[i], items[i]);
    FUZZ_REQUIRE(hrm_votes_write_puzzles(votes, 0, PUZZLES, items, NULL) == HRM_OK);
    for (int block = 0; block < BLOCKS; block++) {
        struct hrm_pass *pass = pass_set(records, 0, block % 2 == 0 ? HRM_PASS_HALTED : 0, 0);
        pass->segments = (uint16_t)(1 + block);
        pass_judge(pass, &boards[0][0], &boards[1][0], &boards[1][0]);
        FUZZ_REQUIRE(hrm_votes_write_blocks(votes, block, 1, records, NULL) == HRM_OK);
    }
}

static void write_good(const char *path)
{
    struct hrm_error error = {0};
    struct hrm_votes votes = {.task = sudoku_task(),
                              .plan = {.checkpoints = CHECKPOINTS,
                                       .perturbations = PERTURBATIONS,
                                       .segments = 4,
                                       .block = BLOCK,
                                       .puzzles = PUZZLES,
                                       .identity = 1},
                              .about = {.program = "fuzz", .backend = "ref"}};
    FUZZ_REQUIRE(hrm_plan_make(&votes.plan, &error) == HRM_OK && votes.plan.blocks == BLOCKS);
    votes.checkpoints = calloc(CHECKPOINTS, sizeof *votes.checkpoints);
    votes.perturbations = calloc(PERTURBATIONS, sizeof *votes.perturbations);
    strcpy(votes.perturbations[0], HRM_VOTES_IDENTITY);
    FUZZ_REQUIRE(hrm_votes_create(&votes, path, &error) == HRM_OK);
    fill(&votes);
    FUZZ_REQUIRE(hrm_votes_seal(&votes, &error) == HRM_OK);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    char folder[] = "/tmp/hrm-fuzz-XXXXXX", path[64];
    setenv("OMPI_MCA_ess_singleton_isolated", "1", 0);
    setenv("OMPI_MCA_opal_signal", "", 0); // libFuzzer writes the input that made one
    FUZZ_REQUIRE(hrm_world_start(&world, NULL) == HRM_OK);
    FUZZ_REQUIRE(mkdtemp(folder) != NULL);
    snprintf(path, sizeof path, "%s/votes.h5", folder);
    write_good(path);
    h5_program_load(path);
    unlink(path);
    rmdir(folder);
    return 0;
}

/// Make the checksums those of the records, for a plan that the bytes have not made large.
static void repair(const char *path)
{
    enum { MOST = 16 };
    struct hrm_seal seal = {0};
    struct hrm_votes votes;
    bool stored;
    int status = hrm_votes_open(&votes, path, H5F_ACC_RDWR, NULL);
    int64_t blocks = status == HRM_OK && votes.plan.block <= MOST && votes.record == PASS
                         ? votes.plan.blocks
                         : 0;
    for (int64_t i = 0; i < blocks && i < MOST; i++) {
        PASSES(records, MOST) = {0};
        if (hrm_votes_read_blocks(&votes, i, 1, records, &stored, NULL) == HRM_OK && !stored)
            hrm_votes_write_blocks(&votes, i, 1, records, NULL);
    }
    hrm_votes_close(&votes, NULL);
    if (path == fuzz_path())
        hrm_seal_write(path, &seal, NULL);
}

static int count(const struct hrm_pool *pool, struct hrm_error *error)
{
    const int limits[2] = {pool->checkpoints, pool->perturbations};
    struct hrm_selection selection;
    struct hrm_tally tally;
    struct hrm_count wanted = {.selections = &selection, .tallies = &tally, .count = 1};
    int status = hrm_selection_init(&selection, "all", "", limits, pool->identity, error);
    if (status)
        return status;
    status = hrm_count_votes(&world, pool, &wanted, error);
    hrm_selection_free(&selection);
    return status;
}

/// The input is a byte that asks for right checksums, then a program that changes a votes file.
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_bytes bytes = {data, data + size};
    struct hrm_pool pool;
    struct hrm_error error = {0};
    bool repaired = fuzz_take(&bytes) % 2 != 0;
    const char *path = h5_program_begin(&bytes, NULL);
    if (repaired)
        repair(path);
    int status = hrm_pool_open(&pool, &path, 1, 0, &error);
    fuzz_outcome(status, HRM_DATA, path, &error);
    if (status == HRM_OK)
        status = count(&pool, &error);
    FUZZ_REQUIRE(status == HRM_OK || *error.text);
    hrm_pool_close(&pool);
    h5_program_end();
    return 0;
}
