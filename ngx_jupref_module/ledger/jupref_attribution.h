/*
 * Attribution: whose trade it is, and on what terms (design, "Attribution").
 *
 * In this order: the wallet's binding; the `ref` argument or the Jupref-Code
 * header; the signed cookie.  Under `last` a click that is newer than the
 * binding goes before it.  A code that can't be followed gives way to the
 * next; when none is left the order is priced as unreferred, and the first
 * reason is named.
 */

#ifndef JUPREF_ATTRIBUTION_H
#define JUPREF_ATTRIBUTION_H


#include "ledger/jupref_ledger.h"


typedef enum {
    JUPREF_ATTRIBUTE_FIRST = 0,
    JUPREF_ATTRIBUTE_LAST
} jupref_attribution_mode_e;


/* What the request says.  Code texts borrow and may be anything. */
typedef struct {
    jupref_pubkey_t            taker;
    jupref_bytes_t             asked_code;      /* argument or header */
    jupref_bytes_t             cookie_code;     /* verified, in its window */
    uint64_t                   cookie_ms;       /* when it was clicked */
    jupref_attribution_mode_e  mode;
    unsigned                   has_taker:1;
} jupref_claim_t;


typedef enum {
    JUPREF_ATTRIBUTED = 0,
    JUPREF_NO_REFERRAL,                 /* nobody sent this trader */
    JUPREF_CODE_NOT_FOUND,
    JUPREF_CODE_WAS_RETIRED,
    JUPREF_REFERRER_IS_SUSPENDED,
    JUPREF_SELF_REFERRAL,
    JUPREF_REFERRAL_CYCLE
} jupref_attribution_result_e;


/* Copied out, so that it is good after the lock is gone. */
typedef struct {
    jupref_code_name_t  code;           /* key[0] == 0: unreferred */
    jupref_pubkey_t     referrer;
    jupref_terms_t      terms;          /* only set when attributed */
    unsigned            bound:1;        /* the wallet's binding decided */
} jupref_attribution_t;


jupref_attribution_result_e jupref_attribute(const jupref_ledger_t *ledger,
    const jupref_claim_t *claim, jupref_attribution_t *attribution);

/*
 * 1 when a click could still change the verdict on a claim without one: a
 * cookie costs an HMAC, which most orders don't need.
 */
unsigned jupref_click_matters(const jupref_claim_t *claim,
    jupref_attribution_result_e result,
    const jupref_attribution_t *attribution);

/*
 * 1 when an executed trade with this code calls for a wallet.bound: no
 * binding yet, or under `last` another one.
 */
unsigned jupref_wants_binding(const jupref_ledger_t *ledger,
    const jupref_pubkey_t *taker, const jupref_code_name_t *code,
    jupref_attribution_mode_e mode);

/* "self_referral": stable, for metrics. */
const char *jupref_attribution_name(jupref_attribution_result_e result);


#endif /* JUPREF_ATTRIBUTION_H */
