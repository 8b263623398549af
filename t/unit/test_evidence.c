/*
 * Evidence: what nodes say about a trade, and what is booked of it.  Each rule
 * by a transaction that breaks it and nothing else.
 */

#include "chain_world.h"

#include <stdarg.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "ledger/jupref_evidence.h"


#define NOW_MS      UINT64_C(1790000000000)
#define MINUTE_MS   UINT64_C(60000)
#define HOUR_MS     (60 * MINUTE_MS)
#define LAST_VALID  425000150


/* A trade, and what is told about it. */
typedef struct {
    jupref_trade_row_t    trade;
    jupref_fee_account_t  accounts[JUPREF_FEE_ACCOUNTS];
    jupref_witness_t      witnesses[4];
    jupref_evidence_t     evidence;
    jupref_finding_t      finding;
} case_t;


static chain_made_t  made;
static chain_made_t  other;


/* A swap of wSOL for USDC by wallet 1, a minute ago, that was priced as this
 * transaction; two nodes in the pool, and the first shows it. */
static void
begin(case_t *of, const chain_swap_t *swap)
{
    jupref_pubkey_t  referral;

    memset(of, 0, sizeof(case_t));
    assert_int_equal(chain_make(&made, swap), JUPREF_CHAIN_OK);

    of->trade.signature = made.signature;
    of->trade.taker = chain_wallet(1);
    of->trade.input_mint = chain_key(WSOL);
    of->trade.output_mint = chain_key(USDC);
    memcpy(of->trade.message_hash, made.message_hash, JUPREF_SHA256_SIZE);
    memcpy(of->trade.router, "metis", 5);
    of->trade.time_ms = NOW_MS - MINUTE_MS;
    of->trade.granted_bps = 100;
    of->trade.last_valid_block_height = LAST_VALID;
    of->trade.state = JUPREF_STATE_EXECUTED;

    referral = chain_referral();
    of->evidence.trade = &of->trade;
    of->evidence.fee_mint = chain_key(WSOL);
    of->evidence.accounts = of->accounts;
    of->evidence.account_count = jupref_evidence_accounts(of->accounts,
                                                          &referral,
                                                          &of->trade);
    of->evidence.witnesses = of->witnesses;
    of->evidence.witness_count = 1;
    of->evidence.nodes_left = 1;
    of->evidence.now_ms = NOW_MS;

    of->witnesses[0].status = JUPREF_SAID_FINALIZED;
    of->witnesses[0].transaction = JUPREF_SAID_FINALIZED;
    of->witnesses[0].shown = &made.read;
}


/* Nobody shows anything. */
static void
begin_silent(case_t *of, unsigned witnesses, unsigned nodes_left)
{
    chain_swap_t  swap;

    chain_swap(&swap);
    begin(of, &swap);
    chain_free(&made);

    memset(of->witnesses, 0, sizeof(of->witnesses));
    of->evidence.witness_count = witnesses;
    of->evidence.nodes_left = nodes_left;
}


static void
silent(case_t *of, unsigned witness, uint64_t height)
{
    of->witnesses[witness].status = JUPREF_SAID_NULL;
    of->witnesses[witness].transaction = JUPREF_SAID_NULL;
    of->witnesses[witness].finalized_height = height;
}


