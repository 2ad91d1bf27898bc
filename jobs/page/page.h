#ifndef HRM_JOBS_PAGE_H
#define HRM_JOBS_PAGE_H

#include <stdint.h>
#include <stdio.h>

/// What all HTML pages of the program have in common: one file that needs nothing from elsewhere,
/// readable on a light or dark screen, on a phone and on paper.

/// Write the head up to the title, as text for HTML; the title's text is to follow.
void page_begin(FILE *stream);

/// Write what comes between the title and the body, with the style.
void page_body(FILE *stream);

void page_end(FILE *stream);

/// "30 November 2026", by the clock of Greenwich: the page is the same wherever it is made.
/// @param seconds  [in] since 1970
void page_day(int64_t seconds, FILE *stream);

#endif
