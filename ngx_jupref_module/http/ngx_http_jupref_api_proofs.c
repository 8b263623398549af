/*
 * GET ledger/head, ledger/proof and ledger/consistency: what lets anybody
 * check the log (docs/proofs.md).
 *
 * An event is opened to whoever names the trade that it is of.  Whose trade
 * it was is opened to administrators alone.
 */

#include "http/ngx_http_jupref_proofs.h"

#include "base/jupref_base64.h"


#define NGX_HTTP_JUPREF_HEAD_ROOM    2048
#define NGX_HTTP_JUPREF_HASH_ROOM    (2 * JUPREF_SHA256_SIZE + 4)
#define NGX_HTTP_JUPREF_PATH_ROOM                                             \
    (2 * JUPREF_MERKLE_LEVELS * NGX_HTTP_JUPREF_HASH_ROOM)
#define NGX_HTTP_JUPREF_EVENT_ROOM                                            \
    (1024 + jupref_base64_encoded_size(JUPREF_RECORD_MAX)                     \
     + NGX_HTTP_JUPREF_PATH_ROOM)

#define NGX_HTTP_JUPREF_OPENING      (JUPREF_SALT_SIZE / 2)


static ngx_http_jupref_reading_t *ngx_http_jupref_proofs_create(
    ngx_http_jupref_api_t *api, ngx_http_jupref_ask_e ask,
    void (*finish)(ngx_http_jupref_reading_t *reading,
                   ngx_http_jupref_problem_e problem));
static ngx_http_jupref_problem_e ngx_http_jupref_no_journal(
    ngx_http_jupref_api_t *api);
static ngx_http_jupref_problem_e ngx_http_jupref_proofs_told(
    ngx_http_jupref_reading_t *reading, ngx_http_jupref_problem_e problem,
    size_t room);
static ngx_http_jupref_problem_e ngx_http_jupref_proof_number(
    ngx_http_jupref_api_t *api, const char *name, const char *refusal,
    uint64_t *number);
static void ngx_http_jupref_head_told(ngx_http_jupref_reading_t *reading,
    ngx_http_jupref_problem_e problem);
static uint64_t ngx_http_jupref_proof_seqs(ngx_http_jupref_api_t *api,
    ngx_http_jupref_proofs_t *proofs);
static void ngx_http_jupref_proof_told(ngx_http_jupref_reading_t *reading,
    ngx_http_jupref_problem_e problem);
static unsigned ngx_http_jupref_proof_asked(ngx_str_t *type,
    const jupref_event_proof_t *proof);
static void ngx_http_jupref_write_event(ngx_http_jupref_api_t *api,
    const jupref_event_proof_t *proof, const jupref_pubkey_t *taker);
static void ngx_http_jupref_growth_told(ngx_http_jupref_reading_t *reading,
    ngx_http_jupref_problem_e problem);
static void ngx_http_jupref_write_checkpoint(jupref_json_writer_t *json,
    const ngx_http_jupref_proofs_t *proofs);
static void ngx_http_jupref_write_path(jupref_json_writer_t *json,
    const char *name, const jupref_proof_t *proof);
static void ngx_http_jupref_write_hash(jupref_json_writer_t *json,
    const char *name, const uint8_t hash[JUPREF_SHA256_SIZE]);
static void ngx_http_jupref_write_base64(jupref_json_writer_t *json,
    const char *name, jupref_bytes_t bytes);


ngx_http_jupref_problem_e
ngx_http_jupref_get_ledger_head(ngx_http_jupref_api_t *api)
{
    ngx_http_jupref_reading_t  *reading;

    if (api->zone->shared->log_at == 0) {
        return ngx_http_jupref_no_journal(api);
    }

    reading = ngx_http_jupref_proofs_create(api, NGX_HTTP_JUPREF_ASK_HEAD,
                                            ngx_http_jupref_head_told);

    return reading ? ngx_http_jupref_reading_start(reading, 0)
                   : NGX_HTTP_JUPREF_OUT_OF_MEMORY;
}


