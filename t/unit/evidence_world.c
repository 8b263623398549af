/*
 * A trade and what nodes say about it (see the header).
 */

#include "evidence_world.h"

#include <stdarg.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>


void
case_begin(case_t *of, const chain_swap_t *swap)
{
    jupref_pubkey_t  referral;

    memset(of, 0, sizeof(case_t));
    assert_int_equal(chain_make(&of->made, swap), JUPREF_CHAIN_OK);

    of->trade.signature = of->made.signature;
    of->trade.taker = chain_wallet(1);
    of->trade.input_mint = chain_key(WSOL);
    of->trade.output_mint = chain_key(USDC);
    memcpy(of->trade.message_hash, of->made.message_hash, JUPREF_SHA256_SIZE);
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
    of->evidence.witness_count = 2;
    of->evidence.quorum = JUPREF_EVIDENCE_WITNESSES;
    of->evidence.nodes_left = 1;
    of->evidence.now_ms = NOW_MS;

    case_shows(of, 0, &of->made);
    case_shows(of, 1, &of->made);
}


void
case_shows(case_t *of, unsigned witness, const chain_made_t *made)
{
    memset(&of->witnesses[witness], 0, sizeof(jupref_witness_t));
    of->witnesses[witness].status = JUPREF_SAID_FINALIZED;
    of->witnesses[witness].transaction = JUPREF_SAID_FINALIZED;
    of->witnesses[witness].shown = &made->read;
    of->witnesses[witness].trusted = 1;
}


void
case_end(case_t *of)
{
    chain_free(&of->made);
}


void
case_begin_silent(case_t *of, unsigned witnesses, unsigned nodes_left)
{
    chain_swap_t  swap;

    chain_swap(&swap);
    case_begin(of, &swap);
    case_end(of);

    memset(of->witnesses, 0, sizeof(of->witnesses));
    of->evidence.witness_count = witnesses;
    of->evidence.nodes_left = nodes_left;
}


void
case_silent(case_t *of, unsigned witness, uint64_t height)
{
    of->witnesses[witness].status = JUPREF_SAID_NULL;
    of->witnesses[witness].transaction = JUPREF_SAID_NULL;
    of->witnesses[witness].finalized_height = height;
    of->witnesses[witness].trusted = 1;
}


void
case_assert_found(case_t *of, jupref_verdict_e verdict, const char *reason,
    const char *file, int line)
{
    jupref_evidence_judge(&of->evidence, &of->finding);

    _assert_string_equal(jupref_verdict_name(of->finding.verdict),
                         jupref_verdict_name(verdict), file, line);
    _assert_string_equal(jupref_reason_name(of->finding.reason), reason, file,
                         line);
}


void
assert_rejected(const chain_swap_t *swap, const char *reason)
{
    case_t          of;
    jupref_event_t  event;

    case_begin(&of, swap);
    assert_found(&of, REJECTED, reason);
    assert_int_equal(of.finding.liars, 0);

    assert_true(jupref_evidence_event(&of.evidence, &of.finding, &event));
    assert_int_equal(event.type, JUPREF_EVENT_TRADE_REJECTED);
    assert_memory_equal(event.of.trade_ruled.signature.bytes,
                        of.made.signature.bytes, JUPREF_SIGNATURE_SIZE);
    assert_string_equal((const char *) event.of.trade_ruled.reason, reason);
    case_end(&of);
}


void
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
                        of->made.signature.bytes, JUPREF_SIGNATURE_SIZE);
}
