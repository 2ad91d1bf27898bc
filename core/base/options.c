#include "core/base/options.h"

#include "core/base/input.h"
#include "core/base/options_line.h"
#include "core/base/word.h"

#include <assert.h>
#include <errno.h>
#include <ini.h>
#include <limits.h>
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define FILE_MOST ((size_t)1 << 20) ///< bytes of a configuration file

// --- finding a key ------------------------------------------------------------------------------

/// Whether `key` is `name.key`; *rest then points behind the point.
static bool has_section(const char *key, const char *name, const char **rest)
{
    size_t length = strlen(name);
    if (strncmp(key, name, length) != 0 || key[length] != '.')
        return false;
    *rest = key + length + 1;
    return true;
}

/// What a key was found to be.
struct found {
    const struct hrm_option_section *section;
    const struct hrm_option *option;
    int matches;
};

static void find_in_section(const struct hrm_option_section *section, const char *key,
                            struct found *found)
{
    const char *bare = key;
    if (strchr(key, '.') && !has_section(key, section->name, &bare))
        return;
    for (int i = 0; i < section->count; i++) {
        if (!hrm_word_same(section->options[i].key, bare))
            continue;
        found->section = section;
        found->option = &section->options[i];
        found->matches++;
    }
}

/// Names the nearest key in the hint of an error about an unknown one.
static int unknown_key(const struct hrm_option_section *sections, int count, const char *key,
                       struct hrm_error *error)
{
    const char *point = strchr(key, '.');
    const char *bare = point ? point + 1 : key;
    struct found nearest = {0};
    int best = INT_MAX;
    for (int s = 0; s < count; s++)
        for (int i = 0; i < sections[s].count; i++) {
            int distance = hrm_word_distance(bare, sections[s].options[i].key);
            if (distance < best) {
                best = distance;
                nearest = (struct found){&sections[s], &sections[s].options[i], 1};
            }
        }
    int status = hrm_fail(error, HRM_USAGE, "unknown key '%s'", key);
    if (nearest.option)
        hrm_hint(error, "the nearest key is '%s.%s'", nearest.section->name, nearest.option->key);
    else
        hrm_hint(error, "--help lists every key, --print-config shows them as a file");
    return status;
}

const struct hrm_option *hrm_options_find(const struct hrm_option_section *sections, int count,
                                          const char *key,
                                          const struct hrm_option_section **section,
                                          struct hrm_error *error)
{
    struct found found = {0};
    for (int s = 0; s < count; s++)
        find_in_section(&sections[s], key, &found);
    if (section)
        *section = found.section;
    if (found.matches == 1)
        return found.option;
    if (found.matches == 0) {
        unknown_key(sections, count, key, error);
        return NULL;
    }
    hrm_fail(error, HRM_USAGE, "key '%s' is in several sections", key);
    hrm_hint(error, "write it with its section, as in '%s.%s'", found.section->name,
             found.option->key);
    return NULL;
}

// --- one value ----------------------------------------------------------------------------------

static int bad_value(const struct hrm_option *option, const char *value, const char *wanted,
                     struct hrm_error *error)
{
    return hrm_fail(error, HRM_USAGE, "'%s' is not %s: key '%s'", value, wanted, option->key);
}

static int check_range(const struct hrm_option *option, double number, const char *value,
                       struct hrm_error *error)
{
    double low = option->minimum, high = option->maximum;
    if ((low == 0 && high == 0) || (number >= low && number <= high))
        return HRM_OK;
    char range[80];
    hrm_option_range(option, range, sizeof range);
    int status = hrm_fail(error, HRM_USAGE, "%s is out of range: key '%s'", value, option->key);
    hrm_hint(error, "allowed is %s", range);
    return status;
}

static int set_flag(const struct hrm_option *option, bool *field, const char *value,
                    struct hrm_error *error)
{
    static const char *const yes[] = {"true", "yes", "on", "1"};
    static const char *const no[] = {"false", "no", "off", "0"};
    for (size_t i = 0; i < sizeof yes / sizeof *yes; i++)
        if (hrm_word_same(value, yes[i]) || hrm_word_same(value, no[i])) {
            *field = hrm_word_same(value, yes[i]);
            return HRM_OK;
        }
    return bad_value(option, value, "'true' or 'false'", error);
}

