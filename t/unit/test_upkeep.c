/*
 * Upkeep: what is due is told, in order, and is taken by the fold; intents
 * and archived trades are what it is about.
 */

#include <stdarg.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "ledger/jupref_pending.h"
#include "ledger/jupref_upkeep.h"
#include "books_world.h"


#define DAY_MS   UINT64_C(86400000)
#define LIFE_MS  (2 * JUPREF_PENDING_LIFE_MS)


/* What upkeep told, as the next event at that time. */
static jupref_event_t
dated(const jupref_ledger_t *ledger, jupref_event_t event, uint64_t time_ms)
{
    event.seq = ledger->seq + 1;
    event.time_ms = time_ms;
    event.edge = 1;
    event.edge_seq = event.seq;

    return event;
}


static unsigned
left(const jupref_ledger_t *ledger, jupref_table_e table)
{
    return ledger->tables[table].capacity - ledger->tables[table].count;
}


static void
a_hold_is_due_when_it_is_over_and_not_before(void **state)
{
    uint64_t          verified_ms;
    jupref_event_t    event;
    jupref_ledger_t  *ledger;

    ledger = books_world();
    assert_false(jupref_release_due(ledger, UINT64_MAX, 0, &event));

    assert_applied(ledger, event_verified(ledger, 1, FEE, 1));
    verified_ms = ledger->time_ms;

    assert_false(jupref_release_due(ledger, verified_ms + DAY_MS - 1, DAY_MS,
                                    &event));
    assert_false(jupref_release_due(ledger, DAY_MS - 1, DAY_MS, &event));
    assert_true(jupref_release_due(ledger, verified_ms + DAY_MS, DAY_MS,
                                   &event));
    assert_applied(ledger, dated(ledger, event, verified_ms + DAY_MS));
    assert_held(ledger, 3, 0, LEVEL_1, 0, 0);
    assert_false(jupref_release_due(ledger, UINT64_MAX, 0, &event));

    world_free(ledger);
}


static void
a_full_table_of_trades_gives_its_oldest_settled_one_to_the_log(void **state)
{
    uint32_t             signature;
    uint64_t             now_ms;
    jupref_event_t       event;
    jupref_ledger_t     *ledger;
    jupref_signature_t   key;

    ledger = books_world();
    assert_applied(ledger, event_ruled(ledger, REJECTED, 1));
    assert_applied(ledger, event_trade(ledger, 2, 9, "two"));
    assert_applied(ledger, event_trade(ledger, 3, 9, ""));
    assert_applied(ledger, event_ruled(ledger, EXPIRED, 3));
    now_ms = ledger->time_ms + LIFE_MS;

    /* there is room: nothing is due */

    assert_false(jupref_archive_due(ledger, now_ms, &event));

    for (signature = 4; left(ledger, JUPREF_TABLE_TRADES); signature++) {
        assert_applied(ledger, event_trade(ledger, signature, 9, "three"));
    }

    assert_refused(ledger, event_trade(ledger, signature, 9, "three"),
                   JUPREF_LEDGER_TRADES_FULL);

    /* nor while an order may still be executed */

    assert_false(jupref_archive_due(ledger, trade_row_of(ledger, 1)->time_ms
                                            + LIFE_MS - 1, &event));

    assert_true(jupref_archive_due(ledger, now_ms, &event));
    key = signature_of(1);
    assert_memory_equal(&event.of.trade_archived.trade.signature, &key,
                        sizeof(key));
    assert_applied(ledger, dated(ledger, event, now_ms));
    assert_int_equal(jupref_find_trade(ledger, &key), 0);
    assert_true(referrer_of(ledger, 3)->archived_seq == ledger->seq);

    assert_applied(ledger, event_trade(ledger, signature++, 9, "three"));

    /* the second isn't settled: the third goes; then none is left */

    assert_true(jupref_archive_due(ledger, now_ms, &event));
    assert_true(event.of.trade_archived.previous == ledger->archived_seq);
    assert_true(event.of.trade_archived.previous_of_referrer == 0);
    assert_applied(ledger, dated(ledger, event, now_ms));
    assert_applied(ledger, event_trade(ledger, signature++, 9, "three"));
    assert_false(jupref_archive_due(ledger, now_ms, &event));

    assert_ptr_equal(jupref_trade(ledger, ledger->oldest_trade),
                     trade_row_of(ledger, 2));

    world_free(ledger);
}


