/*
 * The API's inside: one call, how it is answered, how it is refused.
 */

#ifndef NGX_HTTP_JUPREF_API_H
#define NGX_HTTP_JUPREF_API_H


#include "http/ngx_http_jupref.h"
#include "ledger/jupref_view.h"


#define NGX_HTTP_JUPREF_API_BODY_MAX  (16 * 1024)      /* bytes of a write */


/* Refusals: a row each in ngx_http_jupref_problem.c, and in docs/api.md. */
typedef enum {
    NGX_HTTP_JUPREF_NO_PROBLEM = 0,
    NGX_HTTP_JUPREF_NO_SUCH_RESOURCE,
    NGX_HTTP_JUPREF_NO_SUCH_CODE,
    NGX_HTTP_JUPREF_NO_SUCH_REFERRER,
    NGX_HTTP_JUPREF_METHOD_NOT_ALLOWED,
    NGX_HTTP_JUPREF_INVALID_ARGUMENT,
    NGX_HTTP_JUPREF_INVALID_CURSOR,
    NGX_HTTP_JUPREF_UNAUTHORIZED,
    NGX_HTTP_JUPREF_FORBIDDEN,
    NGX_HTTP_JUPREF_BODY_LIMIT,
    NGX_HTTP_JUPREF_MEDIA_TYPE,
    NGX_HTTP_JUPREF_INVALID_BODY,
    NGX_HTTP_JUPREF_UNKNOWN_FIELD,
    NGX_HTTP_JUPREF_INVALID_FIELD,
    NGX_HTTP_JUPREF_UNKNOWN_TIER,
    NGX_HTTP_JUPREF_UNKNOWN_PARENT,
    NGX_HTTP_JUPREF_REFERRER_EXISTS,
    NGX_HTTP_JUPREF_CODE_TAKEN,
    NGX_HTTP_JUPREF_CODE_EXISTS,
    NGX_HTTP_JUPREF_TOO_MANY_CODES,
    NGX_HTTP_JUPREF_LEDGER_FULL,
    NGX_HTTP_JUPREF_LEDGER_BROKEN,
    NGX_HTTP_JUPREF_OUT_OF_MEMORY,
    NGX_HTTP_JUPREF_JOURNAL_DOWN,
    NGX_HTTP_JUPREF_JOURNAL_NO_ROOM,
    NGX_HTTP_JUPREF_NOT_SYNCED,
    NGX_HTTP_JUPREF_NO_SUCH_TRADE,
    NGX_HTTP_JUPREF_NO_SUCH_MINT,
    NGX_HTTP_JUPREF_WRONG_STATE,
    NGX_HTTP_JUPREF_FEE_MINT_NEEDED,
    NGX_HTTP_JUPREF_NO_JOURNAL,
    NGX_HTTP_JUPREF_JOURNAL_ARCHIVED,
    NGX_HTTP_JUPREF_JOURNAL_UNREADABLE,
    NGX_HTTP_JUPREF_NO_NODE,
    NGX_HTTP_JUPREF_NO_SUCH_INCIDENT,
    NGX_HTTP_JUPREF_NOT_RAISED,
    NGX_HTTP_JUPREF_PROBLEMS
} ngx_http_jupref_problem_e;


typedef struct {
    ngx_http_request_t       *r;
    ngx_http_jupref_zone_t   *zone;
    ngx_str_t                 base;     /* the location: "/v1/" */
    ngx_str_t                 parameter;        /* of the path, decoded */
    jupref_json_writer_t      json;     /* the answer */
    ngx_uint_t                status;   /* 200 unless the handler says else */
    ngx_str_t                 detail;   /* of a refusal */
    ngx_str_t                 allow;    /* of a 405 */
    uint64_t                  seq;      /* what the answer is of, 0: nothing */
    u_char                    head[JUPREF_SHA256_SIZE];
    ngx_http_jupref_wait_t    wait;     /* of a write, for its sync */
    unsigned                  of_ledger:1;  /* tells the newest on disk */
    unsigned                  later:1;  /* the handler will answer itself */
    unsigned                  csv:1;    /* the answer isn't JSON, but that */
} ngx_http_jupref_api_t;


extern ngx_str_t  ngx_http_jupref_csv_type;


typedef ngx_http_jupref_problem_e (*ngx_http_jupref_api_pt)(
    ngx_http_jupref_api_t *api);


