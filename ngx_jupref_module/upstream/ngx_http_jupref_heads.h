/*
 * Values at the head of the chain, answered from memory.
 *
 * getSlot, getBlockHeight, getLatestBlockhash and getEpochInfo at each
 * commitment: who wants one marks it as asked for, and while that is less
 * than ten seconds ago the agent keeps it fresh from the node that is furthest
 * ahead.  The text is the node's result, byte for byte.
 *
 * A value is never replaced by one of an older slot, unless it has become too
 * old to be given to anybody, or its node isn't believed any more: then it is
 * no value.  A node that is out for any reason adds none.
 */

#ifndef NGX_HTTP_JUPREF_HEADS_H
#define NGX_HTTP_JUPREF_HEADS_H


#include "http/ngx_http_jupref_compat.h"
#include "solana/jupref_rpc_method.h"


#define NGX_HTTP_JUPREF_HEAD_TEXT       1024    /* bytes; longer isn't kept */
#define NGX_HTTP_JUPREF_HEAD_ASKED_MS   10000   /* then it is left alone */
#define NGX_HTTP_JUPREF_HEAD_OLD_MS     10000   /* of no use to anybody */


typedef struct ngx_http_jupref_pool_s  ngx_http_jupref_pool_t;


typedef enum {
    NGX_HTTP_JUPREF_HEAD_SLOT = 0,
    NGX_HTTP_JUPREF_HEAD_BLOCK_HEIGHT,
    NGX_HTTP_JUPREF_HEAD_BLOCKHASH,
    NGX_HTTP_JUPREF_HEAD_EPOCH_INFO,
    NGX_HTTP_JUPREF_HEAD_METHODS
} ngx_http_jupref_head_e;


typedef struct {
    uint64_t                  asked_ms;         /* 0: never */
    uint64_t                  slot;             /* it is of, 0: no value */
    uint64_t                  fetched_ms;       /* when it was asked from */
    uint32_t                  node;             /* this one */
    uint32_t                  len;
    u_char                    text[NGX_HTTP_JUPREF_HEAD_TEXT];
} ngx_http_jupref_head_t;


/* By method and commitment; NONE is unused. */
typedef struct {
    ngx_http_jupref_head_t    rows[NGX_HTTP_JUPREF_HEAD_METHODS]
                                  [JUPREF_COMMITMENT_FINALIZED + 1];
} ngx_http_jupref_heads_t;


/* The value of a method's name; HEAD_METHODS: it is none of them. */
ngx_http_jupref_head_e ngx_http_jupref_head_find(const char *method);
const char *ngx_http_jupref_head_method(ngx_http_jupref_head_e head);

/* Somebody wants it, now. */
void ngx_http_jupref_head_asked(ngx_http_jupref_pool_t *pool,
    ngx_http_jupref_head_e head, jupref_commitment_e commitment);

/*
 * Copies the value into `room` (of NGX_HTTP_JUPREF_HEAD_TEXT bytes) when it is
 * of `min_slot` or newer and was fetched at most `max_age_ms` ago; returns its
 * length, 0: there is none.  `slot` may be NULL.  Marks it as asked for.
 */
size_t ngx_http_jupref_head_get(ngx_http_jupref_pool_t *pool,
    ngx_http_jupref_head_e head, jupref_commitment_e commitment,
    uint64_t min_slot, uint64_t max_age_ms, u_char *room, uint64_t *slot);

/* Keeps what `node` answered to a call that began at `fetched_ms`.  Returns 1
 * when it is kept. */
ngx_uint_t ngx_http_jupref_head_put(ngx_http_jupref_pool_t *pool,
    ngx_http_jupref_head_e head, jupref_commitment_e commitment,
    ngx_uint_t node, uint64_t slot, uint64_t fetched_ms, u_char *text,
    size_t len);

/* Whether the agent should fetch it: wanted, and older than `age_ms`. */
ngx_uint_t ngx_http_jupref_head_due(ngx_http_jupref_pool_t *pool,
    ngx_http_jupref_head_e head, jupref_commitment_e commitment,
    uint64_t age_ms);

/* What that node told is forgotten; the zone is locked. */
void ngx_http_jupref_heads_drop_locked(ngx_http_jupref_heads_t *heads,
    ngx_uint_t node);


#endif /* NGX_HTTP_JUPREF_HEADS_H */
