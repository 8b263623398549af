/*
 * Attribution (see the header).
 */

#include "ledger/jupref_attribution.h"

#include <string.h>


static uint32_t jupref_claimed_code(const jupref_ledger_t *ledger,
    jupref_bytes_t text);
static jupref_attribution_result_e jupref_judge(const jupref_ledger_t *ledger,
    const jupref_claim_t *claim, uint32_t code,
    jupref_attribution_t *attribution);


jupref_attribution_result_e
jupref_attribute(const jupref_ledger_t *ledger, const jupref_claim_t *claim,
    jupref_attribution_t *attribution)
{
    uint32_t              wallet, asked, clicked, code;
    jupref_wallet_row_t  *bound;

    memset(attribution, 0, sizeof(jupref_attribution_t));

    bound = NULL;
    wallet = claim->has_taker ? jupref_find_wallet(ledger, &claim->taker) : 0;

    if (wallet) {
        bound = jupref_wallet(ledger, wallet);

        if (claim->mode == JUPREF_ATTRIBUTE_FIRST) {
            attribution->bound = 1;
            return jupref_judge(ledger, claim, bound->code, attribution);
        }
    }

    asked = jupref_claimed_code(ledger, claim->asked_code);
    clicked = jupref_claimed_code(ledger, claim->cookie_code);

    if (asked) {
        code = asked;

    } else if (clicked && (!bound || claim->cookie_ms > bound->bound_ms)) {
        code = clicked;

    } else if (bound) {
        attribution->bound = 1;
        code = bound->code;

    } else if (claim->asked_code.len || claim->cookie_code.len) {
        return JUPREF_CODE_NOT_FOUND;

    } else {
        return JUPREF_NO_REFERRAL;
    }

    return jupref_judge(ledger, claim, code, attribution);
}


unsigned
jupref_click_matters(const jupref_claim_t *claim,
    jupref_attribution_result_e result,
    const jupref_attribution_t *attribution)
{
    return result == JUPREF_NO_REFERRAL
           || result == JUPREF_CODE_NOT_FOUND
           || (attribution->bound && claim->mode == JUPREF_ATTRIBUTE_LAST);
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
    uint32_t code, jupref_attribution_t *attribution)
{
    jupref_code_row_t      *row;
    jupref_referrer_row_t  *owner;

    row = jupref_code(ledger, code);
    owner = jupref_referrer(ledger, row->referrer);

    if (owner->status != JUPREF_REFERRER_ACTIVE) {
        return JUPREF_REFERRER_IS_SUSPENDED;
    }

    /* a binding outlives its code: retiring only stops new ones */

    if (row->retired && !attribution->bound) {
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
