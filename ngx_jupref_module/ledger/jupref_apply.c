/*
 * The fold: what each event does to the ledger; here are those about
 * referrers and codes.
 *
 * Every apply function first decides, touching nothing, then books.  A row
 * that an event needs is counted as needed before any is taken, so that a
 * full table refuses the whole event.  `booking` is set while rows change: a
 * process that dies there leaves it set, and the ledger refuses from then on
 * instead of going on with half a booking.
 */

#include "ledger/jupref_ledger.h"

#include <string.h>

#include "base/jupref_assert.h"
#include "ledger/jupref_booking.h"


typedef jupref_ledger_result_e (*jupref_apply_pt)(jupref_ledger_t *ledger,
    const jupref_event_t *event);


static void jupref_mix_head(jupref_ledger_t *ledger,
    const jupref_event_t *event);
static jupref_ledger_result_e jupref_apply_registered(jupref_ledger_t *ledger,
    const jupref_event_t *event);
static jupref_ledger_result_e jupref_apply_status(jupref_ledger_t *ledger,
    const jupref_event_t *event);
static jupref_ledger_result_e jupref_apply_tier(jupref_ledger_t *ledger,
    const jupref_event_t *event);
static jupref_ledger_result_e jupref_apply_code(jupref_ledger_t *ledger,
    const jupref_event_t *event);
static jupref_ledger_result_e jupref_apply_retired(jupref_ledger_t *ledger,
    const jupref_event_t *event);


/* One row an event type: add the type, its name and its function here. */
static const struct {
    const char       *name;
    jupref_apply_pt   apply;
} jupref_events[JUPREF_EVENT_TYPES] = {
    { "none",                NULL },
    { "referrer.registered", jupref_apply_registered },
    { "referrer.status",     jupref_apply_status },
    { "referrer.tier",       jupref_apply_tier },
    { "code.created",        jupref_apply_code },
    { "code.retired",        jupref_apply_retired },
    { "wallet.bound",        jupref_apply_bound },
    { "clicks.counted",      jupref_apply_clicks },
    { "trade.executed",      jupref_apply_trade },
    { "trade.unknown",       jupref_apply_trade },
    { "orders.counted",      jupref_apply_orders },
    { "trade.intent",        jupref_apply_intent },
    { "intent.closed",       jupref_apply_closed },
    { "trade.verified",      jupref_apply_verified },
    { "trade.rejected",      jupref_apply_dropped },
    { "trade.expired",       jupref_apply_dropped },
    { "hold.released",       jupref_apply_released },
    { "trade.disputed",      jupref_apply_disputed },
    { "dispute.resolved",    jupref_apply_resolved },
    { "trade.reversed",      jupref_apply_reversed },
    { "trade.archived",      jupref_apply_archived },
    { "trade.unproved",      jupref_apply_unproved },
    { "fees.claimed",        jupref_apply_fees_claimed },
    { "fees.drifted",        jupref_apply_fees_drifted },
    { "incident.raised",     jupref_apply_incident },
    { "incident.cleared",    jupref_apply_incident }
};


jupref_ledger_result_e
jupref_ledger_apply(jupref_ledger_t *ledger, const jupref_event_t *event)
{
    jupref_ledger_result_e  result;

    if (ledger->booking) {
        return JUPREF_LEDGER_DAMAGED;
    }

    if (event->seq != ledger->seq + 1) {
        return JUPREF_LEDGER_OUT_OF_ORDER;
    }

    if (event->type <= JUPREF_EVENT_NONE || event->type >= JUPREF_EVENT_TYPES)
    {
        return JUPREF_LEDGER_BAD_EVENT;
    }

    result = jupref_events[event->type].apply(ledger, event);

    if (result != JUPREF_LEDGER_OK) {
        jupref_assert(ledger->booking == 0);
        return result;
    }

    ledger->seq = event->seq;
    ledger->time_ms = event->time_ms;
    jupref_mix_head(ledger, event);
    jupref_booking_ends(ledger);

    return JUPREF_LEDGER_OK;
}


