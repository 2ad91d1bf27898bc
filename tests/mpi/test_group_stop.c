#include "mpi/group_stop.h"

#include "tests/mpi/ranks.h"

/// Look until the notice is there; it is on its way.
static bool hears(struct hrm_group_stop *notice)
{
    struct hrm_error error = {0};
    bool stop = false;
    while (!stop)
        ck_assert_int_eq(hrm_group_stop_poll(notice, &stop, &error), HRM_OK);
    return stop;
}

START_TEST(every_group_hears_of_a_stop)
{
    for (int replicas = 1; replicas <= world.size; replicas++) {
        struct hrm_group group;
        struct hrm_group_stop notice;
        struct hrm_error error = {0};
        ck_assert_int_eq(hrm_group_split(&world, replicas, &group, &error), HRM_OK);
        ck_assert_int_eq(hrm_group_stop_init(&notice, &world, &group, &error), HRM_OK);
        bool sender = group.replica == replicas - 1;
        if (sender)
            ck_assert_int_eq(hrm_group_stop_send(&notice, true, &error), HRM_OK);
        else if (group.rank == 0)
            ck_assert(hears(&notice));
        ck_assert_int_eq(hrm_group_stop_finish(&notice, &error), HRM_OK);
        hrm_group_free(&group);
    }
}
END_TEST

START_TEST(an_end_is_no_stop)
{
    struct hrm_group group;
    struct hrm_group_stop notice;
    struct hrm_error error = {0};
    bool stop = false;
    ck_assert_int_eq(hrm_group_split(&world, world.size, &group, &error), HRM_OK);
    ck_assert_int_eq(hrm_group_stop_init(&notice, &world, &group, &error), HRM_OK);
    ck_assert_int_eq(hrm_group_stop_send(&notice, false, &error), HRM_OK);
    MPI_Barrier(world.comm);
    for (int i = 0; i < 100; i++)
        ck_assert_int_eq(hrm_group_stop_poll(&notice, &stop, &error), HRM_OK);
    ck_assert(!stop);
    ck_assert_int_eq(hrm_group_stop_finish(&notice, &error), HRM_OK);
    ck_assert_int_eq(hrm_group_stop_finish(&notice, &error), HRM_OK); // of one that is over
    hrm_group_free(&group);
}
END_TEST

static void add_tests(TCase *tests)
{
    tcase_add_test(tests, every_group_hears_of_a_stop);
    tcase_add_test(tests, an_end_is_no_stop);
}

int main(void)
{
    return run_on_ranks("notice", add_tests);
}
