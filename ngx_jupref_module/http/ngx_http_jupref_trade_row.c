/*
 * A trade as it is told: a row of lists, and the answer to what was done
 * with it.
 */

#include "http/ngx_http_jupref_history.h"

#include "ledger/jupref_evidence.h"


static void ngx_http_jupref_row_ruling(ngx_http_jupref_row_t *row,
    const jupref_trade_row_t *trade);
static void ngx_http_jupref_row_commissions(ngx_http_jupref_row_t *row,
    const jupref_trade_view_t *view);
static void ngx_http_jupref_row_key(ngx_http_jupref_row_t *row,
    const char *name, const jupref_key_text_t *key);
static void ngx_http_jupref_view_key(const jupref_pubkey_t *key,
    jupref_key_text_t *text);


void
ngx_http_jupref_row_shown(ngx_http_jupref_row_t *row,
    const ngx_http_jupref_shown_t *shown)
{
    uint8_t                     signature[JUPREF_SIGNATURE_TEXT];
    uint8_t                     taker[JUPREF_PUBKEY_TEXT];
    const jupref_trade_row_t   *trade;
    const jupref_trade_view_t  *view;

    view = shown->view;
    trade = &view->row;

    ngx_http_jupref_row_begin(row);

    ngx_http_jupref_row_text(row, "signature", (jupref_bytes_t) { signature,
        jupref_signature_format(signature, &trade->signature) });
    ngx_http_jupref_row_cstring(row, "state",
                                jupref_trade_state_name(trade->state));
    ngx_http_jupref_row_time(row, "time", trade->time_ms);
    ngx_http_jupref_row_trader(row, "taker", (jupref_bytes_t) { taker,
        jupref_pubkey_format(taker, &trade->taker) });
    ngx_http_jupref_row_text(row, "code",
                             jupref_padded(view->code, JUPREF_CODE_MAX));
    ngx_http_jupref_row_key(row, "referrer", &view->referrer);
    ngx_http_jupref_row_key(row, "inputMint", &view->input_mint);
    ngx_http_jupref_row_key(row, "outputMint", &view->output_mint);
    ngx_http_jupref_row_amount(row, "inAmount", trade->in_amount);
    ngx_http_jupref_row_amount(row, "outAmount", trade->out_amount);
    ngx_http_jupref_row_key(row, "feeMint", &view->fee_mint);
    ngx_http_jupref_row_number(row, "feeBps", trade->granted_bps);

    if (view->verified) {
        ngx_http_jupref_row_none(row, "estimatedFee");
        ngx_http_jupref_row_amount(row, "verifiedFee", trade->fee);

    } else {
        ngx_http_jupref_row_amount(row, "estimatedFee", trade->fee);
        ngx_http_jupref_row_none(row, "verifiedFee");
    }

    ngx_http_jupref_row_commissions(row, view);
    ngx_http_jupref_row_micro(row, "volumeUsd", trade->volume_micro_usd);
    ngx_http_jupref_row_number_or_none(row, "slot", trade->slot);
    ngx_http_jupref_row_text(row, "router",
                             jupref_padded(trade->router, JUPREF_ROUTER_MAX));
    ngx_http_jupref_row_time_or_none(row, "verifiedAt", trade->verified_ms);
    ngx_http_jupref_row_ruling(row, trade);
    ngx_http_jupref_row_number(row, "seq", trade->seq);
    ngx_http_jupref_row_number_or_none(row, "verifiedSeq",
                                       trade->verified_seq);
    ngx_http_jupref_row_number_or_none(row, "archivedSeq", shown->archived);

    ngx_http_jupref_row_end(row);
}


/* Why it is in a state that calls for a reason, since when. */

static void
ngx_http_jupref_row_ruling(ngx_http_jupref_row_t *row,
    const jupref_trade_row_t *trade)
{
    unsigned  ruled;

    ruled = trade->state != JUPREF_STATE_VERIFIED
            && trade->state != JUPREF_STATE_AVAILABLE;

    if (ruled && trade->reason != JUPREF_REASON_NONE) {
        ngx_http_jupref_row_cstring(row, "reason",
                                    jupref_reason_name(trade->reason));
    } else {
        ngx_http_jupref_row_none(row, "reason");
    }

    ngx_http_jupref_row_time_or_none(row, "ruledAt",
                                     ruled ? trade->ruled_ms : 0);
}


