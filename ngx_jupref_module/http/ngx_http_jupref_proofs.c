/*
 * Proofs, in a thread: the tiles are brought up to what is synced, then asked.
 *
 * Tiles are written by one at a time, which the zone's `keep` lock sees to;
 * how much is synced is asked behind it, because whoever had it before may
 * have published more than was synced when this one began to wait.
 */

#include "http/ngx_http_jupref_proofs.h"


static jupref_fault_e ngx_http_jupref_proofs_locked(
    ngx_http_jupref_proofs_t *proofs, jupref_tiles_t *tiles);
static jupref_fault_e ngx_http_jupref_prove_head(
    ngx_http_jupref_proofs_t *proofs, jupref_tiles_t *tiles);
static jupref_fault_e ngx_http_jupref_prove_events(
    ngx_http_jupref_proofs_t *proofs, jupref_tiles_t *tiles);
static jupref_fault_e ngx_http_jupref_prove_growth(
    ngx_http_jupref_proofs_t *proofs, jupref_tiles_t *tiles);
static jupref_fault_e ngx_http_jupref_proof_event(
    ngx_http_jupref_proofs_t *proofs, const jupref_event_proof_t *proof,
    jupref_event_t *event);
static const jupref_signature_t *ngx_http_jupref_signature_of(
    const jupref_event_t *event);
static void ngx_http_jupref_proofs_add(ngx_http_jupref_proofs_t *proofs,
    uint64_t seq);


void
ngx_http_jupref_proofs_read(void *data)
{
    uint64_t                   synced;
    jupref_fault_e             result;
    jupref_tiles_t            *tiles;
    ngx_http_jupref_zone_t    *zone;
    ngx_http_jupref_proofs_t  *proofs = data;

    zone = proofs->zone;

    (void) ngx_http_jupref_robust_lock(&zone->shared->keep);

    synced = __atomic_load_n(&ngx_http_jupref_journal(zone)->synced,
                             __ATOMIC_ACQUIRE);

    proofs->size = synced;

    result = jupref_tiles_open(&zone->store, &tiles, &proofs->fault);

    if (result == JUPREF_FAULT_NONE) {

        if (synced) {
            result = jupref_tiles_update(tiles, synced, zone->identity,
                                         &proofs->fault);
        }

        if (result == JUPREF_FAULT_NONE) {
            result = ngx_http_jupref_proofs_locked(proofs, tiles);
        }

        jupref_tiles_close(tiles);
    }

    /* what came out well at a second try has left a fault of the first */

    proofs->fault.fault = result;

    (void) pthread_mutex_unlock(&zone->shared->keep);
}


static jupref_fault_e
ngx_http_jupref_proofs_locked(ngx_http_jupref_proofs_t *proofs,
    jupref_tiles_t *tiles)
{
    jupref_fault_e  result;

    result = ngx_http_jupref_prove_head(proofs, tiles);

    if (result != JUPREF_FAULT_NONE) {
        return result;
    }

    switch (proofs->ask) {

    case NGX_HTTP_JUPREF_ASK_EVENTS:
        return ngx_http_jupref_prove_events(proofs, tiles);

    case NGX_HTTP_JUPREF_ASK_GROWTH:
        return ngx_http_jupref_prove_growth(proofs, tiles);

    default:
        return JUPREF_FAULT_NONE;
    }
}


static jupref_fault_e
ngx_http_jupref_prove_head(ngx_http_jupref_proofs_t *proofs,
    jupref_tiles_t *tiles)
{
    jupref_event_proof_t  *newest;
    jupref_fault_e         result;

    if (proofs->size == 0) {
        return jupref_sha256(proofs->root, (jupref_bytes_t) { NULL, 0 })
               ? JUPREF_FAULT_NONE
               : jupref_fault_memory(&proofs->fault, "tiles");
    }

    /* the first place for events is free until they are proven */

    newest = &proofs->events[0];

    result = jupref_prove_event(&proofs->zone->store, tiles,
                 ngx_http_jupref_reading_cache(NGX_HTTP_JUPREF_LANE_PROOF),
                 proofs->size, proofs->size, NULL, newest, &proofs->fault);

    if (result == JUPREF_FAULT_NONE) {
        ngx_memcpy(proofs->root, newest->root, JUPREF_SHA256_SIZE);
        ngx_memcpy(proofs->head, newest->leaf_hash, JUPREF_SHA256_SIZE);
        proofs->head_ms = newest->record.time_ms;
    }

    return result;
}


/* An archived trade names the events before it. */

