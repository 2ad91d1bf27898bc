#include "core/file/pool.h"
#include "mpi/store.h"
#include "tests/mpi/ranks.h"
#include "tests/support/passes.h"

#include "core/file/h5.h"
#include "core/file/h5_attribute.h"
#include "core/file/seal.h"
#include "core/sudoku/puzzle_hash.h"

#include <check.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PUZZLES = 23, BLOCK = 5, CHECKPOINTS = 2, PERTURBATIONS = 3 };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static char folder[64], path[128], part[160];

/// Puzzle i: cells that follow from i.
static struct hrm_board board_of(int64_t i, int kind)
{
    struct hrm_board board;
    for (int k = 0; k < HRM_CELLS; k++)
        board.cell[k] = (uint8_t)((i * 7 + k + kind) % 10);
    return board;
}

static void make_item(int64_t i, void *item)
{
    struct hrm_board question = board_of(i, 0), answer = board_of(i, 1);
    hrm_sudoku_item(&question, &answer, (int32_t)i * 3, item);
}

static int feed_puzzles(void *source, int64_t first, int64_t count, void *items,
                        struct hrm_error *error)
{
    (void)source;
    (void)error;
    for (int64_t i = 0; i < count; i++)
        make_item(first + i, (unsigned char *)items + i * HRM_SUDOKU_ITEM);
    return HRM_OK;
}

static const struct hrm_store_feed feed = {feed_puzzles, NULL};

/// What decides the votes; `variant` makes another evaluation of it.
static struct hrm_votes head_of(uint64_t variant)
{
    static struct hrm_votes_checkpoint checkpoints[CHECKPOINTS] = {{"a.h5", 10, 1, 0, 77, 0},
                                                                   {"b.h5", 20, 1, 0, 78, 1}};
    static char perturbations[PERTURBATIONS][HRM_VOTES_NAME] = {"identity", "cyclic:1", "cyclic:2"};
    struct hrm_votes head = {
        .task = sudoku_task(), .checkpoints = checkpoints, .perturbations = perturbations};
    head.plan = (struct hrm_plan){.checkpoints = CHECKPOINTS,
                                  .perturbations = PERTURBATIONS,
                                  .segments = 16,
                                  .block = BLOCK,
                                  .puzzles = PUZZLES};
    head.about = (struct hrm_votes_about){.program = "test", .seed = 5, .data_hash = UINT64_MAX};
    ck_assert_int_eq(hrm_plan_make(&head.plan, NULL), HRM_OK);
    hrm_plan_identify(&head.plan, &variant, 1);
    return head;
}

static void make_pass(int64_t block, int i, void *records, int64_t at)
{
    struct hrm_pass *pass = pass_set(records, at, HRM_PASS_CERTIFIED, (float)block + 0.25f);
    pass->segments = (uint16_t)(i + 1);
    pass->answer[40] = (uint8_t)(block * 16);
}

static int open_store(struct hrm_store *store, uint64_t variant, bool overwrite,
                      struct hrm_error *error)
{
    struct hrm_votes head = head_of(variant);
    *store = (struct hrm_store){.world = &world, .lock = &lock};
    return hrm_store_open(store, &head, path, overwrite, &feed, error);
}

/// Blocks from..to-1, dealt to the ranks; those of a row that follow each other together.
static void put_blocks(struct hrm_store *store, int64_t from, int64_t to)
{
    int64_t ranges = store->votes.plan.ranges;
    for (int64_t first = from; first < to;) {
        PASSES(records, PUZZLES + BLOCK);
        int64_t end = (first / ranges + 1) * ranges, count = (end < to ? end : to) - first;
        for (int64_t i = 0; i < count * BLOCK; i++)
            make_pass(first + i / BLOCK, (int)(i % BLOCK), records, i);
        if (first % world.size == world.rank)
            ck_assert_int_eq(hrm_store_put(store, first, count, records, NULL), HRM_OK);
        first += count;
    }
    MPI_Barrier(world.comm);
}

static void clean(void)
{
    MPI_Barrier(world.comm);
    if (world.rank == 0) {
        unlink(path);
        unlink(part);
    }
    MPI_Barrier(world.comm);
}

