/*
 * Transactions of all three wire forms (see the header).
 *
 * The same content every time: a fee payer, a program, one instruction.
 */

#include "sample_transaction.h"

#include <string.h>
#include <openssl/sha.h>


#define SAMPLE_KEYS  2


typedef struct {
    uint8_t  bytes[JUPREF_TRANSACTION_MAX];
    size_t   len;
} sample_wire_t;


static void sample_message(sample_wire_t *wire, unsigned versioned,
    size_t data_len);
static void sample_message_v1(sample_wire_t *wire, size_t data_len);
static void sample_put(sample_wire_t *wire, uint8_t byte, size_t count);


void
sample_transaction_make(sample_transaction_t *sample,
    jupref_transaction_version_e version, size_t data_len,
    uint8_t signed_with)
{
    size_t         message_at, message_len;
    sample_wire_t  wire;

    wire.len = 0;

    if (version != JUPREF_TRANSACTION_V1) {
        sample_put(&wire, 1, 1);
        sample_put(&wire, signed_with, JUPREF_SIGNATURE_SIZE);
        message_at = wire.len;
        sample_message(&wire, version == JUPREF_TRANSACTION_V0, data_len);
        message_len = wire.len - message_at;

    } else {
        message_at = 0;
        sample_message_v1(&wire, data_len);
        message_len = wire.len;
        sample_put(&wire, signed_with, JUPREF_SIGNATURE_SIZE);
    }

    SHA256(wire.bytes + message_at, message_len, sample->message_hash);
    memset(&sample->signature, signed_with, sizeof(sample->signature));
    sample_base64(sample->base64, wire.bytes, wire.len);
}


void
sample_base64(char *text, const uint8_t *bytes, size_t len)
{
    size_t             i, left;
    uint32_t           group;
    static const char  digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                  "abcdefghijklmnopqrstuvwxyz0123456789+/";

    for (i = 0; i < len; i += 3) {
        left = len - i;
        group = (uint32_t) bytes[i] << 16
                | (uint32_t) (left > 1 ? bytes[i + 1] : 0) << 8
                | (left > 2 ? bytes[i + 2] : 0);

        *text++ = digits[group >> 18];
        *text++ = digits[group >> 12 & 63];
        *text++ = left > 1 ? digits[group >> 6 & 63] : '=';
        *text++ = left > 2 ? digits[group & 63] : '=';
    }

    *text = '\0';
}


/* legacy and v0 */
static void
sample_message(sample_wire_t *wire, unsigned versioned, size_t data_len)
{
    sample_put(wire, 0x80, versioned);

    sample_put(wire, 1, 1);                     /* signers */
    sample_put(wire, 0, 1);                     /* readonly, signed */
    sample_put(wire, 1, 1);                     /* readonly, unsigned */

    sample_put(wire, SAMPLE_KEYS, 1);
    sample_put(wire, 0x11, JUPREF_PUBKEY_SIZE);
    sample_put(wire, 0x22, JUPREF_PUBKEY_SIZE);
    sample_put(wire, 0x33, 32);                 /* blockhash */

    sample_put(wire, 1, 1);                     /* instructions */
    sample_put(wire, 1, 1);                     /* program */
    sample_put(wire, 1, 1);                     /* accounts */
    sample_put(wire, 0, 1);

    if (data_len < 0x80) {
        sample_put(wire, (uint8_t) data_len, 1);

    } else {
        sample_put(wire, (uint8_t) (data_len | 0x80), 1);
        sample_put(wire, (uint8_t) (data_len >> 7), 1);
    }

    sample_put(wire, 0x44, data_len);
    sample_put(wire, 0, versioned);             /* address table lookups */
}


static void
sample_message_v1(sample_wire_t *wire, size_t data_len)
{
    sample_put(wire, 0x81, 1);

    sample_put(wire, 1, 1);                     /* signers */
    sample_put(wire, 0, 1);                     /* readonly, signed */
    sample_put(wire, 1, 1);                     /* readonly, unsigned */
    sample_put(wire, 0x04, 1);                  /* mask: compute units */
    sample_put(wire, 0, 3);
    sample_put(wire, 0x33, 32);                 /* lifetime */
    sample_put(wire, 1, 1);                     /* instructions */
    sample_put(wire, SAMPLE_KEYS, 1);

    sample_put(wire, 0x11, JUPREF_PUBKEY_SIZE);
    sample_put(wire, 0x22, JUPREF_PUBKEY_SIZE);
    sample_put(wire, 0x7f, 4);                  /* compute units */

    sample_put(wire, 1, 1);                     /* program */
    sample_put(wire, 1, 1);                     /* accounts */
    sample_put(wire, (uint8_t) data_len, 1);
    sample_put(wire, (uint8_t) (data_len >> 8), 1);
    sample_put(wire, 0, 1);
    sample_put(wire, 0x44, data_len);
}


static void
sample_put(sample_wire_t *wire, uint8_t byte, size_t count)
{
    memset(wire->bytes + wire->len, byte, count);
    wire->len += count;
}
