#include "core/base/word.h"

#include <ctype.h>
#include <limits.h>
#include <string.h>

/// Longest word whose distance to another is measured.
#define WORD_MAX 64

static char folded(char c)
{
    return c == '-' ? '_' : (char)tolower((unsigned char)c);
}

static int least(int a, int b)
{
    return a < b ? a : b;
}

/// Edits (insert, delete, replace, swap of neighbours) from a to b: optimal string alignment.
static int edit_distance(const char *a, const char *b)
{
    int rows[3][WORD_MAX + 1];
    int n = (int)strlen(a), m = (int)strlen(b);
    if (n > WORD_MAX || m > WORD_MAX)
        return INT_MAX;
    for (int j = 0; j <= m; j++)
        rows[0][j] = j;
    for (int i = 1; i <= n; i++) {
        int *row = rows[i % 3], *above = rows[(i + 2) % 3], *before = rows[(i + 1) % 3];
        row[0] = i;
        for (int j = 1; j <= m; j++) {
            bool same = folded(a[i - 1]) == folded(b[j - 1]);
            row[j] = least(least(above[j], row[j - 1]) + 1, above[j - 1] + !same);
            if (i > 1 && j > 1 && folded(a[i - 1]) == folded(b[j - 2]) &&
                folded(a[i - 2]) == folded(b[j - 1]))
                row[j] = least(row[j], before[j - 2] + 1);
        }
    }
    return rows[n % 3][m];
}

/// Whether the shorter of two words, at least three letters, begins the other.
static bool begins_other(const char *a, const char *b)
{
    size_t length = strlen(a) < strlen(b) ? strlen(a) : strlen(b);
    return length >= 3 && strncmp(a, b, length) == 0;
}

int hrm_word_distance(const char *word, const char *candidate)
{
    int limit = strlen(word) < 4 ? 1 : 2 + (int)strlen(word) / 8;
    int distance = edit_distance(word, candidate);
    if (distance > 1 && begins_other(word, candidate))
        return 1;
    return distance <= limit ? distance : INT_MAX;
}

const char *hrm_nearest_word(const char *word, const char *const *words, int count)
{
    const char *nearest = NULL;
    int best = INT_MAX;
    for (int i = 0; i < count; i++) {
        int distance = hrm_word_distance(word, words[i]);
        if (distance < best) {
            best = distance;
            nearest = words[i];
        }
    }
    return nearest;
}

bool hrm_word_same(const char *a, const char *b)
{
    while (*a && folded(*a) == folded(*b)) {
        a++;
        b++;
    }
    return *a == *b;
}
