#include "jobs/data/data_summary.h"

#include "jobs/cli/console.h"
#include "jobs/data/data_actions.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

// Where the bands of ratings begin; the last one is open.
static const int32_t bands[] = {0, 1, 5, 10, 20, 50, 100, 200, 500};
#define BANDS ((int)(sizeof bands / sizeof *bands))

// Number, smallest, largest and sum of a figure.
struct range {
    int64_t count;
    int32_t smallest, largest;
    double sum;
};

static void add(struct range *range, int32_t value)
{
    if (range->count == 0 || value < range->smallest)
        range->smallest = value;
    if (range->count == 0 || value > range->largest)
        range->largest = value;
    range->count++;
    range->sum += value;
}

static json_t *range_facts(const struct range *range)
{
    return json_pack("{s:i, s:f, s:i}", "smallest", range->smallest, "mean",
                     range->count > 0 ? range->sum / (double)range->count : 0.0, "largest",
                     range->largest);
}

// What is counted of a set. Ratings are of the puzzles that have one.
struct count {
    int64_t unrated;
    struct range clues, rating;
    int64_t clue_counts[HRM_CELLS + 1], band_counts[BANDS];
    struct hrm_puzzles names; // of sources, with a puzzle that is always overwritten
    struct range sources[HRM_SOURCES];
    int64_t source_counts[HRM_SOURCES];
};

static void count_rating(struct count *count, int32_t rating)
{
    int band = BANDS - 1;
    while (band > 0 && rating < bands[band])
        band--;
    add(&count->rating, rating);
    count->band_counts[band]++;
}

static int count_puzzle(struct count *count, const struct hrm_puzzle *puzzle,
                        struct hrm_error *error)
{
    int clues = hrm_board_clues(&puzzle->question);
    bool rated = puzzle->rating >= 0;
    add(&count->clues, clues);
    count->clue_counts[clues]++;
    count->unrated += !rated;
    if (rated)
        count_rating(count, puzzle->rating);
    count->names.count = 0;
    int status = hrm_puzzles_append(&count->names, puzzle, error);
    if (status != HRM_OK)
        return status;
    count->source_counts[count->names.source[0]]++;
    if (rated)
        add(&count->sources[count->names.source[0]], puzzle->rating);
    return HRM_OK;
}

static json_t *clue_facts(const struct count *count)
{
    json_t *counts = json_array();
    for (int clues = 0; clues <= HRM_CELLS; clues++) {
        if (count->clue_counts[clues] > 0)
            json_array_append_new(counts, json_pack("{s:i, s:I}", "clues", clues, "puzzles",
                                                    (json_int_t)count->clue_counts[clues]));
    }
    json_t *facts = range_facts(&count->clues);
    json_object_set_new(facts, "counts", counts);
    return facts;
}

static json_t *rating_facts(const struct count *count)
{
    json_t *list = json_array();
    for (int band = 0; band < BANDS; band++) {
        json_t *entry = json_pack("{s:i, s:I}", "from", bands[band], "puzzles",
                                  (json_int_t)count->band_counts[band]);
        if (band + 1 < BANDS)
            json_object_set_new(entry, "to", json_integer(bands[band + 1] - 1));
        json_array_append_new(list, entry);
    }
    json_t *facts = range_facts(&count->rating);
    json_object_set_new(facts, "bands", list);
    json_object_set_new(facts, "without rating", json_integer(count->unrated));
    return facts;
}

// A name that is no UTF-8 has a question mark for every byte beyond ASCII.
static json_t *text_of(const char *name)
{
    char plain[HRM_SOURCE_NAME];
    json_t *text = json_string(name);
    if (text != NULL)
        return text;
    snprintf(plain, sizeof plain, "%s", name);
    for (char *c = plain; *c != '\0'; c++)
        *c = (unsigned char)*c >= 128 ? '?' : *c;
    return json_string(plain);
}

static json_t *source_facts(const struct count *count)
{
    json_t *list = json_array();
    for (int source = 0; source < count->names.sources; source++) {
        const struct range *range = &count->sources[source];
        json_t *facts = json_pack("{s:o, s:I}", "name", text_of(count->names.source_name[source]),
                                  "puzzles", (json_int_t)count->source_counts[source]);
        if (range->count > 0)
            json_object_set_new(facts, "mean rating", json_real(range->sum / (double)range->count));
        json_array_append_new(list, facts);
    }
    return list;
}

static json_t *set_facts(const struct hrm_puzzle_stream *stream, const struct count *count)
{
    return json_pack("{s:s, s:I, s:s?, s:o, s:o, s:o, s:o}", "file", stream->path, "puzzles",
                     (json_int_t)stream->taken, "as many as", data_published(stream->taken), "hash",
                     json_sprintf("%016" PRIx64, hrm_puzzle_stream_hash(stream)), "clues",
                     clue_facts(count), "rating", rating_facts(count), "sources",
                     source_facts(count));
}

