/*
 * Decimal text to whole numbers and back.
 *
 * Every step is checked for overflow where it happens, so no caller has to
 * know how many digits are too many.
 */

#include "base/jupref_number.h"
#include "base/jupref_assert.h"


#define JUPREF_MICRO_PLACES     6
#define JUPREF_MICRO            1000000
#define JUPREF_TEN_TO_19        UINT64_C(10000000000000000000)

/* An exponent beyond this makes any number of a text that fits into memory
 * zero or too big; it is cut here so that it can be calculated with. */
#define JUPREF_EXPONENT_LIMIT   (INT64_C(1) << 40)


/* A JSON number taken apart: digits × 10^exponent. */
typedef struct {
    const uint8_t  *whole;              /* digits before the point */
    size_t          whole_len;
    const uint8_t  *fraction;           /* digits behind it */
    size_t          fraction_len;
    int64_t         exponent;
} jupref_decimal_t;


static unsigned jupref_split_decimal(jupref_bytes_t text,
    jupref_decimal_t *decimal);
static unsigned jupref_split_exponent(const uint8_t *at, const uint8_t *end,
    int64_t *exponent);
static const uint8_t *jupref_skip_digits(const uint8_t *at,
    const uint8_t *end);
static unsigned jupref_push_digit(uint64_t *value, unsigned digit);
static size_t jupref_format_u64(uint8_t *text, uint64_t value,
    unsigned places);


unsigned
jupref_parse_u64(jupref_bytes_t text, uint64_t *value)
{
    size_t    i;
    uint64_t  sum;

    if (text.len == 0) {
        return 0;
    }

    sum = 0;

    for (i = 0; i < text.len; i++) {
        if (text.data[i] < '0' || text.data[i] > '9'
            || !jupref_push_digit(&sum, text.data[i] - '0'))
        {
            return 0;
        }
    }

    *value = sum;

    return 1;
}


unsigned
jupref_parse_i64(jupref_bytes_t text, int64_t *value)
{
    uint64_t        size;
    unsigned        negative;
    jupref_bytes_t  digits;

    negative = text.len > 0 && text.data[0] == '-';

    digits.data = negative ? text.data + 1 : text.data;
    digits.len = text.len - negative;

    if (!jupref_parse_u64(digits, &size)
        || size > (uint64_t) INT64_MAX + negative)
    {
        return 0;
    }

    if (!negative) {
        *value = (int64_t) size;

    } else if (size == 0) {
        *value = 0;

    } else {
        /* -1 first: the smallest number has no positive twin */
        *value = -1 - (int64_t) (size - 1);
    }

    return 1;
}


unsigned
jupref_parse_micro(jupref_bytes_t text, uint64_t *micro)
{
    int64_t           taken, digits, i;
    uint64_t          value;
    jupref_decimal_t  decimal;

    if (!jupref_split_decimal(text, &decimal)) {
        return 0;
    }

    /* how many digits, counted from the first, stand before the cut */
    digits = (int64_t) (decimal.whole_len + decimal.fraction_len);
    taken = (int64_t) decimal.whole_len + decimal.exponent
            + JUPREF_MICRO_PLACES;

    value = 0;

    for (i = 0; i < taken; i++) {
        unsigned  digit;

        if (i < (int64_t) decimal.whole_len) {
            digit = decimal.whole[i] - '0';

        } else if (i < digits) {
            digit = decimal.fraction[i - (int64_t) decimal.whole_len] - '0';

        } else if (value == 0) {
            break;

        } else {
            digit = 0;
        }

        if (!jupref_push_digit(&value, digit)) {
            return 0;
        }
    }

    *micro = value;

    return 1;
}


