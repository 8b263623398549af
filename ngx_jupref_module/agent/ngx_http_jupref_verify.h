/*
 * Proof of trades: the agent's job that asks nodes what became of them, and
 * books what follows.
 *
 *     in hand ──due──► round ──► getSignatureStatuses, 256 at once, one node
 *                                  final ──► getTransaction, the same node
 *                                  └──► judged by the pure room
 *                                         wait        in hand, later
 *                                         elsewhere   round at another node
 *                                         else        booked
 *
 * A round begins with the node's finalized block height where a trade is so
 * old that silence may say something.  Calls in flight are bounded, those
 * that finish what was begun go first.  What is kept here is this process's
 * and may be lost at any time: the ledger alone says what is to be proved.
 */

#ifndef NGX_HTTP_JUPREF_VERIFY_H
#define NGX_HTTP_JUPREF_VERIFY_H


#include "agent/ngx_http_jupref_agent.h"
#include "agent/ngx_http_jupref_ask.h"
#include "agent/ngx_http_jupref_hand.h"
#include "agent/ngx_http_jupref_proof.h"
#include "agent/ngx_http_jupref_trust.h"
#include "agent/ngx_http_jupref_verify_conf.h"


#define NGX_HTTP_JUPREF_LOOKS_MAX  1024         /* trades looked at at once */
#define NGX_HTTP_JUPREF_ROUND_MAX  JUPREF_RPC_STATUSES_MAX

/* Trades become due one by one, and are worth waiting for: one call asks for
 * all. */
#define NGX_HTTP_JUPREF_GATHER_MS  400

/* Unproved trades of which it is remembered that an alarm was raised. */
#define NGX_HTTP_JUPREF_ALARMED    64


typedef struct ngx_http_jupref_verify_s  ngx_http_jupref_verify_t;


/* One trade that is looked at. */
typedef struct {
    ngx_queue_t                  queue;
    ngx_http_jupref_verify_t    *verify;
    ngx_http_jupref_held_t      *held;
    ngx_http_jupref_ask_t       *ask;           /* for its transaction */
    uint64_t                     asked;         /* nodes, bits */
    ngx_uint_t                   node;          /* that is asked now */
    unsigned                     late:1;        /* silence may say something */
    unsigned                     answered:1;    /* by the node asked now */
    unsigned                     witness_count;
    jupref_witness_t             witnesses[JUPREF_EVIDENCE_NODES];
    uint8_t                      nodes[JUPREF_EVIDENCE_NODES];
    jupref_pubkey_t              fee_mint;      /* zero: not known */
    jupref_trade_row_t           trade;         /* a copy */
} ngx_http_jupref_look_t;


/* Trades that one node is asked about together. */
typedef struct {
    ngx_queue_t                  queue;
    ngx_http_jupref_verify_t    *verify;
    ngx_http_jupref_ask_t       *ask;
    ngx_uint_t                   node;
    uint64_t                     height;        /* finalized, 0: not told */
    unsigned                     late:1;
    unsigned                     trusted:1;     /* the node is healthy */
    ngx_uint_t                   count;
    ngx_http_jupref_look_t      *looks[NGX_HTTP_JUPREF_ROUND_MAX];
} ngx_http_jupref_round_t;


/* Where the fees of a pair of mints may arrive: worth remembering, as each
 * address takes some hundred microseconds to derive. */
#define NGX_HTTP_JUPREF_PAIRS  256

typedef struct {
    jupref_pubkey_t              referral;
    jupref_pubkey_t              input_mint;
    jupref_pubkey_t              output_mint;
    unsigned                     count;         /* 0: nothing is here */
    jupref_fee_account_t         accounts[JUPREF_FEE_ACCOUNTS];
} ngx_http_jupref_pair_t;


struct ngx_http_jupref_verify_s {
    ngx_http_jupref_zone_t         *zone;
    ngx_http_jupref_pool_t         *pool;
    ngx_http_jupref_verify_conf_t  *conf;
    ngx_http_jupref_proof_t        *proof;
    ngx_http_jupref_hand_t         *hand;
    ngx_log_t                      *log;
    ngx_uint_t                      referral_count;
    jupref_pubkey_t                 referrals[NGX_HTTP_JUPREF_REFERRALS_KEPT];

    ngx_queue_t                     rounds;     /* at a node */
    ngx_queue_t                     wanted;     /* looks: transactions … */
    ngx_queue_t                     showing;    /* … being asked for */
    ngx_queue_t                     elsewhere;  /* looks: another node */
    ngx_int_t                       calls;      /* in flight */
    ngx_uint_t                      looks;

