#ifndef HRM_JOBS_CLI_H
#define HRM_JOBS_CLI_H

#include "core/base/options.h"

#include <stdbool.h>

/// The command line of a subcommand, driven by its options tables.
///
/// A job declares what it takes, and parses:
///
///     struct eval_options { char checkpoints[HRM_OPTION_TEXT]; int first; };
///     static const struct hrm_option EVAL[] = {
///         {"checkpoints", HRM_OPTION_TEXT, offsetof(struct eval_options, checkpoints), "", NULL,
///          "folder or list of checkpoints", 0, 0},
///         {"first", HRM_OPTION_INT, offsetof(struct eval_options, first), "0", NULL,
///          "only the first puzzles (0: all)", 0, INT_MAX},
///     };
///     int hrm_job_eval(int argc, char **argv)
///     {
///         struct eval_options options;
///         struct hrm_option_section sections[] = {HRM_OPTION_SECTION("eval", EVAL, &options)};
///         struct hrm_cli cli = {.name = "eval",
///                               .summary = "Evaluate checkpoints on a puzzle set",
///                               .examples = "hrmpi eval --checkpoints runs/a --first 500\n",
///                               .sections = sections, .section_count = 1};
///         struct hrm_error error = {0};
///         if (hrm_cli_parse(&cli, argc, argv, &error))
///             return hrm_console_error(&error);
///         if (cli.done)
///             return HRM_OK;
///         ...
///     }
///
/// Understood everywhere: --key VALUE, --key=VALUE, --flag, --no-flag (dashes for underscores),
/// --section.key VALUE, --set section.key=VALUE, --preset NAME, --config FILE, --print-config,
/// --help, and -- before arguments that begin with a dash. Defaults give way to the preset, the
/// preset to the configuration file, that to the command line, which is read left to right.
struct hrm_cli {
    const char *name;        ///< of the subcommand
    const char *summary;     ///< one line
    const char *description; ///< paragraphs for --help, or NULL
    const char *arguments;   ///< usage of positional arguments such as "[FILE...]"; NULL: none
    const char *examples;    ///< a command per line, or NULL
    const char *recall; ///< key of the option with a folder whose config.ini counts where neither
                        ///< preset nor file is given; NULL: none; not with positional arguments
    struct hrm_option_section *sections;
    int section_count;

    bool done;   ///< [out] --help or --print-config was answered: nothing is left to do
    int argc;    ///< [out] number of positional arguments
    char **argv; ///< [out] the positional arguments, gathered inside the caller's argv
    char preset[HRM_OPTION_TEXT]; ///< [out] name given with --preset, or empty
    char config[HRM_OPTION_TEXT]; ///< [out] file given with --config, or empty
};

/// Set the defaults, then what the arguments say. argv[0] is the name of the subcommand.
/// --help and --print-config print to stdout unless the console is quiet (jobs/cli/console.h).
/// Needs no MPI; every rank parses the same arguments to the same result.
/// Errors: HRM_USAGE with a hint that names the nearest key.
int hrm_cli_parse(struct hrm_cli *cli, int argc, char **argv, struct hrm_error *error);

/// Ask for a preset, for a job that is too large to begin by mistake: the hint lists the presets
/// with their size and time. Returns HRM_USAGE.
int hrm_cli_want_preset(const struct hrm_cli *cli, struct hrm_error *error);

/// The command line as one text, cut to `size` - 1 characters.
void hrm_cli_command(int argc, char **argv, char *text, size_t size);

/// Print what --help prints.
void hrm_cli_help(const struct hrm_cli *cli);

/// While there is a visitor hrm_cli_parse() shows it what the job declares, and is done.
typedef void hrm_cli_visitor(const struct hrm_cli *cli, void *context);
void hrm_cli_visit(hrm_cli_visitor *visitor, void *context); ///< NULL: parse again

/// A visitor: know the names of the job and its sections, as sections that the files of other
/// jobs may have.
void hrm_cli_know(const struct hrm_cli *cli, void *unused);

/// The options that every job understands; their target is not to be used.
struct hrm_option_section hrm_cli_general(void);

#endif
