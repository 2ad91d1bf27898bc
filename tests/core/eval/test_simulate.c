#include "core/eval/simulate.h"

#include <check.h>
#include <math.h>
#include <stdlib.h>

static const double SECOND = 1;

/// One checkpoint and perturbation, `blocks` whole blocks of 10 puzzles, a second each.
static struct hrm_workload equal_blocks(int64_t blocks)
{
    struct hrm_workload work = {
        .pass_bytes = 56,
        .puzzle_bytes = 166,
        .plan = {.checkpoints = 1, .perturbations = 1, .block = 10, .puzzles = 10 * blocks},
        .most = 1,
        .costs = &SECOND,
        .cost_count = 1};
    ck_assert_int_eq(hrm_plan_make(&work.plan, NULL), HRM_OK);
    return work;
}

/// Nothing but passes takes time.
static struct hrm_cluster ideal(int cores)
{
    return (struct hrm_cluster){.cores = cores,
                                .threads = 1,
                                .contention = 1,
                                .read_rate = 1e30,
                                .write_rate = 1e30,
                                .network_rate = 1e30};
}

static struct hrm_forecast forecast_of(const struct hrm_workload *work,
                                       const struct hrm_cluster *cluster, int ranks)
{
    struct hrm_forecast forecast;
    ck_assert_int_eq(hrm_simulate(work, cluster, ranks, &forecast, NULL), HRM_OK);
    double sum = 0;
    for (int i = 0; i < HRM_FORECAST_PARTS; i++) {
        ck_assert_double_ge(forecast.parts[i], -1e-9);
        sum += forecast.parts[i];
    }
    ck_assert_double_eq_tol(sum, forecast.wall, 1e-9 * forecast.wall);
    return forecast;
}

START_TEST(equal_blocks_go_in_rounds)
{
    static const struct {
        int ranks, threads;
        int64_t blocks;
    } cases[] = {{1, 1, 7}, {2, 1, 7}, {3, 2, 12}, {3, 2, 13}, {64, 1, 64}, {64, 1, 65}, {9, 1, 2}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct hrm_workload work = equal_blocks(cases[i].blocks);
        struct hrm_cluster cluster = ideal(4);
        cluster.threads = cases[i].threads;
        struct hrm_forecast forecast = forecast_of(&work, &cluster, cases[i].ranks);
        int64_t workers = cases[i].ranks * cases[i].threads;
        int64_t rounds = (cases[i].blocks + workers - 1) / workers;
        ck_assert_double_eq_tol(forecast.wall, (double)rounds, 1e-12);
        ck_assert_double_eq_tol(forecast.parts[HRM_FORECAST_COMPUTE],
                                (double)cases[i].blocks / (double)workers, 1e-12);
        ck_assert_int_eq(forecast.claims, cases[i].blocks + workers);
    }
}
END_TEST

/// Every term of the time of a single worker.
START_TEST(one_rank_adds_everything_up)
{
    const double costs[] = {1, 2, 4, 0.5};
    struct hrm_workload work = equal_blocks(4);
    work.costs = costs;
    work.cost_count = 4;
    work.checkpoint_bytes = 3000;
    struct hrm_cluster cluster = ideal(2);
    cluster.launch = 10;
    cluster.launch_rank = 1;
    cluster.load = 2;
    cluster.prepare = 0.01;
    cluster.claim_latency = 0.1;
    cluster.claim_service = 0.2;
    cluster.store_latency = 0.3;
    cluster.read_rate = 1000;
    cluster.write_rate = 500;
    cluster.count = 0.05;
    double records = 40. * (double)(double)work.pass_bytes;
    double start = 10 + 1 + 3 + 0.4, queue = 5 * 0.3, count = records / 1000 + 40 * 0.05;
    double storage = 8 * 0.3 + 40 * 166. / 1000 + records / 500;
    struct hrm_forecast forecast = forecast_of(&work, &cluster, 1);
    ck_assert_double_eq_tol(forecast.parts[HRM_FORECAST_START], start, 1e-9);
    ck_assert_double_eq_tol(forecast.parts[HRM_FORECAST_COMPUTE], 7.5, 1e-9);
    ck_assert_double_eq_tol(forecast.parts[HRM_FORECAST_QUEUE], queue, 1e-9);
    ck_assert_double_eq_tol(forecast.parts[HRM_FORECAST_STORAGE], storage + count, 1e-9);
    ck_assert_double_eq_tol(forecast.parts[HRM_FORECAST_TAIL], 0, 1e-9);
    ck_assert_int_eq(forecast.bottleneck,
                     storage + count > start ? HRM_FORECAST_STORAGE : HRM_FORECAST_START);
    ck_assert_double_eq_tol(forecast.core_hours, forecast.wall / 3600, 1e-9);
}
END_TEST

