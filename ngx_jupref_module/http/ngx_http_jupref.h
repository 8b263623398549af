/*
 * What the glue's files share: configuration, the zone, the request's
 * context, and the functions they call of each other.
 */

#ifndef NGX_HTTP_JUPREF_H
#define NGX_HTTP_JUPREF_H


#include "http/ngx_http_jupref_compat.h"

#include "base/jupref_json_reader.h"
#include "base/jupref_json_writer.h"
#include "jupiter/jupref_execute.h"
#include "jupiter/jupref_order_answer.h"
#include "jupiter/jupref_order_query.h"
#include "ledger/jupref_attribution.h"
#include "ledger/jupref_clicks.h"
#include "ledger/jupref_cookie.h"
#include "ledger/jupref_integrity.h"
#include "ledger/jupref_ledger.h"
#include "ledger/jupref_pending.h"


/* Smallest zone: fewer rows than it holds help nobody. */
#define NGX_HTTP_JUPREF_ZONE_MIN  (8 * 1024 * 1024)

#define ngx_http_jupref_bytes(str)                                            \
    ((jupref_bytes_t) { (str)->data, (str)->len })


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
    NGX_HTTP_JUPREF_REASONS
} ngx_http_jupref_reason_e;


typedef enum {
    NGX_HTTP_JUPREF_ROLE_NONE = 0,
    NGX_HTTP_JUPREF_ROLE_READ,
    NGX_HTTP_JUPREF_ROLE_OPERATOR,
    NGX_HTTP_JUPREF_ROLE_ADMIN
} ngx_http_jupref_role_e;


typedef enum {
    NGX_HTTP_JUPREF_HEALTH_LIVE = 0,
    NGX_HTTP_JUPREF_HEALTH_READY
} ngx_http_jupref_health_e;


/* Counted without the lock; each worker adds, metrics read. */
typedef struct {
    ngx_atomic_t            unattributed[NGX_HTTP_JUPREF_REASONS];
    ngx_atomic_t            orders[2];          /* unreferred, attributed */
    ngx_atomic_t            pending_orders;     /* kept for their execute */
    ngx_atomic_t            trades[5];          /* by outcome */
    ngx_atomic_t            links[2];           /* unknown code, known code */
    ngx_atomic_t            refused[JUPREF_LEDGER_RESULTS];
    ngx_atomic_t            verdicts[3];        /* jupref_fee_verdict_e */
} ngx_http_jupref_counters_t;


/*
 * The zone.  Everything below `counters` needs the slab pool's mutex.  The
 * pointers lead into the zone itself, which all processes of one nginx map
 * at the same address.
 */
typedef struct {
    uint64_t                     magic;
    uint64_t                     layout;
    uint64_t                     sizes;         /* of the rows that follow */
    ngx_http_jupref_counters_t   counters;
    uint64_t                     edge_seq;
    uint64_t                     clicks_booked_ms;
    jupref_ledger_t             *ledger;
    uint64_t                     ledger_size;
    jupref_pending_t            *pending;
    jupref_clicks_t             *clicks;
    jupref_integrity_t          *integrity;
} ngx_http_jupref_shared_t;


typedef struct ngx_http_jupref_main_conf_s  ngx_http_jupref_main_conf_t;


/* The zone as one cycle knows it. */
typedef struct {
    ngx_http_jupref_shared_t     *shared;
    ngx_slab_pool_t              *shpool;
    ngx_http_jupref_main_conf_t  *conf;
} ngx_http_jupref_zone_t;


typedef struct {
    ngx_str_t                name;
    ngx_http_jupref_role_e   role;
    u_char                   sha256[JUPREF_SHA256_SIZE];
} ngx_http_jupref_api_key_t;


/* A jupref_code line. */
typedef struct {
    jupref_code_name_t  code;
    jupref_pubkey_t     wallet;
    jupref_pubkey_t     parent;         /* zero: none given */
    jupref_terms_t     *terms;
    ngx_str_t           tier;           /* empty: follows its referrer's */
} ngx_http_jupref_code_t;


typedef struct {
    ngx_array_t  cookie;                /* of jupref_key_t; first one signs */
    ngx_array_t  session;
    ngx_array_t  seal;
} ngx_http_jupref_keyring_t;


