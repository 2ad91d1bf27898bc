#include "mpi/state.h"

#include "core/base/atomic_file.h"
#include "core/file/h5.h"
#include "core/file/state_file.h"
#include "mpi/trainer.h"
#include "mpi/trainer_state.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <xxhash.h>

#define UNIT  ((int64_t)1 << 20) ///< bytes of a checksum of what all ranks share
#define CHUNK ((int64_t)1 << 26) ///< bytes of a call; MPI counts are ints

/// A state on its way to the disk or from it.
struct transfer {
    const struct hrm_group *group;
    const char *path; ///< for messages
    MPI_File file;
    struct hrm_state_file state;
};

/// The units of an array that this rank writes and reads.
struct share {
    const struct hrm_state_place *place;
    int64_t first, count; ///< units
    int64_t at, bytes;    ///< in the array
    unsigned char *data;  ///< of the first unit
    uint64_t *sums;       ///< [count]
};

// --- what lies where -----------------------------------------------------------------------------

static void add_place(struct hrm_state_file *file, const struct hrm_state_array *array, int slots)
{
    struct hrm_state_place *place = &file->places[file->count++];
    *place = (struct hrm_state_place){.array = *array};
    place->rows = array->per_slot ? slots : (int64_t)array->rows;
    place->bytes = place->rows * (int64_t)array->row_bytes;
    place->unit = array->per_slot ? (int64_t)array->row_bytes : UNIT;
    place->units = (place->bytes - 1) / place->unit + 1;
}

static void list_places(const struct hrm_state *state, struct hrm_state_file *file)
{
    struct hrm_state_array arrays[HRM_STATE_ARRAYS];
    struct hrm_state_array extra = {
        .name = "extra", .data = state->extra, .rows = 1, .row_bytes = state->extra_bytes};
    int count = hrm_trainer_state(state->trainer, arrays);
    *file = (struct hrm_state_file){0};
    for (int i = 0; i < count; i++)
        add_place(file, &arrays[i], state->trainer->training.batch);
    add_place(file, &extra, 0);
}

static struct share share_of(const struct hrm_state_place *place, int size, int rank)
{
    const struct hrm_state_array *array = &place->array;
    struct share share = {.place = place};
    if (array->per_slot) {
        share.first = (int64_t)array->first;
        share.count = (int64_t)array->rows;
    } else {
        share.first = place->units * rank / size;
        share.count = place->units * (rank + 1) / size - share.first;
    }
    int64_t end = (share.first + share.count) * place->unit;
    share.at = share.first * place->unit;
    share.bytes = (end < place->bytes ? end : place->bytes) - share.at;
    share.data = (unsigned char *)array->data + (array->per_slot ? 0 : share.at);
    return share;
}

static uint64_t sum_unit(const struct share *share, const unsigned char *data, int64_t unit)
{
    int64_t at = unit * share->place->unit, left = share->bytes - at;
    return XXH3_64bits(data + at, (size_t)(left < share->place->unit ? left : share->place->unit));
}

// --- moving bytes --------------------------------------------------------------------------------

/// Whether a call moved all that it was to move.
static int check_count(const struct transfer *transfer, MPI_Status *result, int64_t wanted,
                       int class, struct hrm_error *error)
{
    int count = 0;
    MPI_Get_count(result, MPI_BYTE, &count);
    if (count == wanted)
        return HRM_OK;
    hrm_fail(error, class, "%s: only %d of %lld bytes could be %s", transfer->path, count,
             (long long)wanted, class == HRM_DATA ? "read" : "written");
    return hrm_hint(error, HRM_H5_SPACE);
}

static int put(const struct transfer *transfer, int64_t at, const void *data, int64_t bytes,
               struct hrm_error *error)
{
    int status = HRM_OK;
    for (int64_t done = 0; done < bytes && status == HRM_OK; done += CHUNK) {
        int64_t count = bytes - done < CHUNK ? bytes - done : CHUNK;
        MPI_Status result;
        status = HRM_MPI(MPI_File_write_at(transfer->file, at + done, (const char *)data + done,
                                           (int)count, MPI_BYTE, &result),
                         error);
        if (status)
            return hrm_hint(error, HRM_H5_SPACE);
        status = check_count(transfer, &result, count, HRM_FAILED, error);
    }
    return status;
}

