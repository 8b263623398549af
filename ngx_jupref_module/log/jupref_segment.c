/*
 * Segments: their names, their list, and their headers.
 *
 * A header is whole or it isn't a header: the wrapped data key at its end
 * authenticates everything before it.
 */

#include "log/jupref_frame.h"
#include "log/jupref_room.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>


#define JUPREF_SEGMENT_MAGIC     "JUPREFJ1"
#define JUPREF_SEGMENT_WRAP_AT   (JUPREF_SEGMENT_HEADER - JUPREF_WRAPPED_SIZE)
#define JUPREF_SEGMENT_EDGE_AT   (8 + 4 + 4 + 8 + 8)
#define JUPREF_SEGMENT_HASH_AT   (JUPREF_SEGMENT_EDGE_AT + JUPREF_EDGE_MAX)
#define JUPREF_SEQ_DIGITS        20

/* What a rewrite that came to no end leaves behind: no segment, no fault. */
#define JUPREF_UNFINISHED        ".new"


typedef struct {
    uint64_t  *firsts;
    size_t     count;
    size_t     room;
    char       stranger[JUPREF_NAME_MAX];
} jupref_segments_t;


static int jupref_segments_add(void *context, const char *name);
static unsigned jupref_segment_first(const char *name, uint64_t *first);
static int jupref_seq_compare(const void *one, const void *other);
static jupref_fault_e jupref_segment_unwrap(jupref_store_t *store,
    const uint8_t header[JUPREF_SEGMENT_HEADER], const char *name,
    jupref_segment_t *segment, jupref_fault_t *fault);
static int jupref_segment_make(jupref_disk_t *disk, const char *name);
static int jupref_segment_give_way(jupref_disk_t *disk, const char *name);
static unsigned jupref_segment_header(jupref_store_t *store,
    jupref_segment_t *segment, uint8_t header[JUPREF_SEGMENT_HEADER]);


void
jupref_segment_name(char name[JUPREF_NAME_MAX], uint64_t first)
{
    (void) snprintf(name, JUPREF_NAME_MAX, "journal/%0*llu.segment",
                    JUPREF_SEQ_DIGITS, (unsigned long long) first);
}


jupref_fault_e
jupref_journal_list(jupref_store_t *store, uint64_t **firsts, size_t *count,
    jupref_fault_t *fault)
{
    int                rc;
    jupref_segments_t  segments;

    memset(&segments, 0, sizeof(segments));
    *firsts = NULL;
    *count = 0;

    rc = store->disk->list(store->disk, "journal", jupref_segments_add,
                           &segments);

    if (rc == -ENOENT) {
        return JUPREF_FAULT_NONE;
    }

    if (rc != 0) {
        free(segments.firsts);

        if (segments.stranger[0] != '\0') {
            return jupref_fault_set(fault, JUPREF_FAULT_NOT_A_SEGMENT,
                                    segments.stranger, 0,
                                    "isn't named like a segment");
        }

        if (rc == -ENOMEM) {
            return jupref_fault_memory(fault, "journal");
        }

        return jupref_fault_io(fault, "journal", 0, rc, "listing");
    }

    if (segments.count > 0) {
        qsort(segments.firsts, segments.count, sizeof(uint64_t),
              jupref_seq_compare);
    }

    *firsts = segments.firsts;
    *count = segments.count;

    return JUPREF_FAULT_NONE;
}


jupref_fault_e
jupref_segment_read(jupref_store_t *store, int file, uint64_t first,
    jupref_segment_t *segment, jupref_fault_t *fault)
{
    char      name[JUPREF_NAME_MAX];
    int64_t   n;
    uint8_t   header[JUPREF_SEGMENT_HEADER];
    uint64_t  format;

    jupref_segment_name(name, first);
    memset(segment, 0, sizeof(jupref_segment_t));
    fault->seq = first;

    n = store->disk->size(store->disk, file);

    if (n >= 0) {
        segment->size = (uint64_t) n;
        n = store->disk->read(store->disk, file, header, sizeof(header), 0);
    }

    if (n < 0) {
        return jupref_fault_io(fault, name, 0, (int) n, "reading");
    }

    if ((size_t) n < sizeof(header)) {
        return jupref_fault_set(fault, JUPREF_FAULT_HEADER, name, 0,
                                "ends inside its header");
    }

    if (memcmp(header, JUPREF_SEGMENT_MAGIC, 8) != 0) {
        return jupref_fault_set(fault, JUPREF_FAULT_NOT_A_SEGMENT, name, 0,
                                "doesn't begin as a segment does");
    }

    format = jupref_get_le(header + 8, 4);

    if (format > JUPREF_JOURNAL_FORMAT) {
        return jupref_fault_set(fault, JUPREF_FAULT_FORMAT_NEWER, name, 8,
                                "has format %llu, this version knows %u",
                                (unsigned long long) format,
                                JUPREF_JOURNAL_FORMAT);
    }

    segment->first = jupref_get_le(header + 16, 8);
    segment->created_ms = jupref_get_le(header + 24, 8);
    memcpy(segment->previous, header + JUPREF_SEGMENT_HASH_AT,
           JUPREF_SHA256_SIZE);

    if (jupref_segment_unwrap(store, header, name, segment, fault)
        != JUPREF_FAULT_NONE)
    {
        return fault->fault;
    }

    if (segment->first != first) {
        return jupref_fault_set(fault, JUPREF_FAULT_HEADER, name, 16,
                                "its header is that of segment %llu",
                                (unsigned long long) segment->first);
    }

    return JUPREF_FAULT_NONE;
}


