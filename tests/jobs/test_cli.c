#include "jobs/cli/cli.h"

#include "jobs/cli/console.h"
#include "jobs/jobs.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct model {
    int hidden, heads;
};

struct train {
    int steps;
    bool mixing;
    char output[HRM_OPTION_TEXT];
    int heads;
};

static const struct hrm_option MODEL[] = {
    {"hidden", HRM_OPTION_INT, offsetof(struct model, hidden), "512", NULL, "width", 1, 4096,
     HRM_ROLE_BOOKKEEPING, 0},
    {"heads", HRM_OPTION_INT, offsetof(struct model, heads), "8", NULL, "heads", 1, 64,
     HRM_ROLE_BOOKKEEPING, 0},
};
static const struct hrm_option TRAIN[] = {
    {"steps", HRM_OPTION_INT, offsetof(struct train, steps), "100", NULL, "steps", -9, 1000,
     HRM_ROLE_BOOKKEEPING, 0},
    {"mixing", HRM_OPTION_FLAG, offsetof(struct train, mixing), "true", "no easier copies",
     "easier copies", 0, 0, HRM_ROLE_BOOKKEEPING, 0},
    {"output", HRM_OPTION_TEXT, offsetof(struct train, output), "", NULL, "folder", 0, 0,
     HRM_ROLE_BOOKKEEPING, 0},
    {"heads", HRM_OPTION_INT, offsetof(struct train, heads), "1", NULL, "of the hydra", 1, 64,
     HRM_ROLE_BOOKKEEPING, 0},
};

static const struct hrm_option_former FORMER[] = {{"size", "small", "hidden=32 heads=2"},
                                                  {NULL, NULL, NULL}};

static struct model model;
static struct train train;
static struct hrm_error error;
static struct hrm_cli cli;
static struct hrm_option_section sections[] = {HRM_OPTION_SECTION("model", MODEL, &model),
                                               HRM_OPTION_SECTION("train", TRAIN, &train)};
static char path[] = "/tmp/hrm-test-cli-XXXXXX";

static void set_up(void)
{
    error = (struct hrm_error){0};
    cli = (struct hrm_cli){.name = "train",
                           .summary = "Train",
                           .arguments = "[FILE...]",
                           .sections = sections,
                           .section_count = 2};
    sections[0].former = FORMER;
    strcpy(path + strlen(path) - 6, "XXXXXX");
    int descriptor = mkstemp(path);
    ck_assert_int_ge(descriptor, 0);
    static const char text[] = "[model]\nhidden = 64\n[train]\nsteps = 7\n";
    ck_assert_int_eq(write(descriptor, text, sizeof text - 1), sizeof text - 1);
    close(descriptor);
    hrm_console_quiet(true);
}

static void tear_down(void)
{
    unlink(path);
}

/// Parse words separated by blanks; '@' is the configuration file.
static int parse(const char *line)
{
    static char copy[512];
    static char *argv[32];
    int argc = 0;
    snprintf(copy, sizeof copy, "train %s", line);
    for (char *word = strtok(copy, " "); word; word = strtok(NULL, " "))
        argv[argc++] = strcmp(word, "@") == 0 ? path : word;
    argv[argc] = NULL;
    return hrm_cli_parse(&cli, argc, argv, &error);
}

static const struct {
    const char *line;
    int hidden, heads, steps;
    bool mixing;
    const char *output;
    int argc;
} GOOD[] = {
    {"", 512, 8, 100, true, "", 0},
    {"--hidden 32 --steps=-5", 32, 8, -5, true, "", 0},
    {"--steps -5", 512, 8, -5, true, "", 0},
    {"--no-mixing", 512, 8, 100, false, "", 0},
    {"--mixing=no --mixing", 512, 8, 100, true, "", 0},
    {"--no-train.mixing --model.heads 4", 512, 4, 100, false, "", 0},
    {"--set model.heads=2 --set train.output=a=b", 512, 2, 100, true, "a=b", 0},
    {"--output=", 512, 8, 100, true, "", 0},
    {"--output x --output=y", 512, 8, 100, true, "y", 0},
    {"--config @", 64, 8, 7, true, "", 0},
    {"--steps 9 --config @", 64, 8, 9, true, "", 0},
    {"a --steps 3 b - c", 512, 8, 3, true, "", 4},
    {"--steps 3 -- --steps b", 512, 8, 3, true, "", 2},
    {"--steps 3 -- --help", 512, 8, 3, true, "", 1},
    {"--size small", 32, 2, 100, true, "", 0},
    {"--model.size=small --model.heads 4 b", 32, 4, 100, true, "", 1},
};

START_TEST(test_parse)
{
    ck_assert_msg(parse(GOOD[_i].line) == HRM_OK, "%s", error.text);
    ck_assert(!cli.done);
    ck_assert_int_eq(model.hidden, GOOD[_i].hidden);
    ck_assert_int_eq(model.heads, GOOD[_i].heads);
    ck_assert_int_eq(train.steps, GOOD[_i].steps);
    ck_assert(train.mixing == GOOD[_i].mixing);
    ck_assert_str_eq(train.output, GOOD[_i].output);
    ck_assert_int_eq(cli.argc, GOOD[_i].argc);
}
END_TEST