/// Every record of the finished file is where it belongs.
static void check_file(void)
{
    struct hrm_votes votes;
    struct hrm_error error = {0};
    int status = hrm_votes_open(&votes, path, H5F_ACC_RDONLY, &error);
    ck_assert_msg(status == HRM_OK, "%s", error.text);
    ck_assert_int_eq(votes.plan.puzzles, PUZZLES);
    ck_assert_int_eq(votes.identity, 0);
    ck_assert_str_eq(votes.checkpoints[1].path, "b.h5");
    ck_assert_uint_eq(votes.checkpoints[1].hash, 78);
    ck_assert_int_eq(votes.checkpoints[1].mixing, 1);
    ck_assert_str_eq(votes.perturbations[2], "cyclic:2");
    ck_assert_uint_eq(votes.about.data_hash, UINT64_MAX);
    ck_assert_int_eq(votes.about.seed, 5);
    static PASSES(records, CHECKPOINTS * PERTURBATIONS * PUZZLES);
    ck_assert_int_eq(hrm_votes_read_passes(&votes, 0, PUZZLES, records, NULL), HRM_OK);
    for (int64_t b = 0; b < votes.plan.blocks; b++) {
        struct hrm_plan_block block = hrm_plan_block_at(&votes.plan, b);
        for (int i = 0; i < block.count; i++) {
            PASSES(wanted, 1);
            make_pass(b, i, wanted, 0);
            ck_assert_mem_eq(pass_at(records, hrm_plan_record(&votes.plan, &block) + i), wanted,
                             PASS);
        }
    }
    // A part of the puzzles gives the same.
    static PASSES(some, CHECKPOINTS * PERTURBATIONS * 2 * BLOCK);
    ck_assert_int_eq(hrm_votes_read_passes(&votes, BLOCK, 2 * BLOCK, some, NULL), HRM_OK);
    for (int row = 0; row < CHECKPOINTS * PERTURBATIONS; row++)
        ck_assert_mem_eq(pass_at(some, (int64_t)row * 2 * BLOCK),
                         pass_at(records, (int64_t)row * PUZZLES + BLOCK), 2 * BLOCK * PASS);
    ck_assert_int_eq(hrm_votes_close(&votes, NULL), HRM_OK);
}

START_TEST(all_ranks_write_one_file)
{
    struct hrm_store store;
    struct hrm_error error = {0};
    int status = open_store(&store, 1, false, &error);
    ck_assert_msg(status == HRM_OK, "%s", error.text);
    ck_assert(!store.continued && !store.complete);
    ck_assert_int_ne(access(path, F_OK), 0);
    unsigned char items[BLOCK][HRM_SUDOKU_ITEM], wanted[HRM_SUDOKU_ITEM];
    struct hrm_plan_block last = hrm_plan_block_at(&store.votes.plan, store.votes.plan.blocks - 1);
    ck_assert_int_eq(hrm_store_puzzles(&store, &last, items, &error), HRM_OK);
    for (int i = 0; i < last.count; i++) {
        make_item(last.first + i, wanted);
        ck_assert_mem_eq(items[i], wanted, sizeof wanted);
    }
    put_blocks(&store, 0, store.votes.plan.blocks);
    ck_assert_int_eq(hrm_store_close(&store, true, &error), HRM_OK);
    ck_assert_int_ne(access(part, F_OK), 0);
    check_file();

    // The same run again finds that all is done; another one is refused, or takes the place.
    ck_assert_int_eq(open_store(&store, 1, false, &error), HRM_OK);
    ck_assert(store.complete);
    ck_assert_int_eq(hrm_store_close(&store, false, &error), HRM_OK);
    ck_assert_int_eq(open_store(&store, 2, false, &error), HRM_USAGE);
    ck_assert_ptr_nonnull(strstr(error.hint, "--overwrite"));
    ck_assert_int_eq(hrm_store_close(&store, false, &(struct hrm_error){0}), HRM_OK);
    check_file();
    error = (struct hrm_error){0};
    ck_assert_int_eq(open_store(&store, 2, true, &error), HRM_OK);
    ck_assert(!store.continued && !store.complete);
    ck_assert_int_eq(hrm_store_close(&store, false, &error), HRM_OK);
    clean();
}
END_TEST

