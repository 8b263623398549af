/*
 * The keyring: a file of keys by purpose, read with the configuration.
 *
 * Lines are `<purpose> <key id> <64 hex digits>`; the first key of a purpose
 * signs, all of them verify, so keys rotate by putting a new one first and
 * reloading.  The file's text is wiped once it has been read.
 */

#include "http/ngx_http_jupref.h"

#include "log/jupref_keyring.h"


static char *ngx_http_jupref_keyring_line(ngx_conf_t *cf, ngx_str_t *file,
    ngx_uint_t line, ngx_str_t *text, ngx_http_jupref_keyring_t *keyring);
static u_char *ngx_http_jupref_keyring_read(ngx_conf_t *cf, ngx_str_t *file,
    size_t *len);


char *
ngx_http_jupref_keyring(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    char                         *rv;
    u_char                       *text, *p, *end, *newline;
    size_t                        len;
    ngx_str_t                    *value, file, part;
    ngx_uint_t                    line;
    ngx_http_jupref_keyring_t    *keyring;
    ngx_http_jupref_main_conf_t  *jmcf = conf;

    if (jmcf->keyring) {
        return "is duplicate";
    }

    value = cf->args->elts;
    file = value[1];

    if (ngx_conf_full_name(cf->cycle, &file, 1) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    keyring = ngx_pcalloc(cf->pool, sizeof(ngx_http_jupref_keyring_t));

    if (keyring == NULL
        || ngx_array_init(&keyring->cookie, cf->pool, 2, sizeof(jupref_key_t))
           != NGX_OK
        || ngx_array_init(&keyring->session, cf->pool, 2,
                          sizeof(jupref_key_t))
           != NGX_OK
        || ngx_array_init(&keyring->seal, cf->pool, 2, sizeof(jupref_key_t))
           != NGX_OK)
    {
        return NGX_CONF_ERROR;
    }

    text = ngx_http_jupref_keyring_read(cf, &file, &len);
    if (text == NULL) {
        return NGX_CONF_ERROR;
    }

    rv = NGX_CONF_OK;
    end = text + len;

    for (p = text, line = 1; p < end && rv == NGX_CONF_OK; line++) {
        newline = ngx_strlchr(p, end, '\n');

        if (newline == NULL) {
            newline = end;
        }

        part.data = p;
        part.len = (size_t) (newline - p);

        rv = ngx_http_jupref_keyring_line(cf, &file, line, &part, keyring);
        p = newline + 1;
    }

    ngx_explicit_memzero(text, len);

    jmcf->keyring = keyring;

    return rv;
}


static char *
ngx_http_jupref_keyring_line(ngx_conf_t *cf, ngx_str_t *file, ngx_uint_t line,
    ngx_str_t *text, ngx_http_jupref_keyring_t *keyring)
{
    ngx_str_t                 shown;
    ngx_uint_t                k;
    ngx_array_t              *keys;
    jupref_key_t             *key, read;
    jupref_bytes_t            word;
    jupref_purpose_e          purpose;
    jupref_keyring_result_e   result;

    result = jupref_keyring_line(ngx_http_jupref_bytes(text), &purpose, &read,
                                 &word);

    shown.data = (u_char *) word.data;
    shown.len = word.len;

    switch (result) {

    case JUPREF_KEYRING_EMPTY:
        return NGX_CONF_OK;

    case JUPREF_KEYRING_BAD_PURPOSE:
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "unknown purpose \"%V\" in line %ui of "
                           "\"jupref_keyring\" \"%V\", it must be \"cookie\", "
                           "\"session\" or \"seal\"", &shown, line, file);
        return NGX_CONF_ERROR;

    case JUPREF_KEYRING_BAD_ID:
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid key id \"%V\" in line %ui of "
                           "\"jupref_keyring\" \"%V\", it must be 1 to 16 "
                           "letters, digits, \"_\" or \"-\"", &shown, line,
                           file);
        return NGX_CONF_ERROR;

    case JUPREF_KEYRING_BAD_KEY:
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid key \"%V\" in line %ui of "
                           "\"jupref_keyring\" \"%V\", a line is "
                           "\"<purpose> <key id> <64 hex digits>\"", &shown,
                           line, file);
        return NGX_CONF_ERROR;

    case JUPREF_KEYRING_KEY:
        break;
    }

    keys = purpose == JUPREF_PURPOSE_COOKIE ? &keyring->cookie
           : purpose == JUPREF_PURPOSE_SESSION ? &keyring->session
           : &keyring->seal;

    key = keys->elts;

    for (k = 0; k < keys->nelts; k++) {
        if (ngx_memcmp(key[k].id, read.id, JUPREF_KEY_ID_MAX) == 0) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "duplicate key id \"%V\" in line %ui of "
                               "\"jupref_keyring\" \"%V\"", &shown, line,
                               file);
            return NGX_CONF_ERROR;
        }
    }

    key = ngx_array_push(keys);
    if (key == NULL) {
        return NGX_CONF_ERROR;
    }

    *key = read;
    ngx_explicit_memzero(&read, sizeof(jupref_key_t));

    return NGX_CONF_OK;
}


static u_char *
ngx_http_jupref_keyring_read(ngx_conf_t *cf, ngx_str_t *file, size_t *len)
{
    u_char           *text;
    ssize_t           n;
    ngx_file_t        in;
    ngx_file_info_t   fi;

    ngx_memzero(&in, sizeof(ngx_file_t));
    in.name = *file;
    in.log = cf->log;

    in.fd = ngx_open_file(file->data, NGX_FILE_RDONLY, NGX_FILE_OPEN, 0);

    if (in.fd == NGX_INVALID_FILE) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, ngx_errno,
                           "\"jupref_keyring\" \"%V\" can't be opened", file);
        return NULL;
    }

    text = NULL;

    if (ngx_fd_info(in.fd, &fi) == NGX_FILE_ERROR) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, ngx_errno,
                           "\"jupref_keyring\" \"%V\" can't be examined",
                           file);
        goto done;
    }

    if (!ngx_is_file(&fi) || ngx_file_size(&fi) > JUPREF_KEYRING_MAX)
    {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"jupref_keyring\" \"%V\" must be a plain file of "
                           "at most 64k", file);
        goto done;
    }

    if (ngx_file_access(&fi) & 0007) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"jupref_keyring\" \"%V\" holds secrets but is "
                           "open to others, its mode must be 0600 or 0640",
                           file);
        goto done;
    }

    *len = (size_t) ngx_file_size(&fi);

    text = ngx_pnalloc(cf->temp_pool, *len + 1);
    if (text == NULL) {
        goto done;
    }

    n = ngx_read_file(&in, text, *len, 0);

    if (n != (ssize_t) *len) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, ngx_errno,
                           "\"jupref_keyring\" \"%V\" can't be read", file);
        text = NULL;
    }

done:

    (void) ngx_close_file(in.fd);

    return text;
}
