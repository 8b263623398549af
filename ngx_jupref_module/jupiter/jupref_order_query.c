/*
 * The query string of GET …/order (see the header for what is promised).
 */

#include "jupiter/jupref_order_query.h"

#include <string.h>

#include "base/jupref_digest.h"
#include "base/jupref_number.h"


#define JUPREF_NAME_MAX   24            /* longer than any name we look for */
#define JUPREF_VALUE_MAX  48            /* longer than any value we read */
#define JUPREF_NONE       ((size_t) -1)


typedef enum {
    JUPREF_ARG_OTHER = 0,
    JUPREF_ARG_INPUT_MINT,
    JUPREF_ARG_OUTPUT_MINT,
    JUPREF_ARG_TAKER,
    JUPREF_ARG_AMOUNT,
    JUPREF_ARG_REF,
    JUPREF_ARG_OURS                     /* only the edge may set it */
} jupref_arg_e;


/*
 * Names Jupiter reads are its own to the letter; those only we may set are
 * taken in any case (written here in lower case).
 */
#define jupref_arg_name_of(name)  name, sizeof(name) - 1

static const struct {
    const char    *name;
    size_t         len;
    unsigned       any_case;
    jupref_arg_e   arg;
} jupref_args[] = {
    { jupref_arg_name_of("inputMint"), 0,
      JUPREF_ARG_INPUT_MINT },
    { jupref_arg_name_of("outputMint"), 0,
      JUPREF_ARG_OUTPUT_MINT },
    { jupref_arg_name_of("taker"), 0,
      JUPREF_ARG_TAKER },
    { jupref_arg_name_of("amount"), 0,
      JUPREF_ARG_AMOUNT },
    { jupref_arg_name_of("ref"), 0,
      JUPREF_ARG_REF },
    { jupref_arg_name_of("referralaccount"), 1,
      JUPREF_ARG_OURS },
    { jupref_arg_name_of("referralfee"), 1,
      JUPREF_ARG_OURS },
    { jupref_arg_name_of("platformfeebps"), 1,
      JUPREF_ARG_OURS },
    { jupref_arg_name_of("feeaccount"), 1,
      JUPREF_ARG_OURS },
    { jupref_arg_name_of("integratorfeebps"), 1,
      JUPREF_ARG_OURS },
    { NULL, 0, 0, JUPREF_ARG_OTHER }
};


static const char *const jupref_query_texts[] = {
    "ok",
    "inputMint, outputMint or amount is missing",
    "inputMint, outputMint, amount or taker is given twice",
    "inputMint or outputMint is not 32 bytes of base58",
    "inputMint and outputMint are the same",
    "taker is not 32 bytes of base58",
    "amount is not a whole number of base units"
};


/* An argument in place: `name` and `value` still encoded. */
typedef struct {
    jupref_bytes_t  whole;
    jupref_bytes_t  name;
    jupref_bytes_t  value;              /* to the next '&' */
    const uint8_t  *ampersand;          /* that '&' or the end; NULL at first */
    uint8_t         separator;          /* behind it; 0 at the end */
} jupref_arg_t;


static unsigned jupref_next_arg(jupref_arg_t *arg, jupref_bytes_t *rest);
static jupref_arg_e jupref_arg_name(jupref_bytes_t encoded);
static size_t jupref_decode(uint8_t *out, size_t room, jupref_bytes_t encoded);
static uint8_t jupref_decode_byte(const uint8_t **at, const uint8_t *end);
static jupref_query_result_e jupref_take_arg(jupref_order_query_t *query,
    jupref_arg_e name, jupref_bytes_t encoded, unsigned *seen);
static size_t jupref_copy_args(uint8_t *out, jupref_bytes_t args,
    unsigned drop_ref);


jupref_query_result_e
jupref_order_query_parse(jupref_order_query_t *query, jupref_bytes_t args)
{
    unsigned               seen;
    jupref_arg_t           arg;
    jupref_arg_e           name;
    jupref_query_result_e  result, first;

    memset(query, 0, sizeof(jupref_order_query_t));
    query->plain = 1;
    arg.ampersand = NULL;
    seen = 0;
    first = JUPREF_QUERY_OK;

    while (jupref_next_arg(&arg, &args)) {
        name = jupref_arg_name(arg.name);

        if (name == JUPREF_ARG_OTHER) {
            continue;
        }

        result = jupref_take_arg(query, name, arg.value, &seen);

        if (first == JUPREF_QUERY_OK) {
            first = result;
        }
    }

    if (first != JUPREF_QUERY_OK) {
        return first;
    }

    if (!(seen & 1u << JUPREF_ARG_INPUT_MINT)
        || !(seen & 1u << JUPREF_ARG_OUTPUT_MINT)
        || !(seen & 1u << JUPREF_ARG_AMOUNT))
    {
        return JUPREF_QUERY_MISSING;
    }

    if (jupref_pubkey_equal(&query->input_mint, &query->output_mint)) {
        return JUPREF_QUERY_SAME_MINT;
    }

    return JUPREF_QUERY_OK;
}