static int get(const struct transfer *transfer, int64_t at, void *data, int64_t bytes,
               struct hrm_error *error)
{
    int status = HRM_OK;
    for (int64_t done = 0; done < bytes && status == HRM_OK; done += CHUNK) {
        int64_t count = bytes - done < CHUNK ? bytes - done : CHUNK;
        MPI_Status result;
        status = HRM_MPI(MPI_File_read_at(transfer->file, at + done, (char *)data + done,
                                          (int)count, MPI_BYTE, &result),
                         error);
        if (status == HRM_OK)
            status = check_count(transfer, &result, count, HRM_DATA, error);
    }
    return status;
}

/// Write a share and its checksums.
static int put_share(const struct transfer *transfer, struct share *share, struct hrm_error *error)
{
    const struct hrm_state_place *place = share->place;
    for (int64_t i = 0; i < share->count; i++)
        share->sums[i] = sum_unit(share, share->data, i);
    int status = put(transfer, place->data_at + share->at, share->data, share->bytes, error);
    if (status)
        return status;
    return put(transfer, place->sums_at + 8 * share->first, share->sums, 8 * share->count, error);
}

static int check_sums(const struct transfer *transfer, const struct share *share,
                      const unsigned char *data, int class, struct hrm_error *error)
{
    for (int64_t i = 0; i < share->count; i++) {
        if (sum_unit(share, data, i) == share->sums[i])
            continue;
        hrm_fail(error, class, "%s: dataset '%s' is damaged at byte %lld: its checksum is wrong",
                 transfer->path, share->place->array.name,
                 (long long)((share->first + i) * share->place->unit));
        return hrm_hint(error, class == HRM_DATA ? "use an earlier state"
                                                 : "the disk does not keep what is written to it");
    }
    return HRM_OK;
}

static int get_share(const struct transfer *transfer, struct share *share, struct hrm_error *error)
{
    const struct hrm_state_place *place = share->place;
    int status =
        get(transfer, place->sums_at + 8 * share->first, share->sums, 8 * share->count, error);
    if (status == HRM_OK)
        status = get(transfer, place->data_at + share->at, share->data, share->bytes, error);
    return status ? status : check_sums(transfer, share, share->data, HRM_DATA, error);
}

/// Read a share that was just written, and compare, some units at a time.
static int verify_share(const struct transfer *transfer, struct share *share,
                        struct hrm_error *error)
{
    const struct hrm_state_place *place = share->place;
    int64_t units = place->unit < CHUNK / 16 ? CHUNK / 16 / place->unit : 1;
    unsigned char *copy = malloc((size_t)(units * place->unit));
    int status = copy ? HRM_OK : hrm_fail(error, HRM_FAILED, "no memory to check a state");
    for (int64_t done = 0; done < share->count && status == HRM_OK; done += units) {
        struct share part = *share;
        part.first += done;
        part.at += done * place->unit;
        part.count = share->count - done < units ? share->count - done : units;
        part.bytes = share->bytes - done * place->unit;
        if (part.bytes > units * place->unit)
            part.bytes = units * place->unit;
        part.sums += done;
        status = get(transfer, place->data_at + part.at, copy, part.bytes, error);
        if (status == HRM_OK)
            status = check_sums(transfer, &part, copy, HRM_FAILED, error);
    }
    free(copy);
    return status;
}

/// Do something with this rank's share of every array.
static int for_shares(const struct transfer *transfer, struct share shares[HRM_STATE_PLACES],
                      int (*act)(const struct transfer *, struct share *, struct hrm_error *),
                      struct hrm_error *error)
{
    int status = HRM_OK;
    for (int i = 0; i < transfer->state.count && status == HRM_OK; i++)
        if (shares[i].count > 0)
            status = act(transfer, &shares[i], error);
    return hrm_agree(transfer->group->comm, status, error);
}

static void free_shares(struct share shares[HRM_STATE_PLACES])
{
    for (int i = 0; i < HRM_STATE_PLACES; i++)
        free(shares[i].sums);
}

static int make_shares(const struct transfer *transfer, struct share shares[HRM_STATE_PLACES],
                       struct hrm_error *error)
{
    int status = HRM_OK;
    for (int i = 0; i < transfer->state.count; i++) {
        shares[i] =
            share_of(&transfer->state.places[i], transfer->group->size, transfer->group->rank);
        shares[i].sums = calloc((size_t)shares[i].count + 1, sizeof *shares[i].sums);
        if (!shares[i].sums)
            status = hrm_fail(error, HRM_FAILED, "no memory for checksums");
    }
    return hrm_agree(transfer->group->comm, status, error);
}

