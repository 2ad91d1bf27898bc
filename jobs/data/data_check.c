#include "core/sudoku/puzzle_repeats.h"
#include "core/sudoku/solver.h"
#include "jobs/cli/console.h"
#include "jobs/cli/threads.h"
#include "jobs/data/data_actions.h"
#include "jobs/data/data_summary.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#define CHUNK 4096 // puzzles that are read together
#define SHOWN 10   // faulty puzzles that are listed

enum verdict { SOUND, UNSOLVABLE, AMBIGUOUS, OTHER_ANSWER, VERDICTS };

static const char *const VERDICT_NAMES[VERDICTS] = {"sound", "no solution", "several solutions",
                                                    "another solution"};

/// A set on its way through the solver.
struct checkup {
    const struct data_options *options;
    struct hrm_puzzle_stream stream;
    struct hrm_puzzle puzzles[CHUNK];
    uint8_t verdicts[CHUNK];
    int held;      ///< puzzles of this chunk
    int64_t count; ///< puzzles of the chunks before
    int64_t counts[VERDICTS];
    struct hrm_puzzle_repeats repeats;
    struct hrm_puzzle_repeats_found found;
};

static enum verdict judge(const struct hrm_puzzle *puzzle)
{
    struct hrm_board solution;
    switch (hrm_board_solve(&puzzle->question, &solution)) {
    case HRM_SOLUTIONS_NONE:
        return UNSOLVABLE;
    case HRM_SOLUTIONS_SEVERAL:
        return AMBIGUOUS;
    default:
        return memcmp(&solution, &puzzle->answer, sizeof solution) == 0 ? SOUND : OTHER_ANSWER;
    }
}

static int read_chunk(struct checkup *checkup, bool *more, struct hrm_error *error)
{
    int status = HRM_OK;
    checkup->held = 0;
    while (*more && checkup->held < CHUNK && status == HRM_OK) {
        status =
            hrm_puzzle_stream_next(&checkup->stream, &checkup->puzzles[checkup->held], more, error);
        checkup->held += *more && status == HRM_OK;
    }
    return status;
}

static int remember_chunk(struct checkup *checkup, struct hrm_error *error)
{
    int status = HRM_OK;
    for (int i = 0; i < checkup->held && status == HRM_OK; i++)
        status = hrm_puzzle_repeats_add(&checkup->repeats, &checkup->puzzles[i].question,
                                        &checkup->puzzles[i].answer, error);
    return status;
}

/// Count the verdicts of a chunk and list the first faulty puzzles.
static void take_verdicts(struct checkup *checkup)
{
    for (int i = 0; i < checkup->held; i++) {
        enum verdict verdict = checkup->verdicts[i];
        checkup->counts[verdict]++;
        int64_t faulty = checkup->count + i + 1 - checkup->counts[SOUND];
        if (verdict == SOUND || faulty > SHOWN || checkup->options->json)
            continue;
        char text[HRM_CELLS + 1];
        hrm_board_format(&checkup->puzzles[i].question, text);
        hrm_console_print("puzzle %lld: %s: %s\n", (long long)(checkup->count + i + 1),
                          VERDICT_NAMES[verdict], text);
    }
    checkup->count += checkup->held;
}

static int judge_all(struct checkup *checkup, struct hrm_error *error)
{
    int asked = checkup->options->threads;
    int threads = asked > 0 ? asked : hrm_threads_usable(1);
    struct hrm_progress progress;
    int64_t total = 0;
    bool more = true;
    int status = hrm_puzzle_stream_count(&checkup->stream, &total, error);
    hrm_progress_begin(&progress, "check", "puzzles", total, 0);
    while (status == HRM_OK && more) {
        status = read_chunk(checkup, &more, error);
#pragma omp parallel for schedule(dynamic, 64) num_threads(threads)
        for (int i = 0; i < checkup->held; i++)
            checkup->verdicts[i] = (uint8_t)judge(&checkup->puzzles[i]);
        if (status == HRM_OK)
            take_verdicts(checkup);
        if (status == HRM_OK)
            status = remember_chunk(checkup, error);
        hrm_progress_update(&progress, checkup->count, NULL);
    }
    hrm_progress_end(&progress);
    hrm_puzzle_repeats_count(&checkup->repeats, &checkup->found);
    return status;
}

/// Rows that are there twice, and questions with two answers, with the first of each.
static void print_repeats(const struct hrm_puzzle_repeats_found *found)
{
    const long long first[2] = {found->first_repeated[0], found->first_repeated[1]};
    const long long other[2] = {found->first_ambiguous[0], found->first_ambiguous[1]};
    hrm_console_print("%-26s %9lld", "repeated rows", (long long)found->repeated);
    if (found->repeated > 0)
        hrm_console_print("  the first: puzzle %lld is puzzle %lld", first[1], first[0]);
    hrm_console_print("\n%-26s %9lld", "questions with two answers", (long long)found->ambiguous);
    if (found->ambiguous > 0)
        hrm_console_print("  the first: puzzles %lld and %lld", other[0], other[1]);
    hrm_console_print("\n");
}

static void print_verdicts(const struct checkup *checkup)
{
    const char *published = data_published(checkup->count);
    char hash[17];
    snprintf(hash, sizeof hash, "%016" PRIx64, hrm_puzzle_stream_hash(&checkup->stream));
    if (checkup->options->json) {
        json_t *facts =
            json_pack("{s:s, s:I, s:s, s:s?}", "file", checkup->stream.path, "puzzles",
                      (json_int_t)checkup->count, "hash", hash, "as many as", published);
        for (int verdict = 0; verdict < VERDICTS; verdict++)
            json_object_set_new(facts, VERDICT_NAMES[verdict],
                                json_integer(checkup->counts[verdict]));
        json_object_set_new(facts, "repeated rows", json_integer(checkup->found.repeated));
        json_object_set_new(facts, "questions with two answers",
                            json_integer(checkup->found.ambiguous));
        data_print_json(facts);
        json_decref(facts);
        return;
    }
    hrm_console_print("%-26s %9lld\n", "puzzles", (long long)checkup->count);
    for (int verdict = 0; verdict < VERDICTS; verdict++)
        hrm_console_print("%-26s %9lld\n", VERDICT_NAMES[verdict],
                          (long long)checkup->counts[verdict]);
    print_repeats(&checkup->found);
    hrm_console_print("%-26s %s\n", "hash", hash);
    if (published != NULL)
        hrm_console_print("as many puzzles as %s\n", published);
}

int data_check(const struct data_options *options, char **files, struct hrm_error *error)
{
    double start = hrm_seconds();
    struct checkup *checkup = calloc(1, sizeof *checkup);
    if (checkup == NULL)
        return hrm_fail(error, HRM_FAILED, "out of memory");
    checkup->options = options;
    int status = data_open(&checkup->stream, options, files[0], error);
    if (status == HRM_OK)
        status = judge_all(checkup, error);
    if (status == HRM_OK)
        print_verdicts(checkup);
    int64_t faulty = checkup->count - checkup->counts[SOUND];
    if (status == HRM_OK && faulty > 0)
        status = hrm_fail(error, HRM_DATA, "%s: %lld of %lld puzzles do not have one solution",
                          files[0], (long long)faulty, (long long)checkup->count);
    else if (status == HRM_OK && !options->json)
        hrm_console_print("every puzzle is sound; %.1f s\n", hrm_seconds() - start);
    hrm_puzzle_stream_close(&checkup->stream);
    hrm_puzzle_repeats_free(&checkup->repeats);
    free(checkup);
    return status;
}
