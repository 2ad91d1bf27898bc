#ifndef HRM_JOBS_TRAINED_H
#define HRM_JOBS_TRAINED_H

/// Whether the examples of a training were mixed with easier copies, by the configuration that is
/// stored with its checkpoints: 1 or 0, or -1 when the text does not say.
/// @param config  [in] an INI text
int trained_with_mixing(const char *config);

#endif
