#include "core/sudoku/question_text.h"

#include <ctype.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#define BOARDS  64 // most boards of a line
#define DAMAGED 30 // characters of a board from which on a word was meant to be one

#define SPACE " \t\r\n\v\f"

static int fail(const struct hrm_question_text *text, int64_t number, const char *what,
                struct hrm_error *error)
{
    hrm_fail(error, HRM_DATA, "%.600s:%lld: %.300s", text->name, (long long)number, what);
    return hrm_hint(error, "a puzzle has 81 characters row by row, or nine lines of nine: 1 to 9, "
                           "and . 0 _ * x or - for a blank");
}

static int take(struct hrm_question_text *text, const struct hrm_board *board,
                struct hrm_error *error)
{
    text->found++;
    return text->take(text->user, board, error);
}

static int fail_grid(const struct hrm_question_text *text, struct hrm_error *error)
{
    char what[64];
    snprintf(what, sizeof what, "a grid of %d row%s, wanted 9", text->rows,
             text->rows == 1 ? "" : "s");
    return fail(text, text->first, what, error);
}

// Whether every character is one of a board, of which there are `length`.
static bool is_board(const char *word, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        if (word[i] == ' ' || hrm_board_cell(word[i]) < 0)
            return false;
    }
    return true;
}

// --- a table ----------------------------------------------------------------------------------

static int take_row(struct hrm_question_text *text, char *line, int64_t number,
                    struct hrm_error *error)
{
    char *fields[HRM_COLUMNS];
    struct hrm_board board;
    struct hrm_error reason = {0};
    if (line[strspn(line, SPACE)] == '\0')
        return HRM_OK;
    if (hrm_puzzle_columns_cut(&text->columns, line, fields, &reason) != HRM_OK ||
        hrm_board_parse(hrm_puzzle_columns_board(fields[text->columns.question]), &board,
                        &reason) != HRM_OK)
        return fail(text, number, reason.text, error);
    return take(text, &board, error);
}

// --- a grid -----------------------------------------------------------------------------------

static int add_row(struct hrm_question_text *text, const char *row, int64_t number,
                   struct hrm_error *error)
{
    if (text->rows == 0) {
        text->first = number;
        text->blank = '\0';
    }
    for (int i = 0; i < 9; i++) {
        text->grid.cell[9 * text->rows + i] = (uint8_t)hrm_board_cell(row[i]);
        if (hrm_board_cell(row[i]) == 0)
            text->blank = row[i];
    }
    if (++text->rows < 9)
        return HRM_OK;
    text->rows = 0;
    return take(text, &text->grid, error);
}

// Nine lists of candidates, at least one of several: a row of .sdx. One digit is a given, unless
// `u` says that somebody has put it there.
static bool read_candidates(const char *line, char row[9])
{
    int count = 0;
    bool several = false;
    for (line += strspn(line, SPACE); *line != '\0'; line += strspn(line, SPACE), count++) {
        bool given = *line != 'u';
        line += !given;
        size_t length = strspn(line, "123456789");
        if (count == 9 || length == 0 || (line[length] != '\0' && !strchr(SPACE, line[length])))
            return false;
        for (size_t i = 1; i < length; i++) {
            if (line[i] <= line[i - 1])
                return false;
        }
        row[count] = given && length == 1 ? *line : '.';
        several |= length > 1 || !given;
        line += length;
    }
    return count == 9 && several;
}

// Whether a line without its spaces is a rule between rows. Nine dashes can be a row of blanks.
static bool is_rule(const struct hrm_question_text *text, const char *line)
{
    size_t length = strlen(line);
    bool dashes = strspn(line, "-") == length;
    if (strspn(line, "-+=") != length || (dashes && length == HRM_CELLS))
        return false;
    if (dashes && length == 9)
        return text->rows > 0 && text->blank != '\0' && text->blank != '-';
    return true;
}

// --- a line -----------------------------------------------------------------------------------

// Leave out spaces, commas and bars. Returns the new length.
static size_t squeeze(const char *line, char *squeezed, size_t size)
{
    size_t length = 0;
    for (; *line != '\0' && length + 1 < size; line++) {
        if (strchr(SPACE ",;|", *line) == NULL)
            squeezed[length++] = *line;
    }
    squeezed[length] = '\0';
    return length;
}

// Drop the full grids that solve another board of the same line. Returns how many are left.
static int drop_answers(struct hrm_board *boards, int count)
{
    int left = 0;
    bool answer[BOARDS] = {false};
    for (int i = 0; i < count; i++) {
        for (int j = 0; j < count; j++) {
            if (!hrm_board_is_complete(&boards[j]))
                answer[i] |= hrm_board_is_certified(&boards[j], &boards[i]);
        }
    }
    for (int i = 0; i < count; i++) {
        if (!answer[i])
            boards[left++] = boards[i];
    }
    return left;
}

