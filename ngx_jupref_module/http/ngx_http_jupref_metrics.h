/*
 * Metrics' inside: what families are written from, and how.
 */

#ifndef NGX_HTTP_JUPREF_METRICS_H
#define NGX_HTTP_JUPREF_METRICS_H


#include "http/ngx_http_jupref_api.h"
#include "agent/ngx_http_jupref_accounts.h"
#include "upstream/ngx_http_jupref_rpc_zone.h"


/* Of the log's head: zeroes where there is none. */
typedef struct {
    uint64_t                     seq;
    uint64_t                     synced;
    uint64_t                     appended;
    uint64_t                     flushed;
    uint64_t                     syncs;
    uint64_t                     records;
    uint64_t                     bytes;
    uint32_t                     stopped;
} ngx_http_jupref_journal_t;


/* The operator's accounts, counted; zeroes where nobody looks at them. */
typedef struct {
    ngx_uint_t                   places[NGX_HTTP_JUPREF_FEE_STATES];
    ngx_uint_t                   referrals[NGX_HTTP_JUPREF_REFERRAL_STATES];
    ngx_uint_t                   drifting;      /* mints */
    ngx_uint_t                   program_changes;
    uint64_t                     program_slot;
    uint64_t                     reconciled[NGX_HTTP_JUPREF_RECONCILED];
} ngx_http_jupref_counted_accounts_t;


/* What the families are written from, copied once. */
typedef struct {
    u_char                      *at;
    u_char                      *end;
    ngx_uint_t                   open_metrics;
    ngx_http_jupref_counters_t   counters;
    uint32_t                     used[JUPREF_TABLES];
    uint32_t                     capacity[JUPREF_TABLES];
    uint64_t                     events;
    uint64_t                     clicks;
    uint64_t                     trades[JUPREF_STATES];
    uint32_t                     damaged;
    jupref_pending_stat_t        pending;
    ngx_http_jupref_journal_t    journal;
    ngx_http_jupref_proof_t      proof;         /* zeroes: none is made */
    ngx_http_jupref_counted_accounts_t  accounts;
    uint64_t                     oldest_proof_ms;       /* its age */
    uint8_t                      raised[JUPREF_INCIDENTS];
    unsigned                     journaled:1;
    unsigned                     verified:1;    /* trades are, by nodes */
    ngx_http_jupref_rpc_zone_t  *rpc_zone;      /* NULL: no pools */
    jupref_pool_t               *pools;         /* a copy of each of its */
} ngx_http_jupref_metrics_t;


typedef struct {
    const char  *name;                  /* without _total */
    ngx_uint_t   type;                  /* 0: a gauge, 1: a counter, 2: a
                                         * histogram */
    const char  *help;
    void       (*write)(ngx_http_jupref_metrics_t *m, const char *name);
} ngx_http_jupref_family_t;


/* Tables end with a family without a name. */
extern const ngx_http_jupref_family_t  ngx_http_jupref_families[];
extern const ngx_http_jupref_family_t  ngx_http_jupref_proof_families[];
extern const ngx_http_jupref_family_t  ngx_http_jupref_pool_families[];
extern const ngx_http_jupref_family_t  ngx_http_jupref_rpc_families[];


/* Copies what the pools' families are written from; the bytes that they take,
 * 0: memory is out. */
size_t ngx_http_jupref_metrics_pools(ngx_http_request_t *r,
    ngx_http_jupref_metrics_t *m);

/* The same of the operator's accounts. */
void ngx_http_jupref_metrics_accounts(ngx_http_jupref_rpc_zone_t *zone,
    ngx_http_jupref_counted_accounts_t *counted);

void ngx_http_jupref_sample(ngx_http_jupref_metrics_t *m, const char *name,
    const char *label, const char *value, uint64_t number);

/* The same with several labels: `a="b",c="d"`. */
void ngx_http_jupref_sample_of(ngx_http_jupref_metrics_t *m, const char *name,
    const char *labels, uint64_t number);

/*
 * A histogram of seconds: what was counted up to each of `count` bounds, not
 * added up, and beyond the last of them; and the sum of all in milliseconds.
 */
void ngx_http_jupref_sample_histogram(ngx_http_jupref_metrics_t *m,
    const char *name, const ngx_uint_t *bounds, ngx_uint_t count,
    const ngx_atomic_t *buckets, uint64_t sum_ms);


#endif /* NGX_HTTP_JUPREF_METRICS_H */
