/*
 * A call to a node: made, sent, ended; and how many are in flight.
 *
 * A client that leaves gives back nothing here by itself: its reads aren't
 * fetches but nginx's own subrequests, which end with it at once; its sends
 * go on, on purpose, for what may land had better land soon, and each holds
 * its place until its node has answered or its time is over.
 */

#include "agent/ngx_http_jupref_fetch_parts.h"
#include "upstream/ngx_http_jupref_rpc_zone.h"


static const char *ngx_http_jupref_fetch_begin(
    ngx_http_jupref_transfer_t *transfer);
static jupref_rpc_transport_e ngx_http_jupref_fetch_transport(
    ngx_http_jupref_transfer_t *transfer, CURLcode code);
static void ngx_http_jupref_fetch_free(ngx_http_jupref_transfer_t *transfer);
static void ngx_http_jupref_fetch_counted(void);
static void *ngx_http_jupref_fetch_take(void *context, size_t size);
static void ngx_http_jupref_fetch_release(void *context, void *memory);


static ngx_queue_t  ngx_http_jupref_transfers;
static ngx_uint_t   ngx_http_jupref_transfers_count;
static ngx_uint_t   ngx_http_jupref_transfers_of[NGX_HTTP_JUPREF_FETCH_KINDS];


const jupref_memory_t  ngx_http_jupref_fetch_memory = {
    ngx_http_jupref_fetch_take,
    ngx_http_jupref_fetch_release,
    NULL
};


ngx_http_jupref_fetch_t *
ngx_http_jupref_fetch_create(ngx_http_jupref_pool_t *pool,
    ngx_http_jupref_pool_node_t *node, ngx_http_jupref_fetch_e kind)
{
    ngx_str_t                   *host;
    ngx_http_jupref_fetch_t     *fetch;
    ngx_http_jupref_transfer_t  *transfer;

    if (ngx_http_jupref_transfers_count >= NGX_HTTP_JUPREF_FETCHES_MAX
        || node->socklen > (socklen_t) sizeof(struct sockaddr_storage))
    {
        return NULL;
    }

    if (kind == NGX_HTTP_JUPREF_FETCH_CLIENT
        && ngx_http_jupref_transfers_of[kind]
           >= NGX_HTTP_JUPREF_FETCHES_CLIENTS)
    {
        return NULL;
    }

    /* as proxy_pass has it: of a unix socket there is no name, and its path
     * is no Host that a server would take */

    host = &pool->upstream->host;

    transfer = ngx_calloc(sizeof(ngx_http_jupref_transfer_t) + host->len,
                          ngx_cycle->log);
    if (transfer == NULL) {
        return NULL;
    }

    if (ngx_http_jupref_transfers.next == NULL) {
        ngx_queue_init(&ngx_http_jupref_transfers);
    }

    fetch = &transfer->fetch;

    ngx_memcpy(&fetch->sockaddr, node->sockaddr, node->socklen);
    fetch->socklen = node->socklen;

    fetch->host.data = (u_char *) (transfer + 1);
    fetch->host.len = host->len;
    ngx_memcpy(fetch->host.data, host->data, host->len);

    fetch->kind = kind;
    fetch->answer_max = NGX_HTTP_JUPREF_FETCH_ANSWER;
    fetch->timeout = NGX_HTTP_JUPREF_FETCH_MS;

    ngx_queue_insert_tail(&ngx_http_jupref_transfers, &transfer->queue);
    ngx_http_jupref_transfers_count++;
    ngx_http_jupref_transfers_of[kind]++;

    return fetch;
}


ngx_int_t
ngx_http_jupref_fetch_start(ngx_http_jupref_fetch_t *fetch)
{
    const char                  *error;
    ngx_http_jupref_transfer_t  *transfer;

    transfer = (ngx_http_jupref_transfer_t *) fetch;
    error = ngx_http_jupref_fetch_begin(transfer);

    if (error) {
        ngx_log_error(NGX_LOG_ALERT, ngx_cycle->log, 0,
                      "jupref: a call to \"%V\" can't be made: %s",
                      &fetch->host, error);
        ngx_http_jupref_fetch_free(transfer);
        return NGX_ERROR;
    }

    transfer->started = 1;
    fetch->started_ms = ngx_http_jupref_steady_ms();

    ngx_http_jupref_fetch_counted();

    return NGX_OK;
}


/* What is in its way, NULL: nothing. */

static const char *
ngx_http_jupref_fetch_begin(ngx_http_jupref_transfer_t *transfer)
{
    CURLM      *multi;
    CURLcode    rc;
    CURLMcode   added;

    multi = ngx_http_jupref_fetch_multi();

    if (multi == NULL) {
        return "libcurl can't be set up";
    }

    rc = ngx_http_jupref_fetch_options(transfer);

    if (rc != CURLE_OK) {
        return curl_easy_strerror(rc);
    }

    added = curl_multi_add_handle(multi, transfer->easy);

    return added == CURLM_OK ? NULL : curl_multi_strerror(added);
}