START_TEST(an_unfinished_file_is_continued)
{
    struct hrm_store store;
    struct hrm_error error = {0};
    ck_assert_int_eq(open_store(&store, 1, false, &error), HRM_OK);
    put_blocks(&store, 3, 11);
    int64_t blocks = store.votes.plan.blocks;
    ck_assert_int_eq(hrm_store_close(&store, false, &error), HRM_OK);
    ck_assert_int_ne(access(path, F_OK), 0);

    struct hrm_votes votes;
    static PASSES(all, CHECKPOINTS * PERTURBATIONS * PUZZLES);
    ck_assert_int_eq(hrm_votes_open(&votes, part, H5F_ACC_RDONLY, NULL), HRM_OK);
    ck_assert_int_eq(hrm_votes_read_passes(&votes, 0, PUZZLES, all, &error), HRM_DATA);
    ck_assert_ptr_nonnull(strstr(error.text, "checkpoint 0, perturbation 0, puzzles 0 to 4"));
    hrm_votes_close(&votes, NULL);

    error = (struct hrm_error){0};
    ck_assert_int_eq(open_store(&store, 1, true, &error), HRM_OK);
    ck_assert(store.continued);
    int64_t ranges = store.votes.plan.ranges;
    for (int64_t b = 0; b < blocks; b += ranges) {
        PASSES(records, PUZZLES);
        bool stored[HRM_PLAN_NEIGHBOURS];
        ck_assert_int_eq(hrm_store_get(&store, b, ranges, records, stored, &error), HRM_OK);
        for (int64_t i = 0; i < ranges; i++) {
            PASSES(wanted, 1);
            make_pass(b + i, 1, wanted, 0);
            ck_assert_int_eq(stored[i], b + i >= 3 && b + i < 11);
            if (stored[i] && i * BLOCK + 1 < PUZZLES)
                ck_assert_mem_eq(pass_at(records, i * BLOCK + 1), wanted, PASS);
        }
    }
    MPI_Barrier(world.comm);
    put_blocks(&store, 0, 3);
    put_blocks(&store, 11, blocks);
    ck_assert_int_eq(hrm_store_close(&store, true, &error), HRM_OK);
    check_file();
    clean();
}
END_TEST

/// A finished file with an attribute and a name that this program does not write.
static void forge(const char *attribute, int64_t value)
{
    struct hrm_seal seal = {0};
    hid_t file = -1;
    ck_assert_int_eq(hrm_h5_open(path, H5F_ACC_RDWR, H5P_DEFAULT, &file, NULL), HRM_OK);
    hid_t set = H5Dopen2(file, "perturbation", H5P_DEFAULT), type = H5Dget_type(set);
    char names[PERTURBATIONS][HRM_VOTES_NAME];
    memset(names, 'x', sizeof names);
    ck_assert_int_ge(H5Dwrite(set, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, names), 0);
    H5Tclose(type);
    H5Dclose(set);
    if (attribute != NULL)
        ck_assert_int_eq(hrm_h5_write_int(file, attribute, value, NULL), HRM_OK);
    hrm_h5_close(&file, NULL);
    ck_assert_int_eq(hrm_seal_write(path, &seal, NULL), HRM_OK);
}

static const struct {
    const char *attribute;
    int64_t value;
    const char *says;
} forged[] = {{NULL, 0, NULL},
              {"block", 0, "'block' is 0"},
              {"puzzles", 0, "nothing to evaluate"},
              {"puzzles", INT64_MAX, "too many passes"},
              {"block", INT64_C(1) << 32, "'block' is 4294967296"},
              {"checkpoints", INT32_MAX, "another shape"}};

START_TEST(a_file_of_another_program_is_refused)
{
    struct hrm_store store;
    struct hrm_error error = {0};
    struct hrm_votes votes;
    ck_assert_int_eq(open_store(&store, 1, false, &error), HRM_OK);
    put_blocks(&store, 0, store.votes.plan.blocks);
    ck_assert_int_eq(hrm_store_close(&store, true, &error), HRM_OK);
    if (world.rank == 0)
        forge(forged[_i].attribute, forged[_i].value);
    MPI_Barrier(world.comm);
    int status = hrm_votes_open(&votes, path, H5F_ACC_RDONLY, &error);
    if (forged[_i].says != NULL) {
        ck_assert_msg(status == HRM_DATA, "%s", error.text);
        ck_assert_ptr_nonnull(strstr(error.text, path));
        ck_assert_msg(strstr(error.text, forged[_i].says) != NULL, "%s", error.text);
    } else {
        // Names that take all their bytes are cut.
        ck_assert_msg(status == HRM_OK, "%s", error.text);
        ck_assert_uint_eq(strlen(votes.perturbations[PERTURBATIONS - 1]), HRM_VOTES_NAME - 1);
        ck_assert_int_eq(votes.identity, -1);
    }
    hrm_votes_close(&votes, NULL);
    clean();
}
END_TEST

