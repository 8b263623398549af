/*
 * The attribution cookie (see the header).
 */

#include "ledger/jupref_cookie.h"

#include <string.h>


/* Edges' clocks may differ by this much. */
#define JUPREF_COOKIE_SKEW_MS  (60 * 1000)

#define JUPREF_COOKIE_LABEL    "jupref cookie\n"


typedef enum {
    JUPREF_PART_VERSION = 0,
    JUPREF_PART_KEY,
    JUPREF_PART_CODE,
    JUPREF_PART_CLICK,
    JUPREF_PART_MAC,
    JUPREF_PARTS
} jupref_cookie_part_e;


static unsigned jupref_cookie_mac(uint8_t mac[JUPREF_SHA256_SIZE],
    const jupref_key_t *key, jupref_bytes_t text);
static const jupref_key_t *jupref_cookie_key(const jupref_key_t *keys,
    unsigned count, jupref_bytes_t id);
static unsigned jupref_cookie_parts(jupref_bytes_t value,
    jupref_bytes_t parts[JUPREF_PARTS]);
static size_t jupref_hex_encode(uint8_t *out, const uint8_t *bytes,
    size_t len);
static unsigned jupref_parse_hex_u64(jupref_bytes_t text, uint64_t *number);


size_t
jupref_cookie_write(uint8_t value[JUPREF_COOKIE_MAX], jupref_bytes_t code,
    uint64_t click_ms, const jupref_key_t *keys, unsigned count)
{
    size_t    i;
    uint8_t  *at, mac[JUPREF_SHA256_SIZE], click[8];

    if (count == 0) {
        return 0;
    }

    at = value;

    memcpy(at, "v1.", 3);
    at += 3;

    for (i = 0; i < JUPREF_KEY_ID_MAX && keys[0].id[i]; i++) {
        *at++ = keys[0].id[i];
    }

    *at++ = '.';
    memcpy(at, code.data, code.len);
    at += code.len;
    *at++ = '.';

    for (i = 0; i < sizeof(click); i++) {
        click[i] = (uint8_t) (click_ms >> (56 - 8 * i));
    }

    at += jupref_hex_encode(at, click, sizeof(click));

    if (!jupref_cookie_mac(mac, &keys[0],
                           (jupref_bytes_t) { value, (size_t) (at - value) }))
    {
        return 0;
    }

    *at++ = '.';
    at += jupref_hex_encode(at, mac, sizeof(mac));

    return (size_t) (at - value);
}


jupref_cookie_result_e
jupref_cookie_read(jupref_bytes_t value, const jupref_key_t *keys,
    unsigned count, uint64_t now_ms, uint64_t window_ms, jupref_bytes_t *code,
    uint64_t *click_ms)
{
    uint8_t              mac[JUPREF_SHA256_SIZE], told[JUPREF_SHA256_SIZE];
    jupref_bytes_t       parts[JUPREF_PARTS], signed_text;
    const jupref_key_t  *key;

    if (value.len > JUPREF_COOKIE_MAX
        || !jupref_cookie_parts(value, parts)
        || !jupref_bytes_equal(parts[JUPREF_PART_VERSION], jupref_bytes("v1"))
        || !jupref_code_is_valid(parts[JUPREF_PART_CODE])
        || !jupref_parse_hex_u64(parts[JUPREF_PART_CLICK], click_ms)
        || !jupref_hex_decode(told, JUPREF_SHA256_SIZE,
                              parts[JUPREF_PART_MAC]))
    {
        return JUPREF_COOKIE_MALFORMED;
    }

    key = jupref_cookie_key(keys, count, parts[JUPREF_PART_KEY]);

    if (key == NULL) {
        return JUPREF_COOKIE_KEY_UNKNOWN;
    }

    signed_text.data = value.data;
    signed_text.len = value.len - parts[JUPREF_PART_MAC].len - 1;

    if (!jupref_cookie_mac(mac, key, signed_text)
        || !jupref_digest_equal(mac, told))
    {
        return JUPREF_COOKIE_FORGED;
    }

    if (*click_ms > now_ms + JUPREF_COOKIE_SKEW_MS
        || (*click_ms < now_ms && now_ms - *click_ms > window_ms))
    {
        return JUPREF_COOKIE_EXPIRED;
    }

    *code = parts[JUPREF_PART_CODE];

    return JUPREF_COOKIE_OK;
}


static unsigned
jupref_cookie_mac(uint8_t mac[JUPREF_SHA256_SIZE], const jupref_key_t *key,
    jupref_bytes_t text)
{
    uint8_t  signed_text[sizeof(JUPREF_COOKIE_LABEL) + JUPREF_COOKIE_MAX];

    memcpy(signed_text, JUPREF_COOKIE_LABEL, sizeof(JUPREF_COOKIE_LABEL) - 1);
    memcpy(signed_text + sizeof(JUPREF_COOKIE_LABEL) - 1, text.data,
           text.len);

    return jupref_hmac_sha256(mac,
               (jupref_bytes_t) { key->key, JUPREF_KEY_SIZE },
               (jupref_bytes_t) { signed_text,
                                  sizeof(JUPREF_COOKIE_LABEL) - 1
                                  + text.len });
}


static const jupref_key_t *
jupref_cookie_key(const jupref_key_t *keys, unsigned count, jupref_bytes_t id)
{
    unsigned  i;
    uint8_t   padded[JUPREF_KEY_ID_MAX];

    if (id.len == 0 || id.len > JUPREF_KEY_ID_MAX) {
        return NULL;
    }

    memset(padded, 0, JUPREF_KEY_ID_MAX);
    memcpy(padded, id.data, id.len);

    for (i = 0; i < count; i++) {
        if (memcmp(keys[i].id, padded, JUPREF_KEY_ID_MAX) == 0) {
            return &keys[i];
        }
    }

    return NULL;
}


/* Exactly five parts between four dots. */

static unsigned
jupref_cookie_parts(jupref_bytes_t value, jupref_bytes_t parts[JUPREF_PARTS])
{
    size_t    i, start;
    unsigned  part;

    part = 0;
    start = 0;

    for (i = 0; i <= value.len; i++) {

        if (i < value.len && value.data[i] != '.') {
            continue;
        }

        if (part == JUPREF_PARTS) {
            return 0;
        }

        parts[part].data = value.data + start;
        parts[part].len = i - start;
        part++;
        start = i + 1;
    }

    return part == JUPREF_PARTS;
}


static size_t
jupref_hex_encode(uint8_t *out, const uint8_t *bytes, size_t len)
{
    size_t  i;

    for (i = 0; i < len; i++) {
        out[2 * i] = (uint8_t) "0123456789abcdef"[bytes[i] >> 4];
        out[2 * i + 1] = (uint8_t) "0123456789abcdef"[bytes[i] & 15];
    }

    return 2 * len;
}


static unsigned
jupref_parse_hex_u64(jupref_bytes_t text, uint64_t *number)
{
    size_t   i;
    uint8_t  bytes[8];

    if (!jupref_hex_decode(bytes, sizeof(bytes), text)) {
        return 0;
    }

    *number = 0;

    for (i = 0; i < sizeof(bytes); i++) {
        *number = *number << 8 | bytes[i];
    }

    return 1;
}
