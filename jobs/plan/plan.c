#include "core/base/settings.h"
#include "core/eval/chunk.h"
#include "core/eval/simulate.h"
#include "core/file/checkpoint_match.h"
#include "core/file/votes.h"
#include "core/task/task.h"
#include "jobs/cli/bundled.h"
#include "jobs/cli/cli.h"
#include "jobs/cli/console.h"
#include "jobs/cli/machine.h"
#include "jobs/eval/checkpoint_list.h"
#include "jobs/eval/eval_options.h"
#include "jobs/eval/puzzle_source.h"
#include "jobs/jobs.h"
#include "jobs/plan/footprint.h"
#include "jobs/plan/plan_depth.h"
#include "jobs/plan/plan_options.h"
#include "jobs/plan/plan_print.h"
#include "jobs/plan/plan_probe.h"
#include "jobs/plan/plan_speed.h"
#include "jobs/train/train_data.h"
#include "mpi/weights.h"
#include "mpi/world.h"

#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

/// One plan, made by rank 0; the others help to measure the counter and the storage.
struct planning {
    struct plan_options options;
    struct eval_options eval;
    struct hrm_model_config config;
    struct hrm_task_choice choice; ///< where no checkpoints are named
    const struct hrm_cli *cli;
    const struct hrm_world *world;
    struct plan_probe probe;
    int64_t process; ///< bytes of this process at its start
    const struct hrm_backend *backend;
    struct hrm_perturbations perturbations;
    struct checkpoint_list list;
    struct puzzle_source source;
    double opening; ///< seconds to open it
    struct hrm_weights weights;
    double loading;       ///< seconds to load them
    struct hrm_model own; ///< without parameters, where no checkpoints are named
    const struct hrm_model *model;
    struct plan_speed speed, published;
    struct plan_depth depth;
    double *costs; ///< [depth.count] seconds
    struct hrm_task task;
    struct hrm_workload work;
    struct hrm_cluster cluster;
    int ranks[PLAN_RANKS], count;
};

// --- what is to be planned -----------------------------------------------------------------------

static int find_backend(struct planning *planning, struct hrm_error *error)
{
    planning->backend = hrm_backend_find(planning->eval.backend);
    if (planning->backend)
        return HRM_OK;
    hrm_fail(error, HRM_USAGE, "there is no backend '%s' here", planning->eval.backend);
    return hrm_hint(error, "'hrmpi info' lists those that a machine can run");
}

/// The task that a file of options is for, where it says so.
static void read_task(const char *path, char task[HRM_OPTION_TEXT])
{
    char text[16384], value[HRM_SETTING];
    FILE *stream = fopen(path, "r");
    if (!stream)
        return;
    text[fread(text, 1, sizeof text - 1, stream)] = '\0';
    fclose(stream);
    if (hrm_settings_find(text, "train", "task", value))
        snprintf(task, HRM_OPTION_TEXT, "%s", value);
}

/// The task where no checkpoint decides it. The model gets its shape.
static int choose_task(struct planning *planning, struct hrm_error *error)
{
    const struct hrm_cli *cli = planning->cli;
    char task[HRM_OPTION_TEXT], name[HRM_OPTION_TEXT + 16], path[PATH_MAX];
    snprintf(task, sizeof task, "%s", hrm_task_kinds[0]->name);
    snprintf(name, sizeof name, "presets/%s.ini", cli->preset);
    if (*cli->preset && hrm_bundled_find(name, path, sizeof path))
        read_task(path, task);
    if (*cli->config)
        read_task(cli->config, task);
    if (*planning->options.task)
        snprintf(task, sizeof task, "%s", planning->options.task);
    int status = hrm_task_choose(&planning->task, task, &planning->choice, error);
    return status ? status : train_data_fit(&planning->task, &planning->config, error);
}

