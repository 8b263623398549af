/*
 * The published tree: tiles as static files, and proofs made from them.
 *
 *     state/tiles/tile/<level>/<index>[.p/<width>]   hashes
 *     state/tiles/tile/entries/<index>[.p/<width>]   leaves, u16 big-endian
 *                                                    length before each
 *     state/tiles/checkpoint                         a signed note
 *
 * The layout is C2SP's tlog-tiles, the checkpoint C2SP's tlog-checkpoint with
 * an Ed25519 signature (signed-note); the origin is the log's name.  Tiles
 * are written by one thread of one process at a time, from the journal, up to
 * what is synced; a full tile never changes.
 *
 *     state/identity   "JUPREFI1" | 32 edge name | 64 origin | wrapped seed
 *                      of the Ed25519 key (authenticates all before it)
 */

#ifndef JUPREF_TILES_H
#define JUPREF_TILES_H


#include "log/jupref_journal.h"
#include "log/jupref_merkle.h"


#define JUPREF_TILE_WIDTH       256
#define JUPREF_ORIGIN_MAX       64
#define JUPREF_CHECKPOINT_MAX   512
#define JUPREF_ED25519_KEY      32


typedef struct {
    uint8_t  origin[JUPREF_ORIGIN_MAX];     /* zeroes behind it */
    uint8_t  seed[JUPREF_ED25519_KEY];      /* secret */
    uint8_t  public_key[JUPREF_ED25519_KEY];
} jupref_identity_t;


typedef struct jupref_tiles_s  jupref_tiles_t;


/* Reads the identity; makes it when there is none and `origin` is given. */
jupref_fault_e jupref_identity_load(jupref_store_t *store,
    jupref_bytes_t origin, jupref_identity_t *identity,
    jupref_fault_t *fault);

/* The checkpoint's text; returns its length, 0 when OpenSSL fails. */
size_t jupref_checkpoint_write(char text[JUPREF_CHECKPOINT_MAX],
    const jupref_identity_t *identity, uint64_t size,
    const uint8_t root[JUPREF_SHA256_SIZE]);

/* "<origin>+<key id>+<base64 key>", the verifier's key (signed-note). */
size_t jupref_verifier_key(char text[JUPREF_CHECKPOINT_MAX],
    const jupref_identity_t *identity);


/* Opens the tiles where the last run left them.  Free with close. */
jupref_fault_e jupref_tiles_open(jupref_store_t *store,
    jupref_tiles_t **tiles, jupref_fault_t *fault);
void jupref_tiles_close(jupref_tiles_t *tiles);

/*
 * Brings the tiles up to `size` leaves, which are synced, and publishes the
 * checkpoint of that size where `identity` is given.  Costs what is new.  What
 * a crash has left half-written is written anew.  A checkpoint that was signed
 * for another tree than the journal has is named and stays.
 */
jupref_fault_e jupref_tiles_update(jupref_tiles_t *tiles, uint64_t size,
    const jupref_identity_t *identity, jupref_fault_t *fault);

/*
 * Leaves whose tiles are synced and will be there after any crash: a multiple
 * of 65,536.  Segments of the journal with those leaves aren't needed for
 * tiles any more.
 */
jupref_fault_e jupref_tiles_settled(jupref_store_t *store, uint64_t *leaves,
    jupref_fault_t *fault);

/* Leaves that the tiles hold: as found by open, then as of the last update. */
uint64_t jupref_tiles_size(const jupref_tiles_t *tiles);

/* A jupref_subtree_pt over the tiles (context: jupref_tiles_t). */
unsigned jupref_tiles_subtree(void *context, unsigned level, uint64_t index,
    uint8_t hash[JUPREF_SHA256_SIZE]);

/*
 * Compares every tile with the journal's records, those that the journal no
 * longer has with each other, and the checkpoint with the tree where there is
 * an identity (jupref-journal verify).
 */
jupref_fault_e jupref_tiles_verify(jupref_store_t *store,
    jupref_fault_t *fault);


#endif /* JUPREF_TILES_H */
