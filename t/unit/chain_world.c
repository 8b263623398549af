/*
 * Swaps as the chain has them (see the header).
 *
 * Static keys stand in this order: payer, taker, token accounts, programs.
 */

#include "chain_parts.h"

#include <stdarg.h>
#include <setjmp.h>
#include <string.h>
#include <cmocka.h>
#include <openssl/evp.h>


static EVP_PKEY *
chain_pair(unsigned number)
{
    uint8_t    seed[32];
    EVP_PKEY  *pair;

    memset(seed, (int) number, sizeof(seed));
    pair = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, seed,
                                        sizeof(seed));
    assert_non_null(pair);

    return pair;
}


jupref_pubkey_t
chain_wallet(unsigned number)
{
    size_t            len;
    EVP_PKEY         *pair;
    jupref_pubkey_t   key;

    pair = chain_pair(number);
    len = sizeof(key.bytes);
    assert_int_equal(EVP_PKEY_get_raw_public_key(pair, key.bytes, &len), 1);
    EVP_PKEY_free(pair);

    return key;
}


jupref_pubkey_t
chain_key(const char *text)
{
    jupref_pubkey_t  key;

    assert_true(jupref_pubkey_parse(&key, (jupref_bytes_t) {
                                    (const uint8_t *) text, strlen(text) }));

    return key;
}


/* The one of jupiter's documentation: a named account of the project. */
jupref_pubkey_t
chain_referral(void)
{
    return chain_key("F9pV233uBksW4U1BKiK7u9qShgXkwoR6F8MzU4FZYPUv");
}


jupref_pubkey_t
chain_fee_account(const char *mint, const char *program)
{
    jupref_pubkey_t  account, owner, of, by;

    owner = chain_referral();
    of = chain_key(mint);
    by = chain_key(program);
    assert_true(jupref_find_token_account(&account, &owner, &of, &by));

    return account;
}


void
chain_add_token(chain_swap_t *swap, jupref_pubkey_t account,
    const char *mint, const char *program, uint64_t before, uint64_t after)
{
    chain_token_t  *token;

    assert_true(swap->token_count < CHAIN_TOKENS);

    token = &swap->tokens[swap->token_count++];
    token->account = account;
    token->mint = chain_key(mint);
    token->owner = chain_referral();
    token->program = chain_key(program);
    token->before = before;
    token->after = after;
}


void
chain_swap(chain_swap_t *swap)
{
    memset(swap, 0, sizeof(chain_swap_t));

    swap->version = JUPREF_TRANSACTION_V0;
    swap->payer = 1;
    swap->programs[0] = BUDGET;
    swap->programs[1] = JUP6;
    swap->inner = TOKEN;
    swap->slot = 447120100;

    chain_add_token(swap, chain_fee_account(WSOL, TOKEN), WSOL, TOKEN, 1000,
                    6000);
    chain_add_token(swap, chain_wallet(101), WSOL, TOKEN, 900000, 400000);
    swap->tokens[1].owner = chain_wallet(1);
    chain_add_token(swap, chain_wallet(102), USDC, TOKEN, 0, 75000);
    swap->tokens[2].owner = chain_wallet(1);
}


static unsigned
chain_add_key(chain_layout_t *layout, unsigned *count, jupref_pubkey_t key)
{
    assert_true(*count < CHAIN_KEYS);
    layout->keys[(*count)++] = key;

    return *count - 1;
}


static void
chain_lay_out(chain_layout_t *layout, const chain_swap_t *swap)
{
    unsigned  i, count, kind;

    memset(layout, 0, sizeof(chain_layout_t));
    count = 0;

    (void) chain_add_key(layout, &count, chain_wallet(swap->payer));

    if (swap->taker) {
        (void) chain_add_key(layout, &count, chain_wallet(swap->taker));
    }

    layout->signers = count;

    for (i = 0; i < swap->token_count; i++) {
        if (!swap->tokens[i].looked_up) {
            layout->token_at[i] = chain_add_key(layout, &count,
                                                swap->tokens[i].account);
        }
    }

    layout->programs = count;

    for (i = 0; i < CHAIN_PROGRAMS && swap->programs[i]; i++) {
        (void) chain_add_key(layout, &count, chain_key(swap->programs[i]));
    }

    layout->called = count - layout->programs;

    if (swap->inner) {
        (void) chain_add_key(layout, &count, chain_key(swap->inner));
    }

    layout->static_count = count;

    for (kind = 1; kind <= 2; kind++) {
        for (i = 0; i < swap->token_count; i++) {
            if (swap->tokens[i].looked_up == kind) {
                layout->token_at[i] = chain_add_key(layout, &count,
                                                    swap->tokens[i].account);
                layout->writable += (kind == 1);
                layout->readonly += (kind == 2);
            }
        }
    }
}


/* The first two places and a byte of data for each that is called. */
static void
chain_write_calls(jupref_writer_t *out, const chain_layout_t *layout)
{
    unsigned  i;

    for (i = 0; i < layout->called; i++) {
        jupref_write_u8(out, (uint8_t) (layout->programs + i));
        jupref_write_u8(out, 2);
        jupref_write_u8(out, 0);
        jupref_write_u8(out, (uint8_t) layout->token_at[0]);
        jupref_write_u8(out, 1);
        jupref_write_u8(out, (uint8_t) (0xa0 + i));
    }
}


static void
chain_write_calls_v1(jupref_writer_t *out, const chain_layout_t *layout)
{
    unsigned  i;

    for (i = 0; i < layout->called; i++) {
        jupref_write_u8(out, (uint8_t) (layout->programs + i));
        jupref_write_u8(out, 2);
        jupref_write_u16_le(out, 1);
    }

    for (i = 0; i < layout->called; i++) {
        jupref_write_u8(out, 0);
        jupref_write_u8(out, (uint8_t) layout->token_at[0]);
        jupref_write_u8(out, (uint8_t) (0xa0 + i));
    }
}


