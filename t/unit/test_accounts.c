/*
 * Accounts on chain: what their programs write is read rightly, and what is
 * another's, cut or bent is refused by the right name.
 */

#include "account_vectors.h"
#include "chain_world.h"

#include <stdarg.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/jupref_base64.h"
#include "solana/jupref_loader.h"
#include "solana/jupref_referral.h"
#include "solana/jupref_token.h"
#include "solana/jupref_token_create.h"


/* Bytes of exactly their size, so that the sanitizer sees one too many. */
typedef struct {
    uint8_t  *bytes;
    size_t    len;
} copy_t;


static copy_t
copy_of(const void *bytes, size_t len)
{
    copy_t  copy;

    copy.len = len;
    copy.bytes = malloc(len ? len : 1);
    assert_non_null(copy.bytes);
    memcpy(copy.bytes, bytes, len);

    return copy;
}


static copy_t
copy_of_hex(const char *hex)
{
    copy_t  copy;

    copy.len = strlen(hex) / 2;
    copy.bytes = malloc(copy.len);
    assert_non_null(copy.bytes);
    assert_true(jupref_hex_decode(copy.bytes, copy.len, (jupref_bytes_t) {
                                  (const uint8_t *) hex, strlen(hex) }));

    return copy;
}


static jupref_bytes_t
span_of(copy_t copy)
{
    return (jupref_bytes_t) { copy.bytes, copy.len };
}


static void
assert_key(const jupref_pubkey_t *key, const char *expected)
{
    char  text[JUPREF_PUBKEY_TEXT + 1];

    text[jupref_pubkey_format((uint8_t *) text, key)] = '\0';
    assert_string_equal(text, expected);
}


static void
token_accounts_of_both_programs_tell_owner_mint_and_amount(void **state)
{
    copy_t                  copy;
    jupref_token_account_t  account;

    copy = copy_of_hex(vector_account);
    assert_int_equal(jupref_token_account_read(&account,
                                               &jupref_token_program,
                                               span_of(copy)),
                     JUPREF_TOKEN_OK);
    assert_key(&account.owner, VECTOR_OWNER);
    assert_key(&account.mint, VECTOR_MINT);
    assert_true(account.amount == 77);
    assert_true(account.withheld == 0);
    assert_true(account.frozen);
    assert_false(account.native);
    free(copy.bytes);

    /* what a transfer fee has kept back isn't the account's own */

    copy = copy_of_hex(vector_account_2022);
    assert_int_equal(jupref_token_account_read(&account,
                                               &jupref_token_2022_program,
                                               span_of(copy)),
                     JUPREF_TOKEN_OK);
    assert_key(&account.owner, VECTOR_OWNER);
    assert_key(&account.mint, VECTOR_MINT_2022);
    assert_true(account.amount == 99000);
    assert_true(account.withheld == 1000);
    assert_false(account.frozen);
    free(copy.bytes);
}


static void
mints_of_both_programs_tell_decimals_and_transfer_fee(void **state)
{
    copy_t         copy;
    jupref_mint_t  mint;

    copy = copy_of_hex(vector_mint);
    assert_int_equal(jupref_mint_read(&mint, &jupref_token_program,
                                      span_of(copy)), JUPREF_TOKEN_OK);
    assert_int_equal(mint.decimals, 6);
    assert_true(mint.supply == 77);
    assert_false(mint.has_transfer_fee);
    free(copy.bytes);

    copy = copy_of_hex(vector_mint_2022);
    assert_int_equal(jupref_mint_read(&mint, &jupref_token_2022_program,
                                      span_of(copy)), JUPREF_TOKEN_OK);
    assert_int_equal(mint.decimals, 9);
    assert_true(mint.supply == 1000000);
    assert_true(mint.has_transfer_fee);
    assert_int_equal(mint.transfer_fee_bps, 100);
    assert_true(mint.transfer_fee_max == 123456);
    free(copy.bytes);
}