// Whether a word that is no board was meant to be one: long, and nearly all of it as in a board.
static bool is_damaged(const char *word, size_t length)
{
    size_t good = 0;
    for (size_t i = 0; i < length; i++)
        good += hrm_board_cell(word[i]) >= 0;
    return length >= DAMAGED && 10 * good >= 9 * length;
}

// The boards among the words of a line.
static int take_words(struct hrm_question_text *text, char *line, int64_t number,
                      struct hrm_error *error)
{
    static const char between[] = SPACE ",;|\"'()[]{}";
    struct hrm_board boards[BOARDS];
    struct hrm_error reason = {0};
    char *rest = NULL;
    int count = 0, status = HRM_OK;
    for (char *word = strtok_r(line, between, &rest); word; word = strtok_r(NULL, between, &rest)) {
        size_t length = strlen(word);
        if (is_board(word, length) && length == HRM_CELLS) {
            if (count == BOARDS)
                return fail(text, number, "more than 64 boards", error);
            hrm_board_parse(word, &boards[count++], NULL);
        } else if (is_damaged(word, length)) {
            hrm_board_parse(word, &boards[0], &reason);
            return fail(text, number, reason.text, error);
        }
    }
    if (count == 0)
        return fail(text, number, "there is no puzzle of 81 characters", error);
    count = drop_answers(boards, count);
    for (int i = 0; i < count && status == HRM_OK; i++)
        status = take(text, &boards[i], error);
    return status;
}

// 81 characters of which spaces are the only blanks.
static bool is_spaced(const char *line)
{
    return strlen(line) == HRM_CELLS && strspn(line, "123456789 ") == HRM_CELLS;
}

static int take_free(struct hrm_question_text *text, char *line, int64_t number,
                     struct hrm_error *error)
{
    char row[9], what[64], squeezed[2 * HRM_CELLS + 2];
    if (read_candidates(line, row))
        return add_row(text, row, number, error);
    size_t length = squeeze(line, squeezed, sizeof squeezed);
    if (is_rule(text, squeezed))
        return HRM_OK;
    bool board = is_board(squeezed, length);
    if (board && length == 9)
        return add_row(text, squeezed, number, error);
    if (text->rows > 0)
        return fail_grid(text, error);
    struct hrm_board found;
    if ((board && length == HRM_CELLS) || is_spaced(line)) {
        hrm_board_parse(is_spaced(line) ? line : squeezed, &found, NULL);
        return take(text, &found, error);
    }
    if (board && length < DAMAGED) {
        snprintf(what, sizeof what, "%zu characters, wanted 81 for a puzzle or 9 for a row",
                 length);
        return fail(text, number, what, error);
    }
    return take_words(text, line, number, error);
}

// What hrmpi solve writes under a grid.
static bool is_remark(const char *line)
{
    static const char *const begins[] = {
        "certified: ", "not certified: ", "not run: ", "confidence ", "sigmoid(q_halt) "};
    for (size_t i = 0; i < sizeof begins / sizeof *begins; i++) {
        if (strncmp(line, begins[i], strlen(begins[i])) == 0)
            return true;
    }
    return *line == '#' || *line == ';' || strncmp(line, "//", 2) == 0;
}

// "[Puzzle]" of .sdk; the other sections that this format has are no puzzles.
static bool is_section(struct hrm_question_text *text, const char *line)
{
    static const char *const others[] = {"[state]", "[pencilmarks]", "[notes]", "[marks]"};
    size_t length = strcspn(line, " \t");
    if (*line != '[' || length < 3 || line[length - 1] != ']' ||
        strspn(line + 1, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ") != length - 2)
        return false;
    text->passing = false;
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        text->passing |= strncasecmp(line, others[i], length) == 0;
    return true;
}

static int look_for_header(struct hrm_question_text *text, const char *line, int64_t number,
                           struct hrm_error *error)
{
    struct hrm_error reason = {0};
    if (hrm_puzzle_columns_read(line, &text->columns, &text->table, &reason) != HRM_OK)
        return fail(text, number, reason.text, error);
    return HRM_OK;
}

int hrm_question_text_line(struct hrm_question_text *text, char *line, int64_t number,
                           struct hrm_error *error)
{
    if (text->table)
        return take_row(text, line, number, error);
    const char *begin = line + strspn(line, SPACE);
    if (*begin == '\0' || (!text->begun && hrm_puzzle_columns_is_separator(begin)))
        return HRM_OK;
    int status = text->begun ? HRM_OK : look_for_header(text, line, number, error);
    if (status != HRM_OK || text->table || is_remark(begin))
        return status;
    text->begun = true;
    line[strcspn(line, "#")] = '\0';
    if (is_section(text, begin) || text->passing)
        return HRM_OK;
    return take_free(text, line, number, error);
}

int hrm_question_text_end(struct hrm_question_text *text, struct hrm_error *error)
{
    return text->rows > 0 ? fail_grid(text, error) : HRM_OK;
}