static void
an_archived_trade_is_told_whole_and_chained_to_those_before(void **state)
{
    uint64_t                  first, second;
    jupref_event_t            event;
    jupref_ledger_t          *ledger;
    jupref_pubkey_t           key;
    jupref_trade_archived_t  *archived;

    ledger = books_world();
    verify_another(ledger, 2);
    assert_applied(ledger, event_verified(ledger, 1, FEE, 1));
    assert_applied(ledger, event_released(ledger, 0));
    assert_applied(ledger, event_trade(ledger, 3, 9, "two"));
    assert_applied(ledger, event_ruled(ledger, EXPIRED, 3));

    event = event_archived(ledger, 1);
    archived = &event.of.trade_archived;
    assert_true(archived->previous == 0);
    assert_true(archived->previous_of_referrer == 0);
    assert_true(archived->trade.fee == FEE);
    assert_true(archived->commission[0] == LEVEL_1);
    assert_true(archived->commission[1] == LEVEL_2);
    assert_true(archived->commission[2] == LEVEL_3);
    key = wallet_of(3);
    assert_true(jupref_pubkey_equal(&archived->level[0], &key));
    key = wallet_of(1);
    assert_true(jupref_pubkey_equal(&archived->level[2], &key));
    key = wallet_of(9);
    assert_true(jupref_pubkey_equal(&archived->trade.taker, &key));
    assert_memory_equal(archived->trade.code.text, "three", 6);
    assert_int_equal(archived->trade.terms.partner_bps, 8000);
    assert_true(archived->executed_seq == trade_row_of(ledger, 1)->seq);
    assert_true(archived->verified_seq
                == trade_row_of(ledger, 1)->verified_seq);
    assert_int_equal(archived->state, JUPREF_STATE_AVAILABLE);
    assert_applied(ledger, event);
    first = ledger->seq;

    event = event_archived(ledger, 3);
    assert_true(event.of.trade_archived.previous == first);
    assert_true(event.of.trade_archived.previous_of_referrer == 0);
    assert_applied(ledger, event);
    second = ledger->seq;

    event = event_archived(ledger, 2);
    assert_true(event.of.trade_archived.previous == second);
    assert_true(event.of.trade_archived.previous_of_referrer == first);
    assert_applied(ledger, event);

    /* what was booked stays booked */

    assert_held(ledger, 3, 0, 2 * LEVEL_1, 0, 0);
    assert_true(ledger->trades[JUPREF_STATE_AVAILABLE] == 2);
    assert_true(ledger->trades[JUPREF_STATE_EXPIRED] == 1);
    assert_int_equal(ledger->tables[JUPREF_TABLE_TRADES].count, 0);
    assert_int_equal(ledger->newest_trade, 0);
    assert_int_equal(ledger->oldest_trade, 0);
    assert_int_equal(referrer_of(ledger, 3)->newest_trade, 0);

    world_free(ledger);
}