static void
what_is_no_token_account_is_refused(void **state)
{
    size_t                  len;
    copy_t                  copy, cut;
    jupref_mint_t           mint;
    jupref_pubkey_t         other;
    jupref_token_account_t  account;

    other = chain_wallet(7);
    copy = copy_of_hex(vector_account_2022);

    assert_int_equal(jupref_token_account_read(&account, &other,
                                               span_of(copy)),
                     JUPREF_TOKEN_NOT_TOKEN);
    assert_int_equal(jupref_token_account_read(&account,
                                               &jupref_token_program,
                                               span_of(copy)),
                     JUPREF_TOKEN_BAD_SIZE);
    assert_int_equal(jupref_mint_read(&mint, &jupref_token_2022_program,
                                      span_of(copy)),
                     JUPREF_TOKEN_BAD_SIZE);

    /* cut anywhere: never read beyond, never taken for another */

    for (len = 0; len < copy.len; len++) {
        cut = copy_of(copy.bytes, len);

        switch (jupref_token_account_read(&account,
                                          &jupref_token_2022_program,
                                          span_of(cut)))
        {
        case JUPREF_TOKEN_OK:
            assert_true(len == JUPREF_TOKEN_ACCOUNT_SIZE || len >= 166);
            assert_true(account.amount == 99000);
            break;

        case JUPREF_TOKEN_BAD_EXTENSION:
            assert_true(len > 166);
            break;

        default:
            assert_true(len <= JUPREF_TOKEN_ACCOUNT_SIZE
                        && len != JUPREF_TOKEN_ACCOUNT_SIZE);
            break;
        }

        free(cut.bytes);
    }

    /* an extension that says it is longer than the account */

    copy.bytes[copy.len - 10] = 0xff;
    assert_int_equal(jupref_token_account_read(&account,
                                               &jupref_token_2022_program,
                                               span_of(copy)),
                     JUPREF_TOKEN_BAD_EXTENSION);

    copy.bytes[108] = 0;
    assert_int_equal(jupref_token_account_read(&account,
                                               &jupref_token_2022_program,
                                               span_of(copy)),
                     JUPREF_TOKEN_UNINITIALIZED);
    free(copy.bytes);

    /* a multisig of Token-2022 is as long as an account could be */

    copy.len = 355;
    copy.bytes = calloc(1, copy.len);
    assert_non_null(copy.bytes);
    copy.bytes[108] = 1;
    copy.bytes[165] = 2;
    assert_int_equal(jupref_token_account_read(&account,
                                               &jupref_token_2022_program,
                                               span_of(copy)),
                     JUPREF_TOKEN_BAD_SIZE);
    free(copy.bytes);
}


/* As the program's source lays it out. */
static size_t
referral_account(uint8_t bytes[JUPREF_REFERRAL_SIZE], unsigned share_bps,
    const char *name)
{
    jupref_pubkey_t  partner;
    jupref_writer_t  out;

    static const uint8_t  mark[] = {
        0xed, 0xa2, 0x50, 0x4e, 0xc4, 0xe9, 0x5b, 0x02
    };

    memset(bytes, 0, JUPREF_REFERRAL_SIZE);
    partner = chain_wallet(5);
    jupref_writer_init(&out, bytes, JUPREF_REFERRAL_SIZE);
    jupref_write_bytes(&out, mark, sizeof(mark));
    jupref_write_bytes(&out, partner.bytes, JUPREF_PUBKEY_SIZE);
    jupref_write_bytes(&out, jupref_ultra_project.bytes, JUPREF_PUBKEY_SIZE);
    jupref_write_u16_le(&out, (uint16_t) share_bps);
    jupref_write_u8(&out, name != NULL);

    if (name) {
        jupref_write_u32_le(&out, (uint32_t) strlen(name));
        jupref_write_bytes(&out, (const uint8_t *) name, strlen(name));
    }

    assert_false(out.failed);

    return (size_t) (out.at - bytes);
}


static void
a_referral_account_tells_partner_project_share_and_name(void **state)
{
    size_t                     len;
    copy_t                     copy;
    uint8_t                    bytes[JUPREF_REFERRAL_SIZE];
    jupref_pubkey_t            partner, other;
    jupref_referral_account_t  account;

    len = referral_account(bytes, 8000, "Ryntra");
    copy = copy_of(bytes, sizeof(bytes));

    assert_int_equal(jupref_referral_account_read(&account,
                                                  &jupref_referral_program,
                                                  span_of(copy)),
                     JUPREF_REFERRAL_OK);
    partner = chain_wallet(5);
    assert_true(jupref_pubkey_equal(&account.partner, &partner));
    assert_true(jupref_pubkey_equal(&account.project, &jupref_ultra_project));
    assert_int_equal(account.share_bps, 8000);
    assert_int_equal(account.name_len, 6);
    assert_memory_equal(account.name, "Ryntra", 6);

    other = chain_wallet(7);
    assert_int_equal(jupref_referral_account_read(&account, &other,
                                                  span_of(copy)),
                     JUPREF_REFERRAL_OTHER_PROGRAM);
    free(copy.bytes);

    /* cut inside of what it says */

    while (len-- > 8) {
        copy = copy_of(bytes, len);
        assert_int_equal(jupref_referral_account_read(&account,
                             &jupref_referral_program, span_of(copy)),
                         JUPREF_REFERRAL_CUT);
        free(copy.bytes);
    }

    /* one without a name, which nobody can claim to by the new way */

    (void) referral_account(bytes, 0, NULL);
    assert_int_equal(jupref_referral_account_read(&account,
                         &jupref_referral_program,
                         (jupref_bytes_t) { bytes, sizeof(bytes) }),
                     JUPREF_REFERRAL_OK);
    assert_int_equal(account.name_len, 0);

    (void) referral_account(bytes, 10001, "Ryntra");
    assert_int_equal(jupref_referral_account_read(&account,
                         &jupref_referral_program,
                         (jupref_bytes_t) { bytes, sizeof(bytes) }),
                     JUPREF_REFERRAL_BAD_FIELD);

    bytes[75] = 0xff;
    assert_int_equal(jupref_referral_account_read(&account,
                         &jupref_referral_program,
                         (jupref_bytes_t) { bytes, sizeof(bytes) }),
                     JUPREF_REFERRAL_BAD_FIELD);

    bytes[0] ^= 1;
    assert_int_equal(jupref_referral_account_read(&account,
                         &jupref_referral_program,
                         (jupref_bytes_t) { bytes, sizeof(bytes) }),
                     JUPREF_REFERRAL_OTHER_ACCOUNT);
}