struct ngx_http_jupref_main_conf_s {
    ngx_shm_zone_t             *shm_zone;
    ngx_http_jupref_zone_t     *zone;
    ngx_http_jupref_keyring_t  *keyring;
    ngx_array_t                 api_keys;       /* ngx_http_jupref_api_key_t */
    ngx_array_t                 tiers;          /* jupref_terms_t */
    ngx_array_t                 codes;          /* ngx_http_jupref_code_t */
    jupref_terms_t             *default_tier;
    ngx_int_t                   request_uri;    /* the variable's index */
};


typedef struct {
    jupref_attribution_mode_e  mode;
    ngx_msec_t                 window_ms;
    ngx_str_t                  cookie;
} ngx_http_jupref_attribution_t;


typedef struct {
    jupref_pubkey_t                *referral_account;
    ngx_http_jupref_attribution_t  *attribution;
    ngx_str_t                      *directive;  /* one that needs the zone */
    ngx_str_t                      *content;    /* one that answers itself */
    ngx_http_handler_pt             handler;    /* its */
    ngx_flag_t                      order;
    ngx_flag_t                      execute;
    ngx_str_t                       api_base;   /* outermost jupref_api */
    ngx_str_t                       link_to;
    ngx_uint_t                      health;     /* ngx_http_jupref_health_e */
} ngx_http_jupref_loc_conf_t;


typedef struct {
    ngx_str_t               args;               /* what `query` is of */
    jupref_order_query_t    query;
    jupref_attribution_t    attribution;
    jupref_terms_t         *terms;              /* in force: tier or code's */
    jupref_pubkey_t        *referral_account;
    unsigned                charged_bps;
    unsigned                attributed:1;       /* the question was asked */
    unsigned                priced:1;           /* our fee goes to Jupiter */
    unsigned                rewritten:1;
    unsigned                capturing:1;
    jupref_json_reader_t   *reader;
    jupref_order_answer_t  *answer;
} ngx_http_jupref_order_ctx_t;


typedef struct {
    jupref_execute_request_t   request;
    jupref_execute_answer_t    answer;
    jupref_order_t             order;           /* when matched */
    jupref_trade_outcome_e     outcome;         /* when decided */
    jupref_attribution_mode_e  mode;
    jupref_json_reader_t      *reader;
    ngx_chain_t               *held;
    ngx_chain_t              **held_last;
    size_t                     held_size;
    unsigned                   matched:1;
    unsigned                   asked:1;         /* the body has been judged */
    unsigned                   sent:1;          /* by an earlier location */
    unsigned                   waiting:1;       /* for the request's body */
    unsigned                   holding:1;
    unsigned                   decided:1;
} ngx_http_jupref_execute_ctx_t;


typedef struct {
    ngx_http_jupref_order_ctx_t    *order;
    ngx_http_jupref_execute_ctx_t  *execute;
    ngx_http_jupref_role_e          role;
    unsigned                        role_known:1;
    jupref_memory_t                 memory;     /* the request's pool */
} ngx_http_jupref_ctx_t;


extern ngx_module_t  ngx_http_jupref_module;


/* ngx_http_jupref_ctx.c: the request's context survives internal redirects;
 * NULL when memory is out. */
ngx_http_jupref_ctx_t *ngx_http_jupref_ctx(ngx_http_request_t *r);
ngx_http_jupref_ctx_t *ngx_http_jupref_ctx_find(ngx_http_request_t *r);
ngx_int_t ngx_http_jupref_add_header(ngx_http_request_t *r, ngx_str_t *name,
    ngx_str_t *value);
ngx_int_t ngx_http_jupref_only_reads(ngx_http_request_t *r);
ngx_table_elt_t *ngx_http_jupref_find_header(ngx_http_request_t *r,
    ngx_str_t *lowcase_name, ngx_table_elt_t *after);
void ngx_http_jupref_ask_identity(ngx_http_request_t *r);
ngx_uint_t ngx_http_jupref_is_encoded(ngx_http_request_t *r);
uint64_t ngx_http_jupref_now_ms(void);


/* ngx_http_jupref_body.c: the body that was read, to a schema's reader; names
 * the member that a refusal is about where `culprit` is given. */
jupref_json_result_e ngx_http_jupref_body_read(ngx_http_request_t *r,
    const jupref_json_schema_t *schema, void *context, ngx_str_t *culprit);


/* ngx_http_jupref_counters.c */
const char *ngx_http_jupref_reason_name(ngx_http_jupref_reason_e reason);
void ngx_http_jupref_unattributed(ngx_http_request_t *r,
    ngx_http_jupref_reason_e reason, const char *detail);


