/*
 * Trades in hand: those whose proof this process is after, and when each is
 * looked at next.
 *
 * The ledger knows which trades await their proof; what is here is memory of
 * when they were looked at last, and may be lost.  Trades come from the
 * ledger's queues, a few under one lock; those that nobody could prove come
 * by in passes that take an hour.  Room is bounded: what finds none waits in
 * the ledger.
 */

#ifndef NGX_HTTP_JUPREF_HAND_H
#define NGX_HTTP_JUPREF_HAND_H


#include "http/ngx_http_jupref.h"
#include "ledger/jupref_view.h"


#define NGX_HTTP_JUPREF_HAND_MAX  8192


typedef struct {
    jupref_signature_t    signature;    /* key */
    ngx_rbtree_node_t     node;         /* by when it is due, steady ms; not
                                         * in the tree while it is looked at */
    uint64_t              time_ms;      /* when it was executed */
    unsigned              missed:1;     /* it was unproved before */
    unsigned              told:1;       /* that the ledger refused its event */
} __attribute__((aligned(16))) ngx_http_jupref_held_t;


typedef struct {
    jupref_table_t        table;
    u_char               *block;
    ngx_rbtree_t          due;
    ngx_rbtree_node_t     sentinel;
    jupref_cursor_t       awaited;      /* how far the queues are read */
    jupref_cursor_t       missed;
    uint64_t              missed_ms;    /* when more of those are read */
    uint64_t              pass_ms;      /* when their pass began */
} ngx_http_jupref_hand_t;


/* NULL: no memory. */
ngx_http_jupref_hand_t *ngx_http_jupref_hand_create(ngx_log_t *log);
void ngx_http_jupref_hand_free(ngx_http_jupref_hand_t *hand);

/* Takes what has come to the ledger's queues; locks the zone, briefly. */
void ngx_http_jupref_hand_fill(ngx_http_jupref_hand_t *hand,
    ngx_http_jupref_zone_t *zone, uint64_t steady_ms);

/* The one that is due first, taken out to be looked at; NULL: none is yet. */
ngx_http_jupref_held_t *ngx_http_jupref_hand_due(ngx_http_jupref_hand_t *hand,
    uint64_t steady_ms);

/* Looked at: again when it is time, by its age; or it is settled. */
void ngx_http_jupref_hand_again(ngx_http_jupref_hand_t *hand,
    ngx_http_jupref_held_t *held, uint64_t steady_ms);
void ngx_http_jupref_hand_settled(ngx_http_jupref_hand_t *hand,
    ngx_http_jupref_held_t *held);


#endif /* NGX_HTTP_JUPREF_HAND_H */