/// The file as an older program has written it: its hash is of the ratings too.
static void make_older(void)
{
    struct hrm_seal seal = {0};
    hid_t file = -1;
    ck_assert_int_eq(hrm_h5_open(path, H5F_ACC_RDWR, H5P_DEFAULT, &file, NULL), HRM_OK);
    ck_assert_int_ge(H5Adelete(file, "data_hash_of"), 0);
    hrm_h5_close(&file, NULL);
    ck_assert_int_eq(hrm_seal_write(path, &seal, NULL), HRM_OK);
}

START_TEST(an_older_hash_is_made_anew)
{
    struct hrm_store store;
    struct hrm_pool pool;
    struct hrm_error error = {0};
    struct hrm_puzzle_hash hash;
    const char *paths[] = {path};
    ck_assert_int_eq(open_store(&store, 1, false, &error), HRM_OK);
    put_blocks(&store, 0, store.votes.plan.blocks);
    ck_assert_int_eq(hrm_store_close(&store, true, &error), HRM_OK);
    ck_assert_int_eq(hrm_pool_open(&pool, paths, 1, 0, &error), HRM_OK);
    ck_assert_uint_eq(pool.votes[0].about.data_hash, UINT64_MAX);
    hrm_pool_close(&pool);
    MPI_Barrier(world.comm);
    if (world.rank == 0)
        make_older();
    MPI_Barrier(world.comm);
    ck_assert_int_eq(hrm_puzzle_hash_open(&hash, &error), HRM_OK);
    for (int i = 0; i < PUZZLES; i++) {
        struct hrm_board question = board_of(i, 0), answer = board_of(i, 1);
        hrm_puzzle_hash_add(&hash, &question, &answer);
    }
    ck_assert_int_eq(hrm_pool_open(&pool, paths, 1, 0, &error), HRM_OK);
    ck_assert_uint_eq(pool.votes[0].about.data_hash, hrm_puzzle_hash_value(&hash));
    hrm_pool_close(&pool);
    hrm_puzzle_hash_close(&hash);
    clean();
}
END_TEST

static void copy_file(const char *from, const char *to)
{
    static char bytes[1 << 16];
    FILE *in = fopen(from, "rb"), *out = fopen(to, "wb");
    ck_assert(in && out);
    size_t size = fread(bytes, 1, sizeof bytes, in);
    ck_assert(size > 0 && size < sizeof bytes);
    ck_assert_uint_eq(fwrite(bytes, 1, size, out), size);
    fclose(in);
    fclose(out);
}

/// What an older program has begun is not continued and not lost; what it has finished is there.
START_TEST(votes_of_an_older_program)
{
    static const char *const older = HRM_FIXTURES "/votes_schema_1.h5";
    struct hrm_error error = {0};
    struct hrm_votes votes;
    ck_assert_int_eq(hrm_votes_open(&votes, older, H5F_ACC_RDONLY, &error), HRM_OK);
    struct hrm_votes head = {.plan = votes.plan,
                             .task = votes.task,
                             .checkpoints = votes.checkpoints,
                             .perturbations = votes.perturbations};
    struct hrm_store store = {.world = &world, .lock = &lock};
    if (world.rank == 0)
        copy_file(older, _i ? path : part);
    MPI_Barrier(world.comm);
    int status = hrm_store_open(&store, &head, path, false, &feed, &error);
    if (_i) {
        ck_assert_msg(status == HRM_OK, "%s", error.text);
        ck_assert(store.complete);
        ck_assert_int_eq(hrm_store_close(&store, false, &error), HRM_OK);
    } else {
        ck_assert_int_eq(status, HRM_USAGE);
        ck_assert_msg(strstr(error.text, "schema 1, this one writes 2") != NULL, "%s", error.text);
        ck_assert_ptr_nonnull(strstr(error.hint, "nothing is lost"));
        ck_assert_int_eq(access(part, F_OK), 0);
        ck_assert_int_ne(access(path, F_OK), 0);
        MPI_Barrier(world.comm);
        store = (struct hrm_store){.world = &world, .lock = &lock};
        error = (struct hrm_error){0};
        status = hrm_store_open(&store, &head, path, true, &feed, &error);
        ck_assert_msg(status == HRM_OK, "%s", error.text);
        ck_assert(!store.continued && store.votes.version == HRM_VOTES_VERSION);
        ck_assert_int_eq(hrm_store_close(&store, false, &error), HRM_OK);
    }
    hrm_votes_close(&votes, NULL);
    clean();
}
END_TEST

