#include "core/file/puzzle_stream.h"
#include "tests/fuzz/fuzz.h"

#include <zlib.h>

enum { ROOM = 1 << 16 };

/// The gzip of some bytes. Returns its length.
static size_t compress_to(unsigned char packed[ROOM], int level, struct fuzz_bytes *bytes)
{
    z_stream stream = {.next_out = packed, .avail_out = ROOM};
    FUZZ_REQUIRE(deflateInit2(&stream, level, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) == Z_OK);
    stream.next_in = (unsigned char *)bytes->at;
    stream.avail_in = (unsigned)(bytes->end - bytes->at);
    FUZZ_REQUIRE(deflate(&stream, Z_FINISH) != Z_STREAM_ERROR);
    deflateEnd(&stream);
    return ROOM - stream.avail_out;
}

/// The input is a puzzle file that gets compressed, behind eight bytes that say how, what of it is
/// changed then, and where it is cut: random bytes are no gzip file.
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static unsigned char packed[2 * ROOM];
    struct fuzz_bytes bytes = {data, data + size};
    uint8_t head[8];
    struct hrm_puzzle_choice all = {0};
    struct hrm_puzzles puzzles;
    struct hrm_error error = {0};
    fuzz_take_all(&bytes, head, sizeof head);
    size_t length = compress_to(packed, head[0] % 3, &bytes);
    if (head[1] % 2 && length > 0)
        packed[(head[2] + 256u * head[3]) % length] ^= head[4];
    if (head[1] & 2)
        length = length * head[5] / 256;
    // A second member, as gzip and zlib allow.
    if (head[1] & 4)
        length += compress_to(packed + length, 0,
                              &(struct fuzz_bytes){data, data + head[6] % (size + 1)});
    fuzz_put(packed, length);
    int status = hrm_puzzles_open(fuzz_path(), &all, &puzzles, &error);
    fuzz_outcome(status, HRM_DATA, fuzz_path(), &error);
    hrm_puzzles_free(&puzzles);
    return 0;
}
