/// make_votes FILE KEY=NUMBER...: a votes file as hrmpi eval writes them, of made-up passes of
/// which a good part is right and a good part halts, so that every rule has something to decide.
/// Keys: seed, mixing (1, 0, -1), checkpoints, perturbations, puzzles, block, segments, first_step,
/// data (another number, other puzzles), skill (percent of passes that are right in the end), stop
/// (1: a puzzle has no passes after one that is right).
#include "core/file/votes.h"
#include "core/sudoku/puzzle_hash.h"
#include "tests/support/passes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const SOLVED =
    "769341852142895367538267194273689541954123678681574923316452789495738216827916435";

enum key {
    SEED,
    MIXING,
    CHECKPOINTS,
    PERTURBATIONS,
    PUZZLES,
    BLOCK,
    SEGMENTS,
    FIRST_STEP,
    DATA,
    SKILL,
    STOP,
    KEYS
};
static const char *const names[KEYS] = {"seed",    "mixing", "checkpoints", "perturbations",
                                        "puzzles", "block",  "segments",    "first_step",
                                        "data",    "skill",  "stop"};
static long values[KEYS] = {0, 0, 3, 9, 1000, 64, 16, 100, 0, 60, 0};

/// A number in 0..999 that depends on its arguments alone (splitmix64).
static int dice(uint64_t a, uint64_t b, uint64_t c, uint64_t d)
{
    uint64_t mix = a * 0x9e3779b97f4a7c15u + b * 0xbf58476d1ce4e5b9u + c * 0x94d049bb133111ebu + d;
    for (int i = 0; i < 3; i++) {
        mix = (mix ^ mix >> 30) * 0xbf58476d1ce4e5b9u;
        mix ^= mix >> 27;
    }
    return (int)(mix % 1000);
}

/// Puzzle i: the one grid with its digits renamed, half of the cells blank.
static void make_puzzle(int64_t i, struct hrm_board *question, struct hrm_board *answer)
{
    hrm_board_parse(SOLVED, answer, NULL);
    for (int cell = 0; cell < HRM_CELLS; cell++) {
        answer->cell[cell] = (uint8_t)((answer->cell[cell] - 1 + i) % 9 + 1);
        bool blank = dice(1, (uint64_t)i, (uint64_t)cell, (uint64_t)values[DATA]) < 500;
        question->cell[cell] = blank ? 0 : answer->cell[cell];
    }
}

/// @param records  [out] the pass is record `at` of them
static const struct hrm_pass *make_pass(int checkpoint, int perturbation, int64_t i, void *records,
                                        int64_t at)
{
    uint64_t run = (uint64_t)(values[SEED] * 1000 + checkpoint), puzzle = (uint64_t)i;
    struct hrm_board question, answer, grid;
    make_puzzle(i, &question, &answer);
    grid = answer;
    // Half of what decides is the puzzle's own, so that passes agree more often than not.
    int hard = dice(2, puzzle, 0, 0), luck = dice(3, run, (uint64_t)perturbation, puzzle);
    bool right = (hard + luck) / 2 < (int)(10 * values[SKILL] - 200 / (checkpoint + 1));
    int halts = dice(4, run, (uint64_t)perturbation, puzzle);
    for (int k = 0; k < 2 && !right; k++) {
        int cell = (int)(puzzle % 70) + 3 * k + dice(5, run, puzzle, (uint64_t)perturbation) % 3;
        grid.cell[cell] = (uint8_t)(grid.cell[cell] % 9 + 1);
    }
    float q_halt = (float)(halts - (right ? 50 : 850)) / 64.0f;
    struct hrm_pass *pass = pass_set(records, at, q_halt > 0 ? HRM_PASS_HALTED : 0, q_halt);
    pass->segments = (uint16_t)values[SEGMENTS];
    pass->settled = (uint16_t)(1 + luck % values[SEGMENTS]);
    pass_judge(pass, &question, &answer, &grid);
    return pass;
}

/// Whether a pass before this one is right.
static bool is_solved(int checkpoint, int perturbation, int64_t i)
{
    PASSES(before, 1);
    for (int pass = 0; pass < checkpoint * values[PERTURBATIONS] + perturbation; pass++) {
        int row = (int)(pass / values[PERTURBATIONS]), column = (int)(pass % values[PERTURBATIONS]);
        if (hrm_pass_has(make_pass(row, column, i, before, 0), HRM_PASS_RIGHT))
            return true;
    }
    return false;
}