static void
an_archived_trade_that_is_not_the_rows_is_refused(void **state)
{
    unsigned                  i;
    jupref_event_t            event;
    jupref_ledger_t          *ledger;
    jupref_trade_archived_t  *archived;

    ledger = books_world();
    assert_applied(ledger, event_verified(ledger, 1, FEE, 1));
    assert_applied(ledger, event_released(ledger, 0));

    for (i = 0; i < 22; i++) {
        event = event_archived(ledger, 1);
        archived = &event.of.trade_archived;

        switch (i) {
        case 0: archived->previous++; break;
        case 1: archived->previous_of_referrer++; break;
        case 2: archived->executed_ms++; break;
        case 3: archived->executed_seq++; break;
        case 4: archived->verified_seq++; break;
        case 5: archived->state = JUPREF_STATE_REVERSED; break;
        case 6: archived->level[2].bytes[0]++; break;
        case 7: archived->commission[1]++; break;
        case 8: archived->trade.request_id.bytes[0]++; break;
        case 9: archived->trade.taker.bytes[0]++; break;
        case 10: archived->trade.code.text[0]++; break;
        case 11: archived->trade.terms.share_bps[0]++; break;
        case 12: archived->trade.input_mint.bytes[0]++; break;
        case 13: archived->trade.output_mint.bytes[0]++; break;
        case 14: archived->trade.fee_mint.bytes[0]++; break;
        case 15: archived->trade.in_amount++; break;
        case 16: archived->trade.out_amount++; break;
        case 17: archived->trade.fee++; break;
        case 18: archived->trade.volume_micro_usd++; break;
        case 19: archived->trade.granted_bps++; break;
        case 20: archived->trade.message_hash[0]++; break;
        default: archived->trade.router[0]++; break;
        }

        assert_refused(ledger, event, JUPREF_LEDGER_BAD_EVENT);
    }

    /* too young */

    event = event_archived(ledger, 1);
    event.time_ms = trade_row_of(ledger, 1)->time_ms + LIFE_MS - 1;
    assert_refused(ledger, event, JUPREF_LEDGER_WRONG_STATE);
    event.time_ms++;
    assert_applied(ledger, event);

    world_free(ledger);
}


static void
an_intent_is_kept_until_its_execute_is_decided(void **state)
{
    jupref_event_t    event;
    jupref_ledger_t  *ledger;

    ledger = books_world();

    assert_applied(ledger, event_intent(ledger, 1, 11, 9, "three"));
    assert_applied(ledger, event_intent(ledger, 2, 0, 9, "three"));
    assert_applied(ledger, event_intent(ledger, 3, 13, 9, ""));
    assert_int_equal(ledger->tables[JUPREF_TABLE_INTENTS].count, 3);
    assert_true(ledger->trades[JUPREF_STATE_UNKNOWN] == 0);

    assert_refused(ledger, event_intent(ledger, 1, 12, 9, "three"),
                   JUPREF_LEDGER_NO_CHANGE);
    assert_refused(ledger, event_intent(ledger, 0, 12, 9, "three"),
                   JUPREF_LEDGER_BAD_EVENT);
    assert_refused(ledger, event_intent(ledger, 4, 12, 9, "nobody"),
                   JUPREF_LEDGER_CODE_UNKNOWN);
    event = event_intent(ledger, 4, 12, 9, "three");
    event.of.trade.granted_bps = 10001;
    assert_refused(ledger, event, JUPREF_LEDGER_BAD_EVENT);

    /* decided in any of three ways; by another's trade not */

    assert_applied(ledger, event_trade(ledger, 10, 9, "three"));
    assert_int_equal(ledger->tables[JUPREF_TABLE_INTENTS].count, 3);

    event = event_trade(ledger, 11, 9, "three");
    event.of.trade.request_id = request_of(1);
    assert_applied(ledger, event);
    assert_int_equal(ledger->tables[JUPREF_TABLE_INTENTS].count, 2);

    event = event_unknown(ledger, 12, 9, "three");
    event.of.trade.request_id = request_of(2);
    assert_applied(ledger, event);
    assert_int_equal(ledger->tables[JUPREF_TABLE_INTENTS].count, 1);

    assert_applied(ledger, event_closed(ledger, 3));
    assert_int_equal(ledger->tables[JUPREF_TABLE_INTENTS].count, 0);
    assert_refused(ledger, event_closed(ledger, 3),
                   JUPREF_LEDGER_INTENT_UNKNOWN);
    assert_int_equal(ledger->oldest_intent[JUPREF_INTENTS_SIGNED], 0);
    assert_int_equal(ledger->newest_intent[JUPREF_INTENTS_UNSIGNED], 0);

    world_free(ledger);
}


