#include "core/file/puzzle_file.h"

#include "core/base/preallocate.h"
#include "core/file/h5.h"
#include "core/file/h5_attribute.h"
#include "core/file/seal.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define PIECE 4096 // rows that are read or written at once

// --- what the file holds ----------------------------------------------------------------------

static struct hrm_h5_data boards(const char *name, int64_t count)
{
    return (struct hrm_h5_data){
        .name = name, .type = H5T_NATIVE_UINT8, .rank = 2, .size = {count, HRM_CELLS}};
}

// Rows first .. first+number-1 of a set of `count` and where they are in memory.
struct column {
    struct hrm_h5_data data;
    void *values;
};
#define COLUMNS 4

static void list_columns(const struct hrm_puzzles *piece, int64_t count, int64_t first,
                         int64_t number, struct column columns[COLUMNS])
{
    struct hrm_h5_data rating = {
        .name = "rating", .type = H5T_NATIVE_INT32, .rank = 1, .size = {count}};
    struct hrm_h5_data source = {
        .name = "source", .type = H5T_NATIVE_UINT8, .rank = 1, .size = {count}};
    columns[0] = (struct column){boards("question", count), piece->question};
    columns[1] = (struct column){boards("answer", count), piece->answer};
    columns[2] = (struct column){rating, piece->rating};
    columns[3] = (struct column){source, piece->source};
    for (int i = 0; i < COLUMNS; i++) {
        columns[i].data.first = first;
        columns[i].data.count = number;
    }
}

// The caller closes `type`.
static struct hrm_h5_data names(int64_t count)
{
    hid_t type = H5Tcopy(H5T_C_S1);
    H5Tset_size(type, HRM_SOURCE_NAME);
    return (struct hrm_h5_data){.name = "source_names", .type = type, .rank = 1, .size = {count}};
}

// --- writing ----------------------------------------------------------------------------------

// Bytes of attributes, names and what HDF5 adds, and more.
#define HEAD ((int64_t)1 << 20)
#define ROW  ((int64_t)(2 * HRM_CELLS + sizeof(int32_t) + sizeof(uint8_t)))

static int write_attributes(const struct hrm_puzzle_file_writer *writer, const char *program,
                            const char *created_from, struct hrm_error *error)
{
    const char *const texts[][2] = {
        {"schema", HRM_PUZZLE_SCHEMA}, {"program", program}, {"created_from", created_from}};
    int status = hrm_h5_write_int(writer->file, "schema_version", HRM_PUZZLE_VERSION, error);
    for (size_t i = 0; i < sizeof texts / sizeof *texts && status == HRM_OK; i++)
        status = hrm_h5_write_text(writer->file, texts[i][0], texts[i][1], error);
    return status;
}

static int allocate_columns(const struct hrm_puzzle_file_writer *writer, struct hrm_error *error)
{
    struct column columns[COLUMNS];
    int status = HRM_OK;
    list_columns(&writer->piece, writer->count, 0, 0, columns);
    for (int i = 0; i < COLUMNS && status == HRM_OK; i++)
        status = hrm_h5_allocate(writer->file, &columns[i].data, error);
    return status;
}

// Create the file with everything in it that does not depend on the rows. Its space is reserved
// before, so that a full disk shows at once, and not to HDF5, which crashes at the end of a
// process that could not write; and after, since creating gives the space back.
static int create_set(struct hrm_puzzle_file_writer *writer, const char *program,
                      const char *created_from, struct hrm_error *error)
{
    const char *path = writer->output.temporary;
    int64_t bytes = HEAD + ROW * writer->count;
    int status = hrm_file_preallocate(path, bytes, error);
    if (status != HRM_OK)
        return status;
    hid_t access = H5Pcreate(H5P_FILE_ACCESS);
    H5Pset_fapl_sec2(access);
    status = hrm_h5_create(path, access, &writer->file, error);
    H5Pclose(access);
    if (status == HRM_OK)
        status = write_attributes(writer, program, created_from, error);
    if (status == HRM_OK)
        status = allocate_columns(writer, error);
    if (status == HRM_OK && H5Fflush(writer->file, H5F_SCOPE_GLOBAL) < 0)
        status = HRM_H5_FAIL(error, HRM_FAILED, "%s: cannot flush", path);
    return status == HRM_OK ? hrm_file_preallocate(path, bytes, error) : status;
}

int hrm_puzzle_file_writer_open(struct hrm_puzzle_file_writer *writer, const char *path,
                                int64_t count, const char *program, const char *created_from,
                                struct hrm_error *error)
{
    assert(count > 0);
    *writer = (struct hrm_puzzle_file_writer){.file = -1, .count = count};
    int status = hrm_atomic_file_begin(&writer->output, path, error);
    if (status == HRM_OK)
        status = hrm_puzzle_hash_open(&writer->hash, error);
    if (status == HRM_OK)
        status = hrm_puzzles_reserve(&writer->piece, count < PIECE ? count : PIECE, error);
    return status == HRM_OK ? create_set(writer, program, created_from, error) : status;
}

