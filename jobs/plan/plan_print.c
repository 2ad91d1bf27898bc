#include "jobs/plan/plan_print.h"

#include "core/eval/simulate.h"
#include "core/model/model.h"
#include "jobs/cli/console.h"
#include "jobs/plan/footprint.h"
#include "jobs/plan/plan_depth.h"
#include "jobs/plan/plan_speed.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

// --- JSON: the text is printed from it -----------------------------------------------------------

static json_t *json_of_plan(const struct plan_report *report)
{
    const struct hrm_plan *plan = &report->work->plan;
    const struct hrm_footprint *volume = &report->volumes[0];
    return json_pack("{s:i, s:i, s:I, s:i, s:i, s:I, s:I, s:I, s:b, s:I, s:I}", "checkpoints",
                     plan->checkpoints, "perturbations", plan->perturbations, "puzzles",
                     (json_int_t)plan->puzzles, "segments", plan->segments, "block", plan->block,
                     "blocks", (json_int_t)plan->blocks, "passes", (json_int_t)volume->passes,
                     "items", (json_int_t)hrm_workload_items(report->work), "items_are_ranges",
                     report->work->ranges, "most", (json_int_t)report->work->most, "votes_bytes",
                     (json_int_t)volume->votes);
}

static json_t *json_of_model(const struct plan_report *report)
{
    const struct hrm_model *model = report->model;
    const struct plan_speed *speed = report->speed;
    double gflop = hrm_model_segment_gflop(&model->config);
    return json_pack("{s:i, s:I, s:s, s:f, s:f, s:f, s:f, s:s}", "hidden", model->config.hidden,
                     "parameters", (json_int_t)model->layout.total, "backend", model->backend->name,
                     "gflop_of_a_segment", gflop, "segment_ms", 1e3 * speed->segment, "contention",
                     report->cluster->contention, "gflops_of_a_core", gflop / speed->segment,
                     "speed_from", speed->from);
}

static json_t *json_of_memory(const struct plan_report *report)
{
    const struct hrm_footprint *volume = &report->volumes[0];
    return json_pack("{s:I, s:I, s:I, s:I}", "node_bytes", (json_int_t)volume->node,
                     "node_loading_bytes", (json_int_t)volume->loading, "rank_bytes",
                     (json_int_t)volume->rank, "process_bytes", (json_int_t)report->process);
}

static json_t *json_of_cluster(const struct hrm_cluster *c)
{
    return json_pack("{s:i, s:i, s:i, s:f, s:f, s:f, s:f, s:f, s:f, s:f, s:f, s:f, s:f, s:f, s:f}",
                     "cores", c->cores, "nodes", c->nodes, "threads", c->threads, "spread",
                     c->spread, "launch_s", c->launch, "launch_rank_s", c->launch_rank, "load_s",
                     c->load, "prepare_puzzle_s", c->prepare, "claim_latency_s", c->claim_latency,
                     "claim_service_s", c->claim_service, "store_latency_s", c->store_latency,
                     "read_bytes_per_s", c->read_rate, "write_bytes_per_s", c->write_rate,
                     "network_bytes_per_s", c->network_rate, "count_pass_s", c->count);
}

static json_t *json_of_forecast(const struct hrm_forecast *forecast,
                                const struct hrm_footprint *volume)
{
    json_t *parts = json_object();
    for (enum hrm_forecast_part i = 0; i < HRM_FORECAST_PARTS; i++)
        json_object_set_new(parts, hrm_forecast_part_name(i),
                            json_real(forecast->parts[i] / forecast->wall));
    return json_pack(
        "{s:i, s:i, s:I, s:I, s:I, s:I, s:I, s:f, s:f, s:o, s:s}", "ranks", forecast->ranks,
        "nodes", forecast->nodes, "threads", (json_int_t)forecast->workers, "messages",
        (json_int_t)forecast->claims, "broadcast_bytes",
        (json_int_t)(volume->broadcast * forecast->ranks + volume->weights * (forecast->nodes - 1)),
        "gathered_bytes", (json_int_t)volume->gathered * forecast->ranks, "root_bytes",
        (json_int_t)volume->root, "seconds", forecast->wall, "core_hours", forecast->core_hours,
        "shares", parts, "bottleneck", hrm_forecast_part_name(forecast->bottleneck));
}