int data_summary(struct hrm_puzzle_stream *stream, json_t **summary, struct hrm_error *error)
{
    struct hrm_puzzle puzzle;
    bool more = true;
    int status = HRM_OK;
    struct count *count = calloc(1, sizeof *count);
    if (count == NULL)
        return hrm_fail(error, HRM_FAILED, "out of memory");
    while (status == HRM_OK && more) {
        status = hrm_puzzle_stream_next(stream, &puzzle, &more, error);
        if (status == HRM_OK && more)
            status = count_puzzle(count, &puzzle, error);
    }
    *summary = status == HRM_OK ? set_facts(stream, count) : NULL;
    if (status == HRM_OK && *summary == NULL)
        status = hrm_fail(error, HRM_FAILED, "out of memory, or the path is no UTF-8 text");
    hrm_puzzles_free(&count->names);
    free(count);
    return status;
}

// --- text -------------------------------------------------------------------------------------

static json_int_t integer(const json_t *object, const char *key)
{
    return json_integer_value(json_object_get(object, key));
}

static double real(const json_t *object, const char *key)
{
    return json_real_value(json_object_get(object, key));
}

static double share(const json_t *part, const json_t *summary)
{
    json_int_t all = integer(summary, "puzzles");
    return all > 0 ? 100.0 * (double)integer(part, "puzzles") / (double)all : 0.0;
}

static void print_range(const char *name, const json_t *range)
{
    hrm_console_print("%-8s %lld to %lld, mean %.2f\n", name, (long long)integer(range, "smallest"),
                      (long long)integer(range, "largest"), real(range, "mean"));
}

static void print_bands(const json_t *summary)
{
    size_t i;
    json_t *band;
    json_array_foreach(json_object_get(json_object_get(summary, "rating"), "bands"), i, band)
    {
        char name[32];
        long long from = integer(band, "from");
        long long to = integer(band, "to");
        if (json_object_get(band, "to") == NULL)
            snprintf(name, sizeof name, "%lld or more", from);
        else if (from == to)
            snprintf(name, sizeof name, "%lld", from);
        else
            snprintf(name, sizeof name, "%lld to %lld", from, to);
        hrm_console_print("  rating %-12s %9lld  %5.1f%%\n", name,
                          (long long)integer(band, "puzzles"), share(band, summary));
    }
}

static void print_clues(const json_t *summary)
{
    size_t i;
    json_t *entry;
    json_array_foreach(json_object_get(json_object_get(summary, "clues"), "counts"), i, entry)
    {
        hrm_console_print("  %2lld clues %18lld  %5.1f%%\n", (long long)integer(entry, "clues"),
                          (long long)integer(entry, "puzzles"), share(entry, summary));
    }
}

static void print_source(const json_t *source, const json_t *summary)
{
    char mean[32] = "-";
    const json_t *rating = json_object_get(source, "mean rating");
    const char *name = json_string_value(json_object_get(source, "name"));
    if (rating != NULL)
        snprintf(mean, sizeof mean, "%.1f", json_real_value(rating));
    hrm_console_print("  %-30s %9lld  %5.1f%%  %s\n", *name != '\0' ? name : "(no source)",
                      (long long)integer(source, "puzzles"), share(source, summary), mean);
}

static void print_sources(const json_t *summary)
{
    size_t i;
    json_t *source;
    hrm_console_print("%-32s %9s  %6s  %s\n", "source", "puzzles", "share", "mean rating");
    json_array_foreach(json_object_get(summary, "sources"), i, source)
    {
        print_source(source, summary);
    }
}

void data_summary_print(const json_t *summary)
{
    hrm_console_print("%s\n%-8s %lld\n%-8s %s\n",
                      json_string_value(json_object_get(summary, "file")), "puzzles",
                      (long long)integer(summary, "puzzles"), "hash",
                      json_string_value(json_object_get(summary, "hash")));
    const char *published = json_string_value(json_object_get(summary, "as many as"));
    if (published != NULL)
        hrm_console_print("as many puzzles as %s\n", published);
    print_range("clues", json_object_get(summary, "clues"));
    print_clues(summary);
    const json_t *rating = json_object_get(summary, "rating");
    long long unrated = integer(rating, "without rating");
    if (unrated < integer(summary, "puzzles")) {
        print_range("rating", rating);
        print_bands(summary);
    }
    if (unrated > 0)
        hrm_console_print("%lld without rating\n", unrated);
    print_sources(summary);
}

void data_print_json(const json_t *object)
{
    char *text = json_dumps(object, JSON_INDENT(2));
    if (text != NULL)
        hrm_console_print("%s\n", text);
    free(text);
}
