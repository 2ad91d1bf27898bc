#include "mpi/store.h"

#include "core/file/h5.h"
#include "core/file/h5_attribute.h"
#include "core/file/seal.h"
#include "core/file/votes_differ.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum outcome { CREATE, CONTINUE, COMPLETE };

// --- rank 0: what is there already ---------------------------------------------------------------

/// An unfinished file of an older version has records that this one does not write.
static int refuse_older(const struct hrm_votes *votes, struct hrm_error *error)
{
    hrm_fail(error, HRM_USAGE,
             "%s was begun by an older version (votes of schema %d, this one writes %d)",
             votes->path, votes->version, HRM_VOTES_VERSION);
    return hrm_hint(error,
                    "nothing is lost: finish it with '%.60s', whose finished votes are read here; "
                    "or choose another --output; --overwrite begins anew",
                    votes->about.program);
}

/// Whether a votes file, or an `unfinished` one that is to be continued, is of this evaluation;
/// else HRM_USAGE with the difference, or what keeps it from being read.
static int compare(const char *path, const struct hrm_votes *head, bool unfinished,
                   struct hrm_error *error)
{
    struct hrm_votes votes;
    int status = hrm_votes_open(&votes, path, H5F_ACC_RDONLY, error);
    if (status)
        return status;
    if (votes.plan.identity != head->plan.identity)
        status = hrm_votes_differ(&votes, head, error);
    else if (unfinished && votes.version != HRM_VOTES_VERSION)
        status = refuse_older(&votes, error);
    hrm_votes_close(&votes, NULL);
    return status;
}

/// Whether --overwrite may take the place of a file: votes of the program, or nothing at all.
static bool is_replaceable(const char *path)
{
    struct stat about;
    if (hrm_seal_exists(path))
        return hrm_h5_check_replaced(path, HRM_VOTES_SCHEMA, NULL) == HRM_OK;
    return stat(path, &about) == 0 && S_ISREG(about.st_mode) && about.st_size == 0;
}

static int refuse(const char *path, const struct hrm_error *found, struct hrm_error *error)
{
    if (found->status == HRM_USAGE) {
        *error = *found;
        return HRM_USAGE;
    }
    hrm_fail(error, HRM_USAGE, "%s is in the way: %.800s", path, found->text);
    if (is_replaceable(path))
        return hrm_hint(error, "choose another --output, or replace it with --overwrite");
    return hrm_hint(error, "choose another --output, or remove it; --overwrite replaces nothing "
                           "but votes");
}

/// A file that cannot be read is kept under another name, for a person to look at, and does not
/// stop the run.
static int set_aside(struct hrm_store *store, const char *path, const struct hrm_error *found,
                     struct hrm_error *error)
{
    char aside[HRM_PATH];
    snprintf(aside, sizeof aside, "%.4000s.damaged", path);
    if (rename(path, aside) != 0)
        return hrm_fail(error, HRM_FAILED, "cannot rename %s to %s: %s", path, aside,
                        strerror(errno));
    snprintf(store->damage, sizeof store->damage, "%.700s; kept as %.300s", found->text, aside);
    return HRM_OK;
}

/// Look at a file that --overwrite is to replace.
static int make_room(struct hrm_store *store, const char *path, const struct hrm_votes *head,
                     struct hrm_error *error)
{
    struct hrm_error found = {0}, damage = {0};
    struct hrm_seal seal;
    bool sealed = false;
    const int status = compare(path, head, false, &found);
    if (status == HRM_OK || status == HRM_USAGE)
        return HRM_OK;
    if (!is_replaceable(path))
        return refuse(path, &found, error);
    return hrm_seal_check(path, &sealed, &seal, &damage) ? set_aside(store, path, &damage, error)
                                                         : HRM_OK;
}

/// What becomes of a .part that an earlier run has left.
static int decide_part(struct hrm_store *store, const struct hrm_votes *head, bool overwrite,
                       enum outcome *outcome, struct hrm_error *error)
{
    struct hrm_error found = {0};
    const char *part = store->part;
    if (access(part, F_OK) != 0)
        return HRM_OK;
    if (compare(part, head, true, &found) == HRM_OK)
        *outcome = CONTINUE;
    else if (found.status == HRM_DATA && hrm_seal_exists(part) && is_replaceable(part))
        return set_aside(store, part, &found, error);
    else if (!overwrite || !is_replaceable(part))
        return refuse(part, &found, error);
    return HRM_OK;
}