/*
 * Notes of which event the answer is going to be: it is told as Jupref-Ledger,
 * and a write waits for its sync.  The zone is locked.
 */
void ngx_http_jupref_api_head(ngx_http_jupref_api_t *api);

/* An empty event that is the act of the key that the call came with. */
void ngx_http_jupref_act(ngx_http_jupref_api_t *api, jupref_event_t *event,
    jupref_event_type_e type);

/* Says so in the answer's header, if anything was noted. */
ngx_int_t ngx_http_jupref_api_tell_head(ngx_http_jupref_api_t *api);

/* Answers a request whose handler set `later`, and ends it. */
void ngx_http_jupref_api_finish(ngx_http_jupref_api_t *api,
    ngx_http_jupref_problem_e problem);

/* Room for an answer of at most `size` bytes; NGX_ERROR when memory is out. */
ngx_int_t ngx_http_jupref_api_room(ngx_http_jupref_api_t *api, size_t size);

/* Memory for views: pools give 8 bytes' alignment, 128-bit sums need 16.  NULL
 * when memory is out. */
void *ngx_http_jupref_api_view(ngx_http_jupref_api_t *api, size_t size);

/* A query argument, decoded into the request's pool; empty: not given. */
ngx_http_jupref_problem_e ngx_http_jupref_api_argument(
    ngx_http_jupref_api_t *api, const char *name, ngx_str_t *value);

/* `limit`: 1 to 100, 20 when not given. */
ngx_http_jupref_problem_e ngx_http_jupref_api_limit(
    ngx_http_jupref_api_t *api, ngx_uint_t *limit);

/*
 * nextCursor, hasMore, the object's end and a Link to the next page, with
 * these other arguments ("&mint=…"; NULL: none).  An empty cursor says that
 * this was the last page.
 */
ngx_http_jupref_problem_e ngx_http_jupref_api_end_page(
    ngx_http_jupref_api_t *api, ngx_uint_t limit, ngx_str_t *cursor,
    ngx_str_t *arguments);

/*
 * Pages of a list whose rows keep their indexes: its cursor is a letter, one
 * for each list, and the index behind which the page begins (0: at the first);
 * end_index() ends a page, `after` 0 says that it was the last.
 */
ngx_http_jupref_problem_e ngx_http_jupref_api_index(
    ngx_http_jupref_api_t *api, u_char letter, uint32_t *after);
ngx_http_jupref_problem_e ngx_http_jupref_api_end_index(
    ngx_http_jupref_api_t *api, u_char letter, uint32_t after,
    ngx_uint_t limit, ngx_str_t *arguments);

/* A query argument that is a key: 0 with `given` 0 when it isn't there. */
ngx_http_jupref_problem_e ngx_http_jupref_api_pubkey(
    ngx_http_jupref_api_t *api, const char *name, jupref_pubkey_t *key,
    ngx_uint_t *given);

/* The path's {wallet}. */
ngx_http_jupref_problem_e ngx_http_jupref_api_wallet(
    ngx_http_jupref_api_t *api, jupref_pubkey_t *wallet);

/* Says what is wrong and gives the problem back, for `return`. */
ngx_http_jupref_problem_e ngx_http_jupref_refuse(ngx_http_jupref_api_t *api,
    ngx_http_jupref_problem_e problem, const char *detail);


/*
 * ngx_http_jupref_api_admin.c: reads a write's body; `wrong` is looked at when
 * the schema's function has refused a member.
 */
ngx_http_jupref_problem_e ngx_http_jupref_admin_body(
    ngx_http_jupref_api_t *api, const jupref_json_schema_t *schema,
    void *body, const char **wrong);

/* What the ledger said of an event that it has refused. */
ngx_http_jupref_problem_e ngx_http_jupref_admin_result(
    ngx_http_jupref_api_t *api, jupref_ledger_result_e result);


/* ngx_http_jupref_problem.c: sends an RFC 9457 problem */
ngx_int_t ngx_http_jupref_send_problem(ngx_http_jupref_api_t *api,
    ngx_http_jupref_problem_e problem);

/* A content type's length without its parameters, for headers_out. */
size_t ngx_http_jupref_type_len(ngx_str_t *content_type);

/* Sends the JSON (or text) answer in `body`. */
ngx_int_t ngx_http_jupref_send(ngx_http_request_t *r, ngx_uint_t status,
    ngx_str_t *content_type, jupref_bytes_t body);


