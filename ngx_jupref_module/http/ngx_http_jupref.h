/*
 * What the glue's files share: configuration, the zone, the request's
 * context, and the functions they call of each other.
 */

#ifndef NGX_HTTP_JUPREF_H
#define NGX_HTTP_JUPREF_H


#include "http/ngx_http_jupref_compat.h"
#include "http/ngx_http_jupref_counters.h"

#include "base/jupref_bucket.h"
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
#include "log/jupref_log.h"
#include "log/jupref_snapshot.h"
#include "log/jupref_tiles.h"

#include <pthread.h>


/* Bytes of records after which a segment ends. */
#define NGX_HTTP_JUPREF_SEGMENT_MAX  (64 * 1024 * 1024)

/* Unless the configuration says otherwise. */
#define NGX_HTTP_JUPREF_SNAPSHOT_EVERY  3600            /* seconds */
#define NGX_HTTP_JUPREF_SNAPSHOTS       3
#define NGX_HTTP_JUPREF_SNAPSHOTS_MAX   1000
#define NGX_HTTP_JUPREF_COMMIT_TIMEOUT  100             /* ms */
#define NGX_HTTP_JUPREF_HOLD            (24 * 60 * 60 * 1000)   /* ms */

/* Smallest zone: fewer rows than it holds help nobody. */
#define NGX_HTTP_JUPREF_ZONE_MIN  (8 * 1024 * 1024)

#define NGX_HTTP_JUPREF_ZONE_NAME  32

#define NGX_HTTP_JUPREF_MAGIC   0x6a7570726566ULL       /* "jupref" */
#define NGX_HTTP_JUPREF_LAYOUT  5

#define ngx_http_jupref_bytes(str)                                            \
    ((jupref_bytes_t) { (str)->data, (str)->len })

#define ngx_http_jupref_cbytes(text)                                          \
    ((jupref_bytes_t) { (const uint8_t *) (text), ngx_strlen(text) })


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


/*
 * The zone, at the beginning of its memory.  Places are offsets, because
 * processes map it at different addresses and a reload may move the ledger;
 * they change under `lock`, which also guards everything behind `counters`.
 * `flush` and `keep` are taken by threads alone, `keep` before `flush` before
 * `lock`.
 */
typedef struct {
    uint64_t                     magic;
    uint64_t                     layout;
    uint64_t                     sizes;         /* of the rows that follow */
    char                         name[NGX_HTTP_JUPREF_ZONE_NAME + 1];
    uint64_t                     device;        /* of the state directory */
    uint64_t                     inode;
    uint64_t                     reserved;      /* bytes of addresses */
    uint64_t                     file_size;     /* bytes of memory */
    uint64_t                     zone_size;     /* as configured */
    pthread_mutex_t              lock;
    pthread_mutex_t              flush;
    pthread_mutex_t              keep;
    ngx_http_jupref_counters_t   counters;
    uint32_t                     appending;     /* 1: inside an append */
    uint64_t                     edge_seq;
    uint64_t                     clicks_booked_ms;
    uint64_t                     snapshot_due_ms;
    uint64_t                     snapshot_seq;  /* of the newest */
    uint64_t                     snapshot_tried;        /* in this interval */
    uint64_t                     tiles_due_ms;
    uint64_t                     fixed_size;    /* before clicks and ledger */
    uint64_t                     spare_at;      /* 0: none; zeroed */
    uint64_t                     spare_size;
    uint64_t                     ledger_at;
    uint64_t                     ledger_size;
    uint64_t                     clicks_at;     /* clicks, then orders */
    uint64_t                     clicks_size;   /* of both */
    uint64_t                     pending_at;
    uint64_t                     integrity_at;
    uint64_t                     log_at;        /* 0: in memory only */
} ngx_http_jupref_shared_t;


/* A process's view of the zone's memory. */
typedef struct {
    int                        fd;
    uint64_t                   reserved;
    void                      *base;            /* the shared zone */
} ngx_http_jupref_memory_t;


typedef struct ngx_http_jupref_main_conf_s  ngx_http_jupref_main_conf_t;

/* upstream/ngx_http_jupref_rpc_zone.h, upstream/ngx_http_jupref_pool.h */
struct ngx_http_jupref_rpc_zone_s;
struct ngx_http_jupref_pick_s;

/* ngx_http_jupref_rpc.h */
typedef struct ngx_http_jupref_rpc_conf_s  ngx_http_jupref_rpc_conf_t;
typedef struct ngx_http_jupref_rpc_s  ngx_http_jupref_rpc_t;
typedef struct ngx_http_jupref_rpc_send_conf_s
    ngx_http_jupref_rpc_send_conf_t;

