/*
 * base58 by whole words instead of byte by byte.
 *
 * Decoding is jupref_base58.h's.  Encoding: 58^5 < 2^32, so dividing a value
 * of 32-bit words by it needs only 64-bit divisions by a constant, which the
 * compiler turns into multiplications.
 */

#include "solana/jupref_pubkey.h"
#include "solana/jupref_base58.h"

#include <string.h>


#define JUPREF_BASE58_MAX_WORDS   8     /* 64-bit, of a signature */
#define JUPREF_BASE58_WRITE       5     /* characters written at once */
#define JUPREF_BASE58_WRITE_STEP  UINT64_C(656356768)           /* 58^5 */

/* Groups of five that hold any value: 45 and 90 characters. */
#define JUPREF_BASE58_GROUPS(size)    ((size) / 32 * 9)
#define JUPREF_BASE58_MAX_GROUPS      18
#define JUPREF_BASE58_MAX_CHARACTERS  90


static unsigned jupref_base58_decode(uint8_t *bytes, size_t size,
    jupref_bytes_t text);
static size_t jupref_base58_encode(uint8_t *text, const uint8_t *bytes,
    size_t size);
static void jupref_base58_digits(uint8_t *characters, const uint8_t *bytes,
    size_t size);
static uint32_t jupref_base58_divide(uint32_t *rest, uint32_t word);
static unsigned jupref_is_zero(const uint8_t *bytes, size_t size);


static const char  jupref_base58_alphabet[] =
    "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";


unsigned
jupref_pubkey_parse(jupref_pubkey_t *key, jupref_bytes_t text)
{
    if (text.len < JUPREF_PUBKEY_SIZE || text.len > JUPREF_PUBKEY_TEXT) {
        return 0;
    }

    return jupref_base58_decode(key->bytes, JUPREF_PUBKEY_SIZE, text);
}


unsigned
jupref_signature_parse(jupref_signature_t *signature, jupref_bytes_t text)
{
    if (text.len < JUPREF_SIGNATURE_SIZE
        || text.len > JUPREF_SIGNATURE_TEXT)
    {
        return 0;
    }

    return jupref_base58_decode(signature->bytes, JUPREF_SIGNATURE_SIZE,
                                text);
}


size_t
jupref_pubkey_format(uint8_t text[JUPREF_PUBKEY_TEXT],
    const jupref_pubkey_t *key)
{
    return jupref_base58_encode(text, key->bytes, JUPREF_PUBKEY_SIZE);
}


size_t
jupref_signature_format(uint8_t text[JUPREF_SIGNATURE_TEXT],
    const jupref_signature_t *signature)
{
    return jupref_base58_encode(text, signature->bytes,
                                JUPREF_SIGNATURE_SIZE);
}


unsigned
jupref_pubkey_equal(const jupref_pubkey_t *one, const jupref_pubkey_t *other)
{
    return memcmp(one->bytes, other->bytes, JUPREF_PUBKEY_SIZE) == 0;
}


unsigned
jupref_pubkey_is_zero(const jupref_pubkey_t *key)
{
    return jupref_is_zero(key->bytes, JUPREF_PUBKEY_SIZE);
}


unsigned
jupref_signature_is_zero(const jupref_signature_t *signature)
{
    return jupref_is_zero(signature->bytes, JUPREF_SIGNATURE_SIZE);
}


static unsigned
jupref_base58_decode(uint8_t *bytes, size_t size, jupref_bytes_t text)
{
    size_t    used, zeroes;
    uint64_t  words[JUPREF_BASE58_MAX_WORDS];

    if (!jupref_base58_words(words, size / 8, &used, text)) {
        return 0;
    }

    jupref_base58_unpack(bytes, size, words, used);

    /* every zero byte in front is one '1', or the length isn't `size` */

    for (zeroes = 0; zeroes < size && bytes[zeroes] == 0; zeroes++) {
        /* void */
    }

    return jupref_base58_ones(text) == zeroes;
}


static size_t
jupref_base58_encode(uint8_t *text, const uint8_t *bytes, size_t size)
{
    size_t   zeroes, skipped, len, i;
    uint8_t  characters[JUPREF_BASE58_MAX_CHARACTERS];

    jupref_base58_digits(characters, bytes, size);

    len = JUPREF_BASE58_GROUPS(size) * JUPREF_BASE58_WRITE;

    for (zeroes = 0; zeroes < size && bytes[zeroes] == 0; zeroes++) {
        /* void */
    }

    for (skipped = 0; skipped < len && characters[skipped] == 0; skipped++) {
        /* void */
    }

    for (i = 0; i < zeroes; i++) {
        text[i] = '1';
    }

    for (i = skipped; i < len; i++) {
        text[zeroes + i - skipped] =
            (uint8_t) jupref_base58_alphabet[characters[i]];
    }

    return zeroes + len - skipped;
}


/*
 * All digits, 0 to 57, the highest first, zeroes in front.  words[0] is the
 * highest.  One pass divides three times, each quotient's words going on to
 * the next division as they come, so that the processor has three chains to
 * work on.  Three divisions take more than 2 words off the value.
 */
static void
jupref_base58_digits(uint8_t *characters, const uint8_t *bytes, size_t size)
{
    size_t    pass, count, groups, i;
    uint32_t  words[JUPREF_BASE58_MAX_WORDS * 2];
    uint32_t  rests[JUPREF_BASE58_MAX_GROUPS], first, second, third;

    count = size / 4;
    groups = JUPREF_BASE58_GROUPS(size);

    for (i = 0; i < count; i++) {
        words[i] = (uint32_t) bytes[4 * i] << 24
                   | (uint32_t) bytes[4 * i + 1] << 16
                   | (uint32_t) bytes[4 * i + 2] << 8
                   | (uint32_t) bytes[4 * i + 3];
    }

    memset(rests, 0, sizeof(rests));

    for (pass = 0; pass < groups / 3; pass++) {
        first = second = third = 0;

        for (i = pass * 2; i < count; i++) {
            words[i] = jupref_base58_divide(&first, words[i]);
            words[i] = jupref_base58_divide(&second, words[i]);
            words[i] = jupref_base58_divide(&third, words[i]);
        }

        rests[groups - 1 - pass * 3] = first;
        rests[groups - 2 - pass * 3] = second;
        rests[groups - 3 - pass * 3] = third;
    }

    for (i = 0; i < groups; i++) {
        characters[0] = (uint8_t) (rests[i] / (58 * 58 * 58 * 58));
        characters[1] = (uint8_t) (rests[i] / (58 * 58 * 58) % 58);
        characters[2] = (uint8_t) (rests[i] / (58 * 58) % 58);
        characters[3] = (uint8_t) (rests[i] / 58 % 58);
        characters[4] = (uint8_t) (rests[i] % 58);

        characters += JUPREF_BASE58_WRITE;
    }
}


/* One word of a long division: takes the rest so far, leaves the next. */
static uint32_t
jupref_base58_divide(uint32_t *rest, uint32_t word)
{
    uint64_t  value;

    value = (uint64_t) *rest << 32 | word;
    *rest = (uint32_t) (value % JUPREF_BASE58_WRITE_STEP);

    return (uint32_t) (value / JUPREF_BASE58_WRITE_STEP);
}


static unsigned
jupref_is_zero(const uint8_t *bytes, size_t size)
{
    size_t   i;
    uint8_t  any;

    any = 0;

    for (i = 0; i < size; i++) {
        any |= bytes[i];
    }

    return any == 0;
}
