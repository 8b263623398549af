/*
 * The fold of what is only told: fees.claimed, fees.drifted, incident.raised
 * and incident.cleared.  No account moves by them; the rows keep what the next
 * of their kind is held against.
 */

#include <string.h>

#include "ledger/jupref_booking.h"


static jupref_ledger_result_e jupref_plan_mint(const jupref_ledger_t *ledger,
    const jupref_pubkey_t *mint);
static void jupref_mix_mint(jupref_ledger_t *ledger, uint32_t mint);


/*
 * In the order of the chain, and all of one slot at once: a claim that is told
 * again changes nothing.
 */

jupref_ledger_result_e
jupref_apply_fees_claimed(jupref_ledger_t *ledger,
    const jupref_event_t *event)
{
    uint32_t                      index;
    jupref_mint_row_t            *row;
    jupref_ledger_result_e        result;
    const jupref_fees_claimed_t  *asked;

    asked = &event->of.fees_claimed;

    if (asked->amount == 0 || asked->slot == 0) {
        return JUPREF_LEDGER_BAD_EVENT;
    }

    result = jupref_plan_mint(ledger, &asked->mint);

    if (result != JUPREF_LEDGER_OK) {
        return result;
    }

    index = jupref_find_mint(ledger, &asked->mint);

    if (index && jupref_mint(ledger, index)->claimed_slot >= asked->slot) {
        return JUPREF_LEDGER_NO_CHANGE;
    }

    if (index && jupref_mint(ledger, index)->claimed >= JUPREF_SUM_MAX) {
        return JUPREF_LEDGER_OVERFLOW;
    }

    jupref_booking_begins(ledger);

    index = jupref_take_mint(ledger, &asked->mint);
    row = jupref_mint(ledger, index);
    row->claimed += asked->amount;
    row->claimed_slot = asked->slot;

    jupref_mix_mint(ledger, index);

    return JUPREF_LEDGER_OK;
}


jupref_ledger_result_e
jupref_apply_fees_drifted(jupref_ledger_t *ledger,
    const jupref_event_t *event)
{
    uint32_t                      index;
    jupref_mint_row_t            *row;
    jupref_ledger_result_e        result;
    const jupref_fees_drifted_t  *asked;

    asked = &event->of.fees_drifted;

    if (asked->missing > 1 || (asked->missing && asked->unexplained == 0)) {
        return JUPREF_LEDGER_BAD_EVENT;
    }

    result = jupref_plan_mint(ledger, &asked->mint);

    if (result != JUPREF_LEDGER_OK) {
        return result;
    }

    index = jupref_find_mint(ledger, &asked->mint);
    row = index ? jupref_mint(ledger, index) : NULL;

    if (asked->unexplained == (row ? row->drift : 0)
        && asked->missing == (row ? row->drift_missing : 0))
    {
        return JUPREF_LEDGER_NO_CHANGE;
    }

    jupref_booking_begins(ledger);

    index = jupref_take_mint(ledger, &asked->mint);
    row = jupref_mint(ledger, index);
    row->drift = asked->unexplained;
    row->drift_slot = asked->slot;
    row->drift_missing = asked->missing;

    jupref_mix_mint(ledger, index);

    return JUPREF_LEDGER_OK;
}


/* One of each kind at a time: raised anew it is about something else. */

jupref_ledger_result_e
jupref_apply_incident(jupref_ledger_t *ledger, const jupref_event_t *event)
{
    uint64_t                  detail;
    jupref_raised_t          *raised;
    const jupref_incident_t  *asked;

    asked = &event->of.incident;

    if (asked->kind == 0 || asked->kind >= JUPREF_INCIDENTS) {
        return JUPREF_LEDGER_BAD_EVENT;
    }

    raised = &ledger->raised[asked->kind];
    detail = jupref_hash(asked->detail, JUPREF_REASON_MAX);

    if (event->type == JUPREF_EVENT_INCIDENT_CLEARED) {

        if (raised->seq == 0) {
            return JUPREF_LEDGER_NO_CHANGE;
        }

        jupref_booking_begins(ledger);
        memset(raised, 0, sizeof(jupref_raised_t));

    } else {

        if (raised->seq && raised->detail == detail) {
            return JUPREF_LEDGER_NO_CHANGE;
        }

        jupref_booking_begins(ledger);
        raised->seq = event->seq;
        raised->time_ms = event->time_ms;
        raised->detail = detail;
    }

    jupref_mix(ledger, ledger->raised, sizeof(ledger->raised));

    return JUPREF_LEDGER_OK;
}


const char *
jupref_incident_name(unsigned kind)
{
    static const char *const  names[JUPREF_INCIDENTS] = {
        [0] = "none",
        [JUPREF_INCIDENT_FEE_DRIFT] = "fee_drift",
        [JUPREF_INCIDENT_PROGRAM_UPGRADED] = "program_upgraded",
        [JUPREF_INCIDENT_REFERRAL_ACCOUNT] = "referral_account",
        [JUPREF_INCIDENT_FEE_ACCOUNT] = "fee_account",
        [JUPREF_INCIDENT_NODES] = "nodes"
    };

    return names[kind];
}


const char *
jupref_incident_text(unsigned kind)
{
    static const char *const  texts[JUPREF_INCIDENTS] = {
        [0] = "nothing is wrong",
        [JUPREF_INCIDENT_FEE_DRIFT] =
            "a fee account holds other than the books say",
        [JUPREF_INCIDENT_PROGRAM_UPGRADED] =
            "the referral program was changed",
        [JUPREF_INCIDENT_REFERRAL_ACCOUNT] =
            "the referral account isn't as it should be",
        [JUPREF_INCIDENT_FEE_ACCOUNT] =
            "a token account that fees should arrive in can't take them",
        [JUPREF_INCIDENT_NODES] =
            "too few Solana nodes tell the truth"
    };

    return texts[kind];
}


static jupref_ledger_result_e
jupref_plan_mint(const jupref_ledger_t *ledger, const jupref_pubkey_t *mint)
{
    if (jupref_pubkey_is_zero(mint)) {
        return JUPREF_LEDGER_BAD_EVENT;
    }

    return (jupref_find_mint(ledger, mint)
            || jupref_rows_left(ledger, JUPREF_TABLE_MINTS) > 0)
           ? JUPREF_LEDGER_OK : JUPREF_LEDGER_MINTS_FULL;
}


static void
jupref_mix_mint(jupref_ledger_t *ledger, uint32_t mint)
{
    jupref_mix(ledger, jupref_mint(ledger, mint), sizeof(jupref_mint_row_t));
}
