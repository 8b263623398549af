/*
 * The operator's accounts on chain, as the agent last saw them, for all
 * workers: referral accounts, the program they belong to, the token accounts
 * that fees arrive in, and what these hold against the books.
 *
 * Lies in the RPC zone, is kept by a reload, and is written and read under
 * that zone's lock.  Reports are large and made when they are needed; where
 * the zone has no room for one there is none.
 */

#ifndef NGX_HTTP_JUPREF_ACCOUNTS_H
#define NGX_HTTP_JUPREF_ACCOUNTS_H


#include "agent/ngx_http_jupref_agent.h"
#include "agent/ngx_http_jupref_proof.h"
#include "http/ngx_http_jupref.h"
#include "ledger/jupref_reconcile.h"
#include "solana/jupref_loader.h"
#include "solana/jupref_referral.h"


/* Mints whose fee accounts are looked at. */
#define NGX_HTTP_JUPREF_FEE_MINTS  256


typedef enum {
    NGX_HTTP_JUPREF_REFERRAL_UNSEEN = 0,
    NGX_HTTP_JUPREF_REFERRAL_GOOD,
    NGX_HTTP_JUPREF_REFERRAL_NOT_THERE,
    NGX_HTTP_JUPREF_REFERRAL_NOT_ONE,           /* another kind of account */
    NGX_HTTP_JUPREF_REFERRAL_UNREADABLE,
    NGX_HTTP_JUPREF_REFERRAL_OTHER_PROJECT,
    NGX_HTTP_JUPREF_REFERRAL_OTHER_SHARE,       /* than terms say */
    NGX_HTTP_JUPREF_REFERRAL_STATES
} ngx_http_jupref_referral_state_e;


typedef struct {
    jupref_pubkey_t              address;
    ngx_uint_t                   state; /* ngx_http_jupref_referral_state_e */
    ngx_uint_t                   configured;    /* not only kept */
    jupref_referral_account_t    account;       /* when it could be read */
    uint64_t                     slot;
} ngx_http_jupref_referral_seen_t;


typedef enum {
    NGX_HTTP_JUPREF_FEE_UNSEEN = 0,
    NGX_HTTP_JUPREF_FEE_NO_MINT,        /* there is no such mint */
    NGX_HTTP_JUPREF_FEE_MISSING,        /* Jupiter drops fees of that mint */
    NGX_HTTP_JUPREF_FEE_OPEN,
    NGX_HTTP_JUPREF_FEE_FROZEN,
    NGX_HTTP_JUPREF_FEE_FOREIGN,        /* somebody else's, or no account */
    NGX_HTTP_JUPREF_FEE_STATES
} ngx_http_jupref_fee_state_e;


/* A referral account's token account. */
typedef struct {
    jupref_pubkey_t              account;       /* zero: not derived yet */
    ngx_uint_t                   state; /* ngx_http_jupref_fee_state_e */
    ngx_uint_t                   told;  /* that it can't take fees */
    uint64_t                     balance;       /* base units */
    uint64_t                     withheld;
} ngx_http_jupref_place_t;


/* Why a report isn't the last word. */
typedef enum {
    NGX_HTTP_JUPREF_FINISHED = 0,
    NGX_HTTP_JUPREF_UNFINISHED_SIGNATURES,      /* more than a tour takes */
    NGX_HTTP_JUPREF_UNFINISHED_TRANSACTIONS,    /* the same */
    NGX_HTTP_JUPREF_UNFINISHED_NOT_SHOWN,       /* one, by the node */
    NGX_HTTP_JUPREF_UNFINISHED_NOT_CONFIRMED,   /* by a second node yet */
    NGX_HTTP_JUPREF_UNFINISHED_NOT_BOOKED,      /* the ledger refused it */
    NGX_HTTP_JUPREF_UNFINISHED_MEMORY,
    NGX_HTTP_JUPREF_UNFINISHEDS
} ngx_http_jupref_unfinished_e;


typedef struct {
    jupref_reconcile_t           reconcile;
    jupref_drift_t               drift;
    uint64_t                     checked_ms;
    ngx_http_jupref_unfinished_e unfinished;
    ngx_uint_t                   unfinished_tours;      /* in a row */
} ngx_http_jupref_report_t;


typedef struct {
    jupref_pubkey_t              mint;
    jupref_pubkey_t              program;       /* zero: not known */
    ngx_uint_t                   no_mint;
    uint64_t                     slot;          /* of the balances, 0: none */
    uint64_t                     checked_ms;
    uint16_t                     transfer_fee_bps;
    uint8_t                      decimals;
    ngx_http_jupref_place_t      places[NGX_HTTP_JUPREF_REFERRALS_KEPT];
    ngx_http_jupref_report_t    *report;        /* NULL: none yet */
} ngx_http_jupref_fee_mint_t;


typedef enum {
    NGX_HTTP_JUPREF_RECONCILED_EVEN = 0,
    NGX_HTTP_JUPREF_RECONCILED_DRIFT,
    NGX_HTTP_JUPREF_RECONCILED_FAILED,
    NGX_HTTP_JUPREF_RECONCILED_UNFINISHED,
    NGX_HTTP_JUPREF_RECONCILED
} ngx_http_jupref_reconciled_e;


typedef struct {
    uint64_t                         checked_ms;        /* 0: not yet */
    ngx_uint_t                       referral_count;
    ngx_http_jupref_referral_seen_t  referrals[NGX_HTTP_JUPREF_REFERRALS_KEPT];

    jupref_program_data_t            program;   /* slot 0: not seen yet */
    ngx_uint_t                       program_changes;

    ngx_uint_t                       mint_count;
    ngx_uint_t                       more_mints;        /* found no room */
    ngx_http_jupref_fee_mint_t       mints[NGX_HTTP_JUPREF_FEE_MINTS];

    ngx_atomic_t                     reconciled[NGX_HTTP_JUPREF_RECONCILED];
} ngx_http_jupref_accounts_t;


/* Made when it isn't there yet; NULL: the zone has no room, or is none. */
ngx_http_jupref_accounts_t *ngx_http_jupref_accounts(
    ngx_http_jupref_rpc_zone_t *zone);

/* "open", "missing", …; "good", "other_share", … */
const char *ngx_http_jupref_fee_state_name(ngx_uint_t state);
const char *ngx_http_jupref_referral_state_name(ngx_uint_t state);
const char *ngx_http_jupref_unfinished_name(ngx_uint_t unfinished);

/* One line for a person. */
const char *ngx_http_jupref_referral_state_text(ngx_uint_t state);

/*
 * 1 when a configured referral account leaves less of a fee than `partner_bps`
 * to the operator: what is paid by that isn't there.
 */
ngx_uint_t ngx_http_jupref_share_is_short(ngx_http_jupref_rpc_zone_t *zone,
    ngx_uint_t partner_bps, ngx_uint_t *share);

/* Booked when it isn't so already; `detail` is cut to what an event holds. */
void ngx_http_jupref_incident(ngx_http_jupref_zone_t *zone,
    jupref_incident_kind_e kind, ngx_uint_t raise, ngx_str_t *detail,
    ngx_log_t *log);


/* Rows of the agent's table. */
void ngx_http_jupref_accounts_run(ngx_http_jupref_agent_t *agent,
    uint64_t now_ms);
void ngx_http_jupref_accounts_start(ngx_http_jupref_agent_t *agent);
void ngx_http_jupref_accounts_stop(ngx_http_jupref_agent_t *agent);


#endif /* NGX_HTTP_JUPREF_ACCOUNTS_H */