size_t
jupref_order_query_rewrite(uint8_t *out, const jupref_order_query_t *query,
    jupref_bytes_t args, const jupref_pubkey_t *referral_account,
    unsigned fee_bps)
{
    uint8_t  *at;

    if (query->plain && args.len) {
        memcpy(out, args.data, args.len);
        at = out + args.len;

    } else {
        at = out + jupref_copy_args(out, args, 1);
    }

    if (at != out && at[-1] != '&') {
        *at++ = '&';
    }

    memcpy(at, "referralAccount=", 16);
    at += 16;
    at += jupref_pubkey_format(at, referral_account);

    memcpy(at, "&referralFee=", 13);
    at += 13;
    at += jupref_format_u128(at, fee_bps);

    return (size_t) (at - out);
}


size_t
jupref_order_query_strip(uint8_t *out, jupref_bytes_t args)
{
    return jupref_copy_args(out, args, 0);
}


size_t
jupref_query_value(uint8_t *out, size_t room, jupref_bytes_t args,
    const char *name)
{
    size_t        len, name_len;
    uint8_t       decoded[JUPREF_NAME_MAX];
    jupref_arg_t  arg;

    name_len = strlen(name);
    arg.ampersand = NULL;

    while (jupref_next_arg(&arg, &args)) {
        len = jupref_decode(decoded, JUPREF_NAME_MAX, arg.name);

        if (len == name_len && memcmp(decoded, name, len) == 0) {
            return jupref_decode(out, room, arg.value);
        }
    }

    return JUPREF_NONE;
}


unsigned
jupref_code_is_valid(jupref_bytes_t code)
{
    size_t   i;
    uint8_t  c;

    if (code.len < JUPREF_CODE_MIN || code.len > JUPREF_CODE_MAX) {
        return 0;
    }

    for (i = 0; i < code.len; i++) {
        c = code.data[i];

        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')
              || (c >= '0' && c <= '9') || c == '_' || c == '-'))
        {
            return 0;
        }
    }

    return 1;
}


const char *
jupref_query_result_text(jupref_query_result_e result)
{
    return jupref_query_texts[result];
}


static jupref_query_result_e
jupref_take_arg(jupref_order_query_t *query, jupref_arg_e name,
    jupref_bytes_t encoded, unsigned *seen)
{
    size_t           len;
    uint8_t          value[JUPREF_VALUE_MAX];
    jupref_bytes_t   text;

    if (name == JUPREF_ARG_OURS) {
        query->sets_fee = 1;
        query->plain = 0;
        return JUPREF_QUERY_OK;
    }

    len = jupref_decode(value, JUPREF_VALUE_MAX, encoded);
    text.data = value;
    text.len = (len == JUPREF_NONE) ? 0 : len;

    if (name == JUPREF_ARG_REF) {
        query->plain = 0;

        if (query->code_len == 0 && jupref_code_is_valid(text)) {
            memcpy(query->code, value, text.len);
            query->code_len = text.len;
        }

        return JUPREF_QUERY_OK;
    }

    if (*seen & 1u << name) {
        return JUPREF_QUERY_DOUBLED;
    }

    *seen |= 1u << name;

    switch (name) {

    case JUPREF_ARG_INPUT_MINT:
        return jupref_pubkey_parse(&query->input_mint, text)
               ? JUPREF_QUERY_OK : JUPREF_QUERY_BAD_MINT;

    case JUPREF_ARG_OUTPUT_MINT:
        return jupref_pubkey_parse(&query->output_mint, text)
               ? JUPREF_QUERY_OK : JUPREF_QUERY_BAD_MINT;

    case JUPREF_ARG_TAKER:
        query->has_taker = jupref_pubkey_parse(&query->taker, text);
        return query->has_taker ? JUPREF_QUERY_OK : JUPREF_QUERY_BAD_TAKER;

    default: /* JUPREF_ARG_AMOUNT */
        return jupref_parse_u64(text, &query->amount)
               ? JUPREF_QUERY_OK : JUPREF_QUERY_BAD_AMOUNT;
    }
}


/*
 * Steps to the next argument.  A ';' separates names too, for servers that
 * read it so, but a value that we validate reaches to the next '&': "5;x" is
 * then no amount, whoever reads it.  That '&' is looked for once only, or a
 * query string of nothing but ';' would cost the square of its length.
 */