/// The whole published evaluation: with all its segments, and with as many as this plan's passes
/// take on the average.
static json_t *json_of_published(const struct plan_report *report)
{
    const struct plan_speed *speed = report->published;
    double passes =
        (double)PLAN_PUBLISHED_PUZZLES * PLAN_PUBLISHED_CHECKPOINTS * PLAN_PUBLISHED_PERTURBATIONS;
    double hours = passes * speed->segment * speed->contention / 3600;
    json_t *object =
        json_pack("{s:i, s:i, s:i, s:i, s:f, s:s, s:f, s:i}", "puzzles", PLAN_PUBLISHED_PUZZLES,
                  "checkpoints", PLAN_PUBLISHED_CHECKPOINTS, "perturbations",
                  PLAN_PUBLISHED_PERTURBATIONS, "segments", PLAN_PUBLISHED_SEGMENTS, "segment_ms",
                  1e3 * speed->segment * speed->contention, "speed_from", speed->from, "core_hours",
                  hours * PLAN_PUBLISHED_SEGMENTS, "gpu_hours", PLAN_PUBLISHED_GPU_HOURS);
    if (report->depth->measured)
        json_object_set_new(object, "core_hours_as_planned",
                            json_real(hours * report->depth->pass));
    return object;
}

static json_t *json_of_report(const struct plan_report *report)
{
    json_t *forecasts = json_array();
    for (int i = 0; i < report->count; i++)
        json_array_append_new(forecasts,
                              json_of_forecast(&report->forecasts[i], &report->volumes[i]));
    double hours = report->depth->pass * (double)report->volumes[0].passes *
                   report->speed->segment * report->cluster->contention / 3600;
    return json_pack("{s:s, s:i, s:o, s:o, s:o, s:o, s:f, s:s, s:f, s:o, s:o}", "schema",
                     "hrmpi-plan", "schema_version", 1, "plan", json_of_plan(report), "model",
                     json_of_model(report), "memory", json_of_memory(report), "cluster",
                     json_of_cluster(report->cluster), "segments_of_a_pass", report->depth->pass,
                     "segments_from", report->depth->measured ? report->like : "all", "core_hours",
                     hours, "forecasts", forecasts, "published", json_of_published(report));
}

// --- text ----------------------------------------------------------------------------------------

static double number(const json_t *object, const char *key)
{
    return json_number_value(json_object_get(object, key));
}

static const char *word(const json_t *object, const char *key)
{
    return json_string_value(json_object_get(object, key));
}

static char *bytes_of(const json_t *object, const char *key, char text[32])
{
    return hrm_format_bytes(number(object, key), text, 32);
}

static void print_plan(const json_t *root)
{
    const json_t *plan = json_object_get(root, "plan"), *memory = json_object_get(root, "memory");
    char a[32], b[32], c[32], d[32];
    hrm_console_print("%.0f checkpoints x %.0f perturbations x %.0f puzzles, up to %.0f segments: "
                      "%.0f passes\n",
                      number(plan, "checkpoints"), number(plan, "perturbations"),
                      number(plan, "puzzles"), number(plan, "segments"), number(plan, "passes"));
    bool ranges = json_is_true(json_object_get(plan, "items_are_ranges"));
    hrm_console_print("  blocks    %.0f of %.0f puzzles, claimed up to %.0f together%s\n",
                      number(plan, "blocks"), number(plan, "block"), number(plan, "most"),
                      ranges ? ", with all passes of their puzzles" : "");
    hrm_console_print("  votes     %s\n", bytes_of(plan, "votes_bytes", a));
    hrm_console_print("  memory    %s of weights a node, %s more while they are read; %s a rank, "
                      "and %s for a process\n",
                      bytes_of(memory, "node_bytes", a), bytes_of(memory, "node_loading_bytes", b),
                      bytes_of(memory, "rank_bytes", c), bytes_of(memory, "process_bytes", d));
}

