/*
 * The query string of an order as it goes on: nothing a client sends sets the
 * fee, and all the rest goes on as it came.  Every buffer is exactly as large
 * as promised.
 */

#include "jupiter/jupref_order_query.h"

#include <ctype.h>
#include <stdarg.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>


#define TEXT_MAX  1024

#define USDC  "EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTDt1v"
#define WSOL  "So11111111111111111111111111111111111111112"
#define TAKER  "jdocuPgEAjMfihABsPgKEvYtsmMzjUHeq9LX4Hvs7f3"
#define ACCOUNT  "45ruCyfdRkWpRNGEqWzjCiXRHkZs8WXCLQ67Pnpye7Hp"

#define ADDED  "referralAccount=" ACCOUNT "&referralFee=90"
#define ORDER  "inputMint=" USDC "&outputMint=" WSOL "&amount=100000000"


static const char *const  forbidden[] = {
    "referralAccount", "referralFee", "platformFeeBps", "feeAccount",
    "integratorFeeBps"
};


/* What may stand around a name without making it another one. */
static const struct {
    const char  *before;
    const char  *behind;
} around[] = {
    { "", "" }, { " ", "" }, { "+", "" }, { "%20", "" }, { "%09", "" },
    { "%00", "" }, { "%0a%0D", "" }, { "", " " }, { "", "+" },
    { "", "%20%20" }, { "", "%00" }, { "", "[]" }, { "", "[0]" },
    { "", "[a][b]" }, { "", "%5B%5D" }, { "", "%5b0]" }, { "", " []" },
    { "++++++++++++++++++++++++++++++", "++++++++++++++++++++++++++++++" }
};


typedef void (*spell_pt)(char *out, const char *name);


static void
spell_as_is(char *out, const char *name)
{
    strcpy(out, name);
}


static void
spell_lower(char *out, const char *name)
{
    for ( /* void */ ; *name; name++) {
        *out++ = (char) tolower(*name);
    }

    *out = '\0';
}


static void
spell_upper(char *out, const char *name)
{
    for ( /* void */ ; *name; name++) {
        *out++ = (char) toupper(*name);
    }

    *out = '\0';
}


static void
spell_encoded(char *out, const char *name)
{
    for ( /* void */ ; *name; name++) {
        out += sprintf(out, "%%%02x", (unsigned) *name);
    }
}


static void
spell_encoded_upper(char *out, const char *name)
{
    for ( /* void */ ; *name; name++) {
        out += sprintf(out, "%%%02X", (unsigned) toupper(*name));
    }
}


static void
spell_one_encoded(char *out, const char *name)
{
    sprintf(out, "%c%%%02X%s", name[0], (unsigned) name[1], name + 2);
}


static const spell_pt  spellings[] = {
    spell_as_is, spell_lower, spell_upper, spell_encoded,
    spell_encoded_upper, spell_one_encoded
};


#define count_of(array)  (sizeof(array) / sizeof((array)[0]))


/* A copy that ends where the text does, so that reading on is caught. */
static jupref_bytes_t
exactly(const char *text)
{
    uint8_t         *copy;
    jupref_bytes_t   bytes;

    bytes.len = strlen(text);
    copy = malloc(bytes.len);
    assert_true(copy != NULL || bytes.len == 0);

    if (bytes.len) {
        memcpy(copy, text, bytes.len);
    }

    bytes.data = copy;

    return bytes;
}


static void
release(jupref_bytes_t bytes)
{
    free((void *) (uintptr_t) bytes.data);
}


static void
assert_rewritten(const char *args, const char *expected)
{
    size_t           len;
    uint8_t         *out;
    jupref_bytes_t   bytes;
    jupref_pubkey_t  account;
    jupref_order_query_t  query;

    assert_true(jupref_pubkey_parse(&account, jupref_bytes(ACCOUNT)));

    bytes = exactly(args);
    out = malloc(bytes.len + JUPREF_QUERY_ADDED);
    assert_non_null(out);

    (void) jupref_order_query_parse(&query, bytes);
    len = jupref_order_query_rewrite(out, &query, bytes, &account, 90);

    if (len != strlen(expected) || memcmp(out, expected, len) != 0) {
        print_error("%s\nbecomes  %.*s\nnot      %s\n", args, (int) len, out,
                    expected);
        fail();
    }

    free(out);
    release(bytes);
}


static void
assert_stripped(const char *args, const char *expected)
{
    size_t          len;
    uint8_t        *out;
    jupref_bytes_t  bytes;

    bytes = exactly(args);
    out = malloc(bytes.len);

    len = jupref_order_query_strip(out, bytes);

    if (len != strlen(expected)
        || (len && memcmp(out, expected, len) != 0))
    {
        print_error("%s\nbecomes  %.*s\nnot      %s\n", args, (int) len, out,
                    expected);
        fail();
    }

    free(out);
    release(bytes);
}


