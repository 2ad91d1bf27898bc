#ifndef HRM_BASE_OPTIONS_H
#define HRM_BASE_OPTIONS_H

#include "core/base/error.h"
#include "core/base/word.h"

#include <stddef.h>
#include <stdio.h>

/// The type of a field that an option sets.
enum hrm_option_type {
    HRM_OPTION_FLAG,        ///< bool; `--key`, `--no-key`, `key = true|false`
    HRM_OPTION_INT,         ///< int
    HRM_OPTION_INT64,       ///< int64_t
    HRM_OPTION_REAL,        ///< double
    HRM_OPTION_TEXT = 4096, ///< char[HRM_OPTION_TEXT]: the value is the size of the field
    HRM_OPTION_CHOICE       ///< int: index into the words of `choices`
};

/// One row of an options table. The table alone drives the defaults, the command line, --help,
/// configuration files and --print-config.
struct hrm_option {
    const char *key; ///< as in a file: `key = value`; on the command line --key (dashes for _)
    enum hrm_option_type type;
    size_t offset;           ///< of the field in the options struct
    const char *fallback;    ///< the default, as text
    const char *choices;     ///< CHOICE: words separated by '|'; a FLAG that is true by default:
                             ///< what --no-key does, for --help; else NULL
    const char *help;        ///< one line
    double minimum, maximum; ///< allowed range of numbers; both 0: any; INFINITY: no upper bound
};

/// A section of a configuration file and the struct that it fills. A section without options
/// (count 0, options NULL) is passed over in files.
struct hrm_option_section {
    const char *name; ///< "model", "train", ...
    const struct hrm_option *options;
    int count;
    void *target; ///< the options struct [out]
};

/// Write every default into the targets.
void hrm_options_default(const struct hrm_option_section *sections, int count);

/// The row that `key` names, as in hrm_options_set(), and its section (may be NULL).
/// NULL and an HRM_USAGE error when there is none, with *section NULL, or when several sections
/// have it, with *section the last of them.
const struct hrm_option *hrm_options_find(const struct hrm_option_section *sections, int count,
                                          const char *key,
                                          const struct hrm_option_section **section,
                                          struct hrm_error *error);

/// The allowed values in words, as in "1 to 64", "a|b|c"; empty when any will do.
void hrm_option_range(const struct hrm_option *option, char *text, size_t size);

/// Set one key from text. `key` is `section.key`, or `key` alone when only one section has it.
/// Errors: HRM_USAGE for an unknown key (naming the nearest), a bad value or one out of range.
int hrm_options_set(const struct hrm_option_section *sections, int count, const char *key,
                    const char *value, struct hrm_error *error);

/// Read an INI file over the targets. Errors carry file and line; HRM_USAGE.
/// A text longer than a line of 197 characters is continued with `key += more`.
int hrm_options_read(const struct hrm_option_section *sections, int count, const char *path,
                     struct hrm_error *error);

/// Print all sections as an INI file that hrm_options_read() reads back to the same values.
void hrm_options_write(const struct hrm_option_section *sections, int count, FILE *stream);

#endif