static void
ngx_http_jupref_head_told(ngx_http_jupref_reading_t *reading,
    ngx_http_jupref_problem_e problem)
{
    size_t                     len;
    jupref_bytes_t             origin, key;
    jupref_json_writer_t      *json;
    ngx_http_jupref_proofs_t  *proofs;
    char                       text[JUPREF_CHECKPOINT_MAX];

    proofs = reading->data;
    json = &reading->api->json;

    problem = ngx_http_jupref_proofs_told(reading, problem,
                                          NGX_HTTP_JUPREF_HEAD_ROOM);

    if (problem != NGX_HTTP_JUPREF_NO_PROBLEM) {
        ngx_http_jupref_api_finish(reading->api, problem);
        return;
    }

    origin = jupref_padded(proofs->zone->identity->origin, JUPREF_ORIGIN_MAX);
    len = jupref_verifier_key(text, proofs->zone->identity);
    key = (jupref_bytes_t) { (const uint8_t *) text, len };

    jupref_json_object(json, NULL);
    jupref_json_number(json, "size", proofs->size);
    ngx_http_jupref_write_hash(json, "root", proofs->root);

    if (proofs->size) {
        ngx_http_jupref_write_hash(json, "head", proofs->head);
        jupref_json_time(json, "time", proofs->head_ms);

    } else {
        jupref_json_null(json, "head");
        jupref_json_null(json, "time");
    }

    jupref_json_string(json, "origin", origin);
    jupref_json_string(json, "verifierKey", key);
    ngx_http_jupref_write_checkpoint(json, proofs);
    jupref_json_object_end(json);

    ngx_http_jupref_api_finish(reading->api, NGX_HTTP_JUPREF_NO_PROBLEM);
}


ngx_http_jupref_problem_e
ngx_http_jupref_get_ledger_proof(ngx_http_jupref_api_t *api)
{
    uint64_t                    seq, newest;
    ngx_str_t                   text;
    ngx_http_jupref_proofs_t   *proofs;
    ngx_http_jupref_problem_e   problem;
    ngx_http_jupref_reading_t  *reading;

    if (api->zone->shared->log_at == 0) {
        return ngx_http_jupref_no_journal(api);
    }

    reading = ngx_http_jupref_proofs_create(api, NGX_HTTP_JUPREF_ASK_EVENTS,
                                            ngx_http_jupref_proof_told);
    if (reading == NULL) {
        return NGX_HTTP_JUPREF_OUT_OF_MEMORY;
    }

    proofs = reading->data;

    problem = ngx_http_jupref_api_argument(api, "trade", &text);
    if (problem != NGX_HTTP_JUPREF_NO_PROBLEM) {
        return problem;
    }

    if (!jupref_signature_parse(&proofs->signature,
                                ngx_http_jupref_bytes(&text)))
    {
        return ngx_http_jupref_refuse(api, NGX_HTTP_JUPREF_INVALID_ARGUMENT,
                   "trade must be a trade's signature, the base58 of 64 "
                   "bytes");
    }

    problem = ngx_http_jupref_proof_number(api, "seq",
                  "seq must be the number of an event, 1 or more", &seq);
    if (problem != NGX_HTTP_JUPREF_NO_PROBLEM) {
        return problem;
    }

    proofs->seqs[0] = seq;
    newest = ngx_http_jupref_proof_seqs(api, proofs);

    if (proofs->seqs[0] == 0) {
        return ngx_http_jupref_refuse(api, NGX_HTTP_JUPREF_NO_SUCH_TRADE,
                   "the ledger's table has no trade of this signature; for "
                   "one that was archived give its archivedSeq as seq");
    }

    if (newest == 0) {
        return ngx_http_jupref_refuse(api, NGX_HTTP_JUPREF_NO_SUCH_TRADE,
                   "the log has no event of this seq yet");
    }

    return ngx_http_jupref_reading_start(reading, newest);
}


/*
 * Without a seq those that the trade's row names.  Tells which one is the
 * newest of those asked for, 0 for one that isn't there.
 */

static uint64_t
ngx_http_jupref_proof_seqs(ngx_http_jupref_api_t *api,
    ngx_http_jupref_proofs_t *proofs)
{
    uint32_t             index;
    uint64_t             newest;
    jupref_ledger_t     *ledger;
    jupref_trade_row_t  *row;

    ngx_http_jupref_lock(api->zone);

    ledger = ngx_http_jupref_ledger(api->zone);

    if (proofs->seqs[0] == 0) {
        index = jupref_find_trade(ledger, &proofs->signature);

        if (index) {
            row = jupref_trade(ledger, index);
            proofs->seqs[0] = row->seq;
            proofs->seqs[1] = row->verified_seq;
        }
    }

    newest = ngx_max(proofs->seqs[0], proofs->seqs[1]);

    if (newest > ngx_http_jupref_seq(api->zone)) {
        newest = 0;
    }

    ngx_http_jupref_unlock(api->zone);

    return newest;
}


