// hrmpi data check and summarize of all but files of Sudoku 9x9: whatever a task reads or makes.
#include "core/file/items.h"
#include "core/sudoku/puzzle_repeats.h"
#include "jobs/cli/console.h"
#include "jobs/cli/threads.h"
#include "jobs/data/data_actions.h"
#include "jobs/data/data_summary.h"

#include <inttypes.h>
#include <jansson.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#define XXH_STATIC_LINKING_ONLY
#include <xxhash.h>

#define CHUNK       1024  // items that are read together
#define SHOWN       10    // faulty items that are listed
#define MOST_ANSWER 65536 // bytes of an answer: no model has more positions

enum fault { REFUSED, WRONG_ANSWER, SEVERAL_ANSWERS, FAULTS };

static const char *const FAULT_NAMES[FAULTS] = {"refused", "wrong answer", "several answers"};

/// The items of a source, a chunk at a time, and what was counted of them.
struct survey {
    const struct data_options *options;
    const struct hrm_task *task;
    struct hrm_item_reader reader;
    uint8_t *items;     ///< [CHUNK, item_bytes]; owned
    uint8_t *answer;    ///< [answer_bytes]; owned
    uint16_t *question; ///< tokens [S]; owned
    int64_t line[CHUNK];
    int held;            ///< items of this chunk
    int64_t count, left; ///< rows that were taken, and may yet be
    int64_t faults[FAULTS], unknown;
    int64_t bands[HRM_TASK_BANDS], unrated;
    int32_t smallest, largest;
    double sum; ///< of ratings
    struct hrm_puzzle_repeats repeats;
    XXH3_state_t hash;
};

static int open_survey(struct survey *survey, const struct data_options *options,
                       const struct hrm_task *task, const char *name, struct hrm_error *error)
{
    const struct hrm_items_source source = {.name = name, .split = (enum hrm_split)options->split};
    const struct hrm_task_shape *shape = &task->shape;
    survey->options = options;
    survey->task = task;
    survey->left = options->first > 0 ? options->first : INT64_MAX;
    survey->smallest = INT32_MAX;
    survey->items = calloc(CHUNK, (size_t)shape->item_bytes);
    survey->answer = calloc(1, (size_t)shape->answer_bytes);
    survey->question = calloc((size_t)shape->positions, sizeof *survey->question);
    if (!survey->items || !survey->answer || !survey->question)
        return hrm_fail(error, HRM_FAILED, "no memory for %d %s", CHUNK, task->kind->plural);
    XXH3_64bits_reset(&survey->hash);
    return hrm_item_reader_open(&survey->reader, task, &source, error);
}

static void close_survey(struct survey *survey)
{
    hrm_item_reader_close(&survey->reader);
    hrm_puzzle_repeats_free(&survey->repeats);
    free(survey->items);
    free(survey->answer);
    free(survey->question);
    free(survey);
}

static uint8_t *item_at(const struct survey *survey, int i)
{
    return survey->items + (size_t)i * (size_t)survey->task->shape.item_bytes;
}

static int64_t faulty(const struct survey *survey)
{
    int64_t number = survey->faults[REFUSED] + survey->faults[WRONG_ANSWER];
    return survey->task->kind->one_answer ? number + survey->faults[SEVERAL_ANSWERS] : number;
}

/// Count a fault, and list it when it is one of the first.
static void blame(struct survey *survey, enum fault fault, int64_t line, const char *why)
{
    survey->faults[fault]++;
    bool allowed = fault == SEVERAL_ANSWERS && !survey->task->kind->one_answer;
    if (survey->options->json || allowed || faulty(survey) > SHOWN)
        return;
    hrm_console_print("%s %lld: %s%s%s\n", survey->reader.generated ? "item" : "line",
                      (long long)line, FAULT_NAMES[fault], *why != '\0' ? ": " : "", why);
}

/// A row that the task refuses: it is the answer's fault when the question alone is taken.
static void take_refused(struct survey *survey, const struct hrm_error *refused)
{
    const struct hrm_puzzle_row *row = &survey->reader.row;
    struct hrm_error unused = {0};
    bool sound = survey->task->kind->read(survey->task, row->question, NULL, row->rating,
                                          item_at(survey, survey->held), &unused) == HRM_OK;
    survey->count++;
    survey->left--;
    blame(survey, sound ? WRONG_ANSWER : REFUSED, survey->reader.rows.lines.line, refused->text);
}

