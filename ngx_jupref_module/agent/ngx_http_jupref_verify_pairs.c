/*
 * Where the fee of a trade may have arrived: token accounts of the referral
 * accounts, for the pair of mints that is swapped.
 *
 * A table by hash in which a newer pair takes the place of an older one.
 */

#include "agent/ngx_http_jupref_verify.h"


static ngx_http_jupref_pair_t *ngx_http_jupref_pair(
    ngx_http_jupref_verify_t *verify, const jupref_pubkey_t *referral,
    const jupref_trade_row_t *trade);


unsigned
ngx_http_jupref_pair_accounts(ngx_http_jupref_verify_t *verify,
    const jupref_trade_row_t *trade)
{
    unsigned                 count;
    ngx_uint_t               i;
    ngx_http_jupref_pair_t  *pair;

    count = 0;

    for (i = 0; i < verify->referral_count; i++) {
        pair = ngx_http_jupref_pair(verify, &verify->referrals[i], trade);

        if (pair == NULL) {
            return 0;
        }

        ngx_memcpy(&verify->accounts[count], pair->accounts,
                   pair->count * sizeof(jupref_fee_account_t));
        count += pair->count;
    }

    return count;
}


static ngx_http_jupref_pair_t *
ngx_http_jupref_pair(ngx_http_jupref_verify_t *verify,
    const jupref_pubkey_t *referral, const jupref_trade_row_t *trade)
{
    uint64_t                 hash;
    ngx_http_jupref_pair_t  *pair;

    hash = jupref_hash(referral->bytes, JUPREF_PUBKEY_SIZE)
           ^ jupref_hash(trade->input_mint.bytes, JUPREF_PUBKEY_SIZE)
           ^ jupref_hash(trade->output_mint.bytes, JUPREF_PUBKEY_SIZE) << 1;

    pair = &verify->pairs[hash % NGX_HTTP_JUPREF_PAIRS];

    if (pair->count && jupref_pubkey_equal(&pair->referral, referral)
        && jupref_pubkey_equal(&pair->input_mint, &trade->input_mint)
        && jupref_pubkey_equal(&pair->output_mint, &trade->output_mint))
    {
        return pair;
    }

    pair->referral = *referral;
    pair->input_mint = trade->input_mint;
    pair->output_mint = trade->output_mint;
    pair->count = jupref_evidence_accounts(pair->accounts, referral, trade);

    return pair->count ? pair : NULL;
}
