#include "jobs/data_summary.h"

#include "jobs/console.h"

#include <inttypes.h>
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

static json_t *clue_facts(const struct hrm_puzzles *puzzles)
{
    struct range range = {0};
    int64_t histogram[HRM_CELLS + 1] = {0};
    for (int64_t row = 0; row < puzzles->count; row++) {
        struct hrm_puzzle puzzle = hrm_puzzles_get(puzzles, row);
        int clues = hrm_board_clues(&puzzle.question);
        add(&range, clues);
        histogram[clues]++;
    }
    json_t *counts = json_array();
    for (int clues = 0; clues <= HRM_CELLS; clues++) {
        if (histogram[clues] > 0)
            json_array_append_new(counts, json_pack("{s:i, s:I}", "clues", clues, "puzzles",
                                                    (json_int_t)histogram[clues]));
    }
    json_t *facts = range_facts(&range);
    json_object_set_new(facts, "counts", counts);
    return facts;
}

static json_t *rating_facts(const struct hrm_puzzles *puzzles)
{
    struct range range = {0};
    int64_t counts[BANDS] = {0};
    for (int64_t row = 0; row < puzzles->count; row++) {
        int band = BANDS - 1;
        while (band > 0 && puzzles->rating[row] < bands[band])
            band--;
        counts[band]++;
        add(&range, puzzles->rating[row]);
    }
    json_t *list = json_array();
    for (int band = 0; band < BANDS; band++) {
        json_t *entry =
            json_pack("{s:i, s:I}", "from", bands[band], "puzzles", (json_int_t)counts[band]);
        if (band + 1 < BANDS)
            json_object_set_new(entry, "to", json_integer(bands[band + 1] - 1));
        json_array_append_new(list, entry);
    }
    json_t *facts = range_facts(&range);
    json_object_set_new(facts, "bands", list);
    return facts;
}

static json_t *source_facts(const struct hrm_puzzles *puzzles)
{
    struct range ranges[HRM_SOURCES] = {{0}};
    for (int64_t row = 0; row < puzzles->count; row++)
        add(&ranges[puzzles->source[row]], puzzles->rating[row]);
    json_t *list = json_array();
    for (int source = 0; source < puzzles->sources; source++) {
        if (ranges[source].count > 0)
            json_array_append_new(
                list, json_pack("{s:s, s:I, s:f}", "name", puzzles->source_name[source], "puzzles",
                                (json_int_t)ranges[source].count, "mean rating",
                                ranges[source].sum / (double)ranges[source].count));
    }
    return list;
}

json_t *data_summary(const char *path, const struct hrm_puzzles *puzzles)
{
    return json_pack("{s:s, s:I, s:o, s:o, s:o, s:o}", "file", path, "puzzles",
                     (json_int_t)puzzles->count, "hash", json_sprintf("%016" PRIx64, puzzles->hash),
                     "clues", clue_facts(puzzles), "rating", rating_facts(puzzles), "sources",
                     source_facts(puzzles));
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

static void print_sources(const json_t *summary)
{
    size_t i;
    json_t *source;
    hrm_console_print("%-32s %9s  %6s  %s\n", "source", "puzzles", "share", "mean rating");
    json_array_foreach(json_object_get(summary, "sources"), i, source)
    {
        hrm_console_print("  %-30s %9lld  %5.1f%%  %.1f\n",
                          json_string_value(json_object_get(source, "name")),
                          (long long)integer(source, "puzzles"), share(source, summary),
                          real(source, "mean rating"));
    }
}

void data_summary_print(const json_t *summary)
{
    hrm_console_print("%s\n%-8s %lld\n%-8s %s\n",
                      json_string_value(json_object_get(summary, "file")), "puzzles",
                      (long long)integer(summary, "puzzles"), "hash",
                      json_string_value(json_object_get(summary, "hash")));
    print_range("clues", json_object_get(summary, "clues"));
    print_clues(summary);
    print_range("rating", json_object_get(summary, "rating"));
    print_bands(summary);
    print_sources(summary);
}

void data_print_json(const json_t *object)
{
    char *text = json_dumps(object, JSON_INDENT(2));
    if (text != NULL)
        hrm_console_print("%s\n", text);
    free(text);
}
