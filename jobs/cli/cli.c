#include "jobs/cli/cli.h"

#include "core/base/word.h"
#include "jobs/cli/bundled.h"
#include "jobs/cli/console.h"
#include "jobs/cli/help.h"

#include <assert.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define SECTIONS_MAX 16
#define PRESETS_MAX  64
#define WORDS_MAX    256
#define KNOWN_MAX    32

/// What every subcommand understands.
struct general {
    bool help, print_config;
    char preset[HRM_OPTION_TEXT], config[HRM_OPTION_TEXT], set[HRM_OPTION_TEXT];
};

static const struct hrm_option GENERAL[] = {
    {"preset", HRM_OPTION_TEXT, offsetof(struct general, preset), "", NULL,
     "start from a bundled configuration", 0, 0, HRM_ROLE_BOOKKEEPING, 0},
    {"config", HRM_OPTION_TEXT, offsetof(struct general, config), "", NULL,
     "read a configuration file after the preset and before the other options; sections for other "
     "subcommands are passed over",
     0, 0, HRM_ROLE_BOOKKEEPING, 0},
    {"set", HRM_OPTION_TEXT, offsetof(struct general, set), "", NULL,
     "section.key=value, as in a configuration file", 0, 0, HRM_ROLE_BOOKKEEPING, 0},
    {"print_config", HRM_OPTION_FLAG, offsetof(struct general, print_config), "false", NULL,
     "print the configuration that the arguments make, as a file for --config, and stop", 0, 0,
     HRM_ROLE_BOOKKEEPING, 0},
    {"help", HRM_OPTION_FLAG, offsetof(struct general, help), "false", NULL, "print this and stop",
     0, 0, HRM_ROLE_BOOKKEEPING, 0},
};

/// Sections that a file may have for other subcommands, each once.
static const char *known[KNOWN_MAX];
static int known_count;

/// Who looks at declarations instead of parsing.
static hrm_cli_visitor *visitor;
static void *visitor_context;

/// A command line that is being read.
struct parser {
    struct hrm_cli *cli;
    int argc, next;
    char **argv;
    bool ended; ///< behind `--`
    struct general general;
    struct hrm_option_section sections[SECTIONS_MAX]; ///< the caller's and [general]
    int count;
};

/// One argument taken apart.
struct argument {
    const struct hrm_option_section *section;
    const struct hrm_option *option; ///< NULL: positional, or a key of former times
    const char *key;                 ///< NULL: positional
    const char *value;
};

struct hrm_option_section hrm_cli_general(void)
{
    return (struct hrm_option_section)HRM_OPTION_SECTION("general", GENERAL, NULL);
}

void hrm_cli_visit(hrm_cli_visitor *by, void *context)
{
    visitor = by;
    visitor_context = context;
}

static void know(const char *name)
{
    for (int i = 0; i < known_count; i++)
        if (strcmp(known[i], name) == 0)
            return;
    assert(known_count < KNOWN_MAX);
    known[known_count++] = name;
}

void hrm_cli_know(const struct hrm_cli *cli, void *unused)
{
    (void)unused;
    know(cli->name);
    for (int i = 0; i < cli->section_count; i++)
        know(cli->sections[i].name);
}

static void make_sections(struct parser *parser)
{
    const struct hrm_cli *cli = parser->cli;
    assert(cli->section_count < SECTIONS_MAX - 1);
    for (int i = 0; i < cli->section_count; i++)
        parser->sections[i] = cli->sections[i];
    parser->count = cli->section_count + 1;
    parser->sections[cli->section_count] = hrm_cli_general();
    parser->sections[cli->section_count].target = &parser->general;
}

/// An option that no section has: names the one nearest to `meant` as it is typed.
static int unknown_option(const struct parser *parser, const char *key, const char *meant,
                          struct hrm_error *error)
{
    const char *words[WORDS_MAX];
    const char *point = strchr(meant, '.');
    char nearest[HRM_OPTION_TEXT];
    int count = 0;
    for (int s = 0; s < parser->count; s++)
        for (int i = 0; i < parser->sections[s].count && count < WORDS_MAX; i++)
            words[count++] = parser->sections[s].options[i].key;
    const char *word = hrm_nearest_word(point ? point + 1 : meant, words, count);
    int status = hrm_fail(error, HRM_USAGE, "unknown option '--%s'", key);
    if (!word)
        return hrm_hint(error, "'hrmpi %s --help' lists all options", parser->cli->name);
    snprintf(nearest, sizeof nearest, "%s", word);
    for (char *c = nearest; *c; c++)
        *c = *c == '_' ? '-' : *c;
    hrm_hint(error, "the nearest is --%s; 'hrmpi %s --help' lists all options", nearest,
             parser->cli->name);
    return status;
}

