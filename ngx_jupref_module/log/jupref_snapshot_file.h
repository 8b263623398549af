/*
 * One snapshot's file while it is written or read (its picture is in
 * jupref_snapshot.h).
 */

#ifndef JUPREF_SNAPSHOT_FILE_H
#define JUPREF_SNAPSHOT_FILE_H


#include "log/jupref_snapshot.h"


#define JUPREF_SNAPSHOT_CHUNK   (1024 * 1024)
#define JUPREF_SNAPSHOT_HEADER                                                \
    (8 + 4 * 4 + 4 * 8 + JUPREF_EDGE_MAX + JUPREF_SHA256_SIZE                 \
     + 8 + JUPREF_MERKLE_LEVELS * JUPREF_SHA256_SIZE                          \
     + JUPREF_WRAPPED_SIZE + JUPREF_SHA256_SIZE)


/* What a header says but for the key and the checksum. */
typedef struct {
    uint64_t        created_ms;
    uint64_t        state_size;
    uint64_t        digest;
    uint32_t        layout;             /* of the ledger, when it was read */
    jupref_place_t  place;              /* its time isn't in there */
} jupref_snapshot_header_t;


typedef struct {
    jupref_store_t            *store;
    jupref_fault_t            *fault;
    jupref_snapshot_header_t   header;
    jupref_sealer_t           *sealer;
    uint8_t                   *plain;   /* a chunk */
    uint8_t                   *sealed;  /* the same */
    size_t                     used;    /* bytes of plain put or taken */
    size_t                     filled;  /* bytes of plain that were read */
    uint64_t                   left;    /* of the state, still to come */
    uint64_t                   number;  /* of the next chunk */
    uint64_t                   at;      /* its place in the file */
    int                        file;    /* -1: none */
    char                       name[JUPREF_NAME_MAX];
} jupref_snapshot_file_t;


void jupref_snapshot_name(char name[JUPREF_NAME_MAX], uint64_t seq);
void jupref_snapshot_new_name(char name[JUPREF_NAME_MAX], uint64_t seq);

/*
 * Both are to be closed, whatever they return.  A snapshot of an older layout
 * is opened as well, and told as JUPREF_FAULT_LAYOUT_OLDER.
 */
jupref_fault_e jupref_snapshot_create(jupref_snapshot_file_t *snapshot,
    jupref_store_t *store, const jupref_snapshot_header_t *header,
    jupref_fault_t *fault);
jupref_fault_e jupref_snapshot_open(jupref_snapshot_file_t *snapshot,
    jupref_store_t *store, uint64_t seq, jupref_fault_t *fault);
void jupref_snapshot_close(jupref_snapshot_file_t *snapshot);

/* The state's next bytes. */
jupref_fault_e jupref_snapshot_put(jupref_snapshot_file_t *snapshot,
    jupref_bytes_t bytes);
jupref_fault_e jupref_snapshot_take(jupref_snapshot_file_t *snapshot,
    uint8_t *bytes, size_t len);

/*
 * Opens every chunk and looks at nothing in it: that the file is whole.  One
 * of an older layout that is whole is told as JUPREF_FAULT_LAYOUT_OLDER.
 */
jupref_fault_e jupref_snapshot_check(jupref_store_t *store, uint64_t seq,
    jupref_fault_t *fault);

unsigned jupref_snapshot_header_write(jupref_snapshot_file_t *snapshot,
    const uint8_t data_key[JUPREF_DATA_KEY],
    uint8_t bytes[JUPREF_SNAPSHOT_HEADER]);

/* Of an open file: leaves the sealer made and `left` set. */
jupref_fault_e jupref_snapshot_header_read(jupref_snapshot_file_t *snapshot,
    uint64_t seq);

/* What is wrong with it. */
jupref_fault_e jupref_snapshot_memory(jupref_snapshot_file_t *snapshot);
jupref_fault_e jupref_snapshot_io(jupref_snapshot_file_t *snapshot,
    int64_t result, const char *doing);
jupref_fault_e jupref_snapshot_broken(jupref_snapshot_file_t *snapshot,
    const char *why);


#endif /* JUPREF_SNAPSHOT_FILE_H */
