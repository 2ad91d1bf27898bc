#include "core/file/checkpoint_header.h"

#include "core/file/h5.h"
#include "core/file/h5_attribute.h"

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#define SCHEMA         "hrmpi-checkpoint"
#define SCHEMA_VERSION 1

// --- configuration: the options table of the model ----------------------------------------------

/// Word `index` of "first|second|...".
static void choice_word(const char *choices, int index, char *word, size_t size)
{
    for (; index > 0; index--)
        choices = strchr(choices, '|') + 1;
    snprintf(word, size, "%.*s", (int)strcspn(choices, "|"), choices);
}

static int write_option(hid_t file, const struct hrm_option *option, const void *field,
                        struct hrm_error *error)
{
    char name[64], word[64];
    snprintf(name, sizeof name, "model.%s", option->key);
    switch (option->type) {
    case HRM_OPTION_FLAG:
        return hrm_h5_write_int(file, name, *(const bool *)field, error);
    case HRM_OPTION_REAL:
        return hrm_h5_write_real(file, name, *(const double *)field, error);
    case HRM_OPTION_INT64:
        return hrm_h5_write_int(file, name, *(const int64_t *)field, error);
    case HRM_OPTION_TEXT:
        return hrm_h5_write_text(file, name, field, error);
    case HRM_OPTION_CHOICE:
        choice_word(option->choices, *(const int *)field, word, sizeof word);
        return hrm_h5_write_text(file, name, word, error);
    case HRM_OPTION_INT:
        break;
    }
    return hrm_h5_write_int(file, name, *(const int *)field, error);
}

/// The attribute as the text that hrm_options_set() takes.
static int read_option(hid_t file, const struct hrm_option *option, char *text, size_t size,
                       struct hrm_error *error)
{
    char name[64];
    int64_t integer = 0;
    double real = 0;
    snprintf(name, sizeof name, "model.%s", option->key);
    if (option->type == HRM_OPTION_CHOICE || option->type == HRM_OPTION_TEXT)
        return hrm_h5_read_text(file, name, text, size, error);
    if (option->type == HRM_OPTION_REAL) {
        int status = hrm_h5_read_real(file, name, &real, error);
        snprintf(text, size, "%.17g", real);
        return status;
    }
    int status = hrm_h5_read_int(file, name, &integer, error);
    if (option->type == HRM_OPTION_FLAG)
        snprintf(text, size, "%s", integer != 0 ? "true" : "false");
    else
        snprintf(text, size, "%lld", (long long)integer);
    return status;
}

static int write_config(hid_t file, const struct hrm_model_config *config, struct hrm_error *error)
{
    struct hrm_model_config copy = *config;
    struct hrm_option_section section = hrm_model_config_section(&copy);
    int status = HRM_OK;
    for (int i = 0; i < section.count && status == HRM_OK; i++)
        status = write_option(file, &section.options[i],
                              (const char *)&copy + section.options[i].offset, error);
    return status;
}

/// Set what a file says by a key of former times.
/// @param now  [out] "key=value key=value" of what was set; empty: nothing
static int read_former(hid_t file, const struct hrm_option_section *section, const char **now,
                       struct hrm_error *error)
{
    char name[64], text[HRM_OPTION_TEXT];
    *now = "";
    for (const struct hrm_option_former *former = section->former; former->key; former++) {
        snprintf(name, sizeof name, "model.%s", former->key);
        if (H5Aexists(file, name) <= 0)
            continue;
        int status = hrm_h5_read_text(file, name, text, sizeof text, error);
        if (status)
            return status;
        if (strcmp(text, former->value) != 0)
            continue;
        *now = former->now;
        return hrm_options_set(section, 1, former->key, text, error);
    }
    return HRM_OK;
}

/// Whether "key=value key=value" has a key.
static bool says(const char *now, const char *key)
{
    char text[64];
    snprintf(text, sizeof text, "%s=", key);
    return strstr(now, text) != NULL;
}

static int read_config(hid_t file, const char *path, struct hrm_model_config *config,
                       struct hrm_error *error)
{
    struct hrm_option_section section = hrm_model_config_section(config);
    struct hrm_error bad = {0};
    const char *now;
    hrm_options_default(&section, 1);
    int status = read_former(file, &section, &now, error);
    if (status != HRM_OK)
        return status;
    for (int i = 0; i < section.count; i++) {
        const struct hrm_option *option = &section.options[i];
        char text[HRM_OPTION_TEXT], name[64];
        snprintf(name, sizeof name, "model.%s", option->key);
        if ((option->since > 0 || says(now, option->key)) && H5Aexists(file, name) == 0)
            continue;
        status = read_option(file, option, text, sizeof text, error);
        if (status != HRM_OK)
            return status;
        hrm_options_set(&section, 1, option->key, text, &bad);
    }
    if (bad.status == HRM_OK)
        hrm_model_config_check(config, &bad);
    if (bad.status == HRM_OK)
        return HRM_OK;
    // In a file a wrong setting is bad data, not wrong usage.
    hrm_fail(error, HRM_DATA, "%s: the configuration makes no model: %.700s", path, bad.text);
    return hrm_hint(error, "the file is damaged or was written by another program");
}

