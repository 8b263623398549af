/*
 * Clients: clicks, orders, and executes that are matched, written ahead and
 * booked as the glue does it (ngx_http_jupref_order_reader.c, _trade.c).
 */

#include "sim.h"

#include <string.h>


/* Orders that most executes are of. */
#define SIM_RECENT   4

#define SIM_INTENTS  4                  /* executes of one order */


static void sim_order_fill(sim_t *sim, uint32_t number,
    jupref_order_t *order);
static void sim_price(sim_t *sim, jupref_order_t *order);
static void sim_request(sim_t *sim, const jupref_order_t *order,
    uint32_t number, jupref_execute_request_t *request);
static void sim_answered(sim_t *sim, const sim_execute_t *execute,
    jupref_execute_answer_t *answer, unsigned *status);
static void sim_outcome(sim_t *sim, unsigned worker, sim_execute_t *execute,
    unsigned status);
static void sim_book(sim_t *sim, unsigned worker, sim_execute_t *execute,
    jupref_execution_t *execution);


void
sim_click(sim_t *sim)
{
    uint32_t            index;
    jupref_code_name_t  code;

    sim_lock(sim);
    sim_code(&code, 1 + (unsigned) sim_random(sim, SIM_CODES));
    index = jupref_find_code(sim->zone.ledger, &code);

    if (index != 0 && !sim->zone.ledger->booking) {
        jupref_clicks_count(sim->zone.clicks, index);
    }

    if (sim_chance(sim, 3)) {
        sim_book_clicks(sim);
    }
}


void
sim_order(sim_t *sim, unsigned worker)
{
    uint32_t        code;
    jupref_order_t  order;

    (void) worker;

    if (sim->order_count == SIM_TRADES) {
        return;
    }

    sim_lock(sim);
    sim_order_fill(sim, ++sim->order_count, &order);

    sim->orders[sim->order_count % SIM_ORDERS] = order;
    jupref_pending_put(sim->zone.pending, &order);

    code = order.code.key[0]
           ? jupref_find_code(sim->zone.ledger, &order.code) : 0;

    jupref_clicks_count(sim->zone.orders,
                        code ? code : jupref_clicks_no_code(sim->zone.orders));
}


/* A client sends an order's transaction: once, or again. */

void
sim_execute(sim_t *sim, unsigned worker)
{
    uint32_t                 number, recent;
    unsigned                 slot;
    sim_execute_t           *execute;
    jupref_order_t          *pending;
    jupref_event_t           event;
    jupref_execution_t       execution;
    jupref_ledger_result_e   result;
    jupref_execute_answer_t  nothing;

    if (sim->order_count == 0) {
        return;
    }

    slot = (unsigned) sim_random(sim, SIM_EXECUTES);
    execute = &sim->workers[worker].executes[slot];
    recent = sim_chance(sim, 4) ? SIM_ORDERS : SIM_RECENT;
    number = sim->order_count
             - (uint32_t) sim_random(sim, sim->order_count < recent
                                          ? sim->order_count : recent);

    if (execute->used) {
        return;
    }

    sim_lock(sim);
    memset(execute, 0, sizeof(sim_execute_t));
    sim_request(sim, &sim->orders[number % SIM_ORDERS], number,
                &execute->request);

    pending = jupref_pending_find(sim->zone.pending,
                                  &execute->request.request_id, sim->now_ms);

    if (pending == NULL || pending->intents == SIM_INTENTS) {
        return;
    }

    if (pending->executed || pending->unknown) {
        sim_count(sim, SIM_N_RESUBMITTED);
    }

    pending->intents++;

    execute->used = 1;
    execute->number = number;
    execute->order = *pending;

    memset(&nothing, 0, sizeof(nothing));
    execution.order = &execute->order;
    execution.request = &execute->request;
    execution.answer = &nothing;
    execution.outcome = JUPREF_TRADE_UNMATCHED;

    if (!jupref_settle_intent(&execution, &execute->order, &event)) {
        return;
    }

    result = sim_append(sim, &event);
    execute->intended = (result == JUPREF_LEDGER_OK
                         || result == JUPREF_LEDGER_NO_CHANGE);
    sim_commit(sim, worker);
}


