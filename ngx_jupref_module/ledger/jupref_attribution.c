/*
 * Attribution (see the header).
 */

#include "ledger/jupref_attribution.h"

#include <string.h>


/* Codes that claim an order, in the order in which they are tried. */
typedef enum {
    JUPREF_ASKED = 0,
    JUPREF_CLICKED,
    JUPREF_BOUND,
    JUPREF_CANDIDATES
} jupref_candidate_e;


static uint32_t jupref_claimed_code(const jupref_ledger_t *ledger,
    jupref_bytes_t text);
static jupref_attribution_result_e jupref_judge(const jupref_ledger_t *ledger,
    const jupref_claim_t *claim, uint32_t code, unsigned bound,
    jupref_attribution_t *attribution);


jupref_attribution_result_e
jupref_attribute(const jupref_ledger_t *ledger, const jupref_claim_t *claim,
    jupref_attribution_t *attribution)
{
    uint32_t                      wallet, codes[JUPREF_CANDIDATES];
    unsigned                      i, bound;
    jupref_wallet_row_t          *row;
    jupref_attribution_result_e   result, first;

    memset(attribution, 0, sizeof(jupref_attribution_t));

    wallet = claim->has_taker ? jupref_find_wallet(ledger, &claim->taker) : 0;
    row = wallet ? jupref_wallet(ledger, wallet) : NULL;

    codes[JUPREF_BOUND] = row ? row->code : 0;
    codes[JUPREF_ASKED] = jupref_claimed_code(ledger, claim->asked_code);
    codes[JUPREF_CLICKED] = jupref_claimed_code(ledger, claim->cookie_code);

    if (row && claim->mode == JUPREF_ATTRIBUTE_FIRST) {
        codes[JUPREF_ASKED] = 0;
        codes[JUPREF_CLICKED] = 0;

    } else if (row && claim->cookie_ms <= row->bound_ms) {
        codes[JUPREF_CLICKED] = 0;
    }

    /* the binding is all there is, or what newer clicks have to beat */

    first = (claim->asked_code.len || claim->cookie_code.len)
            ? JUPREF_CODE_NOT_FOUND : JUPREF_NO_REFERRAL;

    for (bound = 0, i = 0; i < JUPREF_CANDIDATES; i++) {

        if (codes[i] == 0) {
            continue;
        }

        bound = (i == JUPREF_BOUND);
        result = jupref_judge(ledger, claim, codes[i], bound, attribution);

        if (result == JUPREF_ATTRIBUTED) {
            attribution->bound = bound;
            return result;
        }

        if (first == JUPREF_CODE_NOT_FOUND || first == JUPREF_NO_REFERRAL) {
            first = result;
        }
    }

    attribution->bound = bound;

    return first;
}


unsigned
jupref_click_matters(const jupref_claim_t *claim,
    jupref_attribution_result_e result,
    const jupref_attribution_t *attribution)
{
    if (attribution->bound) {
        return claim->mode == JUPREF_ATTRIBUTE_LAST;
    }

    return result != JUPREF_ATTRIBUTED;
}


unsigned
jupref_wants_binding(const jupref_ledger_t *ledger,
    const jupref_pubkey_t *taker, const jupref_code_name_t *code,
    jupref_attribution_mode_e mode)
{
    uint32_t  wallet;

    wallet = jupref_find_wallet(ledger, taker);

    if (wallet == 0) {
        return 1;
    }

    return mode == JUPREF_ATTRIBUTE_LAST
           && jupref_wallet(ledger, wallet)->code
              != jupref_find_code(ledger, code);
}


const char *
jupref_attribution_name(jupref_attribution_result_e result)
{
    static const char *const  names[] = {
        "attributed", "no_referral", "code_not_found", "code_retired",
        "referrer_suspended", "self_referral", "referral_cycle"
    };

    return names[result];
}


static uint32_t
jupref_claimed_code(const jupref_ledger_t *ledger, jupref_bytes_t text)
{
    jupref_code_name_t  name;

    if (!jupref_code_is_valid(text)) {
        return 0;
    }

    jupref_code_name_set(&name, text);

    return jupref_find_code(ledger, &name);
}


static jupref_attribution_result_e
jupref_judge(const jupref_ledger_t *ledger, const jupref_claim_t *claim,
    uint32_t code, unsigned bound, jupref_attribution_t *attribution)
{
    jupref_code_row_t      *row;
    jupref_referrer_row_t  *owner;

    row = jupref_code(ledger, code);
    owner = jupref_referrer(ledger, row->referrer);

    if (owner->status != JUPREF_REFERRER_ACTIVE) {
        return JUPREF_REFERRER_IS_SUSPENDED;
    }

    /* a binding outlives its code: retiring only stops new ones */

    if (row->retired && !bound) {
        return JUPREF_CODE_WAS_RETIRED;
    }

    if (claim->has_taker) {

        if (jupref_pubkey_equal(&owner->wallet, &claim->taker)) {
            return JUPREF_SELF_REFERRAL;
        }

        if (jupref_referral_is_cycle(ledger, row->referrer, &claim->taker)) {
            return JUPREF_REFERRAL_CYCLE;
        }
    }

    memcpy(attribution->code.key, row->key, JUPREF_CODE_MAX);
    memcpy(attribution->code.text, row->text, JUPREF_CODE_MAX);
    attribution->referrer = owner->wallet;
    attribution->terms = row->terms;

    return JUPREF_ATTRIBUTED;
}
