/*
 * A repair, done: step by step, so that one that is broken off leaves a state
 * that nginx refuses or starts on, and that can be repaired again.
 *
 * `synced` comes last: until then it says that more was there.
 */

#include "log/tool/jupref_repair.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <openssl/crypto.h>

#include "log/jupref_snapshot_file.h"
#include "log/jupref_tile.h"


#define JUPREF_COPY_PIECE  (1024 * 1024)


typedef struct {
    jupref_repair_t  *repair;
    const char       *aside;
    int               directory;        /* `aside`, open */
    jupref_exit_e     code;
} jupref_doing_t;


static void jupref_do_aside(jupref_doing_t *doing);
static void jupref_do_mend(jupref_doing_t *doing);
static void jupref_do_derived(jupref_doing_t *doing);
static void jupref_do_identity(jupref_doing_t *doing);
static void jupref_do_segments(jupref_doing_t *doing);
static void jupref_do_cut(jupref_doing_t *doing);
static int jupref_do_copy(jupref_doing_t *doing, const char *from,
    const char *to, uint64_t len);
static void jupref_do_empty(jupref_doing_t *doing);
static void jupref_do_synced(jupref_doing_t *doing);
static void jupref_do_move(jupref_doing_t *doing, const char *name);
static void jupref_do_sync(jupref_doing_t *doing);
static void jupref_do_failed(jupref_doing_t *doing, const char *name,
    int error);
static uint64_t jupref_do_now(void);


jupref_exit_e
jupref_repair_do(jupref_repair_t *repair, const char *aside)
{
    jupref_doing_t  doing;

    doing.repair = repair;
    doing.aside = aside;
    doing.directory = -1;
    doing.code = JUPREF_EXIT_GOOD;

    jupref_do_aside(&doing);
    jupref_do_mend(&doing);

    if (repair->mended_count == 0) {
        jupref_do_derived(&doing);
        jupref_do_segments(&doing);
        jupref_do_cut(&doing);
        jupref_do_empty(&doing);
        jupref_do_sync(&doing);
        jupref_do_synced(&doing);
    }

    jupref_do_sync(&doing);

    if (doing.directory != -1) {
        (void) close(doing.directory);
    }

    return doing.code;
}


static void
jupref_do_aside(jupref_doing_t *doing)
{
    int     state;
    size_t  i;

    static const char *const  names[] = { "journal", "snapshots", "tiles" };

    state = doing->repair->tool->directory;

    if (mkdirat(state, doing->aside, 0700) == -1 && errno != EEXIST) {
        jupref_do_failed(doing, doing->aside, errno);
        return;
    }

    doing->directory = openat(state, doing->aside,
                              O_RDONLY|O_DIRECTORY|O_CLOEXEC);

    if (doing->directory == -1) {
        jupref_do_failed(doing, doing->aside, errno);
        return;
    }

    for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (mkdirat(doing->directory, names[i], 0700) == -1
            && errno != EEXIST)
        {
            jupref_do_failed(doing, names[i], errno);
            return;
        }
    }
}


/* A byte is written whole or not; what it was is noted aside first. */

static void
jupref_do_mend(jupref_doing_t *doing)
{
    int                     file, note, rc;
    char                    line[2 * JUPREF_NAME_MAX];
    uint8_t                 was;
    unsigned                i;
    jupref_disk_t          *disk;
    const jupref_mended_t  *mended;

    disk = &doing->repair->tool->disk;

    for (i = 0; i < doing->repair->mended_count
                && doing->code == JUPREF_EXIT_GOOD; i++)
    {
        mended = &doing->repair->mended[i];
        file = disk->open(disk, mended->file, 1, 0);
        rc = file < 0 ? file
             : disk->read(disk, file, &was, 1, mended->at) == 1 ? 0 : -EIO;
        note = openat(doing->directory, "mended",
                      O_WRONLY|O_CREAT|O_APPEND|O_CLOEXEC, 0600);

        if (rc == 0 && note >= 0) {
            (void) snprintf(line, sizeof(line), "%s at byte %" PRIu64
                            ": was 0x%02x, is 0x%02x\n", mended->file,
                            mended->at, was, mended->byte);
            rc = write(note, line, strlen(line)) == (ssize_t) strlen(line)
                 && fsync(note) == 0 ? 0 : -errno;
        }

        if (rc == 0 && note >= 0) {
            rc = disk->write(disk, file, &mended->byte, 1, mended->at);
        }

        if (rc == 0) {
            rc = note < 0 ? -EIO : disk->sync(disk, file);
        }

        if (note >= 0) {
            (void) close(note);
        }

        if (file >= 0) {
            disk->close(disk, file);
        }

        if (rc < 0) {
            jupref_do_failed(doing, mended->file, -rc);
        }
    }
}