/// Change a byte of record 3 of the first block in the file, or of a puzzle.
static void damage(const char *name, bool puzzle)
{
    struct hrm_votes votes;
    ck_assert_int_eq(hrm_votes_open(&votes, name, H5F_ACC_RDONLY, NULL), HRM_OK);
    haddr_t at = H5Dget_offset(puzzle ? votes.answer : votes.passes);
    hrm_votes_close(&votes, NULL);
    int file = open(name, O_RDWR);
    uint8_t byte = 0x5a;
    ck_assert_int_eq(pwrite(file, &byte, 1, (off_t)(at + 3 * PASS)), 1);
    close(file);
}

START_TEST(damage_is_found)
{
    struct hrm_store store;
    struct hrm_error error = {0};
    ck_assert_int_eq(open_store(&store, 1, false, &error), HRM_OK);
    put_blocks(&store, 0, store.votes.plan.blocks);
    ck_assert_int_eq(hrm_store_close(&store, false, &error), HRM_OK);
    if (world.rank == 0)
        damage(part, false);
    MPI_Barrier(world.comm);
    ck_assert_int_eq(open_store(&store, 1, false, &error), HRM_OK);
    PASSES(records, BLOCK);
    bool stored = true;
    ck_assert_int_eq(hrm_store_get(&store, 0, 1, records, &stored, &error), HRM_OK);
    ck_assert(!stored);
    ck_assert_int_eq(hrm_store_get(&store, 1, 1, records, &stored, &error), HRM_OK);
    ck_assert(stored);
    ck_assert_int_eq(hrm_store_close(&store, true, &error), HRM_OK);
    struct hrm_votes votes;
    static PASSES(all, CHECKPOINTS * PERTURBATIONS * PUZZLES);
    ck_assert_int_eq(hrm_votes_open(&votes, path, H5F_ACC_RDONLY, NULL), HRM_OK);
    ck_assert_int_eq(hrm_votes_read_passes(&votes, 0, PUZZLES, all, &error), HRM_DATA);
    ck_assert_ptr_nonnull(strstr(error.text, "damaged"));
    hrm_votes_close(&votes, NULL);

    // What nobody writes to is under a seal.
    MPI_Barrier(world.comm);
    if (world.rank == 0)
        damage(path, true);
    MPI_Barrier(world.comm);
    error = (struct hrm_error){0};
    ck_assert_int_eq(hrm_votes_open(&votes, path, H5F_ACC_RDONLY, &error), HRM_DATA);
    ck_assert_ptr_nonnull(strstr(error.text, path));
    clean();
}
END_TEST

START_TEST(cells_are_digits)
{
    struct hrm_store store;
    struct hrm_error error = {0};
    unsigned char items[PUZZLES][HRM_SUDOKU_ITEM];
    ck_assert_int_eq(open_store(&store, 1, false, &error), HRM_OK);
    hid_t set = _i == 0 ? store.votes.question : store.votes.answer;
    hid_t one = H5Screate(H5S_SCALAR), space = H5Dget_space(set);
    const hsize_t at[2] = {6, _i == 0 ? 80 : 40};
    const uint8_t bad = _i == 0 ? 11 : 10 << 4;
    ck_assert_int_eq(hrm_votes_read_puzzles(&store.votes, 0, PUZZLES, items, &error), HRM_OK);
    MPI_Barrier(world.comm);
    H5Sselect_elements(space, H5S_SELECT_SET, 1, at);
    ck_assert_int_ge(H5Dwrite(set, H5T_NATIVE_UINT8, one, space, H5P_DEFAULT, &bad), 0);
    H5Sclose(space);
    H5Sclose(one);
    ck_assert_int_eq(hrm_votes_read_puzzles(&store.votes, 0, 6, items, &error), HRM_OK);
    ck_assert_int_eq(hrm_votes_read_puzzles(&store.votes, 5, 10, items, &error), HRM_DATA);
    ck_assert_msg(strstr(error.text, "puzzle 6: it has a cell above 9") != NULL, "%s", error.text);
    ck_assert_ptr_nonnull(strstr(error.text, path));
    hrm_store_close(&store, false, &error);
    clean();
}
END_TEST

