/*
 * The table: what went in is found, nothing else is, and the bytes are the
 * same wherever it was filled.  Removals: test_table_remove.c.
 */

#include "base/jupref_table.h"

#include <stdarg.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>


#define KEY_AT    16
#define KEY_SIZE  32
#define ROW_SIZE  64


typedef struct {
    jupref_table_t   table;
    uint8_t         *block;
    uint64_t         size;
} world_t;


/* The table stands behind 128 bytes that aren't its own. */
static void
world_init(world_t *world, uint32_t capacity)
{
    world->size = 128 + jupref_table_size(capacity, ROW_SIZE);
    world->block = aligned_alloc(64, world->size);
    assert_non_null(world->block);
    memset(world->block, 0, world->size);

    jupref_table_init(&world->table, 128, capacity, ROW_SIZE, KEY_AT,
                      KEY_SIZE);
}


static void
key_of(uint8_t key[KEY_SIZE], uint32_t number)
{
    memset(key, 0, KEY_SIZE);
    memcpy(key + number % 28, &number, sizeof(number));
    key[31] = (uint8_t) (number % 28);
}


static void
a_row_is_found_by_its_key_and_by_no_other(void **state)
{
    world_t    world;
    uint8_t    key[KEY_SIZE], *row;
    uint32_t   i;

    world_init(&world, 1000);

    for (i = 0; i < 1000; i++) {
        key_of(key, i);
        assert_int_equal(jupref_table_find(&world.table, world.block, key), 0);
        assert_int_equal(jupref_table_insert(&world.table, world.block, key),
                         i + 1);
    }

    assert_int_equal(world.table.count, 1000);

    for (i = 0; i < 2000; i++) {
        key_of(key, i);
        assert_int_equal(jupref_table_find(&world.table, world.block, key),
                         i < 1000 ? i + 1 : 0);
    }

    key_of(key, 500);
    row = jupref_table_row(&world.table, world.block, 501);
    assert_memory_equal(row + KEY_AT, key, KEY_SIZE);

    free(world.block);
}


static void
a_new_row_is_zero_but_for_its_key(void **state)
{
    world_t   world;
    uint8_t   key[KEY_SIZE], expected[ROW_SIZE];
    uint32_t  index;

    world_init(&world, 10);
    memset(key, 0xa5, KEY_SIZE);

    /* even where something was left in the block */
    memset(world.block + world.table.rows_at + ROW_SIZE, 0xff, ROW_SIZE);

    index = jupref_table_insert(&world.table, world.block, key);

    memset(expected, 0, ROW_SIZE);
    memcpy(expected + KEY_AT, key, KEY_SIZE);
    assert_memory_equal(jupref_table_row(&world.table, world.block, index),
                        expected, ROW_SIZE);

    free(world.block);
}


static void
a_full_table_refuses_and_still_finds(void **state)
{
    world_t   world;
    uint8_t   key[KEY_SIZE], *before;
    uint32_t  i;

    world_init(&world, 7);

    for (i = 0; i < 7; i++) {
        key_of(key, i);
        assert_int_equal(jupref_table_insert(&world.table, world.block, key),
                         i + 1);
    }

    before = malloc(world.size);
    assert_non_null(before);
    memcpy(before, world.block, world.size);

    key_of(key, 7);
    assert_int_equal(jupref_table_insert(&world.table, world.block, key), 0);
    assert_int_equal(jupref_table_find(&world.table, world.block, key), 0);
    assert_int_equal(world.table.count, 7);
    assert_memory_equal(world.block, before, world.size);

    key_of(key, 6);
    assert_int_equal(jupref_table_find(&world.table, world.block, key), 7);

    free(before);
    free(world.block);
}


static void
a_table_of_capacity_none_holds_none(void **state)
{
    world_t  world;
    uint8_t  key[KEY_SIZE];

    world_init(&world, 0);
    key_of(key, 1);

    assert_int_equal(jupref_table_find(&world.table, world.block, key), 0);
    assert_int_equal(jupref_table_insert(&world.table, world.block, key), 0);

    free(world.block);
}


/* Keys that all want the last slot: the probe goes on at the first. */
static void
keys_that_want_the_same_slot_live_side_by_side(void **state)
{
    world_t   world;
    uint8_t   keys[40][KEY_SIZE];
    uint32_t  number, found, i, mask;

    world_init(&world, 40);
    mask = world.table.slot_count - 1;
    found = 0;

    for (number = 0; found < 40; number++) {
        key_of(keys[found], number);

        if (((uint32_t) jupref_hash(keys[found], KEY_SIZE) & mask) == mask) {
            found++;
        }
    }

    for (i = 0; i < 40; i++) {
        assert_int_equal(
            jupref_table_insert(&world.table, world.block, keys[i]), i + 1);
    }

    for (i = 0; i < 40; i++) {
        assert_int_equal(
            jupref_table_find(&world.table, world.block, keys[i]), i + 1);
    }

    free(world.block);
}


