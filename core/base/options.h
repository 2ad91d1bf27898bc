#ifndef HRM_BASE_OPTIONS_H
#define HRM_BASE_OPTIONS_H

#include "core/base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
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

/// What an option decides: one bit. All that has to tell options apart asks for this: what makes
/// another model, another run, other votes, and what does not.
enum hrm_option_role {
    HRM_ROLE_NONE,              ///< forgotten: tests find it
    HRM_ROLE_SHAPE = 1 << 0,    ///< the network: another one has other weights or computes more
    HRM_ROLE_TRAINING = 1 << 1, ///< the weights that training comes to
    HRM_ROLE_SCHEDULE = 1 << 2, ///< these too, but a branch of a training may have another one
    HRM_ROLE_SOURCE = 1 << 3,   ///< names what is read: what that holds is compared, not the name
    HRM_ROLE_EXTENT = 1 << 4,   ///< the plan of an evaluation, which is compared as a whole
    HRM_ROLE_PASS = 1 << 5,     ///< a pass of an evaluation
    HRM_ROLE_PRUNING = 1 << 6,  ///< which passes are left out
    HRM_ROLE_RESULT = 1 << 7,   ///< what a command makes that goes on with nothing
    HRM_ROLE_BOOKKEEPING = 1 << 8, ///< no result: where files are, what is told, who does the work
};

/// One row of an options table. The table alone drives the defaults, the command line, --help,
/// manual pages, completion, configuration files, --print-config, and by role and since what files
/// keep of the option and whether a run may go on with another value.
struct hrm_option {
    const char *key; ///< as in a file: `key = value`; on the command line --key (dashes for _)
    enum hrm_option_type type;
    size_t offset;           ///< of the field in the options struct
    const char *fallback;    ///< the default, as text
    const char *choices;     ///< CHOICE: words separated by '|'; a FLAG that is true by default:
                             ///< what --no-key does, for --help; else NULL
    const char *help;        ///< one line
    double minimum, maximum; ///< allowed range of numbers; both 0: any; INFINITY: no upper bound
    enum hrm_option_role role;
    int since; ///< 0: as old as the files that keep it. Else the minor version of the program that
               ///< brought it, 1 for 0.1: a file without it was made as by its default
};

/// A key of former times: with that value it means what others mean now. Configuration files and
/// command lines that say it are still read; nothing writes it, and no help names it.
struct hrm_option_former {
    const char *key, *value;
    const char *now; ///< "key=value key=value"
};

/// A section of a configuration file and the struct that it fills. A section without options
/// (count 0, options NULL) is passed over in files.
struct hrm_option_section {
    const char *name; ///< "model", "train", ...
    const struct hrm_option *options;
    int count;
    void *target;                           ///< the options struct [out]
    const struct hrm_option_former *former; ///< ends with a NULL key; or NULL
};

/// The section of a table of options and the struct that it fills.
#define HRM_OPTION_SECTION(section, table, fields)                                                 \
    {                                                                                              \
        .name = section, .options = table, .count = (int)(sizeof(table) / sizeof *(table)),        \
        .target = fields                                                                           \
    }

/// Write every default into the targets.
void hrm_options_default(const struct hrm_option_section *sections, int count);

/// The row that `key` names, as in hrm_options_set(), and its section (may be NULL).
/// NULL and an HRM_USAGE error when there is none, with *section NULL, or when several sections
/// have it, with *section the last of them.
const struct hrm_option *hrm_options_find(const struct hrm_option_section *sections, int count,
                                          const char *key,
                                          const struct hrm_option_section **section,
                                          struct hrm_error *error);

/// A row of the key of former times that `key` names, and its section; or NULL.
const struct hrm_option_former *hrm_options_former(const struct hrm_option_section *sections,
                                                   int count, const char *key,
                                                   const struct hrm_option_section **section);

/// The allowed values in words, as in "1 to 64", "a|b|c"; empty when any will do.
void hrm_option_range(const struct hrm_option *option, char *text, size_t size);

/// Set one key from text. `key` is `section.key`, or `key` alone when only one section has it; it
/// may be of former times. Errors: HRM_USAGE for an unknown key (naming the nearest), a bad value
/// or one out of range.
int hrm_options_set(const struct hrm_option_section *sections, int count, const char *key,
                    const char *value, struct hrm_error *error);

/// Check the values that the target holds already, as hrm_options_set() checks texts.
/// Errors: HRM_USAGE with key, value and range.
int hrm_options_check(const struct hrm_option_section *section, struct hrm_error *error);

/// The value that the target holds as text, in a file's words, cut to `size`.
void hrm_option_text(const struct hrm_option_section *section, const struct hrm_option *option,
                     char *text, size_t size);

/// The value as 64 bits to be hashed: of a whole number, a flag or a choice itself, of a real
/// number its bits, of a text a hash.
uint64_t hrm_option_bits(const struct hrm_option_section *section, const struct hrm_option *option);

/// Whether the value is the default.
bool hrm_option_is_default(const struct hrm_option_section *section,
                           const struct hrm_option *option);

/// Read an INI file over the targets. Errors carry file and line; HRM_USAGE.
/// A text longer than a line of 197 characters is continued with `key += more`.
int hrm_options_read(const struct hrm_option_section *sections, int count, const char *path,
                     struct hrm_error *error);

/// Print all sections as an INI file that hrm_options_read() reads back to the same values.
void hrm_options_write(const struct hrm_option_section *sections, int count, FILE *stream);

/// The same as a text, cut to `size` - 1 characters. Returns text.
char *hrm_options_format(const struct hrm_option_section *sections, int count, char *text,
                         size_t size);

#endif
