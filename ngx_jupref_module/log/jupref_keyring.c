/*
 * A line of the keyring (see the header).
 */

#include "log/jupref_keyring.h"

#include <string.h>


static jupref_bytes_t jupref_keyring_word(jupref_bytes_t *line);
static unsigned jupref_key_id_valid(jupref_bytes_t id);


static const char *const  jupref_purposes[JUPREF_PURPOSES] = {
    [JUPREF_PURPOSE_COOKIE] = "cookie",
    [JUPREF_PURPOSE_SESSION] = "session",
    [JUPREF_PURPOSE_SEAL] = "seal"
};


jupref_keyring_result_e
jupref_keyring_line(jupref_bytes_t line, jupref_purpose_e *purpose,
    jupref_key_t *key, jupref_bytes_t *word)
{
    unsigned        i;
    jupref_bytes_t  id, hex, rest;

    *word = jupref_keyring_word(&line);

    if (word->len == 0 || word->data[0] == '#') {
        return JUPREF_KEYRING_EMPTY;
    }

    for (i = 0; i < JUPREF_PURPOSES; i++) {
        if (word->len == strlen(jupref_purposes[i])
            && memcmp(word->data, jupref_purposes[i], word->len) == 0)
        {
            break;
        }
    }

    if (i == JUPREF_PURPOSES) {
        return JUPREF_KEYRING_BAD_PURPOSE;
    }

    *purpose = i;
    id = jupref_keyring_word(&line);
    hex = jupref_keyring_word(&line);
    rest = jupref_keyring_word(&line);
    *word = id;

    if (!jupref_key_id_valid(id)) {
        return JUPREF_KEYRING_BAD_ID;
    }

    memset(key, 0, sizeof(jupref_key_t));
    memcpy(key->id, id.data, id.len);

    if (rest.len > 0 || !jupref_hex_decode(key->key, JUPREF_KEY_SIZE, hex)) {
        return JUPREF_KEYRING_BAD_KEY;
    }

    return JUPREF_KEYRING_KEY;
}


/* Cuts the first word off the line. */

static jupref_bytes_t
jupref_keyring_word(jupref_bytes_t *line)
{
    jupref_bytes_t  word;
    const uint8_t  *p, *end;

    p = line->data;
    end = p + line->len;

    while (p < end && (*p == ' ' || *p == '\t' || *p == '\r')) {
        p++;
    }

    word.data = p;

    while (p < end && *p != ' ' && *p != '\t' && *p != '\r') {
        p++;
    }

    word.len = (size_t) (p - word.data);

    line->data = p;
    line->len = (size_t) (end - p);

    return word;
}


static unsigned
jupref_key_id_valid(jupref_bytes_t id)
{
    size_t   i;
    uint8_t  c;

    if (id.len == 0 || id.len > JUPREF_KEY_ID_MAX) {
        return 0;
    }

    for (i = 0; i < id.len; i++) {
        c = id.data[i];

        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')
              || (c >= '0' && c <= '9') || c == '_' || c == '-'))
        {
            return 0;
        }
    }

    return 1;
}
