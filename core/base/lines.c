#include "core/base/lines.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#define BUFFER (4u * HRM_LINE)
#define MARK   "\357\273\277" // the byte order mark of UTF-8

static int fail_stream(const struct hrm_lines *lines, struct hrm_error *error)
{
    int number = Z_OK;
    const char *text = gzerror(lines->stream, &number);
    if (number == Z_ERRNO)
        text = strerror(errno);
    hrm_fail(error, HRM_DATA, "%s: after line %lld: truncated or damaged: %s", lines->path,
             (long long)lines->line, text);
    return hrm_hint(error, "copy or download the file again");
}

// Read more behind what is left in the buffer, which has room.
static int read_more(struct hrm_lines *lines, struct hrm_error *error)
{
    memmove(lines->buffer, lines->buffer + lines->at, lines->end - lines->at);
    lines->end -= lines->at;
    lines->at = 0;
    errno = 0;
    int length = gzread(lines->stream, lines->buffer + lines->end, (unsigned)(BUFFER - lines->end));
    int number = Z_OK;
    gzerror(lines->stream, &number);
    if (length < 0 || (number != Z_OK && number != Z_STREAM_END))
        return fail_stream(lines, error);
    lines->ended = length == 0;
    lines->end += (size_t)length;
    return HRM_OK;
}

static int pass_mark(struct hrm_lines *lines, struct hrm_error *error)
{
    const char *text;
    size_t length;
    int status = hrm_lines_peek(lines, 3, &text, &length, error);
    if (status != HRM_OK)
        return status;
    if (length == 3 && memcmp(text, MARK, 3) == 0)
        lines->at += 3;
    if (length < 2 || (memcmp(text, "\377\376", 2) != 0 && memcmp(text, "\376\377", 2) != 0))
        return HRM_OK;
    hrm_fail(error, HRM_DATA, "%s:1: the text is UTF-16", lines->path);
    return hrm_hint(error, "save it as UTF-8 or plain text");
}

int hrm_lines_open(struct hrm_lines *lines, const char *path, struct hrm_error *error)
{
    bool standard = strcmp(path, "-") == 0;
    *lines = (struct hrm_lines){0};
    snprintf(lines->path, sizeof lines->path, "%s", standard ? "the standard input" : path);
    errno = 0;
    int file = standard ? dup(STDIN_FILENO) : -1;
    if (!standard)
        lines->stream = gzopen(path, "rb");
    else if (file >= 0 && (lines->stream = gzdopen(file, "rb")) == NULL)
        close(file);
    if (lines->stream == NULL) {
        hrm_fail(error, HRM_DATA, "%s: cannot open: %s", lines->path, strerror(errno));
        return hrm_hint(error, "check the path and its permissions");
    }
    lines->buffer = malloc(BUFFER + 1);
    if (lines->buffer == NULL)
        return hrm_fail(error, HRM_FAILED, "out of memory: %u bytes for a file", BUFFER);
    gzbuffer(lines->stream, HRM_LINE);
    return pass_mark(lines, error);
}

// Where a line ends: at its LF, CR or a zero byte, or at `end`.
static size_t find_end(const char *buffer, size_t at, size_t end)
{
    while (at < end && ((unsigned char)buffer[at] > '\r' ||
                        (buffer[at] != '\n' && buffer[at] != '\r' && buffer[at] != '\0')))
        at++;
    return at;
}

static int fail_line(struct hrm_lines *lines, const char *what, struct hrm_error *error)
{
    hrm_fail(error, HRM_DATA, "%s:%lld: %s", lines->path, (long long)lines->line + 1, what);
    return hrm_hint(error, "the file is no text, or is damaged");
}

// Hand out the line from `at` to `stop`.
static char *take_line(struct hrm_lines *lines, size_t stop)
{
    char *text = lines->buffer + lines->at;
    bool last = stop == lines->end;
    lines->after_cr = !last && lines->buffer[stop] == '\r';
    lines->at = last ? stop : stop + 1;
    lines->buffer[stop] = '\0';
    lines->line++;
    return text;
}

int hrm_lines_next(struct hrm_lines *lines, char **text, struct hrm_error *error)
{
    size_t looked = 0; // bytes of the line without its end
    *text = NULL;
    for (;;) {
        if (lines->after_cr && lines->at < lines->end) {
            lines->at += lines->buffer[lines->at] == '\n';
            lines->after_cr = false;
        }
        size_t stop = find_end(lines->buffer, lines->at + looked, lines->end);
        looked = stop - lines->at;
        if (looked > HRM_LINE)
            return fail_line(lines, "a line of more than 65536 bytes", error);
        if (stop < lines->end && lines->buffer[stop] == '\0')
            return fail_line(lines, "a zero byte", error);
        if (stop < lines->end || lines->ended)
            break;
        int status = read_more(lines, error);
        if (status != HRM_OK)
            return status;
    }
    if (looked > 0 || lines->at < lines->end)
        *text = take_line(lines, lines->at + looked);
    return HRM_OK;
}

int hrm_lines_peek(struct hrm_lines *lines, size_t size, const char **text, size_t *length,
                   struct hrm_error *error)
{
    int status = HRM_OK;
    while (status == HRM_OK && !lines->ended && lines->end - lines->at < size)
        status = read_more(lines, error);
    *text = lines->buffer + lines->at;
    *length = lines->end - lines->at < size ? lines->end - lines->at : size;
    return status;
}

int hrm_lines_byte(struct hrm_lines *lines, struct hrm_error *error)
{
    while (lines->at == lines->end) {
        if (lines->ended || read_more(lines, error) != HRM_OK)
            return -1;
    }
    int byte = (unsigned char)lines->buffer[lines->at++];
    lines->line += byte == '\n';
    return byte;
}

void hrm_lines_close(struct hrm_lines *lines)
{
    if (lines->stream != NULL)
        gzclose_r(lines->stream);
    free(lines->buffer);
    lines->stream = NULL;
    lines->buffer = NULL;
}
