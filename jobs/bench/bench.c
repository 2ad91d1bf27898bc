#include "jobs/bench/bench_model.h"
#include "jobs/bench/bench_peaks.h"
#include "jobs/cli/cli.h"
#include "jobs/cli/console.h"
#include "jobs/cli/threads.h"
#include "jobs/jobs.h"

#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

/// The published test set, and the segments that the published evaluation runs on each puzzle.
enum { TEST_PUZZLES = 422786, TEST_SEGMENTS = 16 };

struct bench_options {
    char backend[HRM_OPTION_TEXT];
    int puzzles, threads;
    double seconds;
    bool json;
};

static const struct hrm_option OPTIONS[] = {
    {"backend", HRM_OPTION_TEXT, offsetof(struct bench_options, backend), "auto", NULL,
     "auto, or one of those that `hrmpi info` lists", 0, 0, HRM_ROLE_SOURCE, 0},
    {"puzzles", HRM_OPTION_INT, offsetof(struct bench_options, puzzles), "0", NULL,
     "that a thread takes through a segment together; 0: as the backend likes", 0, 65536,
     HRM_ROLE_RESULT, 0},
    {"threads", HRM_OPTION_INT, offsetof(struct bench_options, threads), "1", NULL,
     "each with puzzles of its own; the parts are shown with one", 1, HRM_THREADS_MAX,
     HRM_ROLE_BOOKKEEPING, 0},
    {"seconds", HRM_OPTION_REAL, offsetof(struct bench_options, seconds), "1", NULL,
     "to spend on each figure", 0, 3600, HRM_ROLE_RESULT, 0},
    {"json", HRM_OPTION_FLAG, offsetof(struct bench_options, json), "false", NULL,
     "print JSON instead of text", 0, 0, HRM_ROLE_RESULT, 0},
};

/// A model of the list that is measured when none is asked for.
static const struct listed {
    int hidden, heads, layers, gradient;
    bool q_continue;
} LISTED[] = {
    {128, 4, 2, HRM_GRADIENT_LAST_CYCLE, false},
    {192, 6, 2, HRM_GRADIENT_LAST_CYCLE, false},
    {256, 4, 2, HRM_GRADIENT_LAST_CYCLE, false},
    {512, 8, 4, HRM_GRADIENT_ONE_STEP, true},
};
#define LISTED_COUNT (sizeof LISTED / sizeof *LISTED)

/// The peak that a backend's shares are of.
static double peak_of(const struct hrm_bench_peaks *peaks, const struct hrm_backend *backend)
{
    return backend->element == 2 ? peaks->tiles : peaks->sgemm;
}

static json_t *json_of_peaks(const struct hrm_bench_peaks *peaks)
{
    return json_pack("{s:f, s:f, s:f, s:f, s:f}", "bf16_gflops", 1e-9 * peaks->tiles,
                     "bf16_from_l2_gflops", 1e-9 * peaks->tiles_l2, "sgemm_gflops",
                     1e-9 * peaks->sgemm, "l2_copy_gb_s", 1e-9 * peaks->l2, "memory_copy_gb_s",
                     1e-9 * peaks->memory);
}

static json_t *json_of_parts(const struct hrm_bench_figure *figure, double peak)
{
    json_t *parts = json_array();
    double whole = 0;
    for (int i = 0; i < HRM_PROBE_PARTS; i++)
        whole += figure->parts.seconds[i];
    for (enum hrm_probe_part i = 0; i < HRM_PROBE_PARTS; i++) {
        double seconds = figure->parts.seconds[i];
        if (figure->parts.calls[i] == 0)
            continue;
        double rate = figure->parts.flop[i] / seconds;
        json_array_append_new(parts,
                              json_pack("{s:s, s:f, s:f, s:f}", "part", hrm_probe_part_name(i),
                                        "share_of_time", seconds / whole, "gflops", 1e-9 * rate,
                                        "share_of_peak", rate / peak));
    }
    return parts;
}