    ngx_http_jupref_trust_t         trust;      /* at the last turn */
    uint64_t                        lacks_ms[JUPREF_POOL_NODES];
                                                /* until when a node isn't
                                                 * asked: it has no such
                                                 * method */
    uint64_t                        steady_ms;  /* of that */
    uint64_t                        round_ms;   /* no round before … */
    uint64_t                        elsewhere_ms;       /* … of either kind */
    uint64_t                        alarm_ms;   /* nodes were wrong last */
    uint64_t                        enough_ms;  /* enough were healthy last */
    uint64_t                        watched_ms; /* when both were looked at */
    jupref_signature_t              alarmed[NGX_HTTP_JUPREF_ALARMED];
    ngx_uint_t                      alarmed_at; /* the oldest */

    ngx_uint_t                      booked;     /* events since the commit */
    jupref_rpc_transaction_t        shown;      /* the one that is judged */
    ngx_http_jupref_pair_t          pairs[NGX_HTTP_JUPREF_PAIRS];
    jupref_fee_account_t            accounts[JUPREF_FEE_ACCOUNTS
                                             * NGX_HTTP_JUPREF_REFERRALS_KEPT];
};


/* Rows of the agent's table. */
void ngx_http_jupref_verify_run(ngx_http_jupref_agent_t *agent,
    uint64_t now_ms);
void ngx_http_jupref_verify_start(ngx_http_jupref_agent_t *agent);
void ngx_http_jupref_verify_stop(ngx_http_jupref_agent_t *agent);


/* ngx_http_jupref_verify.c */

/* Starts what may be started; called when something has come. */
void ngx_http_jupref_verify_pump(ngx_http_jupref_verify_t *verify);

/* The look needs another node's word. */
void ngx_http_jupref_verify_elsewhere(ngx_http_jupref_look_t *look);

/* A look is over: the trade is settled, or comes again when it is time. */
void ngx_http_jupref_verify_over(ngx_http_jupref_look_t *look,
    ngx_uint_t settled);


/*
 * ngx_http_jupref_verify_alarm.c: the incident "nodes".
 *
 * It is raised with what is wrong (a node's name, "witnesses_disagree", …),
 * and by watch() when for a minute fewer are healthy than must agree.  It is
 * over when enough of them are and none was wrong for two minutes.
 */
void ngx_http_jupref_verify_alarm(ngx_http_jupref_verify_t *verify,
    ngx_str_t *detail);

/* For what nodes show of one trade.  Once it is unproved it waits for a
 * person, who is called once: not each time that it is looked at again. */
void ngx_http_jupref_verify_alarm_of(ngx_http_jupref_verify_t *verify,
    const jupref_trade_row_t *trade, jupref_reason_e reason);

void ngx_http_jupref_verify_watch(ngx_http_jupref_verify_t *verify);


/* ngx_http_jupref_verify.c: the node has answered that it lacks a method. */
void ngx_http_jupref_verify_lacks(ngx_http_jupref_verify_t *verify,
    ngx_http_jupref_ask_t *ask);


/* ngx_http_jupref_verify_round.c */

/* NGX_DECLINED: nothing is to be asked; NGX_ERROR: not now. */
ngx_int_t ngx_http_jupref_round_due(ngx_http_jupref_verify_t *verify);
ngx_int_t ngx_http_jupref_round_elsewhere(ngx_http_jupref_verify_t *verify);
void ngx_http_jupref_round_free(ngx_http_jupref_round_t *round);


/* ngx_http_jupref_verify_show.c: asks for the transaction of a look */
ngx_int_t ngx_http_jupref_show_start(ngx_http_jupref_look_t *look);


/* ngx_http_jupref_verify_pairs.c: where the fee of a trade may have arrived,
 * in verify->accounts; 0: no memory. */
unsigned ngx_http_jupref_pair_accounts(ngx_http_jupref_verify_t *verify,
    const jupref_trade_row_t *trade);


/* ngx_http_jupref_verify_judge.c */

/* What the node that was asked has said is complete: goes on with it. */
void ngx_http_jupref_judge(ngx_http_jupref_look_t *look);

/* Its own word on the trade, as it is now; NULL when there is no room. */
jupref_witness_t *ngx_http_jupref_witness(ngx_http_jupref_look_t *look);


#endif /* NGX_HTTP_JUPREF_VERIFY_H */
