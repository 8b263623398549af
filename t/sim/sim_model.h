/*
 * The books a second time, as plain as can be: per trade its state and who
 * earns what on it, and sums of those, told by events alone.  It shares no
 * code with the ledger.
 */

#ifndef SIM_MODEL_H
#define SIM_MODEL_H


#include "ledger/jupref_event.h"


#define SIM_REFERRERS   10              /* wallets 1 to 10 */
#define SIM_CODES       14
#define SIM_TAKERS      20              /* some are referrers */
#define SIM_MINTS       5
#define SIM_TRADES      4000            /* numbers of signatures */


/* What a referrer has in a mint. */
typedef enum {
    SIM_ESTIMATED = 0,
    SIM_PENDING,
    SIM_AVAILABLE,
    SIM_DISPUTED,
    SIM_PAID,
    SIM_OWED,
    SIM_HELD
} sim_held_e;


typedef struct {
    uint8_t   state;                    /* jupref_trade_state_e, 0: none */
    uint8_t   frozen_from;
    uint8_t   archived;
    uint8_t   mint;                     /* number, 0: none */
    uint8_t   level[JUPREF_LEVELS];     /* referrers, 0: nobody */
    uint16_t  partner_bps;
    uint16_t  share_bps[JUPREF_LEVELS];
    uint64_t  fee;
    uint64_t  verified_ms;
} sim_trade_t;


/* What the ledger had to choose, and the events don't say. */
typedef struct {
    unsigned  level[JUPREF_LEVELS];     /* who earns on the event's trade */
    unsigned  count;                    /* of trades that were released */
    uint16_t  released[JUPREF_RELEASE_MAX];
} sim_decided_t;


typedef struct {
    sim_trade_t        trades[SIM_TRADES + 2];
    sim_trade_t        again[SIM_TRADES + 2];   /* who sends the signature of
                                         * an archived trade makes an unknown
                                         * one, which may never count */
    uint64_t           in_state[JUPREF_STATES];         /* archived ones too */
    uint64_t           in_table;
    uint64_t           clicks;
    uint64_t           orders;
    uint64_t           referrers;
    uint64_t           archived_seq;    /* of the newest archived trade */
    unsigned __int128  held[SIM_REFERRERS + 1][SIM_MINTS + 1][SIM_HELD];
    unsigned __int128  fees[SIM_MINTS + 1];             /* that arrived */
    unsigned __int128  cut[SIM_MINTS + 1];
    unsigned __int128  platform[SIM_MINTS + 1];
    unsigned __int128  claimed[SIM_MINTS + 1];
    uint64_t           claimed_slot[SIM_MINTS + 1];
    uint64_t           drift[SIM_MINTS + 1];
    uint8_t            raised[JUPREF_INCIDENTS];
    const char        *wrong;           /* what the last event broke */
} sim_model_t;


/* Returns 0, and says what is wrong, for an event that should have been
 * refused, or was decided as it mustn't be. */
unsigned sim_model_apply(sim_model_t *model, const jupref_event_t *event,
    const sim_decided_t *decided);

/* 1 when any referrer owes anything. */
unsigned sim_model_owed(const sim_model_t *model);

/* sim_payout.c: the event that stands in for a payout to the referrer whose
 * number it counts. */
unsigned sim_is_payout(const jupref_event_t *event);


#endif /* SIM_MODEL_H */
