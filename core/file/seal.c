#include "core/file/seal.h"

#include "core/base/input.h"
#include "core/base/magic.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

#define PIECE ((int64_t)1 << 20) ///< bytes that are read at a time

/// The seal as it lies in the file.
struct block {
    unsigned char magic[HRM_MAGIC_BYTES];
    uint32_t version, count;
    int64_t bytes;
    uint64_t hash; ///< of what is under the seal
    struct hrm_seal_range ranges[HRM_SEAL_RANGES];
    unsigned char zero[HRM_SEAL_BYTES - 32 - HRM_SEAL_RANGES * sizeof(struct hrm_seal_range) - 8];
    uint64_t own; ///< hash of all before
};
static_assert(sizeof(struct block) == HRM_SEAL_BYTES, "the seal fills the user block");

static uint64_t own_hash(const struct block *block)
{
    return XXH3_64bits(block, offsetof(struct block, own));
}

static struct block make_block(const struct hrm_seal *seal, uint64_t hash)
{
    struct block block;
    memset(&block, 0, sizeof block);
    memcpy(block.magic, HRM_MAGIC, sizeof block.magic);
    block.version = 1;
    block.count = (uint32_t)seal->count;
    block.bytes = seal->bytes;
    block.hash = hash;
    memcpy(block.ranges, seal->ranges, (size_t)seal->count * sizeof *seal->ranges);
    block.own = own_hash(&block);
    return block;
}

void hrm_seal_memory(unsigned char *file, size_t bytes)
{
    assert(bytes >= HRM_SEAL_BYTES);
    struct hrm_seal seal = {.bytes = (int64_t)bytes};
    struct block block =
        make_block(&seal, XXH3_64bits(file + HRM_SEAL_BYTES, bytes - HRM_SEAL_BYTES));
    memcpy(file, &block, sizeof block);
}

// --- files ---------------------------------------------------------------------------------------

/// What a hash is made of, and where.
struct walk {
    int file;
    const char *path;
    unsigned char *piece; ///< [PIECE]
    XXH3_state_t *state;
};

static int read_failed(const char *path, struct hrm_error *error)
{
    hrm_fail(error, HRM_DATA, "%s: cannot be read: %s", path, strerror(errno));
    return hrm_hint(error, "check the file system and the permissions of the file");
}

/// Hash bytes first .. end - 1 of the file.
static int hash_part(const struct walk *walk, int64_t first, int64_t end, struct hrm_error *error)
{
    while (first < end) {
        int64_t left = end - first;
        ssize_t got =
            pread(walk->file, walk->piece, (size_t)(left < PIECE ? left : PIECE), (off_t)first);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return read_failed(walk->path, error);
        XXH3_64bits_update(walk->state, walk->piece, (size_t)got);
        first += got;
    }
    return HRM_OK;
}

static int hash_file(int file, const char *path, const struct hrm_seal *seal, uint64_t *hash,
                     struct hrm_error *error)
{
    int64_t room = seal->bytes < PIECE ? seal->bytes : PIECE;
    struct walk walk = {file, path, malloc((size_t)room), XXH3_createState()};
    int64_t at = HRM_SEAL_BYTES;
    int status = HRM_OK;
    if (!walk.piece || !walk.state) {
        status = hrm_fail(error, HRM_FAILED, "no memory to check %s", path);
        goto done;
    }
    XXH3_64bits_reset(walk.state);
    for (int i = 0; i < seal->count && status == HRM_OK; i++) {
        status = hash_part(&walk, at, seal->ranges[i].first, error);
        at = seal->ranges[i].first + seal->ranges[i].bytes;
    }
    if (status == HRM_OK)
        status = hash_part(&walk, at, seal->bytes, error);
    *hash = XXH3_64bits_digest(walk.state);
done:
    free(walk.piece);
    XXH3_freeState(walk.state);
    return status;
}

