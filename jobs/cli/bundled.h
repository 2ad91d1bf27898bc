#ifndef HRM_JOBS_BUNDLED_H
#define HRM_JOBS_BUNDLED_H

#include <stdbool.h>
#include <stddef.h>

/// Files that come with the program: presets/NAME.ini, data/NAME.csv.gz, models/NAME/.
/// They are looked for beside an installed program (../share/hrmpi from the folder of the
/// executable), in the source tree that it was built from, and where it was to be installed.

/// Path of a file such as "presets/hrm.ini". False when no folder has it.
bool hrm_bundled_find(const char *name, char *path, size_t size);

/// Path of a puzzle set: a file called `name`, else the bundled set of that name. False: neither.
bool hrm_bundled_find_puzzles(const char *name, char *path, size_t size);

/// Path of the folder of a model that comes with the program. False: there is none of that name.
bool hrm_bundled_find_model(const char *name, char *path, size_t size);

/// Names of the files in a folder such as "presets" that end with `suffix`, which is cut off,
/// sorted. Returns their number, at most `maximum`.
int hrm_bundled_list(const char *folder, const char *suffix, char names[][64], int maximum);

/// What the first line of a preset's file says of it: size and time of the training. False:
/// nothing.
bool hrm_bundled_preset_about(const char *name, char *text, size_t size);

#endif
