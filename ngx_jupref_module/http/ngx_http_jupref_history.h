/*
 * Histories of trades without an end: those in the table, then those that
 * were archived, page by page.
 *
 * A walk shows the trades there were when it began, newest first:
 *
 *     those in the table then, by their place in the log
 *     those archived before, by when they were archived
 *
 * A trade that is archived while a walk goes on is read from the log and
 * shown in the place it had in the table, so none is left out and none shown
 * twice.  A cursor therefore has what was the newest archived trade when its
 * walk began.
 */

#ifndef NGX_HTTP_JUPREF_HISTORY_H
#define NGX_HTTP_JUPREF_HISTORY_H


#include "http/ngx_http_jupref_reading.h"
#include "http/ngx_http_jupref_rows.h"


#define NGX_HTTP_JUPREF_TRADE_ROOM      2304    /* bytes of a trade's JSON */
#define NGX_HTTP_JUPREF_TRADE_CSV_ROOM  1280    /* of its line */

/* "t" and 40 hex digits */
#define NGX_HTTP_JUPREF_WALK_LEN        41


/* Where a walk goes on. */
typedef struct {
    jupref_cursor_t  at;                /* behind this trade in the table */
    uint64_t         since;             /* archived first when it began */
    uint64_t         archived;          /* not 0: with this trade.archived */
} ngx_http_jupref_walk_t;


typedef enum {
    NGX_HTTP_JUPREF_WALK_ALL = 0,       /* there is nothing older */
    NGX_HTTP_JUPREF_WALK_MORE,
    NGX_HTTP_JUPREF_WALK_MEMORY,        /* older ones were in memory only */
    NGX_HTTP_JUPREF_WALK_JOURNAL        /* their segment is gone */
} ngx_http_jupref_walk_end_e;


typedef struct {
    const jupref_trade_view_t  *view;
    uint64_t                    archived;       /* its event; 0: in the table */
} ngx_http_jupref_shown_t;


/* A trade as the log has it. */
typedef struct {
    jupref_trade_view_t  view;
    uint64_t             seq;           /* of trade.archived */
    uint64_t             previous;      /* in the list that is walked */
} ngx_http_jupref_archived_t;


/* Made by one thread at a time: the event loop, the reading's, again. */
typedef struct {
    ngx_http_jupref_zone_t      *zone;
    jupref_pubkey_t              wallet;        /* of the referrer */
    unsigned                     of_referrer:1;
    unsigned                     table_more:1;
    unsigned                     stale:1;       /* not to be walked any more */
    unsigned                     limit;
    ngx_http_jupref_walk_t       walk;          /* in, then out */
    ngx_http_jupref_walk_end_e   end;
    uint64_t                     head;          /* newest archived now */
    uint32_t                     index;         /* of the last table row */
    unsigned                     table_count;
    unsigned                     archived_count;
    unsigned                     count;         /* of shown */
    jupref_fault_t               fault;         /* if reading failed */
    jupref_trade_view_t         *table;         /* limit of each */
    ngx_http_jupref_archived_t  *archived;
    ngx_http_jupref_shown_t     *shown;
} ngx_http_jupref_page_t;


/* A reading whose data are a page; NULL when memory is out. */
ngx_http_jupref_reading_t *ngx_http_jupref_page_create(
    ngx_http_jupref_api_t *api, unsigned limit);

/* `cursor` of the request; nothing without one. */
ngx_http_jupref_problem_e ngx_http_jupref_page_cursor(
    ngx_http_jupref_api_t *api, ngx_http_jupref_page_t *page);

/* The next page, as far as the table has it; `reads` tells that the reading
 * is to be started (seq: page->head) before it is told. */
ngx_http_jupref_problem_e ngx_http_jupref_page_copy(
    ngx_http_jupref_api_t *api, ngx_http_jupref_page_t *page,
    unsigned *reads);

/*
 * Puts what the table had and what was archived since in one order, and says
 * where the walk goes on; `dropped` tells that more was archived than the page
 * takes.  1 when there is room for what was archived before.
 */
unsigned ngx_http_jupref_page_merge(ngx_http_jupref_page_t *page,
    unsigned dropped);

/* ngx_http_jupref_history_log.c: the reading's `run` */
void ngx_http_jupref_page_read(void *data);

/* What came of it, and whose trades they are. */
ngx_http_jupref_problem_e ngx_http_jupref_page_tell(
    ngx_http_jupref_api_t *api, ngx_http_jupref_page_t *page);

/* Writes the cursor; its length. */
size_t ngx_http_jupref_page_next(const ngx_http_jupref_page_t *page,
    u_char text[NGX_HTTP_JUPREF_WALK_LEN]);


/* ngx_http_jupref_trade_row.c */
void ngx_http_jupref_row_shown(ngx_http_jupref_row_t *row,
    const ngx_http_jupref_shown_t *shown);

/* A trade.archived as a view; `referrer` is left empty. */
void ngx_http_jupref_view_archived(const jupref_event_t *event,
    jupref_trade_view_t *view);


#endif /* NGX_HTTP_JUPREF_HISTORY_H */