/* A list in JSON, two columns a level in CSV. */

static void
ngx_http_jupref_row_commissions(ngx_http_jupref_row_t *row,
    const jupref_trade_view_t *view)
{
    unsigned  level;

    static const char *const  wallets[JUPREF_LEVELS] = {
        "level1Wallet", "level2Wallet", "level3Wallet"
    };

    static const char *const  amounts[JUPREF_LEVELS] = {
        "level1Commission", "level2Commission", "level3Commission"
    };

    if (row->format != NGX_HTTP_JUPREF_JSON) {

        for (level = 0; level < JUPREF_LEVELS; level++) {
            ngx_http_jupref_row_key(row, wallets[level], &view->level[level]);

            if (view->level[level].len) {
                ngx_http_jupref_row_amount(row, amounts[level],
                                           view->commission[level]);
            } else {
                ngx_http_jupref_row_none(row, amounts[level]);
            }
        }

        return;
    }

    jupref_json_array(row->out, "commissions");

    for (level = 0; level < JUPREF_LEVELS; level++) {

        if (view->level[level].len == 0) {
            continue;
        }

        ngx_http_jupref_row_begin(row);
        ngx_http_jupref_row_number(row, "level", level + 1);
        ngx_http_jupref_row_key(row, "wallet", &view->level[level]);
        ngx_http_jupref_row_amount(row, "amount", view->commission[level]);
        ngx_http_jupref_row_end(row);
    }

    jupref_json_array_end(row->out);
}


static void
ngx_http_jupref_row_key(ngx_http_jupref_row_t *row, const char *name,
    const jupref_key_text_t *key)
{
    ngx_http_jupref_row_text(row, name,
                             (jupref_bytes_t) { key->bytes, key->len });
}


void
ngx_http_jupref_view_archived(const jupref_event_t *event,
    jupref_trade_view_t *view)
{
    unsigned                        i;
    const jupref_trade_t           *trade;
    jupref_trade_row_t             *row;
    const jupref_trade_archived_t  *archived;

    archived = &event->of.trade_archived;
    trade = &archived->trade;

    ngx_memzero(view, sizeof(jupref_trade_view_t));

    row = &view->row;
    row->signature = trade->signature;
    row->taker = trade->taker;
    row->input_mint = trade->input_mint;
    row->output_mint = trade->output_mint;
    row->time_ms = archived->executed_ms;
    row->in_amount = trade->in_amount;
    row->out_amount = trade->out_amount;
    row->fee = trade->fee;
    row->volume_micro_usd = trade->volume_micro_usd;
    row->slot = trade->slot;
    row->seq = archived->executed_seq;
    row->verified_seq = archived->verified_seq;
    row->granted_bps = trade->granted_bps;
    row->state = archived->state;
    ngx_memcpy(row->router, trade->router, JUPREF_ROUTER_MAX);

    view->verified = (archived->verified_seq != 0);
    ngx_memcpy(view->code, trade->code.text, JUPREF_CODE_MAX);
    ngx_http_jupref_view_key(&trade->input_mint, &view->input_mint);
    ngx_http_jupref_view_key(&trade->output_mint, &view->output_mint);

    if (!jupref_pubkey_is_zero(&trade->fee_mint)) {
        ngx_http_jupref_view_key(&trade->fee_mint, &view->fee_mint);
    }

    for (i = 0; i < JUPREF_LEVELS; i++) {
        if (!jupref_pubkey_is_zero(&archived->level[i])) {
            ngx_http_jupref_view_key(&archived->level[i], &view->level[i]);
            view->commission[i] = archived->commission[i];
        }
    }
}


static void
ngx_http_jupref_view_key(const jupref_pubkey_t *key, jupref_key_text_t *text)
{
    text->len = (uint8_t) jupref_pubkey_format(text->bytes, key);
}
