/*
 * jupref-journal rewrap: every file moved to the keyring's first seal key.
 *
 * A file's records stay as they are; only its data key is wrapped anew, in
 * its header.  The file is copied with the new header, synced, and renamed
 * over the old one, so at any moment there is a whole file, and an nginx
 * that has the old one open reads on.  The segment that a running nginx
 * writes is left alone.  Room that a crash left in a segment isn't copied.
 */

#include "log/tool/jupref_tool.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "log/jupref_room.h"
#include "log/jupref_snapshot.h"
#include "log/tool/jupref_wrapping.h"


#define JUPREF_COPY_PIECE  (1024 * 1024)

/* Segments' lists pass it over; snapshots' own unfinished ones are called
 * otherwise, and are removed by a running nginx. */
#define JUPREF_REWRAPPED   ".new"


typedef struct {
    jupref_tool_t  *tool;
    uint8_t        *piece;              /* JUPREF_COPY_PIECE */
    uint64_t        moved;
    uint64_t        there;              /* already */
    uint64_t        left;               /* in use */
    uint64_t        failed;
} jupref_rewrap_t;


static void jupref_rewrap_all(jupref_rewrap_t *rewrap,
    const uint64_t *segments, size_t segment_count,
    const uint64_t *snapshots, size_t snapshot_count);
static void jupref_rewrap_one(jupref_rewrap_t *rewrap, jupref_wraps_e kind,
    uint64_t seq);
static jupref_fault_e jupref_rewrap_copy(jupref_rewrap_t *rewrap,
    const jupref_wrapping_t *wrapping, uint64_t end, unsigned *gone,
    jupref_fault_t *fault);
static int jupref_rewrap_pieces(jupref_rewrap_t *rewrap, int from, int to,
    const jupref_wrapping_t *wrapping, uint64_t end);


jupref_exit_e
jupref_tool_rewrap(jupref_tool_t *tool)
{
    size_t           segment_count, snapshot_count;
    uint64_t        *segments, *snapshots;
    jupref_exit_e    code;
    jupref_fault_t   fault;
    jupref_rewrap_t  rewrap;

    code = jupref_tool_claim(tool, 1);

    if (code != JUPREF_EXIT_GOOD) {
        return code;
    }

    memset(&rewrap, 0, sizeof(rewrap));
    memset(&fault, 0, sizeof(fault));
    rewrap.tool = tool;
    rewrap.piece = malloc(JUPREF_COPY_PIECE);
    segments = NULL;
    snapshots = NULL;

    if (rewrap.piece == NULL) {
        return jupref_tool_say(tool, JUPREF_EXIT_FAILED, "out of memory");
    }

    if (jupref_tool_segments(tool, &segments, &segment_count, NULL, NULL,
                             &fault)
            == JUPREF_FAULT_NONE
        && jupref_snapshot_list(&tool->store, &snapshots, &snapshot_count,
                                &fault)
               == JUPREF_FAULT_NONE)
    {
        jupref_rewrap_all(&rewrap, segments, segment_count, snapshots,
                          snapshot_count);

        printf("%" PRIu64 " files moved to key \"%.*s\", %" PRIu64
               " were there already, %" PRIu64 " left, %" PRIu64 " failed\n",
               rewrap.moved, JUPREF_KEY_ID_MAX,
               (const char *) tool->keys[0].id, rewrap.there, rewrap.left,
               rewrap.failed);

        code = rewrap.failed ? JUPREF_EXIT_FAULT : JUPREF_EXIT_GOOD;

    } else {
        code = jupref_tool_fault(tool, &fault);
    }

    free(segments);
    free(snapshots);
    free(rewrap.piece);

    return code;
}


static void
jupref_rewrap_all(jupref_rewrap_t *rewrap, const uint64_t *segments,
    size_t segment_count, const uint64_t *snapshots, size_t snapshot_count)
{
    char    name[JUPREF_NAME_MAX];
    size_t  i;

    jupref_rewrap_one(rewrap, JUPREF_WRAPS_IDENTITY, 0);

    for (i = 0; i < segment_count; i++) {

        if (i + 1 == segment_count && rewrap->tool->running) {
            rewrap->left++;
            jupref_segment_name(name, segments[i]);
            printf("left: \"%s\": the running nginx writes it; rewrap again "
                   "when it has begun another\n", name);
            break;
        }

        jupref_rewrap_one(rewrap, JUPREF_WRAPS_SEGMENT, segments[i]);
    }

    for (i = 0; i < snapshot_count; i++) {
        jupref_rewrap_one(rewrap, JUPREF_WRAPS_SNAPSHOT, snapshots[i]);
    }
}