jupref_fault_e
jupref_segment_create(jupref_store_t *store, jupref_segment_t *segment,
    int *file, jupref_fault_t *fault)
{
    int             rc;
    char            name[JUPREF_NAME_MAX];
    uint8_t         header[JUPREF_SEGMENT_HEADER];
    const char     *doing;
    jupref_disk_t  *disk;

    disk = store->disk;
    jupref_segment_name(name, segment->first);
    fault->seq = segment->first;

    if (!jupref_segment_header(store, segment, header)) {
        return jupref_fault_set(fault, JUPREF_FAULT_MEMORY, name, 0,
                                "OpenSSL could not wrap its data key");
    }

    *file = jupref_segment_make(disk, name);

    if (*file < 0) {
        return jupref_fault_io(fault, name, 0, *file, "creating");
    }

    doing = "writing its header";
    rc = disk->write(disk, *file, header, sizeof(header), 0);

    if (rc >= 0) {
        doing = "syncing its header";
        rc = disk->sync(disk, *file);
    }

    if (rc >= 0) {
        doing = "syncing its directory";
        rc = disk->sync_directory(disk, "journal");
    }

    if (rc < 0) {
        disk->close(disk, *file);
        *file = -1;

        return jupref_fault_io(fault, name, 0, rc, doing);
    }

    segment->size = JUPREF_SEGMENT_HEADER;

    return JUPREF_FAULT_NONE;
}


static int
jupref_segments_add(void *context, const char *name)
{
    size_t              len, room;
    uint64_t            first, *firsts;
    jupref_segments_t  *segments = context;

    len = strlen(name);

    if (len >= sizeof(JUPREF_UNFINISHED) - 1
        && strcmp(name + len - (sizeof(JUPREF_UNFINISHED) - 1),
                  JUPREF_UNFINISHED) == 0)
    {
        return 0;
    }

    if (!jupref_segment_first(name, &first)) {
        (void) snprintf(segments->stranger, sizeof(segments->stranger),
                        "journal/%.80s", name);
        return -EINVAL;
    }

    if (segments->count == segments->room) {
        room = segments->room ? segments->room * 2 : 64;
        firsts = realloc(segments->firsts, room * sizeof(uint64_t));

        if (firsts == NULL) {
            return -ENOMEM;
        }

        segments->firsts = firsts;
        segments->room = room;
    }

    segments->firsts[segments->count++] = first;

    return 0;
}


/* Only the one name that a first seq has. */

static unsigned
jupref_segment_first(const char *name, uint64_t *first)
{
    char      expected[JUPREF_NAME_MAX];
    unsigned  i;

    *first = 0;

    for (i = 0; i < JUPREF_SEQ_DIGITS; i++) {
        if (name[i] < '0' || name[i] > '9') {
            return 0;
        }

        *first = *first * 10 + (uint64_t) (name[i] - '0');
    }

    jupref_segment_name(expected, *first);

    return *first > 0 && strcmp(expected + sizeof("journal/") - 1, name) == 0;
}


static int
jupref_seq_compare(const void *one, const void *other)
{
    uint64_t  a, b;

    a = *(const uint64_t *) one;
    b = *(const uint64_t *) other;

    return (a > b) - (a < b);
}