void
ngx_http_jupref_fetch_reap(CURLM *multi)
{
    int                          left;
    long                         status;
    char                        *private;
    CURLMsg                     *msg;
    CURLcode                     code;
    curl_off_t                   time;
    ngx_http_jupref_fetch_t     *fetch;
    ngx_http_jupref_transfer_t  *transfer;

    while ((msg = curl_multi_info_read(multi, &left)) != NULL) {

        if (msg->msg != CURLMSG_DONE) {
            continue;
        }

        /* the message dies with what follows */

        code = msg->data.result;
        private = NULL;
        (void) curl_easy_getinfo(msg->easy_handle, CURLINFO_PRIVATE, &private);

        transfer = (void *) private;
        fetch = &transfer->fetch;

        status = 0;
        time = 0;
        (void) curl_easy_getinfo(transfer->easy, CURLINFO_RESPONSE_CODE,
                                 &status);
        (void) curl_easy_getinfo(transfer->easy, CURLINFO_STARTTRANSFER_TIME_T,
                                 &time);

        fetch->transport = ngx_http_jupref_fetch_transport(transfer, code);
        fetch->status = (fetch->transport == JUPREF_RPC_ANSWERED)
                        ? (ngx_uint_t) status : 0;
        fetch->latency_us = (uint64_t) time;

        (void) curl_multi_remove_handle(multi, transfer->easy);
        transfer->started = 0;

        fetch->handler(fetch);

        ngx_http_jupref_fetch_free(transfer);
    }
}


static jupref_rpc_transport_e
ngx_http_jupref_fetch_transport(ngx_http_jupref_transfer_t *transfer,
    CURLcode code)
{
    curl_off_t  connected;

    switch (code) {

    case CURLE_OK:
        return JUPREF_RPC_ANSWERED;

    case CURLE_COULDNT_CONNECT:
        return JUPREF_RPC_NOT_CONNECTED;

    case CURLE_OPERATION_TIMEDOUT:
        connected = 0;
        (void) curl_easy_getinfo(transfer->easy, CURLINFO_PRETRANSFER_TIME_T,
                                 &connected);
        return connected ? JUPREF_RPC_TIMED_OUT : JUPREF_RPC_NOT_CONNECTED;

    default:
        return transfer->too_large ? JUPREF_RPC_TOO_LARGE : JUPREF_RPC_RESET;
    }
}


void
ngx_http_jupref_fetch_cancel(ngx_http_jupref_fetch_t *fetch)
{
    ngx_http_jupref_transfer_t  *transfer;

    transfer = (ngx_http_jupref_transfer_t *) fetch;

    if (transfer->started) {
        (void) curl_multi_remove_handle(ngx_http_jupref_fetch_multi(),
                                        transfer->easy);
    }

    ngx_http_jupref_fetch_free(transfer);
}


static void
ngx_http_jupref_fetch_free(ngx_http_jupref_transfer_t *transfer)
{
    if (transfer->easy) {
        curl_easy_cleanup(transfer->easy);
    }

    curl_slist_free_all(transfer->headers);

    if (transfer->fetch.answer.data) {
        ngx_free(transfer->fetch.answer.data);
    }

    ngx_queue_remove(&transfer->queue);
    ngx_http_jupref_transfers_count--;
    ngx_http_jupref_transfers_of[transfer->fetch.kind]--;

    ngx_free(transfer);

    ngx_http_jupref_fetch_counted();
}


/* Somebody waits for an answer: so does the end of the process. */

static void
ngx_http_jupref_fetch_counted(void)
{
    ngx_queue_t                 *q;
    ngx_uint_t                   hold;
    ngx_http_jupref_transfer_t  *transfer;

    hold = 0;

    for (q = ngx_queue_head(&ngx_http_jupref_transfers);
         q != ngx_queue_sentinel(&ngx_http_jupref_transfers);
         q = ngx_queue_next(q))
    {
        transfer = ngx_queue_data(q, ngx_http_jupref_transfer_t, queue);

        if (transfer->started && !transfer->fetch.patient) {
            hold = 1;
            break;
        }
    }

    ngx_http_jupref_fetch_hold(hold);
}


ngx_uint_t
ngx_http_jupref_fetches(void)
{
    return ngx_http_jupref_transfers_count;
}


void
ngx_http_jupref_fetch_exit(void)
{
    ngx_queue_t                 *q;
    ngx_http_jupref_transfer_t  *transfer;

    if (ngx_http_jupref_transfers.next == NULL) {
        return;
    }

    while (!ngx_queue_empty(&ngx_http_jupref_transfers)) {
        q = ngx_queue_head(&ngx_http_jupref_transfers);
        transfer = ngx_queue_data(q, ngx_http_jupref_transfer_t, queue);

        ngx_http_jupref_fetch_cancel(&transfer->fetch);
    }

    ngx_http_jupref_fetch_multi_free();
}


static void *
ngx_http_jupref_fetch_take(void *context, size_t size)
{
    return ngx_alloc(size, ngx_cycle->log);
}


static void
ngx_http_jupref_fetch_release(void *context, void *memory)
{
    ngx_free(memory);
}