static void
a_stale_intent_becomes_an_unknown_trade_when_its_signature_is_known(
    void **state)
{
    uint64_t             sent_ms;
    jupref_event_t       event;
    jupref_ledger_t     *ledger;
    jupref_trade_row_t  *row;

    ledger = books_world();
    assert_false(jupref_intent_stale(ledger, UINT64_MAX, 0, &event));

    assert_applied(ledger, event_intent(ledger, 1, 0, 9, "three"));
    assert_applied(ledger, event_intent(ledger, 2, 12, 9, "three"));
    sent_ms = ledger->time_ms;
    assert_applied(ledger, event_intent(ledger, 3, 13, 9, ""));
    assert_applied(ledger, event_intent(ledger, 4, 1, 9, "three"));

    assert_false(jupref_intent_stale(ledger, sent_ms + 999, 1000, &event));
    assert_false(jupref_intent_stale(ledger, 999, 1000, &event));
    assert_true(jupref_intent_stale(ledger, sent_ms + 1000, 1000, &event));
    assert_int_equal(event.type, JUPREF_EVENT_TRADE_UNKNOWN);
    assert_applied(ledger, dated(ledger, event, sent_ms + 1000));

    row = trade_row_of(ledger, 12);
    assert_int_equal(row->state, JUPREF_STATE_UNKNOWN);
    assert_ptr_equal(jupref_code(ledger, row->code),
                     code_row_of(ledger, "three"));
    assert_true(row->in_amount == 100000000);

    /* oldest first, and the next one isn't as old */

    assert_false(jupref_intent_stale(ledger, sent_ms + 1000, 1000, &event));
    assert_true(jupref_intent_stale(ledger, sent_ms + DAY_MS, 1000, &event));
    assert_applied(ledger, dated(ledger, event, sent_ms + DAY_MS));
    assert_int_equal(trade_row_of(ledger, 13)->code, 0);

    /* a signature that is booked under another requestId is only closed */

    assert_true(jupref_intent_stale(ledger, sent_ms + DAY_MS, 1000, &event));
    assert_int_equal(event.type, JUPREF_EVENT_INTENT_CLOSED);
    assert_applied(ledger, dated(ledger, event, sent_ms + DAY_MS));

    /* without a signature nothing can be said of it yet */

    assert_false(jupref_intent_stale(ledger, sent_ms + DAY_MS, 1000, &event));
    assert_int_equal(ledger->tables[JUPREF_TABLE_INTENTS].count, 1);

    world_free(ledger);
}


static void
intents_without_a_signature_give_way_after_a_day(void **state)
{
    uint32_t             request;
    uint64_t             sent_ms;
    jupref_event_t       event;
    jupref_ledger_t     *ledger;
    jupref_request_id_t  id;

    ledger = books_world();
    request = 1;

    assert_applied(ledger, event_intent(ledger, request++, 11, 9, "three"));

    while (left(ledger, JUPREF_TABLE_INTENTS)) {
        assert_applied(ledger, event_intent(ledger, request++, 0, 9,
                                            "three"));
    }

    assert_refused(ledger, event_intent(ledger, request, 0, 9, "three"),
                   JUPREF_LEDGER_INTENTS_FULL);

    /* the first has a signature and stays, the second is the oldest without */

    id = request_of(2);
    sent_ms = jupref_intent(ledger, jupref_find_intent(ledger, &id))->time_ms;

    assert_false(jupref_intent_gives_way(ledger, 1, &event));
    assert_false(jupref_intent_gives_way(ledger, sent_ms + DAY_MS - 1,
                                         &event));
    assert_true(jupref_intent_gives_way(ledger, sent_ms + DAY_MS, &event));

    event.seq = ledger->seq + 1;
    event.time_ms = sent_ms + DAY_MS;
    assert_applied(ledger, event);
    assert_int_equal(jupref_find_intent(ledger, &id), 0);
    id = request_of(1);
    assert_int_not_equal(jupref_find_intent(ledger, &id), 0);

    /* and none goes while there is room */

    assert_false(jupref_intent_gives_way(ledger, sent_ms + 9 * DAY_MS,
                                         &event));
    assert_applied(ledger, event_intent(ledger, request, 12, 9, "three"));

    world_free(ledger);
}


/* When it is looked for by an agent that thinks of it each ten seconds. */

