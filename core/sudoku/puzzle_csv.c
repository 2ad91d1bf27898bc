#include "core/sudoku/puzzle_csv.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#define LINE   512            // bytes of the longest line that is read
#define BUFFER (128u * 1024u) // bytes that zlib reads or writes at once

#define LEVEL "wb4" // twenty times as fast as the smallest, for 7% more bytes

#define EXPECTED "a puzzle file has the header " HRM_PUZZLE_HEADER " and 81 characters a board"

// --- reading ----------------------------------------------------------------------------------

static int fail_stream(const struct hrm_puzzle_reader *reader, struct hrm_error *error)
{
    int number = Z_OK;
    const char *text = gzerror(reader->stream, &number);
    if (number == Z_ERRNO)
        text = strerror(errno);
    hrm_fail(error, HRM_DATA, "%s: after line %lld: truncated or damaged: %s", reader->path,
             (long long)reader->line, text);
    return hrm_hint(error, "copy or download the file again");
}

// Read a line without its end. *more is false at the end of the file.
static int read_line(struct hrm_puzzle_reader *reader, char line[LINE], bool *more,
                     struct hrm_error *error)
{
    *more = gzgets(reader->stream, line, LINE) != NULL;
    int number = Z_OK;
    gzerror(reader->stream, &number);
    if (number != Z_OK && number != Z_STREAM_END)
        return fail_stream(reader, error);
    if (!*more)
        return HRM_OK;
    reader->line++;
    size_t length = strlen(line);
    if (length > 0 && line[length - 1] == '\n') {
        line[--length] = '\0';
    } else if (!gzeof(reader->stream)) {
        hrm_fail(error, HRM_DATA, "%s:%lld: a line of more than %d bytes, or with a zero byte",
                 reader->path, (long long)reader->line, LINE - 2);
        return hrm_hint(error, EXPECTED);
    }
    if (length > 0 && line[length - 1] == '\r')
        line[length - 1] = '\0';
    return HRM_OK;
}

static int read_header(struct hrm_puzzle_reader *reader, struct hrm_error *error)
{
    char line[LINE] = "";
    bool more = false;
    int status = read_line(reader, line, &more, error);
    if (status != HRM_OK)
        return status;
    if (!more) {
        hrm_fail(error, HRM_DATA, "%s: the file is empty", reader->path);
        return hrm_hint(error, EXPECTED);
    }
    if (strcmp(line, HRM_PUZZLE_HEADER) == 0)
        return HRM_OK;
    hrm_fail(error, HRM_DATA, "%s:1: header is '%.100s', wanted '%s'", reader->path, line,
             HRM_PUZZLE_HEADER);
    return hrm_hint(error, "give a file in the form of Sudoku-Extreme, with these four columns");
}

int hrm_puzzle_reader_open(struct hrm_puzzle_reader *reader, const char *path,
                           struct hrm_error *error)
{
    *reader = (struct hrm_puzzle_reader){0};
    snprintf(reader->path, sizeof reader->path, "%s", path);
    errno = 0;
    reader->stream = gzopen(path, "rb");
    if (reader->stream == NULL) {
        hrm_fail(error, HRM_DATA, "%s: cannot open: %s", path, strerror(errno));
        return hrm_hint(error, "check the path and its permissions");
    }
    gzbuffer(reader->stream, BUFFER);
    int status = read_header(reader, error);
    if (status != HRM_OK)
        hrm_puzzle_reader_close(reader);
    return status;
}

// Cut a line at its commas. Returns the number of fields, counting those beyond four too.
static int split(char *line, char *fields[4])
{
    int count = 0;
    for (char *field = line; field != NULL; count++) {
        char *comma = strchr(field, ',');
        if (comma != NULL)
            *comma++ = '\0';
        if (count < 4)
            fields[count] = field;
        field = comma;
    }
    return count;
}

static int parse_rating(const char *text, int32_t *rating, struct hrm_error *error)
{
    char *end = NULL;
    errno = 0;
    long value = strtol(text, &end, 10);
    if (errno != 0 || end == text || *end != '\0' || value < 0 || value > INT32_MAX)
        return hrm_fail(error, HRM_DATA, "rating is '%.40s', wanted a whole number of 0 or more",
                        text);
    *rating = (int32_t)value;
    return HRM_OK;
}

