/*
 * A second ledger, as small and plain as can be, to hold the first against.
 *
 * Everything is an array indexed by the small numbers that wallets, codes,
 * mints and signatures are made from (0 is "none"); rows are only counted.
 * It shares no code with the ledger but the event's names.
 */

#ifndef HISTORY_MODEL_H
#define HISTORY_MODEL_H


#include "ledger/jupref_event.h"


#define MODEL_WALLETS     30            /* the first ones may be referrers */
#define MODEL_REFERRERS   12
#define MODEL_CODES       20
#define MODEL_MINTS       6
#define MODEL_SIGNATURES  70
#define MODEL_TERMS       6

typedef unsigned __int128  model_sum_t;


typedef enum {
    MODEL_NOTHING = 0,
    MODEL_EXECUTED,
    MODEL_UNKNOWN
} model_state_e;


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
} model_rows_t;


typedef struct {
    unsigned     there;
    unsigned     active;
    unsigned     parent;
    unsigned     terms;
    unsigned     codes;
    unsigned     bound;
    uint64_t     clicks;
    uint64_t     trades[3];             /* by model_state_e */
    model_sum_t  volume;
    model_sum_t  earned;
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
    unsigned     there;
    model_sum_t  received;
    model_sum_t  cut;
    model_sum_t  platform;
    model_sum_t  referrers;
} model_mint_t;


typedef struct {
    model_referrer_t  referrer[MODEL_REFERRERS + 1];
    model_code_t      code[MODEL_CODES + 1];
    unsigned          bound_to[MODEL_WALLETS + 1];      /* code */
    model_mint_t      mint[MODEL_MINTS + 1];
    unsigned          has_balance[MODEL_REFERRERS + 1][MODEL_MINTS + 1];
    model_sum_t       estimated[MODEL_REFERRERS + 1][MODEL_MINTS + 1];
    model_state_e     trade[MODEL_SIGNATURES + 1];
    unsigned          trade_code[MODEL_SIGNATURES + 1];
    unsigned          trade_taker[MODEL_SIGNATURES + 1];
    uint64_t          trades[3];
    uint64_t          clicks;
    model_sum_t       volume;
    model_rows_t      used;
    model_rows_t      room;
} model_t;


/* The terms that op.terms means: number 0 to MODEL_TERMS - 1. */
jupref_terms_t model_terms(unsigned number);

/* 1 when the event is taken, 0 when it is refused and nothing has changed. */
unsigned model_apply(model_t *model, const history_op_t *op);


#endif /* HISTORY_MODEL_H */
