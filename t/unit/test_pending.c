/*
 * Pending orders: an order is found by its requestId for five minutes, unless
 * newer ones need its place.
 */

#include "ledger/jupref_pending.h"

#include <stdarg.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "ledger_world.h"


#define NOW_MS     UINT64_C(1763838000000)
#define MINUTE_MS  UINT64_C(60000)

#define SHARED_ORDERS    512
#define SHARED_MESSAGES  3


static jupref_pending_t *
pending_new(uint64_t size)
{
    void              *block;
    jupref_pending_t  *pending;

    /* exactly as large as promised, so that a step over is caught */

    block = calloc(1, size);
    assert_non_null(block);
    pending = jupref_pending_init(block, size);
    assert_non_null(pending);

    return pending;
}


static jupref_request_id_t
id_of(uint32_t number)
{
    char                 text[JUPREF_REQUEST_ID_MAX + 1];
    jupref_request_id_t  id;

    snprintf(text, sizeof(text), "019974a8-6c62-7b3a-a8a4-%012u", number);
    assert_true(jupref_request_id_set(&id, (jupref_bytes_t) {
                                          (const uint8_t *) text,
                                          strlen(text) }));
    return id;
}


static void
message_of(uint8_t hash[JUPREF_SHA256_SIZE], uint32_t number)
{
    assert_true(jupref_sha256(hash, (jupref_bytes_t) {
                              (const uint8_t *) &number, sizeof(number) }));
}


static void
put_of(jupref_pending_t *pending, uint32_t number, uint32_t message,
    uint64_t time_ms)
{
    jupref_order_t  order;

    memset(&order, 0, sizeof(order));
    order.request_id = id_of(number);
    order.in_amount = number;
    order.time_ms = time_ms;
    message_of(order.message_hash, message);

    jupref_pending_put(pending, &order);
}


static void
put(jupref_pending_t *pending, uint32_t number, uint64_t time_ms)
{
    put_of(pending, number, number, time_ms);
}


/* The amount of an order that is there, else 0. */
static uint64_t
found(jupref_pending_t *pending, uint32_t number, uint64_t now_ms)
{
    jupref_order_t       *order;
    jupref_request_id_t   id;

    id = id_of(number);
    order = jupref_pending_find(pending, &id, now_ms);

    if (order == NULL) {
        return 0;
    }

    assert_memory_equal(&order->request_id, &id, sizeof(id));

    return order->in_amount;
}


/* The same by the transaction's message. */
static uint64_t
found_message(jupref_pending_t *pending, uint32_t number, uint64_t now_ms)
{
    uint8_t          hash[JUPREF_SHA256_SIZE];
    jupref_order_t  *order;

    message_of(hash, number);
    order = jupref_pending_find_message(pending, hash, now_ms);

    if (order == NULL) {
        return 0;
    }

    assert_memory_equal(order->message_hash, hash, sizeof(hash));

    return order->in_amount;
}


static uint32_t
used(const jupref_pending_t *pending, uint64_t now_ms)
{
    jupref_pending_stat_t  stat;

    jupref_pending_stat(pending, now_ms, &stat);

    return stat.used;
}


static void
an_order_is_found_until_its_five_minutes_are_over(void **state)
{
    jupref_pending_t  *pending;

    pending = pending_new(JUPREF_PENDING_MIN);

    assert_true(found(pending, 1, NOW_MS) == 0);
    put(pending, 1, NOW_MS);
    assert_true(found(pending, 1, NOW_MS) == 1);
    assert_true(found(pending, 2, NOW_MS) == 0);
    assert_true(found(pending, 1, NOW_MS + 5 * MINUTE_MS - 1) == 1);
    assert_true(found(pending, 1, NOW_MS + 5 * MINUTE_MS) == 0);

    free(pending);
}


static void
an_order_of_the_same_request_is_replaced(void **state)
{
    jupref_order_t        order;
    jupref_pending_t     *pending;
    jupref_request_id_t   id;

    pending = pending_new(JUPREF_PENDING_MIN);

    put(pending, 1, NOW_MS);
    memset(&order, 0, sizeof(order));
    order.request_id = id_of(1);
    order.in_amount = 42;
    order.time_ms = NOW_MS + 1;
    jupref_pending_put(pending, &order);

    assert_true(found(pending, 1, NOW_MS + 1) == 42);
    assert_int_equal(used(pending, NOW_MS + 1), 1);

    id = id_of(1);
    jupref_pending_free(pending, &id);
    assert_true(found(pending, 1, NOW_MS + 1) == 0);
    assert_int_equal(used(pending, NOW_MS + 1), 0);

    free(pending);
}


