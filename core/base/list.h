#ifndef HRM_BASE_LIST_H
#define HRM_BASE_LIST_H

#include "core/base/error.h"

#include <stdbool.h>
#include <stddef.h>

/// Lists as people type them: elements separated by commas, "a,b,c". An element that holds a comma
/// is quoted, as in "'a,b',c"; a quote inside is doubled. What is known by its whole name needs no
/// quotes: of several such names the longest wins.

/// Whether something of this name exists, such as a file.
typedef bool hrm_list_known(const char *name);

/// Take the next element. It may be empty.
/// @param at       [in,out] the rest of the list; NULL behind the last element
/// @param known    [in] NULL: nothing is known
/// @param element  [out] char[size]
/// Errors: HRM_USAGE for an element that is too long or whose quotes are wrong.
int hrm_list_next(const char **at, hrm_list_known *known, char *element, size_t size,
                  struct hrm_error *error);

#endif