/// An option of former times, or one that there never was.
static int find_former(const struct parser *parser, const char *key, const char *meant,
                       struct argument *argument, struct hrm_error *error)
{
    const struct hrm_option_section *section = NULL;
    const struct hrm_option_former *former =
        hrm_options_former(parser->sections, parser->count, key, &section);
    if (!former)
        return unknown_option(parser, key, meant, error);
    *argument = (struct argument){section, NULL, former->key, NULL};
    return HRM_OK;
}

/// The option that `key` names; `no-key` names a flag, which *negated then tells.
static int find_option(const struct parser *parser, const char *key, struct argument *argument,
                       bool *negated, struct hrm_error *error)
{
    const struct hrm_option_section *section = NULL;
    struct hrm_error several = {0};
    const struct hrm_option *option =
        hrm_options_find(parser->sections, parser->count, key, &section, NULL);
    *negated = !option && strncmp(key, "no-", 3) == 0;
    if (!option)
        option = hrm_options_find(parser->sections, parser->count, key + (*negated ? 3 : 0),
                                  &section, &several);
    if (!option && section) {
        *error = several;
        return HRM_USAGE;
    }
    if (!option)
        return find_former(parser, key, key + (*negated ? 3 : 0), argument, error);
    if (*negated && option->type != HRM_OPTION_FLAG)
        return hrm_fail(error, HRM_USAGE, "--%s: '%s' is no flag", key, option->key);
    *argument = (struct argument){section, option, option->key, NULL};
    return HRM_OK;
}

/// The value of the option in `text`: behind '=', in the next argument, or in a flag itself.
static int find_value(struct parser *parser, const char *text, bool negated,
                      struct argument *argument, struct hrm_error *error)
{
    const char *equals = strchr(text, '=');
    if (negated && equals)
        return hrm_fail(error, HRM_USAGE, "%s: a flag is negated or set, not both", text);
    if (equals)
        argument->value = equals + 1;
    else if (argument->option && argument->option->type == HRM_OPTION_FLAG)
        argument->value = negated ? "false" : "true";
    else if (parser->next < parser->argc && strncmp(parser->argv[parser->next], "--", 2) != 0)
        argument->value = parser->argv[parser->next++];
    if (argument->value)
        return HRM_OK;
    int status = hrm_fail(error, HRM_USAGE, "%s needs a value", text);
    hrm_hint(error, "write '%s VALUE' or '%s=VALUE'", text, text);
    return status;
}

/// Take the next argument apart.
static int next_argument(struct parser *parser, struct argument *argument, struct hrm_error *error)
{
    char *text = parser->argv[parser->next++];
    char key[HRM_OPTION_TEXT];
    bool negated;
    *argument = (struct argument){.value = text};
    if (parser->ended || text[0] != '-' || text[1] == '\0')
        return HRM_OK;
    if (strcmp(text, "--") == 0) {
        parser->ended = true;
        argument->value = NULL;
        return HRM_OK;
    }
    if (text[1] != '-') {
        int status = hrm_fail(error, HRM_USAGE, "unknown option '%s'", text);
        hrm_hint(error,
                 "options begin with two dashes; arguments that begin with one go behind --");
        return status;
    }
    snprintf(key, sizeof key, "%.*s", (int)strcspn(text + 2, "="), text + 2);
    int status = find_option(parser, key, argument, &negated, error);
    return status ? status : find_value(parser, text, negated, argument, error);
}

static bool is_general(const struct parser *parser, const struct argument *argument)
{
    return argument->section == &parser->sections[parser->count - 1];
}

/// First reading: what concerns the command line itself, before any other option counts.
static int read_general(struct parser *parser, struct hrm_error *error)
{
    struct argument argument;
    for (parser->next = 1, parser->ended = false; parser->next < parser->argc;) {
        int status = next_argument(parser, &argument, error);
        if (status == HRM_OK && argument.key && is_general(parser, &argument))
            status = hrm_options_set(argument.section, 1, argument.key, argument.value, error);
        if (status)
            return status;
    }
    return HRM_OK;
}

