/*
 * Attribution: whose trade it is follows from binding, argument and cookie in
 * that order, and whoever may not earn is named.
 */

#include "ledger/jupref_attribution.h"

#include <stdarg.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "ledger_world.h"


#define REFERRED  terms_of("referred", 100, 10, 2000, 0, 0)
#define PREMIUM   terms_of("premium", 100, 10, 4000, 500, 100)

#define TAKER   9
#define BEFORE  UINT64_C(1000)                  /* any binding */
#define BEHIND  UINT64_C(9000000000000)


/* Wallets 1 and 2 with "alice" and "bob"; the trader is wallet 9. */
static jupref_ledger_t *
world_of_two(void)
{
    jupref_ledger_t  *ledger;

    ledger = world_new(JUPREF_LEDGER_MIN);
    assert_applied(ledger, event_registered(ledger, 1, 0));
    assert_applied(ledger, event_registered(ledger, 2, 0));
    assert_applied(ledger, event_code(ledger, "alice", 1, REFERRED));
    assert_applied(ledger, event_code(ledger, "bob", 2, PREMIUM));

    return ledger;
}


static jupref_claim_t
claim_of(uint32_t taker, const char *asked, const char *cookie,
    uint64_t cookie_ms, jupref_attribution_mode_e mode)
{
    jupref_claim_t  claim;

    memset(&claim, 0, sizeof(jupref_claim_t));
    claim.taker = wallet_of(taker);
    claim.has_taker = (taker != 0);
    claim.asked_code.data = (const uint8_t *) asked;
    claim.asked_code.len = strlen(asked);
    claim.cookie_code.data = (const uint8_t *) cookie;
    claim.cookie_code.len = strlen(cookie);
    claim.cookie_ms = cookie_ms;
    claim.mode = mode;

    return claim;
}


/* The code it goes to, or with "" the reason why to none. */
static void
assert_goes_to(const jupref_ledger_t *ledger, jupref_claim_t claim,
    const char *code, jupref_attribution_result_e result)
{
    jupref_code_name_t           name;
    jupref_code_row_t           *row;
    jupref_attribution_t         attribution;
    jupref_attribution_result_e  told;

    memset(&attribution, 0x5a, sizeof(attribution));
    told = jupref_attribute(ledger, &claim, &attribution);

    if (told != result) {
        print_error("%s, not %s\n", jupref_attribution_name(told),
                    jupref_attribution_name(result));
        fail();
    }

    if (result != JUPREF_ATTRIBUTED) {
        memset(&name, 0, sizeof(name));
        assert_memory_equal(&attribution.code, &name, sizeof(name));
        assert_true(jupref_pubkey_is_zero(&attribution.referrer));
        return;
    }

    name = code_of(code);
    row = code_row_of(ledger, code);
    assert_memory_equal(attribution.code.key, name.key, sizeof(name.key));
    assert_memory_equal(attribution.code.text, row->text, sizeof(name.text));
    assert_true(jupref_terms_equal(&attribution.terms, &row->terms));
    assert_true(jupref_pubkey_equal(&attribution.referrer, &jupref_referrer(
                                        ledger, row->referrer)->wallet));
}


static void
the_argument_goes_before_the_cookie(void **state)
{
    unsigned          mode;
    jupref_ledger_t  *ledger;

    ledger = world_of_two();

    for (mode = JUPREF_ATTRIBUTE_FIRST; mode <= JUPREF_ATTRIBUTE_LAST; mode++)
    {
        assert_goes_to(ledger, claim_of(TAKER, "ALICE", "bob", BEHIND, mode),
                       "alice", JUPREF_ATTRIBUTED);
        assert_goes_to(ledger, claim_of(TAKER, "", "Bob", BEFORE, mode),
                       "bob", JUPREF_ATTRIBUTED);
        assert_goes_to(ledger, claim_of(0, "alice", "", 0, mode), "alice",
                       JUPREF_ATTRIBUTED);
        assert_goes_to(ledger, claim_of(TAKER, "", "", 0, mode), "",
                       JUPREF_NO_REFERRAL);
    }

    world_free(ledger);
}


static void
an_argument_that_is_no_code_leaves_it_to_the_cookie(void **state)
{
    unsigned                  i, mode;
    jupref_ledger_t          *ledger;
    static const char *const  asked[] = {
        "nobody", "x", "al ice", "alice\n", "\xff\xfe\xfd",
        "a-code-that-is-much-too-long-to-be-one"
    };

    ledger = world_of_two();

    for (i = 0; i < 2 * sizeof(asked) / sizeof(asked[0]); i++) {
        mode = i % 2;
        assert_goes_to(ledger, claim_of(TAKER, asked[i / 2], "bob", BEFORE,
                                        mode),
                       "bob", JUPREF_ATTRIBUTED);
        assert_goes_to(ledger, claim_of(TAKER, asked[i / 2], "", 0, mode), "",
                       JUPREF_CODE_NOT_FOUND);
        assert_goes_to(ledger, claim_of(TAKER, "", asked[i / 2], 0, mode), "",
                       JUPREF_CODE_NOT_FOUND);
    }

    world_free(ledger);
}