int hrm_seal_write(const char *path, struct hrm_seal *seal, struct hrm_error *error)
{
    struct stat found;
    uint64_t hash = 0;
    int file = open(path, O_RDWR);
    if (file < 0 || fstat(file, &found) != 0) {
        if (file >= 0)
            close(file);
        return hrm_fail(error, HRM_FAILED, "%s: cannot be sealed: %s", path, strerror(errno));
    }
    seal->bytes = (int64_t)found.st_size;
    int status = hash_file(file, path, seal, &hash, error);
    struct block block = make_block(seal, hash);
    if (status == HRM_OK && pwrite(file, &block, sizeof block, 0) != (ssize_t)sizeof block)
        status = hrm_fail(error, HRM_FAILED, "%s: cannot be sealed: %s", path, strerror(errno));
    if (close(file) != 0 && status == HRM_OK)
        status = hrm_fail(error, HRM_FAILED, "%s: cannot be sealed: %s", path, strerror(errno));
    return status;
}

/// Whether the ranges lie in the file, in order. A wrong hash of the seal comes first; this holds
/// against a seal that another program made.
static bool ranges_fit(const struct block *block)
{
    int64_t at = HRM_SEAL_BYTES;
    if (block->count > HRM_SEAL_RANGES || block->bytes < at)
        return false;
    for (uint32_t i = 0; i < block->count; i++) {
        const struct hrm_seal_range *range = &block->ranges[i];
        if (range->first < at || range->bytes < 0 || range->bytes > block->bytes - range->first)
            return false;
        at = range->first + range->bytes;
    }
    return at <= block->bytes;
}

static int damaged(const char *path, const char *what, struct hrm_error *error)
{
    hrm_fail(error, HRM_DATA, "%s: %s", path, what);
    return hrm_hint(error, "copy the file again, or use another one");
}

/// Check an open file that has at least the magic.
static int check_sealed(int file, const char *path, const struct block *block, ssize_t got,
                        struct hrm_seal *seal, struct hrm_error *error)
{
    struct stat found;
    uint64_t hash = 0;
    if (got < (ssize_t)sizeof *block)
        return damaged(path, "truncated within its first kilobyte", error);
    if (block->own != own_hash(block) || !ranges_fit(block))
        return damaged(path, "damaged: the checksum of its first kilobyte is wrong", error);
    if (block->version != 1)
        return damaged(path, "sealed by another version of hrmpi", error);
    if (fstat(file, &found) != 0)
        return read_failed(path, error);
    if (found.st_size != (off_t)block->bytes) {
        hrm_fail(error, HRM_DATA, "%s: truncated or grown: %lld bytes, wanted %lld", path,
                 (long long)found.st_size, (long long)block->bytes);
        return hrm_hint(error, "copy the file again, or use another one");
    }
    *seal = (struct hrm_seal){.bytes = block->bytes, .count = (int)block->count};
    memcpy(seal->ranges, block->ranges, block->count * sizeof *block->ranges);
    int status = hash_file(file, path, seal, &hash, error);
    if (status == HRM_OK && hash != block->hash)
        return damaged(path, "damaged: the checksum of the file is wrong", error);
    return status;
}

bool hrm_seal_exists(const char *path)
{
    return hrm_magic_found(path);
}

uint64_t hrm_seal_mark(const char *path)
{
    struct block block = {0};
    int file = open(path, O_RDONLY | O_NONBLOCK); // no waiting for who writes a FIFO
    ssize_t got = file >= 0 ? pread(file, &block, sizeof block, 0) : -1;
    if (file >= 0)
        close(file);
    bool sealed = got == (ssize_t)sizeof block &&
                  memcmp(block.magic, HRM_MAGIC, sizeof block.magic) == 0 &&
                  block.own == own_hash(&block);
    return sealed ? block.own : 0;
}

int hrm_seal_check(const char *path, bool *sealed, struct hrm_seal *seal, struct hrm_error *error)
{
    struct block block = {0};
    *sealed = false;
    *seal = (struct hrm_seal){0};
    int status = hrm_input_check(path, error);
    if (status != HRM_OK)
        return status;
    int file = open(path, O_RDONLY);
    if (file < 0) {
        hrm_fail(error, HRM_DATA, "%s: cannot open: %s", path, strerror(errno));
        return hrm_hint(error, "check the path and its permissions");
    }
    ssize_t got = pread(file, &block, sizeof block, 0);
    if (got < 0)
        status = read_failed(path, error);
    *sealed = got >= (ssize_t)sizeof block.magic &&
              memcmp(block.magic, HRM_MAGIC, sizeof block.magic) == 0;
    if (*sealed)
        status = check_sealed(file, path, &block, got, seal, error);
    close(file);
    return status;
}
