#include "build_info.h"
#include "core/compute/backend.h"
#include "jobs/cli/cli.h"
#include "jobs/cli/console.h"
#include "jobs/cli/libraries.h"
#include "jobs/cli/machine.h"
#include "jobs/jobs.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct info_options {
    bool json;
};

static const struct hrm_option OPTIONS[] = {
    {"json", HRM_OPTION_FLAG, offsetof(struct info_options, json), "false", NULL,
     "print JSON instead of text", 0, 0, HRM_ROLE_RESULT, 0},
};

static json_t *program_facts(void)
{
    return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s}", "version", HRM_VERSION, "revision",
                     HRM_REVISION, "build", HRM_BUILD_TYPE, "compiler", HRM_COMPILER, "flags",
                     HRM_FLAGS, "system", HRM_SYSTEM);
}

static json_t *library_facts(void)
{
    struct hrm_library libraries[HRM_LIBRARIES];
    json_t *facts = json_object();
    hrm_libraries_list(libraries);
    for (int i = 0; i < HRM_LIBRARIES; i++) {
        const char *detail = libraries[i].detail;
        json_object_set_new(facts, libraries[i].name,
                            json_sprintf("%s%s%s%s", libraries[i].version, *detail ? " (" : "",
                                         detail, *detail ? ")" : ""));
    }
    return facts;
}

static json_t *machine_facts(void)
{
    struct hrm_machine machine;
    char quota[64] = "none";
    hrm_machine_look(&machine);
    if (machine.quota > 0)
        snprintf(quota, sizeof quota, "%g CPUs", machine.quota);
    return json_pack("{s:s, s:s, s:s, s:i, s:i, s:s, s:s, s:I, s:I, s:I, s:I, s:I}", "host",
                     machine.host, "cpu", machine.cpu, "instructions", machine.instructions,
                     "cpus online", machine.online, "cpus usable", machine.cpus, "cpu mask",
                     machine.mask, "cpu quota", quota, "L1 data bytes", (json_int_t)machine.l1,
                     "L2 bytes", (json_int_t)machine.l2, "L3 bytes", (json_int_t)machine.l3,
                     "memory bytes", (json_int_t)machine.memory, "available bytes",
                     (json_int_t)machine.available);
}

/// Every backend of this build, what it runs on, and which one "auto" means.
static json_t *backend_facts(void)
{
    json_t *facts = json_object();
    const struct hrm_backend *chosen = hrm_backend_find("auto");
    for (const struct hrm_backend *const *backend = hrm_backends(); *backend; backend++)
        json_object_set_new(facts, (*backend)->name,
                            json_sprintf("%s%s", (*backend)->detail,
                                         *backend == chosen        ? " (chosen)"
                                         : (*backend)->available() ? ""
                                                                   : " (not on this machine)"));
    return facts;
}

/// `key  value` per line; bytes become readable.
static void print_group(const char *name, json_t *group)
{
    const char *key;
    json_t *value;
    printf("%s\n", name);
    json_object_foreach(group, key, value)
    {
        char text[32];
        const char *unit = strstr(key, " bytes");
        int length = unit ? (int)(unit - key) : (int)strlen(key);
        printf("  %-*.*s", 16, length, key);
        if (unit)
            printf("%s\n", hrm_format_bytes((double)json_integer_value(value), text, sizeof text));
        else if (json_is_integer(value))
            printf("%" JSON_INTEGER_FORMAT "\n", json_integer_value(value));
        else
            printf("%s\n", json_string_value(value));
    }
}

static int print_facts(json_t *facts, bool as_json)
{
    const char *name;
    json_t *group;
    if (hrm_console_is_quiet())
        return HRM_OK;
    if (as_json) {
        int failed = json_dumpf(facts, stdout, JSON_INDENT(2));
        putchar('\n');
        return failed ? HRM_FAILED : HRM_OK;
    }
    json_object_foreach(facts, name, group) print_group(name, group);
    return HRM_OK;
}

int hrm_job_info(int argc, char **argv)
{
    struct info_options options;
    struct hrm_option_section sections[] = {HRM_OPTION_SECTION("info", OPTIONS, &options)};
    struct hrm_cli cli = {
        .name = "info",
        .summary = "Print what this program was built with and what this machine can do.",
        .examples = "hrmpi info\nhrmpi info --json",
        .sections = sections,
        .section_count = 1,
    };
    struct hrm_error error = {0};
    if (hrm_cli_parse(&cli, argc, argv, &error))
        return hrm_console_error(&error);
    if (cli.done)
        return HRM_OK;
    json_t *facts =
        json_pack("{s:o, s:o, s:o, s:o}", "program", program_facts(), "libraries", library_facts(),
                  "machine", machine_facts(), "backends", backend_facts());
    if (!facts) {
        hrm_fail(&error, HRM_FAILED, "out of memory");
        return hrm_console_error(&error);
    }
    int status = print_facts(facts, options.json);
    json_decref(facts);
    return status;
}