// --- writing -------------------------------------------------------------------------------------

/// Give every rank the places that rank 0 has chosen or found.
static int share_places(struct transfer *transfer, struct hrm_error *error)
{
    int64_t at[2 * HRM_STATE_PLACES];
    for (int i = 0; i < transfer->state.count; i++) {
        at[2 * i] = transfer->state.places[i].data_at;
        at[2 * i + 1] = transfer->state.places[i].sums_at;
    }
    int status = HRM_MPI(
        MPI_Bcast(at, 2 * transfer->state.count, MPI_INT64_T, 0, transfer->group->comm), error);
    for (int i = 0; i < transfer->state.count; i++) {
        transfer->state.places[i].data_at = at[2 * i];
        transfer->state.places[i].sums_at = at[2 * i + 1];
    }
    return status;
}

/// Opening is collective: see first that nobody stays behind.
static int check_visible(const struct transfer *transfer, const char *path, int mode,
                         struct hrm_error *error)
{
    int status = HRM_OK;
    if (access(path, mode == MPI_MODE_RDONLY ? R_OK : R_OK | W_OK) != 0) {
        status = hrm_fail(error, HRM_FAILED, "%s cannot be opened: %s", path, strerror(errno));
        hrm_hint(error, "all hosts need the same folder: write to a shared file system");
    }
    return hrm_agree(transfer->group->comm, status, error);
}

static int open_file(struct transfer *transfer, const char *path, int mode, struct hrm_error *error)
{
    int status = check_visible(transfer, path, mode, error);
    if (status)
        return status;
    status = HRM_MPI(
        MPI_File_open(transfer->group->comm, path, mode, MPI_INFO_NULL, &transfer->file), error);
    if (status)
        hrm_hint(error, "all hosts need the same folder: write to a shared file system");
    return hrm_agree(transfer->group->comm, status, error);
}

/// All ranks write into the skeleton, and look whether it is there.
static int fill(struct transfer *transfer, const char *path, struct hrm_error *error)
{
    struct share shares[HRM_STATE_PLACES] = {0};
    int status = open_file(transfer, path, MPI_MODE_RDWR, error);
    if (status)
        return status;
    status = make_shares(transfer, shares, error);
    if (status == HRM_OK)
        status = for_shares(transfer, shares, put_share, error);
    if (status == HRM_OK)
        status =
            hrm_agree(transfer->group->comm, HRM_MPI(MPI_File_sync(transfer->file), error), error);
    if (status == HRM_OK)
        status = for_shares(transfer, shares, verify_share, error);
    int closed = HRM_MPI(MPI_File_close(&transfer->file), error);
    free_shares(shares);
    return hrm_agree(transfer->group->comm, status ? status : closed, error);
}

static void complete(struct hrm_state *state)
{
    const struct hrm_trainer *trainer = state->trainer;
    struct hrm_provenance *provenance = &state->provenance;
    provenance->step = trainer->step;
    provenance->seed = trainer->training.seed;
    provenance->replica = trainer->group->replica;
    provenance->ranks = trainer->group->size;
    provenance->threads = trainer->training.threads;
    snprintf(provenance->backend, sizeof provenance->backend, "%s", trainer->model.backend->name);
}

int hrm_state_write(struct hrm_state *state, const char *path, struct hrm_error *error)
{
    struct transfer transfer = {.group = state->trainer->group, .path = path};
    struct hrm_atomic_file output = {0};
    MPI_Comm comm = transfer.group->comm;
    bool first = transfer.group->rank == 0;
    int status = HRM_OK;
    list_places(state, &transfer.state);
    complete(state);
    if (first)
        status = hrm_atomic_file_begin(&output, path, error);
    if (first && status == HRM_OK)
        status =
            hrm_state_file_create(&transfer.state, output.temporary, &state->provenance, error);
    status = hrm_agree(comm, status, error);
    if (status == HRM_OK)
        status = share_places(&transfer, error);
    if (status == HRM_OK)
        status = HRM_MPI(MPI_Bcast(output.temporary, HRM_PATH, MPI_CHAR, 0, comm), error);
    if (status == HRM_OK)
        status = fill(&transfer, output.temporary, error);
    if (first && status == HRM_OK)
        status = hrm_state_file_seal(&transfer.state, output.temporary, error);
    if (first && status == HRM_OK)
        status = hrm_atomic_file_commit(&output, error);
    if (first && status)
        hrm_atomic_file_abandon(&output);
    return hrm_agree(comm, status, error);
}