static void
first_keeps_the_one_the_wallet_is_bound_to(void **state)
{
    jupref_claim_t        claim;
    jupref_ledger_t      *ledger;
    jupref_attribution_t  attribution;

    ledger = world_of_two();
    assert_applied(ledger, event_bound(ledger, TAKER, "alice"));

    assert_goes_to(ledger, claim_of(TAKER, "bob", "bob", BEHIND,
                                    JUPREF_ATTRIBUTE_FIRST),
                   "alice", JUPREF_ATTRIBUTED);

    claim = claim_of(TAKER, "", "", 0, JUPREF_ATTRIBUTE_FIRST);
    assert_goes_to(ledger, claim, "alice", JUPREF_ATTRIBUTED);
    (void) jupref_attribute(ledger, &claim, &attribution);
    assert_int_equal(attribution.bound, 1);

    /* a binding is the wallet's: without the wallet it isn't known */

    claim = claim_of(0, "bob", "", 0, JUPREF_ATTRIBUTE_FIRST);
    assert_goes_to(ledger, claim, "bob", JUPREF_ATTRIBUTED);
    (void) jupref_attribute(ledger, &claim, &attribution);
    assert_int_equal(attribution.bound, 0);

    world_free(ledger);
}


static void
last_lets_a_later_click_win_and_an_earlier_one_not(void **state)
{
    uint64_t          bound_ms;
    jupref_event_t    event;
    jupref_ledger_t  *ledger;

    ledger = world_of_two();
    event = event_bound(ledger, TAKER, "alice");
    bound_ms = event.time_ms;
    assert_applied(ledger, event);

    assert_goes_to(ledger, claim_of(TAKER, "", "bob", bound_ms + 1,
                                    JUPREF_ATTRIBUTE_LAST),
                   "bob", JUPREF_ATTRIBUTED);
    assert_goes_to(ledger, claim_of(TAKER, "", "bob", bound_ms,
                                    JUPREF_ATTRIBUTE_LAST),
                   "alice", JUPREF_ATTRIBUTED);
    assert_goes_to(ledger, claim_of(TAKER, "", "bob", BEFORE,
                                    JUPREF_ATTRIBUTE_LAST),
                   "alice", JUPREF_ATTRIBUTED);
    assert_goes_to(ledger, claim_of(TAKER, "bob", "", 0,
                                    JUPREF_ATTRIBUTE_LAST),
                   "bob", JUPREF_ATTRIBUTED);
    assert_goes_to(ledger, claim_of(TAKER, "nobody", "nobody", BEHIND,
                                    JUPREF_ATTRIBUTE_LAST),
                   "alice", JUPREF_ATTRIBUTED);
    assert_goes_to(ledger, claim_of(TAKER, "", "", 0, JUPREF_ATTRIBUTE_LAST),
                   "alice", JUPREF_ATTRIBUTED);

    world_free(ledger);
}


static void
a_retired_code_wins_nobody_new_but_keeps_whom_it_has(void **state)
{
    jupref_ledger_t  *ledger;

    ledger = world_of_two();
    assert_applied(ledger, event_bound(ledger, TAKER, "alice"));
    assert_applied(ledger, event_retired(ledger, "alice"));

    assert_goes_to(ledger, claim_of(TAKER, "", "", 0, JUPREF_ATTRIBUTE_FIRST),
                   "alice", JUPREF_ATTRIBUTED);
    assert_goes_to(ledger, claim_of(TAKER, "", "", 0, JUPREF_ATTRIBUTE_LAST),
                   "alice", JUPREF_ATTRIBUTED);
    assert_goes_to(ledger, claim_of(10, "alice", "", 0,
                                    JUPREF_ATTRIBUTE_FIRST),
                   "", JUPREF_CODE_WAS_RETIRED);
    assert_goes_to(ledger, claim_of(10, "", "alice", BEFORE,
                                    JUPREF_ATTRIBUTE_LAST),
                   "", JUPREF_CODE_WAS_RETIRED);

    world_free(ledger);
}