static void
what_is_not_found_is_looked_for_less_and_less_often_up_to_hourly(void **state)
{
    uint64_t  now_ms, last_ms, age_ms, pause_ms, sent_ms;
    unsigned  looks;

    sent_ms = 1700000000000;
    last_ms = 0;
    looks = 0;

    assert_false(jupref_intent_look_due(sent_ms, 0, sent_ms - 5000));
    assert_false(jupref_intent_look_due(sent_ms, 0, sent_ms + 9999));

    for (now_ms = sent_ms; now_ms < sent_ms + 3 * DAY_MS; now_ms += 10000) {

        if (!jupref_intent_look_due(sent_ms, now_ms - 10000, now_ms)) {
            continue;
        }

        age_ms = now_ms - sent_ms;
        pause_ms = now_ms - last_ms;

        if (last_ms && age_ms < 50000) {
            assert_int_equal(pause_ms, 10000);

        } else if (last_ms && age_ms > DAY_MS / 4) {
            assert_in_range(pause_ms, 3590000, 3610000);

        } else if (last_ms && age_ms < DAY_MS / 8) {
            assert_in_range(pause_ms + 10000, age_ms / 6, age_ms / 4 + 20000);
        }

        last_ms = now_ms;
        looks++;
    }

    assert_in_range(looks, 90, 110);

    /* a new agent looks at once, and a long pause leaves nothing out */

    assert_true(jupref_intent_look_due(sent_ms, 0, sent_ms + 3 * DAY_MS));
    assert_true(jupref_intent_look_due(sent_ms, sent_ms + 60000,
                                       sent_ms + DAY_MS));
    assert_true(jupref_intent_look_due(sent_ms, sent_ms + DAY_MS,
                                       sent_ms + DAY_MS + 3600000));
    assert_false(jupref_intent_look_due(sent_ms, sent_ms + DAY_MS,
                                        sent_ms + DAY_MS));
}


static void
silence_is_believed_of_what_cannot_land_any_more_and_for_a_day(void **state)
{
    uint64_t        sent_ms;
    jupref_trade_t  trade;

    sent_ms = 1700000000000;
    memset(&trade, 0, sizeof(jupref_trade_t));
    trade.last_valid_block_height = 1000;

    assert_true(jupref_intent_silence_counts(&trade, sent_ms, 1001,
                                             sent_ms + 60000));

    /* it may still land; nobody knows how long it may */

    assert_false(jupref_intent_silence_counts(&trade, sent_ms, 1000,
                                              sent_ms + 60000));
    assert_false(jupref_intent_silence_counts(&trade, sent_ms, 0,
                                              sent_ms + 60000));
    trade.last_valid_block_height = 0;
    assert_false(jupref_intent_silence_counts(&trade, sent_ms, 1001,
                                              sent_ms + 60000));

    /* older than nodes remember */

    trade.last_valid_block_height = 1000;
    assert_true(jupref_intent_silence_counts(&trade, sent_ms, 1001,
                                             sent_ms + DAY_MS - 1));
    assert_false(jupref_intent_silence_counts(&trade, sent_ms, 1001,
                                              sent_ms + DAY_MS));
    assert_false(jupref_intent_silence_counts(&trade, sent_ms, UINT64_MAX,
                                              sent_ms + 400 * DAY_MS));

    /* a clock that was set back makes nothing old */

    assert_true(jupref_intent_silence_counts(&trade, sent_ms, 1001,
                                             sent_ms - 60000));
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(
            what_is_not_found_is_looked_for_less_and_less_often_up_to_hourly),
        cmocka_unit_test(
            silence_is_believed_of_what_cannot_land_any_more_and_for_a_day),
        cmocka_unit_test(a_hold_is_due_when_it_is_over_and_not_before),
        cmocka_unit_test(
            a_full_table_of_trades_gives_its_oldest_settled_one_to_the_log),
        cmocka_unit_test(
            an_archived_trade_is_told_whole_and_chained_to_those_before),
        cmocka_unit_test(an_archived_trade_that_is_not_the_rows_is_refused),
        cmocka_unit_test(an_intent_is_kept_until_its_execute_is_decided),
        cmocka_unit_test(
            a_stale_intent_becomes_an_unknown_trade_when_its_signature_is_known
            ),
        cmocka_unit_test(intents_without_a_signature_give_way_after_a_day)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