static jupref_query_result_e
parsed(jupref_order_query_t *query, const char *args)
{
    jupref_bytes_t         bytes;
    jupref_query_result_e  result;

    bytes = exactly(args);
    result = jupref_order_query_parse(query, bytes);
    release(bytes);

    return result;
}


/* Calls `check` with every name in every spelling with all around it. */
static void
for_every_forbidden_name(void (*check)(const char *name))
{
    char      spelled[TEXT_MAX], name[TEXT_MAX];
    unsigned  i, j, k;

    for (i = 0; i < count_of(forbidden); i++) {
        for (j = 0; j < count_of(spellings); j++) {
            for (k = 0; k < count_of(around); k++) {
                spellings[j](spelled, forbidden[i]);
                snprintf(name, TEXT_MAX, "%s%s%s", around[k].before, spelled,
                         around[k].behind);
                check(name);
            }
        }
    }
}


static void
check_dropped(const char *name)
{
    char  args[TEXT_MAX];

    snprintf(args, TEXT_MAX, "%s=255&a=1&b=%%20", name);
    assert_rewritten(args, "a=1&b=%20&" ADDED);
    assert_stripped(args, "a=1&b=%20");

    snprintf(args, TEXT_MAX, "a=1&%s=255&b=%%20", name);
    assert_rewritten(args, "a=1&b=%20&" ADDED);
    assert_stripped(args, "a=1&b=%20");

    snprintf(args, TEXT_MAX, "a=1&b=%%20&%s=255", name);
    assert_rewritten(args, "a=1&b=%20&" ADDED);
    assert_stripped(args, "a=1&b=%20");

    snprintf(args, TEXT_MAX, "%s", name);
    assert_rewritten(args, ADDED);
    assert_stripped(args, "");

    snprintf(args, TEXT_MAX, "%s=1&%s=2&a=1&%s&b=%%20&%s=&%s==", name, name,
             name, name, name);
    assert_rewritten(args, "a=1&b=%20&" ADDED);
    assert_stripped(args, "a=1&b=%20");
}


static void
what_only_we_may_set_is_dropped_in_every_spelling(void **state)
{
    for_every_forbidden_name(check_dropped);
}


static void
check_dropped_between_semicolons(const char *name)
{
    char  args[TEXT_MAX];

    snprintf(args, TEXT_MAX, "a=1;%s=255;b=2", name);
    assert_stripped(args, "a=1;b=2");

    snprintf(args, TEXT_MAX, "a=1&%s=255;b=2", name);
    assert_stripped(args, "a=1&b=2");

    snprintf(args, TEXT_MAX, "a=1;%s=255&b=2", name);
    assert_stripped(args, "a=1&b=2");

    snprintf(args, TEXT_MAX, "a=1;%s=255", name);
    assert_stripped(args, "a=1");

    snprintf(args, TEXT_MAX, "a=1;%s=1&%s=2", name, name);
    assert_stripped(args, "a=1");
}


static void
a_semicolon_separates_too(void **state)
{
    for_every_forbidden_name(check_dropped_between_semicolons);
}


static void
check_sets_fee(const char *name)
{
    char                  args[TEXT_MAX];
    jupref_order_query_t  query;

    snprintf(args, TEXT_MAX, ORDER "&%s=255", name);
    assert_int_equal(parsed(&query, args), JUPREF_QUERY_OK);
    assert_int_equal(query.sets_fee, 1);

    /* also where the order itself is no order */

    snprintf(args, TEXT_MAX, "amount=x&amount=y&%s", name);
    assert_int_not_equal(parsed(&query, args), JUPREF_QUERY_OK);
    assert_int_equal(query.sets_fee, 1);
}


static void
a_client_that_sets_the_fee_is_told_apart(void **state)
{
    jupref_order_query_t  query;

    for_every_forbidden_name(check_sets_fee);

    assert_int_equal(parsed(&query, ORDER "&ref=alice"), JUPREF_QUERY_OK);
    assert_int_equal(query.sets_fee, 0);
}


