#ifndef HRM_JOBS_PAGES_H
#define HRM_JOBS_PAGES_H

#include "core/base/error.h"

/// Write what the options tables make beside --help into a folder: manual pages hrmpi.1 and
/// hrmpi-NAME.1 of every subcommand, completion for bash (hrmpi.bash) and zsh (_hrmpi). The build
/// does this. Errors: HRM_FAILED.
int hrm_pages_write(const char *folder, struct hrm_error *error);

#endif