START_TEST(test_positional)
{
    ck_assert_int_eq(parse("first --steps 3 second -- --third"), HRM_OK);
    ck_assert_int_eq(cli.argc, 3);
    ck_assert_str_eq(cli.argv[0], "first");
    ck_assert_str_eq(cli.argv[1], "second");
    ck_assert_str_eq(cli.argv[2], "--third");
}
END_TEST

static const struct {
    const char *line, *says;
} BAD[] = {
    {"--size huge", "'huge' is no value of 'size'"},
    {"--set model.size=huge", "size=small"},
    {"--size", "--size needs a value"},
    {"--no-size", "unknown option '--no-size'"},
    {"--hiden 3", "the nearest is --hidden"},
    {"--train.hiden 3", "the nearest is --hidden"},
    {"--no-mixin", "the nearest is --mixing"},
    {"--zzzzzz", "--help"},
    {"--heads 3", "several sections"},
    {"--hidden", "needs a value"},
    {"--hidden --steps 3", "needs a value"},
    {"--hidden 0", "1 to 4096"},
    {"--no-hidden", "no flag"},
    {"--no-mixing=yes", "not both"},
    {"-s 3", "two dashes"},
    {"--set steps", "no '='"},
    {"--set steps=x", "whole number"},
    {"--set tsteps=3", "train.steps"},
    {"--config /nowhere.ini", "/nowhere.ini"},
    {"--preset ../presets/tiny", "there is no preset"},
    {"--preset nothing", "tiny"},
};

START_TEST(test_refuse)
{
    ck_assert_int_eq(parse(BAD[_i].line), HRM_USAGE);
    ck_assert_msg(strstr(error.text, BAD[_i].says) || strstr(error.hint, BAD[_i].says),
                  "'%s' / '%s' lacks '%s'", error.text, error.hint, BAD[_i].says);
}
END_TEST

START_TEST(test_refuse_positional)
{
    cli.arguments = NULL;
    ck_assert_int_eq(parse("--steps 3 file"), HRM_USAGE);
    ck_assert_ptr_nonnull(strstr(error.text, "'file'"));
}
END_TEST

START_TEST(test_done)
{
    ck_assert_int_eq(parse("--hiden 3 --help"), HRM_OK);
    ck_assert(cli.done);
    ck_assert_int_eq(parse("--print-config --config @"), HRM_OK);
    ck_assert(cli.done);
    ck_assert_str_eq(cli.config, path);
    ck_assert_str_eq(cli.preset, "");
}
END_TEST

START_TEST(test_preset_of_other_jobs)
{
    static const struct hrm_option rows[] = {
        {"speed", HRM_OPTION_INT, 0, "3", NULL, "speed", 0, 0, HRM_ROLE_BOOKKEEPING, 0},
    };
    int speed = 0;
    struct hrm_option_section own[] = {HRM_OPTION_SECTION("solve", rows, &speed)};
    hrm_jobs_know();
    cli.sections = own;
    cli.section_count = 1;
    ck_assert_msg(parse("--preset tiny --speed 4") == HRM_OK, "%s", error.text);
    ck_assert_int_eq(speed, 4);
    ck_assert_str_eq(cli.preset, "tiny");
}
END_TEST

/// Every option of every subcommand says what it decides, and what it allows.
static void check_roles(const struct hrm_cli *one, void *count)
{
    for (int s = 0; s < one->section_count; s++)
        for (int i = 0; i < one->sections[s].count; i++, ++*(int *)count) {
            const struct hrm_option *option = &one->sections[s].options[i];
            int role = (int)option->role;
            ck_assert_msg(role > 0 && (role & (role - 1)) == 0 && role <= HRM_ROLE_BOOKKEEPING,
                          "%s.%s has no role, or several", one->sections[s].name, option->key);
            ck_assert_msg(option->since >= 0 && *option->help, "%s", option->key);
        }
}

START_TEST(test_roles)
{
    int options = 0;
    hrm_jobs_visit(check_roles, &options);
    ck_assert_int_gt(options, 150);
    struct hrm_cli general = {.sections = (struct hrm_option_section[]){hrm_cli_general()},
                              .section_count = 1};
    check_roles(&general, &options);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("cli");
    TCase *tcase = tcase_create("cli");
    tcase_set_timeout(tcase, 10);
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_loop_test(tcase, test_parse, 0, sizeof GOOD / sizeof *GOOD);
    tcase_add_test(tcase, test_positional);
    tcase_add_loop_test(tcase, test_refuse, 0, sizeof BAD / sizeof *BAD);
    tcase_add_test(tcase, test_refuse_positional);
    tcase_add_test(tcase, test_done);
    tcase_add_test(tcase, test_preset_of_other_jobs);
    tcase_add_test(tcase, test_roles);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
