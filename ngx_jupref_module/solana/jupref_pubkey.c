/*
 * base58 by whole words instead of byte by byte.
 *
 * Decoding: ten characters make a number below 58^10 < 2^59, so the value
 * grows by one 64-bit multiplication per word and ten characters.  Encoding:
 * 58^5 < 2^32, so dividing a value of 32-bit words by it needs only 64-bit
 * divisions by a constant, which the compiler turns into multiplications.
 */

#include "solana/jupref_pubkey.h"

#include <string.h>


#define JUPREF_BASE58_MAX_WORDS   8     /* 64-bit, of a signature */
#define JUPREF_BASE58_READ        10    /* characters read at once */
#define JUPREF_BASE58_READ_STEP   UINT64_C(430804206899405824)  /* 58^10 */
#define JUPREF_BASE58_WRITE       5     /* characters written at once */
#define JUPREF_BASE58_WRITE_STEP  UINT64_C(656356768)           /* 58^5 */

/* Groups of five that hold any value: 45 and 90 characters. */
#define JUPREF_BASE58_GROUPS(size)    ((size) / 32 * 9)
#define JUPREF_BASE58_MAX_GROUPS      18
#define JUPREF_BASE58_MAX_CHARACTERS  90

#define JUPREF_BASE58_BAD  0x80


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


/* The alphabet backwards; 0x80 for what isn't in it. */
static const uint8_t  jupref_base58_values[256] = {
    0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80,
    0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80,
    0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80,
    0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80,
    0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80,
    0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80,
    0x80,    0,    1,    2,    3,    4,    5,    6,
       7,    8, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80,
    0x80,    9,   10,   11,   12,   13,   14,   15,
      16, 0x80,   17,   18,   19,   20,   21, 0x80,
      22,   23,   24,   25,   26,   27,   28,   29,
      30,   31,   32, 0x80, 0x80, 0x80, 0x80, 0x80,
    0x80,   33,   34,   35,   36,   37,   38,   39,
      40,   41,   42,   43, 0x80,   44,   45,   46,
      47,   48,   49,   50,   51,   52,   53,   54,
      55,   56,   57, 0x80, 0x80, 0x80, 0x80, 0x80,
    0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80,
    0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80,
    0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80,
    0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80,
    0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80,
    0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80,
    0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80,
    0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80,
    0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80,
    0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80,
    0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80,
    0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80,
    0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80,
    0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80,
    0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80,
    0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80
};


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


/*
 * The first group is the short one, so that every later group moves the
 * value by the same ten places.  words[0] is the lowest.
 */
static unsigned
jupref_base58_decode(uint8_t *bytes, size_t size, jupref_bytes_t text)
{
    size_t         at, end, word, used, ones, zeroes, i;
    uint8_t        digit, bad;
    uint64_t       carry, words[JUPREF_BASE58_MAX_WORDS];
    unsigned __int128  product;

    memset(words, 0, sizeof(words));

    bad = 0;
    used = 0;
    at = 0;
    end = (text.len - 1) % JUPREF_BASE58_READ + 1;

    for ( ;; ) {
        carry = 0;

        for ( /* void */ ; at < end; at++) {
            digit = jupref_base58_values[text.data[at]];
            bad |= digit;
            carry = carry * 58 + digit;
        }

        for (word = 0; word < used; word++) {
            product = (unsigned __int128) words[word]
                      * JUPREF_BASE58_READ_STEP + carry;
            words[word] = (uint64_t) product;
            carry = (uint64_t) (product >> 64);
        }

        if (carry != 0) {
            if (used == size / 8) {
                return 0;
            }

            words[used++] = carry;
        }

        if (end == text.len) {
            break;
        }

        end += JUPREF_BASE58_READ;
    }

    if (bad & JUPREF_BASE58_BAD) {
        return 0;
    }

    for (i = 0; i < size; i++) {
        word = (size - 1 - i) / 8;
        bytes[i] = word < used ? (uint8_t) (words[word] >> (56 - i % 8 * 8))
                               : 0;
    }

    /* every zero byte in front is one '1', or the length isn't `size` */

    for (ones = 0; ones < text.len && text.data[ones] == '1'; ones++) {
        /* void */
    }

    for (zeroes = 0; zeroes < size && bytes[zeroes] == 0; zeroes++) {
        /* void */
    }

    return ones == zeroes;
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