static jupref_fault_e
jupref_segment_unwrap(jupref_store_t *store,
    const uint8_t header[JUPREF_SEGMENT_HEADER], const char *name,
    jupref_segment_t *segment, jupref_fault_t *fault)
{
    jupref_bytes_t          beside, id;
    const uint8_t          *edge, *wrapped;
    jupref_unwrap_result_e  result;

    edge = header + JUPREF_SEGMENT_EDGE_AT;
    wrapped = header + JUPREF_SEGMENT_WRAP_AT;
    beside.data = header;
    beside.len = JUPREF_SEGMENT_WRAP_AT;

    id = jupref_wrapped_key_id(wrapped);

    if (id.data == NULL || id.len > JUPREF_KEY_ID_MAX) {
        id.len = 0;
    }

    if (id.len > 0) {
        memcpy(segment->key_id, id.data, id.len);
    }

    result = jupref_unwrap(segment->data_key, &store->keys, wrapped, beside);

    if (result == JUPREF_UNWRAP_KEY_UNKNOWN) {
        return jupref_fault_set(fault, JUPREF_FAULT_KEY_UNKNOWN, name,
                                JUPREF_SEGMENT_WRAP_AT,
                                "is sealed by key \"%.*s\", which the keyring "
                                "doesn't have", (int) id.len,
                                (const char *) segment->key_id);
    }

    if (result == JUPREF_UNWRAP_FAILED) {
        return jupref_fault_set(fault, JUPREF_FAULT_MEMORY, name, 0,
                                "OpenSSL could not unwrap its data key");
    }

    if (result != JUPREF_UNWRAP_OK || jupref_get_le(header + 8, 4) == 0) {
        return jupref_fault_set(fault, JUPREF_FAULT_HEADER, name, 0,
                                "its header isn't what was written");
    }

    if (memcmp(edge, store->edge, JUPREF_EDGE_MAX) != 0) {
        return jupref_fault_set(fault, JUPREF_FAULT_OTHER_EDGE, name,
                                JUPREF_SEGMENT_EDGE_AT,
                                "is of edge \"%.*s\", this is \"%.*s\"",
                                JUPREF_EDGE_MAX, (const char *) edge,
                                JUPREF_EDGE_MAX, (const char *) store->edge);
    }

    return JUPREF_FAULT_NONE;
}


/* The first segment makes the directory; what has no record gives way. */

static int
jupref_segment_make(jupref_disk_t *disk, const char *name)
{
    int  file, rc;

    file = disk->open(disk, name, 1, 1);

    if (file == -ENOENT) {
        rc = disk->make_directory(disk, "journal");

        if (rc < 0 && rc != -EEXIST) {
            return rc;
        }

        rc = disk->sync_directory(disk, "");

    } else if (file == -EEXIST) {
        rc = jupref_segment_give_way(disk, name);

    } else {
        return file;
    }

    return rc < 0 ? rc : disk->open(disk, name, 1, 1);
}


static int
jupref_segment_give_way(jupref_disk_t *disk, const char *name)
{
    int      file;
    int64_t  begins;

    file = disk->open(disk, name, 0, 0);

    if (file < 0) {
        return file;
    }

    begins = jupref_room_begins(disk, file, JUPREF_SEGMENT_HEADER);
    disk->close(disk, file);

    if (begins < 0) {
        return (int) begins;
    }

    if (begins > JUPREF_SEGMENT_HEADER) {
        return -EEXIST;
    }

    return disk->remove(disk, name);
}


static unsigned
jupref_segment_header(jupref_store_t *store, jupref_segment_t *segment,
    uint8_t header[JUPREF_SEGMENT_HEADER])
{
    uint8_t        *wrapped;
    jupref_bytes_t  beside, id;

    memcpy(header, JUPREF_SEGMENT_MAGIC, 8);
    jupref_put_le(header + 8, JUPREF_JOURNAL_FORMAT, 4);
    jupref_put_le(header + 12, 0, 4);
    jupref_put_le(header + 16, segment->first, 8);
    jupref_put_le(header + 24, segment->created_ms, 8);
    memcpy(header + JUPREF_SEGMENT_EDGE_AT, store->edge, JUPREF_EDGE_MAX);
    memcpy(header + JUPREF_SEGMENT_HASH_AT, segment->previous,
           JUPREF_SHA256_SIZE);

    wrapped = header + JUPREF_SEGMENT_WRAP_AT;
    beside.data = header;
    beside.len = JUPREF_SEGMENT_WRAP_AT;

    if (!jupref_random(segment->data_key, JUPREF_DATA_KEY)
        || !jupref_wrap(wrapped, &store->keys, segment->data_key, beside))
    {
        OPENSSL_cleanse(segment->data_key, JUPREF_DATA_KEY);
        return 0;
    }

    id = jupref_wrapped_key_id(wrapped);
    memset(segment->key_id, 0, JUPREF_KEY_ID_MAX);

    if (id.len <= JUPREF_KEY_ID_MAX) {
        memcpy(segment->key_id, id.data, id.len);
    }

    return 1;
}