static void
names_that_only_look_alike_stay(void **state)
{
    unsigned                  i;
    static const char *const  args[] = {
        "referralFees=1", "xreferralFee=1", "referral Fee=1",
        "referral%20Fee=1", "referralFe=1", "referralFee.x=1",
        "%2572eferralFee=1", "referralFee%=1", "referralFee%5=1",
        "%zzreferralFee=1", "fee=1", "feeBps=1", "REF=alice", "Ref=alice",
        "refs=alice", "payer=x", "receiver=y",
        "a=referralFee", "a=referralFee=1", "=referralFee", "=", "a", "a==b",
        "clientPlatform=x&useWsol=true&clientPlatform=x",
        "excludeDexes=Raydium+CLMM,Orca%20V2", "a=%ff%FE&%00=b",
        "averyveryverylongnamethatendsinreferralFee=1",
        "[referralFee]=1", "[]=1", "referralFee%", "referralFee%5",
        "a=%", "a=%5"
    };

    for (i = 0; i < count_of(args); i++) {
        char  expected[TEXT_MAX];

        snprintf(expected, TEXT_MAX, "%s&" ADDED, args[i]);
        assert_rewritten(args[i], expected);
        assert_stripped(args[i], args[i]);
    }
}


static void
everything_else_keeps_its_order_and_bytes(void **state)
{
    assert_rewritten(ORDER "&taker=" TAKER "&slippageBps=50",
                     ORDER "&taker=" TAKER "&slippageBps=50&" ADDED);
    assert_rewritten("b=2&referralFee=50&a=1&ref=alice&b=3&referralAccount=x",
                     "b=2&a=1&b=3&" ADDED);
    assert_rewritten("a=1;b=2", "a=1;b=2&" ADDED);
    assert_rewritten("a=1&&b=2", "a=1&&b=2&" ADDED);
    assert_rewritten("&a=1", "&a=1&" ADDED);
    assert_stripped("a=1&&b=2&", "a=1&&b=2&");
    assert_stripped(";;&;", ";;&;");
}


static void
no_gap_is_made_where_something_was_dropped(void **state)
{
    assert_rewritten("", ADDED);
    assert_rewritten("&", "&" ADDED);
    assert_rewritten("a=1&", "a=1&" ADDED);
    assert_rewritten("referralFee=1&", ADDED);
    assert_rewritten("a=1&referralFee=1&", "a=1&" ADDED);
    assert_stripped("a=1&referralFee=1&referralAccount=2", "a=1");
    assert_stripped("", "");
}


static void
our_ref_goes_no_further_but_stays_where_we_do_not_price(void **state)
{
    assert_rewritten("a=1&ref=alice&b=2", "a=1&b=2&" ADDED);
    assert_rewritten("ref=alice", ADDED);
    assert_rewritten("%72ef=alice&ref[]=bob&+ref=x&a=1;ref=carol",
                     "a=1&" ADDED);
    assert_stripped("a=1&ref=alice&b=2", "a=1&ref=alice&b=2");
}


/* A megabyte that costs its square would take minutes. */
static void
the_work_grows_no_faster_than_the_query_string(void **state)
{
    size_t                    i;
    unsigned                  shape;
    uint8_t                  *out, value[8];
    jupref_bytes_t            args;
    jupref_pubkey_t           account;
    jupref_order_query_t      query;
    static const char *const  shapes[] = { ";", "&", "=", "[", "%20", "ref=;",
                                           "a[", "amount=1;" };

    memset(&account, 7, sizeof(account));
    args.len = 1024 * 1024;
    args.data = malloc(args.len);
    out = malloc(args.len + JUPREF_QUERY_ADDED);
    assert_non_null(args.data);
    assert_non_null(out);

    alarm(30);

    for (shape = 0; shape < count_of(shapes); shape++) {
        for (i = 0; i < args.len; i++) {
            ((uint8_t *) (uintptr_t) args.data)[i]
                = (uint8_t) shapes[shape][i % strlen(shapes[shape])];
        }

        (void) jupref_order_query_parse(&query, args);
        assert_true(jupref_order_query_strip(out, args) <= args.len);
        assert_true(jupref_order_query_rewrite(out, &query, args, &account, 90)
                    <= args.len + JUPREF_QUERY_ADDED);
        (void) jupref_query_value(value, sizeof(value), args, "to");
    }

    alarm(0);
    free(out);
    release(args);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(what_only_we_may_set_is_dropped_in_every_spelling),
        cmocka_unit_test(a_semicolon_separates_too),
        cmocka_unit_test(a_client_that_sets_the_fee_is_told_apart),
        cmocka_unit_test(names_that_only_look_alike_stay),
        cmocka_unit_test(everything_else_keeps_its_order_and_bytes),
        cmocka_unit_test(no_gap_is_made_where_something_was_dropped),
        cmocka_unit_test(
            our_ref_goes_no_further_but_stays_where_we_do_not_price),
        cmocka_unit_test(the_work_grows_no_faster_than_the_query_string)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
