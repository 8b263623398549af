/*
 * Questions about the log as a whole, asked of its tiles in a thread.
 */

#ifndef NGX_HTTP_JUPREF_PROOFS_H
#define NGX_HTTP_JUPREF_PROOFS_H


#include "http/ngx_http_jupref_reading.h"

#include "log/jupref_proof.h"


#define NGX_HTTP_JUPREF_PROOF_EVENTS  3         /* of one trade */


/* What is asked besides the tree's head. */
typedef enum {
    NGX_HTTP_JUPREF_ASK_HEAD = 0,
    NGX_HTTP_JUPREF_ASK_EVENTS,
    NGX_HTTP_JUPREF_ASK_GROWTH
} ngx_http_jupref_ask_e;


typedef struct {
    ngx_http_jupref_zone_t  *zone;
    ngx_http_jupref_ask_e    ask;
    jupref_signature_t       signature;
    uint64_t                 seqs[NGX_HTTP_JUPREF_PROOF_EVENTS];
    uint64_t                 from;
    uint64_t                 to;        /* 0: the whole tree */

    /* told */
    jupref_fault_t           fault;
    unsigned                 foreign:1; /* an event of another trade */
    unsigned                 beyond:1;  /* more than the tree has */
    uint64_t                 size;
    uint8_t                  root[JUPREF_SHA256_SIZE];
    uint8_t                  head[JUPREF_SHA256_SIZE];  /* newest leaf hash */
    uint64_t                 head_ms;
    uint8_t                  from_root[JUPREF_SHA256_SIZE];
    uint8_t                  to_root[JUPREF_SHA256_SIZE];
    jupref_proof_t           growth;
    unsigned                 count;     /* events, by seq */
    jupref_event_proof_t     events[NGX_HTTP_JUPREF_PROOF_EVENTS];
    jupref_pubkey_t          takers[NGX_HTTP_JUPREF_PROOF_EVENTS];
} ngx_http_jupref_proofs_t;


/* A reading's `run`. */
void ngx_http_jupref_proofs_read(void *data);


#endif /* NGX_HTTP_JUPREF_PROOFS_H */