static void
a_suspended_referrer_gets_no_trades(void **state)
{
    jupref_ledger_t  *ledger;

    ledger = world_of_two();
    assert_applied(ledger, event_bound(ledger, TAKER, "alice"));
    assert_applied(ledger, event_status(ledger, 1,
                                        JUPREF_REFERRER_SUSPENDED));

    assert_goes_to(ledger, claim_of(TAKER, "", "", 0, JUPREF_ATTRIBUTE_FIRST),
                   "", JUPREF_REFERRER_IS_SUSPENDED);
    assert_goes_to(ledger, claim_of(10, "alice", "", 0,
                                    JUPREF_ATTRIBUTE_FIRST),
                   "", JUPREF_REFERRER_IS_SUSPENDED);

    assert_applied(ledger, event_status(ledger, 1, JUPREF_REFERRER_ACTIVE));
    assert_goes_to(ledger, claim_of(TAKER, "", "", 0, JUPREF_ATTRIBUTE_FIRST),
                   "alice", JUPREF_ATTRIBUTED);

    world_free(ledger);
}


static void
a_code_that_cannot_be_followed_gives_way_to_the_next(void **state)
{
    jupref_ledger_t  *ledger;

    ledger = world_of_two();

    /* its own code, then somebody else's click */

    assert_goes_to(ledger, claim_of(1, "alice", "bob", BEFORE,
                                    JUPREF_ATTRIBUTE_FIRST),
                   "bob", JUPREF_ATTRIBUTED);

    assert_applied(ledger, event_bound(ledger, TAKER, "alice"));
    assert_applied(ledger, event_status(ledger, 2,
                                        JUPREF_REFERRER_SUSPENDED));

    assert_goes_to(ledger, claim_of(TAKER, "bob", "", 0,
                                    JUPREF_ATTRIBUTE_LAST),
                   "alice", JUPREF_ATTRIBUTED);
    assert_goes_to(ledger, claim_of(TAKER, "", "bob", BEHIND,
                                    JUPREF_ATTRIBUTE_LAST),
                   "alice", JUPREF_ATTRIBUTED);
    assert_goes_to(ledger, claim_of(10, "bob", "", 0, JUPREF_ATTRIBUTE_LAST),
                   "", JUPREF_REFERRER_IS_SUSPENDED);

    world_free(ledger);
}


static void
nobody_refers_itself_nor_its_own_referrer(void **state)
{
    jupref_ledger_t  *ledger;

    ledger = world_of_two();

    assert_goes_to(ledger, claim_of(1, "alice", "", 0,
                                    JUPREF_ATTRIBUTE_FIRST),
                   "", JUPREF_SELF_REFERRAL);

    /* bob trades under alice; alice under bob is mutual then */

    assert_goes_to(ledger, claim_of(2, "alice", "", 0,
                                    JUPREF_ATTRIBUTE_FIRST),
                   "alice", JUPREF_ATTRIBUTED);
    assert_applied(ledger, event_bound(ledger, 2, "alice"));
    assert_goes_to(ledger, claim_of(1, "bob", "", 0, JUPREF_ATTRIBUTE_FIRST),
                   "", JUPREF_REFERRAL_CYCLE);

    /* a parent under its child is one too */

    assert_applied(ledger, event_registered(ledger, 3, 2));
    assert_applied(ledger, event_code(ledger, "carol", 3, REFERRED));
    assert_goes_to(ledger, claim_of(2, "carol", "", 0,
                                    JUPREF_ATTRIBUTE_LAST),
                   "alice", JUPREF_ATTRIBUTED);
    assert_goes_to(ledger, claim_of(1, "carol", "", 0,
                                    JUPREF_ATTRIBUTE_LAST),
                   "", JUPREF_REFERRAL_CYCLE);
    assert_goes_to(ledger, claim_of(3, "alice", "", 0,
                                    JUPREF_ATTRIBUTE_LAST),
                   "alice", JUPREF_ATTRIBUTED);

    world_free(ledger);
}


static void
terms_are_those_of_the_code_as_it_is_now(void **state)
{
    jupref_terms_t        premium;
    jupref_claim_t        claim;
    jupref_ledger_t      *ledger;
    jupref_attribution_t  attribution;

    ledger = world_of_two();
    premium = PREMIUM;
    assert_applied(ledger, event_tier(ledger, 1, PREMIUM));

    claim = claim_of(TAKER, "alice", "", 0, JUPREF_ATTRIBUTE_FIRST);
    assert_int_equal(jupref_attribute(ledger, &claim, &attribution),
                     JUPREF_ATTRIBUTED);
    assert_true(jupref_terms_equal(&attribution.terms, &premium));

    world_free(ledger);
}