// --- provenance ---------------------------------------------------------------------------------

enum kind { TEXT, INT, INT64, REAL, HASH };

static const struct field {
    const char *name;
    enum kind kind;
    size_t offset, size;
} fields[] = {
#define FIELD(kind, name)                                                                          \
    {                                                                                              \
        "run." #name, kind, offsetof(struct hrm_provenance, name),                                 \
            sizeof(((struct hrm_provenance *)0)->name)                                             \
    }
    FIELD(TEXT, program), FIELD(TEXT, command), FIELD(TEXT, config),    FIELD(TEXT, backend),
    FIELD(TEXT, hosts),   FIELD(INT, ranks),    FIELD(INT, threads),    FIELD(INT64, step),
    FIELD(INT64, seed),   FIELD(INT, replica),  FIELD(HASH, data_hash), FIELD(REAL, core_hours),
#undef FIELD
};

static int write_field(hid_t file, const struct field *field, const void *at,
                       struct hrm_error *error)
{
    int64_t wide;
    switch (field->kind) {
    case TEXT:
        return hrm_h5_write_text(file, field->name, at, error);
    case INT:
        return hrm_h5_write_int(file, field->name, *(const int *)at, error);
    case REAL:
        return hrm_h5_write_real(file, field->name, *(const double *)at, error);
    case HASH:
        return hrm_h5_write_hash(file, field->name, *(const uint64_t *)at, error);
    case INT64:
        break;
    }
    // Seeds are unsigned; their bits are what is kept.
    memcpy(&wide, at, sizeof wide);
    return hrm_h5_write_int(file, field->name, wide, error);
}

static int read_field(hid_t file, const struct field *field, void *at, struct hrm_error *error)
{
    int64_t wide = 0;
    if (field->kind == TEXT)
        return hrm_h5_read_text(file, field->name, at, field->size, error);
    if (field->kind == REAL)
        return hrm_h5_read_real(file, field->name, at, error);
    if (field->kind == HASH)
        return hrm_h5_read_hash(file, field->name, at, error);
    int status = hrm_h5_read_int(file, field->name, &wide, error);
    if (status == HRM_OK && field->kind == INT && (wide < 0 || wide > INT_MAX)) {
        char place[HRM_H5_PLACE];
        hrm_fail(error, HRM_DATA, "%s: attribute '%s' is %lld", hrm_h5_place(file, place),
                 field->name, (long long)wide);
        return hrm_hint(error, "the file is damaged or was written by another program");
    }
    if (field->kind == INT)
        *(int *)at = (int)wide;
    else
        memcpy(at, &wide, sizeof wide);
    return status;
}

int hrm_provenance_write(hid_t file, const struct hrm_provenance *provenance,
                         struct hrm_error *error)
{
    int status = HRM_OK;
    for (size_t i = 0; i < sizeof fields / sizeof *fields && status == HRM_OK; i++)
        status = write_field(file, &fields[i], (const char *)provenance + fields[i].offset, error);
    return status;
}

int hrm_provenance_read(hid_t file, struct hrm_provenance *provenance, struct hrm_error *error)
{
    int status = HRM_OK;
    for (size_t i = 0; i < sizeof fields / sizeof *fields && status == HRM_OK; i++)
        status = read_field(file, &fields[i], (char *)provenance + fields[i].offset, error);
    return status;
}

int hrm_checkpoint_header_write(hid_t file, const struct hrm_checkpoint *checkpoint,
                                struct hrm_error *error)
{
    int status = hrm_h5_write_text(file, "schema", SCHEMA, error);
    if (status == HRM_OK)
        status = hrm_h5_write_int(file, "schema_version", SCHEMA_VERSION, error);
    if (status == HRM_OK)
        status = write_config(file, &checkpoint->config, error);
    return status ? status : hrm_provenance_write(file, &checkpoint->provenance, error);
}

int hrm_checkpoint_header_read(hid_t file, const char *path, struct hrm_checkpoint *checkpoint,
                               struct hrm_error *error)
{
    int status = hrm_h5_check_schema(file, SCHEMA, SCHEMA_VERSION, error);
    if (status == HRM_OK)
        status = read_config(file, path, &checkpoint->config, error);
    return status ? status : hrm_provenance_read(file, &checkpoint->provenance, error);
}