/* agent/ngx_http_jupref_verify_conf.h */
struct ngx_http_jupref_verify_conf_s;


/* The zone as one cycle knows it. */
typedef struct {
    ngx_http_jupref_shared_t     *shared;
    ngx_http_jupref_memory_t      memory;
    ngx_http_jupref_main_conf_t  *conf;
    ngx_core_conf_t              *core;
    size_t                        size;         /* as configured */
    ngx_str_t                     state;        /* directory; len 0: none */
    ngx_str_t                     edge;         /* its name */
    jupref_disk_t                 disk;
    jupref_store_t                store;
    ngx_fd_t                      lock;         /* the directory's */
    jupref_identity_t            *identity;
} ngx_http_jupref_zone_t;


/* Someone who waits for an event to be synced; in its request's pool. */
typedef struct ngx_http_jupref_wait_s  ngx_http_jupref_wait_t;

/* NGX_OK: it is synced; NGX_ERROR: the log has stopped; NGX_AGAIN: the time
 * is over.  Called once, from the event loop. */
typedef void (*ngx_http_jupref_wait_pt)(ngx_http_jupref_wait_t *wait,
    ngx_int_t rc);

struct ngx_http_jupref_wait_s {
    ngx_queue_t              queue;
    ngx_msec_t               until;
    uint64_t                 seq;
    ngx_http_jupref_wait_pt  handler;
    ngx_http_request_t      *request;
    void                    *data;
    unsigned                 waiting:1;
};


/* Work in a thread whose result a request waits for; not in its pool, so that
 * it outlives the request: `finish` is then called without one. */
typedef struct ngx_http_jupref_work_s  ngx_http_jupref_work_t;

struct ngx_http_jupref_work_s {
    ngx_http_request_t      *request;           /* NULL: gone */
    ngx_http_jupref_zone_t  *zone;
    void                    *data;              /* behind it, of any size */
    void                   (*run)(ngx_http_jupref_work_t *work);
    void                   (*finish)(ngx_http_jupref_work_t *work);
};


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
    ngx_msec_t                  hold;           /* until available */
    time_t                      snapshot_every; /* seconds; 0: never */
    ngx_uint_t                  snapshots;      /* to keep */
    time_t                      retention;      /* seconds; 0: forever */
    ngx_int_t                   request_uri;    /* the variable's index */

    /* NULL: there is no pool of RPC nodes */
    struct ngx_http_jupref_rpc_zone_s  *rpc_zone;

    struct ngx_http_jupref_verify_conf_s  *verify;      /* never NULL */
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
    ngx_msec_t                      commit_timeout;
    ngx_str_t                       api_base;   /* outermost jupref_api */
    ngx_str_t                       link_to;
    ngx_uint_t                      health;     /* ngx_http_jupref_health_e */
    ngx_http_jupref_rpc_conf_t     *rpc;        /* NULL: no jupref_rpc */
    ngx_array_t                    *rpc_costs;  /* of jupref_rpc_cost lines */
    jupref_rate_t                  *rpc_rate;   /* NULL: no limit */
    ngx_flag_t                      rpc_monotonic;
    ngx_http_jupref_rpc_send_conf_t  *rpc_send;
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
    ngx_http_jupref_wait_t     wait;            /* for its event's sync */
    uint64_t                   seq;             /* of its event, 0: none */
    ngx_chain_t               *held;
    ngx_chain_t              **held_last;
    size_t                     held_size;
    unsigned                   matched:1;
    unsigned                   asked:1;         /* the body has been judged */
    unsigned                   sent:1;          /* by an earlier location */
    unsigned                   waiting:1;       /* for the request's body */
    unsigned                   holding:1;
    unsigned                   decided:1;
    unsigned                   committing:1;    /* the answer waits */
    unsigned                   held_whole:1;    /* and is held to its end */
    unsigned                   intended:1;      /* trade.intent is booked */
    unsigned                   unbooked:1;      /* the ledger didn't take it */
} ngx_http_jupref_execute_ctx_t;


/* ngx_http_jupref_csv.h */
typedef struct ngx_http_jupref_csv_s  ngx_http_jupref_csv_t;