static int decide(struct hrm_store *store, const struct hrm_votes *head, bool overwrite,
                  enum outcome *outcome, struct hrm_error *error)
{
    struct hrm_error found = {0};
    const char *path = store->path;
    int status = HRM_OK;
    *outcome = CREATE;
    if (!overwrite && access(path, F_OK) == 0) {
        if (compare(path, head, false, &found))
            return refuse(path, &found, error);
        *outcome = COMPLETE;
        return HRM_OK;
    }
    if (access(path, F_OK) == 0)
        status = make_room(store, path, head, error);
    return status ? status : decide_part(store, head, overwrite, outcome, error);
}

// --- rank 0: a new file --------------------------------------------------------------------------

enum { PIECE = 8192 }; ///< puzzles

static int copy_puzzles(struct hrm_votes *votes, const struct hrm_store_feed *feed,
                        struct hrm_error *error)
{
    void *piece = calloc(PIECE, (size_t)votes->task.shape.item_bytes);
    int status = HRM_OK;
    if (!piece)
        status = hrm_fail(error, HRM_FAILED, "no memory for %d puzzles", PIECE);
    for (int64_t first = 0; first < votes->plan.puzzles && status == HRM_OK; first += PIECE) {
        int64_t left = votes->plan.puzzles - first, count = left < PIECE ? left : PIECE;
        status = feed->read(feed->source, first, count, piece, error);
        if (status == HRM_OK)
            status = hrm_votes_write_puzzles(votes, first, count, piece, error);
    }
    free(piece);
    return status;
}

static void *copy_of(const void *values, size_t bytes)
{
    void *copy = malloc(bytes);
    return copy ? memcpy(copy, values, bytes) : NULL;
}

/// The .part appears under its name when the puzzles are in it.
static int create(const struct hrm_store *store, const struct hrm_votes *head,
                  const struct hrm_store_feed *feed, struct hrm_error *error)
{
    struct hrm_atomic_file part = {0};
    struct hrm_votes votes = {.plan = head->plan, .task = head->task, .about = head->about};
    votes.checkpoints =
        copy_of(head->checkpoints, (size_t)head->plan.checkpoints * sizeof *head->checkpoints);
    votes.perturbations = copy_of(head->perturbations,
                                  (size_t)head->plan.perturbations * sizeof *head->perturbations);
    hrm_atomic_file_clear(store->part);
    int status = hrm_atomic_file_begin(&part, store->part, error);
    if (status == HRM_OK && (!votes.checkpoints || !votes.perturbations))
        status = hrm_fail(error, HRM_FAILED, "no memory for the tables of %s", part.path);
    if (status == HRM_OK)
        status = hrm_votes_create(&votes, part.temporary, error);
    if (status == HRM_OK)
        status = copy_puzzles(&votes, feed, error);
    if (status == HRM_OK)
        status = hrm_votes_seal(&votes, error);
    hrm_votes_close(&votes, NULL);
    if (status == HRM_OK)
        return hrm_atomic_file_commit(&part, error);
    hrm_atomic_file_abandon(&part);
    return status;
}

// --- all ranks -----------------------------------------------------------------------------------

static int prepare(struct hrm_store *store, const struct hrm_votes *head, bool overwrite,
                   const struct hrm_store_feed *feed, struct hrm_error *error)
{
    int outcome = CREATE, status = HRM_OK;
    enum outcome decided = CREATE;
    if (store->world->rank == 0)
        status = decide(store, head, overwrite, &decided, error);
    if (store->world->rank == 0 && status == HRM_OK && decided == CREATE)
        status = create(store, head, feed, error);
    status = hrm_agree(store->world->comm, status, error);
    if (status)
        return status;
    outcome = (int)decided;
    status = HRM_MPI(MPI_Bcast(&outcome, 1, MPI_INT, 0, store->world->comm), error);
    store->continued = outcome == CONTINUE;
    store->complete = outcome == COMPLETE;
    return status;
}

