/*
 * Account data: whichever reader takes it takes no more than is there, and
 * takes a copy cut behind what it read no differently.
 *
 *     owner u8 | data
 */

#include "fuzzing.h"

#include "solana/jupref_address.h"
#include "solana/jupref_loader.h"
#include "solana/jupref_programs.h"
#include "solana/jupref_referral.h"
#include "solana/jupref_token.h"


static void
read_all(const jupref_pubkey_t *owner, jupref_bytes_t data)
{
    jupref_mint_t              mint;
    jupref_pubkey_t            address;
    jupref_program_data_t      program;
    jupref_token_account_t     account;
    jupref_referral_account_t  referral;
    jupref_referral_project_t  project;
    jupref_token_result_e      result;

    result = jupref_token_account_read(&account, owner, data);
    expect(jupref_token_result_text(result) != NULL);

    if (result == JUPREF_TOKEN_OK) {
        expect(data.len >= JUPREF_TOKEN_ACCOUNT_SIZE);
        expect(memcmp(account.mint.bytes, data.data, JUPREF_PUBKEY_SIZE)
               == 0);

        /* no account is a mint */

        expect(jupref_mint_read(&mint, owner, data) != JUPREF_TOKEN_OK);
    }

    if (jupref_mint_read(&mint, owner, data) == JUPREF_TOKEN_OK) {
        expect(data.len >= JUPREF_MINT_SIZE);
        expect(data.data[44] == mint.decimals);
    }

    if (jupref_referral_account_read(&referral, owner, data)
        == JUPREF_REFERRAL_OK)
    {
        expect(referral.share_bps <= 10000);
        expect(referral.name_len <= JUPREF_REFERRAL_NAME_MAX);
        expect(jupref_referral_project_read(&project, owner, data)
               == JUPREF_REFERRAL_OTHER_ACCOUNT);
    }

    if (jupref_referral_project_read(&project, owner, data)
        == JUPREF_REFERRAL_OK)
    {
        expect(project.default_share_bps <= 10000);
        expect(project.name_len <= JUPREF_REFERRAL_NAME_MAX);
    }

    if (jupref_loader_program_read(&address, owner, data)) {
        expect(!jupref_loader_data_read(&program, owner, data));
    }

    (void) jupref_loader_data_read(&program, owner, data);
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t         *copy;
    jupref_bytes_t   bytes;

    const jupref_pubkey_t *const  owners[] = {
        &jupref_token_program, &jupref_token_2022_program,
        &jupref_referral_program, &jupref_loader_program,
        &jupref_system_program
    };

    if (size == 0) {
        return 0;
    }

    copy = exact_copy(data + 1, size - 1);
    bytes.data = copy;
    bytes.len = size - 1;

    read_all(owners[data[0] % 5], bytes);
    free(copy);

    return 0;
}
