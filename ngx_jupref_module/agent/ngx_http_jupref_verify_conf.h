/*
 * jupref_verify: whose nodes prove trades, and what there is to look at.
 */

#ifndef NGX_HTTP_JUPREF_VERIFY_CONF_H
#define NGX_HTTP_JUPREF_VERIFY_CONF_H


#include "http/ngx_http_jupref.h"
#include "upstream/ngx_http_jupref_pool.h"


/* Calls to nodes in flight at once: unless said otherwise, and at most. */
#define NGX_HTTP_JUPREF_VERIFY_CALLS      8
#define NGX_HTTP_JUPREF_VERIFY_CALLS_MAX  64

/* Different accounts of jupref_referral_account. */
#define NGX_HTTP_JUPREF_REFERRALS_MAX     8


struct ngx_http_jupref_verify_conf_s {
    ngx_flag_t                  on;             /* or unset */
    ngx_str_t                   upstream;       /* len 0: the only one */
    ngx_int_t                   calls;
    ngx_int_t                   witnesses;      /* nodes that must agree */
    unsigned                    few:1;          /* the pool has fewer */
    ngx_http_jupref_pool_t     *pool;           /* NULL: nothing is verified */

    /* of all locations with jupref_order */
    jupref_pubkey_t             referrals[NGX_HTTP_JUPREF_REFERRALS_MAX];
    ngx_uint_t                  referral_count;
    ngx_uint_t                  more_referrals; /* that found no room */

    /* by which a trade that was unknown binds its wallet: as all locations
     * with jupref_execute say, `first` where they differ */
    jupref_attribution_mode_e   mode;
    ngx_uint_t                  modes;          /* told so far */
};

typedef struct ngx_http_jupref_verify_conf_s  ngx_http_jupref_verify_conf_t;


/* jupref_verify on|off [upstream=<name>] [concurrency=<number>]
 *     [witnesses=<number>]; */
char *ngx_http_jupref_verify(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);

/* NULL: no memory. */
ngx_http_jupref_verify_conf_t *ngx_http_jupref_verify_create_conf(
    ngx_conf_t *cf);

/* A location is merged: what is ordered and executed there is verified. */
void ngx_http_jupref_verify_location(ngx_http_jupref_main_conf_t *jmcf,
    ngx_http_jupref_loc_conf_t *conf);

/* All is read: which pool it is. */
ngx_int_t ngx_http_jupref_verify_init_conf(ngx_conf_t *cf,
    ngx_http_jupref_main_conf_t *jmcf);

/* 1 when nodes can verify trades: there is a pool, with nodes enough. */
#define ngx_http_jupref_verify_on(verify)                                     \
    ((verify)->pool != NULL && !(verify)->few)

/* Says in the log what isn't verified, and why. */
void ngx_http_jupref_verify_tell(ngx_http_jupref_main_conf_t *jmcf,
    ngx_log_t *log);


#endif /* NGX_HTTP_JUPREF_VERIFY_CONF_H */
