/*
 * What the proof of trades has counted and found, for all workers: it lies in
 * the RPC zone, is kept by a reload and begins anew with nginx.
 *
 * Numbers are added without the lock, as those of the ledger's zone are.
 */

#ifndef NGX_HTTP_JUPREF_PROOF_H
#define NGX_HTTP_JUPREF_PROOF_H


#include "http/ngx_http_jupref_compat.h"
#include "ledger/jupref_evidence.h"
#include "upstream/ngx_http_jupref_rpc_zone.h"


/* Referral accounts, those that are configured and those that were: a trade
 * that awaits its proof has paid to the one of its time. */
#define NGX_HTTP_JUPREF_REFERRALS_KEPT  8

/* Bounds of the histogram, in seconds; the last bucket has none. */
#define NGX_HTTP_JUPREF_PROOF_BOUNDS  13

extern const ngx_uint_t  ngx_http_jupref_proof_bounds[];


typedef struct {
    ngx_atomic_t  buckets[NGX_HTTP_JUPREF_PROOF_BOUNDS + 1];
    ngx_atomic_t  sum_ms;
    ngx_atomic_t  count;
} ngx_http_jupref_histogram_t;


typedef enum {
    NGX_HTTP_JUPREF_CALL_STATUSES = 0,
    NGX_HTTP_JUPREF_CALL_TRANSACTION,
    NGX_HTTP_JUPREF_CALL_HEIGHT,
    NGX_HTTP_JUPREF_CALL_SIGNATURES,
    NGX_HTTP_JUPREF_CALL_ACCOUNTS,
    NGX_HTTP_JUPREF_CALL_BLOCKHASH,
    NGX_HTTP_JUPREF_CALLS
} ngx_http_jupref_call_e;


typedef struct {
    ngx_http_jupref_histogram_t  seconds;       /* execute to verified */
    ngx_atomic_t                 rulings[JUPREF_VERDICT_UNPROVED + 1]
                                        [JUPREF_REASONS];
    ngx_atomic_t                 calls[NGX_HTTP_JUPREF_CALLS][2];
                                                /* answered, failed */
    ngx_atomic_t                 lies;          /* shown what wasn't asked */
    ngx_atomic_t                 refused;       /* events, by the ledger */
    ngx_atomic_t                 recovered;     /* executes whose signature
                                                 * was found */
    ngx_atomic_t                 closed;        /* executes that came to
                                                 * nothing */

    /* under the zone's lock */
    ngx_uint_t                   referral_count;
    jupref_pubkey_t              referrals[NGX_HTTP_JUPREF_REFERRALS_KEPT];
} ngx_http_jupref_proof_t;


/* Made when it isn't there yet; NULL: the zone has no room, or is none. */
ngx_http_jupref_proof_t *ngx_http_jupref_proof(
    ngx_http_jupref_rpc_zone_t *zone);

/* Adds those that are configured; gives all that are kept, and how many. */
ngx_uint_t ngx_http_jupref_proof_referrals(ngx_http_jupref_rpc_zone_t *zone,
    const jupref_pubkey_t *configured, ngx_uint_t count,
    jupref_pubkey_t kept[NGX_HTTP_JUPREF_REFERRALS_KEPT]);

void ngx_http_jupref_proof_took(ngx_http_jupref_proof_t *proof,
    uint64_t took_ms);

/* "getSignatureStatuses", …: the method of a call. */
const char *ngx_http_jupref_call_name(ngx_http_jupref_call_e call);


#endif /* NGX_HTTP_JUPREF_PROOF_H */
