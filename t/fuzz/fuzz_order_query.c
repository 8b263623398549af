/*
 * The query string of an order, held against a second reading of it: what
 * goes to Jupiter sets the fee once, by us, and keeps all the rest in order.
 */

#include "jupiter/jupref_order_query.h"

#include "fuzzing.h"


#define FEE_BPS  90
#define ADDED    "&referralFee=90"


typedef enum {
    NAME_OTHER = 0,
    NAME_REF,
    NAME_OURS
} name_e;


typedef struct {
    jupref_bytes_t  left;
    jupref_bytes_t  whole;
} walk_t;


static name_e name_of(jupref_bytes_t whole);
static unsigned next_whole(walk_t *walk);
static unsigned count_of(jupref_bytes_t args, name_e name);
static void expect_kept(jupref_bytes_t args, jupref_bytes_t out,
    unsigned drop_ref);
static void expect_same_order(jupref_bytes_t one, jupref_bytes_t other);


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t                len, head;
    uint8_t              *out, *again, value[32];
    jupref_bytes_t        args, result;
    jupref_pubkey_t       account;
    jupref_order_query_t  query;

    args.data = data;
    args.len = size;
    memset(&account, 0xff, sizeof(account));

    (void) jupref_order_query_parse(&query, args);
    expect(query.sets_fee == (count_of(args, NAME_OURS) > 0));
    expect(query.plain == (count_of(args, NAME_OURS) == 0
                           && count_of(args, NAME_REF) == 0));
    expect(query.code_len <= JUPREF_CODE_MAX);
    expect(query.code_len == 0 || count_of(args, NAME_REF) > 0);

    len = jupref_query_value(value, sizeof(value), args, "to");
    expect(len == (size_t) -1 || len <= sizeof(value));

    /* not priced: nothing of ours, all the rest, and no change the second
     * time */

    out = malloc(size ? size : 1);
    expect(out != NULL);
    result.data = out;
    result.len = jupref_order_query_strip(out, args);
    expect(result.len <= size);
    expect(count_of(result, NAME_OURS) == 0);
    expect_kept(args, result, 0);

    again = malloc(result.len ? result.len : 1);
    expect(again != NULL);
    expect(jupref_order_query_strip(again, result) == result.len);
    expect(result.len == 0 || memcmp(again, out, result.len) == 0);
    expect_same_order(args, result);
    free(again);
    free(out);

    /* priced: ours, once, at the end */

    out = malloc(size + JUPREF_QUERY_ADDED);
    expect(out != NULL);
    result.data = out;
    (void) jupref_order_query_parse(&query, args);
    result.len = jupref_order_query_rewrite(out, &query, args, &account,
                                            FEE_BPS);
    expect(result.len <= size + JUPREF_QUERY_ADDED);
    expect(count_of(result, NAME_OURS) == 2);
    expect(count_of(result, NAME_REF) == 0);
    expect(result.len > sizeof(ADDED)
           && memcmp(out + result.len - (sizeof(ADDED) - 1), ADDED,
                     sizeof(ADDED) - 1) == 0);

    (void) jupref_order_query_parse(&query, result);
    expect(query.sets_fee == 1);
    expect(query.code_len == 0);

    for (head = result.len - sizeof(ADDED); out[head] != '='; head--) {
        /* void */
    }

    head -= sizeof("referralAccount") - 1;
    expect(head == 0 || out[head - 1] == '&');
    result.len = head;
    expect(count_of(result, NAME_OURS) == 0);
    expect_kept(args, result, 1);
    expect_same_order(args, result);
    free(out);

    return 0;
}