static int set_integer(const struct hrm_option *option, void *field, const char *value,
                       struct hrm_error *error)
{
    char *end;
    errno = 0;
    long long number = strtoll(value, &end, 10);
    if (end == value || *end)
        return bad_value(option, value, "a whole number", error);
    bool narrow = option->type == HRM_OPTION_INT;
    if (errno || (narrow && (number > INT_MAX || number < INT_MIN)))
        return bad_value(option, value, narrow ? "a number of 32 bits" : "a number of 64 bits",
                         error);
    int status = check_range(option, (double)number, value, error);
    if (status)
        return status;
    if (narrow)
        *(int *)field = (int)number;
    else
        *(int64_t *)field = number;
    return HRM_OK;
}

static int set_real(const struct hrm_option *option, double *field, const char *value,
                    struct hrm_error *error)
{
    char *end;
    double number = strtod(value, &end);
    if (end == value || *end || !isfinite(number))
        return bad_value(option, value, "a number", error);
    int status = check_range(option, number, value, error);
    if (status == HRM_OK)
        *field = number;
    return status;
}

int hrm_option_line(const char *text)
{
    int cut = HRM_OPTION_LINE;
    if (strlen(text) <= HRM_OPTION_LINE)
        return (int)strlen(text);
    while (cut > 0 && (strchr(" ;", text[cut]) || text[cut - 1] == ' '))
        cut--;
    return cut;
}

/// Whether a file can carry the text: inih trims blanks, and ` ;` begins a comment.
static bool fits_file(const char *text)
{
    size_t length = strlen(text);
    if (length == 0)
        return true;
    for (size_t i = 0; i < length; i++)
        if ((unsigned char)text[i] < ' ')
            return false;
    for (const char *line = text; *line; line += hrm_option_line(line))
        if (hrm_option_line(line) == 0)
            return false;
    return *text != ';' && *text != ' ' && text[length - 1] != ' ' && !strstr(text, " ;");
}

static int set_text(const struct hrm_option *option, char *field, const char *value,
                    struct hrm_error *error)
{
    if (strlen(value) >= HRM_OPTION_TEXT)
        return hrm_fail(error, HRM_USAGE, "text of %zu characters for key '%s'; room is for %d",
                        strlen(value), option->key, HRM_OPTION_TEXT - 1);
    if (!fits_file(value))
        return bad_value(
            option, value,
            "a text without control characters, ' ;', ';' in long rows or outer blanks", error);
    if (value != field)
        memcpy(field, value, strlen(value) + 1);
    return HRM_OK;
}

/// Length of the first word of a list separated by '|'.
static size_t choice_length(const char *choices)
{
    return strcspn(choices, "|");
}

static int set_choice(const struct hrm_option *option, int *field, const char *value,
                      struct hrm_error *error)
{
    int index = 0;
    for (const char *word = option->choices; *word; index++) {
        size_t length = choice_length(word);
        if (strlen(value) == length && strncmp(word, value, length) == 0) {
            *field = index;
            return HRM_OK;
        }
        word += length + (word[length] == '|');
    }
    int status = hrm_fail(error, HRM_USAGE, "'%s' is no choice of key '%s'", value, option->key);
    hrm_hint(error, "the choices are %s", option->choices);
    return status;
}

static void *field_of(const struct hrm_option_section *section, const struct hrm_option *option)
{
    return (char *)section->target + option->offset;
}

static int set_value(const struct hrm_option_section *section, const struct hrm_option *option,
                     const char *value, struct hrm_error *error)
{
    void *field = field_of(section, option);
    switch (option->type) {
    case HRM_OPTION_FLAG:
        return set_flag(option, field, value, error);
    case HRM_OPTION_INT:
    case HRM_OPTION_INT64:
        return set_integer(option, field, value, error);
    case HRM_OPTION_REAL:
        return set_real(option, field, value, error);
    case HRM_OPTION_TEXT:
        return set_text(option, field, value, error);
    case HRM_OPTION_CHOICE:
        return set_choice(option, field, value, error);
    }
    assert(false && "unknown option type");
    return HRM_FAILED;
}

