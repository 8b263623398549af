/*
 * The journal on disk: segments of sealed records.
 *
 *     state/journal/<first seq, 20 digits>.segment
 *         header   "JUPREFJ1" | u32 format | u32 zero | u64 first seq
 *                  | u64 created, ms | 32 edge name, zero padded
 *                  | 32 leaf hash before the first record
 *                  | wrapped data key (authenticates all before it)
 *         records  u16 sealed length | u16 records right before it that were
 *                  not yet synced when it was written | u64 seq (all three
 *                  authenticated) | record sealed under the segment's key,
 *                  numbered by seq
 *         room     zeros up to the file's end, where records will come
 *                  (jupref_room.h)
 *     state/synced  two slots, written in turn: u64 count | u64 seq synced
 *                  | u64 segment's first seq | u64 bytes of it
 *                  | first 16 bytes of SHA-256 over those
 *
 * A record may be lost only behind what was synced: `synced` says how far that
 * was, and so does each later record of itself.  A journal that ends before
 * it, or has a broken record up to it, isn't a crash's torn tail but damage,
 * and is named.
 *
 * `synced` isn't synced itself after each write: behind a loss of power it may
 * say less than was, and then a last batch that is broken passes for torn.
 */

#ifndef JUPREF_JOURNAL_H
#define JUPREF_JOURNAL_H


#include "log/jupref_disk.h"
#include "log/jupref_record.h"
#include "log/jupref_seal.h"


#define JUPREF_JOURNAL_FORMAT     1
#define JUPREF_EDGE_MAX           32
#define JUPREF_SEGMENT_HEADER                                                 \
    (8 + 4 + 4 + 8 + 8 + JUPREF_EDGE_MAX + JUPREF_SHA256_SIZE                 \
     + JUPREF_WRAPPED_SIZE)
#define JUPREF_FRAME_HEADER       12
#define JUPREF_FRAME_MAX                                                      \
    (JUPREF_FRAME_HEADER + JUPREF_RECORD_MAX + JUPREF_SEAL_TAG)
#define JUPREF_SYNCED_SLOT        48
#define JUPREF_FAULT_TEXT         320   /* bytes of a fault's line */


/* What is wrong with a state directory: stable names, for tools and tests. */
typedef enum {
    JUPREF_FAULT_NONE = 0,
    JUPREF_FAULT_IO,                    /* the disk said so: `error` */
    JUPREF_FAULT_MEMORY,
    JUPREF_FAULT_NOT_A_SEGMENT,
    JUPREF_FAULT_FORMAT_NEWER,
    JUPREF_FAULT_OTHER_EDGE,
    JUPREF_FAULT_KEY_UNKNOWN,           /* sealed by a key not in the keyring */
    JUPREF_FAULT_HEADER,                /* broken */
    JUPREF_FAULT_RECORD,                /* broken, and not a torn tail */
    JUPREF_FAULT_CHAIN,                 /* doesn't follow the one before */
    JUPREF_FAULT_MISSING,               /* records between two segments */
    JUPREF_FAULT_SHORT,                 /* ends before what was synced */
    JUPREF_FAULT_SYNCED,                /* a slot of `synced` is broken */
    JUPREF_FAULT_EVENT,                 /* the fold refuses it */
    JUPREF_FAULT_SNAPSHOT,              /* broken */
    JUPREF_FAULT_ZONE,                  /* too small for what was kept */
    JUPREF_FAULT_TILE,                  /* a tile isn't what the log says */
    JUPREF_FAULT_IDENTITY,              /* broken */
    JUPREF_FAULT_TORN,                  /* a torn tail: cut by recovery */
    JUPREF_FAULT_LAYOUT_OLDER,          /* a snapshot of a former version */
    JUPREF_FAULTS
} jupref_fault_e;


/* Where it is, and a line for a person that says it all. */
typedef struct {
    jupref_fault_e  fault;
    int             error;              /* errno, 0: none */
    uint64_t        seq;
    uint64_t        at;                 /* offset in the file */
    uint64_t        bytes;              /* of a torn tail */
    char            file[JUPREF_NAME_MAX];
    char            text[JUPREF_FAULT_TEXT];
} jupref_fault_t;


/* Everything that reading and writing a state directory needs. */
typedef struct {
    jupref_disk_t      *disk;
    jupref_seal_keys_t  keys;
    uint8_t             edge[JUPREF_EDGE_MAX];  /* zeroes behind it */
} jupref_store_t;


/* One segment as its name and header tell it. */
typedef struct {
    uint64_t  first;                    /* seq of its first record */
    uint64_t  created_ms;
    uint64_t  size;                     /* bytes of the file */
    uint8_t   previous[JUPREF_SHA256_SIZE];
    uint8_t   data_key[JUPREF_DATA_KEY];
    uint8_t   key_id[JUPREF_KEY_ID_MAX];
} jupref_segment_t;


