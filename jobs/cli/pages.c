#include "jobs/cli/pages.h"

#include "build_info.h"
#include "core/base/atomic_file.h"
#include "jobs/cli/completion.h"
#include "jobs/cli/help.h"
#include "jobs/jobs.h"

#include <stdbool.h>
#include <string.h>

// --- roff ----------------------------------------------------------------------------------------

/// A character of text that means nothing to roff; `first` of its line.
static void put_character(char c, bool first, FILE *stream)
{
    static const struct {
        char c;
        const char *name;
    } names[] = {{'\\', "\\e"}, {'-', "\\-"}, {'\'', "\\(aq"}, {'~', "\\(ti"}, {'^', "\\(ha"}};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (c == names[i].c) {
            fputs(names[i].name, stream);
            return;
        }
    fprintf(stream, "%s%c", c == '.' && first ? "\\&" : "", c);
}

/// Text whose lines stay as they are.
static void put_lines(const char *text, FILE *stream)
{
    for (const char *c = text; *c; c++)
        put_character(*c, c == text || c[-1] == '\n', stream);
}

/// Text that is broken where its lines get long.
static void put(const char *text, FILE *stream)
{
    int column = 0;
    for (; *text; text++) {
        bool broken = *text == ' ' && column + (int)strcspn(text + 1, " ") > 60;
        put_character(broken ? '\n' : *text, column == 0, stream);
        column = broken || *text == '\n' ? 0 : column + 1;
    }
}

/// Paragraphs: an empty line between them, lines that a person has broken joined.
static void put_paragraphs(const char *text, FILE *stream)
{
    while (*text) {
        char line[1024];
        int length = (int)strcspn(text, "\n");
        snprintf(line, sizeof line, "%.*s", length, text);
        put(line + strspn(line, " "), stream);
        text += length + (text[length] == '\n');
        if (*text)
            fputs(*text == '\n' ? "\n.PP\n" : "\n", stream);
        text += strspn(text, "\n");
    }
    fputc('\n', stream);
}

static void put_head(const char *name, const char *summary, FILE *stream)
{
    fputs(".TH ", stream);
    for (const char *c = name; *c; c++)
        fputc(*c >= 'a' && *c <= 'z' ? *c - 'a' + 'A' : *c, stream);
    fprintf(stream, " 1 \"%s\" \"hrmpi %s\" \"hrmpi\"\n.SH NAME\n", HRM_DATE, HRM_VERSION);
    put(name, stream);
    fputs(" \\- ", stream);
    put(summary, stream);
    fputs("\n.SH SYNOPSIS\n", stream);
}

static void put_exit_codes(FILE *stream)
{
    static const char *const codes[][2] = {
        {"0", "done"},
        {"1", "failed"},
        {"2", "wrong usage or configuration"},
        {"3", "bad input data"},
        {"4", "numerical failure"},
        {"5", "a puzzle not solved (solve)"},
        {"75", "stopped early with a valid checkpoint: run the same command again"},
        {"141", "the reader of the output has gone"},
    };
    fputs(".SH EXIT STATUS\nThe same on every rank.\n", stream);
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++)
        fprintf(stream, ".TP\n.B %s\n%s\n", codes[i][0], codes[i][1]);
}

static void put_options(const struct hrm_option_section *section, FILE *stream)
{
    if (section->count == 0)
        return;
    fprintf(stream, ".SS [%s]\n", section->name);
    for (int i = 0; i < section->count; i++) {
        char left[128], right[1024];
        hrm_help_left(&section->options[i], left, sizeof left);
        hrm_help_right(&section->options[i], right, sizeof right);
        char *value = left + strcspn(left, " ");
        fputs(".TP\n\\fB", stream);
        if (*value)
            *value++ = '\0';
        put(left, stream);
        fputs("\\fR", stream);
        if (*value)
            fprintf(stream, " \\fI%s\\fR", value);
        fputc('\n', stream);
        put(right, stream);
        fputc('\n', stream);
    }
}

static void put_examples(const char *examples, FILE *stream)
{
    fputs(".SH EXAMPLES\n.nf\n", stream);
    put_lines(examples, stream);
    fprintf(stream, "%s.fi\n", examples[strlen(examples) - 1] == '\n' ? "" : "\n");
}

