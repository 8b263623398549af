/*
 * The attribution cookie: a value that is taken is one the edge has written,
 * and no change of one bit goes unseen.
 *
 * An input is read as a cookie; where it is a code, a cookie of it is written,
 * read and changed.
 */

#include "ledger/jupref_cookie.h"

#include "fuzzing.h"


#define NOW_MS     UINT64_C(1763838000000)
#define WINDOW_MS  UINT64_C(2592000000)


static const jupref_key_t  keys[] = {
    { "k2", "0123456789abcdef0123456789abcde" },
    { "k1", "fedcba9876543210fedcba987654321" }
};


static jupref_cookie_result_e
read_value(const uint8_t *value, size_t len, jupref_bytes_t *code,
    uint64_t *click_ms)
{
    return jupref_cookie_read((jupref_bytes_t) { value, len }, keys, 2, NOW_MS,
                              WINDOW_MS, code, click_ms);
}


/* It must be what one of the keys would write, but for the hex's case. */
static void
expect_written_by_us(const uint8_t *value, size_t len, jupref_bytes_t code,
    uint64_t click_ms)
{
    size_t    i, written;
    uint8_t   expected[JUPREF_COOKIE_MAX];
    unsigned  key, same;

    for (key = 0, same = 0; key < 2; key++) {
        written = jupref_cookie_write(expected, code, click_ms, &keys[key], 1);

        if (written != len) {
            continue;
        }

        for (i = 0; i < len; i++) {
            if (expected[i] != value[i]
                && !(value[i] >= 'A' && value[i] <= 'F'
                     && expected[i] == value[i] - 'A' + 'a'))
            {
                break;
            }
        }

        same |= (i == len);
    }

    expect(same);
}


static void
check_round_trip(jupref_bytes_t code)
{
    size_t          len, at;
    uint8_t         value[JUPREF_COOKIE_MAX], *copy;
    uint64_t        click_ms;
    jupref_bytes_t  read;

    len = jupref_cookie_write(value, code, NOW_MS, keys, 2);
    expect(len > 0 && len <= JUPREF_COOKIE_MAX);

    copy = exact_copy(value, len);
    expect(read_value(copy, len, &read, &click_ms) == JUPREF_COOKIE_OK);
    expect(jupref_bytes_equal(read, code));
    expect(click_ms == NOW_MS);

    /* a bit of the code's own choice; 1 never is a letter's case alone */

    at = (size_t) code.data[0] * 31 + code.data[code.len - 1];
    copy[at % len] ^= (uint8_t) (1u << code.data[1] % 5);
    expect(read_value(copy, len, &read, &click_ms) != JUPREF_COOKIE_OK);
    free(copy);
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint64_t        click_ms;
    jupref_bytes_t  code;

    if (read_value(data, size, &code, &click_ms) == JUPREF_COOKIE_OK) {
        expect(jupref_code_is_valid(code));
        expect(click_ms <= NOW_MS + 60000);
        expect(click_ms + WINDOW_MS >= NOW_MS);
        expect_written_by_us(data, size, code, click_ms);
    }

    code.data = data;
    code.len = size;

    if (jupref_code_is_valid(code)) {
        check_round_trip(code);
    }

    return 0;
}