static void
an_order_may_be_changed_in_place(void **state)
{
    jupref_pending_t     *pending;
    jupref_request_id_t   id;

    pending = pending_new(JUPREF_PENDING_MIN);
    put(pending, 1, NOW_MS);

    id = id_of(1);
    jupref_pending_find(pending, &id, NOW_MS)->executed = 1;
    assert_int_equal(jupref_pending_find(pending, &id, NOW_MS)->executed, 1);

    free(pending);
}


static void
ids_are_told_apart_by_length_and_last_byte(void **state)
{
    unsigned               len;
    jupref_order_t         order;
    jupref_pending_t      *pending;
    jupref_request_id_t    id;
    static const uint8_t   text[JUPREF_REQUEST_ID_MAX] = { 'a' };

    pending = pending_new(JUPREF_PENDING_MIN);

    /* "a", "a\0", "a\0\0", … */

    for (len = 1; len <= JUPREF_REQUEST_ID_MAX; len++) {
        memset(&order, 0, sizeof(order));
        assert_true(jupref_request_id_set(&order.request_id,
                                          (jupref_bytes_t) { text, len }));
        order.in_amount = len;
        order.time_ms = NOW_MS;
        jupref_pending_put(pending, &order);
    }

    for (len = 1; len <= JUPREF_REQUEST_ID_MAX; len++) {
        assert_true(jupref_request_id_set(&id, (jupref_bytes_t) { text,
                                                                  len }));
        assert_true(jupref_pending_find(pending, &id, NOW_MS)->in_amount
                    == len);
    }

    assert_false(jupref_request_id_set(&id, (jupref_bytes_t) { text, 0 }));

    free(pending);
}


static void
what_is_freed_is_gone_and_freeing_nothing_is_fine(void **state)
{
    uint32_t              number;
    jupref_pending_t     *pending;
    jupref_request_id_t   id;

    pending = pending_new(JUPREF_PENDING_MIN);

    for (number = 1; number <= 50; number++) {
        put(pending, number, NOW_MS);
    }

    for (number = 1; number <= 50; number += 2) {
        id = id_of(number);
        jupref_pending_free(pending, &id);
        jupref_pending_free(pending, &id);
    }

    for (number = 1; number <= 50; number++) {
        assert_true(found(pending, number, NOW_MS)
                    == (number % 2 ? 0 : number));
    }

    assert_int_equal(used(pending, NOW_MS), 25);

    free(pending);
}


static void
when_it_is_full_the_oldest_gives_way_and_is_counted(void **state)
{
    uint32_t               number, capacity;
    jupref_pending_t      *pending;
    jupref_pending_stat_t  stat;

    pending = pending_new(JUPREF_PENDING_MIN);
    jupref_pending_stat(pending, NOW_MS, &stat);
    capacity = stat.capacity;
    assert_true(capacity >= 64);

    for (number = 1; number <= capacity; number++) {
        put(pending, number, NOW_MS + number);
    }

    jupref_pending_stat(pending, NOW_MS, &stat);
    assert_int_equal(stat.used, capacity);
    assert_true(stat.evicted == 0);

    for ( /* void */ ; number <= capacity + 10; number++) {
        put(pending, number, NOW_MS + number);
    }

    jupref_pending_stat(pending, NOW_MS, &stat);
    assert_int_equal(stat.used, capacity);
    assert_true(stat.evicted == 10);

    for (number = 1; number <= capacity + 10; number++) {
        assert_true(found(pending, number, NOW_MS + capacity)
                    == (number <= 10 ? 0 : number));
    }

    free(pending);
}


static void
an_expired_order_gives_way_without_being_counted(void **state)
{
    uint32_t               number;
    jupref_pending_t      *pending;
    jupref_pending_stat_t  stat;

    pending = pending_new(JUPREF_PENDING_MIN);
    jupref_pending_stat(pending, NOW_MS, &stat);

    for (number = 1; number <= 3 * stat.capacity; number++) {
        put(pending, number, NOW_MS + 6 * MINUTE_MS
                             * ((number - 1) / stat.capacity));
    }

    jupref_pending_stat(pending, NOW_MS + 12 * MINUTE_MS, &stat);
    assert_int_equal(stat.used, stat.capacity);
    assert_true(stat.evicted == 0);
    assert_int_equal(used(pending, NOW_MS + 18 * MINUTE_MS), 0);

    free(pending);
}


