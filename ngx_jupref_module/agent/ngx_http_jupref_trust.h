/*
 * Which nodes of a pool to ask for proof, and whose silence counts.
 *
 * What a node shows can be checked, so any may be asked that answers and is of
 * the right cluster.  That it shows nothing is worth something only from a
 * healthy one.
 */

#ifndef NGX_HTTP_JUPREF_TRUST_H
#define NGX_HTTP_JUPREF_TRUST_H


#include "upstream/ngx_http_jupref_pool.h"


typedef struct {
    uint64_t                 trusted;   /* healthy nodes, bits */
    uint64_t                 usable;    /* those that may be asked */
    uint64_t                 height;    /* finalized block height, 0: unknown */
} ngx_http_jupref_trust_t;


/* As the pool is judged now. */
void ngx_http_jupref_trust(ngx_http_jupref_trust_t *trust,
    ngx_http_jupref_pool_t *pool);

/* The best one that isn't among `asked`, healthy ones first; NULL: none. */
ngx_http_jupref_pool_node_t *ngx_http_jupref_trust_node(
    ngx_http_jupref_trust_t *trust, ngx_http_jupref_pool_t *pool,
    uint64_t asked);

/* How many are not among `asked`. */
ngx_uint_t ngx_http_jupref_trust_left(ngx_http_jupref_trust_t *trust,
    uint64_t asked);


#endif /* NGX_HTTP_JUPREF_TRUST_H */