static int write_piece(struct hrm_puzzle_file_writer *writer, struct hrm_error *error)
{
    struct column columns[COLUMNS];
    int status = HRM_OK;
    list_columns(&writer->piece, writer->count, writer->row, writer->piece.count, columns);
    for (int i = 0; i < COLUMNS && status == HRM_OK; i++)
        status = hrm_h5_write_rows(writer->file, &columns[i].data, columns[i].values, error);
    writer->row += writer->piece.count;
    writer->piece.count = 0;
    return status;
}

static int fail_count(const struct hrm_puzzle_file_writer *writer, struct hrm_error *error)
{
    hrm_fail(error, HRM_DATA, "%s: %lld puzzles were counted, others came", writer->output.path,
             (long long)writer->count);
    return hrm_hint(error, "the file that they come from has changed meanwhile: try again");
}

int hrm_puzzle_file_writer_put(struct hrm_puzzle_file_writer *writer,
                               const struct hrm_puzzle *puzzle, struct hrm_error *error)
{
    if (writer->row + writer->piece.count == writer->count)
        return fail_count(writer, error);
    hrm_puzzle_hash_add(&writer->hash, &puzzle->question, &puzzle->answer);
    int status = hrm_puzzles_append(&writer->piece, puzzle, error);
    if (status == HRM_OK && writer->piece.count == writer->piece.capacity)
        status = write_piece(writer, error);
    return status;
}

static int write_names(const struct hrm_puzzle_file_writer *writer, struct hrm_error *error)
{
    struct hrm_h5_data table = names(writer->piece.sources);
    int status = hrm_h5_write(writer->file, &table, writer->piece.source_name, error);
    H5Tclose(table.type);
    return status;
}

static int write_hash(const struct hrm_puzzle_file_writer *writer, struct hrm_error *error)
{
    char text[17];
    snprintf(text, sizeof text, "%016" PRIx64, hrm_puzzle_hash_value(&writer->hash));
    return hrm_h5_write_text(writer->file, "hash", text, error);
}

int hrm_puzzle_file_writer_close(struct hrm_puzzle_file_writer *writer, struct hrm_error *error)
{
    struct hrm_seal seal = {0};
    int status = writer->piece.count > 0 ? write_piece(writer, error) : HRM_OK;
    if (status == HRM_OK && writer->row < writer->count)
        status = fail_count(writer, error);
    if (status == HRM_OK)
        status = write_names(writer, error);
    if (status == HRM_OK)
        status = write_hash(writer, error);
    int closed = hrm_h5_close(&writer->file, error);
    if (status == HRM_OK)
        status = closed;
    if (status == HRM_OK)
        status = hrm_seal_write(writer->output.temporary, &seal, error);
    if (status == HRM_OK)
        status = hrm_atomic_file_commit(&writer->output, error);
    hrm_puzzle_file_writer_abandon(writer);
    return status;
}

void hrm_puzzle_file_writer_abandon(struct hrm_puzzle_file_writer *writer)
{
    if (writer->file > 0)
        hrm_h5_close(&writer->file, NULL);
    hrm_atomic_file_abandon(&writer->output);
    hrm_puzzle_hash_close(&writer->hash);
    hrm_puzzles_free(&writer->piece);
}

// --- reading ----------------------------------------------------------------------------------

#define AGAIN "make the file again: hrmpi data convert puzzles.csv puzzles.h5"

// Shapes and types are checked before any row is asked for.
static int check_columns(const struct hrm_puzzle_file_reader *reader, struct hrm_error *error)
{
    struct column columns[COLUMNS];
    struct hrm_puzzles one = {0};
    int status = hrm_puzzles_reserve(&one, 1, error);
    list_columns(&one, reader->count, 0, 1, columns);
    for (int i = 0; i < COLUMNS && status == HRM_OK; i++)
        status = hrm_h5_read(reader->file, &columns[i].data, columns[i].values, error);
    hrm_puzzles_free(&one);
    return status;
}

static int read_names(hid_t file, struct hrm_puzzles *puzzles, struct hrm_error *error)
{
    int64_t count = 0;
    int status = hrm_h5_size(file, "source_names", 1, &count, error);
    if (status != HRM_OK)
        return status;
    if (count > HRM_SOURCES) {
        char place[HRM_H5_PLACE];
        hrm_fail(error, HRM_DATA, "%s: dataset 'source_names' has %lld names, at most %d",
                 hrm_h5_place(file, place), (long long)count, HRM_SOURCES);
        return hrm_hint(error, AGAIN);
    }
    struct hrm_h5_data table = names(count);
    status = hrm_h5_read(file, &table, puzzles->source_name, error);
    H5Tclose(table.type);
    puzzles->sources = (int)count;
    for (int i = 0; i < (int)count; i++)
        puzzles->source_name[i][HRM_SOURCE_NAME - 1] = '\0';
    return status;
}