static jupref_fault_e
ngx_http_jupref_prove_events(ngx_http_jupref_proofs_t *proofs,
    jupref_tiles_t *tiles)
{
    unsigned                    i;
    jupref_event_t              event;
    jupref_fault_e              result;
    const jupref_signature_t   *signature;

    for (i = 0; i < NGX_HTTP_JUPREF_PROOF_EVENTS && proofs->seqs[i]; i++) {

        if (proofs->seqs[i] > proofs->size) {
            proofs->beyond = 1;
            return JUPREF_FAULT_NONE;
        }

        result = jupref_prove_event(&proofs->zone->store, tiles,
                     ngx_http_jupref_reading_cache(NGX_HTTP_JUPREF_LANE_PROOF),
                     proofs->seqs[i], proofs->size, proofs->root,
                     &proofs->events[i], &proofs->fault);

        if (result == JUPREF_FAULT_NONE) {
            result = ngx_http_jupref_proof_event(proofs, &proofs->events[i],
                                                 &event);
        }

        if (result != JUPREF_FAULT_NONE) {
            return result;
        }

        signature = ngx_http_jupref_signature_of(&event);

        if (signature == NULL
            || ngx_memcmp(signature, &proofs->signature,
                          sizeof(jupref_signature_t)) != 0)
        {
            proofs->foreign = 1;
            return JUPREF_FAULT_NONE;
        }

        if (event.type == JUPREF_EVENT_TRADE_ARCHIVED) {
            proofs->takers[i] = event.of.trade_archived.trade.taker;
            ngx_http_jupref_proofs_add(proofs,
                                       event.of.trade_archived.executed_seq);
            ngx_http_jupref_proofs_add(proofs,
                                       event.of.trade_archived.verified_seq);

        } else if (event.type == JUPREF_EVENT_TRADE_EXECUTED
                   || event.type == JUPREF_EVENT_TRADE_UNKNOWN
                   || event.type == JUPREF_EVENT_TRADE_INTENT)
        {
            proofs->takers[i] = event.of.trade.taker;
        }

        proofs->count = i + 1;
    }

    return JUPREF_FAULT_NONE;
}


static void
ngx_http_jupref_proofs_add(ngx_http_jupref_proofs_t *proofs, uint64_t seq)
{
    unsigned  i;

    for (i = 0; i < NGX_HTTP_JUPREF_PROOF_EVENTS; i++) {

        if (proofs->seqs[i] == 0) {
            proofs->seqs[i] = seq;
            return;
        }
    }
}


static jupref_fault_e
ngx_http_jupref_prove_growth(ngx_http_jupref_proofs_t *proofs,
    jupref_tiles_t *tiles)
{
    if (proofs->to == 0) {
        proofs->to = proofs->size;
    }

    if (proofs->to > proofs->size || proofs->from > proofs->to) {
        proofs->beyond = 1;
        return JUPREF_FAULT_NONE;
    }

    return jupref_prove_growth(tiles, proofs->from, proofs->to,
                               proofs->from_root, proofs->to_root,
                               &proofs->growth, &proofs->fault);
}


static jupref_fault_e
ngx_http_jupref_proof_event(ngx_http_jupref_proofs_t *proofs,
    const jupref_event_proof_t *proof, jupref_event_t *event)
{
    jupref_bytes_t           bytes;
    jupref_reader_t          reader;
    jupref_record_result_e   result;

    bytes.data = proof->bytes;
    bytes.len = JUPREF_RECORD_MAX;

    jupref_reader_init(&reader, bytes);
    bytes.len = sizeof(uint32_t) + jupref_read_u32_le(&reader);

    result = jupref_record_event(&proof->record, bytes, event);

    if (result != JUPREF_RECORD_OK) {
        return jupref_fault_set(&proofs->fault, JUPREF_FAULT_RECORD,
                                "journal", 0, "record %llu: %s",
                                (unsigned long long) proof->seq,
                                jupref_record_result_text(result));
    }

    return JUPREF_FAULT_NONE;
}


/* NULL for an event that isn't of one trade. */

static const jupref_signature_t *
ngx_http_jupref_signature_of(const jupref_event_t *event)
{
    switch (event->type) {

    case JUPREF_EVENT_TRADE_EXECUTED:
    case JUPREF_EVENT_TRADE_UNKNOWN:
    case JUPREF_EVENT_TRADE_INTENT:
        return &event->of.trade.signature;

    case JUPREF_EVENT_TRADE_VERIFIED:
        return &event->of.trade_verified.signature;

    case JUPREF_EVENT_TRADE_REJECTED:
    case JUPREF_EVENT_TRADE_EXPIRED:
    case JUPREF_EVENT_TRADE_UNPROVED:
    case JUPREF_EVENT_TRADE_DISPUTED:
    case JUPREF_EVENT_DISPUTE_RESOLVED:
    case JUPREF_EVENT_TRADE_REVERSED:
        return &event->of.trade_ruled.signature;

    case JUPREF_EVENT_TRADE_ARCHIVED:
        return &event->of.trade_archived.trade.signature;

    default:
        return NULL;
    }
}