size_t
jupref_format_u128(uint8_t *text, jupref_u128_t value)
{
    size_t    len;
    uint64_t  high;

    if (value < JUPREF_TEN_TO_19) {
        return jupref_format_u64(text, (uint64_t) value, 1);
    }

    if (value / JUPREF_TEN_TO_19 < JUPREF_TEN_TO_19) {
        high = (uint64_t) (value / JUPREF_TEN_TO_19);
        len = jupref_format_u64(text, high, 1);

    } else {
        high = (uint64_t) (value / JUPREF_TEN_TO_19 / JUPREF_TEN_TO_19);
        len = jupref_format_u64(text, high, 1);
        high = (uint64_t) (value / JUPREF_TEN_TO_19 % JUPREF_TEN_TO_19);
        len += jupref_format_u64(text + len, high, 19);
    }

    return len + jupref_format_u64(text + len,
                                   (uint64_t) (value % JUPREF_TEN_TO_19), 19);
}


size_t
jupref_format_micro(uint8_t *text, jupref_u128_t micro)
{
    size_t    len;
    uint64_t  rest;

    /* dividing 128 bits costs ten times what 64 do, which nearly all are */

    if (micro <= UINT64_MAX) {
        len = jupref_format_u64(text, (uint64_t) micro / JUPREF_MICRO, 1);
        rest = (uint64_t) micro % JUPREF_MICRO;

    } else {
        len = jupref_format_u128(text, micro / JUPREF_MICRO);
        rest = (uint64_t) (micro % JUPREF_MICRO);
    }

    text[len++] = '.';

    return len + jupref_format_u64(text + len, rest, JUPREF_MICRO_PLACES);
}


/* RFC 8259, section 6, without the minus. */
static unsigned
jupref_split_decimal(jupref_bytes_t text, jupref_decimal_t *decimal)
{
    const uint8_t  *at, *end;

    if (text.len == 0) {
        return 0;
    }

    end = text.data + text.len;

    decimal->whole = text.data;
    at = jupref_skip_digits(text.data, end);
    decimal->whole_len = (size_t) (at - text.data);

    if (decimal->whole_len == 0
        || (decimal->whole_len > 1 && decimal->whole[0] == '0'))
    {
        return 0;
    }

    decimal->fraction = at;
    decimal->fraction_len = 0;

    if (at < end && *at == '.') {
        decimal->fraction = at + 1;
        at = jupref_skip_digits(at + 1, end);
        decimal->fraction_len = (size_t) (at - decimal->fraction);

        if (decimal->fraction_len == 0) {
            return 0;
        }
    }

    return jupref_split_exponent(at, end, &decimal->exponent);
}


static unsigned
jupref_split_exponent(const uint8_t *at, const uint8_t *end,
    int64_t *exponent)
{
    int64_t   size;
    unsigned  negative;

    *exponent = 0;

    if (at == end) {
        return 1;
    }

    if (*at != 'e' && *at != 'E') {
        return 0;
    }

    at++;
    negative = at < end && *at == '-';

    if (at < end && (*at == '-' || *at == '+')) {
        at++;
    }

    if (at == end || jupref_skip_digits(at, end) != end) {
        return 0;
    }

    size = 0;

    for ( /* void */ ; at < end; at++) {
        size = size * 10 + (*at - '0');

        if (size > JUPREF_EXPONENT_LIMIT) {
            size = JUPREF_EXPONENT_LIMIT;
        }
    }

    *exponent = negative ? -size : size;

    return 1;
}


static const uint8_t *
jupref_skip_digits(const uint8_t *at, const uint8_t *end)
{
    while (at < end && *at >= '0' && *at <= '9') {
        at++;
    }

    return at;
}


static unsigned
jupref_push_digit(uint64_t *value, unsigned digit)
{
    return !__builtin_mul_overflow(*value, UINT64_C(10), value)
           && !__builtin_add_overflow(*value, (uint64_t) digit, value);
}


/* At least `places` digits, zeroes in front. */
static size_t
jupref_format_u64(uint8_t *text, uint64_t value, unsigned places)
{
    size_t   len, i;
    uint8_t  reversed[JUPREF_U64_TEXT];

    len = 0;

    do {
        reversed[len++] = (uint8_t) ('0' + value % 10);
        value /= 10;
    } while (value > 0 || len < places);

    for (i = 0; i < len; i++) {
        text[i] = reversed[len - 1 - i];
    }

    return len;
}
