/*
 * Program derived addresses (facts: the sdk's pubkey crate).
 *
 * Dividing isn't needed for the point test: u / v is a square exactly when
 * u × v is, so one exponentiation by (p - 1) / 2 gives 1 or 0 for a point and
 * p - 1 for none.
 */

#include "solana/jupref_address.h"
#include "base/jupref_digest.h"
#include "solana/jupref_programs.h"

#include <string.h>

#include <openssl/bn.h>


#define JUPREF_MARKER       "ProgramDerivedAddress"
#define JUPREF_MARKER_SIZE  (sizeof(JUPREF_MARKER) - 1)

#define JUPREF_PREIMAGE_MAX                                                   \
    (JUPREF_SEEDS_MAX * JUPREF_SEED_MAX + 1 + JUPREF_PUBKEY_SIZE              \
     + JUPREF_MARKER_SIZE)


/* The numbers of the curve -x² + y² = 1 + d x² y² modulo p. */
typedef struct {
    BN_CTX  *context;
    BIGNUM  *p;
    BIGNUM  *d;
    BIGNUM  *half;                      /* (p - 1) / 2 */
    BIGNUM  *y2;
    BIGNUM  *u;
    BIGNUM  *v;
} jupref_curve_t;


static unsigned jupref_curve_init(jupref_curve_t *curve);
static void jupref_curve_free(jupref_curve_t *curve);
static int jupref_curve_has(jupref_curve_t *curve,
    const uint8_t point[JUPREF_PUBKEY_SIZE]);


const jupref_pubkey_t  jupref_token_program = { {
    0x06, 0xdd, 0xf6, 0xe1, 0xd7, 0x65, 0xa1, 0x93,
    0xd9, 0xcb, 0xe1, 0x46, 0xce, 0xeb, 0x79, 0xac,
    0x1c, 0xb4, 0x85, 0xed, 0x5f, 0x5b, 0x37, 0x91,
    0x3a, 0x8c, 0xf5, 0x85, 0x7e, 0xff, 0x00, 0xa9
} };

const jupref_pubkey_t  jupref_token_2022_program = { {
    0x06, 0xdd, 0xf6, 0xe1, 0xee, 0x75, 0x8f, 0xde,
    0x18, 0x42, 0x5d, 0xbc, 0xe4, 0x6c, 0xcd, 0xda,
    0xb6, 0x1a, 0xfc, 0x4d, 0x83, 0xb9, 0x0d, 0x27,
    0xfe, 0xbd, 0xf9, 0x28, 0xd8, 0xa1, 0x8b, 0xfc
} };

const jupref_pubkey_t  jupref_associated_token_program = { {
    0x8c, 0x97, 0x25, 0x8f, 0x4e, 0x24, 0x89, 0xf1,
    0xbb, 0x3d, 0x10, 0x29, 0x14, 0x8e, 0x0d, 0x83,
    0x0b, 0x5a, 0x13, 0x99, 0xda, 0xff, 0x10, 0x84,
    0x04, 0x8e, 0x7b, 0xd8, 0xdb, 0xe9, 0xf8, 0x59
} };

const jupref_pubkey_t  jupref_referral_program = { {
    0x06, 0x34, 0xea, 0x7f, 0x1d, 0x22, 0xfd, 0x4c,
    0x17, 0x51, 0x22, 0x84, 0x3e, 0x73, 0xd9, 0x66,
    0xbc, 0x1b, 0x57, 0x46, 0x2c, 0xe8, 0x5d, 0x56,
    0x4f, 0xd3, 0xc1, 0xd8, 0x75, 0x35, 0xc1, 0x22
} };

const jupref_pubkey_t  jupref_ultra_project = { {
    0xbd, 0x7f, 0x87, 0x8b, 0x61, 0xf0, 0xcc, 0x15,
    0x68, 0xf3, 0x23, 0x9c, 0x44, 0xb4, 0xfd, 0x6a,
    0x9a, 0xbc, 0x60, 0x8a, 0x47, 0x55, 0xb8, 0xda,
    0x3e, 0x6e, 0x27, 0xa3, 0x27, 0x37, 0x65, 0x8d
} };


