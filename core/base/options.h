#ifndef HRM_BASE_OPTIONS_H
#define HRM_BASE_OPTIONS_H

#include "core/base/error.h"

#include <stddef.h>
#include <stdio.h>

/// The type of a field that an option sets. TEXT fields are char[HRM_OPTION_TEXT].
enum hrm_option_type {
    HRM_OPTION_FLAG,  ///< bool; `--key`, `--no-key`, `key = true|false`
    HRM_OPTION_INT,   ///< int
    HRM_OPTION_INT64, ///< int64_t
    HRM_OPTION_REAL,  ///< double
    HRM_OPTION_TEXT,  ///< char[HRM_OPTION_TEXT]
    HRM_OPTION_CHOICE ///< int: index into the words of `choices`
};

#define HRM_OPTION_TEXT 512

/// One row of an options table. The table alone drives the defaults, the command line, --help,
/// configuration files and --print-config.
struct hrm_option {
    const char *key; ///< as in a file: `key = value`; on the command line --key (dashes for _)
    enum hrm_option_type type;
    size_t offset;         ///< of the field in the options struct
    const char *fallback;  ///< the default, as text
    const char *choices;   ///< CHOICE: words separated by '|', else NULL
    const char *help;      ///< one line
    double minimum, maximum; ///< allowed range of numbers; both 0: any
};

/// A section of a configuration file and the struct that it fills.
struct hrm_option_section {
    const char *name; ///< "model", "train", ...
    const struct hrm_option *options;
    int count;
    void *target; ///< the options struct [out]
};

/// Write every default into the targets.
void hrm_options_default(const struct hrm_option_section *sections, int count);

/// Set one key from text. `key` is `section.key`, or `key` alone when only one section has it.
/// Errors: HRM_USAGE for an unknown key (naming the nearest), a bad value or one out of range.
int hrm_options_set(const struct hrm_option_section *sections, int count, const char *key,
                    const char *value, struct hrm_error *error);

/// Read an INI file over the targets. Errors carry file and line; HRM_USAGE.
int hrm_options_read(const struct hrm_option_section *sections, int count, const char *path,
                     struct hrm_error *error);

/// Print all sections as an INI file that hrm_options_read() reads back to the same values.
void hrm_options_write(const struct hrm_option_section *sections, int count, FILE *stream);

/// Of `count` words, the one nearest to `word` by edit distance; NULL when none is near.
const char *hrm_nearest_word(const char *word, const char *const *words, int count);

#endif
