/*
 * What a node answers about a swap, as JSON.
 */

#include "chain_parts.h"

#include <stdarg.h>
#include <setjmp.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "sample_transaction.h"


typedef struct {
    char    *at;
    size_t   left;
} chain_text_t;


static void chain_say(chain_text_t *text, const char *format, ...)
    __attribute__((format(printf, 2, 3)));


static void
chain_say(chain_text_t *text, const char *format, ...)
{
    int      len;
    va_list  arguments;

    va_start(arguments, format);
    len = vsnprintf(text->at, text->left, format, arguments);
    va_end(arguments);

    assert_true(len >= 0 && (size_t) len < text->left);
    text->at += len;
    text->left -= (size_t) len;
}


static void
chain_say_key(chain_text_t *text, const jupref_pubkey_t *key)
{
    size_t   len;
    uint8_t  base58[JUPREF_PUBKEY_TEXT];

    len = jupref_pubkey_format(base58, key);
    chain_say(text, "\"%.*s\"", (int) len, (const char *) base58);
}


static void
chain_say_tokens(chain_text_t *text, const chain_swap_t *swap,
    const chain_layout_t *layout, unsigned after)
{
    unsigned              i, comma;
    uint64_t              amount;
    const chain_token_t  *token;

    chain_say(text, "[");

    for (i = 0, comma = 0; i < swap->token_count; i++) {
        token = &swap->tokens[i];
        amount = after ? token->after : token->before;

        if (amount == CHAIN_NONE) {
            continue;
        }

        chain_say(text, "%s{\"accountIndex\":%u,\"mint\":", comma ? "," : "",
                  layout->token_at[i]);
        chain_say_key(text, &token->mint);

        if (!jupref_pubkey_is_zero(&token->owner)) {
            chain_say(text, ",\"owner\":");
            chain_say_key(text, &token->owner);
            chain_say(text, ",\"programId\":");
            chain_say_key(text, &token->program);
        }

        chain_say(text, ",\"uiTokenAmount\":{\"amount\":\"%llu\","
                  "\"decimals\":6,\"uiAmount\":null,"
                  "\"uiAmountString\":\"0\"}}", (unsigned long long) amount);
        comma = 1;
    }

    chain_say(text, "]");
}


static void
chain_say_lamports(chain_text_t *text, const chain_layout_t *layout,
    uint64_t first)
{
    unsigned  i, count;

    count = layout->static_count + layout->writable + layout->readonly;
    chain_say(text, "[%llu", (unsigned long long) first);

    for (i = 1; i < count; i++) {
        chain_say(text, ",%u", 1000 + i);
    }

    chain_say(text, "]");
}


static void
chain_say_loaded(chain_text_t *text, const chain_layout_t *layout)
{
    unsigned  i, at;

    at = layout->static_count;
    chain_say(text, "{\"writable\":[");

    for (i = 0; i < layout->writable; i++) {
        chain_say(text, i ? "," : "");
        chain_say_key(text, &layout->keys[at++]);
    }

    chain_say(text, "],\"readonly\":[");

    for (i = 0; i < layout->readonly; i++) {
        chain_say(text, i ? "," : "");
        chain_say_key(text, &layout->keys[at++]);
    }

    chain_say(text, "]}");
}


static void
chain_say_meta(chain_text_t *text, const chain_swap_t *swap,
    const chain_layout_t *layout)
{
    chain_say(text, "{\"err\":%s,\"fee\":5000,\"preBalances\":",
              swap->error ? swap->error : "null");
    chain_say_lamports(text, layout, 2000000);
    chain_say(text, ",\"postBalances\":");
    chain_say_lamports(text, layout, 1995000);

    chain_say(text, ",\"preTokenBalances\":");

    if (swap->told_pre) {
        chain_say(text, "%s", swap->told_pre);

    } else {
        chain_say_tokens(text, swap, layout, 0);
    }

    chain_say(text, ",\"postTokenBalances\":");
    chain_say_tokens(text, swap, layout, 1);
    chain_say(text, ",\"loadedAddresses\":");

    if (swap->told_loaded) {
        chain_say(text, "%s", swap->told_loaded);

    } else {
        chain_say_loaded(text, layout);
    }

    chain_say(text, ",\"logMessages\":[\"Program log: \\\"x\\\"\"],"
              "\"rewards\":[],\"innerInstructions\":");

    if (swap->told_inner) {
        chain_say(text, "%s", swap->told_inner);

    } else if (swap->inner) {
        chain_say(text, "[{\"index\":%u,\"instructions\":[{"
                  "\"programIdIndex\":%u,\"accounts\":[0,%u],"
                  "\"data\":\"3Bxs4h24hBtQy9rw\",\"stackHeight\":2}]}]",
                  layout->called - 1, layout->static_count - 1,
                  layout->token_at[0]);

    } else {
        chain_say(text, "[]");
    }

    chain_say(text, "}");
}


void
chain_answer(chain_made_t *made, const chain_swap_t *swap,
    const chain_layout_t *layout)
{
    char          base64[JUPREF_TRANSACTION_BASE64_MAX + 1];
    chain_text_t  text;

    static const char *const  versions[] = { "\"legacy\"", "0", "1" };

    sample_base64(base64, made->bytes, made->len);
    text.at = made->json;
    text.left = sizeof(made->json);

    chain_say(&text, "{\"slot\":%llu,\"blockTime\":1789000000,"
              "\"version\":%s,\"transaction\":[\"%s\",\"base64\"],\"meta\":",
              (unsigned long long) swap->slot,
              swap->told_version ? swap->told_version
                                 : versions[swap->version], base64);

    if (swap->told_meta) {
        chain_say(&text, "%s", swap->told_meta);

    } else {
        chain_say_meta(&text, swap, layout);
    }

    chain_say(&text, "}");
}