static void
ngx_http_jupref_proof_told(ngx_http_jupref_reading_t *reading,
    ngx_http_jupref_problem_e problem)
{
    uint8_t                     signature[JUPREF_SIGNATURE_TEXT];
    unsigned                    i, at, first, told;
    ngx_str_t                   type;
    ngx_http_jupref_api_t      *api;
    jupref_json_writer_t       *json;
    ngx_http_jupref_proofs_t   *proofs;

    api = reading->api;
    json = &api->json;
    proofs = reading->data;
    told = 0;

    problem = ngx_http_jupref_proofs_told(reading, problem,
                  NGX_HTTP_JUPREF_HEAD_ROOM
                  + NGX_HTTP_JUPREF_PROOF_EVENTS * NGX_HTTP_JUPREF_EVENT_ROOM);

    if (problem == NGX_HTTP_JUPREF_NO_PROBLEM) {
        problem = ngx_http_jupref_api_argument(api, "type", &type);
    }

    if (problem == NGX_HTTP_JUPREF_NO_PROBLEM && proofs->foreign) {
        problem = ngx_http_jupref_refuse(api, NGX_HTTP_JUPREF_NO_SUCH_TRADE,
                                         "the event of this seq isn't this "
                                         "trade's");
    }

    if (problem != NGX_HTTP_JUPREF_NO_PROBLEM) {
        ngx_http_jupref_api_finish(api, problem);
        return;
    }

    jupref_json_object(json, NULL);
    jupref_json_string(json, "signature", (jupref_bytes_t) { signature,
        jupref_signature_format(signature, &proofs->signature) });
    jupref_json_number(json, "treeSize", proofs->size);
    ngx_http_jupref_write_hash(json, "root", proofs->root);
    ngx_http_jupref_write_checkpoint(json, proofs);
    jupref_json_array(json, "events");

    /* by seq: trade.archived names those before it, and is proven first */

    first = (proofs->count > 1
             && proofs->events[0].seq > proofs->events[1].seq);

    for (i = 0; i < proofs->count; i++) {
        at = (i + first) % proofs->count;

        if (ngx_http_jupref_proof_asked(&type, &proofs->events[at])) {
            ngx_http_jupref_write_event(api, &proofs->events[at],
                                        &proofs->takers[at]);
            told = 1;
        }
    }

    jupref_json_array_end(json);
    jupref_json_object_end(json);

    if (!told) {
        problem = ngx_http_jupref_refuse(api, NGX_HTTP_JUPREF_NO_SUCH_TRADE,
                                         "the trade has no such event that "
                                         "could be named here");
    }

    ngx_http_jupref_api_finish(api, problem);
}


/* `type` is an event's name, or what stands behind its dot. */

static unsigned
ngx_http_jupref_proof_asked(ngx_str_t *type,
    const jupref_event_proof_t *proof)
{
    size_t       len;
    const char  *name;

    name = jupref_event_name(proof->record.type);
    len = ngx_strlen(name);

    return type->len == 0
           || (len == type->len && ngx_memcmp(name, type->data, len) == 0)
           || (len > type->len && name[len - type->len - 1] == '.'
               && ngx_memcmp(name + len - type->len, type->data, type->len)
                  == 0);
}