static void
jupref_rewrap_one(jupref_rewrap_t *rewrap, jupref_wraps_e kind, uint64_t seq)
{
    uint64_t           end;
    unsigned           gone;
    jupref_bytes_t     key;
    jupref_fault_t     fault;
    jupref_fault_e     result;
    jupref_wrapping_t  wrapping;

    gone = 0;
    memset(&fault, 0, sizeof(fault));
    jupref_wrapping_of(&wrapping, kind, seq);

    result = jupref_wrapping_read(rewrap->tool, &wrapping, &fault);

    if (result == JUPREF_FAULT_NONE) {
        key = jupref_wrapping_key(&wrapping);

        if (jupref_bytes_equal(key, jupref_padded(rewrap->tool->keys[0].id,
                                                  JUPREF_KEY_ID_MAX)))
        {
            rewrap->there++;
            return;
        }

        result = jupref_wrapping_renew(rewrap->tool, &wrapping, &fault);
    }

    end = wrapping.size;

    if (result == JUPREF_FAULT_NONE && kind == JUPREF_WRAPS_SEGMENT) {
        result = jupref_room_records(&rewrap->tool->store, seq, &end, &fault);
    }

    if (result == JUPREF_FAULT_NONE) {
        result = jupref_rewrap_copy(rewrap, &wrapping, end, &gone, &fault);
    }

    if (result == JUPREF_FAULT_IO && fault.error == ENOENT
        && kind != JUPREF_WRAPS_IDENTITY)
    {
        /* nginx has removed it meanwhile, by jupref_retention */

        gone = 1;
    }

    if (gone) {
        return;
    }

    if (result != JUPREF_FAULT_NONE) {
        rewrap->failed++;
        (void) jupref_tool_fault(rewrap->tool, &fault);
        return;
    }

    rewrap->moved++;
}


static jupref_fault_e
jupref_rewrap_copy(jupref_rewrap_t *rewrap, const jupref_wrapping_t *wrapping,
    uint64_t end, unsigned *gone, jupref_fault_t *fault)
{
    int             from, to, rc;
    char            name[JUPREF_NAME_MAX], directory[JUPREF_NAME_MAX];
    char           *slash;
    struct stat     info;
    const char     *doing;
    jupref_disk_t  *disk;

    disk = &rewrap->tool->disk;
    (void) snprintf(name, sizeof(name), "%.80s%s", wrapping->name,
                    JUPREF_REWRAPPED);
    (void) snprintf(directory, sizeof(directory), "%s", wrapping->name);
    slash = strchr(directory, '/');
    directory[slash == NULL ? 0 : slash - directory] = '\0';

    from = disk->open(disk, wrapping->name, 0, 0);

    if (from < 0) {
        return jupref_fault_io(fault, wrapping->name, 0, from, "opening");
    }

    (void) disk->remove(disk, name);
    to = disk->open(disk, name, 1, 1);

    if (to < 0) {
        disk->close(disk, from);
        return jupref_fault_io(fault, name, 0, to, "making");
    }

    doing = "copying";
    rc = jupref_rewrap_pieces(rewrap, from, to, wrapping, end);

    if (rc >= 0) {
        doing = "syncing";
        rc = disk->sync(disk, to);
    }

    disk->close(disk, to);

    /* what has been removed under our hands must not come back */

    if (rc >= 0 && fstat(from, &info) == 0 && info.st_nlink == 0) {
        *gone = 1;

    } else if (rc >= 0) {
        doing = "renaming";
        rc = disk->rename(disk, name, wrapping->name);
    }

    disk->close(disk, from);

    if (rc < 0 || *gone) {
        (void) disk->remove(disk, name);
    }

    if (rc >= 0) {
        doing = "syncing its directory";
        rc = disk->sync_directory(disk, directory);
    }

    return rc < 0 ? jupref_fault_io(fault, name, 0, rc, doing)
                  : JUPREF_FAULT_NONE;
}


static int
jupref_rewrap_pieces(jupref_rewrap_t *rewrap, int from, int to,
    const jupref_wrapping_t *wrapping, uint64_t end)
{
    int             rc;
    size_t          len;
    int64_t         n;
    uint64_t        at;
    jupref_disk_t  *disk;

    disk = &rewrap->tool->disk;
    rc = disk->write(disk, to, wrapping->header, wrapping->header_len, 0);

    for (at = wrapping->header_len; rc >= 0 && at < end; at += (uint64_t) n) {
        len = end - at < JUPREF_COPY_PIECE ? (size_t) (end - at)
                                           : JUPREF_COPY_PIECE;
        n = disk->read(disk, from, rewrap->piece, len, at);

        if (n <= 0) {
            return n < 0 ? (int) n : -EIO;
        }

        rc = disk->write(disk, to, rewrap->piece, (size_t) n, at);
    }

    return rc;
}