static void
a_project_tells_its_admin_and_default_share(void **state)
{
    size_t                     len;
    copy_t                     copy;
    uint8_t                    bytes[JUPREF_PROJECT_SIZE];
    jupref_pubkey_t            base, admin;
    jupref_writer_t            out;
    jupref_referral_project_t  project;

    static const uint8_t  mark[] = {
        0xcd, 0xa8, 0xbd, 0xca, 0xb5, 0xf7, 0x8e, 0x13
    };

    base = chain_wallet(8);
    admin = chain_wallet(9);
    memset(bytes, 0, sizeof(bytes));
    jupref_writer_init(&out, bytes, sizeof(bytes));
    jupref_write_bytes(&out, mark, sizeof(mark));
    jupref_write_bytes(&out, base.bytes, JUPREF_PUBKEY_SIZE);
    jupref_write_bytes(&out, admin.bytes, JUPREF_PUBKEY_SIZE);
    jupref_write_u32_le(&out, 5);
    jupref_write_bytes(&out, (const uint8_t *) "Ultra", 5);
    jupref_write_u16_le(&out, 8000);
    len = (size_t) (out.at - bytes);

    assert_int_equal(jupref_referral_project_read(&project,
                         &jupref_referral_program,
                         (jupref_bytes_t) { bytes, sizeof(bytes) }),
                     JUPREF_REFERRAL_OK);
    assert_true(jupref_pubkey_equal(&project.base, &base));
    assert_true(jupref_pubkey_equal(&project.admin, &admin));
    assert_int_equal(project.default_share_bps, 8000);
    assert_int_equal(project.name_len, 5);

    while (len-- > 0) {
        copy = copy_of(bytes, len);
        assert_int_equal(jupref_referral_project_read(&project,
                             &jupref_referral_program, span_of(copy)),
                         JUPREF_REFERRAL_CUT);
        free(copy.bytes);
    }
}


static void
a_program_tells_when_and_by_whom_it_was_changed(void **state)
{
    copy_t                 copy;
    size_t                 len;
    uint8_t                bytes[JUPREF_PROGRAM_DATA_HEAD];
    jupref_pubkey_t        key, read;
    jupref_writer_t        out;
    jupref_program_data_t  data;

    key = chain_wallet(3);
    jupref_writer_init(&out, bytes, sizeof(bytes));
    jupref_write_u32_le(&out, 2);
    jupref_write_bytes(&out, key.bytes, JUPREF_PUBKEY_SIZE);
    copy = copy_of(bytes, 36);
    assert_true(jupref_loader_program_read(&read, &jupref_loader_program,
                                           span_of(copy)));
    assert_true(jupref_pubkey_equal(&read, &key));
    assert_false(jupref_loader_program_read(&read, &jupref_token_program,
                                            span_of(copy)));
    assert_false(jupref_loader_data_read(&data, &jupref_loader_program,
                                         span_of(copy)));
    copy.len--;
    assert_false(jupref_loader_program_read(&read, &jupref_loader_program,
                                            span_of(copy)));
    free(copy.bytes);

    jupref_writer_init(&out, bytes, sizeof(bytes));
    jupref_write_u32_le(&out, 3);
    jupref_write_u64_le(&out, 431000123);
    jupref_write_u8(&out, 1);
    jupref_write_bytes(&out, key.bytes, JUPREF_PUBKEY_SIZE);
    assert_true(jupref_loader_data_read(&data, &jupref_loader_program,
                    (jupref_bytes_t) { bytes, sizeof(bytes) }));
    assert_true(data.slot == 431000123);
    assert_true(jupref_pubkey_equal(&data.authority, &key));

    for (len = 0; len < sizeof(bytes); len++) {
        copy = copy_of(bytes, len);
        assert_false(jupref_loader_data_read(&data, &jupref_loader_program,
                                             span_of(copy)));
        free(copy.bytes);
    }

    /* nobody can change it any more */

    bytes[12] = 0;
    assert_true(jupref_loader_data_read(&data, &jupref_loader_program,
                    (jupref_bytes_t) { bytes, 13 }));
    assert_true(jupref_pubkey_is_zero(&data.authority));

    bytes[12] = 2;
    assert_false(jupref_loader_data_read(&data, &jupref_loader_program,
                     (jupref_bytes_t) { bytes, sizeof(bytes) }));
}


