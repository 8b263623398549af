/*
 * The fold of trade.archived: a settled trade leaves the table.
 *
 * What it was booked for stays booked; the event has the whole row, and the
 * place of the trade that was archived before it, so that whoever wants to
 * see older trades goes on in the log.  The fold takes the event only when it
 * says what the row says.
 */

#include <string.h>

#include "ledger/jupref_booking.h"
#include "ledger/jupref_links.h"
#include "ledger/jupref_pending.h"
#include "ledger/jupref_standing.h"


/* Behind this no order is pending that could execute the trade again. */
#define JUPREF_ARCHIVE_AGE_MS    (2 * JUPREF_PENDING_LIFE_MS)

/* What nobody could prove may be proved by a node with more history, but the
 * table isn't kept full for it. */
#define JUPREF_UNPROVED_KEPT_MS  (30 * 24 * 60 * 60 * UINT64_C(1000))


static unsigned jupref_archived_equal(const jupref_trade_archived_t *one,
    const jupref_trade_archived_t *other);


jupref_ledger_result_e
jupref_apply_archived(jupref_ledger_t *ledger, const jupref_event_t *event)
{
    uint32_t                 index, owner;
    jupref_trade_row_t      *row;
    jupref_trade_archived_t  expected;

    index = jupref_find_trade(ledger,
                              &event->of.trade_archived.trade.signature);

    if (index == 0) {
        return JUPREF_LEDGER_TRADE_UNKNOWN;
    }

    if (!jupref_may_archive(ledger, index, event->time_ms)) {
        return JUPREF_LEDGER_WRONG_STATE;
    }

    jupref_archived_of(ledger, index, &expected);

    if (!jupref_archived_equal(&event->of.trade_archived, &expected)) {
        return JUPREF_LEDGER_BAD_EVENT;
    }

    jupref_booking_begins(ledger);

    row = jupref_trade(ledger, index);
    owner = jupref_trade_owner(ledger, row);

    jupref_mix(ledger, row, sizeof(jupref_trade_row_t));
    jupref_unlink_trade(ledger, index);
    jupref_unlink_queue(ledger, index);
    jupref_table_remove(&ledger->tables[JUPREF_TABLE_TRADES], ledger, index);

    ledger->archived_seq = event->seq;

    if (owner) {
        jupref_referrer(ledger, owner)->archived_seq = event->seq;
        jupref_mix_referrer(ledger, owner);
    }

    return JUPREF_LEDGER_OK;
}


unsigned
jupref_may_archive(const jupref_ledger_t *ledger, uint32_t trade,
    uint64_t now_ms)
{
    const jupref_trade_row_t  *row;

    row = jupref_trade(ledger, trade);

    if (row->state == JUPREF_STATE_UNPROVED) {
        return now_ms >= JUPREF_UNPROVED_KEPT_MS
               && now_ms - JUPREF_UNPROVED_KEPT_MS >= row->ruled_ms;
    }

    return (row->state == JUPREF_STATE_AVAILABLE
            || row->state == JUPREF_STATE_REJECTED
            || row->state == JUPREF_STATE_EXPIRED
            || row->state == JUPREF_STATE_REVERSED)
           && now_ms >= JUPREF_ARCHIVE_AGE_MS
           && now_ms - JUPREF_ARCHIVE_AGE_MS >= row->time_ms;
}


void
jupref_archived_of(const jupref_ledger_t *ledger, uint32_t trade,
    jupref_trade_archived_t *archived)
{
    unsigned                   i;
    jupref_trade_t            *kept;
    jupref_code_row_t         *code;
    jupref_fee_split_t         split;
    jupref_referrer_row_t     *owner;
    const jupref_trade_row_t  *row;

    memset(archived, 0, sizeof(jupref_trade_archived_t));

    row = jupref_trade(ledger, trade);
    kept = &archived->trade;

    kept->signature = row->signature;
    kept->request_id = row->request_id;
    kept->taker = row->taker;
    kept->input_mint = row->input_mint;
    kept->output_mint = row->output_mint;
    kept->in_amount = row->in_amount;
    kept->out_amount = row->out_amount;
    kept->fee = row->fee;
    kept->volume_micro_usd = row->volume_micro_usd;
    kept->slot = row->slot;
    kept->last_valid_block_height = row->last_valid_block_height;
    kept->granted_bps = row->granted_bps;
    memcpy(kept->message_hash, row->message_hash, JUPREF_SHA256_SIZE);
    memcpy(kept->router, row->router, JUPREF_ROUTER_MAX);
    jupref_trade_terms(row, &kept->terms);

    if (row->fee_mint) {
        kept->fee_mint = jupref_mint(ledger, row->fee_mint)->mint;
    }

    if (row->code) {
        code = jupref_code(ledger, row->code);
        owner = jupref_referrer(ledger, code->referrer);
        memcpy(kept->code.key, code->key, JUPREF_CODE_MAX);
        memcpy(kept->code.text, code->text, JUPREF_CODE_MAX);
        archived->previous_of_referrer = owner->archived_seq;
    }

    jupref_trade_split(row, &split);

    for (i = 0; i < JUPREF_LEVELS; i++) {
        if (row->level[i]) {
            archived->level[i] = jupref_referrer(ledger,
                                                 row->level[i])->wallet;
            archived->commission[i] = split.level[i];
        }
    }

    archived->executed_ms = row->time_ms;
    archived->executed_seq = row->seq;
    archived->verified_seq = row->verified_seq;
    archived->previous = ledger->archived_seq;
    archived->state = row->state;
}


/* Field by field: what stands between them is nobody's. */

static unsigned
jupref_archived_equal(const jupref_trade_archived_t *one,
    const jupref_trade_archived_t *other)
{
    const jupref_trade_t  *trade, *kept;

    trade = &one->trade;
    kept = &other->trade;

    return one->state == other->state
           && one->previous == other->previous
           && one->previous_of_referrer == other->previous_of_referrer
           && one->executed_ms == other->executed_ms
           && one->executed_seq == other->executed_seq
           && one->verified_seq == other->verified_seq
           && memcmp(one->level, other->level, sizeof(one->level)) == 0
           && memcmp(one->commission, other->commission,
                     sizeof(one->commission)) == 0
           && memcmp(&trade->request_id, &kept->request_id,
                     sizeof(jupref_request_id_t)) == 0
           && memcmp(&trade->code, &kept->code, sizeof(jupref_code_name_t))
              == 0
           && memcmp(trade->message_hash, kept->message_hash,
                     JUPREF_SHA256_SIZE) == 0
           && memcmp(trade->router, kept->router, JUPREF_ROUTER_MAX) == 0
           && jupref_pubkey_equal(&trade->taker, &kept->taker)
           && jupref_pubkey_equal(&trade->input_mint, &kept->input_mint)
           && jupref_pubkey_equal(&trade->output_mint, &kept->output_mint)
           && jupref_pubkey_equal(&trade->fee_mint, &kept->fee_mint)
           && jupref_terms_equal(&trade->terms, &kept->terms)
           && trade->in_amount == kept->in_amount
           && trade->out_amount == kept->out_amount
           && trade->fee == kept->fee
           && trade->volume_micro_usd == kept->volume_micro_usd
           && trade->slot == kept->slot
           && trade->last_valid_block_height == kept->last_valid_block_height
           && trade->granted_bps == kept->granted_bps;
}
