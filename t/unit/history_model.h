/*
 * A second ledger, as small and plain as can be, to hold the first against.
 *
 * Everything is an array indexed by the small numbers that wallets, codes,
 * mints, signatures and requests are made from (0 is "none"); rows are only
 * counted.  Nothing is summed up as it goes: trades are kept, archived ones
 * too, and every sum and account is what they add up to.  It shares no code
 * with the ledger but the names of events and states.
 */

#ifndef HISTORY_MODEL_H
#define HISTORY_MODEL_H


#include "ledger/jupref_ledger.h"


#define MODEL_WALLETS     30            /* the first ones may be referrers */
#define MODEL_REFERRERS   12
#define MODEL_CODES       20
#define MODEL_MINTS       6
#define MODEL_SIGNATURES  40
#define MODEL_REQUESTS    8
#define MODEL_TERMS       6
#define MODEL_EVENTS      320           /* of a history, at most */

#define MODEL_DAY_MS      86400000

/* Not an event: what is available is paid out by hand, as payouts will. */
#define MODEL_PAYOUT      JUPREF_EVENT_NONE

typedef unsigned __int128  model_sum_t;


/* What an event says, in small numbers. */
typedef struct {
    jupref_event_type_e  type;
    unsigned             wallet;        /* taker, for trades */
    unsigned             parent;
    unsigned             code;
    unsigned             terms;
    unsigned             status;
    unsigned             own_terms;
    unsigned             configured;
    unsigned             signature;
    unsigned             input_mint;
    unsigned             output_mint;
    unsigned             fee_mint;
    unsigned             granted_bps;
    unsigned             request;
    unsigned             late;          /* 1: two days later than the others */
    uint64_t             at;            /* seq, and milliseconds, of it */
    uint64_t             cutoff;        /* the same, for hold.released */
    uint32_t             count;
    uint64_t             fee;
    uint64_t             volume;
} history_op_t;


typedef struct {
    unsigned  referrers;
    unsigned  codes;
    unsigned  wallets;
    unsigned  mints;
    unsigned  balances;
    unsigned  trades;
    unsigned  intents;
} model_rows_t;


typedef struct {
    unsigned     there;
    unsigned     active;
    unsigned     parent;
    unsigned     terms;
    unsigned     codes;
    unsigned     bound;
    uint64_t     clicks;
    uint64_t     archived;              /* seq of its newest archived trade */
} model_referrer_t;


typedef struct {
    unsigned     owner;                 /* 0: there is no such code */
    unsigned     retired;
    unsigned     own_terms;
    unsigned     configured;
    unsigned     terms;
    unsigned     version;
    unsigned     bound;
    uint64_t     clicks;
} model_code_t;


typedef struct {
    unsigned     state;                 /* jupref_trade_state_e, 0: none */
    unsigned     came_from;             /* disputed or unproved in it */
    unsigned     code;
    unsigned     owner;                 /* of the code */
    unsigned     taker;
    unsigned     terms;
    unsigned     earner[3];
    unsigned     fee_mint;
    unsigned     granted_bps;
    uint64_t     fee;
    uint64_t     volume;
    uint64_t     verified_at;
} model_trade_t;


typedef struct {
    model_referrer_t  referrer[MODEL_REFERRERS + 1];
    model_code_t      code[MODEL_CODES + 1];
    unsigned          bound_to[MODEL_WALLETS + 1];      /* code */
    unsigned          has_mint[MODEL_MINTS + 1];
    unsigned          has_balance[MODEL_REFERRERS + 1][MODEL_MINTS + 1];
    model_sum_t       paid[MODEL_REFERRERS + 1][MODEL_MINTS + 1];
    model_trade_t     trade[MODEL_SIGNATURES + 1];
    model_trade_t     archive[MODEL_EVENTS];
    unsigned          archived;
    unsigned          intent[MODEL_REQUESTS + 1];       /* 1: it is there */
    model_sum_t       claimed[MODEL_MINTS + 1];
    uint64_t          claimed_at[MODEL_MINTS + 1];
    uint64_t          drift[MODEL_MINTS + 1];
    unsigned          raised[JUPREF_INCIDENTS];         /* its detail */
    uint64_t          clicks;
    uint64_t          orders;
    model_rows_t      used;
    model_rows_t      room;
} model_t;


/* What the trades add up to. */
typedef struct {
    uint64_t          trades[JUPREF_STATES];
    uint64_t          trades_of[MODEL_REFERRERS + 1][JUPREF_STATES];
    model_sum_t       volume;
    model_sum_t       volume_of[MODEL_REFERRERS + 1];
    model_sum_t       earned_by[MODEL_REFERRERS + 1];

    /* of those executed and not verified, by mint */
    model_sum_t       received[MODEL_MINTS + 1];
    model_sum_t       cut[MODEL_MINTS + 1];
    model_sum_t       platform[MODEL_MINTS + 1];
    model_sum_t       estimated[MODEL_REFERRERS + 1][MODEL_MINTS + 1];

    /* of those verified and not reversed */
    model_sum_t       arrived[MODEL_MINTS + 1];
    model_sum_t       kept_by_jupiter[MODEL_MINTS + 1];
    model_sum_t       kept_by_platform[MODEL_MINTS + 1];
    model_sum_t       pending[MODEL_REFERRERS + 1][MODEL_MINTS + 1];
    model_sum_t       disputed[MODEL_REFERRERS + 1][MODEL_MINTS + 1];
    model_sum_t       available[MODEL_REFERRERS + 1][MODEL_MINTS + 1];
    model_sum_t       receivable[MODEL_REFERRERS + 1][MODEL_MINTS + 1];
} model_sums_t;


/* The terms that op.terms means: number 0 to MODEL_TERMS - 1. */
jupref_terms_t model_terms(unsigned number);

/* 1 when the event is taken, 0 when it is refused and nothing has changed. */
unsigned model_apply(model_t *model, const history_op_t *op);

/* The same of events that no account moves by. */
unsigned model_told_fees(model_t *model, const history_op_t *op);
unsigned model_told_incident(model_t *model, const history_op_t *op);

/* 1 when the ledger has been told the same; and when what waits for proof is
 * in its queue, once. */
unsigned model_told_holds(const model_t *model,
    const jupref_ledger_t *ledger);
unsigned model_told_of_mint(const model_t *model, unsigned mint,
    const jupref_mint_row_t *row);
unsigned model_proofs_hold(const jupref_ledger_t *ledger);

/* 1 when a trade hasn't counted for anything so far. */
unsigned model_never_executed(const model_trade_t *trade);

/* How a trade's fee, or its value, is divided. */
typedef struct {
    model_sum_t  cut;
    model_sum_t  platform;
    model_sum_t  level[3];
} model_split_t;

void model_split(unsigned terms, uint64_t amount, const unsigned earner[3],
    model_split_t *split);

void model_add_up(const model_t *model, model_sums_t *sums);


#endif /* HISTORY_MODEL_H */
