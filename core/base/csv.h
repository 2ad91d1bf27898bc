#ifndef HRM_BASE_CSV_H
#define HRM_BASE_CSV_H

#include <stddef.h>

/// Cut a line of CSV into fields, in place. A field may stand in double quotes, which are taken
/// off, and a doubled one in it is one; a quoted field ends on its line.
/// @param fields  [out] [most]; of more fields the first
/// Returns the number of all fields, or -1 when a quote is not closed.
int hrm_csv_split(char *line, char separator, char *fields[], int most);

/// A field as a file has it: in quotes where it needs them. Returns text.
/// @param size  at least twice the length of the field and three
char *hrm_csv_quote(const char *field, char *text, size_t size);

#endif