static int write_job(FILE *stream, const void *context, struct hrm_error *error)
{
    const struct hrm_cli *cli = context;
    const struct hrm_option_section general = hrm_cli_general();
    char name[64];
    (void)error;
    snprintf(name, sizeof name, "hrmpi-%s", cli->name);
    put_head(name, cli->summary, stream);
    fprintf(stream, ".B hrmpi %s\n[\\fB\\-\\-\\fIoption value\\fR]...\n", cli->name);
    if (cli->arguments)
        put(cli->arguments, stream);
    fputs(cli->arguments ? "\n.SH DESCRIPTION\n" : ".SH DESCRIPTION\n", stream);
    put_paragraphs(cli->description ? cli->description : cli->summary, stream);
    fputs(".SH OPTIONS\n", stream);
    put("A value may also be given as --option=value. A flag is set by --flag, cleared by "
        "--no-flag. The defaults give way to the preset, the preset to the configuration file, "
        "that to the command line from left to right. In a file an option is a line \"key = "
        "value\" in its section, with _ for the dashes.\n",
        stream);
    for (int i = 0; i < cli->section_count; i++)
        put_options(&cli->sections[i], stream);
    put_options(&general, stream);
    put_exit_codes(stream);
    if (cli->examples)
        put_examples(cli->examples, stream);
    fputs(".SH SEE ALSO\n.BR hrmpi (1)\n", stream);
    return HRM_OK;
}

static int write_main(FILE *stream, const void *context, struct hrm_error *error)
{
    (void)context, (void)error;
    put_head("hrmpi", "Hierarchical Reasoning Models on CPU clusters", stream);
    fputs(".B hrmpi\n\\fIsubcommand\\fR [\\fB\\-\\-\\fIoption value\\fR]...\n"
          ".SH DESCRIPTION\n"
          "Trains and evaluates Hierarchical Reasoning Models on CPU clusters.\n"
          "Every subcommand lists its options with \\-\\-help and has a page of its own.\n",
          stream);
    for (int i = 0; i < hrm_job_count; i++) {
        fprintf(stream, ".TP\n.BR hrmpi\\-%s (1)\n", hrm_jobs[i].name);
        put(hrm_jobs[i].summary, stream);
        fprintf(stream, "%s\n", hrm_jobs[i].parallel ? "; runs on several ranks" : "");
    }
    put_exit_codes(stream);
    return HRM_OK;
}

// --- files ---------------------------------------------------------------------------------------

struct writer {
    const char *folder;
    int status;
    struct hrm_error *error;
};

/// A visitor.
static void write_page(const struct hrm_cli *cli, void *context)
{
    struct writer *writer = context;
    char path[HRM_PATH];
    snprintf(path, sizeof path, "%.4000s/hrmpi-%.40s.1", writer->folder, cli->name);
    if (writer->status == HRM_OK)
        writer->status = hrm_atomic_file_text(path, write_job, cli, writer->error);
}

static int write_bash(FILE *stream, const void *context, struct hrm_error *error)
{
    (void)context, (void)error;
    hrm_completion_bash(stream);
    return HRM_OK;
}

static int write_zsh(FILE *stream, const void *context, struct hrm_error *error)
{
    (void)context, (void)error;
    hrm_completion_zsh(stream);
    return HRM_OK;
}

int hrm_pages_write(const char *folder, struct hrm_error *error)
{
    static const struct {
        const char *name;
        int (*write)(FILE *stream, const void *context, struct hrm_error *error);
    } files[] = {{"hrmpi.1", write_main}, {"hrmpi.bash", write_bash}, {"_hrmpi", write_zsh}};
    struct writer writer = {folder, HRM_OK, error};
    hrm_jobs_visit(write_page, &writer);
    for (size_t i = 0; i < sizeof files / sizeof *files && writer.status == HRM_OK; i++) {
        char path[HRM_PATH];
        snprintf(path, sizeof path, "%.4000s/%s", folder, files[i].name);
        writer.status = hrm_atomic_file_text(path, files[i].write, NULL, error);
    }
    return writer.status;
}
