/*
 * What is counted in the ledger's zone, and why an order or a trade went on
 * without us.
 */

#ifndef NGX_HTTP_JUPREF_COUNTERS_H
#define NGX_HTTP_JUPREF_COUNTERS_H


#include "http/ngx_http_jupref_compat.h"
#include "ledger/jupref_ledger.h"


/* Why an order or a trade went on without us: metric labels, in this order
 * in ngx_http_jupref_counters.c. */
typedef enum {
    NGX_HTTP_JUPREF_BAD_ARGUMENTS = 0,
    NGX_HTTP_JUPREF_CODE_NOT_FOUND,
    NGX_HTTP_JUPREF_CODE_RETIRED,
    NGX_HTTP_JUPREF_REFERRER_SUSPENDED,
    NGX_HTTP_JUPREF_SELF_REFERRAL,
    NGX_HTTP_JUPREF_REFERRAL_CYCLE,
    NGX_HTTP_JUPREF_LEDGER_DAMAGED,
    NGX_HTTP_JUPREF_NO_MEMORY,
    NGX_HTTP_JUPREF_ANSWER_ENCODED,
    NGX_HTTP_JUPREF_ANSWER_UNREADABLE,
    NGX_HTTP_JUPREF_TRANSACTION_UNREADABLE,
    NGX_HTTP_JUPREF_BODY_TOO_LARGE,
    NGX_HTTP_JUPREF_BODY_UNREADABLE,
    NGX_HTTP_JUPREF_REQUEST_ID_UNKNOWN,
    NGX_HTTP_JUPREF_MESSAGE_DIFFERS,
    NGX_HTTP_JUPREF_SIGNATURE_MISSING,
    NGX_HTTP_JUPREF_LEDGER_REFUSED,
    NGX_HTTP_JUPREF_JOURNAL_STOPPED,
    NGX_HTTP_JUPREF_JOURNAL_BEHIND,
    NGX_HTTP_JUPREF_REASONS
} ngx_http_jupref_reason_e;


/* Counted without the lock; each worker adds, metrics read. */
typedef struct {
    ngx_atomic_t            unattributed[NGX_HTTP_JUPREF_REASONS];
    ngx_atomic_t            orders[2];          /* unreferred, attributed */
    ngx_atomic_t            pending_orders;     /* kept for their execute */
    ngx_atomic_t            trades[5];          /* by outcome */
    ngx_atomic_t            links[2];           /* unknown code, known code */
    ngx_atomic_t            refused[JUPREF_LEDGER_RESULTS];
    ngx_atomic_t            verdicts[3];        /* jupref_fee_verdict_e */
    ngx_atomic_t            commits[2];         /* in time, late */
    ngx_atomic_t            snapshots[2];       /* written, failed */
    ngx_atomic_t            state_differs;      /* snapshot against live */
    ngx_atomic_t            tiles[2];           /* published, failed */
} ngx_http_jupref_counters_t;


#endif /* NGX_HTTP_JUPREF_COUNTERS_H */