/// Opening is collective: see first that nobody stays behind.
static int check_visible(const struct hrm_store *store, const char *path, struct hrm_error *error)
{
    int status = HRM_OK;
    if (access(path, store->complete ? R_OK : R_OK | W_OK) != 0) {
        status = hrm_fail(error, HRM_FAILED, "%s cannot be opened on host %s: %s", path,
                          store->world->host, strerror(errno));
        hrm_hint(error, "all hosts need the same folder: write to a shared file system");
    }
    return hrm_agree(store->world->comm, status, error);
}

int hrm_store_open(struct hrm_store *store, const struct hrm_votes *head, const char *path,
                   bool overwrite, const struct hrm_store_feed *feed, struct hrm_error *error)
{
    struct hrm_atomic_file checked = {0};
    int status = HRM_OK;
    if (store->world->rank == 0)
        status = hrm_atomic_file_begin(&checked, path, error);
    if (status == HRM_OK)
        status = hrm_atomic_file_fits(checked.path, error);
    status = hrm_agree(store->world->comm, status, error);
    if (status == HRM_OK) // where a symbolic link leads to
        status = hrm_broadcast(store->world->comm, checked.path, sizeof checked.path, error);
    if (status)
        return status;
    snprintf(store->path, sizeof store->path, "%.4000s", checked.path);
    snprintf(store->part, sizeof store->part, "%.4000s.part", checked.path);
    status = prepare(store, head, overwrite, feed, error);
    const char *name = store->complete ? store->path : store->part;
    if (status == HRM_OK)
        status = check_visible(store, name, error);
    if (status)
        return status;
    hid_t access = H5Pcreate(H5P_FILE_ACCESS);
    if (!store->complete)
        H5Pset_fapl_mpio(access, store->world->comm, MPI_INFO_NULL);
    status = hrm_votes_open_with(&store->votes, name,
                                 store->complete ? H5F_ACC_RDONLY : H5F_ACC_RDWR, access, error);
    H5Pclose(access);
    status = hrm_agree(store->world->comm, status, error);
    if (status)
        hrm_votes_close(&store->votes, NULL);
    return status;
}

/// On failure the votes stay where they are.
static int give_final_name(const struct hrm_store *store, struct hrm_error *error)
{
    int file = open(store->part, O_RDWR);
    bool synced = file >= 0 && fsync(file) == 0;
    if (file >= 0)
        close(file);
    if (synced && rename(store->part, store->path) == 0) {
        hrm_atomic_file_clear(store->part);
        return HRM_OK;
    }
    hrm_fail(error, HRM_FAILED, "cannot rename %s to %s: %s", store->part, store->path,
             strerror(errno));
    return hrm_hint(error, HRM_H5_SPACE);
}

int hrm_store_close(struct hrm_store *store, bool finished, struct hrm_error *error)
{
    int status = HRM_OK;
    if (store->votes.file > 0)
        status = hrm_votes_close(&store->votes, error);
    status = hrm_agree(store->world->comm, status, error);
    if (status == HRM_OK && finished && !store->complete && store->world->rank == 0)
        status = give_final_name(store, error);
    return hrm_agree(store->world->comm, status, error);
}

// --- blocks --------------------------------------------------------------------------------------

int hrm_store_puzzles(struct hrm_store *store, const struct hrm_plan_block *block, void *items,
                      struct hrm_error *error)
{
    pthread_mutex_lock(store->lock);
    int status = hrm_votes_read_puzzles(&store->votes, block->first, block->count, items, error);
    pthread_mutex_unlock(store->lock);
    return status;
}

int hrm_store_get(struct hrm_store *store, int64_t index, int64_t count, void *records,
                  bool *stored, struct hrm_error *error)
{
    memset(stored, false, (size_t)count * sizeof *stored);
    if (!store->continued)
        return HRM_OK;
    pthread_mutex_lock(store->lock);
    int status = hrm_votes_read_blocks(&store->votes, index, count, records, stored, error);
    pthread_mutex_unlock(store->lock);
    return status;
}

int hrm_store_put(struct hrm_store *store, int64_t index, int64_t count, const void *records,
                  struct hrm_error *error)
{
    pthread_mutex_lock(store->lock);
    int status = hrm_votes_write_blocks(&store->votes, index, count, records, error);
    pthread_mutex_unlock(store->lock);
    return status;
}
