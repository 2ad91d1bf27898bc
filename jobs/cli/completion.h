#ifndef HRM_JOBS_COMPLETION_H
#define HRM_JOBS_COMPLETION_H

#include <stdio.h>

/// Completion of the command line, as a script: subcommands, options, the words of choices,
/// presets, and files.
void hrm_completion_bash(FILE *stream);
void hrm_completion_zsh(FILE *stream);

#endif
