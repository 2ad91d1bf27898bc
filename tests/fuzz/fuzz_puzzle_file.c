#include "core/file/h5.h"
#include "core/file/h5_attribute.h"
#include "core/file/puzzle_stream.h"
#include "tests/fuzz/h5_program.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char BOARDS[2][HRM_CELLS + 1] = {
    "53..7....6..195....98....6.8...6...34..8.3..17...2...6.6....28....419..5....8..79",
    "534678912672195348198342567859761423426853791713924856961537284287419635345286179"};

static void write_good(const char *path)
{
    struct hrm_puzzle_file_writer writer;
    struct hrm_puzzle puzzle = {.rating = 3, .source = "a"};
    struct hrm_error error = {0};
    FUZZ_REQUIRE(hrm_board_parse(BOARDS[0], &puzzle.question, &error) == HRM_OK);
    FUZZ_REQUIRE(hrm_board_parse(BOARDS[1], &puzzle.answer, &error) == HRM_OK);
    FUZZ_REQUIRE(hrm_puzzle_file_writer_open(&writer, path, 2, "fuzz", "rows", &error) == HRM_OK);
    FUZZ_REQUIRE(hrm_puzzle_file_writer_put(&writer, &puzzle, &error) == HRM_OK);
    puzzle.source[0] = 'b';
    FUZZ_REQUIRE(hrm_puzzle_file_writer_put(&writer, &puzzle, &error) == HRM_OK);
    FUZZ_REQUIRE(hrm_puzzle_file_writer_close(&writer, &error) == HRM_OK);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    char folder[] = "/tmp/hrm-fuzz-XXXXXX", path[64];
    FUZZ_REQUIRE(mkdtemp(folder) != NULL);
    snprintf(path, sizeof path, "%s/puzzles.h5", folder);
    write_good(path);
    h5_program_load(path);
    unlink(path);
    rmdir(folder);
    return 0;
}

/// Make the hash that of the puzzles, where the bytes want it and both are there.
static void repair(hid_t file, struct fuzz_bytes *bytes)
{
    uint8_t cells[2][2 * HRM_CELLS];
    struct hrm_puzzles puzzles = {.count = 2, .question = cells[0], .answer = cells[1]};
    struct hrm_h5_data question = {
        .name = "question", .type = H5T_NATIVE_UINT8, .rank = 2, .size = {2, HRM_CELLS}};
    struct hrm_h5_data answer = question;
    char hash[32];
    answer.name = "answer";
    if (fuzz_take(bytes) % 2 || hrm_h5_read(file, &question, cells[0], NULL) ||
        hrm_h5_read(file, &answer, cells[1], NULL))
        return;
    hrm_puzzles_rehash(&puzzles);
    snprintf(hash, sizeof hash, "%016" PRIx64, puzzles.hash);
    hrm_h5_write_text(file, "hash", hash, NULL);
}

static void require_good(const struct hrm_puzzle *puzzle)
{
    FUZZ_REQUIRE(hrm_puzzle_check(&puzzle->question, &puzzle->answer, NULL) == HRM_OK);
    FUZZ_REQUIRE(memchr(puzzle->source, 0, sizeof puzzle->source));
}

static void read_rows(const char *path)
{
    struct hrm_puzzle_file_reader reader;
    struct hrm_puzzle puzzle;
    struct hrm_error error = {0};
    bool more = true;
    int status = hrm_puzzle_file_reader_open(&reader, path, &error);
    while (status == HRM_OK && more) {
        status = hrm_puzzle_file_reader_next(&reader, &puzzle, &more, &error);
        if (status == HRM_OK && more)
            require_good(&puzzle);
    }
    fuzz_outcome(status, HRM_DATA, path, &error);
    hrm_puzzle_file_reader_close(&reader);
}

static void read_choice(const char *path, const struct hrm_puzzle_choice *choice)
{
    struct hrm_puzzles puzzles;
    struct hrm_error error = {0};
    int status = hrm_puzzles_open(path, choice, &puzzles, &error);
    if (status != HRM_USAGE)
        fuzz_outcome(status, HRM_DATA, path, &error);
    for (int64_t row = 0; row < puzzles.count; row++) {
        struct hrm_puzzle puzzle = hrm_puzzles_get(&puzzles, row);
        require_good(&puzzle);
    }
    hrm_puzzles_free(&puzzles);
}

/// The input is two bytes that choose rows, then a program that changes a compiled puzzle set.
/// Which form a file has is looked up on the disk alone.
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_bytes bytes = {data, data + size};
    struct hrm_puzzle_choice choice = {.first = fuzz_take(&bytes) % 4, .max_rating = 5};
    uint8_t kind = fuzz_take(&bytes);
    choice.subset = kind % 4;
    choice.by_rating = kind / 4 % 2;
    const char *path = h5_program_begin(&bytes, repair);
    if (path == fuzz_path())
        read_choice(path, &choice);
    else
        read_rows(path);
    h5_program_end();
    return 0;
}