/* Jupiter has answered, or hasn't. */

void
sim_answer(sim_t *sim, unsigned worker)
{
    unsigned        slot, tries;
    sim_execute_t  *execute;

    slot = (unsigned) sim_random(sim, SIM_EXECUTES);

    for (tries = 0; tries < SIM_EXECUTES; tries++) {
        execute = &sim->workers[worker].executes[(slot + tries)
                                                 % SIM_EXECUTES];
        if (execute->used) {
            break;
        }
    }

    if (tries == SIM_EXECUTES) {
        return;
    }

    sim_outcome(sim, worker, execute, 0);
}


/* The proxy waits no longer for any of them. */

void
sim_give_up(sim_t *sim)
{
    unsigned  worker, slot;

    for (worker = 0; worker < SIM_WORKERS; worker++) {
        for (slot = 0; slot < SIM_EXECUTES; slot++) {
            if (sim->workers[worker].executes[slot].used) {
                sim_outcome(sim, worker,
                            &sim->workers[worker].executes[slot], 504);
            }
        }
    }
}


static void
sim_outcome(sim_t *sim, unsigned worker, sim_execute_t *execute,
    unsigned status)
{
    sim_execute_t            taken;
    jupref_execution_t       execution;
    jupref_execute_answer_t  answer;

    taken = *execute;
    execute->used = 0;

    if (status != 0) {
        memset(&answer, 0, sizeof(answer));

    } else {
        sim_answered(sim, &taken, &answer, &status);
    }

    execution.order = &taken.order;
    execution.request = &taken.request;
    execution.answer = &answer;
    execution.outcome = jupref_execute_outcome(status, status != 504,
                                               &answer);

    sim_book(sim, worker, &taken, &execution);
}


/* ngx_http_jupref_trade_book */

static void
sim_book(sim_t *sim, unsigned worker, sim_execute_t *execute,
    jupref_execution_t *execution)
{
    uint64_t                seq;
    jupref_event_t          closed, bound;
    jupref_order_t         *pending;
    jupref_settlement_t     settlement;
    jupref_ledger_result_e  booked;

    sim_lock(sim);

    seq = 0;
    booked = JUPREF_LEDGER_OK;
    pending = jupref_pending_find(sim->zone.pending,
                                  &execute->request.request_id, sim->now_ms);

    jupref_settle(execution, pending, &settlement);

    if (settlement.frees) {
        jupref_pending_free(sim->zone.pending, &execute->request.request_id);
    }

    if (settlement.appends) {
        booked = sim_append(sim, &settlement.event);

        if (booked == JUPREF_LEDGER_OK
            && settlement.outcome == JUPREF_TRADE_EXECUTED
            && jupref_settle_binding(sim->zone.ledger, execution, sim->mode,
                                     &bound))
        {
            (void) sim_append(sim, &bound);
        }

        if (pending) {
            jupref_settled(pending, &settlement, booked);
        }

    }

    /* a trade that is told is on disk, also one that was sent again */

    if ((settlement.appends && booked == JUPREF_LEDGER_OK)
        || (settlement.outcome == JUPREF_TRADE_EXECUTED
            && !sim->zone.ledger->booking))
    {
        seq = sim->zone.ledger->seq;
    }

    if (execute->intended
        && jupref_settle_closing(sim->zone.ledger, execution, &settlement,
                                 booked, &closed))
    {
        (void) sim_append(sim, &closed);
    }

    sim_commit(sim, worker);

    if (seq > 0) {
        sim_wait(sim, worker, seq, 0);
    }
}


