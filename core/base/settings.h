#ifndef HRM_BASE_SETTINGS_H
#define HRM_BASE_SETTINGS_H

#include <stdbool.h>

/// A configuration as INI text, as a file keeps it about the run that wrote it, perhaps another
/// version of the program: its values are looked up by the keys of this version's tables.

#define HRM_SETTING 96 ///< bytes of a value; longer ones are cut

/// The value of "key" in "section", else "nothing" and false.
bool hrm_settings_find(const char *text, const char *section, const char *key,
                       char value[HRM_SETTING]);

#endif