static void
jupref_do_derived(jupref_doing_t *doing)
{
    char              name[JUPREF_NAME_MAX];
    size_t            i;
    jupref_repair_t  *repair;

    repair = doing->repair;

    if (repair->identity) {
        jupref_do_identity(doing);
    }

    for (i = 0; i < repair->snapshot_count; i++) {
        if (repair->snapshot_bad[i]) {
            jupref_snapshot_name(name, repair->snapshots[i]);
            jupref_do_move(doing, name);
        }
    }

    if (repair->tiles) {
        jupref_do_move(doing, "tiles/tile");
        jupref_do_move(doing, JUPREF_CHECKPOINT_NAME);
    }
}


/* Named as nginx names it, by the edge; what the old key has signed goes. */

static void
jupref_do_identity(jupref_doing_t *doing)
{
    jupref_tool_t      *tool;
    jupref_fault_t      fault;
    jupref_identity_t   identity;

    tool = doing->repair->tool;
    memset(&fault, 0, sizeof(fault));
    jupref_do_move(doing, "identity");

    jupref_do_move(doing, JUPREF_CHECKPOINT_NAME);

    if (doing->code == JUPREF_EXIT_GOOD
        && jupref_identity_load(&tool->store,
                                jupref_padded(tool->store.edge,
                                              JUPREF_EDGE_MAX),
                                &identity, &fault)
           != JUPREF_FAULT_NONE)
    {
        doing->code = jupref_tool_fault(tool, &fault);
    }

    OPENSSL_cleanse(&identity, sizeof(identity));
}


/* From the last to the first: what is left is always one journal. */

static void
jupref_do_segments(jupref_doing_t *doing)
{
    char              name[JUPREF_NAME_MAX];
    size_t            i;
    uint64_t          first;
    jupref_repair_t  *repair;

    repair = doing->repair;

    for (i = repair->segment_count; i-- > 0; /* void */) {
        first = repair->firsts[i];

        if (repair->all
            || (repair->after > 0 && first > repair->after))
        {
            jupref_segment_name(name, first);
            jupref_do_move(doing, name);
        }
    }
}


/* The whole one is aside before the shorter one takes its name. */

static void
jupref_do_cut(jupref_doing_t *doing)
{
    int               rc;
    char              name[JUPREF_NAME_MAX], shorter[JUPREF_NAME_MAX];
    jupref_repair_t  *repair;

    repair = doing->repair;

    if (!repair->cut || doing->code != JUPREF_EXIT_GOOD) {
        return;
    }

    jupref_segment_name(name, repair->run.segment);
    (void) snprintf(shorter, sizeof(shorter), "%.80s.new", name);

    rc = jupref_do_copy(doing, name, shorter, repair->run.at);

    if (rc == 0
        && linkat(repair->tool->directory, name, doing->directory, name, 0)
           == -1)
    {
        rc = -errno;
    }

    if (rc == 0 && renameat(repair->tool->directory, shorter,
                            repair->tool->directory, name)
                   == -1)
    {
        rc = -errno;
    }

    if (rc < 0) {
        jupref_do_failed(doing, name, -rc);
    }
}


static int
jupref_do_copy(jupref_doing_t *doing, const char *from, const char *to,
    uint64_t len)
{
    int             in, out, rc;
    size_t          part;
    uint8_t        *piece;
    uint64_t        at;
    jupref_disk_t  *disk;

    disk = &doing->repair->tool->disk;
    (void) disk->remove(disk, to);
    in = disk->open(disk, from, 0, 0);
    out = disk->open(disk, to, 1, 1);
    piece = malloc(JUPREF_COPY_PIECE);
    rc = in < 0 ? in : out < 0 ? out : piece == NULL ? -ENOMEM : 0;

    for (at = 0; rc == 0 && at < len; at += part) {
        part = len - at < JUPREF_COPY_PIECE ? (size_t) (len - at)
                                            : JUPREF_COPY_PIECE;

        if (disk->read(disk, in, piece, part, at) != (int64_t) part) {
            rc = -EIO;
            break;
        }

        rc = disk->write(disk, out, piece, part, at);
    }

    if (rc == 0) {
        rc = disk->sync(disk, out);
    }

    if (in >= 0) {
        disk->close(disk, in);
    }

    if (out >= 0) {
        disk->close(disk, out);
    }

    free(piece);

    return rc;
}