/* Decoded, in lower case where that counts, without what stands around. */
static name_e
name_of(jupref_bytes_t whole)
{
    size_t    i, len, start;
    uint8_t  *name, *lower, pair[3];
    name_e    found;

    static const char *const  ours[] = {
        "referralaccount", "referralfee", "platformfeebps", "feeaccount",
        "integratorfeebps"
    };

    name = malloc(whole.len + 1);
    lower = malloc(whole.len + 1);
    expect(name != NULL && lower != NULL);

    for (i = 0, len = 0; i < whole.len && whole.data[i] != '='; i++) {
        name[len] = whole.data[i] == '+' ? ' ' : whole.data[i];

        if (whole.data[i] == '%' && i + 2 < whole.len) {
            memcpy(pair, whole.data + i + 1, 2);
            pair[2] = '\0';

            if (strspn((char *) pair, "0123456789abcdefABCDEF") == 2) {
                name[len] = (uint8_t) strtoul((char *) pair, NULL, 16);
                i += 2;
            }
        }

        len++;
    }

    /* what is behind a '[', or a NUL that isn't the first, is no name */

    for (start = 0; start < len && name[start] <= ' '; start++) {
        /* void */
    }

    for (i = 0; i < len; i++) {
        if (name[i] == '[' || (name[i] == '\0' && i > start)) {
            len = i;
        }
    }

    while (len > start && name[len - 1] <= ' ') {
        len--;
    }

    memcpy(lower, name, len);

    for (i = start; i < len; i++) {
        if (lower[i] >= 'A' && lower[i] <= 'Z') {
            lower[i] = (uint8_t) (lower[i] - 'A' + 'a');
        }
    }

    found = NAME_OTHER;

    if (len - start == 3 && memcmp(name + start, "ref", 3) == 0) {
        found = NAME_REF;
    }

    for (i = 0; i < sizeof(ours) / sizeof(ours[0]); i++) {
        if (len - start == strlen(ours[i])
            && memcmp(lower + start, ours[i], len - start) == 0)
        {
            found = NAME_OURS;
        }
    }

    free(name);
    free(lower);

    return found;
}


/* The next one that isn't empty. */
static unsigned
next_whole(walk_t *walk)
{
    size_t  len;

    do {
        if (walk->left.len == 0) {
            return 0;
        }

        for (len = 0; len < walk->left.len && walk->left.data[len] != '&'
                      && walk->left.data[len] != ';'; len++)
        {
            /* void */
        }

        walk->whole.data = walk->left.data;
        walk->whole.len = len;

        if (len < walk->left.len) {
            len++;
        }

        walk->left.data += len;
        walk->left.len -= len;
    } while (walk->whole.len == 0);

    return 1;
}


static unsigned
count_of(jupref_bytes_t args, name_e name)
{
    walk_t    walk;
    unsigned  count;

    walk.left = args;

    for (count = 0; next_whole(&walk); /* void */ ) {
        count += (name_of(walk.whole) == name);
    }

    return count;
}


static void
expect_kept(jupref_bytes_t args, jupref_bytes_t out, unsigned drop_ref)
{
    walk_t  from, to;
    name_e  name;

    from.left = args;
    to.left = out;

    while (next_whole(&from)) {
        name = name_of(from.whole);

        if (name == NAME_OURS || (name == NAME_REF && drop_ref)) {
            continue;
        }

        expect(next_whole(&to));
        expect(jupref_bytes_equal(from.whole, to.whole));
    }

    expect(!next_whole(&to));
}


/* A value reaches to the '&', so what ';' hides may change what is read. */
static void
expect_same_order(jupref_bytes_t one, jupref_bytes_t other)
{
    jupref_order_query_t   query, rewritten;
    jupref_query_result_e  result;

    if (one.len && memchr(one.data, ';', one.len)) {
        return;
    }

    result = jupref_order_query_parse(&query, one);
    expect(jupref_order_query_parse(&rewritten, other) == result);

    if (result == JUPREF_QUERY_OK) {
        expect(jupref_pubkey_equal(&query.input_mint, &rewritten.input_mint));
        expect(jupref_pubkey_equal(&query.output_mint,
                                   &rewritten.output_mint));
        expect(jupref_pubkey_equal(&query.taker, &rewritten.taker));
        expect(query.has_taker == rewritten.has_taker);
        expect(query.amount == rewritten.amount);
    }
}