static json_t *json_of_figure(const struct hrm_bench_figure *figure, double peak, int threads)
{
    double rate = figure->gflop / figure->seconds;
    return json_pack("{s:i, s:f, s:f, s:f, s:f, s:o}", "puzzles", figure->puzzles, "seconds",
                     figure->seconds, "puzzles_per_second", figure->puzzles / figure->seconds,
                     "gflops", rate, "share_of_peak", 1e9 * rate / (peak * threads), "parts",
                     json_of_parts(figure, peak));
}

/// Core hours of the published evaluation: every test puzzle through every segment, once.
static double pass_hours(const struct hrm_bench_figure *evaluation, int threads)
{
    return TEST_PUZZLES * (double)TEST_SEGMENTS / evaluation->puzzles * evaluation->seconds *
           threads / 3600;
}

static json_t *json_of_model(const struct hrm_bench_setup *setup,
                             const struct hrm_bench_result *result, double peak)
{
    const struct hrm_model_config *c = &setup->config;
    return json_pack("{s:i, s:i, s:i, s:i, s:i, s:i, s:i, s:i, s:o, s:o, s:f}", "hidden", c->hidden,
                     "heads", c->heads, "inner", hrm_model_inner(c), "h_layers", c->h_layers,
                     "l_layers", c->l_layers, "h_cycles", c->h_cycles, "l_cycles", c->l_cycles,
                     "rows", hrm_model_rows(c), "evaluation",
                     json_of_figure(&result->evaluation, peak, setup->threads), "training",
                     json_of_figure(&result->training, peak, setup->threads),
                     "core_hours_of_a_test_pass", pass_hours(&result->evaluation, setup->threads));
}

static double number(const json_t *object, const char *key)
{
    return json_number_value(json_object_get(object, key));
}

static void print_peaks(const json_t *peaks)
{
    hrm_console_print("peaks of one core: bf16 tiles %.0f GFLOP/s in place, %.0f from L2; "
                      "sgemm %.0f GFLOP/s;\n  copies %.0f GB/s in L2, %.0f GB/s in memory\n",
                      number(peaks, "bf16_gflops"), number(peaks, "bf16_from_l2_gflops"),
                      number(peaks, "sgemm_gflops"), number(peaks, "l2_copy_gb_s"),
                      number(peaks, "memory_copy_gb_s"));
}

static void print_figure(const char *name, const json_t *figure)
{
    hrm_console_print("  %-18s %8.2f ms %9.1f puzzles/s %8.0f GFLOP/s %6.1f %% of peak\n", name,
                      1e3 * number(figure, "seconds"), number(figure, "puzzles_per_second"),
                      number(figure, "gflops"), 100 * number(figure, "share_of_peak"));
    const json_t *part;
    size_t i;
    json_array_foreach(json_object_get(figure, "parts"), i, part) hrm_console_print(
        "    %-17s%6.1f %% of the time   %8.0f GFLOP/s %6.1f %% of peak\n",
        json_string_value(json_object_get(part, "part")), 100 * number(part, "share_of_time"),
        number(part, "gflops"), 100 * number(part, "share_of_peak"));
}

static void print_model(const json_t *model)
{
    hrm_console_print("\nhidden %.0f, heads %.0f, inner %.0f, layers %.0f + %.0f, cycles %.0f x "
                      "%.0f, %.0f rows, %.0f puzzles\n",
                      number(model, "hidden"), number(model, "heads"), number(model, "inner"),
                      number(model, "h_layers"), number(model, "l_layers"),
                      number(model, "h_cycles"), number(model, "l_cycles"), number(model, "rows"),
                      number(json_object_get(model, "evaluation"), "puzzles"));
    print_figure("evaluation segment", json_object_get(model, "evaluation"));
    print_figure("training step", json_object_get(model, "training"));
    hrm_console_print("  one pass over the %d published test puzzles, %d segments: %.2f core "
                      "hours\n",
                      TEST_PUZZLES, TEST_SEGMENTS, number(model, "core_hours_of_a_test_pass"));
}