/// `section.key=value`, the value of --set.
static int set_pair(const struct parser *parser, const char *pair, struct hrm_error *error)
{
    char key[HRM_OPTION_TEXT];
    const char *equals = strchr(pair, '=');
    if (!equals) {
        int status = hrm_fail(error, HRM_USAGE, "--set %s: no '='", pair);
        hrm_hint(error, "write '--set section.key=value'");
        return status;
    }
    snprintf(key, sizeof key, "%.*s", (int)(equals - pair), pair);
    return hrm_options_set(parser->cli->sections, parser->cli->section_count, key, equals + 1,
                           error);
}

static int take_positional(struct parser *parser, const char *text, struct hrm_error *error)
{
    struct hrm_cli *cli = parser->cli;
    if (cli->arguments) {
        cli->argv[cli->argc++] = (char *)text;
        return HRM_OK;
    }
    int status = hrm_fail(error, HRM_USAGE, "unexpected argument '%s'", text);
    hrm_hint(error, "'hrmpi %s' takes options only; 'hrmpi %s --help' lists them", cli->name,
             cli->name);
    return status;
}

/// Second reading: the options of the job from left to right, and the positional arguments.
static int read_options(struct parser *parser, struct hrm_error *error)
{
    struct argument argument;
    for (parser->next = 1, parser->ended = false; parser->next < parser->argc;) {
        int status = next_argument(parser, &argument, error);
        if (status == HRM_OK && !argument.key && argument.value)
            status = take_positional(parser, argument.value, error);
        else if (status == HRM_OK && argument.key && !is_general(parser, &argument))
            status = hrm_options_set(argument.section, 1, argument.key, argument.value, error);
        else if (status == HRM_OK && argument.key && strcmp(argument.key, "set") == 0)
            status = set_pair(parser, argument.value, error);
        if (status)
            return status;
    }
    return HRM_OK;
}

/// "hrm, small, tiny"; empty when no preset is installed.
static void list_presets(char *list, size_t size)
{
    char names[PRESETS_MAX][64];
    int count = hrm_bundled_list("presets", ".ini", names, PRESETS_MAX);
    *list = '\0';
    for (int i = 0; i < count; i++) {
        size_t used = strlen(list);
        snprintf(list + used, size - used, "%s%s", i ? ", " : "", names[i]);
    }
}

static int unknown_preset(const char *name, struct hrm_error *error)
{
    char list[400];
    list_presets(list, sizeof list);
    int status = hrm_fail(error, HRM_USAGE, "there is no preset '%s'", name);
    if (*list)
        hrm_hint(error, "the presets are %s", list);
    else
        hrm_hint(error, "no preset is installed; give a file with --config");
    return status;
}

int hrm_cli_want_preset(const struct hrm_cli *cli, struct hrm_error *error)
{
    char names[PRESETS_MAX][64], about[160], list[sizeof error->hint] = "";
    int count = hrm_bundled_list("presets", ".ini", names, PRESETS_MAX);
    for (int i = 0; i < count; i++) {
        size_t used = strlen(list);
        if (used < sizeof list && hrm_bundled_preset_about(names[i], about, sizeof about))
            snprintf(list + used, sizeof list - used, "\n    %-10.16s %.90s", names[i], about);
    }
    hrm_fail(error, HRM_USAGE,
             "hrmpi %s: which model? Neither a preset nor a configuration was given", cli->name);
    return hrm_hint(error, "add --preset NAME, or --config FILE:%s", list);
}

/// Read a file of options; sections that it has for other subcommands are passed over.
static int read_file(const struct parser *parser, const char *path, struct hrm_error *error)
{
    struct hrm_option_section sections[SECTIONS_MAX + KNOWN_MAX];
    int count = 0;
    for (; count < parser->cli->section_count; count++)
        sections[count] = parser->sections[count];
    for (int i = 0; i < known_count; i++)
        sections[count++] = (struct hrm_option_section){.name = known[i]};
    return hrm_options_read(sections, count, path, error);
}

static int read_preset(const struct parser *parser, struct hrm_error *error)
{
    char name[HRM_OPTION_TEXT + 16], path[PATH_MAX];
    snprintf(name, sizeof name, "presets/%s.ini", parser->general.preset);
    if (strchr(parser->general.preset, '/') || !hrm_bundled_find(name, path, sizeof path))
        return unknown_preset(parser->general.preset, error);
    return read_file(parser, path, error);
}

