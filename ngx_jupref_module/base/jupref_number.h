/*
 * Numbers as money needs them: whole, checked, never floating point.
 *
 * Amounts are uint64_t base units, sums unsigned __int128, US dollars are
 * micro-dollars (1 USD = 1,000,000).
 */

#ifndef JUPREF_NUMBER_H
#define JUPREF_NUMBER_H


#include "base/jupref_assert.h"
#include "base/jupref_bytes.h"


#define JUPREF_U64_TEXT    20           /* "18446744073709551615" */
#define JUPREF_U128_TEXT   39
#define JUPREF_MICRO_TEXT  46           /* u128 with point and six places */

#define JUPREF_BPS_WHOLE   10000        /* basis points in one whole */


typedef unsigned __int128  jupref_u128_t;


/*
 * Decimal digits only, no sign, no blanks, at least one; leading zeroes are
 * fine.  Returns 1, or 0 when it isn't that or doesn't fit.
 */
unsigned jupref_parse_u64(jupref_bytes_t text, uint64_t *value);

/* The same with an optional minus. */
unsigned jupref_parse_i64(jupref_bytes_t text, int64_t *value);

/*
 * A JSON number's text ("12.5", "1e-7", "0.00000012E3") as micro-units, cut
 * (not rounded) after the sixth place.  Returns 0 for a negative number, for
 * what isn't a JSON number and for what doesn't fit into 64 bits.
 */
unsigned jupref_parse_micro(jupref_bytes_t text, uint64_t *micro);

/* Writes decimal text without a terminator, returns its length. */
size_t jupref_format_u128(uint8_t *text, jupref_u128_t value);

/* Micro-units as "12.345678": always six places. */
size_t jupref_format_micro(uint8_t *text, jupref_u128_t micro);


/*
 * floor(value × factor / divisor) without overflow on the way; divisor > 0,
 * and the caller knows that the result fits (factor <= divisor).  Nearly all
 * products fit into 64 bits, and a division by a constant then is none.
 */
static inline uint64_t
jupref_mul_div(uint64_t value, uint64_t factor, uint64_t divisor)
{
    jupref_u128_t  product;

    jupref_assert(divisor > 0);

    product = (jupref_u128_t) value * factor;

    if (product <= UINT64_MAX) {
        return (uint64_t) product / divisor;
    }

    product /= divisor;

    jupref_assert(product <= UINT64_MAX);

    return (uint64_t) product;
}


#endif /* JUPREF_NUMBER_H */