static void
ngx_http_jupref_write_event(ngx_http_jupref_api_t *api,
    const jupref_event_proof_t *proof, const jupref_pubkey_t *taker)
{
    uint8_t                text[JUPREF_PUBKEY_TEXT];
    jupref_json_writer_t  *json;

    json = &api->json;

    jupref_json_object(json, NULL);
    jupref_json_cstring(json, "type", jupref_event_name(proof->record.type));
    jupref_json_number(json, "seq", proof->seq);
    jupref_json_time(json, "time", proof->record.time_ms);
    jupref_json_number(json, "index", proof->seq - 1);
    ngx_http_jupref_write_base64(json, "leaf", (jupref_bytes_t) {
                                     proof->leaf, JUPREF_LEAF_SIZE });
    ngx_http_jupref_write_hash(json, "leafHash", proof->leaf_hash);
    ngx_http_jupref_write_path(json, "inclusion", &proof->inclusion);
    ngx_http_jupref_write_base64(json, "salt", (jupref_bytes_t) {
                                     proof->record.salt,
                                     NGX_HTTP_JUPREF_OPENING });
    ngx_http_jupref_write_base64(json, "body", proof->record.public_body);

    if (!jupref_pubkey_is_zero(taker)
        && ngx_http_jupref_role(api->r) == NGX_HTTP_JUPREF_ROLE_ADMIN)
    {
        jupref_json_string(json, "taker", (jupref_bytes_t) { text,
            jupref_pubkey_format(text, taker) });
        ngx_http_jupref_write_base64(json, "takerSalt", (jupref_bytes_t) {
                                         proof->record.salt
                                         + NGX_HTTP_JUPREF_OPENING,
                                         NGX_HTTP_JUPREF_OPENING });
    }

    jupref_json_object_end(json);
}


ngx_http_jupref_problem_e
ngx_http_jupref_get_ledger_consistency(ngx_http_jupref_api_t *api)
{
    ngx_http_jupref_proofs_t   *proofs;
    ngx_http_jupref_problem_e   problem;
    ngx_http_jupref_reading_t  *reading;

    if (api->zone->shared->log_at == 0) {
        return ngx_http_jupref_no_journal(api);
    }

    reading = ngx_http_jupref_proofs_create(api, NGX_HTTP_JUPREF_ASK_GROWTH,
                                            ngx_http_jupref_growth_told);
    if (reading == NULL) {
        return NGX_HTTP_JUPREF_OUT_OF_MEMORY;
    }

    proofs = reading->data;

    problem = ngx_http_jupref_proof_number(api, "from",
                  "from must be a tree's size, 1 or more", &proofs->from);

    if (problem == NGX_HTTP_JUPREF_NO_PROBLEM && proofs->from == 0) {
        problem = ngx_http_jupref_refuse(api, NGX_HTTP_JUPREF_INVALID_ARGUMENT,
                      "from must be given: a tree's size, 1 or more");
    }

    if (problem == NGX_HTTP_JUPREF_NO_PROBLEM) {
        problem = ngx_http_jupref_proof_number(api, "to",
                      "to must be a tree's size, 1 or more", &proofs->to);
    }

    return problem ? problem : ngx_http_jupref_reading_start(reading, 0);
}


static void
ngx_http_jupref_growth_told(ngx_http_jupref_reading_t *reading,
    ngx_http_jupref_problem_e problem)
{
    jupref_json_writer_t      *json;
    ngx_http_jupref_proofs_t  *proofs;

    proofs = reading->data;
    json = &reading->api->json;

    problem = ngx_http_jupref_proofs_told(reading, problem,
                                          NGX_HTTP_JUPREF_HEAD_ROOM
                                          + NGX_HTTP_JUPREF_PATH_ROOM);

    if (problem != NGX_HTTP_JUPREF_NO_PROBLEM) {
        ngx_http_jupref_api_finish(reading->api, problem);
        return;
    }

    jupref_json_object(json, NULL);
    jupref_json_number(json, "from", proofs->from);
    ngx_http_jupref_write_hash(json, "fromRoot", proofs->from_root);
    jupref_json_number(json, "to", proofs->to);
    ngx_http_jupref_write_hash(json, "toRoot", proofs->to_root);
    ngx_http_jupref_write_path(json, "consistency", &proofs->growth);
    jupref_json_object_end(json);

    ngx_http_jupref_api_finish(reading->api, NGX_HTTP_JUPREF_NO_PROBLEM);
}


static ngx_http_jupref_problem_e
ngx_http_jupref_no_journal(ngx_http_jupref_api_t *api)
{
    return ngx_http_jupref_refuse(api, NGX_HTTP_JUPREF_NO_JOURNAL,
               "the ledger is kept in memory only: there is no log to prove "
               "anything by");
}