static int parse_row(char *line, struct hrm_puzzle *puzzle, struct hrm_error *error)
{
    char *fields[4];
    int count = split(line, fields);
    if (count != 4)
        return hrm_fail(error, HRM_DATA, "%d fields, wanted 4", count);
    if (strlen(fields[0]) >= HRM_SOURCE_NAME)
        return hrm_fail(error, HRM_DATA, "the source has %zu characters, at most %d are read",
                        strlen(fields[0]), HRM_SOURCE_NAME - 1);
    memset(puzzle->source, 0, sizeof puzzle->source);
    strcpy(puzzle->source, fields[0]);
    if (hrm_board_parse(fields[1], &puzzle->question, error) != HRM_OK ||
        hrm_board_parse(fields[2], &puzzle->answer, error) != HRM_OK ||
        parse_rating(fields[3], &puzzle->rating, error) != HRM_OK)
        return HRM_DATA;
    return hrm_puzzle_check(&puzzle->question, &puzzle->answer, error);
}

int hrm_puzzle_reader_next(struct hrm_puzzle_reader *reader, struct hrm_puzzle *puzzle, bool *more,
                           struct hrm_error *error)
{
    char line[LINE];
    int status = read_line(reader, line, more, error);
    if (status != HRM_OK || !*more)
        return status;
    struct hrm_error row = {0};
    struct hrm_puzzle found;
    if (parse_row(line, &found, &row) == HRM_OK) {
        *puzzle = found;
        return HRM_OK;
    }
    hrm_fail(error, HRM_DATA, "%s:%lld: %s", reader->path, (long long)reader->line, row.text);
    return hrm_hint(error, "mend or remove the line; a row is source, question, answer, rating");
}

void hrm_puzzle_reader_close(struct hrm_puzzle_reader *reader)
{
    if (reader->stream != NULL)
        gzclose_r(reader->stream);
    reader->stream = NULL;
}

// --- writing ----------------------------------------------------------------------------------

static int fail_write(const struct hrm_puzzle_writer *writer, struct hrm_error *error)
{
    hrm_fail(error, HRM_FAILED, "%s: cannot write: %s", writer->replace.path,
             errno != 0 ? strerror(errno) : "the write was cut short");
    return hrm_hint(error, "check free space, quota and permissions of the folder");
}

int hrm_puzzle_writer_open(struct hrm_puzzle_writer *writer, const char *path,
                           struct hrm_error *error)
{
    *writer = (struct hrm_puzzle_writer){0};
    int status = hrm_replace_begin(&writer->replace, path, error);
    if (status != HRM_OK)
        return status;
    size_t length = strlen(path);
    bool is_gzip = length >= 3 && strcmp(path + length - 3, ".gz") == 0;
    errno = 0;
    writer->stream = gzopen(writer->replace.temporary, is_gzip ? LEVEL : "wbT");
    if (writer->stream == NULL)
        return fail_write(writer, error);
    gzbuffer(writer->stream, BUFFER);
    if (gzputs(writer->stream, HRM_PUZZLE_HEADER "\n") <= 0)
        return fail_write(writer, error);
    return HRM_OK;
}

int hrm_puzzle_writer_put(struct hrm_puzzle_writer *writer, const struct hrm_puzzle *puzzle,
                          struct hrm_error *error)
{
    char question[HRM_CELLS + 1];
    char answer[HRM_CELLS + 1];
    char line[LINE];
    hrm_board_format(&puzzle->question, question);
    hrm_board_format(&puzzle->answer, answer);
    int length = snprintf(line, sizeof line, "%s,%s,%s,%d\n", puzzle->source, question, answer,
                          puzzle->rating);
    errno = 0;
    if (gzwrite(writer->stream, line, (unsigned)length) != length)
        return fail_write(writer, error);
    return HRM_OK;
}

int hrm_puzzle_writer_close(struct hrm_puzzle_writer *writer, struct hrm_error *error)
{
    errno = 0;
    int result = gzclose_w(writer->stream);
    writer->stream = NULL;
    if (result != Z_OK)
        return fail_write(writer, error);
    return hrm_replace_commit(&writer->replace, error);
}

void hrm_puzzle_writer_abandon(struct hrm_puzzle_writer *writer)
{
    if (writer->stream != NULL)
        gzclose_w(writer->stream);
    writer->stream = NULL;
    hrm_replace_abandon(&writer->replace);
}
