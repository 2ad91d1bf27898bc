#ifndef HRM_BASE_SETTINGS_H
#define HRM_BASE_SETTINGS_H

#include <stdbool.h>

/// A configuration as INI text, as a file keeps it about the run that wrote it: read again to be
/// compared, without the options tables of the program that wrote it.

#define HRM_SETTING 96 ///< bytes of a key with its section, and of a value; longer ones are cut

/// The next "key = value" of a text.
/// @param text     [in,out] what is left of it
/// @param section  [in,out] the section that the text is in; empty at the beginning
/// @param key      [out] "section.key"
/// Returns false at the end.
bool hrm_settings_next(const char **text, char section[HRM_SETTING], char key[HRM_SETTING],
                       char value[HRM_SETTING]);

/// The value of "section.key", else "nothing" and false.
bool hrm_settings_find(const char *text, const char *key, char value[HRM_SETTING]);

#endif