static void
sim_order_fill(sim_t *sim, uint32_t number, jupref_order_t *order)
{
    uint32_t  mint;

    memset(order, 0, sizeof(jupref_order_t));

    order->request_id.len = 36;
    sim_key(order->request_id.bytes, 36, 'r', number);
    sim_key(order->message_hash, JUPREF_SHA256_SIZE, 'h', number);
    sim_key(order->taker.bytes, JUPREF_PUBKEY_SIZE, 'w',
            1 + (uint32_t) sim_random(sim, SIM_TAKERS));

    mint = 1 + (uint32_t) sim_random(sim, SIM_MINTS);
    sim_key(order->input_mint.bytes, JUPREF_PUBKEY_SIZE, 'm', mint);
    sim_key(order->output_mint.bytes, JUPREF_PUBKEY_SIZE, 'm',
            mint % SIM_MINTS + 1);

    sim_price(sim, order);

    memcpy(order->router, "iris", 4);
    order->in_amount = 1 + sim_random(sim, 5000000000);
    order->out_amount = 1 + sim_random(sim, 5000000000);
    order->volume_micro_usd = sim_random(sim, 100000000000);
    order->last_valid_block_height = number;
    order->time_ms = sim->now_ms;

    if (sim_chance(sim, 30)) {
        order->in_amount = UINT64_MAX;
        order->volume_micro_usd = UINT64_MAX;
    }
}


static void
sim_price(sim_t *sim, jupref_order_t *order)
{
    jupref_claim_t        claim;
    jupref_code_name_t    code;
    jupref_attribution_t  attribution;

    memset(&claim, 0, sizeof(claim));
    claim.taker = order->taker;
    claim.has_taker = 1;
    claim.mode = sim->mode;

    sim_code(&code, (unsigned) sim_random(sim, SIM_CODES + 1));

    if (sim_chance(sim, 2)) {
        claim.asked_code = jupref_code_name_text(&code);

    } else {
        claim.cookie_code = jupref_code_name_text(&code);
        claim.cookie_ms = sim->now_ms - sim_random(sim, 1000000);
    }

    memset(&attribution, 0, sizeof(attribution));
    sim_terms(&order->terms, 0);

    /* a damaged ledger isn't asked */

    if (!sim->zone.ledger->booking
        && jupref_attribute(sim->zone.ledger, &claim, &attribution)
           == JUPREF_ATTRIBUTED)
    {
        order->code = attribution.code;
        order->referrer = attribution.referrer;
        order->terms = attribution.terms;
    }

    order->granted_bps = (uint16_t) jupref_charged_bps(&order->terms);
    order->confirmed = 1;

    switch (sim_random(sim, 8)) {

    case 0:                             /* Jupiter dropped the fee */
        order->granted_bps = 0;
        break;

    case 1:                             /* or says nothing of it */
        order->confirmed = 0;
        return;

    default:
        break;
    }

    order->fee_mint = sim_chance(sim, 2) ? order->input_mint
                                         : order->output_mint;
}


static void
sim_request(sim_t *sim, const jupref_order_t *order, uint32_t number,
    jupref_execute_request_t *request)
{
    memset(request, 0, sizeof(jupref_execute_request_t));

    request->request_id = order->request_id;
    request->has_transaction = 1;
    memcpy(request->message_hash, order->message_hash, JUPREF_SHA256_SIZE);

    /* a maker signs first, so only Jupiter knows it; somebody else's */

    if (number % 5 == 0) {
        number = 0;

    } else if (sim_chance(sim, 25)) {
        number = 1 + (uint32_t) sim_random(sim, sim->order_count);
    }

    sim_key(request->signature.bytes, JUPREF_SIGNATURE_SIZE, 's', number);
}


static void
sim_answered(sim_t *sim, const sim_execute_t *execute,
    jupref_execute_answer_t *answer, unsigned *status)
{
    memset(answer, 0, sizeof(jupref_execute_answer_t));
    *status = 200;

    switch (sim_random(sim, 8)) {

    case 0:
        *status = 504;
        return;

    case 1:
        *status = 500;
        return;

    case 2:
        answer->status = JUPREF_STATUS_FAILED;
        answer->has_code = 1;
        answer->code = sim_chance(sim, 2) ? -1000 : -2005;
        break;

    default:
        answer->status = JUPREF_STATUS_SUCCESS;
        answer->has_code = 1;
        break;
    }

    sim_key(answer->signature.bytes, JUPREF_SIGNATURE_SIZE, 's',
            execute->number);
    answer->slot = sim->now_ms / 400;

    if (sim_chance(sim, 2)) {
        answer->has_total_input = 1;
        answer->total_input = execute->order.in_amount;
        answer->has_input_result = 1;
        answer->input_result = execute->order.in_amount
                               - execute->order.in_amount / 100;
    }
}
