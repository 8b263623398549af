/*
 * Reconciliation: what lies in a fee account against what the books say
 * should.
 *
 *     expected    = fees verified - fees claimed          the ledger's
 *     awaiting    = fees of our trades that aren't proved yet
 *     unexplained = balance - expected - awaiting
 *
 * What an event calls expected has those that are awaited in it.
 *
 * The balance is of one slot.  What touched the account behind that slot and
 * is booked already is taken out of `expected`, so that nothing has to stand
 * still while it is counted.  What is unexplained is the drift; each
 * transaction that touched the account is told apart, so that a person finds
 * the one that makes it.
 *
 * Claims are booked (fees.claimed): nodes forget in days what was claimed,
 * and a balance says nothing without it.
 */

#ifndef JUPREF_RECONCILE_H
#define JUPREF_RECONCILE_H


#include "ledger/jupref_evidence.h"


/* Newest trades that can have landed behind a balance that was just told. */
#define JUPREF_RECONCILE_BEHIND  4096

/* Transactions that a report names; more are counted. */
#define JUPREF_TOUCHES_MAX  64


typedef enum {
    JUPREF_TOUCH_NONE = 0,              /* the balance is as it was */
    JUPREF_TOUCH_TRADE,                 /* our trade, its fee in the books */
    JUPREF_TOUCH_AWAITING,              /* our trade, not proved yet */
    JUPREF_TOUCH_DROPPED,               /* our trade, rejected or reversed */
    JUPREF_TOUCH_CLAIM,                 /* the referral program emptied it */
    JUPREF_TOUCH_SWAP,                  /* a swap that isn't ours, or one
                                         * that is archived */
    JUPREF_TOUCH_DEPOSIT,               /* somebody sent something */
    JUPREF_TOUCH_UNKNOWN,               /* it shrank, and we can't say why */
    JUPREF_TOUCHES
} jupref_touch_kind_e;


typedef struct {
    jupref_signature_t   signature;
    uint64_t             slot;
    uint64_t             delta;         /* base units */
    jupref_touch_kind_e  kind;
    unsigned             shrank:1;      /* 1: the balance went down by it */
    unsigned             booked:1;      /* the ledger's sums have it */
    unsigned             confirmed:1;   /* two nodes have shown it */
    uint8_t              node;          /* that has shown it last */
    uint8_t              place;         /* of the accounts, which one */
} jupref_touch_t;


/* About one mint's account; made with jupref_reconcile_begin(). */
typedef struct {
    jupref_pubkey_t      mint;
    uint64_t             slot;          /* that the balance is of */
    uint64_t             balance;
    jupref_u128_t        verified;      /* the ledger's, all time */
    jupref_u128_t        claimed;       /* the same */
    jupref_u128_t        verified_since;        /* booked, behind `slot` */
    jupref_u128_t        claimed_since;
    jupref_u128_t        awaiting;      /* up to `slot` */
    jupref_u128_t        claiming;      /* seen up to `slot`, not booked */
    uint64_t             booked;        /* the drift that was told last */
    uint8_t              booked_missing;
    uint64_t             kinds[JUPREF_TOUCHES];
    jupref_touch_t       touches[JUPREF_TOUCHES_MAX];   /* unexplained */
    unsigned             touch_count;
    unsigned             more:1;        /* touches that found no room */
} jupref_reconcile_t;


typedef struct {
    uint64_t             expected;      /* 0 where more was claimed */
    uint64_t             unexplained;   /* base units */
    unsigned             missing:1;     /* 1: the account has less by it */
    unsigned             changed:1;     /* not what was booked last */
} jupref_drift_t;


/*
 * What a finalized transaction did to a fee account.  `trade` is ours of that
 * signature, NULL when there is none; `booked_slot` that up to which claims of
 * the account's mint are booked.
 */
void jupref_touch_of(const jupref_rpc_transaction_t *shown,
    const jupref_fee_account_t *account, const jupref_trade_row_t *trade,
    uint64_t booked_slot, jupref_touch_t *touch);

/*
 * Begins with the ledger's sums of a mint, as they are in this moment, and a
 * balance that a node has told of a slot; then each touch is added that may
 * be of later, or isn't booked.  Only beginning needs the ledger.
 */
void jupref_reconcile_begin(jupref_reconcile_t *reconcile,
    const jupref_ledger_t *ledger, const jupref_pubkey_t *mint,
    uint64_t balance, uint64_t slot);

/* Trades of the mint whose fee is booked, but landed behind the balance's
 * slot; the same moment, the same ledger. */
void jupref_reconcile_behind(jupref_reconcile_t *reconcile,
    const jupref_ledger_t *ledger);
void jupref_reconcile_add(jupref_reconcile_t *reconcile,
    const jupref_touch_t *touch);
void jupref_reconcile_end(const jupref_reconcile_t *reconcile,
    jupref_drift_t *drift);

/* fees.drifted when it isn't what was booked last; 0 when it is. */
unsigned jupref_reconcile_event(const jupref_reconcile_t *reconcile,
    const jupref_drift_t *drift, jupref_event_t *event);

/*
 * fees.claimed for the earliest claims among the touches that aren't booked,
 * those of one slot together, and marks them as booked; 0 when none is left.
 * Claims are booked in the order of the chain: `touches` must be all of the
 * slots they are of.
 */
unsigned jupref_reconcile_claim(const jupref_pubkey_t *mint,
    jupref_touch_t *touches, unsigned count, jupref_event_t *event);

/* "trade", "awaiting", "claim", … */
const char *jupref_touch_name(jupref_touch_kind_e kind);


#endif /* JUPREF_RECONCILE_H */
