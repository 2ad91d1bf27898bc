#include "jobs/cli/machine.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char root[64];

static void set_up(void)
{
    snprintf(root, sizeof root, "/tmp/hrm-test-machine-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(root));
}

static void tear_down(void)
{
    char command[96];
    snprintf(command, sizeof command, "rm -rf %s", root);
    ck_assert_int_eq(system(command), 0);
}

/// Write a file below the root, with its folders.
static void put(const char *name, const char *text)
{
    char path[512];
    int length = snprintf(path, sizeof path, "%s", root);
    snprintf(path + length, sizeof path - (size_t)length, "/%s", name);
    for (char *slash = strchr(path + length + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        mkdir(path, 0777);
        *slash = '/';
    }
    FILE *stream = fopen(path, "w");
    ck_assert_ptr_nonnull(stream);
    fputs(text, stream);
    fclose(stream);
}

static const struct {
    const char *group; ///< /proc/self/cgroup
    struct {
        const char *name, *text;
    } files[6];
    double quota;
    int64_t memory;
} CASES[] = {
    // No control groups at all.
    {NULL, {{NULL, NULL}}, 0, 0},
    // Version 2.
    {"0::/a/b\n", {{"a/b/cpu.max", "150000 100000\n"}}, 1.5, 0},
    {"0::/a/b\n", {{"a/b/cpu.max", "max 100000\n"}}, 0, 0},
    {"0::/a/b\n", {{"a/b/cpu.max", "max 100000\n"}, {"a/cpu.max", "20000 10000\n"}}, 2, 0},
    {"0::/a/b\n", {{"a/b/cpu.max", "400000 100000\n"}, {"a/cpu.max", "50000 100000\n"}}, 0.5, 0},
    // In a container the group is the root of what is mounted.
    {"0::/\n", {{"cpu.max", "300000 100000\n"}}, 3, 0},
    {"0::/../elsewhere\n", {{"cpu.max", "300000 100000\n"}}, 3, 0},
    {"0::/a\n", {{"a/cpu.max", "nonsense\n"}}, 0, 0},
    // Version 1.
    {"4:cpu,cpuacct:/job\n3:memory:/other\n",
     {{"cpu,cpuacct/job/cpu.cfs_quota_us", "250000\n"},
      {"cpu,cpuacct/job/cpu.cfs_period_us", "100000\n"},
      {"memory/other/cpu.cfs_quota_us", "1000\n"},
      {"memory/other/cpu.cfs_period_us", "100000\n"}},
     2.5,
     0},
    {"4:cpu,cpuacct:/job\n",
     {{"cpu,cpuacct/job/cpu.cfs_quota_us", "-1\n"},
      {"cpu,cpuacct/job/cpu.cfs_period_us", "100000\n"}},
     0,
     0},
    {"4:cpuacct,cpu:/job/step\n",
     {{"cpu/job/step/cpu.cfs_quota_us", "-1\n"},
      {"cpu/job/cpu.cfs_quota_us", "100000\n"},
      {"cpu/job/cpu.cfs_period_us", "50000\n"}},
     2,
     0},
    // A container that sees the path of its host, and only its own group.
    {"4:cpu,cpuacct:/docker/0123\n",
     {{"cpu,cpuacct/cpu.cfs_quota_us", "100000\n"}, {"cpu,cpuacct/cpu.cfs_period_us", "100000\n"}},
     1,
     0},
    // Both at once: the group of version 2 has no CPUs to give.
    {"4:cpu:/job\n0::/slice\n",
     {{"cpu/job/cpu.cfs_quota_us", "100000\n"}, {"cpu/job/cpu.cfs_period_us", "100000\n"}},
     1,
     0},
    // Memory: the least of all groups above; "max" and the huge number of version 1 are no limits.
    {"0::/a/b\n", {{"a/b/memory.max", "max\n"}, {"a/memory.max", "1073741824\n"}}, 0, 1 << 30},
    {"0::/a\n", {{"a/memory.max", "max\n"}, {"a/cpu.max", "300000 100000\n"}}, 3, 0},
    {"4:memory:/job/step\n3:cpu:/job\n",
     {{"memory/job/step/memory.limit_in_bytes", "9223372036854771712\n"},
      {"memory/job/memory.limit_in_bytes", "5368709120\n"},
      {"cpu/job/memory.limit_in_bytes", "4096\n"}},
     0,
     5368709120},
    {"4:memory:/job\n", {{"memory/job/memory.limit_in_bytes", "9223372036854771712\n"}}, 0, 0},
};
#define COUNT ((int)(sizeof CASES / sizeof *CASES))

START_TEST(finds_the_limits)
{
    if (CASES[_i].group)
        put("proc/self/cgroup", CASES[_i].group);
    for (int f = 0; f < 6 && CASES[_i].files[f].name; f++) {
        char name[256];
        snprintf(name, sizeof name, "sys/fs/cgroup/%s", CASES[_i].files[f].name);
        put(name, CASES[_i].files[f].text);
    }
    ck_assert_double_eq(hrm_machine_quota(root), CASES[_i].quota);
    ck_assert_int_eq(hrm_machine_memory_limit(root), CASES[_i].memory);
}
END_TEST

START_TEST(this_machine)
{
    struct hrm_machine machine;
    hrm_machine_look(&machine);
    ck_assert_int_ge(machine.cpus, 1);
    ck_assert_int_ge(machine.online, 1);
    ck_assert(machine.quota >= 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("machine");
    TCase *tests = tcase_create("machine");
    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_add_loop_test(tests, finds_the_limits, 0, COUNT);
    tcase_add_test(tests, this_machine);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