static unsigned
jupref_next_arg(jupref_arg_t *arg, jupref_bytes_t *rest)
{
    const uint8_t  *start, *at, *end, *equals;

    if (rest->len == 0) {
        return 0;
    }

    start = rest->data;
    end = start + rest->len;
    equals = NULL;

    for (at = start; at < end && *at != '&' && *at != ';'; at++) {
        if (*at == '=' && equals == NULL) {
            equals = at;
        }
    }

    arg->whole.data = start;
    arg->whole.len = (size_t) (at - start);

    arg->name.data = start;
    arg->name.len = (size_t) ((equals ? equals : at) - start);

    if (arg->ampersand == NULL || arg->ampersand < at) {
        arg->ampersand = memchr(at, '&', (size_t) (end - at));

        if (arg->ampersand == NULL) {
            arg->ampersand = end;
        }
    }

    arg->value.data = equals ? equals + 1 : at;
    arg->value.len = equals ? (size_t) (arg->ampersand - equals - 1) : 0;

    arg->separator = (at < end) ? *at : 0;

    rest->data = (at < end) ? at + 1 : at;
    rest->len = (size_t) (end - rest->data);

    return 1;
}


static jupref_arg_e
jupref_arg_name(jupref_bytes_t encoded)
{
    size_t          len, trimmed;
    uint8_t         c, name[JUPREF_NAME_MAX], lower[JUPREF_NAME_MAX];
    unsigned        entry;
    const uint8_t  *at, *end;

    at = encoded.data;
    end = at + encoded.len;
    len = 0;
    trimmed = 0;

    while (at < end) {
        c = jupref_decode_byte(&at, end);

        if (c == '[' || (c == 0 && len)) {
            break;
        }

        if (c <= ' ') {

            /* blanks count only between other characters */

            len += (len != 0);
            continue;
        }

        if (len >= JUPREF_NAME_MAX) {
            return JUPREF_ARG_OTHER;
        }

        while (trimmed < len) {
            name[trimmed] = ' ';
            lower[trimmed++] = ' ';
        }

        name[len] = c;
        lower[len] = (c >= 'A' && c <= 'Z') ? (uint8_t) (c | 0x20) : c;
        trimmed = ++len;
    }

    for (entry = 0; jupref_args[entry].name; entry++) {
        if (jupref_args[entry].len == trimmed
            && memcmp(jupref_args[entry].any_case ? lower : name,
                      jupref_args[entry].name, trimmed) == 0)
        {
            return jupref_args[entry].arg;
        }
    }

    return JUPREF_ARG_OTHER;
}


/* Percent-decoding, once; a '%' without two hex digits stands for itself. */

static size_t
jupref_decode(uint8_t *out, size_t room, jupref_bytes_t encoded)
{
    size_t          len;
    const uint8_t  *at, *end;

    at = encoded.data;
    end = at + encoded.len;

    for (len = 0; at < end; len++) {
        if (len == room) {
            return JUPREF_NONE;
        }

        out[len] = jupref_decode_byte(&at, end);
    }

    return len;
}


static uint8_t
jupref_decode_byte(const uint8_t **at, const uint8_t *end)
{
    uint8_t         byte;
    const uint8_t  *p;

    p = *at;
    *at = p + 1;

    if (*p == '+') {
        return ' ';
    }

    if (*p != '%' || end - p < 3
        || !jupref_hex_decode(&byte, 1, (jupref_bytes_t) { p + 1, 2 }))
    {
        return *p;
    }

    *at = p + 3;

    return byte;
}


/*
 * An argument is dropped with the separator behind it, the last one with the
 * separator before it, so that neither "&&" nor a dangling '&' is made.  Where
 * ';' and '&' meet over a gap the '&' stays: it separates for everybody.
 */

static size_t
jupref_copy_args(uint8_t *out, jupref_bytes_t args, unsigned drop_ref)
{
    uint8_t       *at;
    unsigned       dropped_last;
    jupref_arg_t   arg;
    jupref_arg_e   name;

    at = out;
    arg.ampersand = NULL;
    dropped_last = 0;

    while (jupref_next_arg(&arg, &args)) {
        name = jupref_arg_name(arg.name);

        if (name == JUPREF_ARG_OURS || (name == JUPREF_ARG_REF && drop_ref)) {
            dropped_last = (arg.separator == 0);

            if (arg.separator == '&' && at != out && at[-1] == ';') {
                at[-1] = '&';
            }

            continue;
        }

        if (arg.whole.len) {
            memcpy(at, arg.whole.data, arg.whole.len);
            at += arg.whole.len;
        }

        if (arg.separator) {
            *at++ = arg.separator;
        }
    }

    if (dropped_last && at != out) {
        at--;
    }

    return (size_t) (at - out);
}