static ngx_http_jupref_reading_t *
ngx_http_jupref_proofs_create(ngx_http_jupref_api_t *api,
    ngx_http_jupref_ask_e ask,
    void (*finish)(ngx_http_jupref_reading_t *reading,
                   ngx_http_jupref_problem_e problem))
{
    ngx_http_jupref_proofs_t   *proofs;
    ngx_http_jupref_reading_t  *reading;

    reading = ngx_http_jupref_reading_create(api, NGX_HTTP_JUPREF_LANE_PROOF,
                                             sizeof(ngx_http_jupref_proofs_t));
    if (reading == NULL) {
        return NULL;
    }

    reading->run = ngx_http_jupref_proofs_read;
    reading->finish = finish;

    proofs = reading->data;
    proofs->zone = api->zone;
    proofs->ask = ask;

    return reading;
}


/* What stands in an argument; 0 when it isn't given. */

static ngx_http_jupref_problem_e
ngx_http_jupref_proof_number(ngx_http_jupref_api_t *api, const char *name,
    const char *refusal, uint64_t *number)
{
    ngx_str_t                  text;
    ngx_http_jupref_problem_e  problem;

    *number = 0;

    problem = ngx_http_jupref_api_argument(api, name, &text);

    if (problem != NGX_HTTP_JUPREF_NO_PROBLEM || text.len == 0) {
        return problem;
    }

    if (!jupref_parse_u64(ngx_http_jupref_bytes(&text), number)
        || *number == 0)
    {
        return ngx_http_jupref_refuse(api, NGX_HTTP_JUPREF_INVALID_ARGUMENT,
                                      refusal);
    }

    return NGX_HTTP_JUPREF_NO_PROBLEM;
}


/* Whether there is something to tell, and room for it. */

static ngx_http_jupref_problem_e
ngx_http_jupref_proofs_told(ngx_http_jupref_reading_t *reading,
    ngx_http_jupref_problem_e problem, size_t room)
{
    ngx_http_jupref_api_t     *api;
    ngx_http_jupref_proofs_t  *proofs;

    api = reading->api;
    proofs = reading->data;

    if (problem != NGX_HTTP_JUPREF_NO_PROBLEM) {
        return problem;
    }

    if (proofs->fault.fault != JUPREF_FAULT_NONE) {
        return ngx_http_jupref_reading_failed(api, &proofs->fault);
    }

    if (proofs->beyond) {
        return ngx_http_jupref_refuse(api, NGX_HTTP_JUPREF_INVALID_ARGUMENT,
                   "from and to must be sizes that the tree has had, from not "
                   "larger than to");
    }

    api->seq = proofs->size;
    ngx_memcpy(api->head, proofs->head, JUPREF_SHA256_SIZE);

    return (ngx_http_jupref_api_room(api, room) == NGX_OK)
           ? NGX_HTTP_JUPREF_NO_PROBLEM : NGX_HTTP_JUPREF_OUT_OF_MEMORY;
}


static void
ngx_http_jupref_write_checkpoint(jupref_json_writer_t *json,
    const ngx_http_jupref_proofs_t *proofs)
{
    char    text[JUPREF_CHECKPOINT_MAX];
    size_t  len;

    len = jupref_checkpoint_write(text, proofs->zone->identity, proofs->size,
                                  proofs->root);

    if (len == 0) {
        jupref_json_null(json, "checkpoint");
        return;
    }

    jupref_json_string(json, "checkpoint", (jupref_bytes_t) {
                           (const uint8_t *) text, len });
}


static void
ngx_http_jupref_write_path(jupref_json_writer_t *json, const char *name,
    const jupref_proof_t *proof)
{
    unsigned  i;

    jupref_json_array(json, name);

    for (i = 0; i < proof->count; i++) {
        ngx_http_jupref_write_hash(json, NULL, proof->hashes[i]);
    }

    jupref_json_array_end(json);
}


static void
ngx_http_jupref_write_hash(jupref_json_writer_t *json, const char *name,
    const uint8_t hash[JUPREF_SHA256_SIZE])
{
    u_char  text[2 * JUPREF_SHA256_SIZE];

    (void) ngx_hex_dump(text, (u_char *) hash, JUPREF_SHA256_SIZE);

    jupref_json_string(json, name, (jupref_bytes_t) { text, sizeof(text) });
}


static void
ngx_http_jupref_write_base64(jupref_json_writer_t *json, const char *name,
    jupref_bytes_t bytes)
{
    u_char  text[jupref_base64_encoded_size(JUPREF_RECORD_MAX) + 1];

    jupref_json_string(json, name, (jupref_bytes_t) {
                           text, jupref_base64_encode(text, bytes) });
}
