/*
 * What jupref-journal stat has gathered, and how it is shown.
 */

#ifndef JUPREF_STAT_H
#define JUPREF_STAT_H


#include <openssl/crypto.h>

#include "log/tool/jupref_refold.h"
#include "log/tool/jupref_wrapping.h"


#define JUPREF_STAT_KEYS      64        /* ids that are told apart */
#define JUPREF_STAT_ZONE_MIN  (UINT64_C(8) << 20)
#define JUPREF_STAT_ZONE_MAX  (UINT64_C(1) << 40)


typedef struct {
    uint64_t  seq;                      /* the first, or the snapshot's */
    uint64_t  size;
    uint64_t  created_ms;               /* of a segment; 0: not known */
    uint64_t  records;                  /* of a segment */
    size_t    key;                      /* characters of its id */
    uint8_t   key_id[JUPREF_KEY_ID_MAX];
} jupref_stat_file_t;


typedef struct {
    uint8_t   id[JUPREF_KEY_ID_MAX];
    uint64_t  files[3];                 /* by jupref_wraps_e */
} jupref_stat_key_t;


typedef struct {
    uint64_t  count;
    uint64_t  bytes;                    /* on disk, sealed and framed */
} jupref_stat_type_t;


typedef struct {
    jupref_tool_t        *tool;
    uint64_t              zone;         /* bytes; 0: not asked for */
    uint64_t              faults;
    jupref_synced_t       synced;

    jupref_stat_file_t   *segments;
    size_t                segment_count;
    size_t                segment_at;   /* the one being read */
    jupref_stat_file_t   *snapshots;    /* oldest first */
    size_t                snapshot_count;

    unsigned              key_count;
    jupref_stat_key_t     keys[JUPREF_STAT_KEYS];

    uint64_t              records;
    uint64_t              last;         /* seq */
    uint64_t              last_ms;
    jupref_stat_type_t    types[JUPREF_EVENT_TYPES];

    unsigned              folding:1;    /* the ledger is good */
    jupref_refold_t       refold;
} jupref_stat_t;


void jupref_stat_text(const jupref_stat_t *stat);
void jupref_stat_json(const jupref_stat_t *stat);


#endif /* JUPREF_STAT_H */