/// The model: of the checkpoints, or of the size that was given.
static int find_model(struct planning *planning, struct hrm_error *error)
{
    struct hrm_world alone = hrm_world_alone();
    struct checkpoint_list *list = &planning->list;
    struct stat state;
    int status = HRM_OK;
    if (list->count == 0) {
        planning->model = &planning->own;
        status = choose_task(planning, error);
        if (status)
            return status;
        status = hrm_model_init(&planning->own, &planning->config, planning->backend,
                                HRM_PACK_FORWARD, error);
        planning->work.checkpoint_bytes = (int64_t)(planning->own.layout.total * sizeof(float));
        return status;
    }
    const char **paths = calloc((size_t)list->count, sizeof *paths);
    if (!paths)
        return hrm_fail(error, HRM_FAILED, "no memory for %d paths", list->count);
    for (int i = 0; i < list->count; i++)
        paths[i] = list->paths[i];
    double start = hrm_seconds();
    status =
        hrm_weights_load(&planning->weights, &alone, paths, list->count, planning->backend, error);
    planning->loading = hrm_seconds() - start;
    planning->model = planning->weights.models;
    free(paths);
    if (status == HRM_OK && stat(list->paths[0], &state) == 0)
        planning->work.checkpoint_bytes = state.st_size;
    return status;
}

static int open_puzzles(struct planning *planning, struct hrm_error *error)
{
    const struct eval_options *eval = &planning->eval;
    struct puzzle_choice choice = {.task = &planning->task,
                                   .name = eval->puzzles,
                                   .first = eval->first,
                                   .subset = eval->subset,
                                   .seed = (uint64_t)eval->seed,
                                   .ambiguous = eval->allow_ambiguous};
    double start = hrm_seconds();
    int status = puzzle_source_open(&planning->source, &choice, error);
    planning->opening = hrm_seconds() - start;
    return status;
}

/// The task of the checkpoints.
static int find_task(struct planning *planning, struct hrm_error *error)
{
    const struct checkpoint_list *list = &planning->list;
    int status = HRM_OK;
    for (int i = 0; i < list->count && status == HRM_OK; i++)
        status = hrm_checkpoint_task(&planning->task, &planning->weights.provenance[i],
                                     list->paths[i], i > 0 ? list->paths[0] : NULL, error);
    return status;
}

static int find_work(struct planning *planning, const struct hrm_cli *cli, struct hrm_error *error)
{
    const struct eval_options *eval = &planning->eval;
    struct hrm_workload *work = &planning->work;
    int status = find_backend(planning, error);
    if (status == HRM_OK)
        status = checkpoint_list_add_all(&planning->list, eval->checkpoints, eval->last, error);
    for (int i = 0; i < cli->argc && status == HRM_OK; i++)
        status = checkpoint_list_add(&planning->list, cli->argv[i], eval->last, error);
    if (status == HRM_OK)
        status = find_model(planning, error);
    if (status == HRM_OK)
        status = find_task(planning, error);
    if (status == HRM_OK)
        status =
            eval_options_perturbations(eval->perturbations, eval->seed, &planning->task,
                                       &planning->model->config, &planning->perturbations, error);
    if (status == HRM_OK)
        status = open_puzzles(planning, error);
    if (status)
        return status;
    int named = planning->list.count;
    int64_t perturbations = hrm_perturbations_count(&planning->perturbations);
    work->ranges = eval->prune != 0;
    work->pass_bytes = (int64_t)hrm_pass_bytes(planning->task.shape.answer_bytes);
    work->puzzle_bytes = hrm_votes_puzzle_bytes(&planning->task.shape);
    work->plan = (struct hrm_plan){.checkpoints = named ? named : planning->options.models,
                                   .perturbations = (int32_t)perturbations,
                                   .segments = eval->segments,
                                   .block = eval->block,
                                   .puzzles = planning->options.count > 0 ? planning->options.count
                                                                          : planning->source.count};
    status = hrm_plan_make(&work->plan, error);
    work->most = hrm_chunk_most(&work->plan, eval_options_rule(eval));
    return status;
}