static void
expired_orders_are_not_counted_as_used(void **state)
{
    uint32_t           number;
    jupref_pending_t  *pending;

    pending = pending_new(JUPREF_PENDING_MIN);

    for (number = 0; number < 40; number++) {
        put(pending, number + 1, NOW_MS + number * MINUTE_MS / 10);
    }

    assert_int_equal(used(pending, NOW_MS + 4 * MINUTE_MS), 40);
    assert_int_equal(used(pending, NOW_MS + 5 * MINUTE_MS), 39);
    assert_int_equal(used(pending, NOW_MS + 7 * MINUTE_MS), 19);
    assert_int_equal(used(pending, NOW_MS + 10 * MINUTE_MS), 0);

    free(pending);
}


/* Against an array: orders come, are found, freed and forgotten. */
static void
it_does_what_a_plain_array_would_do(void **state)
{
    uint32_t               number, newest, ring[1024], capacity, i;
    uint64_t               seed, now_ms, put_ms[4096], kept[4096];
    jupref_pending_t      *pending;
    jupref_request_id_t    id;
    jupref_pending_stat_t  stat;

    pending = pending_new(JUPREF_PENDING_MIN);
    jupref_pending_stat(pending, NOW_MS, &stat);
    capacity = stat.capacity;
    assert_true(capacity < 1024);

    memset(kept, 0, sizeof(kept));
    memset(ring, 0, sizeof(ring));
    now_ms = NOW_MS;
    newest = 0;
    seed = 11;

    for (i = 0; i < 20000; i++) {
        now_ms += random_next(&seed) % 4000;
        number = (uint32_t) (random_next(&seed) % 4095) + 1;
        id = id_of(number);

        switch (random_next(&seed) % 5) {

        case 0:
        case 1:
            put(pending, number, now_ms);
            newest = newest % capacity + 1;

            /* whoever still stood there is gone */

            if (kept[ring[newest]] == newest) {
                kept[ring[newest]] = 0;
            }

            ring[newest] = number;
            kept[number] = newest;
            put_ms[number] = now_ms;
            break;

        case 2:
            jupref_pending_free(pending, &id);
            kept[number] = 0;
            break;

        case 3:
            assert_true(found_message(pending, number, now_ms)
                        == (kept[number]
                            && now_ms < put_ms[number] + 5 * MINUTE_MS
                            ? number : 0));
            break;

        default:
            assert_true(found(pending, number, now_ms)
                        == (kept[number]
                            && now_ms < put_ms[number] + 5 * MINUTE_MS
                            ? number : 0));
        }
    }

    free(pending);
}


/* Orders of one transaction, as many as there are rows, leave in any order. */
static void
of_many_orders_of_a_message_the_newest_that_is_left_is_found(void **state)
{
    uint8_t                hash[JUPREF_SHA256_SIZE];
    uint32_t               number, newest, turn, i, ring[1024], capacity;
    uint64_t               seed, now_ms, put_ms[SHARED_ORDERS],
                           turns[SHARED_ORDERS];
    jupref_order_t        *order;
    jupref_pending_t      *pending;
    jupref_request_id_t    id;
    jupref_pending_stat_t  stat;

    pending = pending_new(JUPREF_PENDING_MIN);
    jupref_pending_stat(pending, NOW_MS, &stat);
    capacity = stat.capacity;
    memset(turns, 0, sizeof(turns));
    memset(ring, 0, sizeof(ring));
    now_ms = NOW_MS;
    seed = 12;
    turn = 0;

    for (i = 0; i < 20000; i++) {
        now_ms += random_next(&seed) % 3000;
        number = (uint32_t) (random_next(&seed) % (SHARED_ORDERS - 1)) + 1;
        id = id_of(number);

        switch (random_next(&seed) % 4) {

        case 0:
        case 1:
            put_of(pending, number, number % SHARED_MESSAGES, now_ms);
            turn++;

            /* whoever still stood in that row is gone */

            if (turns[ring[turn % capacity]] == turn - capacity) {
                turns[ring[turn % capacity]] = 0;
            }

            ring[turn % capacity] = number;
            turns[number] = turn;
            put_ms[number] = now_ms;
            break;

        case 2:
            jupref_pending_free(pending, &id);
            turns[number] = 0;
            break;

        default:
            newest = 0;

            for (number %= SHARED_MESSAGES;
                 number < SHARED_ORDERS;
                 number += SHARED_MESSAGES)
            {
                if (turns[number] > turns[newest]
                    && now_ms < put_ms[number] + 5 * MINUTE_MS)
                {
                    newest = number;
                }
            }

            message_of(hash, number % SHARED_MESSAGES);
            order = jupref_pending_find_message(pending, hash, now_ms);
            assert_true((order ? order->in_amount : 0) == newest);
        }
    }

    free(pending);
}