static void
chain_write_lookups(jupref_writer_t *out, const chain_layout_t *layout)
{
    unsigned         i;
    jupref_pubkey_t  table;

    if (layout->writable + layout->readonly == 0) {
        jupref_write_u8(out, 0);
        return;
    }

    table = chain_wallet(99);
    jupref_write_u8(out, 1);
    jupref_write_bytes(out, table.bytes, sizeof(table.bytes));
    jupref_write_u8(out, (uint8_t) layout->writable);

    for (i = 0; i < layout->writable; i++) {
        jupref_write_u8(out, (uint8_t) (7 + i));
    }

    jupref_write_u8(out, (uint8_t) layout->readonly);

    for (i = 0; i < layout->readonly; i++) {
        jupref_write_u8(out, (uint8_t) (40 + i));
    }
}


static void
chain_write_message(jupref_writer_t *out, const chain_swap_t *swap,
    const chain_layout_t *layout)
{
    unsigned  i;
    uint8_t   blockhash[32];

    memset(blockhash, 0x77, sizeof(blockhash));

    if (swap->version != JUPREF_TRANSACTION_LEGACY) {
        jupref_write_u8(out, swap->version == JUPREF_TRANSACTION_V0 ? 0x80
                                                                    : 0x81);
    }

    jupref_write_u8(out, (uint8_t) layout->signers);
    jupref_write_u8(out, 0);
    jupref_write_u8(out, (uint8_t) (layout->static_count
                                    - layout->programs));

    if (swap->version == JUPREF_TRANSACTION_V1) {
        jupref_write_u32_le(out, 0x04);
        jupref_write_bytes(out, blockhash, sizeof(blockhash));
        jupref_write_u8(out, (uint8_t) layout->called);
    }

    jupref_write_u8(out, (uint8_t) layout->static_count);

    for (i = 0; i < layout->static_count; i++) {
        jupref_write_bytes(out, layout->keys[i].bytes, JUPREF_PUBKEY_SIZE);
    }

    if (swap->version == JUPREF_TRANSACTION_V1) {
        jupref_write_u32_le(out, 200000);
        chain_write_calls_v1(out, layout);
        return;
    }

    jupref_write_bytes(out, blockhash, sizeof(blockhash));
    jupref_write_u8(out, (uint8_t) layout->called);
    chain_write_calls(out, layout);

    if (swap->version == JUPREF_TRANSACTION_V0) {
        chain_write_lookups(out, layout);
    }
}


static void
chain_sign(unsigned number, jupref_bytes_t message, uint8_t *signature)
{
    size_t       len;
    EVP_PKEY    *pair;
    EVP_MD_CTX  *context;

    len = JUPREF_SIGNATURE_SIZE;
    pair = chain_pair(number);
    context = EVP_MD_CTX_new();

    assert_int_equal(EVP_DigestSignInit(context, NULL, NULL, NULL, pair), 1);
    assert_int_equal(EVP_DigestSign(context, signature, &len, message.data,
                                    message.len), 1);

    EVP_MD_CTX_free(context);
    EVP_PKEY_free(pair);
}


static void
chain_write(chain_made_t *made, const chain_swap_t *swap,
    const chain_layout_t *layout)
{
    size_t           at;
    uint8_t         *signatures;
    unsigned         first;
    jupref_bytes_t   message;
    jupref_writer_t  out;

    first = swap->version != JUPREF_TRANSACTION_V1;
    at = first ? 1 + layout->signers * JUPREF_SIGNATURE_SIZE : 0;

    jupref_writer_init(&out, made->bytes + at, sizeof(made->bytes) - at);
    chain_write_message(&out, swap, layout);
    assert_false(out.failed);

    message.data = made->bytes + at;
    message.len = (size_t) (out.at - message.data);
    made->len = at + message.len;

    if (first) {
        made->bytes[0] = (uint8_t) layout->signers;
        signatures = made->bytes + 1;

    } else {
        signatures = made->bytes + made->len;
        made->len += layout->signers * JUPREF_SIGNATURE_SIZE;
    }

    chain_sign(swap->forged ? 98 : swap->payer, message, signatures);

    if (swap->taker) {
        chain_sign(swap->taker, message, signatures + JUPREF_SIGNATURE_SIZE);
    }

    assert_true(jupref_sha256(made->message_hash, message));
    memcpy(made->signature.bytes, signatures, JUPREF_SIGNATURE_SIZE);
}


jupref_chain_result_e
chain_make(chain_made_t *made, const chain_swap_t *swap)
{
    chain_layout_t  layout;

    chain_lay_out(&layout, swap);
    chain_write(made, swap, &layout);
    chain_answer(made, swap, &layout);

    return chain_read(made);
}


jupref_chain_result_e
chain_read(chain_made_t *made)
{
    jupref_memory_t        memory;
    jupref_chain_result_e  result;

    memory = heap_memory(&made->heap, HEAP_ENDLESS);

    assert_int_equal(jupref_json_tree_parse(&made->tree, (jupref_bytes_t) {
                         (const uint8_t *) made->json, strlen(made->json) },
                         JUPREF_RPC_TRANSACTION_VALUES, &memory),
                     JUPREF_JSON_OK);

    result = jupref_rpc_transaction_read(&made->read, &made->tree,
                                         &made->tree.values[0]);

    if (result != JUPREF_CHAIN_OK) {
        chain_free(made);
    }

    return result;
}


void
chain_free(chain_made_t *made)
{
    jupref_json_tree_free(&made->tree);
    assert_int_equal(made->heap.pieces, 0);
}