static void fill_tables(struct hrm_votes *votes)
{
    votes->checkpoints = calloc((size_t)values[CHECKPOINTS], sizeof *votes->checkpoints);
    votes->perturbations = calloc((size_t)values[PERTURBATIONS], sizeof *votes->perturbations);
    for (int i = 0; i < values[CHECKPOINTS]; i++) {
        struct hrm_votes_checkpoint *row = &votes->checkpoints[i];
        *row = (struct hrm_votes_checkpoint){
            .step = values[FIRST_STEP] * (i + 1),
            .seed = values[SEED],
            .mixing = values[MIXING],
            .hash = (uint64_t)(values[SEED] * 1000 + values[MIXING] * 100 + i + 1)};
        snprintf(row->path, sizeof row->path, "seed-%ld/replica-0/step-%08ld.h5", values[SEED],
                 (long)row->step);
    }
    strcpy(votes->perturbations[0], HRM_VOTES_IDENTITY);
    for (int i = 1; i < values[PERTURBATIONS]; i++)
        snprintf(votes->perturbations[i], HRM_VOTES_NAME, "cyclic:%d", i);
    snprintf(votes->about.perturbations, sizeof votes->about.perturbations, "cyclic:%ld",
             values[PERTURBATIONS]);
    strcpy(votes->about.backend, "none");
    snprintf(votes->about.puzzles, sizeof votes->about.puzzles, "set-%ld", values[DATA]);
}

static int hash_puzzles(struct hrm_votes *votes, struct hrm_error *error)
{
    struct hrm_puzzle_hash hash;
    int status = hrm_puzzle_hash_open(&hash, error);
    for (int64_t i = 0; i < votes->plan.puzzles && status == HRM_OK; i++) {
        struct hrm_board question, answer;
        make_puzzle(i, &question, &answer);
        hrm_puzzle_hash_add(&hash, &question, &answer);
    }
    votes->about.data_hash = status ? 0 : hrm_puzzle_hash_value(&hash);
    hrm_puzzle_hash_close(&hash);
    return status;
}

static int write_puzzles(struct hrm_votes *votes, struct hrm_error *error)
{
    int status = HRM_OK;
    for (int64_t i = 0; i < votes->plan.puzzles && status == HRM_OK; i++) {
        struct hrm_board question, answer;
        int32_t rating = dice(6, (uint64_t)i, 0, 0) % 100;
        make_puzzle(i, &question, &answer);
        unsigned char item[HRM_SUDOKU_ITEM];
        hrm_sudoku_item(&question, &answer, rating, item);
        status = hrm_votes_write_puzzles(votes, i, 1, item, error);
    }
    return status;
}

static int write_passes(struct hrm_votes *votes, struct hrm_error *error)
{
    void *records = calloc((size_t)votes->plan.block, PASS);
    int status = HRM_OK;
    for (int64_t b = 0; b < votes->plan.blocks && status == HRM_OK; b++) {
        struct hrm_plan_block block = hrm_plan_block_at(&votes->plan, b);
        for (int i = 0; i < block.count; i++)
            if (values[STOP] && is_solved(block.checkpoint, block.perturbation, block.first + i))
                memset(pass_at(records, i), 0, PASS);
            else
                make_pass(block.checkpoint, block.perturbation, block.first + i, records, i);
        status = hrm_votes_write_blocks(votes, b, 1, records, error);
    }
    free(records);
    return status;
}

static int write_file(const char *path, struct hrm_error *error)
{
    struct hrm_votes votes = {.task = sudoku_task(),
                              .plan = {.checkpoints = (int32_t)values[CHECKPOINTS],
                                       .perturbations = (int32_t)values[PERTURBATIONS],
                                       .segments = (int32_t)values[SEGMENTS],
                                       .block = (int32_t)values[BLOCK],
                                       .puzzles = values[PUZZLES]}};
    for (int i = 0; i < KEYS; i++)
        votes.plan.identity = votes.plan.identity * 1000003u + (uint64_t)values[i];
    fill_tables(&votes);
    int status = hrm_plan_make(&votes.plan, error);
    if (status == HRM_OK)
        status = hash_puzzles(&votes, error);
    if (status == HRM_OK)
        status = hrm_votes_create(&votes, path, error);
    if (status == HRM_OK)
        status = write_puzzles(&votes, error);
    if (status == HRM_OK)
        status = write_passes(&votes, error);
    if (status == HRM_OK)
        status = hrm_votes_seal(&votes, error);
    hrm_votes_close(&votes, NULL);
    return status;
}

static bool read_key(const char *argument)
{
    const char *equals = strchr(argument, '=');
    for (int i = 0; equals && i < KEYS; i++)
        if (strncmp(argument, names[i], (size_t)(equals - argument)) == 0 &&
            names[i][equals - argument] == '\0') {
            values[i] = strtol(equals + 1, NULL, 10);
            return true;
        }
    return false;
}

int main(int argc, char **argv)
{
    struct hrm_error error = {0};
    for (int i = 2; i < argc; i++)
        if (!read_key(argv[i])) {
            fprintf(stderr, "make_votes: what is '%s'?\n", argv[i]);
            return 2;
        }
    if (argc < 2 || write_file(argv[1], &error)) {
        fprintf(stderr, "make_votes: %s\n", argc < 2 ? "name a file" : error.text);
        return 1;
    }
    return 0;
}
