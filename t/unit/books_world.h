/*
 * A ledger with one trade that earns on three levels, for tests of the books.
 */

#ifndef BOOKS_WORLD_H
#define BOOKS_WORLD_H


#include "ledger_world.h"


#define VERIFIED   JUPREF_EVENT_TRADE_VERIFIED
#define REJECTED   JUPREF_EVENT_TRADE_REJECTED
#define EXPIRED    JUPREF_EVENT_TRADE_EXPIRED
#define UNPROVED   JUPREF_EVENT_TRADE_UNPROVED
#define RELEASED   JUPREF_EVENT_HOLD_RELEASED
#define DISPUTED   JUPREF_EVENT_TRADE_DISPUTED
#define RESOLVED   JUPREF_EVENT_DISPUTE_RESOLVED
#define REVERSED   JUPREF_EVENT_TRADE_REVERSED
#define ARCHIVED   JUPREF_EVENT_TRADE_ARCHIVED

#define PENDING    JUPREF_ACCOUNT_PENDING
#define AVAILABLE  JUPREF_ACCOUNT_AVAILABLE
#define FROZEN     JUPREF_ACCOUNT_DISPUTED
#define PAID       JUPREF_ACCOUNT_PAID
#define OWED       JUPREF_ACCOUNT_RECEIVABLE

#define THREE_LEVELS  terms_of("premium", 100, 0, 4000, 500, 100)

/* A verified fee of 500,000 leaves the partner 400,000. */
#define FEE        500000
#define LEVEL_1    160000
#define LEVEL_2    20000
#define LEVEL_3    4000


/* Wallets 1, 2 and 3, each the parent of the next; trade 1 with code 3's. */
jupref_ledger_t *books_world(void);

/* Another trade with code 3's, verified with the same fee. */
void verify_another(jupref_ledger_t *ledger, uint32_t signature);

/* Any event that takes a trade from one state to another. */
jupref_event_t event_of_type(const jupref_ledger_t *ledger,
    jupref_event_type_e type, uint32_t signature);

/* Pays out what is available, as a payout would: by hand, in balance and
 * accounts. */
void pay_out(jupref_ledger_t *ledger, uint32_t wallet);

/* What a wallet has in mint 1; and the books hold. */
#define assert_held(ledger, wallet, pending, available, disputed, owed)       \
    books_assert_held(ledger, wallet, pending, available, disputed, owed,     \
                      __FILE__, __LINE__)

void books_assert_held(const jupref_ledger_t *ledger, uint32_t wallet,
    uint64_t pending, uint64_t available, uint64_t disputed, uint64_t owed,
    const char *file, int line);


#endif /* BOOKS_WORLD_H */