/* A journal without a segment would be taken for a lost one. */

static void
jupref_do_empty(jupref_doing_t *doing)
{
    int               file;
    jupref_fault_t    fault;
    jupref_repair_t  *repair;
    jupref_segment_t  segment;

    repair = doing->repair;

    if (!repair->empty || doing->code != JUPREF_EXIT_GOOD) {
        return;
    }

    memset(&fault, 0, sizeof(fault));
    memset(&segment, 0, sizeof(segment));
    segment.first = repair->run.start + 1;
    segment.created_ms = jupref_do_now();
    memcpy(segment.previous, repair->run.head, JUPREF_SHA256_SIZE);

    if (jupref_segment_create(&repair->tool->store, &segment, &file, &fault)
        != JUPREF_FAULT_NONE)
    {
        doing->code = jupref_tool_fault(repair->tool, &fault);
        return;
    }

    repair->tool->disk.close(&repair->tool->disk, file);
    OPENSSL_cleanse(segment.data_key, sizeof(segment.data_key));

    repair->run.segment = segment.first;
    repair->run.at = JUPREF_SEGMENT_HEADER;
}


static void
jupref_do_synced(jupref_doing_t *doing)
{
    jupref_fault_t    fault;
    jupref_synced_t   synced;
    jupref_repair_t  *repair;

    repair = doing->repair;

    if (!repair->marks || doing->code != JUPREF_EXIT_GOOD) {
        return;
    }

    jupref_do_move(doing, "synced");

    if (doing->code != JUPREF_EXIT_GOOD || repair->run.segment == 0) {
        return;
    }

    memset(&fault, 0, sizeof(fault));
    memset(&synced, 0, sizeof(synced));
    synced.count = 1;
    synced.seq = repair->run.end;
    synced.segment = repair->run.segment;
    synced.bytes = repair->run.at;

    if (jupref_synced_write(&repair->tool->store, &synced, &fault)
        != JUPREF_FAULT_NONE)
    {
        doing->code = jupref_tool_fault(repair->tool, &fault);
    }
}


/* Into `aside`, under its own name; what isn't there is moved already. */

static void
jupref_do_move(jupref_doing_t *doing, const char *name)
{
    if (doing->code == JUPREF_EXIT_GOOD
        && renameat(doing->repair->tool->directory, name, doing->directory,
                    name)
           == -1
        && errno != ENOENT)
    {
        jupref_do_failed(doing, name, errno);
    }
}


static void
jupref_do_sync(jupref_doing_t *doing)
{
    int             rc;
    char            name[2 * JUPREF_NAME_MAX];
    size_t          i;
    jupref_disk_t  *disk;

    static const char *const  names[] = { "", "journal", "snapshots", "tiles" };

    disk = &doing->repair->tool->disk;

    for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        rc = disk->sync_directory(disk, names[i]);

        if (rc == 0) {
            (void) snprintf(name, sizeof(name), "%s%s%s", doing->aside,
                            i ? "/" : "", names[i]);
            rc = disk->sync_directory(disk, name);
        }

        if (rc < 0 && rc != -ENOENT && doing->code == JUPREF_EXIT_GOOD) {
            jupref_do_failed(doing, names[i], -rc);
        }
    }
}


static void
jupref_do_failed(jupref_doing_t *doing, const char *name, int error)
{
    doing->code = jupref_tool_say(doing->repair->tool, JUPREF_EXIT_FAILED,
                                  "\"%s\": %s; mend the cause and repair "
                                  "again", name, strerror(error));
}


static uint64_t
jupref_do_now(void)
{
    struct timespec  now;

    (void) clock_gettime(CLOCK_REALTIME, &now);

    return (uint64_t) now.tv_sec * 1000 + (uint64_t) now.tv_nsec / 1000000;
}