START_TEST(what_is_in_the_way_is_named)
{
    static const char *const content[] = {"", "no HDF5 file at all\n"};
    for (int i = 0; i < 4; i++) {
        const char *name = i < 2 ? path : part;
        if (world.rank == 0) {
            FILE *stream = fopen(name, "w");
            fputs(content[i % 2], stream);
            fclose(stream);
        }
        MPI_Barrier(world.comm);
        struct hrm_store store;
        struct hrm_error error = {0};
        ck_assert_int_eq(open_store(&store, 1, false, &error), HRM_USAGE);
        ck_assert_ptr_nonnull(strstr(error.text, name));
        ck_assert_ptr_nonnull(strstr(error.hint, "--overwrite"));
        error = (struct hrm_error){0};
        // Only votes of the program are replaced, and what is empty.
        ck_assert_int_eq(open_store(&store, 1, true, &error), i % 2 ? HRM_USAGE : HRM_OK);
        error = (struct hrm_error){0};
        ck_assert_int_eq(hrm_store_close(&store, i % 2 == 0, &error), HRM_OK);
        clean();
    }
}
END_TEST

START_TEST(a_missing_folder_is_an_error)
{
    struct hrm_store store = {.world = &world, .lock = &lock};
    struct hrm_votes head = head_of(1);
    struct hrm_error error = {0};
    char missing[160];
    snprintf(missing, sizeof missing, "%s/none/votes.h5", folder);
    ck_assert_int_eq(hrm_store_open(&store, &head, missing, false, &feed, &error), HRM_USAGE);
    ck_assert_str_ne(error.hint, "");
}
END_TEST

START_TEST(another_schema_is_an_error)
{
    char name[160];
    snprintf(name, sizeof name, "%s/other%d.h5", folder, world.rank);
    hid_t file = -1;
    ck_assert_int_eq(hrm_h5_create(name, H5P_DEFAULT, &file, NULL), HRM_OK);
    ck_assert_int_eq(hrm_h5_close(&file, NULL), HRM_OK);
    struct hrm_votes votes;
    struct hrm_error error = {0};
    ck_assert_int_eq(hrm_votes_open(&votes, name, H5F_ACC_RDONLY, &error), HRM_DATA);
    ck_assert_ptr_nonnull(strstr(error.text, "schema"));
    unlink(name);
}
END_TEST

static void add(TCase *tests)
{
    if (world.rank == 0) {
        snprintf(folder, sizeof folder, "/tmp/hrm-store-XXXXXX");
        if (!mkdtemp(folder))
            abort();
    }
    MPI_Bcast(folder, sizeof folder, MPI_CHAR, 0, world.comm);
    snprintf(path, sizeof path, "%s/votes.h5", folder);
    snprintf(part, sizeof part, "%s.part", path);
    tcase_add_test(tests, all_ranks_write_one_file);
    tcase_add_test(tests, an_unfinished_file_is_continued);
    tcase_add_test(tests, an_older_hash_is_made_anew);
    tcase_add_loop_test(tests, votes_of_an_older_program, 0, 2);
    tcase_add_test(tests, damage_is_found);
    tcase_add_loop_test(tests, a_file_of_another_program_is_refused, 0,
                        sizeof forged / sizeof *forged);
    tcase_add_loop_test(tests, cells_are_digits, 0, 2);
    tcase_add_test(tests, what_is_in_the_way_is_named);
    tcase_add_test(tests, a_missing_folder_is_an_error);
    tcase_add_test(tests, another_schema_is_an_error);
}

int main(void)
{
    int code = run_on_ranks("store", add);
    rmdir(folder);
    return code;
}