#define assert_found(of, expected, why)                                       \
    judge_and_assert(of, JUPREF_VERDICT_##expected, why, __FILE__, __LINE__)

static void
judge_and_assert(case_t *of, jupref_verdict_e verdict, const char *reason,
    const char *file, int line)
{
    jupref_evidence_judge(&of->evidence, &of->finding);

    _assert_string_equal(jupref_verdict_name(of->finding.verdict),
                         jupref_verdict_name(verdict), file, line);
    _assert_string_equal(jupref_reason_name(of->finding.reason), reason, file,
                         line);
}


/* A swap that is the trade's in everything but what was changed. */
static void
assert_rejected(const chain_swap_t *swap, const char *reason)
{
    case_t          of;
    jupref_event_t  event;

    begin(&of, swap);
    assert_found(&of, REJECTED, reason);
    assert_int_equal(of.finding.liars, 0);

    assert_true(jupref_evidence_event(&of.evidence, &of.finding, &event));
    assert_int_equal(event.type, JUPREF_EVENT_TRADE_REJECTED);
    assert_memory_equal(event.of.trade_ruled.signature.bytes,
                        made.signature.bytes, JUPREF_SIGNATURE_SIZE);
    assert_string_equal((const char *) event.of.trade_ruled.reason, reason);
    chain_free(&made);
}


static void
assert_verified(case_t *of, const char *mint, uint64_t fee)
{
    jupref_event_t   event;
    jupref_pubkey_t  key;

    assert_found(of, VERIFIED, "none");
    assert_true(of->finding.fee == fee);

    assert_true(jupref_evidence_event(&of->evidence, &of->finding, &event));
    assert_int_equal(event.type, JUPREF_EVENT_TRADE_VERIFIED);
    assert_true(event.of.trade_verified.fee == fee);
    assert_true(event.of.trade_verified.slot == 447120100);
    key = chain_key(mint);
    assert_true(jupref_pubkey_equal(&event.of.trade_verified.fee_mint,
                                    &key));
    assert_memory_equal(event.of.trade_verified.signature.bytes,
                        made.signature.bytes, JUPREF_SIGNATURE_SIZE);
}


static void
a_swap_that_paid_its_fee_is_verified_in_every_wire_form(void **state)
{
    case_t        of;
    unsigned      version;
    chain_swap_t  swap;

    for (version = 0; version < 3; version++) {
        chain_swap(&swap);
        swap.version = (jupref_transaction_version_e) version;
        begin(&of, &swap);
        assert_verified(&of, WSOL, 5000);
        chain_free(&made);
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
        begin(&of, &swap);
        assert_verified(&of, WSOL, 5000);
        chain_free(&made);
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
    begin(&of, &swap);
    assert_verified(&of, WSOL, 5000);
    chain_free(&made);
}


static void
an_unknown_trade_that_landed_is_verified_too(void **state)
{
    case_t        of;
    chain_swap_t  swap;

    chain_swap(&swap);
    begin(&of, &swap);
    of.trade.state = JUPREF_STATE_UNKNOWN;
    assert_verified(&of, WSOL, 5000);
    of.trade.state = JUPREF_STATE_UNPROVED;
    assert_verified(&of, WSOL, 5000);
    chain_free(&made);
}


static void
a_taker_that_didnt_sign_is_the_wrong_one(void **state)
{
    case_t        of;
    chain_swap_t  swap;

    chain_swap(&swap);
    begin(&of, &swap);
    of.trade.taker = chain_wallet(2);
    assert_found(&of, REJECTED, "wrong_taker");

    /* an account of the transaction hasn't signed it */

    of.trade.taker = chain_wallet(101);
    assert_found(&of, REJECTED, "wrong_taker");
    chain_free(&made);
}


static void
a_message_that_wasnt_priced_is_foreign(void **state)
{
    case_t        of;
    chain_swap_t  swap;

    chain_swap(&swap);
    begin(&of, &swap);
    of.trade.message_hash[31] ^= 1;
    assert_found(&of, REJECTED, "foreign_message");
    chain_free(&made);
}


static void
another_transaction_than_was_asked_for_is_the_nodes_fault(void **state)
{
    case_t          of;
    chain_swap_t    swap;
    jupref_event_t  event;

    chain_swap(&swap);
    begin(&of, &swap);
    of.trade.signature.bytes[0] ^= 1;
    assert_found(&of, ELSEWHERE, "other_transaction");
    assert_int_equal(of.finding.liars, 1);
    assert_false(jupref_evidence_event(&of.evidence, &of.finding, &event));

    /* the next one shows the right one, and that counts */

    of.trade.signature.bytes[0] ^= 1;
    swap.slot++;
    swap.payer = 3;
    assert_int_equal(chain_make(&other, &swap), JUPREF_CHAIN_OK);
    of.witnesses[1] = of.witnesses[0];
    of.witnesses[0].shown = &other.read;
    of.evidence.witness_count = 2;
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
    chain_free(&made);
}


static void
a_transaction_that_its_payer_hasnt_signed_is_made_up(void **state)
{
    case_t        of;
    chain_swap_t  swap;

    chain_swap(&swap);
    swap.forged = 1;
    begin(&of, &swap);
    assert_found(&of, ELSEWHERE, "bad_signature");
    assert_int_equal(of.finding.liars, 1);
    chain_free(&made);
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
    begin(&of, &swap);
    assert_found(&of, ELSEWHERE, "not_shown");
    assert_int_equal(of.finding.liars, 0);
    chain_free(&made);
}


static void
the_fee_account_may_be_there_before_or_made_by_the_swap(void **state)
{
    case_t        of;
    chain_swap_t  swap;

    chain_swap(&swap);
    swap.tokens[0].before = UINT64_C(9000000000000000000);
    swap.tokens[0].after = UINT64_C(9000000000000005000);
    begin(&of, &swap);
    assert_verified(&of, WSOL, 5000);
    chain_free(&made);

    swap.tokens[0].before = CHAIN_NONE;
    swap.tokens[0].after = 5000;
    begin(&of, &swap);
    assert_verified(&of, WSOL, 5000);
    chain_free(&made);
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
    begin(&of, &swap);
    assert_verified(&of, WSOL, 5000);
    chain_free(&made);
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
    begin(&of, &swap);
    assert_verified(&of, WSOL, 5000);
    chain_free(&made);
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
    begin(&of, &swap);
    of.evidence.fee_mint = chain_key(USDC);
    assert_verified(&of, USDC, 4950);
    chain_free(&made);
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

    begin(&of, &swap);
    of.trade.granted_bps = 0;
    assert_found(&of, REJECTED, "not_charged");
    chain_free(&made);
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
    begin(&of, &swap);
    assert_found(&of, UNPROVED, "fee_settled_later");
    assert_true(jupref_evidence_event(&of.evidence, &of.finding, &event));
    assert_int_equal(event.type, JUPREF_EVENT_TRADE_UNPROVED);
    assert_string_equal((const char *) event.of.trade_ruled.reason,
                        "fee_settled_later");

    /* told once */

    of.trade.state = JUPREF_STATE_UNPROVED;
    assert_false(jupref_evidence_event(&of.evidence, &of.finding, &event));
    chain_free(&made);

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
    begin(&of, &swap);
    assert_verified(&of, USDC, 5000);

    /* also where none was told */

    memset(&of.evidence.fee_mint, 0, sizeof(jupref_pubkey_t));
    assert_verified(&of, USDC, 5000);
    chain_free(&made);

    /* the one that was told goes first when both have grown */

    chain_swap(&swap);
    chain_add_token(&swap, chain_fee_account(USDC, TOKEN), USDC, TOKEN, 0,
                    70);
    begin(&of, &swap);
    assert_verified(&of, WSOL, 5000);
    of.evidence.fee_mint = chain_key(USDC);
    assert_verified(&of, USDC, 70);
    chain_free(&made);
}


static void
what_isnt_finalized_is_waited_for(void **state)
{
    case_t          of;
    jupref_event_t  event;

    begin_silent(&of, 1, 1);
    assert_found(&of, WAIT, "not_asked");

    of.witnesses[0].status = JUPREF_SAID_NULL_RECENT;
    assert_found(&of, WAIT, "not_found");

    of.witnesses[0].status = JUPREF_SAID_PROCESSED;
    assert_found(&of, WAIT, "not_finalized");
    of.witnesses[0].status = JUPREF_SAID_CONFIRMED;
    assert_found(&of, WAIT, "not_finalized");

    /* finalized, and nobody was asked yet for what it did */

    of.witnesses[0].status = JUPREF_SAID_FINALIZED;
    assert_found(&of, WAIT, "not_asked");

    /* asked, and not shown */

    of.witnesses[0].transaction = JUPREF_SAID_NULL;
    assert_found(&of, ELSEWHERE, "not_shown");
    of.evidence.nodes_left = 0;
    assert_found(&of, WAIT, "not_shown");
    of.evidence.now_ms = NOW_MS + 24 * HOUR_MS;
    assert_found(&of, UNPROVED, "history_gone");

    assert_true(jupref_evidence_event(&of.evidence, &of.finding, &event));
    assert_int_equal(event.type, JUPREF_EVENT_TRADE_UNPROVED);

    of.evidence.account_count = 0;
    assert_found(&of, WAIT, "no_accounts");
}


static void
a_trade_expires_when_two_nodes_are_silent_behind_its_last_height(void **state)
{
    case_t          of;
    jupref_event_t  event;

    begin_silent(&of, 2, 0);
    silent(&of, 0, LAST_VALID + 1);
    silent(&of, 1, LAST_VALID + 1);
    assert_found(&of, EXPIRED, "block_height_passed");
    assert_true(jupref_evidence_event(&of.evidence, &of.finding, &event));
    assert_int_equal(event.type, JUPREF_EVENT_TRADE_EXPIRED);
    assert_string_equal((const char *) event.of.trade_ruled.reason,
                        "block_height_passed");

    /* it can still land in that very block */

    silent(&of, 1, LAST_VALID);
    assert_found(&of, WAIT, "not_found");
    silent(&of, 1, 0);
    assert_found(&of, WAIT, "not_found");

    /* silence of the recent cache is none */

    silent(&of, 1, LAST_VALID + 1);
    of.witnesses[1].status = JUPREF_SAID_NULL_RECENT;
    assert_found(&of, WAIT, "not_found");

    /* one node that has it outweighs any silence */

    silent(&of, 1, LAST_VALID + 1);
    of.evidence.witness_count = 3;
    of.witnesses[2].status = JUPREF_SAID_PROCESSED;
    assert_found(&of, WAIT, "not_finalized");

    /* who answers neither doesn't count */

    of.witnesses[2].status = JUPREF_SAID_NOTHING;
    assert_found(&of, EXPIRED, "block_height_passed");
}


static void
one_nodes_silence_proves_nothing(void **state)
{
    case_t  of;

    begin_silent(&of, 1, 2);
    silent(&of, 0, LAST_VALID + 1000000);
    assert_found(&of, ELSEWHERE, "not_found");

    of.evidence.nodes_left = 0;
    assert_found(&of, WAIT, "not_found");

    of.evidence.now_ms = NOW_MS + HOUR_MS;
    assert_found(&of, UNPROVED, "too_few_nodes");
}


static void
without_a_last_height_silence_never_expires_a_trade(void **state)
{
    case_t  of;

    begin_silent(&of, 2, 0);
    of.trade.last_valid_block_height = 0;
    silent(&of, 0, LAST_VALID + 1000000);
    silent(&of, 1, LAST_VALID + 1000000);
    assert_found(&of, WAIT, "not_found");
    of.evidence.now_ms = NOW_MS + HOUR_MS;
    assert_found(&of, UNPROVED, "height_unknown");
}


static void
where_history_is_gone_others_are_asked_and_nothing_expires(void **state)
{
    case_t          of;
    unsigned        i;
    chain_swap_t    swap;

    static const int64_t  codes[] = { -32001, -32011, -32019, -32020 };
    static const int64_t  others[] = { -32005, -32603, -32602, 0, 429 };

    for (i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
        begin_silent(&of, 1, 1);
        of.witnesses[0].transaction = jupref_said_by_error(codes[i]);
        assert_found(&of, ELSEWHERE, "history_gone");
        of.evidence.nodes_left = 0;
        assert_found(&of, UNPROVED, "history_gone");
    }

    for (i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        assert_int_equal(jupref_said_by_error(others[i]),
                         JUPREF_SAID_NOTHING);
    }

    /* a trade so old that any node may have forgotten it */

    begin_silent(&of, 2, 1);
    silent(&of, 0, LAST_VALID + 1000000);
    silent(&of, 1, LAST_VALID + 1000000);
    of.evidence.now_ms = NOW_MS + 24 * HOUR_MS;
    assert_found(&of, ELSEWHERE, "history_gone");
    of.evidence.nodes_left = 0;
    assert_found(&of, UNPROVED, "history_gone");

    /* one that forgets nothing still shows it */

    chain_swap(&swap);
    begin(&of, &swap);
    of.evidence.now_ms = NOW_MS + 500 * HOUR_MS;
    assert_verified(&of, WSOL, 5000);
    chain_free(&made);
}


static void
a_clock_that_was_set_back_expires_nothing_early(void **state)
{
    case_t  of;

    begin_silent(&of, 1, 0);
    silent(&of, 0, LAST_VALID + 1);
    of.evidence.now_ms = of.trade.time_ms - HOUR_MS;
    assert_found(&of, WAIT, "not_found");
}


static void
what_nodes_answer_is_weighed_by_what_it_can_say(void **state)
{
    unsigned                   i;
    jupref_signature_status_t  status;

    static const struct {
        jupref_chain_result_e  read;
        jupref_said_e          said;
    } shown[] = {
        { JUPREF_CHAIN_OK, JUPREF_SAID_FINALIZED },
        { JUPREF_CHAIN_NULL, JUPREF_SAID_NULL },
        { JUPREF_CHAIN_NO_META, JUPREF_SAID_NO_HISTORY },
        { JUPREF_CHAIN_MALFORMED, JUPREF_SAID_NOTHING },
        { JUPREF_CHAIN_INCONSISTENT, JUPREF_SAID_NOTHING }
    };

    for (i = 0; i < sizeof(shown) / sizeof(shown[0]); i++) {
        assert_int_equal(jupref_said_by_transaction(shown[i].read),
                         shown[i].said);
    }

    memset(&status, 0, sizeof(status));
    assert_int_equal(jupref_said_by_status(&status, 0),
                     JUPREF_SAID_NULL_RECENT);
    assert_int_equal(jupref_said_by_status(&status, 1), JUPREF_SAID_NULL);
    status.found = 1;
    status.commitment = JUPREF_COMMITMENT_CONFIRMED;
    assert_int_equal(jupref_said_by_status(&status, 1),
                     JUPREF_SAID_CONFIRMED);
}


static void
reasons_have_names_of_their_own_and_are_found_by_them(void **state)
{
    size_t    len;
    uint8_t   words[JUPREF_REASON_MAX];
    unsigned  one, two;

    for (one = 0; one < JUPREF_REASONS; one++) {
        assert_non_null(jupref_reason_name(one));
        assert_true(strlen(jupref_reason_text(one)) > 5);

        len = strlen(jupref_reason_name(one));
        assert_in_range(len, 1, JUPREF_REASON_MAX);
        memset(words, 0, sizeof(words));
        memcpy(words, jupref_reason_name(one), len);

        if (one >= JUPREF_REASON_FAILED_ON_CHAIN) {
            assert_int_equal(jupref_reason_of(words), one);
        }

        for (two = 0; two < one; two++) {
            assert_string_not_equal(jupref_reason_name(one),
                                    jupref_reason_name(two));
        }
    }

    memset(words, 'x', sizeof(words));
    assert_int_equal(jupref_reason_of(words), JUPREF_REASON_MANUAL);
    memset(words, 0, sizeof(words));
    assert_int_equal(jupref_reason_of(words), JUPREF_REASON_NONE);
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
        cmocka_unit_test(
            a_transaction_that_its_payer_hasnt_signed_is_made_up),
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
        cmocka_unit_test(
            a_swap_that_a_maker_filled_without_a_fee_stays_open),
        cmocka_unit_test(a_fee_in_another_mint_than_was_told_is_what_counts),
        cmocka_unit_test(what_isnt_finalized_is_waited_for),
        cmocka_unit_test(
            a_trade_expires_when_two_nodes_are_silent_behind_its_last_height),
        cmocka_unit_test(one_nodes_silence_proves_nothing),
        cmocka_unit_test(without_a_last_height_silence_never_expires_a_trade),
        cmocka_unit_test(
            where_history_is_gone_others_are_asked_and_nothing_expires),
        cmocka_unit_test(a_clock_that_was_set_back_expires_nothing_early),
        cmocka_unit_test(what_nodes_answer_is_weighed_by_what_it_can_say),
        cmocka_unit_test(reasons_have_names_of_their_own_and_are_found_by_them)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