/* ngx_http_jupref_api_*.c: the routes' handlers */
ngx_http_jupref_problem_e ngx_http_jupref_get_code(
    ngx_http_jupref_api_t *api);
ngx_http_jupref_problem_e ngx_http_jupref_get_fees(
    ngx_http_jupref_api_t *api);
ngx_http_jupref_problem_e ngx_http_jupref_get_referrer(
    ngx_http_jupref_api_t *api);
ngx_http_jupref_problem_e ngx_http_jupref_get_leaderboard(
    ngx_http_jupref_api_t *api);
ngx_http_jupref_problem_e ngx_http_jupref_get_trades(
    ngx_http_jupref_api_t *api);
ngx_http_jupref_problem_e ngx_http_jupref_get_referrer_trades(
    ngx_http_jupref_api_t *api);
ngx_http_jupref_problem_e ngx_http_jupref_get_referrer_wallets(
    ngx_http_jupref_api_t *api);
ngx_http_jupref_problem_e ngx_http_jupref_get_platform(
    ngx_http_jupref_api_t *api);
ngx_http_jupref_problem_e ngx_http_jupref_post_referrer(
    ngx_http_jupref_api_t *api);
ngx_http_jupref_problem_e ngx_http_jupref_post_code(
    ngx_http_jupref_api_t *api);
ngx_http_jupref_problem_e ngx_http_jupref_patch_referrer(
    ngx_http_jupref_api_t *api);
ngx_http_jupref_problem_e ngx_http_jupref_post_verify(
    ngx_http_jupref_api_t *api);
ngx_http_jupref_problem_e ngx_http_jupref_post_reject(
    ngx_http_jupref_api_t *api);
ngx_http_jupref_problem_e ngx_http_jupref_post_expire(
    ngx_http_jupref_api_t *api);
ngx_http_jupref_problem_e ngx_http_jupref_post_dispute(
    ngx_http_jupref_api_t *api);
ngx_http_jupref_problem_e ngx_http_jupref_post_resolve(
    ngx_http_jupref_api_t *api);
ngx_http_jupref_problem_e ngx_http_jupref_post_reverse(
    ngx_http_jupref_api_t *api);
ngx_http_jupref_problem_e ngx_http_jupref_get_trial_balance(
    ngx_http_jupref_api_t *api);
ngx_http_jupref_problem_e ngx_http_jupref_get_pools(
    ngx_http_jupref_api_t *api);
ngx_http_jupref_problem_e ngx_http_jupref_get_platform_series(
    ngx_http_jupref_api_t *api);
ngx_http_jupref_problem_e ngx_http_jupref_get_referrer_series(
    ngx_http_jupref_api_t *api);
ngx_http_jupref_problem_e ngx_http_jupref_get_code_series(
    ngx_http_jupref_api_t *api);
ngx_http_jupref_problem_e ngx_http_jupref_get_fee_integrity(
    ngx_http_jupref_api_t *api);
ngx_http_jupref_problem_e ngx_http_jupref_get_reconciliation(
    ngx_http_jupref_api_t *api);
ngx_http_jupref_problem_e ngx_http_jupref_get_incidents(
    ngx_http_jupref_api_t *api);
ngx_http_jupref_problem_e ngx_http_jupref_post_incident_clear(
    ngx_http_jupref_api_t *api);
ngx_http_jupref_problem_e ngx_http_jupref_get_ledger_head(
    ngx_http_jupref_api_t *api);
ngx_http_jupref_problem_e ngx_http_jupref_get_ledger_proof(
    ngx_http_jupref_api_t *api);
ngx_http_jupref_problem_e ngx_http_jupref_get_ledger_consistency(
    ngx_http_jupref_api_t *api);

/* What they show, also as the answer to a write. */
ngx_http_jupref_problem_e ngx_http_jupref_show_code(
    ngx_http_jupref_api_t *api, const jupref_code_name_t *code);
ngx_http_jupref_problem_e ngx_http_jupref_show_referrer(
    ngx_http_jupref_api_t *api, const jupref_pubkey_t *wallet);
void ngx_http_jupref_write_states(jupref_json_writer_t *json,
    const uint64_t trades[JUPREF_STATES]);


#endif /* NGX_HTTP_JUPREF_API_H */
