#include "core/file/puzzle_stream.h"
#include "tests/fuzz/fuzz.h"

#include <string.h>

/// The input is a puzzle file, plain CSV or what zlib makes of it.
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct hrm_puzzle_choice all = {0};
    struct hrm_puzzles puzzles;
    struct hrm_error error = {0};
    fuzz_put(data, size);
    int status = hrm_puzzles_open(fuzz_path(), &all, &puzzles, &error);
    fuzz_outcome(status, HRM_DATA, fuzz_path(), &error);
    FUZZ_REQUIRE((status == HRM_OK) == (puzzles.count > 0));
    for (int64_t row = 0; row < puzzles.count; row++) {
        FUZZ_REQUIRE(puzzles.source[row] < puzzles.sources);
        struct hrm_puzzle puzzle = hrm_puzzles_get(&puzzles, row);
        FUZZ_REQUIRE(hrm_puzzle_check(&puzzle.question, &puzzle.answer, NULL) == HRM_OK);
        FUZZ_REQUIRE(puzzle.rating >= HRM_UNRATED);
        FUZZ_REQUIRE(memchr(puzzle.source, 0, sizeof puzzle.source));
    }
    hrm_puzzles_free(&puzzles);
    return 0;
}