/* Little-endian, as points are. */
static const uint8_t  jupref_curve_p[JUPREF_PUBKEY_SIZE] = {
    0xed, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f
};

/* -121665 / 121666 */
static const uint8_t  jupref_curve_d[JUPREF_PUBKEY_SIZE] = {
    0xa3, 0x78, 0x59, 0x13, 0xca, 0x4d, 0xeb, 0x75,
    0xab, 0xd8, 0x41, 0x41, 0x4d, 0x0a, 0x70, 0x00,
    0x98, 0xe8, 0x79, 0x77, 0x79, 0x40, 0xc7, 0x8c,
    0x73, 0xfe, 0x6f, 0x2b, 0xee, 0x6c, 0x03, 0x52
};


int
jupref_is_on_curve(const uint8_t point[JUPREF_PUBKEY_SIZE])
{
    int             verdict;
    jupref_curve_t  curve;

    verdict = -1;

    if (jupref_curve_init(&curve)) {
        verdict = jupref_curve_has(&curve, point);
    }

    jupref_curve_free(&curve);

    return verdict;
}


unsigned
jupref_find_address(jupref_pubkey_t *address, uint8_t *bump,
    const jupref_bytes_t *seeds, unsigned count,
    const jupref_pubkey_t *program)
{
    int              verdict;
    size_t           len, bump_at;
    uint8_t          preimage[JUPREF_PREIMAGE_MAX];
    unsigned         i, tried;
    jupref_bytes_t   bytes;
    jupref_curve_t   curve;

    if (count > JUPREF_SEEDS_MAX) {
        return 0;
    }

    len = 0;

    for (i = 0; i < count; i++) {
        if (seeds[i].len > JUPREF_SEED_MAX) {
            return 0;
        }

        if (seeds[i].len > 0) {
            memcpy(preimage + len, seeds[i].data, seeds[i].len);
            len += seeds[i].len;
        }
    }

    bump_at = len++;
    memcpy(preimage + len, program->bytes, JUPREF_PUBKEY_SIZE);
    len += JUPREF_PUBKEY_SIZE;
    memcpy(preimage + len, JUPREF_MARKER, JUPREF_MARKER_SIZE);
    len += JUPREF_MARKER_SIZE;

    bytes.data = preimage;
    bytes.len = len;

    verdict = jupref_curve_init(&curve) ? 1 : -1;

    /* the sdk stops before 0 as well */

    for (tried = UINT8_MAX; tried > 0 && verdict == 1; tried--) {
        preimage[bump_at] = (uint8_t) tried;
        *bump = (uint8_t) tried;

        verdict = jupref_sha256(address->bytes, bytes)
                  ? jupref_curve_has(&curve, address->bytes) : -1;
    }

    jupref_curve_free(&curve);

    return verdict == 0;
}


unsigned
jupref_find_token_account(jupref_pubkey_t *address,
    const jupref_pubkey_t *wallet, const jupref_pubkey_t *mint,
    const jupref_pubkey_t *token_program)
{
    uint8_t         bump;
    jupref_bytes_t  seeds[3];

    seeds[0].data = wallet->bytes;
    seeds[0].len = JUPREF_PUBKEY_SIZE;
    seeds[1].data = token_program->bytes;
    seeds[1].len = JUPREF_PUBKEY_SIZE;
    seeds[2].data = mint->bytes;
    seeds[2].len = JUPREF_PUBKEY_SIZE;

    return jupref_find_address(address, &bump, seeds, 3,
                               &jupref_associated_token_program);
}


unsigned
jupref_find_referral_account(jupref_pubkey_t *address,
    const jupref_pubkey_t *project, jupref_bytes_t name)
{
    uint8_t         bump;
    jupref_bytes_t  seeds[3];

    seeds[0] = jupref_bytes("referral");
    seeds[1].data = project->bytes;
    seeds[1].len = JUPREF_PUBKEY_SIZE;
    seeds[2] = name;

    return jupref_find_address(address, &bump, seeds, 3,
                               &jupref_referral_program);
}


