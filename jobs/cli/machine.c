#include "jobs/cli/machine.h"

#include <ctype.h>
#include <sched.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>
#if defined(__x86_64__)
#include <cpuid.h>
#endif

#define GROUP_PATH 4096 ///< bytes of the path of a control group

static void append(char *list, size_t size, const char *separator, const char *word)
{
    size_t used = strlen(list);
    snprintf(list + used, size - used, "%s%s", used ? separator : "", word);
}

/// Value of the first line of a /proc file that begins with `key`, behind the colon.
static bool read_proc(const char *path, const char *key, char *value, size_t size)
{
    char line[512];
    bool found = false;
    FILE *stream = fopen(path, "r");
    if (!stream)
        return false;
    while (!found && fgets(line, sizeof line, stream)) {
        char *colon = strchr(line, ':');
        if (strncmp(line, key, strlen(key)) != 0 || !colon)
            continue;
        colon += 1 + strspn(colon + 1, " \t");
        colon[strcspn(colon, "\n")] = '\0';
        snprintf(value, size, "%s", colon);
        found = true;
    }
    fclose(stream);
    return found;
}

#if defined(__x86_64__)
/// A bit of CPUID: leaf, subleaf, register 0..3 for a, b, c, d.
static const struct {
    const char *name;
    unsigned leaf, subleaf, reg, bit;
} FEATURES[] = {
    {"AVX2", 7, 0, 1, 5},        {"FMA", 1, 0, 2, 12},      {"AVX-512F", 7, 0, 1, 16},
    {"AVX512-BF16", 7, 1, 0, 5}, {"AMX-BF16", 7, 0, 3, 22},
};

static void list_instructions(struct hrm_machine *machine)
{
    for (size_t i = 0; i < sizeof FEATURES / sizeof *FEATURES; i++) {
        unsigned regs[4] = {0};
        if (__get_cpuid_count(FEATURES[i].leaf, FEATURES[i].subleaf, &regs[0], &regs[1], &regs[2],
                              &regs[3]) &&
            (regs[FEATURES[i].reg] >> FEATURES[i].bit & 1))
            append(machine->instructions, sizeof machine->instructions, " ", FEATURES[i].name);
    }
}
#else
static void list_instructions(struct hrm_machine *machine)
{
    (void)machine;
}
#endif

/// The CPU mask as ranges: "0-3,8".
static void list_mask(struct hrm_machine *machine)
{
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) != 0)
        return;
    machine->cpus = CPU_COUNT(&set);
    for (unsigned first = 0; first < CPU_SETSIZE; first++) {
        char range[32];
        unsigned last = first;
        if (!CPU_ISSET(first, &set))
            continue;
        while (last + 1 < CPU_SETSIZE && CPU_ISSET(last + 1, &set))
            last++;
        snprintf(range, sizeof range, last > first ? "%u-%u" : "%u", first, last);
        append(machine->mask, sizeof machine->mask, ",", range);
        first = last;
    }
}

// --- control groups ------------------------------------------------------------------------------

/// The first line of a file, without its end.
static bool read_line(const char *path, char *line, int size)
{
    FILE *stream = fopen(path, "r");
    bool read = stream && fgets(line, size, stream);
    if (stream)
        fclose(stream);
    if (read)
        line[strcspn(line, "\n")] = '\0';
    return read;
}

/// CPUs of the quota that a folder of a control group has; 0: none.
static double folder_quota(const char *folder)
{
    char path[GROUP_PATH + 32], line[80];
    double quota = 0, period = 0;
    snprintf(path, sizeof path, "%s/cpu.max", folder);
    if (read_line(path, line, sizeof line)) // "max 100000" or "150000 100000"
        return sscanf(line, "%lf %lf", &quota, &period) == 2 && quota > 0 && period > 0
                   ? quota / period
                   : 0;
    snprintf(path, sizeof path, "%s/cpu.cfs_quota_us", folder);
    if (!read_line(path, line, sizeof line) || sscanf(line, "%lf", &quota) != 1 || quota <= 0)
        return 0;
    snprintf(path, sizeof path, "%s/cpu.cfs_period_us", folder);
    if (!read_line(path, line, sizeof line) || sscanf(line, "%lf", &period) != 1 || period <= 0)
        return 0;
    return quota / period;
}

/// Bytes that a folder of a control group may hold; 0: no limit.
static double folder_memory(const char *folder)
{
    static const char *const names[] = {"memory.max", "memory.limit_in_bytes"};
    char path[GROUP_PATH + 32], line[80];
    double bytes = 0;
    for (int i = 0; i < 2 && bytes <= 0; i++) {
        snprintf(path, sizeof path, "%s/%s", folder, names[i]);
        if (!read_line(path, line, sizeof line) || sscanf(line, "%lf", &bytes) != 1)
            bytes = 0; // none, or "max"
    }
    return bytes;
}

