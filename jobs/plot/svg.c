#include "jobs/plot/svg.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/// What a colour becomes on a dark screen. The first is the ground.
static const struct {
    const char *light, *dark;
} COLOURS[] = {{"#ffffff", "#161616"}, {"#202020", "#e6e6e6"}, {"#707070", "#9a9a9a"},
               {"#dddddd", "#383838"}, {"black", "#e6e6e6"},   {"#000000", "#e6e6e6"},
               {"#0072b2", "#3f97e0"}, {"#d55e00", "#ff7a2e"}, {"#009e73", "#17bd8d"},
               {"#cc79a7", "#e59ac4"}, {"#c98700", "#e9b02c"}, {"#3aa2df", "#8fd3fb"}};

static void put_style(FILE *stream)
{
    static const char *const properties[] = {"fill", "stroke", "color"};
    fputs("<style>@media screen and (prefers-color-scheme:dark){", stream);
    for (size_t i = 0; i < sizeof COLOURS / sizeof *COLOURS; i++)
        for (size_t k = 0; k < sizeof properties / sizeof *properties; k++)
            fprintf(stream, "[%s=\"%s\"]{%s:%s}", properties[k], COLOURS[i].light, properties[k],
                    COLOURS[i].dark);
    fputs("}</style>\n", stream);
}

void svg_put_text(const char *text, FILE *stream)
{
    json_t *checked = json_string(text);
    for (; *text; text++) {
        if (*text == '&')
            fputs("&amp;", stream);
        else if (*text == '<')
            fputs("&lt;", stream);
        else if (*text == '>')
            fputs("&gt;", stream);
        else if (*text == '"')
            fputs("&quot;", stream);
        else
            fputc((unsigned char)*text < ' ' || (*text < 0 && !checked) ? '?' : *text, stream);
    }
    json_decref(checked);
}

/// The length of a text up to the end of the first `end` in it.
static size_t length_to(const char *text, const char *end)
{
    const char *found = strstr(text, end);
    return found ? (size_t)(found - text) + strlen(end) : strlen(text);
}

static int starts(const char *text, const char *with)
{
    return strncmp(text, with, strlen(with)) == 0;
}

/// The name of one of its parts, or of one that is pointed to: gnuplot names them alike in every
/// picture. Returns the bytes taken, 0: there is no name here.
static size_t put_name(const char *from, const char *id, FILE *stream)
{
    static const char *const before[] = {" id='", " id=\"", "href='#"};
    for (size_t i = 0; i < sizeof before / sizeof *before; i++)
        if (starts(from, before[i])) {
            fprintf(stream, "%s%s_", before[i], id);
            return strlen(before[i]);
        }
    return 0;
}

/// A colour as '#rrggbb', whatever the spaces in it were. Returns the bytes taken or 0.
static size_t put_colour(const char *from, FILE *stream)
{
    int red, green, blue, length = 0;
    if (!starts(from, "rgb("))
        return 0;
    if (sscanf(from, "rgb( %d , %d , %d )%n", &red, &green, &blue, &length) < 3 || length == 0)
        return 0;
    fprintf(stream, "#%02x%02x%02x", (unsigned)red & 255, (unsigned)green & 255,
            (unsigned)blue & 255);
    return (size_t)length;
}

/// What says nothing: titles of gnuplot's own, groups without anything in them. Returns their bytes
/// or 0.
static size_t skip(const char *from)
{
    static const char font[] = "font-family=\"Helvetica\"";
    if (starts(from, "<title>") || starts(from, "<desc>"))
        return length_to(from, from[1] == 't' ? "</title>" : "</desc>");
    if (!starts(from, "<g fill=\"none\""))
        return starts(from, font) ? strlen(font) : 0;
    size_t tag = length_to(from, ">"), rest = strspn(from + tag, " \t\n");
    return starts(from + tag + rest, "</g>") ? tag + rest + strlen("</g>") : 0;
}

/// The picture's own title and text, which screen readers read.
static void put_head(const char *id, const char *title, const char *says, FILE *stream)
{
    fprintf(stream, "<title id=\"%s_title\">", id);
    svg_put_text(title, stream);
    fprintf(stream, "</title>\n<desc id=\"%s_desc\">", id);
    svg_put_text(says, stream);
    fputs("</desc>\n", stream);
    put_style(stream);
}

int svg_take(const char *document, const char *id, const char *title, const char *says, char **svg,
             struct hrm_error *error)
{
    const char *from = strstr(document, "<svg"), *end = from ? strstr(from, "</svg>") : NULL;
    size_t size = 0;
    FILE *stream = end ? open_memstream(svg, &size) : NULL;
    if (!end)
        return hrm_fail(error, HRM_FAILED, "gnuplot wrote no SVG");
    if (!stream)
        return hrm_fail(error, HRM_FAILED, "no memory for a figure");
    fprintf(stream,
            "<svg role=\"img\" aria-labelledby=\"%s_title %s_desc\" "
            "font-family=\"Helvetica,Arial,'Liberation Sans',sans-serif\"",
            id, id);
    from += strlen("<svg");
    size_t tag = length_to(from, ">");
    fwrite(from, 1, tag, stream);
    fputc('\n', stream);
    put_head(id, title, says, stream);
    for (from += tag; from < end;) {
        size_t length = skip(from);
        if (length == 0)
            length = put_name(from, id, stream);
        if (length == 0)
            length = put_colour(from, stream);
        if (length == 0)
            fputc(*from, stream);
        from += length ? length : 1;
    }
    fputs("</svg>\n", stream);
    if (fclose(stream) == 0)
        return HRM_OK;
    free(*svg);
    *svg = NULL;
    return hrm_fail(error, HRM_FAILED, "no memory for a figure");
}