void hrm_option_range(const struct hrm_option *option, char *text, size_t size)
{
    double low = option->minimum, high = option->maximum;
    if (option->type == HRM_OPTION_CHOICE)
        snprintf(text, size, "%s", option->choices);
    else if (low == 0 && high == 0)
        snprintf(text, size, "%s", "");
    else if (high >= INT_MAX)
        snprintf(text, size, "%.15g or more", low);
    else
        snprintf(text, size, "%.15g to %.15g", low, high);
}

/// The meaning of a key of former times with that value, or with any if it is NULL; or NULL.
static const struct hrm_option_former *find_former(const struct hrm_option_section *section,
                                                   const char *key, const char *value)
{
    const char *bare = key;
    if (section->former == NULL || (strchr(key, '.') && !has_section(key, section->name, &bare)))
        return NULL;
    for (const struct hrm_option_former *former = section->former; former->key; former++)
        if (hrm_word_same(former->key, bare) && (!value || strcmp(former->value, value) == 0))
            return former;
    return NULL;
}

const struct hrm_option_former *hrm_options_former(const struct hrm_option_section *sections,
                                                   int count, const char *key,
                                                   const struct hrm_option_section **section)
{
    const struct hrm_option_former *former = NULL;
    for (int s = 0; s < count && !former; s++) {
        *section = &sections[s];
        former = find_former(&sections[s], key, NULL);
    }
    return former;
}

/// Set what a key of former times means now.
static int set_former(const struct hrm_option_section *section, const char *now,
                      struct hrm_error *error)
{
    int status = HRM_OK, length = 0;
    char key[64], value[64];
    for (; status == HRM_OK && sscanf(now, " %63[^=]=%63s%n", key, value, &length) == 2;
         now += length)
        status = hrm_options_set(section, 1, key, value, error);
    return status;
}

/// A key of former times never had that value. @param former  [in] a row with one that it had
static int refuse_former(const struct hrm_option_former *former, const char *value,
                         struct hrm_error *error)
{
    hrm_fail(error, HRM_USAGE, "'%s' is no value of '%s', a key of former times", value,
             former->key);
    return hrm_hint(error, "for %s=%s, as an example, write %s now", former->key, former->value,
                    former->now);
}

int hrm_options_set(const struct hrm_option_section *sections, int count, const char *key,
                    const char *value, struct hrm_error *error)
{
    const struct hrm_option_section *section = NULL;
    const struct hrm_option_former *any = hrm_options_former(sections, count, key, &section);
    const struct hrm_option_former *former = any ? find_former(section, key, value) : NULL;
    if (any)
        return former ? set_former(section, former->now, error) : refuse_former(any, value, error);
    const struct hrm_option *option = hrm_options_find(sections, count, key, &section, error);
    return option ? set_value(section, option, value, error) : HRM_USAGE;
}

void hrm_options_default(const struct hrm_option_section *sections, int count)
{
    for (int s = 0; s < count; s++)
        for (int i = 0; i < sections[s].count; i++) {
            const struct hrm_option *option = &sections[s].options[i];
            int status = set_value(&sections[s], option, option->fallback, NULL);
            assert(status == HRM_OK && "a default must be a legal value");
            (void)status;
        }
}

// --- files --------------------------------------------------------------------------------------

/// A file that is being read.
struct source {
    const struct hrm_option_section *sections;
    int count;
    FILE *stream;
    int line;      ///< of the last line read, from 1
    bool overlong; ///< it did not fit
    struct hrm_error error;
    int error_line;
};

/// fgets for inih that counts lines. An indented line is no continuation of the last value.
static char *read_line(char *text, int size, void *user)
{
    struct source *source = user;
    if (!fgets(text, size, source->stream))
        return NULL;
    source->line++;
    size_t length = strlen(text);
    if (length && text[length - 1] != '\n' && !feof(source->stream)) {
        source->overlong = true;
        return NULL;
    }
    size_t blanks = strspn(text, " \t");
    memmove(text, text + blanks, length - blanks + 1);
    return text;
}