static void
a_block_of_any_size_from_the_least_on_is_not_overstepped(void **state)
{
    uint32_t               number;
    uint64_t               size;
    jupref_pending_t      *pending;
    jupref_pending_stat_t  stat;
    static uint64_t        block[JUPREF_PENDING_MIN / sizeof(uint64_t)];

    assert_null(jupref_pending_init(block, JUPREF_PENDING_MIN - 1));
    assert_null(jupref_pending_init(block, 0));

    for (size = JUPREF_PENDING_MIN; size < 4 * JUPREF_PENDING_MIN;
         size += 4567)
    {
        pending = pending_new(size);
        jupref_pending_stat(pending, NOW_MS, &stat);

        for (number = 1; number <= stat.capacity + 1; number++) {
            put(pending, number, NOW_MS);
        }

        assert_int_equal(used(pending, NOW_MS), stat.capacity);
        free(pending);
    }
}


static void
an_order_is_found_by_its_message_as_long_as_by_its_request(void **state)
{
    uint8_t            zeroes[JUPREF_SHA256_SIZE];
    jupref_order_t     order, *by_message;
    jupref_pending_t  *pending;

    pending = pending_new(JUPREF_PENDING_MIN);

    assert_true(found_message(pending, 1, NOW_MS) == 0);
    put(pending, 1, NOW_MS);
    put(pending, 2, NOW_MS);
    assert_true(found_message(pending, 1, NOW_MS) == 1);
    assert_true(found_message(pending, 2, NOW_MS) == 2);
    assert_true(found_message(pending, 3, NOW_MS) == 0);

    /* both ways lead to the same one, and it goes for both */

    message_of(zeroes, 2);
    by_message = jupref_pending_find_message(pending, zeroes, NOW_MS);
    by_message->executed = 1;
    order.request_id = id_of(2);
    assert_ptr_equal(jupref_pending_find(pending, &order.request_id, NOW_MS),
                     by_message);
    jupref_pending_free(pending, &order.request_id);
    assert_true(found_message(pending, 2, NOW_MS) == 0);

    assert_true(found_message(pending, 1, NOW_MS + 5 * MINUTE_MS) == 0);
    assert_true(found(pending, 1, NOW_MS + 5 * MINUTE_MS) == 0);
    assert_int_equal(used(pending, NOW_MS), 0);

    /* priced twice: the newest; when that has gone, the other */

    memset(&order, 0, sizeof(order));
    order.time_ms = NOW_MS;
    message_of(order.message_hash, 7);
    order.request_id = id_of(70);
    order.in_amount = 70;
    jupref_pending_put(pending, &order);
    order.request_id = id_of(71);
    order.in_amount = 71;
    jupref_pending_put(pending, &order);
    assert_true(found_message(pending, 7, NOW_MS) == 71);
    jupref_pending_free(pending, &order.request_id);
    assert_true(found_message(pending, 7, NOW_MS) == 70);

    /* an order without a transaction has no message */

    memset(&order, 0, sizeof(order));
    memset(zeroes, 0, sizeof(zeroes));
    order.time_ms = NOW_MS;
    order.request_id = id_of(9);
    jupref_pending_put(pending, &order);
    assert_null(jupref_pending_find_message(pending, zeroes, NOW_MS));

    free(pending);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(an_order_is_found_until_its_five_minutes_are_over),
        cmocka_unit_test(an_order_of_the_same_request_is_replaced),
        cmocka_unit_test(
            an_order_is_found_by_its_message_as_long_as_by_its_request),
        cmocka_unit_test(an_order_may_be_changed_in_place),
        cmocka_unit_test(ids_are_told_apart_by_length_and_last_byte),
        cmocka_unit_test(what_is_freed_is_gone_and_freeing_nothing_is_fine),
        cmocka_unit_test(when_it_is_full_the_oldest_gives_way_and_is_counted),
        cmocka_unit_test(an_expired_order_gives_way_without_being_counted),
        cmocka_unit_test(expired_orders_are_not_counted_as_used),
        cmocka_unit_test(it_does_what_a_plain_array_would_do),
        cmocka_unit_test(
            of_many_orders_of_a_message_the_newest_that_is_left_is_found),
        cmocka_unit_test(
            a_block_of_any_size_from_the_least_on_is_not_overstepped)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
