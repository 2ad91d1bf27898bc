#ifndef HRM_JOBS_SVG_H
#define HRM_JOBS_SVG_H

#include "core/base/error.h"

#include <stdio.h>

/// Write text for XML or HTML, with what means something there escaped. What XML cannot hold
/// becomes '?'.
void svg_put_text(const char *text, FILE *stream);

/// Make of a picture by gnuplot one that a page or a text can hold: with alternative text, with
/// names of its parts that no other picture has, and with colours for a light and a dark screen.
/// @param document  [in] what gnuplot wrote
/// @param id        [in] letters, digits and hyphens that begin the names of its parts
/// @param title     [in] what it shows; UTF-8
/// @param says      [in] its main figures, or ""; UTF-8
/// @param svg       [out] the <svg> element as text; free() it
/// Errors: HRM_FAILED.
int svg_take(const char *document, const char *id, const char *title, const char *says, char **svg,
             struct hrm_error *error);

#endif
