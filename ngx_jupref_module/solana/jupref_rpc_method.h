/*
 * Solana's JSON-RPC methods: what the gateway has to know of each.
 *
 * One row per method: the 54 that the maintained client libraries have, and
 * those that nodes gave up, so that they can be refused by name.  A name that
 * isn't listed has the row "unknown": it may be passed on, but it is never
 * cached, joined or asked twice.
 *
 * Costs are units of the operator's choice; what stands here are defaults,
 * with a cheap read as 1.
 */

#ifndef JUPREF_RPC_METHOD_H
#define JUPREF_RPC_METHOD_H


#include "base/jupref_bytes.h"


/* In the order of jupref_rpc_class_name(), which directives use. */
typedef enum {
    JUPREF_RPC_UNKNOWN = 0,
    JUPREF_RPC_CONSTANT,
    JUPREF_RPC_SLOW,
    JUPREF_RPC_RENT,
    JUPREF_RPC_EPOCH,
    JUPREF_RPC_HEAD,
    JUPREF_RPC_FEE_HINTS,
    JUPREF_RPC_ACCOUNT,
    JUPREF_RPC_MONEY,
    JUPREF_RPC_IMMUTABLE,
    JUPREF_RPC_HEAVY,
    JUPREF_RPC_WRITE,
    JUPREF_RPC_COMPUTE,
    JUPREF_RPC_HEALTH,
    JUPREF_RPC_REMOVED
} jupref_rpc_class_e;

#define JUPREF_RPC_CLASSES  (JUPREF_RPC_REMOVED + 1)


/* Ordered: what is final is confirmed, what is confirmed was processed. */
typedef enum {
    JUPREF_COMMITMENT_NONE = 0,         /* the method knows none */
    JUPREF_COMMITMENT_PROCESSED,
    JUPREF_COMMITMENT_CONFIRMED,
    JUPREF_COMMITMENT_FINALIZED,
    JUPREF_COMMITMENT_OTHER             /* given, but not one of these */
} jupref_commitment_e;


/* How long an answer may be kept; null never is. */
typedef enum {
    JUPREF_RPC_KEEP_NEVER = 0,
    JUPREF_RPC_KEEP_MS,                 /* `keep` milliseconds */
    JUPREF_RPC_KEEP_SLOTS,              /* `keep` slot times */

    /* `keep` slot times, and the probe may know it without asking a node */
    JUPREF_RPC_KEEP_HEAD,

    /* `keep` milliseconds when the call itself names the epoch */
    JUPREF_RPC_KEEP_NAMED_EPOCH,

    /* for good (`keep` milliseconds) when no fork can take the answer back:
     * the first `slots` parameters are finalized slots; with 0 of them, the
     * call's commitment is finalized */
    JUPREF_RPC_KEEP_IF_FINAL
} jupref_rpc_keep_e;


#define JUPREF_RPC_NO_CONFIG  (-1)

/* The longest name that is looked at; all known ones are shorter. */
#define JUPREF_RPC_METHOD_MAX  64


typedef struct {
    const char           *name;
    jupref_rpc_class_e    class;
    uint32_t              cost;         /* default, in units */

    int                   config_at;    /* its place in params, or NO_CONFIG */
    jupref_commitment_e   commitment;   /* the node's when none is given */
    jupref_rpc_keep_e     keep_rule;
    uint32_t              keep;

    unsigned  slots:2;              /* for KEEP_IF_FINAL */
    unsigned  config_early:1;       /* may take an optional argument's place */
    unsigned  takes_commitment:1;   /* as "commitment", sendTransaction as
                                     * "preflightCommitment" */
    unsigned  takes_min_slot:1;     /* minContextSlot */
    unsigned  envelope:1;           /* {context: {slot}, value}; for
                                     * getProgramAccounts only if asked for */
    unsigned  old_context:1;        /* the slot is that of a cache of the
                                     * node's, hours ago (Agave) */
    unsigned  no_processed:1;       /* a node refuses "processed", -32602 */
    unsigned  join:1;               /* identical calls in flight share one */
    unsigned  retry:1;              /* asking twice does no harm */
    unsigned  hedge:1;              /* cheap enough to ask two at once */
} jupref_rpc_method_t;


/* Never NULL: the row "unknown" (its name is empty) for what isn't listed.
 * Names are told by case, as nodes do. */
const jupref_rpc_method_t *jupref_rpc_method_find(jupref_bytes_t name);

/* The rows, sorted by name, for who walks them all. */
extern const jupref_rpc_method_t  jupref_rpc_methods[];
extern const unsigned             jupref_rpc_method_count;

/* "constant", "fee_hints", … */
const char *jupref_rpc_class_name(jupref_rpc_class_e class);

/* 1 with the class of that name, 0 when there is none. */
unsigned jupref_rpc_class_find(jupref_bytes_t name,
    jupref_rpc_class_e *class);

/* "processed", "confirmed", "finalized"; OTHER for any other text. */
jupref_commitment_e jupref_commitment_parse(jupref_bytes_t text);

/* The three names; "" for NONE and OTHER. */
const char *jupref_commitment_name(jupref_commitment_e commitment);


#endif /* JUPREF_RPC_METHOD_H */
