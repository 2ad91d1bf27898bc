#include "mpi/common_backend.h"
#include "mpi/world.h"
#include "tests/mpi/ranks.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

START_TEST(knows_its_place)
{
    int rank = -1, size = -1, node_ranks = 0, leaders = 0;
    ck_assert_int_eq(MPI_Comm_rank(MPI_COMM_WORLD, &rank), MPI_SUCCESS);
    ck_assert_int_eq(MPI_Comm_size(MPI_COMM_WORLD, &size), MPI_SUCCESS);
    ck_assert_int_eq(world.rank, rank);
    ck_assert_int_eq(world.size, size);
    int mine = world.node_rank == 0 ? world.node_size : 0;
    MPI_Allreduce(&mine, &node_ranks, 1, MPI_INT, MPI_SUM, world.comm);
    ck_assert_int_eq(node_ranks, world.size);
    mine = world.node_rank == 0;
    MPI_Allreduce(&mine, &leaders, 1, MPI_INT, MPI_SUM, world.comm);
    ck_assert_int_eq(world.nodes, leaders);
    ck_assert_str_ne(world.host, "");
    int level = MPI_THREAD_SINGLE;
    MPI_Query_thread(&level);
    ck_assert_int_ge(level, MPI_THREAD_SERIALIZED);
}
END_TEST

START_TEST(errors_are_returned)
{
    struct hrm_error error = {0};
    int status = HRM_MPI(MPI_Send(NULL, 0, MPI_INT, world.size + 7, 0, world.comm), &error);
    ck_assert_int_eq(status, HRM_FAILED);
    char rank[32];
    snprintf(rank, sizeof rank, "rank %d", world.rank);
    ck_assert_ptr_nonnull(strstr(error.text, "MPI_Send"));
    ck_assert_ptr_nonnull(strstr(error.text, "test_world.c:"));
    ck_assert_ptr_nonnull(strstr(error.text, rank));
    // What follows is MPI's own text, in which every MPI speaks of the rank in its words.
    const char *own = strstr(error.text, "): ");
    ck_assert_ptr_nonnull(own);
    ck_assert_ptr_nonnull(strcasestr(own, "rank"));
}
END_TEST

START_TEST(agrees_on_success)
{
    struct hrm_error error = {0};
    ck_assert_int_eq(hrm_agree(world.comm, HRM_OK, &error), HRM_OK);
    ck_assert_int_eq(error.status, HRM_OK);
}
END_TEST

START_TEST(agrees_on_the_lowest_failure)
{
    for (int lowest = 0; lowest < world.size; lowest++) {
        struct hrm_error error = {0};
        int status = HRM_OK;
        if (world.rank >= lowest) {
            status = hrm_fail(&error, world.rank == lowest ? HRM_DATA : HRM_USAGE, "broken by %d",
                              world.rank);
            hrm_hint(&error, "mend %d", world.rank);
        }
        ck_assert_int_eq(hrm_agree(world.comm, status, &error), HRM_DATA);
        char text[64];
        if (world.size > 1)
            snprintf(text, sizeof text, "rank %d: broken by %d", lowest, lowest);
        else
            snprintf(text, sizeof text, "broken by %d", lowest);
        ck_assert_str_eq(error.text, text);
        snprintf(text, sizeof text, "mend %d", lowest);
        ck_assert_str_eq(error.hint, text);
        ck_assert_int_eq(error.status, HRM_DATA);
    }
}
END_TEST

START_TEST(shares_what_rank_0_has)
{
    char text[100] = "";
    if (world.rank == 0)
        memset(text, 'x', sizeof text);
    ck_assert_int_eq(hrm_broadcast(world.comm, text, 99, NULL), HRM_OK);
    ck_assert_int_eq(text[98], 'x');
    ck_assert_int_eq(text[99], world.rank == 0 ? 'x' : 0);
    ck_assert_int_eq(hrm_broadcast(world.comm, NULL, 0, NULL), HRM_OK);
}
END_TEST

START_TEST(splits_into_groups)
{
    for (int replicas = 1; replicas <= world.size; replicas++) {
        struct hrm_error error = {0};
        struct hrm_group group;
        ck_assert_int_eq(hrm_group_split(&world, replicas, &group, &error), HRM_OK);
        ck_assert_int_eq(group.replicas, replicas);
        ck_assert_int_ge(group.size, world.size / replicas);
        ck_assert_int_le(group.size, (world.size + replicas - 1) / replicas);
        int replica[64], rank[64];
        ck_assert_int_le(world.size, 64);
        MPI_Allgather(&group.replica, 1, MPI_INT, replica, 1, MPI_INT, world.comm);
        MPI_Allgather(&group.rank, 1, MPI_INT, rank, 1, MPI_INT, world.comm);
        ck_assert_int_eq(replica[0], 0);
        ck_assert_int_eq(replica[world.size - 1], replicas - 1);
        for (int i = 1; i < world.size; i++) {
            bool next = replica[i] == replica[i - 1] + 1;
            ck_assert(next || replica[i] == replica[i - 1]);
            ck_assert_int_eq(rank[i], next ? 0 : rank[i - 1] + 1);
        }
        hrm_group_free(&group);
    }
}
END_TEST

START_TEST(more_replicas_than_ranks)
{
    struct hrm_error error = {0};
    struct hrm_group group;
    ck_assert_int_eq(hrm_group_split(&world, world.size + 1, &group, &error), HRM_USAGE);
    ck_assert_str_ne(error.hint, "");
    hrm_group_free(&group);
}
END_TEST

/// Rank 1 has fp32 only, then the last rank nothing.
START_TEST(ranks_compute_with_what_all_have)
{
    struct hrm_error error = {0};
    const struct hrm_backend *backend;
    const unsigned all = hrm_backend_usable("auto");
    ck_assert_int_eq(hrm_common_backend(&world, "auto", all, &backend, &error), HRM_OK);
    ck_assert_ptr_eq(backend, hrm_backend_find("auto"));

    unsigned some = world.rank == 1 ? hrm_backend_usable("blas") : all;
    ck_assert_int_eq(hrm_common_backend(&world, "auto", some, &backend, &error), HRM_OK);
    ck_assert_ptr_eq(backend, world.size > 1 ? &hrm_backend_blas : hrm_backend_find("auto"));

    some = world.rank == world.size - 1 ? hrm_backend_usable("gpu") : all;
    ck_assert_int_eq(hrm_common_backend(&world, "auto", some, &backend, &error), HRM_USAGE);
    ck_assert_ptr_null(backend);
    ck_assert_ptr_nonnull(strstr(error.text, world.host));
    ck_assert_str_ne(error.hint, "");
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_test(tests, knows_its_place);
    tcase_add_test(tests, errors_are_returned);
    tcase_add_test(tests, agrees_on_success);
    tcase_add_test(tests, agrees_on_the_lowest_failure);
    tcase_add_test(tests, shares_what_rank_0_has);
    tcase_add_test(tests, splits_into_groups);
    tcase_add_test(tests, more_replicas_than_ranks);
    tcase_add_test(tests, ranks_compute_with_what_all_have);
}

int main(void)
{
    return run_on_ranks("world", add);
}
