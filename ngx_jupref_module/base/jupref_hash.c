/*
 * The hash of long spans (see the header).
 *
 * A step waits for the one before it, so a long span is hashed as four that
 * are laced together, as far as it is full rounds, and then their ends.
 */

#include "base/jupref_hash.h"


static inline uint64_t jupref_hash_lanes(uint64_t hash, const uint8_t **at,
    size_t *len);


uint64_t
jupref_hash(const void *bytes, size_t len)
{
    uint64_t        hash;
    const uint8_t  *at;

    at = bytes;
    hash = JUPREF_HASH_START ^ len;

    if (len >= JUPREF_HASH_LONG) {
        hash = jupref_hash_lanes(hash, &at, &len);
    }

    return jupref_hash_rest(hash, at, len);
}


static inline uint64_t
jupref_hash_lanes(uint64_t hash, const uint8_t **at, size_t *len)
{
    uint64_t        one, two, three, four;
    const uint8_t  *word;

    one = hash;
    two = hash + 1;
    three = hash + 2;
    four = hash + 3;

    for (word = *at; *len >= JUPREF_HASH_ROUND; word += JUPREF_HASH_ROUND) {
        one = jupref_hash_step(one, jupref_hash_word(word, 8));
        two = jupref_hash_step(two, jupref_hash_word(word + 8, 8));
        three = jupref_hash_step(three, jupref_hash_word(word + 16, 8));
        four = jupref_hash_step(four, jupref_hash_word(word + 24, 8));
        *len -= JUPREF_HASH_ROUND;
    }

    *at = word;

    hash = jupref_hash_step(one, two);
    hash = jupref_hash_step(hash, three);

    return jupref_hash_step(hash, four);
}