/// What is limited: the controller's name in version 1, and the limit that a folder sets.
struct limited {
    const char *controller;
    double (*of_folder)(const char *folder);
};
static const struct limited CPU = {"cpu", folder_quota}, MEMORY = {"memory", folder_memory};

/// The least limit of a group and those above it, up to the folder where groups are mounted. In a
/// container the group may have another path than there: then the folders above it count.
static double least_of(const struct limited *what, const char *mount, const char *group)
{
    char folder[GROUP_PATH];
    double least = 0;
    int length = snprintf(folder, sizeof folder, "%s%s", mount, group);
    if (length >= (int)sizeof folder || strstr(group, ".."))
        snprintf(folder, sizeof folder, "%s", mount);
    while (true) {
        double limit = what->of_folder(folder);
        if (limit > 0 && (least == 0 || limit < least))
            least = limit;
        char *slash = strrchr(folder, '/');
        if (!slash || strlen(folder) <= strlen(mount))
            return least;
        *slash = '\0';
    }
}

/// Whether a list separated by commas has a word.
static bool has_word(const char *list, const char *word)
{
    size_t length = strlen(word);
    for (; *list; list += strcspn(list, ","), list += *list == ',')
        if (strcspn(list, ",") == length && strncmp(list, word, length) == 0)
            return true;
    return false;
}

static double least_limit(const struct limited *what, const char *root)
{
    char path[GROUP_PATH], line[GROUP_PATH], mount[GROUP_PATH];
    double least = 0;
    snprintf(path, sizeof path, "%.200s/proc/self/cgroup", root);
    FILE *stream = fopen(path, "r");
    // Lines are NUMBER:CONTROLLERS:GROUP; version 2 has no controllers.
    while (stream && fgets(line, sizeof line, stream)) {
        line[strcspn(line, "\n")] = '\0';
        char *controllers = strchr(line, ':');
        char *group = controllers ? strchr(controllers + 1, ':') : NULL;
        if (!group)
            continue;
        *group++ = '\0';
        controllers++;
        if (*controllers && !has_word(controllers, what->controller))
            continue;
        snprintf(mount, sizeof mount, "%.200s/sys/fs/cgroup%s%.200s", root, *controllers ? "/" : "",
                 controllers);
        if (*controllers && access(mount, F_OK) != 0)
            snprintf(mount, sizeof mount, "%.200s/sys/fs/cgroup/%s", root, what->controller);
        double limit = least_of(what, mount, strcmp(group, "/") == 0 ? "" : group);
        if (limit > 0 && (least == 0 || limit < least))
            least = limit;
    }
    if (stream)
        fclose(stream);
    return least;
}

double hrm_machine_quota(const char *root)
{
    return least_limit(&CPU, root);
}

int64_t hrm_machine_memory_limit(const char *root)
{
    const double limit = least_limit(&MEMORY, root);
    return limit < 0x1p62 ? (int64_t)limit : 0;
}

static int64_t cache_size(int name)
{
    long size = sysconf(name);
    return size > 0 ? size : 0;
}

void hrm_machine_look(struct hrm_machine *machine)
{
    char available[64] = "0";
    *machine = (struct hrm_machine){0};
    if (gethostname(machine->host, sizeof machine->host - 1) != 0)
        snprintf(machine->host, sizeof machine->host, "unknown");
    read_proc("/proc/cpuinfo", "model name", machine->cpu, sizeof machine->cpu);
    list_instructions(machine);
    list_mask(machine);
    machine->quota = hrm_machine_quota("");
    machine->online = (int)sysconf(_SC_NPROCESSORS_ONLN);
    machine->l1 = cache_size(_SC_LEVEL1_DCACHE_SIZE);
    machine->l2 = cache_size(_SC_LEVEL2_CACHE_SIZE);
    machine->l3 = cache_size(_SC_LEVEL3_CACHE_SIZE);
    machine->memory = (int64_t)sysconf(_SC_PHYS_PAGES) * sysconf(_SC_PAGESIZE);
    read_proc("/proc/meminfo", "MemAvailable", available, sizeof available);
    machine->available = strtoll(available, NULL, 10) * 1024;
}

int64_t hrm_machine_peak_memory(void)
{
    struct rusage usage;
    return getrusage(RUSAGE_SELF, &usage) == 0 ? (int64_t)usage.ru_maxrss * 1024 : 0;
}

double hrm_machine_cpu_seconds(void)
{
    struct rusage usage;
    if (getrusage(RUSAGE_SELF, &usage) != 0)
        return 0;
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
           1e-6 * (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
}