static void print_speed(const json_t *root)
{
    const json_t *model = json_object_get(root, "model");
    hrm_console_print("  speed     %.4g ms a segment and puzzle on one core, %.2f times that with "
                      "all cores of a node at work\n            (%.0f GFLOP/s on %s, %s)\n",
                      number(model, "segment_ms"), number(model, "contention"),
                      number(model, "gflops_of_a_core"), word(model, "backend"),
                      word(model, "speed_from"));
    hrm_console_print("  work      %.2f segments a pass (%s), %.4g core-hours\n",
                      number(root, "segments_of_a_pass"), word(root, "segments_from"),
                      number(root, "core_hours"));
}

static void print_cluster(const json_t *cluster)
{
    char read[32], write[32], network[32];
    hrm_console_print(
        "  machine   %.0f cores a node, node speeds +-%.1f %%; a claim %.3g us, %.3g "
        "us of the counter;\n            a block stored in %.3g ms; storage reads %s/s, "
        "writes %s/s, network %s/s;\n            launch %.2g s + %.2g ms a rank, %.2g s a "
        "checkpoint\n",
        number(cluster, "cores"), 100 * number(cluster, "spread"),
        1e6 * number(cluster, "claim_latency_s"), 1e6 * number(cluster, "claim_service_s"),
        1e3 * number(cluster, "store_latency_s"), bytes_of(cluster, "read_bytes_per_s", read),
        bytes_of(cluster, "write_bytes_per_s", write),
        bytes_of(cluster, "network_bytes_per_s", network), number(cluster, "launch_s"),
        1e3 * number(cluster, "launch_rank_s"), number(cluster, "load_s"));
}

static void print_forecasts(const json_t *forecasts)
{
    const json_t *row;
    size_t i;
    hrm_console_print("\n%8s %6s %15s %11s %10s %10s", "ranks", "nodes", "time", "core-hours",
                      "messages", "broadcast");
    for (enum hrm_forecast_part p = 0; p < HRM_FORECAST_PARTS; p++)
        hrm_console_print(" %8s", hrm_forecast_part_name(p));
    hrm_console_print("  bottleneck\n");
    json_array_foreach(forecasts, i, row)
    {
        char time[32], bytes[32];
        hrm_console_print("%8.0f %6.0f %15s %11.4g %10.0f %10s", number(row, "ranks"),
                          number(row, "nodes"),
                          hrm_format_duration(number(row, "seconds"), time, sizeof time),
                          number(row, "core_hours"), number(row, "messages"),
                          bytes_of(row, "broadcast_bytes", bytes));
        const json_t *shares = json_object_get(row, "shares");
        for (enum hrm_forecast_part p = 0; p < HRM_FORECAST_PARTS; p++)
            hrm_console_print(" %6.1f %%", 100 * number(shares, hrm_forecast_part_name(p)));
        hrm_console_print("  %s\n", word(row, "bottleneck"));
    }
}

static void print_published(const json_t *published)
{
    hrm_console_print(
        "\nthe published evaluation, %.0f x %.0f x %.0f puzzles x %.0f segments at 27 "
        "million parameters:\n  %.4g core-hours at %.4g ms a segment (%s); "
        "published: %.0f GPU hours\n",
        number(published, "checkpoints"), number(published, "perturbations"),
        number(published, "puzzles"), number(published, "segments"),
        number(published, "core_hours"), number(published, "segment_ms"),
        word(published, "speed_from"), number(published, "gpu_hours"));
    if (json_object_get(published, "core_hours_as_planned"))
        hrm_console_print("  %.4g core-hours with the segments a pass of this plan\n",
                          number(published, "core_hours_as_planned"));
}

int plan_print(const struct plan_report *report, bool json, struct hrm_error *error)
{
    json_t *root = json_of_report(report);
    if (!root)
        return hrm_fail(error, HRM_FAILED, "no memory for the plan as JSON");
    if (json && !hrm_console_is_quiet()) {
        json_dumpf(root, stdout, JSON_INDENT(2) | JSON_REAL_PRECISION(9));
        putchar('\n');
    }
    if (!json) {
        print_plan(root);
        print_speed(root);
        print_cluster(json_object_get(root, "cluster"));
        print_forecasts(json_object_get(root, "forecasts"));
        print_published(json_object_get(root, "published"));
    }
    json_decref(root);
    return HRM_OK;
}
