#include "jobs/cli/console.h"
#include "jobs/solve/solve_puzzles.h"
#include "tests/fuzz/fuzz.h"

/// The input is a file of puzzles as people have them: text, a table, JSON, or gzip of these.
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct solve_puzzles puzzles = {0};
    hrm_task_default(&puzzles.task, hrm_task_kinds[0]);
    struct hrm_error error = {0};
    hrm_console_quiet(true);
    fuzz_put(data, size);
    int status = solve_puzzles_read(&puzzles, fuzz_path(), &error);
    fuzz_outcome(status, HRM_DATA, fuzz_path(), &error);
    FUZZ_REQUIRE(status != HRM_OK || puzzles.count > 0);
    FUZZ_REQUIRE(status == HRM_OK || *error.hint);
    for (int i = 0; i < puzzles.count; i++)
        for (int cell = 0; cell < HRM_CELLS; cell++)
            FUZZ_REQUIRE(solve_puzzles_at(&puzzles, i)[cell] <= 9);
    solve_puzzles_free(&puzzles);
    return 0;
}