int hrm_puzzle_file_reader_open(struct hrm_puzzle_file_reader *reader, const char *path,
                                struct hrm_error *error)
{
    int64_t size[2] = {0, 0};
    *reader = (struct hrm_puzzle_file_reader){.file = -1};
    snprintf(reader->path, sizeof reader->path, "%s", path);
    int status = hrm_h5_open(path, H5F_ACC_RDONLY, H5P_DEFAULT, &reader->file, error);
    if (status == HRM_OK)
        status = hrm_h5_check_schema(reader->file, HRM_PUZZLE_SCHEMA, HRM_PUZZLE_VERSION, error);
    if (status == HRM_OK)
        status = hrm_h5_size(reader->file, "question", 2, size, error);
    reader->count = size[0];
    if (status == HRM_OK && reader->count == 0) {
        hrm_fail(error, HRM_DATA, "%s: dataset 'question' has no rows", path);
        status = hrm_hint(error, AGAIN);
    }
    if (status == HRM_OK)
        status = check_columns(reader, error);
    int64_t rows = reader->count < PIECE ? reader->count : PIECE;
    if (status == HRM_OK)
        status = hrm_puzzles_reserve(&reader->piece, rows, error);
    if (status == HRM_OK)
        status = read_names(reader->file, &reader->piece, error);
    return status == HRM_OK ? hrm_puzzle_hash_open(&reader->hash, error) : status;
}

static int read_piece(struct hrm_puzzle_file_reader *reader, struct hrm_error *error)
{
    struct column columns[COLUMNS];
    int64_t left = reader->count - reader->row;
    int64_t number = left < PIECE ? left : PIECE;
    int status = HRM_OK;
    list_columns(&reader->piece, reader->count, reader->row, number, columns);
    for (int i = 0; i < COLUMNS && status == HRM_OK; i++)
        status = hrm_h5_read(reader->file, &columns[i].data, columns[i].values, error);
    reader->first = reader->row;
    reader->piece.count = number;
    return status;
}

static int get_row(const struct hrm_puzzle_file_reader *reader, struct hrm_puzzle *puzzle,
                   struct hrm_error *error)
{
    const struct hrm_puzzles *piece = &reader->piece;
    int64_t row = reader->row - reader->first;
    struct hrm_error reason = {0};
    if (piece->source[row] >= piece->sources) {
        hrm_fail(&reason, HRM_DATA, "dataset 'source': %d, but there are %d names",
                 piece->source[row], piece->sources);
    } else {
        *puzzle = hrm_puzzles_get(piece, row);
        hrm_puzzle_check(&puzzle->question, &puzzle->answer, &reason);
    }
    if (reason.status == HRM_OK)
        return HRM_OK;
    hrm_fail(error, HRM_DATA, "%s: row %lld: %s", reader->path, (long long)reader->row,
             reason.text);
    return hrm_hint(error, AGAIN);
}

static int check_hash(const struct hrm_puzzle_file_reader *reader, struct hrm_error *error)
{
    char wanted[32];
    char found[17];
    snprintf(found, sizeof found, "%016" PRIx64, hrm_puzzle_hash_value(&reader->hash));
    int status = hrm_h5_read_text(reader->file, "hash", wanted, sizeof wanted, error);
    if (status != HRM_OK || strcmp(found, wanted) == 0)
        return status;
    hrm_fail(error, HRM_DATA, "%s: the puzzles have hash %s, attribute 'hash' says %s",
             reader->path, found, wanted);
    return hrm_hint(error, AGAIN);
}

int hrm_puzzle_file_reader_next(struct hrm_puzzle_file_reader *reader, struct hrm_puzzle *puzzle,
                                bool *more, struct hrm_error *error)
{
    *more = reader->row < reader->count;
    if (!*more)
        return check_hash(reader, error);
    int status = HRM_OK;
    if (reader->row == reader->first + reader->piece.count)
        status = read_piece(reader, error);
    if (status == HRM_OK)
        status = get_row(reader, puzzle, error);
    if (status != HRM_OK)
        return status;
    hrm_puzzle_hash_add(&reader->hash, &puzzle->question, &puzzle->answer);
    reader->row++;
    return HRM_OK;
}

void hrm_puzzle_file_reader_close(struct hrm_puzzle_file_reader *reader)
{
    if (reader->file > 0)
        hrm_h5_close(&reader->file, NULL);
    hrm_puzzle_hash_close(&reader->hash);
    hrm_puzzles_free(&reader->piece);
    reader->file = -1;
}
