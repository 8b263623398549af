/*
 * Evidence: what a transaction says about a trade, and what is booked of it.
 * Each rule by a transaction that breaks it and nothing else.
 */

#include "evidence_world.h"

#include <stdarg.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>


static void
a_swap_that_paid_its_fee_is_verified_in_every_wire_form(void **state)
{
    case_t        of;
    unsigned      version;
    chain_swap_t  swap;

    for (version = 0; version < 3; version++) {
        chain_swap(&swap);
        swap.version = (jupref_transaction_version_e) version;
        case_begin(&of, &swap);
        assert_verified(&of, WSOL, 5000);
        case_end(&of);
    }
}


static void
every_router_that_jupiter_uses_is_known(void **state)
{
    case_t        of;
    unsigned      i;
    chain_swap_t  swap;

    static const char *const  routers[] = {
        JUP6, DFLOW, OKX, "6m2CDdhRgxpH4WjvdzxAYbGxwdGUz5MziiL5jek2kBma", FILL
    };

    for (i = 0; i < sizeof(routers) / sizeof(routers[0]); i++) {
        chain_swap(&swap);
        swap.programs[1] = routers[i];
        case_begin(&of, &swap);
        assert_verified(&of, WSOL, 5000);
        case_end(&of);
    }
}


static void
somebody_else_may_pay_as_long_as_the_taker_signs(void **state)
{
    case_t        of;
    chain_swap_t  swap;

    chain_swap(&swap);
    swap.payer = 5;
    swap.taker = 1;
    case_begin(&of, &swap);
    assert_verified(&of, WSOL, 5000);
    case_end(&of);
}


static void
an_unknown_trade_that_landed_is_verified_too(void **state)
{
    case_t        of;
    chain_swap_t  swap;

    chain_swap(&swap);
    case_begin(&of, &swap);
    of.trade.state = JUPREF_STATE_UNKNOWN;
    assert_verified(&of, WSOL, 5000);
    of.trade.state = JUPREF_STATE_UNPROVED;
    assert_verified(&of, WSOL, 5000);
    case_end(&of);
}


static void
a_taker_that_didnt_sign_is_the_wrong_one(void **state)
{
    case_t        of;
    chain_swap_t  swap;

    chain_swap(&swap);
    case_begin(&of, &swap);
    of.trade.taker = chain_wallet(2);
    assert_found(&of, REJECTED, "wrong_taker");

    /* an account of the transaction hasn't signed it */

    of.trade.taker = chain_wallet(101);
    assert_found(&of, REJECTED, "wrong_taker");
    case_end(&of);
}


static void
a_message_that_wasnt_priced_is_foreign(void **state)
{
    case_t        of;
    chain_swap_t  swap;

    chain_swap(&swap);
    case_begin(&of, &swap);
    of.trade.message_hash[31] ^= 1;
    assert_found(&of, REJECTED, "foreign_message");
    case_end(&of);
}


static void
another_transaction_than_was_asked_for_is_the_nodes_fault(void **state)
{
    case_t          of;
    chain_swap_t    swap;
    jupref_event_t  event;

    static chain_made_t  other;

    chain_swap(&swap);
    case_begin(&of, &swap);
    of.trade.signature.bytes[0] ^= 1;
    assert_found(&of, ELSEWHERE, "other_transaction");
    assert_int_equal(of.finding.liars, 3);
    assert_false(jupref_evidence_event(&of.evidence, &of.finding, &event));

    /* others show the right one, and that counts */

    of.trade.signature.bytes[0] ^= 1;
    swap.slot++;
    swap.payer = 3;
    assert_int_equal(chain_make(&other, &swap), JUPREF_CHAIN_OK);
    case_shows(&of, 0, &other);
    case_shows(&of, 1, &of.made);
    case_shows(&of, 2, &of.made);
    of.evidence.witness_count = 3;
    of.evidence.nodes_left = 0;
    assert_verified(&of, WSOL, 5000);
    assert_int_equal(of.finding.witness, 1);
    assert_int_equal(of.finding.liars, 1);

    /* when all of them are wrong nobody can say, and the trade isn't lost */

    of.evidence.witness_count = 1;
    assert_found(&of, UNPROVED, "nodes_wrong");

    /* one that tells the truth, and is behind, is waited for */

    of.evidence.witness_count = 2;
    memset(&of.witnesses[1], 0, sizeof(jupref_witness_t));
    of.witnesses[1].status = JUPREF_SAID_CONFIRMED;
    assert_found(&of, WAIT, "not_finalized");
    assert_int_equal(of.finding.liars, 1);

    chain_free(&other);
    case_end(&of);
}


