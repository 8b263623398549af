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


#define NGX_HTTP_JUPREF_INTENTS_PAGE      100   /* signatures */
#define NGX_HTTP_JUPREF_INTENTS_PAGES     10    /* of one address */

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
    uint64_t                        height;
    ngx_uint_t                      place;
    ngx_uint_t                      pages;
    unsigned                        failed:1;   /* its silence is worthless */
    unsigned                        ended:1;    /* no older page is of use */

    jupref_address_signature_t      page[NGX_HTTP_JUPREF_INTENTS_PAGE];
    unsigned                        page_count;
    unsigned                        page_at;
    jupref_rpc_transaction_t        shown;
    jupref_signature_t              candidate;  /* that a second node is
                                                 * asked for */
} ngx_http_jupref_intents_t;


/* ngx_http_jupref_intents_book.c */

/* 1 when what was shown is the execute's: the message that was priced, by the
 * signature that was asked for, signed by payer and taker. */
ngx_uint_t ngx_http_jupref_intents_is(ngx_http_jupref_intents_t *in);

/* 1 when it is so old that nodes may have forgotten it. */
ngx_uint_t ngx_http_jupref_intents_forgotten(ngx_http_jupref_intents_t *in);

/* The candidate is its signature; it has come to nothing. */
void ngx_http_jupref_intents_found(ngx_http_jupref_intents_t *in);
void ngx_http_jupref_intents_close(ngx_http_jupref_intents_t *in);


#endif /* NGX_HTTP_JUPREF_INTENTS_PARTS_H */