typedef struct {
    uint64_t  count;                    /* of writes; 0: never written */
    uint64_t  seq;
    uint64_t  segment;                  /* its first seq */
    uint64_t  bytes;                    /* of it that are synced */
} jupref_synced_t;


typedef struct jupref_journal_reader_s  jupref_journal_reader_t;


/* "record", "short", … */
const char *jupref_fault_name(jupref_fault_e fault);

/*
 * Fills fault, file, at and text and returns the fault, for `return`; printf's
 * format.  File and place are put before the text and the way on behind it;
 * seq, bytes and error are the caller's to set.
 */
jupref_fault_e jupref_fault_set(jupref_fault_t *fault, jupref_fault_e what,
    const char *file, uint64_t at, const char *format, ...)
    __attribute__((format(printf, 5, 6)));

/* The disk's own refusal (errno, of either sign) of what was done. */
jupref_fault_e jupref_fault_io(jupref_fault_t *fault, const char *file,
    uint64_t at, int error, const char *doing);
jupref_fault_e jupref_fault_memory(jupref_fault_t *fault, const char *file);

void jupref_segment_name(char name[JUPREF_NAME_MAX], uint64_t first);

/*
 * The first seqs of all segments, ascending, malloc'ed (free it); a file that
 * is none is named.  `count` may be 0.
 */
jupref_fault_e jupref_journal_list(jupref_store_t *store, uint64_t **firsts,
    size_t *count, jupref_fault_t *fault);

jupref_fault_e jupref_segment_read(jupref_store_t *store, int file,
    uint64_t first, jupref_segment_t *segment, jupref_fault_t *fault);

/*
 * Makes a segment of the given first seq, time and previous leaf hash: header
 * written and synced, directory synced.  A file of that name without a record,
 * which may have room for some, gives way.  Gives a file open for writing,
 * whose next byte goes to JUPREF_SEGMENT_HEADER.
 */
jupref_fault_e jupref_segment_create(jupref_store_t *store,
    jupref_segment_t *segment, int *file, jupref_fault_t *fault);

/*
 * Seals a record into a frame that says that all before it is synced; its
 * length, 0 when OpenSSL fails.
 */
size_t jupref_frame_write(uint8_t frame[JUPREF_FRAME_MAX],
    jupref_sealer_t *sealer, uint64_t seq, jupref_bytes_t record);

/*
 * `synced`: the newer of two good slots; `broken` counts bad ones.  It is made
 * before the first segment, so where there is a segment and no `synced`, both
 * are broken.
 */
jupref_fault_e jupref_synced_read(jupref_store_t *store,
    jupref_synced_t *synced, unsigned *broken, jupref_fault_t *fault);

/* Writes and syncs it; makes it when there is none. */
jupref_fault_e jupref_synced_write(jupref_store_t *store,
    const jupref_synced_t *synced, jupref_fault_t *fault);


/*
 * Reads records in order of seq, from `from` on.  The journal may be appended
 * to meanwhile: reading ends at `until` (0: at the end of what is there).
 */
jupref_fault_e jupref_journal_open(jupref_store_t *store, uint64_t from,
    uint64_t until, jupref_journal_reader_t **reader, jupref_fault_t *fault);

/*
 * The next record: its bytes are good until the next call.  `bytes->data` is
 * NULL at the end.  A record that can't be opened is JUPREF_FAULT_TORN when
 * nothing that can be opened follows it and `synced` doesn't reach it, and
 * JUPREF_FAULT_RECORD or another fault else.
 */
jupref_fault_e jupref_journal_next(jupref_journal_reader_t *reader,
    jupref_bytes_t *bytes, jupref_fault_t *fault);

/* Where the next record would stand: the segment's first seq, its offset. */
void jupref_journal_place(const jupref_journal_reader_t *reader,
    uint64_t *segment, uint64_t *at);
void jupref_journal_close(jupref_journal_reader_t *reader);

/*
 * One record by its seq, for histories and proofs: finds segment and place
 * through an index that it keeps in `cache` (zeroed before the first use, one
 * thread at a time; freed by the other).  `record` has JUPREF_RECORD_MAX.
 */
typedef struct jupref_record_cache_s  jupref_record_cache_t;

jupref_fault_e jupref_journal_fetch(jupref_store_t *store,
    jupref_record_cache_t **cache, uint64_t seq, uint8_t *record,
    jupref_bytes_t *bytes, jupref_fault_t *fault);
void jupref_record_cache_free(jupref_record_cache_t *cache);


#endif /* JUPREF_JOURNAL_H */
