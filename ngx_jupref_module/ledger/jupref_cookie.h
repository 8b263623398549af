/*
 * The attribution cookie: which code was clicked, when, signed by the edge.
 *
 *     v1.<key id>.<code>.<click, ms since 1970 in hex>.<HMAC-SHA-256 in hex>
 *
 * The HMAC is over "jupref cookie\n" and everything before its dot.  The
 * value holds nothing secret and only characters a cookie may have.
 */

#ifndef JUPREF_COOKIE_H
#define JUPREF_COOKIE_H


#include "base/jupref_digest.h"
#include "jupiter/jupref_order_query.h"


#define JUPREF_KEY_ID_MAX  16           /* characters of a key's id */
#define JUPREF_KEY_SIZE    32

/* v1 + key id + code + time + HMAC + dots */
#define JUPREF_COOKIE_MAX                                                     \
    (2 + JUPREF_KEY_ID_MAX + JUPREF_CODE_MAX + 16 + 64 + 4)


/* One key of a purpose; the first of an array signs, all verify. */
typedef struct {
    uint8_t  id[JUPREF_KEY_ID_MAX];     /* zeroes behind it */
    uint8_t  key[JUPREF_KEY_SIZE];
} jupref_key_t;


typedef enum {
    JUPREF_COOKIE_OK = 0,
    JUPREF_COOKIE_MALFORMED,
    JUPREF_COOKIE_KEY_UNKNOWN,
    JUPREF_COOKIE_FORGED,
    JUPREF_COOKIE_EXPIRED               /* or from the future */
} jupref_cookie_result_e;


/* Writes the value, returns its length; 0 when there is no key or OpenSSL
 * fails. */
size_t jupref_cookie_write(uint8_t value[JUPREF_COOKIE_MAX],
    jupref_bytes_t code, uint64_t click_ms, const jupref_key_t *keys,
    unsigned count);

/* `code` borrows from `value`.  A click is good for `window_ms`. */
jupref_cookie_result_e jupref_cookie_read(jupref_bytes_t value,
    const jupref_key_t *keys, unsigned count, uint64_t now_ms,
    uint64_t window_ms, jupref_bytes_t *code, uint64_t *click_ms);


#endif /* JUPREF_COOKIE_H */
