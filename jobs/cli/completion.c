#include "jobs/cli/completion.h"

#include "jobs/cli/bundled.h"
#include "jobs/jobs.h"

#include <string.h>

#define PRESETS_MAX 64

static void put_presets(FILE *stream)
{
    char names[PRESETS_MAX][64];
    int count = hrm_bundled_list("presets", ".ini", names, PRESETS_MAX);
    for (int i = 0; i < count; i++)
        fprintf(stream, "%s%s", i ? " " : "", names[i]);
}

/// The words of "first|second|...", with blanks between.
static void put_words(const char *choices, FILE *stream)
{
    for (; *choices; choices++)
        fputc(*choices == '|' ? ' ' : *choices, stream);
}

/// A key as it is typed.
static void put_key(const char *key, FILE *stream)
{
    for (; *key; key++)
        fputc(*key == '_' ? '-' : *key, stream);
}

static bool is_off(const struct hrm_option *option)
{
    return option->type == HRM_OPTION_FLAG && strcmp(option->fallback, "true") == 0;
}

typedef void option_writer(const char *job, const struct hrm_option *option, FILE *stream);

static void for_options(const struct hrm_cli *cli, option_writer *write, FILE *stream)
{
    const struct hrm_option_section general = hrm_cli_general();
    for (int s = 0; s <= cli->section_count; s++) {
        const struct hrm_option_section *section =
            s < cli->section_count ? &cli->sections[s] : &general;
        for (int i = 0; i < section->count; i++)
            write(cli->name, &section->options[i], stream);
    }
}

// --- bash ----------------------------------------------------------------------------------------

static void bash_name(const char *job, const struct hrm_option *option, FILE *stream)
{
    (void)job;
    fputs(is_off(option) ? " --no-" : " --", stream);
    put_key(option->key, stream);
}

/// What may follow the option; a number is not completed.
static void bash_value(const char *job, const struct hrm_option *option, FILE *stream)
{
    bool preset = strcmp(option->key, "preset") == 0;
    if (option->type == HRM_OPTION_FLAG || (option->type == HRM_OPTION_TEXT && !preset))
        return;
    fprintf(stream, "    %s:--", job);
    put_key(option->key, stream);
    fputs(") values='", stream);
    if (preset)
        put_presets(stream);
    else if (option->type == HRM_OPTION_CHOICE)
        put_words(option->choices, stream);
    fputs("' ;;\n", stream);
}

static void bash_options(const struct hrm_cli *cli, void *stream)
{
    fprintf(stream, "    %s) options='", cli->name);
    for_options(cli, bash_name, stream);
    fputs("' ;;\n", stream);
}

static void bash_values(const struct hrm_cli *cli, void *stream)
{
    for_options(cli, bash_value, stream);
}

void hrm_completion_bash(FILE *stream)
{
    fputs("# bash completion of hrmpi\n"
          "_hrmpi() {\n"
          "    local word=${COMP_WORDS[COMP_CWORD]} options='' values=none\n"
          "    if [ \"$COMP_CWORD\" -eq 1 ]; then\n"
          "        mapfile -t COMPREPLY < <(compgen -W '",
          stream);
    for (int i = 0; i < hrm_job_count; i++)
        fprintf(stream, "%s ", hrm_jobs[i].name);
    fputs("help --version' -- \"$word\")\n"
          "        return\n"
          "    fi\n"
          "    case ${COMP_WORDS[1]}:${COMP_WORDS[COMP_CWORD - 1]} in\n",
          stream);
    hrm_jobs_visit(bash_values, stream);
    fputs("    esac\n"
          "    case ${COMP_WORDS[1]} in\n",
          stream);
    hrm_jobs_visit(bash_options, stream);
    fputs("    esac\n"
          "    if [ \"$values\" != none ]; then\n"
          "        mapfile -t COMPREPLY < <(compgen -W \"$values\" -- \"$word\")\n"
          "    elif [[ $word == -* ]]; then\n"
          "        mapfile -t COMPREPLY < <(compgen -W \"$options\" -- \"$word\")\n"
          "    else\n"
          "        mapfile -t COMPREPLY < <(compgen -f -- \"$word\")\n"
          "    fi\n"
          "}\n"
          "complete -o filenames -F _hrmpi hrmpi\n",
          stream);
}

// --- zsh -----------------------------------------------------------------------------------------

/// Text inside '...' and a pair of brackets or between colons.
static void zsh_text(const char *text, FILE *stream)
{
    for (; *text; text++)
        if (*text == '\'')
            fputs("'\\''", stream);
        else if (strchr("[]:\\", *text))
            fprintf(stream, "\\%c", *text);
        else
            fputc(*text == '\n' ? ' ' : *text, stream);
}

static void zsh_option(const char *job, const struct hrm_option *option, FILE *stream)
{
    (void)job;
    fputs(is_off(option) ? "        '--no-" : "        '--", stream);
    put_key(option->key, stream);
    fputc('[', stream);
    zsh_text(is_off(option) && option->choices ? option->choices : option->help, stream);
    fputc(']', stream);
    if (option->type != HRM_OPTION_FLAG)
        fputs(":value:", stream);
    if (option->type == HRM_OPTION_CHOICE || strcmp(option->key, "preset") == 0) {
        fputc('(', stream);
        if (option->type == HRM_OPTION_CHOICE)
            put_words(option->choices, stream);
        else
            put_presets(stream);
        fputc(')', stream);
    } else if (option->type == HRM_OPTION_TEXT) {
        fputs("_files", stream);
    }
    fputs("' \\\n", stream);
}

static void zsh_job(const struct hrm_cli *cli, void *stream)
{
    fprintf(stream, "    %s) _arguments \\\n", cli->name);
    for_options(cli, zsh_option, stream);
    fprintf(stream, "        '*:file:_files' ;;\n");
}

void hrm_completion_zsh(FILE *stream)
{
    fputs("#compdef hrmpi\n"
          "local -a jobs=(\n",
          stream);
    for (int i = 0; i < hrm_job_count; i++) {
        fprintf(stream, "    '%s:", hrm_jobs[i].name);
        zsh_text(hrm_jobs[i].summary, stream);
        fputs("'\n", stream);
    }
    fputs(")\n"
          "if (( CURRENT == 2 )); then\n"
          "    _describe subcommand jobs\n"
          "    return\n"
          "fi\n"
          "local job=$words[2]\n"
          "shift words\n"
          "(( CURRENT-- ))\n"
          "case $job in\n",
          stream);
    hrm_jobs_visit(zsh_job, stream);
    fputs("esac\n", stream);
}
