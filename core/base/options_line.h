#ifndef HRM_BASE_OPTIONS_LINE_H
#define HRM_BASE_OPTIONS_LINE_H

/// How a text is cut into lines of a file of options.

/// Characters of a text value on one line of a file: inih reads lines of at most 197.
#define HRM_OPTION_LINE 120

/// Bytes of a text that go on one line, cut where no blank is lost and no comment begins; 0: none.
int hrm_option_line(const char *text);

#endif