/// The weights are read once and cross the network, however many nodes there are.
START_TEST(weights_are_read_once)
{
    struct hrm_workload work = equal_blocks(64);
    work.checkpoint_bytes = 3000;
    struct hrm_cluster cluster = ideal(2);
    cluster.read_rate = 1e6;
    cluster.network_rate = 2000;
    double start[3];
    static const int ranks[3] = {2, 4, 64}; // on 1, 2 and 32 nodes
    for (int i = 0; i < 3; i++)
        start[i] = forecast_of(&work, &cluster, ranks[i]).parts[HRM_FORECAST_START];
    ck_assert_double_eq_tol(start[1] - start[0], 2 * 3000. / 2000, 1e-9);
    ck_assert_double_eq_tol(start[2], start[1], 1e-9);
}
END_TEST

/// 1,000 ranks keep a server of 10 ms busy without end: it alone decides the time.
START_TEST(a_busy_server_is_the_limit)
{
    struct hrm_workload work = equal_blocks(20000);
    struct hrm_cluster cluster = ideal(1);
    cluster.claim_service = 0.01;
    struct hrm_forecast forecast = forecast_of(&work, &cluster, 1000);
    ck_assert_double_eq_tol(forecast.wall, (20000 + 1000) * 0.01, 1 + 0.02);
    ck_assert_int_eq(forecast.bottleneck, HRM_FORECAST_QUEUE);

    cluster.claim_service = 0;
    cluster.write_rate = 10 * (double)(double)work.pass_bytes / 0.01;
    forecast = forecast_of(&work, &cluster, 1000);
    ck_assert_double_eq_tol(forecast.wall, 20000 * 0.01 + 1, 1e-6);
    ck_assert_int_eq(forecast.bottleneck, HRM_FORECAST_STORAGE);
    // With 10 ranks the same servers are idle nine tenths of the time.
    forecast = forecast_of(&work, &cluster, 10);
    ck_assert_double_lt(forecast.wall, 1.03 * 2000);
    ck_assert_int_eq(forecast.bottleneck, HRM_FORECAST_COMPUTE);
}
END_TEST

START_TEST(cores_are_shared)
{
    struct hrm_workload work = equal_blocks(1000);
    struct hrm_cluster cluster = ideal(2);
    cluster.nodes = 1;
    cluster.contention = 1.5;
    ck_assert_double_eq_tol(forecast_of(&work, &cluster, 1).wall, 1000, 1e-9);
    ck_assert_double_eq_tol(forecast_of(&work, &cluster, 2).wall, 750, 1e-9);
    ck_assert_double_eq_tol(forecast_of(&work, &cluster, 4).wall, 750, 1e-9);
    ck_assert_double_eq_tol(forecast_of(&work, &cluster, 4).core_hours, 1500 / 3600., 1e-9);
    cluster.nodes = 0;
    ck_assert_int_eq(hrm_cluster_nodes(&cluster, 5), 3);
    ck_assert_double_eq_tol(forecast_of(&work, &cluster, 4).wall, 375, 1e-9);
}
END_TEST