/* The platform's own numbers, and which event it was. */

static void
jupref_mix_head(jupref_ledger_t *ledger, const jupref_event_t *event)
{
    uint64_t  which[3];

    which[0] = event->seq;
    which[1] = event->time_ms;
    which[2] = event->type;

    jupref_mix(ledger, which, sizeof(which));
    jupref_mix(ledger, ledger->trades, offsetof(jupref_ledger_t, digest)
                                       - offsetof(jupref_ledger_t, trades));
}


const char *
jupref_event_name(jupref_event_type_e type)
{
    return jupref_events[type].name;
}


static jupref_ledger_result_e
jupref_apply_registered(jupref_ledger_t *ledger, const jupref_event_t *event)
{
    uint32_t                             parent, index;
    jupref_referrer_row_t               *row;
    const jupref_referrer_registered_t  *asked;

    asked = &event->of.referrer_registered;
    parent = 0;

    if (jupref_pubkey_is_zero(&asked->wallet)
        || !jupref_terms_valid(&asked->terms))
    {
        return JUPREF_LEDGER_BAD_EVENT;
    }

    if (jupref_find_referrer(ledger, &asked->wallet)) {
        return JUPREF_LEDGER_REFERRER_EXISTS;
    }

    if (!jupref_pubkey_is_zero(&asked->parent)) {

        if (jupref_pubkey_equal(&asked->parent, &asked->wallet)) {
            return JUPREF_LEDGER_PARENT_SELF;
        }

        parent = jupref_find_referrer(ledger, &asked->parent);

        if (parent == 0) {
            return JUPREF_LEDGER_PARENT_UNKNOWN;
        }
    }

    if (jupref_rows_left(ledger, JUPREF_TABLE_REFERRERS) == 0) {
        return JUPREF_LEDGER_REFERRERS_FULL;
    }

    jupref_booking_begins(ledger);

    index = jupref_table_insert(&ledger->tables[JUPREF_TABLE_REFERRERS],
                                ledger, asked->wallet.bytes);

    row = jupref_referrer(ledger, index);
    row->status = JUPREF_REFERRER_ACTIVE;
    row->terms = asked->terms;
    row->parent = parent;
    row->registered_ms = event->time_ms;
    row->text_len = (uint8_t) jupref_pubkey_format(row->text, &row->wallet);

    jupref_rank_all(ledger, index);
    jupref_mix_referrer(ledger, index);

    return JUPREF_LEDGER_OK;
}


static jupref_ledger_result_e
jupref_apply_status(jupref_ledger_t *ledger, const jupref_event_t *event)
{
    uint32_t                         index;
    jupref_referrer_row_t           *row;
    const jupref_referrer_status_t  *asked;

    asked = &event->of.referrer_status;

    if (asked->status != JUPREF_REFERRER_ACTIVE
        && asked->status != JUPREF_REFERRER_SUSPENDED)
    {
        return JUPREF_LEDGER_BAD_EVENT;
    }

    index = jupref_find_referrer(ledger, &asked->wallet);

    if (index == 0) {
        return JUPREF_LEDGER_REFERRER_UNKNOWN;
    }

    row = jupref_referrer(ledger, index);

    if (row->status == asked->status) {
        return JUPREF_LEDGER_NO_CHANGE;
    }

    jupref_booking_begins(ledger);

    row->status = asked->status;

    if (asked->status == JUPREF_REFERRER_ACTIVE) {
        jupref_rank_all(ledger, index);

    } else {
        jupref_unrank_all(ledger, index);
    }

    jupref_mix_referrer(ledger, index);

    return JUPREF_LEDGER_OK;
}