static void
a_transaction_that_its_payer_hasnt_signed_is_made_up(void **state)
{
    case_t        of;
    chain_swap_t  swap;

    chain_swap(&swap);
    swap.forged = 1;
    case_begin(&of, &swap);
    assert_found(&of, ELSEWHERE, "bad_signature");
    assert_int_equal(of.finding.liars, 3);
    case_end(&of);
}


static void
programs_we_dont_know_are_no_router(void **state)
{
    chain_swap_t  swap;

    chain_swap(&swap);
    swap.programs[1] = "BPFLoaderUpgradeab1e11111111111111111111111";
    assert_rejected(&swap, "unknown_router");

    /* a router that another program calls isn't at the top level */

    swap.inner = JUP6;
    assert_rejected(&swap, "unknown_router");
}


static void
a_transfer_to_the_fee_account_alone_is_a_plain_deposit(void **state)
{
    chain_swap_t  swap;

    chain_swap(&swap);
    swap.programs[1] = TOKEN;
    swap.programs[2] = "MemoSq4gqABAXKb96qnH8TysNcWxMyWCqXgDLGmfcHr";
    swap.inner = NULL;
    assert_rejected(&swap, "plain_deposit");
}


static void
a_claim_in_the_same_transaction_rejects_it_however_it_is_called(void **state)
{
    chain_swap_t  swap;

    chain_swap(&swap);
    swap.programs[2] = REFER;
    assert_rejected(&swap, "claim_in_transaction");

    chain_swap(&swap);
    swap.inner = REFER;
    assert_rejected(&swap, "claim_in_transaction");

    /* also where the sweep has left less than was there */

    swap.tokens[0].after = 0;
    assert_rejected(&swap, "claim_in_transaction");
}


static void
a_node_that_doesnt_record_inner_calls_cant_rule_out_a_claim(void **state)
{
    case_t        of;
    chain_swap_t  swap;

    chain_swap(&swap);
    swap.told_inner = "null";
    case_begin(&of, &swap);
    assert_found(&of, ELSEWHERE, "not_shown");
    assert_int_equal(of.finding.liars, 0);
    case_end(&of);
}


static void
the_fee_account_may_be_there_before_or_made_by_the_swap(void **state)
{
    case_t        of;
    chain_swap_t  swap;

    chain_swap(&swap);
    swap.tokens[0].before = UINT64_C(9000000000000000000);
    swap.tokens[0].after = UINT64_C(9000000000000005000);
    case_begin(&of, &swap);
    assert_verified(&of, WSOL, 5000);
    case_end(&of);

    swap.tokens[0].before = CHAIN_NONE;
    swap.tokens[0].after = 5000;
    case_begin(&of, &swap);
    assert_verified(&of, WSOL, 5000);
    case_end(&of);
}


static void
a_fee_account_that_is_closed_again_has_no_fee(void **state)
{
    chain_swap_t  swap;

    chain_swap(&swap);
    swap.tokens[0].after = CHAIN_NONE;
    assert_rejected(&swap, "fee_account_closed");
}


static void
accounts_the_swap_closes_or_makes_for_itself_dont_matter(void **state)
{
    case_t        of;
    chain_swap_t  swap;

    chain_swap(&swap);
    swap.tokens[1].after = CHAIN_NONE;
    swap.tokens[2].before = CHAIN_NONE;
    case_begin(&of, &swap);
    assert_verified(&of, WSOL, 5000);
    case_end(&of);
}


static void
a_fee_account_that_is_looked_up_counts_the_same(void **state)
{
    case_t        of;
    chain_swap_t  swap;

    chain_swap(&swap);
    swap.tokens[1].looked_up = 2;
    swap.tokens[0].looked_up = 1;
    swap.tokens[2].looked_up = 1;
    case_begin(&of, &swap);
    assert_verified(&of, WSOL, 5000);
    case_end(&of);
}


/* 5,000 were sent at a fee of 1 %: 4,950 arrived. */
static void
with_a_transfer_fee_only_what_arrived_counts(void **state)
{
    case_t        of;
    chain_swap_t  swap;

    chain_swap(&swap);
    swap.tokens[0].account = chain_fee_account(USDC, TOKEN22);
    swap.tokens[0].mint = chain_key(USDC);
    swap.tokens[0].program = chain_key(TOKEN22);
    swap.tokens[0].after = 1000 + 4950;
    case_begin(&of, &swap);
    of.evidence.fee_mint = chain_key(USDC);
    assert_verified(&of, USDC, 4950);
    case_end(&of);
}


static void
a_failed_transaction_is_rejected_whatever_its_balances_say(void **state)
{
    chain_swap_t  swap;

    chain_swap(&swap);
    swap.error = "{\"InstructionError\":[1,{\"Custom\":6001}]}";
    assert_rejected(&swap, "failed_on_chain");
}