// --- reading -------------------------------------------------------------------------------------

/// What all ranks have in common was read in shares: every rank gives away its own.
static int spread(const struct transfer *transfer, const struct hrm_state_place *place,
                  struct hrm_error *error)
{
    int status = HRM_OK;
    for (int rank = 0; rank < transfer->group->size && status == HRM_OK; rank++) {
        struct share share = share_of(place, transfer->group->size, rank);
        for (int64_t done = 0; done < share.bytes && status == HRM_OK; done += CHUNK) {
            int64_t count = share.bytes - done < CHUNK ? share.bytes - done : CHUNK;
            status = HRM_MPI(
                MPI_Bcast(share.data + done, (int)count, MPI_BYTE, rank, transfer->group->comm),
                error);
        }
    }
    return status;
}

static int spread_all(const struct transfer *transfer, struct hrm_error *error)
{
    int status = HRM_OK;
    for (int i = 0; i < transfer->state.count && status == HRM_OK; i++)
        if (!transfer->state.places[i].array.per_slot)
            status = spread(transfer, &transfer->state.places[i], error);
    return hrm_agree(transfer->group->comm, status, error);
}

static int load(struct transfer *transfer, struct hrm_error *error)
{
    struct share shares[HRM_STATE_PLACES] = {0};
    int status = open_file(transfer, transfer->path, MPI_MODE_RDONLY, error);
    if (status)
        return status;
    status = make_shares(transfer, shares, error);
    if (status == HRM_OK)
        status = for_shares(transfer, shares, get_share, error);
    MPI_File_close(&transfer->file);
    free_shares(shares);
    return status ? status : spread_all(transfer, error);
}

/// Whether what was read can be used as indices.
static int check_carry(const struct hrm_trainer *trainer, const char *path, struct hrm_error *error)
{
    const struct hrm_model_config *config = &trainer->model.config;
    const struct hrm_slots *slots = &trainer->slots;
    bool good = trainer->step >= 0;
    for (int i = 0; i < slots->count; i++)
        good = good && slots->steps[i] >= 0 && slots->halted[i] <= 1 && slots->ids[i] >= 0 &&
               slots->ids[i] < config->puzzle_ids;
    for (int64_t i = 0; i < (int64_t)slots->count * slots->cells; i++)
        good = good && slots->inputs[i] < config->vocab && slots->labels[i] < config->vocab;
    if (good)
        return HRM_OK;
    hrm_fail(error, HRM_DATA, "%s: steps, tokens or identifiers are out of range", path);
    return hrm_hint(error, "the state is damaged: go on from the one before");
}

int hrm_state_read(struct hrm_state *state, const char *path, struct hrm_error *error)
{
    struct transfer transfer = {.group = state->trainer->group, .path = path};
    MPI_Comm comm = transfer.group->comm;
    int status = HRM_OK;
    list_places(state, &transfer.state);
    if (transfer.group->rank == 0)
        status = hrm_state_file_open(&transfer.state, path, &state->provenance, error);
    status = hrm_agree(comm, status, error);
    if (status == HRM_OK)
        status = share_places(&transfer, error);
    if (status == HRM_OK)
        status = HRM_MPI(
            MPI_Bcast(&state->provenance, (int)sizeof state->provenance, MPI_BYTE, 0, comm), error);
    if (status == HRM_OK)
        status = load(&transfer, error);
    if (status == HRM_OK)
        hrm_slots_tokens_load(&state->trainer->slots);
    if (status == HRM_OK)
        status = hrm_agree(comm, check_carry(state->trainer, path, error), error);
    if (status == HRM_OK)
        hrm_trainer_pack(state->trainer);
    return status;
}

int hrm_state_about(const char *path, struct hrm_provenance *provenance, struct hrm_error *error)
{
    return hrm_state_file_open(NULL, path, provenance, error);
}