static jupref_ledger_result_e
jupref_apply_tier(jupref_ledger_t *ledger, const jupref_event_t *event)
{
    uint32_t                       index, at;
    jupref_code_row_t             *code;
    jupref_referrer_row_t         *row;
    const jupref_referrer_tier_t  *asked;

    asked = &event->of.referrer_tier;

    if (!jupref_terms_valid(&asked->terms)) {
        return JUPREF_LEDGER_BAD_EVENT;
    }

    index = jupref_find_referrer(ledger, &asked->wallet);

    if (index == 0) {
        return JUPREF_LEDGER_REFERRER_UNKNOWN;
    }

    row = jupref_referrer(ledger, index);

    if (jupref_terms_equal(&row->terms, &asked->terms)) {
        return JUPREF_LEDGER_NO_CHANGE;
    }

    jupref_booking_begins(ledger);

    row->terms = asked->terms;

    for (at = row->first_code; at; at = code->next) {
        code = jupref_code(ledger, at);

        if (!code->own_terms) {
            code->terms = asked->terms;
            code->version++;
            jupref_mix(ledger, code, sizeof(jupref_code_row_t));
        }
    }

    jupref_mix_referrer(ledger, index);

    return JUPREF_LEDGER_OK;
}


static jupref_ledger_result_e
jupref_apply_code(jupref_ledger_t *ledger, const jupref_event_t *event)
{
    uint32_t                      index, referrer;
    jupref_code_row_t            *row;
    jupref_referrer_row_t        *owner;
    const jupref_code_created_t  *asked;

    asked = &event->of.code_created;

    if (!jupref_code_name_valid(&asked->code)
        || !jupref_terms_valid(&asked->terms))
    {
        return JUPREF_LEDGER_BAD_EVENT;
    }

    referrer = jupref_find_referrer(ledger, &asked->wallet);

    if (referrer == 0) {
        return JUPREF_LEDGER_REFERRER_UNKNOWN;
    }

    owner = jupref_referrer(ledger, referrer);
    index = jupref_find_code(ledger, &asked->code);

    if (index) {
        row = jupref_code(ledger, index);

        if (row->referrer != referrer) {
            return JUPREF_LEDGER_CODE_TAKEN;
        }

        if (!row->retired && row->own_terms == asked->own_terms
            && row->configured == asked->configured
            && jupref_terms_equal(&row->terms, &asked->terms))
        {
            return JUPREF_LEDGER_NO_CHANGE;
        }

        jupref_booking_begins(ledger);

    } else {

        if (owner->code_count >= JUPREF_CODES_PER_REFERRER) {
            return JUPREF_LEDGER_CODES_OF_REFERRER;
        }

        if (jupref_rows_left(ledger, JUPREF_TABLE_CODES) == 0) {
            return JUPREF_LEDGER_CODES_FULL;
        }

        jupref_booking_begins(ledger);

        index = jupref_table_insert(&ledger->tables[JUPREF_TABLE_CODES],
                                    ledger, asked->code.key);

        row = jupref_code(ledger, index);
        memcpy(row->text, asked->code.text, JUPREF_CODE_MAX);
        row->created_ms = event->time_ms;
        row->referrer = referrer;
        row->next = owner->first_code;

        owner->first_code = index;
        owner->code_count++;
    }

    row->terms = asked->terms;
    row->version++;
    row->retired = 0;
    row->own_terms = asked->own_terms;
    row->configured = asked->configured;

    jupref_mix(ledger, row, sizeof(jupref_code_row_t));
    jupref_mix_referrer(ledger, referrer);

    return JUPREF_LEDGER_OK;
}


static jupref_ledger_result_e
jupref_apply_retired(jupref_ledger_t *ledger, const jupref_event_t *event)
{
    uint32_t            index;
    jupref_code_row_t  *row;

    index = jupref_find_code(ledger, &event->of.code_retired.code);

    if (index == 0) {
        return JUPREF_LEDGER_CODE_UNKNOWN;
    }

    row = jupref_code(ledger, index);

    if (row->retired) {
        return JUPREF_LEDGER_NO_CHANGE;
    }

    jupref_booking_begins(ledger);
    row->retired = 1;
    row->configured = 0;
    jupref_mix(ledger, row, sizeof(jupref_code_row_t));

    return JUPREF_LEDGER_OK;
}
