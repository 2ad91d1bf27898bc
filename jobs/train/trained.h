#ifndef HRM_JOBS_TRAINED_H
#define HRM_JOBS_TRAINED_H

#include <stdbool.h>
#include <stddef.h>

/// Whether the examples of a training were mixed with easier copies, by the configuration that is
/// stored with its checkpoints: 1 or 0, or -1 when the text does not say.
/// @param config  [in] an INI text
int trained_with_mixing(const char *config);

/// The puzzles that a training was given, as its configuration names them; false when the text does
/// not say.
bool trained_on(const char *config, char *puzzles, size_t size);

#endif