// --- how fast and how deep -----------------------------------------------------------------------

static struct plan_trial trial_of(struct planning *planning)
{
    struct hrm_machine machine;
    hrm_machine_look(&machine);
    return (struct plan_trial){planning->backend,         machine.cpus,
                               planning->options.measure, planning->options.clock == 1,
                               &planning->task,           &planning->source};
}

/// The speed of a model that no checkpoint is measured of.
static int find_speed(struct planning *planning, const struct hrm_model_config *config,
                      struct plan_speed *speed, struct hrm_error *error)
{
    struct plan_trial trial = trial_of(planning);
    bool found = false;
    int status = HRM_OK;
    if (*planning->options.bench)
        status = plan_speed_bench(speed, planning->options.bench, config, &found, error);
    return status || found ? status : plan_speed_random(speed, &trial, config, error);
}

/// Run some blocks: their speed and their segments.
static int try_blocks(struct planning *planning, struct hrm_error *error)
{
    struct plan_trial trial = trial_of(planning);
    const struct hrm_workload *work = &planning->work;
    struct plan_blocks blocks = {.plan = &work->plan,
                                 .models = planning->weights.models,
                                 .perturbations = &planning->perturbations,
                                 .seed = (uint64_t)planning->eval.seed,
                                 .leave = (enum hrm_leave)planning->eval.leave,
                                 .settled = planning->eval.settled_segments,
                                 .most = work->most};
    int status = plan_speed_blocks(&planning->speed, &trial, &blocks, error);
    if (status == HRM_OK && !*planning->options.like)
        status = plan_depth_blocks(&planning->depth, &work->plan, work->ranges, blocks.segments,
                                   blocks.count, error);
    free(blocks.segments);
    return status;
}

static int measure(struct planning *planning, struct hrm_error *error)
{
    const struct plan_options *options = &planning->options;
    const struct hrm_workload *work = &planning->work;
    int status = HRM_OK;
    if (*options->like)
        status = plan_depth_like(&planning->depth, &work->plan, work->ranges, options->like, error);
    else if (planning->list.count == 0)
        status = plan_depth_full(&planning->depth, &work->plan, work->ranges, error);
    if (status)
        return status;
    if (options->segment_ms > 0) {
        planning->speed = (struct plan_speed){options->segment_ms / 1e3, 1, "as given"};
        return planning->depth.count > 0
                   ? HRM_OK
                   : plan_depth_full(&planning->depth, &work->plan, work->ranges, error);
    }
    if (planning->list.count > 0)
        return try_blocks(planning, error);
    return find_speed(planning, &planning->model->config, &planning->speed, error);
}

/// The published model's speed: that of the evaluation where it has the same size.
static int measure_published(struct planning *planning, struct hrm_error *error)
{
    struct hrm_model_config config;
    struct hrm_option_section section = hrm_model_config_section(&config);
    hrm_options_default(&section, 1);
    const struct hrm_model_config *own = &planning->model->config;
    if (hrm_model_segment_gflop(&config) == hrm_model_segment_gflop(own) &&
        config.hidden == own->hidden) {
        planning->published = planning->speed;
        planning->published.contention = planning->cluster.contention;
        return HRM_OK;
    }
    return find_speed(planning, &config, &planning->published, error);
}

// --- the machine ---------------------------------------------------------------------------------

static double given(double value, double unit, double measured)
{
    return value > 0 ? value * unit : measured;
}