static void
the_same_inserts_give_the_same_bytes_and_move_with_them(void **state)
{
    world_t    one, other;
    uint8_t    key[KEY_SIZE], *moved;
    uint32_t   i;

    world_init(&one, 500);
    world_init(&other, 500);

    for (i = 0; i < 500; i++) {
        key_of(key, i * 17);
        jupref_table_insert(&one.table, one.block, key);
    }

    for (i = 0; i < 500; i++) {
        key_of(key, i * 17);
        jupref_table_insert(&other.table, other.block, key);
    }

    assert_memory_equal(&one.table, &other.table, sizeof(jupref_table_t));
    assert_memory_equal(one.block, other.block, one.size);

    moved = aligned_alloc(64, one.size);
    assert_non_null(moved);
    memcpy(moved, one.block, one.size);
    memset(one.block, 0xff, one.size);

    key_of(key, 499 * 17);
    assert_int_equal(jupref_table_find(&one.table, moved, key), 500);

    free(moved);
    free(one.block);
    free(other.block);
}


static void
the_hash_is_fixed_for_all_time(void **state)
{
    uint8_t  key[KEY_SIZE];

    memset(key, 0, KEY_SIZE);

    assert_true(jupref_hash("", 0) == UINT64_C(0x43a4e5950be79ab1));
    assert_true(jupref_hash("a", 1) == UINT64_C(0xc243b0925edbc182));
    assert_true(jupref_hash("requestId", 9) == UINT64_C(0x3367d4a46b4fb356));
    assert_true(jupref_hash(key, KEY_SIZE) == UINT64_C(0x8ed5965f6af9add4));
}


/* Every bit of a key moves about half of the hash, low bits included. */
static void
one_bit_of_a_key_moves_the_slot(void **state)
{
    uint8_t   key[KEY_SIZE];
    uint64_t  before, changed;
    unsigned  bit, moved, low;

    key_of(key, 12345);
    before = jupref_hash(key, KEY_SIZE);
    low = 0;

    for (bit = 0; bit < KEY_SIZE * 8; bit++) {
        key[bit / 8] ^= (uint8_t) (1 << bit % 8);
        changed = before ^ jupref_hash(key, KEY_SIZE);
        key[bit / 8] ^= (uint8_t) (1 << bit % 8);

        moved = (unsigned) __builtin_popcountll(changed);
        assert_in_range(moved, 12, 52);
        low += (changed & 0xffff) != 0;
    }

    assert_true(low >= KEY_SIZE * 8 - 2);
}


static void
tables_can_stand_one_after_the_other(void **state)
{
    uint32_t  capacity;
    uint64_t  size;

    for (capacity = 0; capacity < 3000; capacity++) {
        size = jupref_table_size(capacity, 48);
        assert_int_equal(size % 64, 0);
        assert_true(size >= (uint64_t) (capacity + 1) * 48
                            + (uint64_t) capacity * 2 * 4);
    }

    /* no 32-bit arithmetic on the way */
    assert_true(jupref_table_size(UINT32_C(100000000), 256)
                > UINT64_C(25600000000));
}


static void
a_million_rows_are_found_with_short_probes(void **state)
{
    world_t          world;
    uint8_t          key[KEY_SIZE];
    uint32_t         i, slot, mask;
    uint64_t         walked;
    const uint32_t  *slots;

    world_init(&world, 1000000);

    for (i = 0; i < 1000000; i++) {
        key_of(key, i);
        assert_int_equal(jupref_table_insert(&world.table, world.block, key),
                         i + 1);
    }

    slots = (const uint32_t *) (world.block + world.table.slots_at);
    mask = world.table.slot_count - 1;
    walked = 0;

    for (i = 0; i < 1000000; i++) {
        key_of(key, i);
        slot = (uint32_t) jupref_hash(key, KEY_SIZE) & mask;

        assert_int_equal(jupref_table_find(&world.table, world.block, key),
                         i + 1);

        while ((slots[slot] & mask) != i + 1) {
            assert_int_not_equal(slots[slot], 0);
            slot = (slot + 1) & mask;
            walked++;
        }
    }

    /* half full, linear probing: half a step on average when spread evenly */
    assert_true(walked < 700000);

    free(world.block);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(a_row_is_found_by_its_key_and_by_no_other),
        cmocka_unit_test(a_new_row_is_zero_but_for_its_key),
        cmocka_unit_test(a_full_table_refuses_and_still_finds),
        cmocka_unit_test(a_table_of_capacity_none_holds_none),
        cmocka_unit_test(keys_that_want_the_same_slot_live_side_by_side),
        cmocka_unit_test(
            the_same_inserts_give_the_same_bytes_and_move_with_them),
        cmocka_unit_test(the_hash_is_fixed_for_all_time),
        cmocka_unit_test(one_bit_of_a_key_moves_the_slot),
        cmocka_unit_test(tables_can_stand_one_after_the_other),
        cmocka_unit_test(a_million_rows_are_found_with_short_probes)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
