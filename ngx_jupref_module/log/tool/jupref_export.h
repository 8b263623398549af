/*
 * Trades as jupref-journal export gathers and writes them.
 */

#ifndef JUPREF_EXPORT_H
#define JUPREF_EXPORT_H


#include <stdio.h>

#include "log/tool/jupref_refold.h"


#define JUPREF_EXPORT_DAY_MS  UINT64_C(86400000)


/* A trade and what became of it. */
typedef struct {
    jupref_trade_t   trade;             /* as it was last executed */
    uint64_t         executed_ms;
    uint64_t         executed_seq;
    uint64_t         verified_ms;
    uint64_t         verified_seq;
    uint64_t         verified_fee;      /* base units */
    jupref_pubkey_t  fee_mint;          /* verified, else the estimate's */
    uint64_t         available_ms;
    uint64_t         available_seq;
    uint64_t         changed_ms;        /* by the last event about it */
    uint64_t         changed_seq;
    uint64_t         slot;
    uint8_t          reason[JUPREF_REASON_MAX];

    /* told by the ledger, or by its archiving */
    jupref_pubkey_t     referrer;       /* the code's owner */
    jupref_pubkey_t     level[JUPREF_LEVELS];
    jupref_fee_split_t  split;
    uint8_t             state;
    unsigned            settled:1;      /* archived: told for good */
    unsigned            dropped:1;      /* not of these days after all */
} jupref_exported_t;


/* All that were found, by signature. */
typedef struct {
    jupref_exported_t  *trades;
    size_t              count;
    size_t              room;
    uint32_t           *slots;          /* place + 1 */
    size_t              slot_count;     /* a power of two */
} jupref_exports_t;


/* NULL when there is none. */
jupref_exported_t *jupref_exports_find(const jupref_exports_t *exports,
    const jupref_signature_t *signature);

/* A new one, zeroed but for its signature; NULL when memory is out. */
jupref_exported_t *jupref_exports_add(jupref_exports_t *exports,
    const jupref_signature_t *signature);
void jupref_exports_free(jupref_exports_t *exports);

/* What the ledger says of a trade in its table. */
void jupref_export_row(const jupref_ledger_t *ledger, uint32_t trade,
    jupref_exported_t *exported);

/* What an archived one says of itself. */
void jupref_export_archived(const jupref_ledger_t *ledger,
    const jupref_trade_archived_t *archived, jupref_exported_t *exported);

/* RFC 4180. */
void jupref_export_head(FILE *out);
void jupref_export_line(FILE *out, const jupref_exported_t *exported);


#endif /* JUPREF_EXPORT_H */