/// Remember question and answer of the item that was read last; take its rating.
static int take_item(struct survey *survey, int32_t rating, struct hrm_error *error)
{
    const struct hrm_task *task = survey->task;
    const uint8_t *item = item_at(survey, survey->held);
    uint64_t view[HRM_VIEW_BYTES / sizeof(uint64_t)];
    task->kind->view_identity(task, view);
    task->kind->ask(task, item, view, survey->question);
    task->kind->solution(task, item, survey->answer);
    XXH3_64bits_update(&survey->hash, item, hrm_items_hashed_bytes(task));
    survey->line[survey->held++] =
        survey->reader.generated ? survey->reader.taken : survey->reader.rows.lines.line;
    survey->count++;
    survey->left--;
    survey->bands[task->kind->band(rating)]++;
    survey->unrated += rating < 0;
    if (rating >= 0) {
        survey->smallest = rating < survey->smallest ? rating : survey->smallest;
        survey->largest = rating > survey->largest ? rating : survey->largest;
        survey->sum += rating;
    }
    return hrm_puzzle_repeats_add_hashes(
        &survey->repeats,
        XXH3_64bits(survey->question, (size_t)task->shape.positions * sizeof *survey->question),
        (uint32_t)XXH3_64bits(survey->answer, (size_t)task->shape.answer_bytes), error);
}

/// @param tolerant  count rows that the task refuses; else they are an error
static int read_chunk(struct survey *survey, bool tolerant, bool *more, struct hrm_error *error)
{
    const struct data_options *options = survey->options;
    const struct hrm_task *task = survey->task;
    int status = HRM_OK;
    survey->held = 0;
    while (*more && survey->held < CHUNK && survey->left > 0 && status == HRM_OK) {
        struct hrm_error refused = {0};
        void *item = item_at(survey, survey->held);
        status =
            hrm_item_reader_next(&survey->reader, item, more, tolerant ? &refused : NULL, error);
        if (status || !*more)
            break;
        if (refused.status != HRM_OK) {
            take_refused(survey, &refused);
            continue;
        }
        int32_t rating = task->kind->rating(task, item);
        bool any = options->min_rating <= 0 && options->max_rating == INT_MAX;
        if (any || (rating >= options->min_rating && rating <= options->max_rating))
            status = take_item(survey, rating, error);
    }
    *more = *more && survey->left > 0;
    return status;
}

/// How many answers the question of an item has, as hrm_task_kind.answers; -1: its own is wrong.
static int judge(const struct hrm_task *task, const void *item)
{
    uint8_t answer[MOST_ANSWER];
    struct hrm_verdict verdict;
    task->kind->solution(task, item, answer);
    task->kind->judge(task, item, answer, &verdict);
    if (!verdict.certified)
        return -1;
    return task->kind->answers ? task->kind->answers(task, item) : 0;
}

static void judge_chunk(struct survey *survey)
{
    int8_t verdicts[CHUNK];
    int asked = survey->options->threads;
    int threads = asked > 0 ? asked : hrm_threads_usable(1);
#pragma omp parallel for schedule(dynamic, 16) num_threads(threads)
    for (int i = 0; i < survey->held; i++)
        verdicts[i] = (int8_t)judge(survey->task, item_at(survey, i));
    for (int i = 0; i < survey->held; i++) {
        survey->unknown += verdicts[i] == 0;
        if (verdicts[i] < 0)
            blame(survey, WRONG_ANSWER, survey->line[i], "");
        else if (verdicts[i] > 1)
            blame(survey, SEVERAL_ANSWERS, survey->line[i], "");
    }
}

static int go_through(struct survey *survey, bool check, struct hrm_error *error)
{
    struct hrm_progress progress;
    bool more = true;
    int status = HRM_OK;
    hrm_progress_begin(&progress, check ? "check" : "summarize", "puzzles", survey->reader.count,
                       0);
    while (status == HRM_OK && more) {
        status = read_chunk(survey, check, &more, error);
        if (status == HRM_OK && check)
            judge_chunk(survey);
        hrm_progress_update(&progress, survey->count, NULL);
    }
    hrm_progress_end(&progress);
    if (status != HRM_OK || survey->count > 0)
        return status;
    hrm_fail(error, HRM_USAGE, "%s: no puzzle has a rating of %d to %d", survey->reader.source.name,
             survey->options->min_rating, survey->options->max_rating);
    return hrm_hint(error, "'hrmpi data summarize' tells how the ratings are spread");
}

/// What both actions say first.
static json_t *common_facts(const struct survey *survey)
{
    char text[HRM_TASK_TEXT];
    hrm_task_describe(survey->task, text);
    return json_pack("{s:s, s:s, s:I, s:o}", "file", survey->reader.source.name, "task", text,
                     "puzzles", (json_int_t)survey->count, "hash",
                     json_sprintf("%016" PRIx64, XXH3_64bits_digest(&survey->hash)));
}

// --- check ------------------------------------------------------------------------------------