/* ngx_http_jupref_conf*.c: directives */
char *ngx_http_jupref_zone(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
char *ngx_http_jupref_keyring(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
char *ngx_http_jupref_api_key(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
char *ngx_http_jupref_referral_account(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_http_jupref_tier(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
char *ngx_http_jupref_code(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
char *ngx_http_jupref_attribution(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_http_jupref_place_filter(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_http_jupref_place_link(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_http_jupref_place_api(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_http_jupref_place_metrics(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_http_jupref_place_health(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_http_jupref_check_codes(ngx_conf_t *cf,
    ngx_http_jupref_main_conf_t *jmcf);
jupref_terms_t *ngx_http_jupref_find_tier(ngx_http_jupref_main_conf_t *jmcf,
    ngx_str_t *name);


/* ngx_http_jupref_zone.c */
ngx_int_t ngx_http_jupref_zone_init(ngx_shm_zone_t *shm_zone, void *data);
ngx_int_t ngx_http_jupref_zone_fits(ngx_conf_t *cf, ngx_str_t *name,
    ssize_t size);
void ngx_http_jupref_lock(ngx_http_jupref_zone_t *zone);
void ngx_http_jupref_unlock(ngx_http_jupref_zone_t *zone);

/* Gives the event its place and applies it; the zone is locked. */
jupref_ledger_result_e ngx_http_jupref_append(ngx_http_jupref_zone_t *zone,
    jupref_event_t *event);

/* Books the clicks that wait, at most once a second; the zone is locked. */
void ngx_http_jupref_book_clicks(ngx_http_jupref_zone_t *zone,
    uint64_t now_ms);


/* ngx_http_jupref_sync.c: the configuration's codes become events */
ngx_int_t ngx_http_jupref_sync_check(ngx_http_jupref_zone_t *zone,
    ngx_log_t *log);
void ngx_http_jupref_sync(ngx_http_jupref_zone_t *zone, ngx_log_t *log);


/* ngx_http_jupref_order.c */
ngx_int_t ngx_http_jupref_order_handler(ngx_http_request_t *r);
ngx_http_jupref_order_ctx_t *ngx_http_jupref_order_attribute(
    ngx_http_request_t *r);


/* ngx_http_jupref_claim.c */
void ngx_http_jupref_order_claim(ngx_http_request_t *r,
    ngx_http_jupref_order_ctx_t *order, jupref_claim_t *claim);
ngx_int_t ngx_http_jupref_order_cookie(ngx_http_request_t *r,
    jupref_claim_t *claim);


/* ngx_http_jupref_order_reader.c */
ngx_int_t ngx_http_jupref_order_header(ngx_http_request_t *r,
    ngx_http_jupref_ctx_t *ctx);
void ngx_http_jupref_order_body(ngx_http_request_t *r,
    ngx_http_jupref_order_ctx_t *order, ngx_chain_t *in);


/* ngx_http_jupref_execute.c */
ngx_int_t ngx_http_jupref_execute_handler(ngx_http_request_t *r);
void ngx_http_jupref_execute_decide(ngx_http_request_t *r,
    ngx_http_jupref_ctx_t *ctx, ngx_uint_t status, ngx_uint_t readable);
ngx_int_t ngx_http_jupref_execute_forwarded(ngx_http_request_t *r,
    ngx_http_jupref_execute_ctx_t *execute);


/* ngx_http_jupref_trade.c: what an outcome does to the ledger */
void ngx_http_jupref_trade_book(ngx_http_request_t *r,
    ngx_http_jupref_execute_ctx_t *execute);


/* ngx_http_jupref_filter.c */
ngx_int_t ngx_http_jupref_filter_init(ngx_conf_t *cf);


/* ngx_http_jupref_variables.c */
ngx_int_t ngx_http_jupref_add_variables(ngx_conf_t *cf);


/* ngx_http_jupref_role.c */
ngx_http_jupref_role_e ngx_http_jupref_role(ngx_http_request_t *r);
const char *ngx_http_jupref_role_name(ngx_http_jupref_role_e role);


/* Content handlers and the directives that set them */
ngx_int_t ngx_http_jupref_link_handler(ngx_http_request_t *r);
ngx_int_t ngx_http_jupref_api_handler(ngx_http_request_t *r);
ngx_int_t ngx_http_jupref_metrics_handler(ngx_http_request_t *r);
ngx_int_t ngx_http_jupref_health_handler(ngx_http_request_t *r);


#endif /* NGX_HTTP_JUPREF_H */
