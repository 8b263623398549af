/*
 * CSV of any length: sent in pieces, each made when the one before is out.
 */

#ifndef NGX_HTTP_JUPREF_CSV_H
#define NGX_HTTP_JUPREF_CSV_H


#include "http/ngx_http_jupref_rows.h"


#define NGX_HTTP_JUPREF_CSV_ROWS  100           /* of a piece */


struct ngx_http_jupref_csv_s {
    ngx_http_jupref_api_t   *api;
    ngx_http_jupref_row_t    row;       /* the piece, in api->json */
    ngx_buf_t                buf;
    ngx_chain_t              chain;
    uint64_t                 left;      /* rows that may still come */
    void                    *source;
    unsigned                 over:1;    /* nothing comes behind the piece */
    unsigned                 begun:1;   /* the header is out */

    /*
     * Writes the next piece.  NGX_OK: it is there; NGX_AGAIN: it will come,
     * and then ngx_http_jupref_csv_send; NGX_ERROR: it can't, and the answer
     * is cut so that the client notices.
     */
    ngx_int_t              (*next)(ngx_http_jupref_csv_t *csv);
};


/* `limit`: rows, any number of them; all without it. */
ngx_http_jupref_problem_e ngx_http_jupref_csv_limit(
    ngx_http_jupref_api_t *api, uint64_t *limit);

/* With room for a piece of rows of at most that many bytes; NULL when memory
 * is out. */
ngx_http_jupref_csv_t *ngx_http_jupref_csv_create(ngx_http_jupref_api_t *api,
    size_t row_size);

/* Empties the piece, for new rows. */
void ngx_http_jupref_csv_clear(ngx_http_jupref_csv_t *csv);

/*
 * Sends the piece, and before the first one the header.  Sets `later`: the
 * request is held and finalized from here on.
 */
void ngx_http_jupref_csv_send(ngx_http_jupref_csv_t *csv);

/* Ends an answer that can't be completed. */
void ngx_http_jupref_csv_cut(ngx_http_jupref_csv_t *csv);


#endif /* NGX_HTTP_JUPREF_CSV_H */