typedef struct {
    ngx_http_jupref_order_ctx_t    *order;
    ngx_http_jupref_execute_ctx_t  *execute;
    ngx_http_jupref_csv_t          *csv;
    struct ngx_http_jupref_pick_s  *pick;       /* of an RPC node */
    ngx_http_jupref_rpc_t          *rpc;
    ngx_http_jupref_role_e          role;
    ngx_http_jupref_api_key_t      *key;        /* NULL: none was sent */
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
ngx_table_elt_t *ngx_http_jupref_find_in(ngx_list_t *headers,
    ngx_str_t *lowcase_name, ngx_table_elt_t *after);
void ngx_http_jupref_ask_identity(ngx_http_request_t *r);
ngx_uint_t ngx_http_jupref_is_encoded(ngx_http_request_t *r);
uint64_t ngx_http_jupref_now_ms(void);

/* The same from the system, where nginx's own clock stands still. */
uint64_t ngx_http_jupref_clock_ms(void);


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
char *ngx_http_jupref_snapshot(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_http_jupref_retention(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
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


/* ngx_http_jupref_conf_merge.c */
void *ngx_http_jupref_create_main_conf(ngx_conf_t *cf);
char *ngx_http_jupref_init_main_conf(ngx_conf_t *cf, void *conf);
void *ngx_http_jupref_create_loc_conf(ngx_conf_t *cf);
char *ngx_http_jupref_merge_loc_conf(ngx_conf_t *cf, void *parent,
    void *child);


/* ngx_http_jupref_process.c: the module's hooks */
ngx_int_t ngx_http_jupref_init_module(ngx_cycle_t *cycle);
ngx_int_t ngx_http_jupref_init_process(ngx_cycle_t *cycle);
void ngx_http_jupref_exit_process(ngx_cycle_t *cycle);


/* ngx_http_jupref_memory.c */
ngx_int_t ngx_http_jupref_memory_create(ngx_http_jupref_memory_t *memory,
    ngx_str_t *name, size_t size, ngx_log_t *log);
ngx_int_t ngx_http_jupref_memory_inherit(ngx_http_jupref_memory_t *memory,
    ngx_str_t *name, uint64_t device, uint64_t inode, ngx_log_t *log);
uint64_t ngx_http_jupref_memory_grow(ngx_http_jupref_memory_t *memory,
    uint64_t size);
void ngx_http_jupref_memory_drop(ngx_http_jupref_memory_t *memory,
    uint64_t at, uint64_t size);
void ngx_http_jupref_memory_free(ngx_http_jupref_memory_t *memory);
ngx_uint_t ngx_http_jupref_robust_lock(pthread_mutex_t *mutex);


/* ngx_http_jupref_store.c: the state directory */
ngx_int_t ngx_http_jupref_store_init(ngx_conf_t *cf,
    ngx_http_jupref_main_conf_t *jmcf);
ngx_int_t ngx_http_jupref_store_check(ngx_http_jupref_zone_t *zone,
    ngx_log_t *log);
void ngx_http_jupref_store_close(ngx_http_jupref_zone_t *zone);
void ngx_http_jupref_store_tell(ngx_http_jupref_zone_t *zone);
void ngx_http_jupref_store_enter(ngx_http_jupref_zone_t *zone);
void ngx_http_jupref_store_leave(ngx_http_jupref_zone_t *zone);
ngx_int_t ngx_http_jupref_store_open(ngx_http_jupref_zone_t *zone,
    ngx_uint_t *running, ngx_log_t *log);
ngx_int_t ngx_http_jupref_store_identity(ngx_http_jupref_zone_t *zone,
    ngx_log_t *log);


/* ngx_http_jupref_zone.c */
ngx_int_t ngx_http_jupref_zone_init(ngx_shm_zone_t *shm_zone, void *data);
ngx_int_t ngx_http_jupref_zone_fits(ngx_conf_t *cf, ngx_str_t *name,
    ngx_http_jupref_zone_t *zone);
void ngx_http_jupref_zone_shares(uint64_t size, uint64_t *ledger_size,
    uint64_t *clicks_size);
ngx_int_t ngx_http_jupref_zone_lay(ngx_http_jupref_zone_t *zone,
    uint64_t ledger_at, uint64_t ledger_size, uint64_t clicks_at,
    uint64_t clicks_size);
void ngx_http_jupref_lock(ngx_http_jupref_zone_t *zone);
void ngx_http_jupref_unlock(ngx_http_jupref_zone_t *zone);

/* What lies in the zone; the ledger and the clicks are good while the zone is
 * locked.  NULL for a log that there isn't. */
jupref_ledger_t *ngx_http_jupref_ledger(ngx_http_jupref_zone_t *zone);
jupref_clicks_t *ngx_http_jupref_clicks(ngx_http_jupref_zone_t *zone);
jupref_clicks_t *ngx_http_jupref_orders(ngx_http_jupref_zone_t *zone);
jupref_pending_t *ngx_http_jupref_pending(ngx_http_jupref_zone_t *zone);
jupref_integrity_t *ngx_http_jupref_integrity(ngx_http_jupref_zone_t *zone);
jupref_log_t *ngx_http_jupref_journal(ngx_http_jupref_zone_t *zone);


/* ngx_http_jupref_relay.c: the ledger, laid out anew */
ngx_int_t ngx_http_jupref_relay(ngx_http_jupref_zone_t *zone, uint64_t size,
    ngx_log_t *log);
void ngx_http_jupref_relay_damaged(ngx_http_jupref_zone_t *zone,
    ngx_log_t *log);
ngx_int_t ngx_http_jupref_recover(ngx_http_jupref_zone_t *zone,
    jupref_ledger_t *ledger, uint64_t until, ngx_uint_t cut,
    jupref_place_t *place, ngx_log_t *log);


/* ngx_http_jupref_append.c */

/* Gives the event its place, applies it, logs it; the zone is locked. */
jupref_ledger_result_e ngx_http_jupref_append(ngx_http_jupref_zone_t *zone,
    jupref_event_t *event);

/* Books the clicks that wait, at most once a second (now_ms 0: at once); the
 * zone is locked. */
void ngx_http_jupref_book_clicks(ngx_http_jupref_zone_t *zone,
    uint64_t now_ms);

/* Books what is due by itself; the zone is locked. */
void ngx_http_jupref_upkeep(ngx_http_jupref_zone_t *zone, uint64_t now_ms);

/* Keeps what a former nginx left open as unknown; the zone is locked. */
void ngx_http_jupref_orphans(ngx_http_jupref_zone_t *zone, ngx_log_t *log);

/* seq of the newest event; the zone is locked. */
uint64_t ngx_http_jupref_seq(ngx_http_jupref_zone_t *zone);


/* ngx_http_jupref_commit.c: syncs in threads, and who waits for them */
ngx_int_t ngx_http_jupref_commit_init(ngx_http_jupref_zone_t *zone,
    ngx_log_t *log);
void ngx_http_jupref_commit_exit(ngx_http_jupref_zone_t *zone,
    ngx_log_t *log);

/* Sees to it that what was appended gets synced; doesn't wait. */
void ngx_http_jupref_commit(ngx_http_jupref_zone_t *zone);

/* The same within some milliseconds, with others if there are any. */
void ngx_http_jupref_commit_soon(ngx_http_jupref_zone_t *zone);

/*
 * Calls the handler when `wait->seq` is synced or `timeout` ms are over.
 * NGX_OK when it is synced already, NGX_AGAIN when the handler will be called
 * (not before the caller returns to the event loop), NGX_ERROR when the log
 * has stopped or the wait can't be set up.
 */
ngx_int_t ngx_http_jupref_commit_wait(ngx_http_jupref_zone_t *zone,
    ngx_http_jupref_wait_t *wait, ngx_msec_t timeout);

/* 1 when the log has stopped. */
ngx_uint_t ngx_http_jupref_stopped(ngx_http_jupref_zone_t *zone);

/* Runs `work` (made by the next function) in a thread. */
ngx_int_t ngx_http_jupref_work_post(ngx_http_jupref_work_t *work);
ngx_http_jupref_work_t *ngx_http_jupref_work_create(ngx_http_request_t *r,
    ngx_http_jupref_zone_t *zone, size_t size);


/* ngx_http_jupref_keep.c: snapshots and tiles, in a thread of one worker */
void ngx_http_jupref_keep(ngx_http_jupref_zone_t *zone, uint64_t now_ms);


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
void ngx_http_jupref_trade_intend(ngx_http_request_t *r,
    ngx_http_jupref_execute_ctx_t *execute);
void ngx_http_jupref_trade_book(ngx_http_request_t *r,
    ngx_http_jupref_execute_ctx_t *execute);


/* What is told of an execute: its outcome, or "unbooked". */
const char *ngx_http_jupref_trade_told(
    ngx_http_jupref_execute_ctx_t *execute);

/* ngx_http_jupref_trade.c: an answer went out in time, or late */
void ngx_http_jupref_commit_counted(ngx_http_request_t *r,
    ngx_http_jupref_execute_ctx_t *execute, ngx_uint_t late);


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