/* What web3.js and spl-token compile for the same, but for the keys' order. */
static void
a_missing_token_account_is_made_by_a_transaction_anybody_can_pay(void **state)
{
    size_t                     len, size;
    uint8_t                    text[JUPREF_TOKEN_CREATE_TEXT];
    uint8_t                    bytes[JUPREF_TOKEN_CREATE_TEXT];
    unsigned                   i;
    jupref_pubkey_t            payer, owner, mint, blockhash;
    jupref_instruction_t       call;
    jupref_transaction_t       made;
    jupref_instruction_walk_t  walk;

    static const char *const  accounts[] = {
        "AKnL4NNf3DGWZJS6cPknBuEGnVsV4A4m5tgebLHaRSZ9",
        "CnJLrAse3TZMRJ5SAcuqk3XwSUNorSPhvjwv4PVM1c8H",
        "F9pV233uBksW4U1BKiK7u9qShgXkwoR6F8MzU4FZYPUv",
        USDC, "11111111111111111111111111111111", TOKEN22
    };

    payer = chain_wallet(1);
    owner = chain_referral();
    mint = chain_key(USDC);
    blockhash = chain_key(WSOL);

    len = jupref_token_create(text, &payer, &owner, &mint,
                              &jupref_token_2022_program, &blockhash);
    assert_in_range(len, 1, sizeof(text) - 1);
    assert_int_equal(text[len], 0);
    assert_true(jupref_base64_decode(bytes, &size, (jupref_bytes_t) {
                                     text, len }));

    assert_int_equal(jupref_transaction_parse(&made, (jupref_bytes_t) {
                         bytes, size }), JUPREF_TRANSACTION_OK);
    assert_int_equal(made.version, JUPREF_TRANSACTION_LEGACY);
    assert_int_equal(made.signer_count, 1);
    assert_int_equal(made.key_count, 7);
    assert_true(jupref_signature_is_zero(&made.signatures[0]));
    assert_true(jupref_pubkey_equal(&made.keys[0], &payer));

    /* header: one signature, none readonly of it, five readonly of the rest;
     * the blockhash stands behind the keys */

    assert_memory_equal(made.message.data, "\x01\x00\x05\x07", 4);
    assert_memory_equal(made.keys[made.key_count].bytes, blockhash.bytes,
                        JUPREF_PUBKEY_SIZE);

    jupref_instruction_walk(&walk, &made);
    assert_true(jupref_instruction_next(&walk, &call));
    assert_key(call.program_id,
               "ATokenGPvbdGVxr1b2hvZbsiqW5xWH25efTNsLJA8knL");
    assert_int_equal(call.data.len, 1);
    assert_int_equal(call.data.data[0], 1);
    assert_int_equal(call.accounts.len, 6);

    for (i = 0; i < 6; i++) {
        assert_key(&made.keys[call.accounts.data[i]], accounts[i]);
    }

    assert_false(jupref_instruction_next(&walk, &call));

    assert_int_equal(jupref_token_create(text, &owner, &owner, &mint,
                                         &jupref_token_program, &blockhash),
                     0);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(
            token_accounts_of_both_programs_tell_owner_mint_and_amount),
        cmocka_unit_test(
            mints_of_both_programs_tell_decimals_and_transfer_fee),
        cmocka_unit_test(what_is_no_token_account_is_refused),
        cmocka_unit_test(
            a_referral_account_tells_partner_project_share_and_name),
        cmocka_unit_test(a_project_tells_its_admin_and_default_share),
        cmocka_unit_test(a_program_tells_when_and_by_whom_it_was_changed),
        cmocka_unit_test(
            a_missing_token_account_is_made_by_a_transaction_anybody_can_pay)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
