/*
 * The job that looks at the operator's accounts, inside.
 *
 * A tour is a table of steps, one after the other, one call at a time: what
 * it finds is of minutes ago at any rate, and trading comes first.
 */

#ifndef NGX_HTTP_JUPREF_ACCOUNTS_PARTS_H
#define NGX_HTTP_JUPREF_ACCOUNTS_PARTS_H


#include "agent/ngx_http_jupref_accounts.h"
#include "agent/ngx_http_jupref_ask.h"
#include "agent/ngx_http_jupref_trust.h"
#include "agent/ngx_http_jupref_verify_conf.h"


/* Accounts of one getMultipleAccounts, and room for the bytes of all. */
#define NGX_HTTP_JUPREF_ACCOUNTS_CALL  100
#define NGX_HTTP_JUPREF_ACCOUNTS_ROOM  (128 * 1024)

/* Transactions that touched a mint's accounts and are to be looked at; at
 * least two pages of signatures. */
#define NGX_HTTP_JUPREF_TOUCHED_MAX    2048

/* Signatures of a call: the most that the method gives. */
#define NGX_HTTP_JUPREF_SCAN_PAGE      1000

/* Fees of one tour and mint that await their proof. */
#define NGX_HTTP_JUPREF_AWAITING_MAX   1024


typedef struct ngx_http_jupref_tour_s  ngx_http_jupref_tour_t;


/* One signature that touched an account. */
typedef struct {
    jupref_signature_t               signature;
    uint64_t                         slot;
    uint8_t                          place;
    uint8_t                          look;      /* why it is to be looked at:
                                                 * jupref_touch_kind_e, NONE:
                                                 * it needn't */
} ngx_http_jupref_touched_t;


/* How far an account's signatures were taken, from the newest down. */
typedef struct {
    uint64_t                         even_slot; /* all up to it were */
    uint64_t                         top_slot;  /* the next even_slot */
    jupref_signature_t               before;    /* the last that was taken */
    unsigned                         going:1;   /* goes on behind `before` */
} ngx_http_jupref_walk_t;


/*
 * What is known of a mint's accounts from one tour to the next: this process's
 * own, since what was taken and what was seen of it go together.
 */
typedef struct {
    jupref_touch_t                  *touches;   /* that aren't our trades */
    ngx_uint_t                       count;
    ngx_http_jupref_touched_t       *touched;   /* to be looked at */
    ngx_uint_t                       touched_count;
    uint64_t                         trades;    /* ours, their fee booked */
    ngx_uint_t                       unfinished_tours;  /* in a row */
    uint64_t                         unexplained;       /* a node's sums that
                                                         * another one is to
                                                         * confirm */
    ngx_uint_t                       node;
    unsigned                         missing:1;
    unsigned                         asking:1;
    ngx_http_jupref_walk_t           walks[NGX_HTTP_JUPREF_REFERRALS_KEPT];
} ngx_http_jupref_known_t;


/* What another tour is for, before it is time for it. */
typedef enum {
    NGX_HTTP_JUPREF_MORE_NONE = 0,
    NGX_HTTP_JUPREF_MORE_REST,          /* what found no place in this one */
    NGX_HTTP_JUPREF_MORE_OTHER,         /* another node's word, some time */
    NGX_HTTP_JUPREF_MORE_CONFIRM        /* the same, at once */
} ngx_http_jupref_more_e;


struct ngx_http_jupref_tour_s {
    ngx_http_jupref_zone_t          *zone;
    ngx_http_jupref_pool_t          *pool;
    ngx_http_jupref_rpc_zone_t      *rpc_zone;
    ngx_http_jupref_verify_conf_t   *conf;
    ngx_http_jupref_proof_t         *proof;
    ngx_http_jupref_accounts_t      *seen;      /* shared */
    ngx_log_t                       *log;
    jupref_terms_t                  *tiers;
    ngx_uint_t                       tier_count;

    ngx_uint_t                       referral_count;
    jupref_pubkey_t                  referrals[NGX_HTTP_JUPREF_REFERRALS_KEPT];

    ngx_uint_t                       step;
    ngx_uint_t                       at;        /* mint, in its step */
    ngx_uint_t                       batch;     /* mints that are asked for */
    ngx_http_jupref_ask_t           *ask;
    ngx_uint_t                       node;
    uint64_t                         due_ms;    /* the next tour, steady */
    ngx_http_jupref_more_e           more;      /* and what for */
    ngx_uint_t                       single;    /* the pool has one node */
    uint64_t                         listed;    /* mints that there were */
    uint64_t                         listed_ms;
    unsigned                         running:1;
    unsigned                         told:1;    /* that room is short */

