/*
 * A page of trades: what the log has of it, read in a thread (see
 * ngx_http_jupref_history.h).
 */

#include "http/ngx_http_jupref_history.h"


/* Trades archived since a walk began that a page looks through: behind that
 * a walk has taken too long. */
#define NGX_HTTP_JUPREF_ARCHIVED_SINCE  10000


static unsigned ngx_http_jupref_read_since(ngx_http_jupref_page_t *page);
static void ngx_http_jupref_keep_since(ngx_http_jupref_page_t *page,
    unsigned *dropped);
static void ngx_http_jupref_read_chain(ngx_http_jupref_page_t *page);
static unsigned ngx_http_jupref_read_archived(ngx_http_jupref_page_t *page,
    uint64_t seq, ngx_http_jupref_archived_t *archived);
static void ngx_http_jupref_read_verified(ngx_http_jupref_page_t *page);
static unsigned ngx_http_jupref_fetch(ngx_http_jupref_page_t *page,
    uint64_t seq, uint8_t bytes[JUPREF_RECORD_MAX], jupref_record_t *record,
    jupref_event_t *event);


void
ngx_http_jupref_page_read(void *data)
{
    unsigned                 dropped, room;
    ngx_http_jupref_page_t  *page = data;

    page->fault.fault = JUPREF_FAULT_NONE;
    room = 1;

    if (page->walk.archived == 0) {
        dropped = ngx_http_jupref_read_since(page);

        if (page->fault.fault != JUPREF_FAULT_NONE || page->stale) {
            return;
        }

        room = ngx_http_jupref_page_merge(page, dropped);
    }

    if (room) {
        ngx_http_jupref_read_chain(page);
    }

    if (page->fault.fault == JUPREF_FAULT_NONE && !page->stale) {
        ngx_http_jupref_read_verified(page);
    }
}


/*
 * Those that were in the table when the walk began and have left it since,
 * as far as they belong behind what was shown: the newest of them by their
 * old place, as many as a page takes.  Tells whether there were more.
 */

static unsigned
ngx_http_jupref_read_since(ngx_http_jupref_page_t *page)
{
    uint64_t                     seq;
    unsigned                     dropped, steps;
    ngx_http_jupref_archived_t  *archived;

    dropped = 0;
    seq = page->head;

    for (steps = 0; seq > page->walk.since; steps++) {

        archived = &page->archived[page->archived_count];

        if (!ngx_http_jupref_read_archived(page, seq, archived)) {
            return dropped;
        }

        seq = archived->previous;

        if (archived->view.row.seq < page->walk.at.mark) {
            ngx_http_jupref_keep_since(page, &dropped);
        }

        if (steps == NGX_HTTP_JUPREF_ARCHIVED_SINCE) {
            page->stale = 1;
            return dropped;
        }
    }

    /* a cursor of ours names a place in this chain */

    if (seq != page->walk.since) {
        page->stale = 1;
    }

    return dropped;
}


/* The one behind the last goes to its place among them. */

static void
ngx_http_jupref_keep_since(ngx_http_jupref_page_t *page, unsigned *dropped)
{
    unsigned                    at;
    ngx_http_jupref_archived_t  last, *archived;

    archived = page->archived;
    at = page->archived_count;

    last = archived[at];

    while (at && archived[at - 1].view.row.seq < last.view.row.seq) {
        archived[at] = archived[at - 1];
        at--;
    }

    archived[at] = last;

    if (page->archived_count < page->limit) {
        page->archived_count++;

    } else {
        *dropped = 1;
    }
}


/* Those archived before the walk began. */

static void
ngx_http_jupref_read_chain(ngx_http_jupref_page_t *page)
{
    uint64_t                    *next;
    ngx_http_jupref_archived_t  *archived;

    next = &page->walk.archived;

    while (*next && page->count < page->limit) {

        archived = &page->archived[page->archived_count];

        if (!ngx_http_jupref_read_archived(page, *next, archived)) {

            if (page->fault.fault == JUPREF_FAULT_MISSING) {
                page->fault.fault = JUPREF_FAULT_NONE;
                page->end = NGX_HTTP_JUPREF_WALK_JOURNAL;
            }

            return;
        }

        page->shown[page->count].view = &archived->view;
        page->shown[page->count].archived = archived->seq;
        page->count++;
        page->archived_count++;

        *next = archived->previous;
    }

    page->end = *next ? NGX_HTTP_JUPREF_WALK_MORE : NGX_HTTP_JUPREF_WALK_ALL;
}


static unsigned
ngx_http_jupref_read_archived(ngx_http_jupref_page_t *page, uint64_t seq,
    ngx_http_jupref_archived_t *archived)
{
    uint8_t          bytes[JUPREF_RECORD_MAX];
    jupref_event_t   event;
    jupref_record_t  record;

    if (!ngx_http_jupref_fetch(page, seq, bytes, &record, &event)) {
        return 0;
    }

    if (event.type != JUPREF_EVENT_TRADE_ARCHIVED) {
        page->stale = 1;
        return 0;
    }

    ngx_http_jupref_view_archived(&event, &archived->view);

    archived->seq = seq;
    archived->previous = page->of_referrer
                         ? event.of.trade_archived.previous_of_referrer
                         : event.of.trade_archived.previous;
    return 1;
}


/* An archived trade says which event verified it, but not when that was. */

static void
ngx_http_jupref_read_verified(ngx_http_jupref_page_t *page)
{
    uint8_t              bytes[JUPREF_RECORD_MAX];
    unsigned             i;
    jupref_event_t       event;
    jupref_record_t      record;
    jupref_trade_row_t  *row;

    for (i = 0; i < page->archived_count; i++) {
        row = &page->archived[i].view.row;

        if (row->verified_seq == 0) {
            continue;
        }

        if (ngx_http_jupref_fetch(page, row->verified_seq, bytes, &record,
                                  &event))
        {
            row->verified_ms = record.time_ms;

        } else if (page->fault.fault == JUPREF_FAULT_MISSING) {
            page->fault.fault = JUPREF_FAULT_NONE;

        } else {
            return;
        }
    }
}


static unsigned
ngx_http_jupref_fetch(ngx_http_jupref_page_t *page, uint64_t seq,
    uint8_t bytes[JUPREF_RECORD_MAX], jupref_record_t *record,
    jupref_event_t *event)
{
    jupref_bytes_t           found;
    jupref_record_result_e   result;
    jupref_record_cache_t  **cache;

    cache = ngx_http_jupref_reading_cache(NGX_HTTP_JUPREF_LANE_HISTORY);

    if (jupref_journal_fetch(&page->zone->store, cache, seq, bytes, &found,
                             &page->fault)
        != JUPREF_FAULT_NONE)
    {
        return 0;
    }

    /* what was found at the second try has left a fault of the first */

    page->fault.fault = JUPREF_FAULT_NONE;

    result = jupref_record_parse(found, record);

    if (result == JUPREF_RECORD_OK) {
        result = jupref_record_event(record, found, event);
    }

    if (result != JUPREF_RECORD_OK) {
        (void) jupref_fault_set(&page->fault, JUPREF_FAULT_RECORD, "journal",
                                0, "record %llu: %s",
                                (unsigned long long) seq,
                                jupref_record_result_text(result));
        return 0;
    }

    return 1;
}