static int bench_one(struct hrm_bench_setup *setup, const struct hrm_bench_peaks *peaks, bool json,
                     json_t *models, struct hrm_error *error)
{
    struct hrm_bench_result result;
    int status = hrm_bench_model(setup, &result, error);
    if (status)
        return status;
    json_t *model = json_of_model(setup, &result, peak_of(peaks, setup->backend));
    if (!json)
        print_model(model);
    return json_array_append_new(models, model) == 0
               ? HRM_OK
               : hrm_fail(error, HRM_FAILED, "no memory for the results");
}

/// The listed models, with what else the configuration says; or only the configuration's own.
static int bench_all(struct hrm_bench_setup *setup, const struct hrm_bench_peaks *peaks,
                     bool listed, bool json, json_t *models, struct hrm_error *error)
{
    if (!listed)
        return bench_one(setup, peaks, json, models, error);
    int status = HRM_OK;
    for (size_t i = 0; i < LISTED_COUNT && status == HRM_OK; i++) {
        struct hrm_model_config *c = &setup->config;
        c->hidden = c->puzzle_emb = LISTED[i].hidden;
        c->heads = LISTED[i].heads;
        c->h_layers = c->l_layers = LISTED[i].layers;
        c->gradient = LISTED[i].gradient;
        c->q_continue = LISTED[i].q_continue;
        status = bench_one(setup, peaks, json, models, error);
    }
    return status;
}

static int run(const struct bench_options *options, const struct hrm_model_config *config,
               bool listed, struct hrm_error *error)
{
    struct hrm_bench_setup setup = {.config = *config,
                                    .backend = hrm_backend_find(options->backend),
                                    .puzzles = options->puzzles,
                                    .threads = options->threads,
                                    .seconds = options->seconds};
    if (!setup.backend) {
        hrm_fail(error, HRM_USAGE, "this machine has no backend '%s'", options->backend);
        return hrm_hint(error, "'hrmpi info' lists the backends");
    }
    if (!options->json)
        hrm_console_open(&(struct hrm_opening){.job = "bench",
                                               .backend = setup.backend->name,
                                               .detail = setup.backend->detail,
                                               .ranks = 1,
                                               .threads = setup.threads});
    struct hrm_bench_peaks peaks;
    int status = hrm_bench_peaks_measure(setup.backend, &peaks, error);
    if (status)
        return status;
    json_t *rates = json_of_peaks(&peaks), *models = json_array();
    if (!options->json)
        print_peaks(rates);
    status = bench_all(&setup, &peaks, listed, options->json, models, error);
    json_t *all = json_pack("{s:s, s:i, s:o, s:o}", "backend", setup.backend->name, "threads",
                            setup.threads, "peaks", rates, "models", models);
    if (status == HRM_OK && options->json && !hrm_console_is_quiet()) {
        json_dumpf(all, stdout, JSON_INDENT(2) | JSON_REAL_PRECISION(6));
        putchar('\n');
    }
    json_decref(all);
    return status;
}

int hrm_job_bench(int argc, char **argv)
{
    struct bench_options options;
    struct hrm_model_config config;
    struct hrm_option_section sections[] = {
        HRM_OPTION_SECTION("bench", OPTIONS, &options),
        hrm_model_config_section(&config),
    };
    struct hrm_cli cli = {
        .name = "bench",
        .summary = "Measure this machine's peaks and the share of them that the model reaches",
        .description =
            "Without --preset or --config, models of hidden size 128, 192, 256 (2 + 2 layers, the\n"
            "gradient through the last cycle) and 512 (the published model) are measured. Shares\n"
            "are of the rate of bf16 tiles that stay where they are, or of OpenBLAS's sgemm in "
            "fp32,\n"
            "measured in the same run. Nothing else should run on the machine.",
        .examples = "hrmpi bench\nhrmpi bench --backend blas --preset small --json",
        .sections = sections,
        .section_count = 2,
    };
    struct hrm_error error = {0};
    if (hrm_cli_parse(&cli, argc, argv, &error))
        return hrm_console_error(&error);
    if (cli.done)
        return HRM_OK;
    bool listed = *cli.preset == 0 && *cli.config == 0;
    if (run(&options, &config, listed, &error))
        return hrm_console_error(&error);
    return HRM_OK;
}