    /* reconciliation of the mint `at` */
    ngx_uint_t                       phase;
    ngx_uint_t                       place;
    ngx_uint_t                       pages;
    ngx_uint_t                       looks;
    uint64_t                         stop_slot; /* all is even up to it */
    uint64_t                         claimed_slot;      /* claims are booked
                                                         * up to it */
    int64_t                          since_s;   /* no trade is older */
    ngx_uint_t                       resumed;   /* the walk began earlier */
    ngx_uint_t                       limit;     /* signatures of a call */
    ngx_http_jupref_unfinished_e     unfinished;
    ngx_uint_t                       touched_at;
    ngx_uint_t                       touch_count;
    jupref_touch_t                   touches[NGX_HTTP_JUPREF_AWAITING_MAX];
    ngx_http_jupref_known_t          known[NGX_HTTP_JUPREF_FEE_MINTS];
    ngx_http_jupref_report_t         report;
    jupref_rpc_transaction_t         shown;

    jupref_rpc_account_t             accounts[NGX_HTTP_JUPREF_ACCOUNTS_CALL];
    uint8_t                          room[NGX_HTTP_JUPREF_ACCOUNTS_ROOM];
};


/*
 * A step: NGX_OK: a call is in flight, and the step is run again when it has
 * come; NGX_AGAIN: it goes on at the next tick; NGX_DECLINED: it is done;
 * NGX_ERROR: the tour is given up.
 */
typedef ngx_int_t (*ngx_http_jupref_step_pt)(ngx_http_jupref_tour_t *tour);


/* ngx_http_jupref_accounts.c */
ngx_http_jupref_ask_t *ngx_http_jupref_tour_ask(ngx_http_jupref_tour_t *tour,
    const char *method, size_t room);
ngx_int_t ngx_http_jupref_tour_begin(ngx_http_jupref_tour_t *tour,
    ngx_http_jupref_ask_t *ask, ngx_http_jupref_ask_pt handler);

/* The call has come; counts it. */
ngx_http_jupref_tour_t *ngx_http_jupref_tour_came(ngx_http_jupref_ask_t *ask,
    ngx_http_jupref_call_e call);

/* What it has brought is taken: the tour goes on. */
void ngx_http_jupref_tour_on(ngx_http_jupref_tour_t *tour);
void ngx_http_jupref_tour_next(ngx_http_jupref_tour_t *tour);
void ngx_http_jupref_tour_fail(ngx_http_jupref_tour_t *tour);


/* ngx_http_jupref_accounts_referral.c */
ngx_int_t ngx_http_jupref_step_referrals(ngx_http_jupref_tour_t *tour);
ngx_int_t ngx_http_jupref_step_program(ngx_http_jupref_tour_t *tour);

/* ngx_http_jupref_accounts_mints.c */
ngx_int_t ngx_http_jupref_step_list(ngx_http_jupref_tour_t *tour);
ngx_int_t ngx_http_jupref_step_mints(ngx_http_jupref_tour_t *tour);
ngx_int_t ngx_http_jupref_step_derive(ngx_http_jupref_tour_t *tour);
ngx_int_t ngx_http_jupref_step_places(ngx_http_jupref_tour_t *tour);
uint64_t ngx_http_jupref_mints_known(ngx_http_jupref_zone_t *zone);

/* ngx_http_jupref_reconcile.c, …_reconcile_scan.c, …_reconcile_look.c */
ngx_int_t ngx_http_jupref_step_reconcile(ngx_http_jupref_tour_t *tour);
ngx_int_t ngx_http_jupref_scan(ngx_http_jupref_tour_t *tour);
void ngx_http_jupref_scan_sort(ngx_http_jupref_tour_t *tour,
    ngx_uint_t from);
ngx_int_t ngx_http_jupref_scan_look(ngx_http_jupref_tour_t *tour,
    ngx_uint_t foreign);
ngx_uint_t ngx_http_jupref_scan_claims(ngx_http_jupref_tour_t *tour,
    ngx_uint_t unconfirmed);
void ngx_http_jupref_scan_even(ngx_http_jupref_tour_t *tour);
void ngx_http_jupref_scan_forget(ngx_http_jupref_tour_t *tour);

/* ngx_http_jupref_accounts.c: what is wrong is told */
ngx_int_t ngx_http_jupref_step_incidents(ngx_http_jupref_tour_t *tour);


#endif /* NGX_HTTP_JUPREF_ACCOUNTS_PARTS_H */
