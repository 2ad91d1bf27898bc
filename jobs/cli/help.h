#ifndef HRM_JOBS_HELP_H
#define HRM_JOBS_HELP_H

#include "core/base/options.h"

#include <stdio.h>

/// Print the options of sections as aligned lines, grouped by section, with defaults, ranges and
/// choices; wrapped to 100 columns.
void hrm_help_sections(const struct hrm_option_section *sections, int count, FILE *stream);

/// Print text indented and wrapped to 100 columns; an empty line stays one.
void hrm_help_text(const char *text, int indent, FILE *stream);

#endif
