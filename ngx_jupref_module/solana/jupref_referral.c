/*
 * Accounts of Jupiter's referral program (see the header).
 */

#include "solana/jupref_referral.h"

#include <string.h>

#include "base/jupref_number.h"
#include "solana/jupref_address.h"


#define JUPREF_DISCRIMINATOR  8


static const uint8_t  jupref_referral_account_mark[JUPREF_DISCRIMINATOR] = {
    0xed, 0xa2, 0x50, 0x4e, 0xc4, 0xe9, 0x5b, 0x02
};

static const uint8_t  jupref_referral_project_mark[JUPREF_DISCRIMINATOR] = {
    0xcd, 0xa8, 0xbd, 0xca, 0xb5, 0xf7, 0x8e, 0x13
};


static jupref_referral_result_e jupref_referral_begin(
    jupref_reader_t *reader, const jupref_pubkey_t *program,
    jupref_bytes_t data, const uint8_t *mark);
static void jupref_referral_key(jupref_reader_t *reader,
    jupref_pubkey_t *key);
static unsigned jupref_referral_name(jupref_reader_t *reader, uint8_t *name,
    uint8_t *len);


jupref_referral_result_e
jupref_referral_account_read(jupref_referral_account_t *account,
    const jupref_pubkey_t *program, jupref_bytes_t data)
{
    uint8_t                   named;
    jupref_reader_t           reader;
    jupref_referral_result_e  result;

    memset(account, 0, sizeof(jupref_referral_account_t));

    result = jupref_referral_begin(&reader, program, data,
                                   jupref_referral_account_mark);

    if (result != JUPREF_REFERRAL_OK) {
        return result;
    }

    jupref_referral_key(&reader, &account->partner);
    jupref_referral_key(&reader, &account->project);
    account->share_bps = jupref_read_u16_le(&reader);
    named = jupref_read_u8(&reader);

    if (named > 1
        || (named && !jupref_referral_name(&reader, account->name,
                                           &account->name_len)))
    {
        return JUPREF_REFERRAL_BAD_FIELD;
    }

    if (reader.failed) {
        return JUPREF_REFERRAL_CUT;
    }

    return account->share_bps <= JUPREF_BPS_WHOLE ? JUPREF_REFERRAL_OK
                                                  : JUPREF_REFERRAL_BAD_FIELD;
}


jupref_referral_result_e
jupref_referral_project_read(jupref_referral_project_t *project,
    const jupref_pubkey_t *program, jupref_bytes_t data)
{
    jupref_reader_t           reader;
    jupref_referral_result_e  result;

    memset(project, 0, sizeof(jupref_referral_project_t));

    result = jupref_referral_begin(&reader, program, data,
                                   jupref_referral_project_mark);

    if (result != JUPREF_REFERRAL_OK) {
        return result;
    }

    jupref_referral_key(&reader, &project->base);
    jupref_referral_key(&reader, &project->admin);

    if (!jupref_referral_name(&reader, project->name, &project->name_len)) {
        return JUPREF_REFERRAL_BAD_FIELD;
    }

    project->default_share_bps = jupref_read_u16_le(&reader);

    if (reader.failed) {
        return JUPREF_REFERRAL_CUT;
    }

    return project->default_share_bps <= JUPREF_BPS_WHOLE
           ? JUPREF_REFERRAL_OK : JUPREF_REFERRAL_BAD_FIELD;
}


static jupref_referral_result_e
jupref_referral_begin(jupref_reader_t *reader, const jupref_pubkey_t *program,
    jupref_bytes_t data, const uint8_t *mark)
{
    jupref_bytes_t  bytes;

    if (!jupref_pubkey_equal(program, &jupref_referral_program)) {
        return JUPREF_REFERRAL_OTHER_PROGRAM;
    }

    jupref_reader_init(reader, data);
    bytes = jupref_read_bytes(reader, JUPREF_DISCRIMINATOR);

    if (bytes.data == NULL) {
        return JUPREF_REFERRAL_CUT;
    }

    return memcmp(bytes.data, mark, JUPREF_DISCRIMINATOR) == 0
           ? JUPREF_REFERRAL_OK : JUPREF_REFERRAL_OTHER_ACCOUNT;
}


static void
jupref_referral_key(jupref_reader_t *reader, jupref_pubkey_t *key)
{
    jupref_bytes_t  bytes;

    bytes = jupref_read_bytes(reader, JUPREF_PUBKEY_SIZE);

    if (bytes.data != NULL) {
        memcpy(key->bytes, bytes.data, JUPREF_PUBKEY_SIZE);
    }
}


/* 0 for one that is longer than any; whether the bytes were enough is what
 * the reader says. */

static unsigned
jupref_referral_name(jupref_reader_t *reader, uint8_t *name, uint8_t *len)
{
    uint32_t        size;
    jupref_bytes_t  bytes;

    size = jupref_read_u32_le(reader);

    if (size > JUPREF_REFERRAL_NAME_MAX) {
        return 0;
    }

    bytes = jupref_read_bytes(reader, size);

    if (bytes.data != NULL && size > 0) {
        memcpy(name, bytes.data, size);
        *len = (uint8_t) size;
    }

    return 1;
}


const char *
jupref_referral_result_text(jupref_referral_result_e result)
{
    static const char *const  texts[] = {
        [JUPREF_REFERRAL_OK] = "ok",
        [JUPREF_REFERRAL_OTHER_PROGRAM] =
            ("not an account of Jupiter's referral program; it takes the "
             "referral account, not a wallet or a token account"),
        [JUPREF_REFERRAL_OTHER_ACCOUNT] =
            "another kind of account of Jupiter's referral program",
        [JUPREF_REFERRAL_CUT] = "shorter than such an account is",
        [JUPREF_REFERRAL_BAD_FIELD] =
            "a share above 10000 basis points, or a name that is too long"
    };

    return texts[result];
}