/// `key += more` continues a text.
static int append_text(struct source *source, char *key, const char *value)
{
    key[strcspn(key, "+ ")] = '\0';
    const struct hrm_option_section *section = NULL;
    const struct hrm_option *option =
        hrm_options_find(source->sections, source->count, key, &section, &source->error);
    if (!option)
        return HRM_USAGE;
    if (option->type != HRM_OPTION_TEXT)
        return hrm_fail(&source->error, HRM_USAGE, "+= continues a text, which '%s' is not", key);
    char text[2 * HRM_OPTION_TEXT];
    snprintf(text, sizeof text, "%s%s", (const char *)field_of(section, option), value);
    return set_value(section, option, text, &source->error);
}

/// Whether a section is there for another reader of the file.
static bool is_foreign(const struct source *source, const char *name)
{
    for (int s = 0; s < source->count; s++)
        if (strcmp(name, source->sections[s].name) == 0)
            return source->sections[s].options == NULL;
    return false;
}

/// A section that the table does not have is an error, even when its keys exist elsewhere.
static int check_section(struct source *source, const char *name)
{
    const char *names[48];
    assert(source->count <= 48);
    if (*name == '\0')
        return HRM_OK;
    for (int s = 0; s < source->count; s++) {
        names[s] = source->sections[s].name;
        if (strcmp(name, names[s]) == 0)
            return HRM_OK;
    }
    int status = hrm_fail(&source->error, HRM_USAGE, "unknown section [%s]", name);
    const char *nearest = hrm_nearest_word(name, names, source->count);
    if (nearest || source->count > 0)
        hrm_hint(&source->error, "the %s section is [%s]", nearest ? "nearest" : "first",
                 nearest ? nearest : names[0]);
    return status;
}

/// Called by inih for every `key = value`; returns 0 on an error.
static int take_line(void *user, const char *section, const char *name, const char *value)
{
    struct source *source = user;
    char key[256];
    if (source->error.status)
        return 0;
    if (is_foreign(source, section))
        return 1;
    source->error_line = source->line;
    snprintf(key, sizeof key, "%s%s%s", section, *section ? "." : "", name);
    int status = check_section(source, section);
    if (status == HRM_OK && *key && key[strlen(key) - 1] == '+')
        status = append_text(source, key, value);
    else if (status == HRM_OK)
        status = hrm_options_set(source->sections, source->count, key, value, &source->error);
    return status == HRM_OK;
}

/// What became of a file that inih has read; `bad_line` is its first line without `key = value`.
static int conclude(const struct source *source, int bad_line, const char *path,
                    struct hrm_error *error)
{
    if (source->error.status && source->error_line <= bad_line) {
        int status = hrm_fail(error, source->error.status, "%s:%d: %s", path, source->error_line,
                              source->error.text);
        if (*source->error.hint)
            hrm_hint(error, "%s", source->error.hint);
        return status;
    }
    if (bad_line > 0) {
        int status = hrm_fail(error, HRM_USAGE, "%s:%d: no 'key = value' and no '[section]'", path,
                              bad_line);
        hrm_hint(error, "a comment begins with '#' or ';'");
        return status;
    }
    if (source->overlong) {
        int status = hrm_fail(error, HRM_USAGE, "%s:%d: the line is too long", path, source->line);
        hrm_hint(error, "continue a long text on the next line with 'key += more'");
        return status;
    }
    return HRM_OK;
}

int hrm_options_read(const struct hrm_option_section *sections, int count, const char *path,
                     struct hrm_error *error)
{
    char *text = NULL;
    size_t size = 0;
    int status = hrm_input_text(path, FILE_MOST, &text, &size, error);
    if (status)
        return status;
    FILE *stream = fmemopen(text, size, "r");
    if (stream) {
        struct source source = {.sections = sections, .count = count, .stream = stream};
        int bad_line = ini_parse_stream(read_line, &source, take_line, &source);
        status = conclude(&source, bad_line, path, error);
        fclose(stream);
    } else {
        status = hrm_fail(error, HRM_FAILED, "no memory to read %s", path);
    }
    free(text);
    return status;
}
