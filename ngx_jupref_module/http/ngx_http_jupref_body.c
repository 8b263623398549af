/*
 * A request's body, read by a JSON reader wherever nginx has put it.
 *
 * It may be in any number of buffers, some of them in a temporary file: what
 * was written there a moment ago is read from the page cache.  Size is
 * bounded by the schema before anything is read.
 *
 * A body is read at one go, so one reader's room serves all of a process's
 * requests: it stays warm, and a request that waits carries none along.
 */

#include "http/ngx_http_jupref.h"


/* More than a reader takes for a text that comes whole. */
#define NGX_HTTP_JUPREF_BODY_ROOM  4096


static ngx_int_t ngx_http_jupref_body_piece(ngx_http_request_t *r,
    ngx_buf_t *b, jupref_bytes_t *piece);
static void *ngx_http_jupref_body_take(void *context, size_t size);
static void ngx_http_jupref_body_release(void *context, void *memory);


static uint64_t    ngx_http_jupref_body_room[NGX_HTTP_JUPREF_BODY_ROOM
                                             / sizeof(uint64_t)];
static ngx_uint_t  ngx_http_jupref_body_room_used;


jupref_json_result_e
ngx_http_jupref_body_read(ngx_http_request_t *r,
    const jupref_json_schema_t *schema, void *context, ngx_str_t *culprit)
{
    off_t                   size;
    ngx_chain_t            *cl;
    jupref_bytes_t          piece, named;
    jupref_memory_t         memory;
    jupref_json_result_e    result;
    jupref_json_reader_t   *reader;

    if (r->request_body == NULL) {
        return JUPREF_JSON_MALFORMED;
    }

    for (size = 0, cl = r->request_body->bufs; cl; cl = cl->next) {
        size += ngx_buf_size(cl->buf);
    }

    if (size > (off_t) schema->max_size) {
        return JUPREF_JSON_TOO_LARGE;
    }

    memory.take = ngx_http_jupref_body_take;
    memory.release = ngx_http_jupref_body_release;
    memory.context = r->pool;

    reader = jupref_json_reader_create(schema, &memory, context);
    if (reader == NULL) {
        return JUPREF_JSON_NO_MEMORY;
    }

    for (cl = r->request_body->bufs; cl; cl = cl->next) {

        if (ngx_http_jupref_body_piece(r, cl->buf, &piece) != NGX_OK) {
            jupref_json_reader_free(reader);
            return JUPREF_JSON_MALFORMED;
        }

        (void) jupref_json_reader_feed(reader, piece);
    }

    result = jupref_json_reader_finish(reader);

    if (culprit) {
        named = jupref_json_reader_culprit(reader);
        culprit->len = 0;
        culprit->data = ngx_pnalloc(r->pool, named.len + 1);

        if (culprit->data) {
            ngx_memcpy(culprit->data, named.data, named.len);
            culprit->len = named.len;
        }
    }

    jupref_json_reader_free(reader);

    return result;
}


static ngx_int_t
ngx_http_jupref_body_piece(ngx_http_request_t *r, ngx_buf_t *b,
    jupref_bytes_t *piece)
{
    u_char   *text;
    ssize_t   n;

    piece->data = b->pos;
    piece->len = (size_t) ngx_buf_size(b);

    if (ngx_buf_in_memory(b) || piece->len == 0) {
        return NGX_OK;
    }

    text = ngx_pnalloc(r->pool, piece->len);
    if (text == NULL) {
        return NGX_ERROR;
    }

    n = ngx_read_file(b->file, text, piece->len, b->file_pos);

    if (n != (ssize_t) piece->len) {
        return NGX_ERROR;
    }

    piece->data = text;

    return NGX_OK;
}


/* What doesn't fit, and who comes when the room is taken, has the pool. */

static void *
ngx_http_jupref_body_take(void *context, size_t size)
{
    if (ngx_http_jupref_body_room_used
        || size > sizeof(ngx_http_jupref_body_room))
    {
        return ngx_palloc(context, size);
    }

    ngx_http_jupref_body_room_used = 1;

    return ngx_http_jupref_body_room;
}


static void
ngx_http_jupref_body_release(void *context, void *memory)
{
    if (memory == ngx_http_jupref_body_room) {
        ngx_http_jupref_body_room_used = 0;
        return;
    }

    (void) ngx_pfree(context, memory);
}
