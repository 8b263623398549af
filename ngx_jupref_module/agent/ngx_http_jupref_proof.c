/*
 * What the proof of trades has counted (see the header).
 */

#include "agent/ngx_http_jupref_proof.h"


/* From what a confirmed and final trade takes to what needs a person. */
const ngx_uint_t  ngx_http_jupref_proof_bounds[NGX_HTTP_JUPREF_PROOF_BOUNDS] = {
    1, 2, 3, 5, 10, 15, 20, 30, 60, 120, 300, 900, 3600
};


static const char *const  ngx_http_jupref_calls[NGX_HTTP_JUPREF_CALLS] = {
    "getSignatureStatuses",
    "getTransaction",
    "getBlockHeight",
    "getSignaturesForAddress",
    "getMultipleAccounts",
    "getLatestBlockhash"
};


ngx_http_jupref_proof_t *
ngx_http_jupref_proof(ngx_http_jupref_rpc_zone_t *zone)
{
    ngx_http_jupref_proof_t  *proof;

    if (zone == NULL || zone->shared == NULL) {
        return NULL;
    }

    ngx_http_jupref_rpc_lock(zone);

    proof = zone->shared->proof;

    if (proof == NULL) {
        proof = ngx_http_jupref_rpc_zone_alloc_locked(zone,
                                       sizeof(ngx_http_jupref_proof_t));
        zone->shared->proof = proof;
    }

    ngx_http_jupref_rpc_unlock(zone);

    return proof;
}


/* The one that was added first gives way where there is no room. */

ngx_uint_t
ngx_http_jupref_proof_referrals(ngx_http_jupref_rpc_zone_t *zone,
    const jupref_pubkey_t *configured, ngx_uint_t count,
    jupref_pubkey_t kept[NGX_HTTP_JUPREF_REFERRALS_KEPT])
{
    ngx_uint_t                i, j, all;
    ngx_http_jupref_proof_t  *proof;

    proof = zone->shared->proof;

    ngx_http_jupref_rpc_lock(zone);

    for (i = 0; i < count; i++) {

        for (j = 0; j < proof->referral_count; j++) {
            if (jupref_pubkey_equal(&proof->referrals[j], &configured[i])) {
                break;
            }
        }

        if (j < proof->referral_count) {
            continue;
        }

        if (proof->referral_count == NGX_HTTP_JUPREF_REFERRALS_KEPT) {
            proof->referral_count--;
            ngx_memmove(&proof->referrals[0], &proof->referrals[1],
                        proof->referral_count * sizeof(jupref_pubkey_t));
        }

        proof->referrals[proof->referral_count++] = configured[i];
    }

    all = proof->referral_count;
    ngx_memcpy(kept, proof->referrals, all * sizeof(jupref_pubkey_t));

    ngx_http_jupref_rpc_unlock(zone);

    return all;
}


void
ngx_http_jupref_proof_took(ngx_http_jupref_proof_t *proof, uint64_t took_ms)
{
    ngx_uint_t  i;

    for (i = 0; i < NGX_HTTP_JUPREF_PROOF_BOUNDS; i++) {
        if (took_ms <= (uint64_t) ngx_http_jupref_proof_bounds[i] * 1000) {
            break;
        }
    }

    (void) ngx_atomic_fetch_add(&proof->seconds.buckets[i], 1);
    (void) ngx_atomic_fetch_add(&proof->seconds.sum_ms,
                                (ngx_atomic_int_t) took_ms);
    (void) ngx_atomic_fetch_add(&proof->seconds.count, 1);
}


const char *
ngx_http_jupref_call_name(ngx_http_jupref_call_e call)
{
    return ngx_http_jupref_calls[call];
}