static json_t *check_facts(struct survey *survey)
{
    struct hrm_puzzle_repeats_found found = {0};
    json_t *facts = common_facts(survey);
    hrm_puzzle_repeats_count(&survey->repeats, &found);
    json_object_set_new(facts, "sound", json_integer(survey->count - faulty(survey)));
    for (int fault = 0; fault < FAULTS; fault++)
        json_object_set_new(facts, FAULT_NAMES[fault], json_integer(survey->faults[fault]));
    json_object_set_new(facts, "not known how many answers", json_integer(survey->unknown));
    json_object_set_new(facts, "repeated rows", json_integer(found.repeated));
    json_object_set_new(facts, "questions with two answers", json_integer(found.ambiguous));
    return facts;
}

/// Numbers and texts, a line each.
static void print_facts(const json_t *facts)
{
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)facts, key, value)
    {
        if (json_is_integer(value))
            hrm_console_print("%-26s %9lld\n", key, (long long)json_integer_value(value));
        else if (json_is_string(value))
            hrm_console_print("%-26s %s\n", key, json_string_value(value));
    }
}

static int report_check(struct survey *survey, struct hrm_error *error)
{
    json_t *facts = check_facts(survey);
    if (survey->options->json)
        data_print_json(facts);
    else
        print_facts(facts);
    json_decref(facts);
    if (faulty(survey) > 0)
        return hrm_fail(error, HRM_DATA, "%s: %lld of %lld %s are faulty",
                        survey->reader.source.name, (long long)faulty(survey),
                        (long long)survey->count, survey->task->kind->plural);
    if (!survey->options->json)
        hrm_console_print("every puzzle is sound\n");
    return HRM_OK;
}

int data_check_items(const struct data_options *options, const struct hrm_task *task,
                     const char *name, struct hrm_error *error)
{
    struct survey *survey = calloc(1, sizeof *survey);
    if (survey == NULL)
        return hrm_fail(error, HRM_FAILED, "out of memory");
    int status = open_survey(survey, options, task, name, error);
    if (status == HRM_OK)
        status = go_through(survey, true, error);
    if (status == HRM_OK)
        status = report_check(survey, error);
    close_survey(survey);
    return status;
}

// --- summarize --------------------------------------------------------------------------------

static json_t *summary_facts(const struct survey *survey)
{
    const struct hrm_task *task = survey->task;
    json_t *facts = common_facts(survey), *bands = json_array();
    json_object_set_new(facts, "positions", json_integer(task->shape.positions));
    json_object_set_new(facts, "tokens", json_integer(task->shape.vocab));
    json_object_set_new(facts, "bytes of an item", json_integer(task->shape.item_bytes));
    json_object_set_new(facts, "bytes of an answer", json_integer(task->shape.answer_bytes));
    int64_t rated = survey->count - survey->unrated;
    json_object_set_new(facts, "without rating", json_integer(survey->unrated));
    for (int band = 0; band < task->kind->bands; band++)
        json_array_append_new(bands, json_pack("{s:s, s:I}", "name", task->kind->band_names[band],
                                               "puzzles", (json_int_t)survey->bands[band]));
    if (rated > 0)
        json_object_set_new(facts, "rating",
                            json_pack("{s:i, s:f, s:i}", "smallest", survey->smallest, "mean",
                                      survey->sum / (double)rated, "largest", survey->largest));
    json_object_set_new(facts, "bands", bands);
    return facts;
}

static void print_summary(const struct survey *survey, const json_t *facts)
{
    const struct hrm_task_kind *kind = survey->task->kind;
    int64_t rated = survey->count - survey->unrated;
    print_facts(facts);
    if (rated > 0)
        hrm_console_print("%-26s %d to %d, mean %.2f\n", "rating", survey->smallest,
                          survey->largest, survey->sum / (double)rated);
    for (int band = 0; band < kind->bands; band++)
        hrm_console_print("  rating %-17s %9lld  %5.1f%%\n", kind->band_names[band],
                          (long long)survey->bands[band],
                          100.0 * (double)survey->bands[band] / (double)survey->count);
}

int data_summarize_items(const struct data_options *options, const struct hrm_task *task,
                         const char *name, struct hrm_error *error)
{
    struct survey *survey = calloc(1, sizeof *survey);
    if (survey == NULL)
        return hrm_fail(error, HRM_FAILED, "out of memory");
    int status = open_survey(survey, options, task, name, error);
    if (status == HRM_OK)
        status = go_through(survey, false, error);
    json_t *facts = status == HRM_OK ? summary_facts(survey) : NULL;
    if (facts != NULL && options->json)
        data_print_json(facts);
    else if (facts != NULL)
        print_summary(survey, facts);
    json_decref(facts);
    close_survey(survey);
    return status;
}