static void describe_cluster(struct planning *planning)
{
    const struct plan_options *options = &planning->options;
    const struct plan_probe *probe = &planning->probe;
    struct hrm_cluster *cluster = &planning->cluster;
    double write_rate = given(options->write_gb_s, 1e9, probe->write_rate);
    double puzzle = (double)planning->work.puzzle_bytes;
    double bytes = (double)planning->model->layout.total * sizeof(float);
    int cores = cluster->cores, named = planning->list.count;
    *cluster = (struct hrm_cluster){
        .cores = cores,
        .nodes = options->nodes,
        .threads = planning->eval.threads > 0 ? planning->eval.threads : 1,
        .contention = fmax(1, given(options->contention, 1, planning->speed.contention)),
        .spread = options->spread,
        .seed = (uint64_t)planning->eval.seed,
        .launch = given(options->launch, 1, probe->launch),
        .launch_rank = options->launch_rank_ms / 1e3,
        .prepare = planning->opening / (double)planning->source.count + puzzle / write_rate,
        .claim_latency = given(options->claim_us, 1e-6, probe->claim_latency),
        .claim_service = given(options->service_us, 1e-6, probe->claim_service),
        .store_latency = given(options->store_ms, 1e-3, probe->store_latency),
        .read_rate = given(options->read_gb_s, 1e9, write_rate),
        .network_rate = options->network_gb_s * 1e9,
        .write_rate = write_rate,
        .count = options->vote_us / 1e6};
    // Without checkpoints to try: they are read, copied and packed, at 1 GB/s or less.
    double load = named ? planning->loading / named : 3 * bytes / fmin(cluster->read_rate, 1e9);
    cluster->load = given(options->load, 1, load);
}

/// What all ranks take part in.
static int probe_all(struct planning *planning, struct hrm_error *error)
{
    const struct plan_options *options = &planning->options;
    struct plan_probe *probe = &planning->probe;
    int status = HRM_OK;
    if (options->claim_us <= 0 || options->service_us <= 0)
        status = plan_probe_claims(probe, planning->world, error);
    if (status == HRM_OK && (options->store_ms <= 0 || options->write_gb_s <= 0))
        status = plan_probe_store(probe, planning->world, planning->eval.output,
                                  planning->eval.block, error);
    return status;
}

// --- the forecast --------------------------------------------------------------------------------

static int price(struct planning *planning, struct hrm_error *error)
{
    const struct plan_depth *depth = &planning->depth;
    planning->costs = calloc((size_t)depth->count, sizeof *planning->costs);
    if (!planning->costs)
        return hrm_fail(error, HRM_FAILED, "no memory for %lld claims", (long long)depth->count);
    for (int64_t i = 0; i < depth->count; i++)
        planning->costs[i] = depth->segments[i] * planning->speed.segment;
    planning->work.costs = planning->costs;
    planning->work.cost_count = depth->count;
    return HRM_OK;
}

static int forecast(struct planning *planning, struct hrm_error *error)
{
    struct hrm_forecast forecasts[PLAN_RANKS];
    struct hrm_footprint volumes[PLAN_RANKS];
    const struct hrm_workload *work = &planning->work;
    int status = price(planning, error);
    for (int i = 0; i < planning->count && status == HRM_OK; i++) {
        struct hrm_footprint_of of = {&work->plan,
                                      planning->model,
                                      planning->ranks[i],
                                      planning->cluster.threads,
                                      eval_options_rule(&planning->eval),
                                      &planning->task};
        volumes[i] = hrm_footprint_make(&of);
        status = hrm_simulate(work, &planning->cluster, planning->ranks[i], &forecasts[i], error);
    }
    struct plan_report report = {.work = work,
                                 .cluster = &planning->cluster,
                                 .model = planning->model,
                                 .speed = &planning->speed,
                                 .published = &planning->published,
                                 .depth = &planning->depth,
                                 .like = *planning->options.like ? planning->options.like
                                                                 : "as in the blocks measured",
                                 .process = planning->process,
                                 .forecasts = forecasts,
                                 .volumes = volumes,
                                 .count = planning->count};
    return status ? status : plan_print(&report, planning->options.json, error);
}

/// What rank 0 does by itself.
static int plan_alone(struct planning *planning, struct hrm_error *error)
{
    struct hrm_machine machine;
    hrm_machine_look(&machine);
    planning->cluster.cores = planning->options.cores > 0 ? planning->options.cores : machine.cpus;
    int status = measure(planning, error);
    if (status)
        return status;
    describe_cluster(planning);
    status = measure_published(planning, error);
    return status ? status : forecast(planning, error);
}

