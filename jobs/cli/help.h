#ifndef HRM_JOBS_HELP_H
#define HRM_JOBS_HELP_H

#include "core/base/options.h"

#include <stdio.h>

/// Print the options of sections as aligned lines, grouped by section, with defaults, ranges and
/// choices; wrapped to 100 columns.
void hrm_help_sections(const struct hrm_option_section *sections, int count, FILE *stream);

/// The two columns of an option: "--learning-rate X", of a flag the form that changes its default;
/// and what it means, its default and what it may be. The first returns its number of characters.
int hrm_help_left(const struct hrm_option *option, char *text, size_t size);
void hrm_help_right(const struct hrm_option *option, char *text, size_t size);

/// Print text indented and wrapped to 100 columns; an empty line stays one.
void hrm_help_text(const char *text, int indent, FILE *stream);

#endif
