/*
 * A spread of bytes over 64 bits, for tables and for digests of what changed;
 * nothing that an adversary must not forge.
 *
 * Fixed for all time and machines, because saved digests depend on it.
 */

#ifndef JUPREF_HASH_H
#define JUPREF_HASH_H


#include <stddef.h>
#include <stdint.h>
#include <string.h>


#define JUPREF_HASH_ROUND  (4 * sizeof(uint64_t))
#define JUPREF_HASH_LONG   (2 * JUPREF_HASH_ROUND)      /* in lanes */

#define JUPREF_HASH_START  UINT64_C(0x9e3779b97f4a7c15)
#define JUPREF_HASH_STEP   UINT64_C(0xd6e8feb86659fd93)
#define JUPREF_HASH_END    UINT64_C(0xa0761d6478bd642f)


uint64_t jupref_hash(const void *bytes, size_t len);


/* Eight bytes are one load where the machine has them in that order. */
static inline uint64_t
jupref_hash_word(const uint8_t *bytes, size_t len)
{
    size_t    i;
    uint64_t  word;

#if (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__)

    if (len == sizeof(uint64_t)) {
        memcpy(&word, bytes, sizeof(uint64_t));
        return word;
    }

#endif

    word = 0;

    for (i = 0; i < len; i++) {
        word |= (uint64_t) bytes[i] << (8 * i);
    }

    return word;
}


static inline uint64_t
jupref_hash_step(uint64_t hash, uint64_t word)
{
    hash = (hash ^ word) * JUPREF_HASH_STEP;

    return hash ^ hash >> 32;
}


/*
 * Each step is a bijection of the state, so no word can wipe out what came
 * before it; the end spreads the high bits, where products gather, over the
 * low ones, which choose a table's slot.
 */
static inline uint64_t
jupref_hash_rest(uint64_t hash, const uint8_t *at, size_t len)
{
    while (len >= 8) {
        hash = jupref_hash_step(hash, jupref_hash_word(at, 8));
        at += 8;
        len -= 8;
    }

    if (len > 0) {
        hash = jupref_hash_step(hash, jupref_hash_word(at, len));
    }

    hash *= JUPREF_HASH_END;
    hash ^= hash >> 29;
    hash *= JUPREF_HASH_STEP;

    return hash ^ hash >> 32;
}


/* jupref_hash of less than JUPREF_HASH_LONG bytes, for who knows how many. */
static inline uint64_t
jupref_hash_short(const uint8_t *bytes, size_t len)
{
    return jupref_hash_rest(JUPREF_HASH_START ^ len, bytes, len);
}


#endif /* JUPREF_HASH_H */