static int plan_all(struct planning *planning, const struct hrm_cli *cli, struct hrm_error *error)
{
    const struct hrm_world *world = planning->world;
    planning->process = hrm_machine_peak_memory();
    planning->probe.launch = plan_probe_age();
    int status = plan_options_ranks(&planning->options, planning->ranks, &planning->count, error);
    if (status == HRM_OK && world->rank == 0)
        status = find_work(planning, cli, error);
    status = hrm_agree(world->comm, status, error);
    if (status == HRM_OK)
        status = probe_all(planning, error);
    if (status == HRM_OK && world->rank == 0)
        status = plan_alone(planning, error);
    return hrm_agree(world->comm, status, error);
}

static void finish(struct planning *planning)
{
    puzzle_source_close(&planning->source);
    checkpoint_list_free(&planning->list);
    hrm_weights_free(&planning->weights);
    if (planning->own.owned)
        hrm_model_free(&planning->own);
    plan_depth_free(&planning->depth);
    free(planning->costs);
}

int hrm_job_plan(int argc, char **argv)
{
    static struct planning planning;
    struct hrm_option_section sections[3 + HRM_TASKS_MOST] = {
        plan_options_section(&planning.options), eval_options_section(&planning.eval),
        hrm_model_config_section(&planning.config)};
    struct hrm_cli cli = {
        .name = "plan",
        .summary =
            "Foretell the work, the memory and the time of an evaluation on any number of ranks",
        .description =
            "Takes what hrmpi eval takes, or a preset with --models instead of checkpoints, and "
            "runs nothing of it but a few seconds of measurements. Ranks that claim, compute and "
            "store are then simulated event by event. For every number of ranks it says where "
            "their time goes: start (launch, weights, a new file), compute, queue (waiting for "
            "the counter on rank 0), storage (stores and counting), tail (nothing left to claim); "
            "the largest is the bottleneck.\n\n"
            "Growth with R ranks of T threads, for B blocks, C checkpoints, P perturbations, n "
            "puzzles: messages at most B + R T round trips of 16 bytes, and a few broadcasts and "
            "sums of log R steps; bytes about 12 kB C to each rank, some kB from each, C times the "
            "weights in fp32 to each node; votes file "
            "of Sudoku 9x9 126 n + 60 C P n + 8 B; memory of a node C times the packed weights, of "
            "a rank T "
            "workspaces, of rank 0 256 bytes R more. No memory grows with n.\n\n"
            "For another machine than this one give its figures: --cores, --segment-ms or --bench, "
            "--claim-us, --service-us, --write-gb-s, --read-gb-s, --store-ms. Under mpirun the "
            "counter and the storage are measured from all ranks.",
        .arguments = "[CHECKPOINT...]",
        .examples = "hrmpi plan runs/small --last 2 --first 500 --nodes 1 --simulate 1,2,4\n"
                    "hrmpi plan --preset hrm --models 10 --count 422786 --cores 64 --simulate "
                    "64,1024,16384,100000\n"
                    "hrmpi plan --preset maze30 --puzzles generate:1000 --simulate 64\n"
                    "hrmpi plan runs/hrm --last 10 --like votes.h5 --json\n",
        .sections = sections,
        .section_count = 3 + hrm_task_choice_sections(&planning.choice, sections + 3)};
    struct hrm_error error = {0};
    planning = (struct planning){.cli = &cli};
    if (hrm_job_parse(&cli, argc, argv, &error))
        return hrm_console_error(&error);
    if (cli.done)
        return HRM_OK;
    planning.world = hrm_job_world();
    int status = plan_all(&planning, &cli, &error);
    finish(&planning);
    return status ? hrm_console_error(&error) : HRM_OK;
}