unsigned
jupref_find_referral_ata(jupref_pubkey_t *address,
    const jupref_pubkey_t *referral_account, const jupref_pubkey_t *mint)
{
    uint8_t         bump;
    jupref_bytes_t  seeds[3];

    seeds[0] = jupref_bytes("referral_ata");
    seeds[1].data = referral_account->bytes;
    seeds[1].len = JUPREF_PUBKEY_SIZE;
    seeds[2].data = mint->bytes;
    seeds[2].len = JUPREF_PUBKEY_SIZE;

    return jupref_find_address(address, &bump, seeds, 3,
                               &jupref_referral_program);
}


unsigned
jupref_find_project_authority(jupref_pubkey_t *address,
    const jupref_pubkey_t *base)
{
    uint8_t         bump;
    jupref_bytes_t  seeds[2];

    seeds[0] = jupref_bytes("project_authority");
    seeds[1].data = base->bytes;
    seeds[1].len = JUPREF_PUBKEY_SIZE;

    return jupref_find_address(address, &bump, seeds, 2,
                               &jupref_referral_program);
}


unsigned
jupref_find_program_data(jupref_pubkey_t *address,
    const jupref_pubkey_t *program)
{
    uint8_t         bump;
    jupref_bytes_t  seed;

    seed.data = program->bytes;
    seed.len = JUPREF_PUBKEY_SIZE;

    return jupref_find_address(address, &bump, &seed, 1,
                               &jupref_loader_program);
}


/* jupref_curve_free() is due even after a failure. */
static unsigned
jupref_curve_init(jupref_curve_t *curve)
{
    memset(curve, 0, sizeof(jupref_curve_t));

    curve->context = BN_CTX_new();

    if (curve->context == NULL) {
        return 0;
    }

    BN_CTX_start(curve->context);

    curve->p = BN_CTX_get(curve->context);
    curve->d = BN_CTX_get(curve->context);
    curve->half = BN_CTX_get(curve->context);
    curve->y2 = BN_CTX_get(curve->context);
    curve->u = BN_CTX_get(curve->context);
    curve->v = BN_CTX_get(curve->context);

    /* when one get fails, so does the last */

    return curve->v != NULL
           && BN_lebin2bn(jupref_curve_p, JUPREF_PUBKEY_SIZE, curve->p)
           && BN_lebin2bn(jupref_curve_d, JUPREF_PUBKEY_SIZE, curve->d)
           && BN_rshift1(curve->half, curve->p);
}


static void
jupref_curve_free(jupref_curve_t *curve)
{
    if (curve->context != NULL) {
        BN_CTX_end(curve->context);
        BN_CTX_free(curve->context);
    }
}


/* 1 on the curve, 0 off it, -1 when memory is out. */
static int
jupref_curve_has(jupref_curve_t *curve,
    const uint8_t point[JUPREF_PUBKEY_SIZE])
{
    uint8_t  y[JUPREF_PUBKEY_SIZE];

    memcpy(y, point, JUPREF_PUBKEY_SIZE);
    y[JUPREF_PUBKEY_SIZE - 1] &= 0x7f;          /* the sign of x */

    if (!BN_lebin2bn(y, JUPREF_PUBKEY_SIZE, curve->y2)
        || !BN_mod_sqr(curve->y2, curve->y2, curve->p, curve->context)
        || !BN_copy(curve->u, curve->y2)
        || !BN_sub_word(curve->u, 1)
        || !BN_mod_mul(curve->v, curve->y2, curve->d, curve->p,
                       curve->context)
        || !BN_add_word(curve->v, 1)
        || !BN_mod_mul(curve->u, curve->u, curve->v, curve->p,
                       curve->context)
        || !BN_mod_exp(curve->v, curve->u, curve->half, curve->p,
                       curve->context))
    {
        return -1;
    }

    return BN_is_zero(curve->v) || BN_is_one(curve->v);
}
