#ifndef HRM_BASE_WORD_H
#define HRM_BASE_WORD_H

#include <stdbool.h>

/// Words that a person types: keys, subcommands, choices. Case is ignored, '-' and '_' are one.

/// Of `count` words, the one nearest to `word` by edit distance; NULL when none is near.
const char *hrm_nearest_word(const char *word, const char *const *words, int count);

/// Edits (insert, delete, replace, swap of neighbours) from `word` to `candidate`; 1 when one
/// begins the other; INT_MAX when nobody would take one for the other.
int hrm_word_distance(const char *word, const char *candidate);

/// Whether two words are the same.
bool hrm_word_same(const char *a, const char *b);

#endif