/// List scheduling: no worse than an even share and one block more (Graham 1966).
START_TEST(uneven_blocks_keep_to_the_bound)
{
    double costs[37], sum = 0;
    for (int i = 0; i < 37; i++)
        sum += costs[i] = 0.1 + (i * i % 37) / 37.;
    struct hrm_workload work = equal_blocks(37 * 100);
    work.costs = costs;
    work.cost_count = 37;
    for (int ranks = 1; ranks < 3000; ranks = 3 * ranks + 1) {
        struct hrm_cluster cluster = ideal(1);
        struct hrm_forecast forecast = forecast_of(&work, &cluster, ranks);
        ck_assert_double_eq_tol(forecast.parts[HRM_FORECAST_COMPUTE] * ranks, 100 * sum, 1e-6);
        ck_assert_double_ge(forecast.wall, 100 * sum / ranks - 1e-9);
        ck_assert_double_le(forecast.wall, 100 * sum / ranks + 1.1);
        cluster.spread = 0.2;
        ck_assert_double_lt(forecast_of(&work, &cluster, ranks).wall,
                            (100 * sum / ranks + 1.1) * (ranks < 40 ? 1.6 : 1.2) + 2);
    }
}
END_TEST

START_TEST(the_last_block_of_a_range_is_shorter)
{
    struct hrm_workload work = {
        .pass_bytes = 56,
        .puzzle_bytes = 166,
        .plan = {.checkpoints = 2, .perturbations = 3, .block = 10, .puzzles = 25},
        .most = 1,
        .costs = &SECOND,
        .cost_count = 1};
    ck_assert_int_eq(hrm_plan_make(&work.plan, NULL), HRM_OK);
    struct hrm_cluster cluster = ideal(1);
    ck_assert_double_eq_tol(forecast_of(&work, &cluster, 1).wall, 6 * 2.5, 1e-9);
    work.ranges = true;
    ck_assert_int_eq(hrm_workload_items(&work), 3);
    ck_assert_double_eq_tol(forecast_of(&work, &cluster, 1).wall, 2.5, 1e-9);
}
END_TEST

/// Large claims at first, single blocks at the end: few claims, and the same end.
START_TEST(claims_get_smaller)
{
    struct hrm_workload work = equal_blocks(4000);
    struct hrm_cluster cluster = ideal(1);
    work.most = 16;
    for (int ranks = 1; ranks < 200; ranks = 3 * ranks + 1) {
        struct hrm_forecast forecast = forecast_of(&work, &cluster, ranks);
        ck_assert_double_ge(forecast.wall, 4000. / ranks - 1e-9);
        ck_assert_double_le(forecast.wall, 4000. / ranks * (1 + 0.25 / ranks) + 2);
        ck_assert_int_lt(forecast.claims, 4000 / 16 + 40 * ranks);
    }
    work.most = 4000;
    ck_assert_double_eq_tol(forecast_of(&work, &cluster, 1).wall, 4000, 1e-9);
    // 1,000 to begin with, then a quarter of what was left after the last claim.
    ck_assert_int_lt(forecast_of(&work, &cluster, 1).claims, 40);
}
END_TEST

START_TEST(a_hundred_thousand_ranks)
{
    struct hrm_workload work = equal_blocks(1000000);
    struct hrm_cluster cluster = ideal(64);
    cluster.spread = 0.05;
    cluster.claim_latency = 5e-6;
    cluster.claim_service = 1e-6;
    struct hrm_forecast forecast = forecast_of(&work, &cluster, 100000);
    ck_assert_int_eq(forecast.nodes, 1563);
    ck_assert_double_ge(forecast.wall, 9.5);
    ck_assert_double_lt(forecast.wall, 13);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("simulate");
    TCase *tests = tcase_create("simulate");
    tcase_set_timeout(tests, 100);
    tcase_add_test(tests, equal_blocks_go_in_rounds);
    tcase_add_test(tests, one_rank_adds_everything_up);
    tcase_add_test(tests, weights_are_read_once);
    tcase_add_test(tests, a_busy_server_is_the_limit);
    tcase_add_test(tests, cores_are_shared);
    tcase_add_test(tests, uneven_blocks_keep_to_the_bound);
    tcase_add_test(tests, the_last_block_of_a_range_is_shorter);
    tcase_add_test(tests, claims_get_smaller);
    tcase_add_test(tests, a_hundred_thousand_ranks);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
