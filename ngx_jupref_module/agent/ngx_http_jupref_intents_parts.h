/*
 * Between the files that look for executes whose signature nobody knows.
 */

#ifndef NGX_HTTP_JUPREF_INTENTS_PARTS_H
#define NGX_HTTP_JUPREF_INTENTS_PARTS_H


#include "agent/ngx_http_jupref_intents.h"

#include "agent/ngx_http_jupref_ask.h"
#include "agent/ngx_http_jupref_proof.h"
#include "agent/ngx_http_jupref_trust.h"
#include "agent/ngx_http_jupref_verify_conf.h"
#include "ledger/jupref_upkeep.h"
#include "ledger/jupref_view.h"


#define NGX_HTTP_JUPREF_INTENTS_PAGE  1000      /* signatures */
#define NGX_HTTP_JUPREF_INTENTS_TOLD  64        /* executes remembered */

#define NGX_HTTP_JUPREF_INTENTS_PLACES                                        \
    (1 + JUPREF_FEE_ACCOUNTS * NGX_HTTP_JUPREF_REFERRALS_KEPT)


typedef struct {
    ngx_http_jupref_zone_t         *zone;
    ngx_http_jupref_pool_t         *pool;
    ngx_http_jupref_proof_t        *proof;
    ngx_uint_t                      witnesses;  /* that must know it */
    ngx_log_t                      *log;
    ngx_uint_t                      referral_count;
    jupref_pubkey_t                 referrals[NGX_HTTP_JUPREF_REFERRALS_KEPT];

    jupref_cursor_t                 cursor;
    uint64_t                        pass_ms;    /* the next pass begins */
    uint64_t                        began_ms;   /* this one, and the one */
    uint64_t                        former_ms;  /* before; time of day */

    /* the one that is looked for; seq 0: none */
    jupref_intent_view_t            intent;
    jupref_pubkey_t                 places[NGX_HTTP_JUPREF_INTENTS_PLACES];
    ngx_uint_t                      place_count;
    ngx_http_jupref_trust_t         trust;
    uint64_t                        asked;      /* nodes, bits */
    ngx_uint_t                      silent;     /* those that have nothing */

    /* at one node */
    ngx_http_jupref_ask_t          *ask;
    ngx_uint_t                      node;
    uint64_t                        node_id;
    uint64_t                        height;
    ngx_uint_t                      place;
    ngx_uint_t                      pages;      /* of the place, and their */
    ngx_uint_t                      passed;     /* signatures */
    ngx_uint_t                      limit;      /* of a page */
    jupref_signature_t              before;     /* which the next one goes on */
    unsigned                        failed:1;   /* its silence is worthless */
    unsigned                        ended:1;    /* no older page is of use */
    unsigned                        going:1;    /* the next round asks on */

    jupref_address_signature_t      page[NGX_HTTP_JUPREF_INTENTS_PAGE];
    unsigned                        page_count;
    unsigned                        page_at;
    jupref_rpc_transaction_t        shown;
    jupref_signature_t              candidate;  /* that a second node is
                                                 * asked for */

    /* seq of executes that the log tells of already, the oldest overwritten */
    uint64_t                        told[NGX_HTTP_JUPREF_INTENTS_TOLD];
    ngx_uint_t                      told_at;
} ngx_http_jupref_intents_t;


/* ngx_http_jupref_intents.c */

/* What can't be started is left for the next pass. */
ngx_int_t ngx_http_jupref_intents_begin(ngx_http_jupref_intents_t *in,
    ngx_http_jupref_ask_t *ask, ngx_http_jupref_ask_pt handler);

/* An ask is over. */
void ngx_http_jupref_intents_told(ngx_http_jupref_intents_t *in,
    ngx_http_jupref_ask_t *ask, ngx_http_jupref_call_e call);

/* The node has said all it can say of all places. */
void ngx_http_jupref_intents_node_over(ngx_http_jupref_intents_t *in);


/* ngx_http_jupref_intents_walk.c: on with the place, from where it is. */
void ngx_http_jupref_intents_walk(ngx_http_jupref_intents_t *in);


/* ngx_http_jupref_intents_book.c */

/* 1 when what was shown is the execute's: the message that was priced, by the
 * signature that was asked for, signed by payer and taker. */
ngx_uint_t ngx_http_jupref_intents_is(ngx_http_jupref_intents_t *in);

/* The candidate is its signature; it has come to nothing. */
void ngx_http_jupref_intents_found(ngx_http_jupref_intents_t *in);
void ngx_http_jupref_intents_close(ngx_http_jupref_intents_t *in);

/* It is behind more signatures than are looked through: the log says so, once
 * of each execute. */
void ngx_http_jupref_intents_too_many(ngx_http_jupref_intents_t *in);


#endif /* NGX_HTTP_JUPREF_INTENTS_PARTS_H */