static void
a_promised_fee_that_didnt_arrive_is_missing(void **state)
{
    case_t        of;
    chain_swap_t  swap;

    chain_swap(&swap);
    swap.tokens[0].after = swap.tokens[0].before;
    assert_rejected(&swap, "fee_missing");

    /* somebody else's account of the mint isn't ours */

    chain_swap(&swap);
    swap.tokens[0].account = chain_wallet(44);
    assert_rejected(&swap, "fee_missing");

    /* neither is the older one of the referral program */

    swap.tokens[0].account
        = chain_key("13AqewepMKp4v7rA2Q9Gc1G8s6MyG58qjvrDjA1JJTZA");
    assert_rejected(&swap, "fee_missing");

    /* it wasn't promised: nothing went wrong, and nothing is credited */

    case_begin(&of, &swap);
    of.trade.granted_bps = 0;
    assert_found(&of, REJECTED, "not_charged");
    case_end(&of);
}


static void
a_swap_that_a_maker_filled_without_a_fee_stays_open(void **state)
{
    case_t          of;
    chain_swap_t    swap;
    jupref_event_t  event;

    chain_swap(&swap);
    swap.programs[1] = FILL;
    swap.payer = 9;
    swap.taker = 1;
    swap.tokens[0].after = swap.tokens[0].before;
    case_begin(&of, &swap);
    assert_found(&of, UNPROVED, "fee_settled_later");
    assert_true(jupref_evidence_event(&of.evidence, &of.finding, &event));
    assert_int_equal(event.type, JUPREF_EVENT_TRADE_UNPROVED);
    assert_string_equal((const char *) event.of.trade_ruled.reason,
                        "fee_settled_later");

    /* told once */

    of.trade.state = JUPREF_STATE_UNPROVED;
    assert_false(jupref_evidence_event(&of.evidence, &of.finding, &event));
    case_end(&of);

    /* one that failed is settled all the same */

    swap.error = "\"AccountInUse\"";
    assert_rejected(&swap, "failed_on_chain");
}


static void
a_fee_in_another_mint_than_was_told_is_what_counts(void **state)
{
    case_t        of;
    chain_swap_t  swap;

    chain_swap(&swap);
    swap.tokens[0].account = chain_fee_account(USDC, TOKEN);
    swap.tokens[0].mint = chain_key(USDC);
    case_begin(&of, &swap);
    assert_verified(&of, USDC, 5000);

    /* also where none was told */

    memset(&of.evidence.fee_mint, 0, sizeof(jupref_pubkey_t));
    assert_verified(&of, USDC, 5000);
    case_end(&of);

    /* the one that was told goes first when both have grown */

    chain_swap(&swap);
    chain_add_token(&swap, chain_fee_account(USDC, TOKEN), USDC, TOKEN, 0,
                    70);
    case_begin(&of, &swap);
    assert_verified(&of, WSOL, 5000);
    of.evidence.fee_mint = chain_key(USDC);
    assert_verified(&of, USDC, 70);
    case_end(&of);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(
            a_swap_that_paid_its_fee_is_verified_in_every_wire_form),
        cmocka_unit_test(every_router_that_jupiter_uses_is_known),
        cmocka_unit_test(somebody_else_may_pay_as_long_as_the_taker_signs),
        cmocka_unit_test(an_unknown_trade_that_landed_is_verified_too),
        cmocka_unit_test(a_taker_that_didnt_sign_is_the_wrong_one),
        cmocka_unit_test(a_message_that_wasnt_priced_is_foreign),
        cmocka_unit_test(
            another_transaction_than_was_asked_for_is_the_nodes_fault),
        cmocka_unit_test(a_transaction_that_its_payer_hasnt_signed_is_made_up),
        cmocka_unit_test(programs_we_dont_know_are_no_router),
        cmocka_unit_test(
            a_transfer_to_the_fee_account_alone_is_a_plain_deposit),
        cmocka_unit_test(
            a_claim_in_the_same_transaction_rejects_it_however_it_is_called),
        cmocka_unit_test(
            a_node_that_doesnt_record_inner_calls_cant_rule_out_a_claim),
        cmocka_unit_test(
            the_fee_account_may_be_there_before_or_made_by_the_swap),
        cmocka_unit_test(a_fee_account_that_is_closed_again_has_no_fee),
        cmocka_unit_test(
            accounts_the_swap_closes_or_makes_for_itself_dont_matter),
        cmocka_unit_test(a_fee_account_that_is_looked_up_counts_the_same),
        cmocka_unit_test(with_a_transfer_fee_only_what_arrived_counts),
        cmocka_unit_test(
            a_failed_transaction_is_rejected_whatever_its_balances_say),
        cmocka_unit_test(a_promised_fee_that_didnt_arrive_is_missing),
        cmocka_unit_test(a_swap_that_a_maker_filled_without_a_fee_stays_open),
        cmocka_unit_test(a_fee_in_another_mint_than_was_told_is_what_counts)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