static bool wants_help(int argc, char **argv)
{
    for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++)
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0)
            return true;
    return false;
}

/// The configuration of the run that is there already, where nothing else names one.
static void recall_config(struct parser *parser)
{
    const struct hrm_cli *cli = parser->cli;
    const struct hrm_option_section *section = NULL;
    char path[PATH_MAX];
    const struct hrm_option *option =
        hrm_options_find(cli->sections, cli->section_count, cli->recall, &section, NULL);
    assert(option && option->type == HRM_OPTION_TEXT);
    const char *folder = (const char *)section->target + option->offset;
    int length = snprintf(path, sizeof path, "%s/config.ini", folder);
    if (length < HRM_OPTION_TEXT && access(path, F_OK) == 0)
        memcpy(parser->general.config, path, (size_t)length + 1);
}

/// The folder to recall from is known when the options have been read once.
static int read_recalled(struct parser *parser, struct hrm_error *error)
{
    const struct hrm_cli *cli = parser->cli;
    recall_config(parser);
    if (!*parser->general.config)
        return HRM_OK;
    hrm_options_default(cli->sections, cli->section_count);
    int status = read_file(parser, parser->general.config, error);
    return status ? status : read_options(parser, error);
}

static int apply(struct parser *parser, struct hrm_error *error)
{
    hrm_options_default(parser->sections, parser->count);
    int status = read_general(parser, error);
    bool named = *parser->general.preset || *parser->general.config;
    if (status == HRM_OK && *parser->general.preset)
        status = read_preset(parser, error);
    if (status == HRM_OK && *parser->general.config)
        status = read_file(parser, parser->general.config, error);
    if (status == HRM_OK)
        status = read_options(parser, error);
    if (status == HRM_OK && !named && parser->cli->recall)
        status = read_recalled(parser, error);
    return status;
}

int hrm_cli_parse(struct hrm_cli *cli, int argc, char **argv, struct hrm_error *error)
{
    struct parser parser = {.cli = cli, .argc = argc, .argv = argv};
    make_sections(&parser);
    cli->argc = 0;
    cli->argv = argv + 1;
    if (visitor) {
        visitor(cli, visitor_context);
        cli->done = true;
        return HRM_OK;
    }
    cli->done = wants_help(argc, argv);
    if (cli->done) {
        hrm_cli_help(cli);
        return HRM_OK;
    }
    int status = apply(&parser, error);
    if (status)
        return status;
    memcpy(cli->preset, parser.general.preset, sizeof cli->preset);
    memcpy(cli->config, parser.general.config, sizeof cli->config);
    cli->done = parser.general.print_config;
    if (cli->done && !hrm_console_is_quiet())
        hrm_options_write(cli->sections, cli->section_count, stdout);
    return HRM_OK;
}

static void print_presets(void)
{
    char names[PRESETS_MAX][64], about[160];
    int count = hrm_bundled_list("presets", ".ini", names, PRESETS_MAX);
    puts(count > 0 ? "presets:" : "presets: none installed");
    for (int i = 0; i < count; i++)
        printf("  %-10s %s\n", names[i],
               hrm_bundled_preset_about(names[i], about, sizeof about) ? about : "");
}

void hrm_cli_command(int argc, char **argv, char *text, size_t size)
{
    snprintf(text, size, "hrmpi");
    for (int i = 0; i < argc; i++) {
        size_t used = strlen(text);
        snprintf(text + used, size - used, " %s", argv[i]);
    }
}

void hrm_cli_help(const struct hrm_cli *cli)
{
    struct hrm_cli copy = *cli;
    struct parser parser = {.cli = &copy};
    if (hrm_console_is_quiet())
        return;
    make_sections(&parser);
    printf("usage: hrmpi %s [--option value]...%s%s\n\n", cli->name, cli->arguments ? " " : "",
           cli->arguments ? cli->arguments : "");
    hrm_help_text(cli->summary, 0, stdout);
    if (cli->description) {
        putchar('\n');
        hrm_help_text(cli->description, 0, stdout);
    }
    hrm_help_sections(parser.sections, parser.count, stdout);
    puts("\nA value may also be given as --option=value. A flag is set by --flag, cleared by "
         "--no-flag.\n"
         "The defaults give way to the preset, the preset to the configuration file, that to the\n"
         "command line from left to right.");
    print_presets();
    if (!cli->examples)
        return;
    puts("\nexamples:");
    hrm_help_text(cli->examples, 2, stdout);
}