/* Reading a cookie is left out where it can't change anything. */
static void
a_click_that_does_not_matter_changes_no_verdict(void **state)
{
    unsigned                      mode, taker, asked, cookie, newer, matters;
    jupref_claim_t                without, with;
    jupref_ledger_t              *ledger;
    jupref_attribution_t          one, other;
    jupref_attribution_result_e   result;

    static const char *const  codes[] = {
        "", "x", "nobody", "alice", "bob", "carol", "dave"
    };

    /* carol is suspended, dave's code retired; 9 is bound to alice, 10 to
     * carol, 11 to dave, 12 to nobody */

    ledger = world_of_two();
    assert_applied(ledger, event_registered(ledger, 3, 0));
    assert_applied(ledger, event_registered(ledger, 4, 0));
    assert_applied(ledger, event_code(ledger, "carol", 3, REFERRED));
    assert_applied(ledger, event_code(ledger, "dave", 4, REFERRED));
    assert_applied(ledger, event_bound(ledger, 9, "alice"));
    assert_applied(ledger, event_bound(ledger, 10, "carol"));
    assert_applied(ledger, event_bound(ledger, 11, "dave"));
    assert_applied(ledger, event_status(ledger, 3,
                                        JUPREF_REFERRER_SUSPENDED));
    assert_applied(ledger, event_retired(ledger, "dave"));

    matters = 0;

    for (mode = 0; mode < 2; mode++) {
        for (taker = 0; taker <= 12; taker++) {
            for (asked = 0; asked < 7; asked++) {
                without = claim_of(taker, codes[asked], "", 0, mode);
                result = jupref_attribute(ledger, &without, &one);

                if (jupref_click_matters(&without, result, &one)) {
                    matters++;
                    continue;
                }

                for (cookie = 0; cookie < 7; cookie++) {
                    for (newer = 0; newer < 2; newer++) {
                        with = claim_of(taker, codes[asked], codes[cookie],
                                        newer ? BEHIND : BEFORE, mode);
                        assert_int_equal(jupref_attribute(ledger, &with,
                                                          &other),
                                         result);
                        assert_memory_equal(&one, &other, sizeof(one));
                    }
                }
            }
        }
    }

    /* and it is left out often enough to be worth it */

    assert_in_range(matters, 1, 2 * 13 * 7 * 2 / 3);

    world_free(ledger);
}


static unsigned
wants(const jupref_ledger_t *ledger, const char *code,
    jupref_attribution_mode_e mode)
{
    jupref_pubkey_t     taker;
    jupref_code_name_t  name;

    taker = wallet_of(TAKER);
    name = code_of(code);

    return jupref_wants_binding(ledger, &taker, &name, mode);
}


static void
first_binds_once_and_last_binds_anew(void **state)
{
    jupref_ledger_t  *ledger;

    ledger = world_of_two();

    assert_true(wants(ledger, "alice", JUPREF_ATTRIBUTE_FIRST));
    assert_true(wants(ledger, "alice", JUPREF_ATTRIBUTE_LAST));

    assert_applied(ledger, event_bound(ledger, TAKER, "alice"));
    assert_false(wants(ledger, "alice", JUPREF_ATTRIBUTE_FIRST));
    assert_false(wants(ledger, "Alice", JUPREF_ATTRIBUTE_LAST));
    assert_false(wants(ledger, "bob", JUPREF_ATTRIBUTE_FIRST));
    assert_true(wants(ledger, "bob", JUPREF_ATTRIBUTE_LAST));

    world_free(ledger);
}


static void
every_reason_has_its_stable_name(void **state)
{
    static const char *const  names[] = {
        "attributed", "no_referral", "code_not_found", "code_retired",
        "referrer_suspended", "self_referral", "referral_cycle"
    };

    unsigned  i;

    for (i = 0; i <= JUPREF_REFERRAL_CYCLE; i++) {
        assert_string_equal(jupref_attribution_name(i), names[i]);
    }
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(the_argument_goes_before_the_cookie),
        cmocka_unit_test(an_argument_that_is_no_code_leaves_it_to_the_cookie),
        cmocka_unit_test(first_keeps_the_one_the_wallet_is_bound_to),
        cmocka_unit_test(last_lets_a_later_click_win_and_an_earlier_one_not),
        cmocka_unit_test(a_retired_code_wins_nobody_new_but_keeps_whom_it_has),
        cmocka_unit_test(a_suspended_referrer_gets_no_trades),
        cmocka_unit_test(a_code_that_cannot_be_followed_gives_way_to_the_next),
        cmocka_unit_test(nobody_refers_itself_nor_its_own_referrer),
        cmocka_unit_test(terms_are_those_of_the_code_as_it_is_now),
        cmocka_unit_test(a_click_that_does_not_matter_changes_no_verdict),
        cmocka_unit_test(first_binds_once_and_last_binds_anew),
        cmocka_unit_test(every_reason_has_its_stable_name)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
