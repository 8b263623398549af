/*
 * What is made of an execute that was looked for.
 */

#include "agent/ngx_http_jupref_intents_parts.h"


ngx_uint_t
ngx_http_jupref_intents_is(ngx_http_jupref_intents_t *in)
{
    uint8_t                      hash[JUPREF_SHA256_SIZE];
    const jupref_transaction_t  *shown;

    shown = &in->shown.transaction;

    return ngx_memcmp(shown->signatures[0].bytes, in->candidate.bytes,
                      JUPREF_SIGNATURE_SIZE) == 0
           && jupref_sha256(hash, shown->message)
           && ngx_memcmp(hash, in->intent.trade.message_hash,
                         JUPREF_SHA256_SIZE) == 0
           && jupref_transaction_signed_by(shown, &shown->keys[0])
           && jupref_transaction_signed_by(shown, &in->intent.trade.taker);
}


void
ngx_http_jupref_intents_found(ngx_http_jupref_intents_t *in)
{
    size_t                  len;
    uint8_t                 text[JUPREF_SIGNATURE_TEXT];
    ngx_uint_t              open;
    jupref_event_t          event;
    jupref_ledger_result_e  result;

    result = JUPREF_LEDGER_OK;

    ngx_http_jupref_lock(in->zone);

    open = jupref_intent_found(ngx_http_jupref_ledger(in->zone),
                               &in->intent.trade.request_id, &in->candidate,
                               &event);
    if (open) {
        result = ngx_http_jupref_append(in->zone, &event);
    }

    ngx_http_jupref_unlock(in->zone);

    if (!open) {
        return;
    }

    len = jupref_signature_format(text, &in->candidate);

    if (result != JUPREF_LEDGER_OK) {
        ngx_log_error(NGX_LOG_ERR, in->log, 0,
                      "jupref: trade %*s, which was under way when nginx "
                      "ended, can't be kept, %s: %s", len, text,
                      jupref_ledger_result_name(result),
                      jupref_ledger_result_text(result));
        return;
    }

    (void) ngx_atomic_fetch_add(&in->proof->recovered, 1);
    ngx_http_jupref_commit_soon(in->zone);

    ngx_log_error(NGX_LOG_NOTICE, in->log, 0,
                  "jupref: trade %*s, which was under way when nginx ended, "
                  "is found", len, text);
}


void
ngx_http_jupref_intents_close(ngx_http_jupref_intents_t *in)
{
    jupref_event_t          event;
    jupref_ledger_result_e  result;

    ngx_memzero(&event, sizeof(jupref_event_t));
    event.type = JUPREF_EVENT_INTENT_CLOSED;
    event.of.intent_closed.request_id = in->intent.trade.request_id;

    ngx_http_jupref_lock(in->zone);
    result = ngx_http_jupref_append(in->zone, &event);
    ngx_http_jupref_unlock(in->zone);

    if (result == JUPREF_LEDGER_OK) {
        (void) ngx_atomic_fetch_add(&in->proof->closed, 1);
        ngx_http_jupref_commit_soon(in->zone);
    }
}


void
ngx_http_jupref_intents_too_many(ngx_http_jupref_intents_t *in)
{
    size_t      len;
    uint8_t     text[JUPREF_PUBKEY_TEXT];
    ngx_uint_t  i;

    for (i = 0; i < NGX_HTTP_JUPREF_INTENTS_TOLD; i++) {
        if (in->told[i] == in->intent.seq) {
            return;
        }
    }

    in->told[in->told_at] = in->intent.seq;
    in->told_at = (in->told_at + 1) % NGX_HTTP_JUPREF_INTENTS_TOLD;

    len = jupref_pubkey_format(text, &in->places[in->place]);

    ngx_log_error(NGX_LOG_WARN, in->log, 0,
                  "jupref: execute %*s, which was under way when nginx ended, "
                  "isn't found among the %ui newest signatures of %*s: it is "
                  "kept, and looked for again",
                  (size_t) in->intent.trade.request_id.len,
                  in->intent.trade.request_id.bytes, in->passed, len, text);
}
