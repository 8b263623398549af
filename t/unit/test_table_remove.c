/*
 * The table when rows are removed: it does what a plain model does, and its
 * rows alone are enough to make it anew.
 */

#include "base/jupref_table.h"

#include <stdarg.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>


#define KEY_AT          16
#define KEY_SIZE        32
#define ROW_SIZE        64

#define MODEL_KEYS      96
#define MODEL_CAPACITY  64


typedef struct {
    jupref_table_t   table;
    uint8_t         *block;
} world_t;


typedef struct {
    uint32_t  index[MODEL_KEYS];        /* of the key's row, 0: none */
    uint32_t  freed[MODEL_CAPACITY];    /* a stack */
    uint32_t  freed_count;
    uint32_t  used;
    uint32_t  count;
} model_t;


static void
world_init(world_t *world, uint32_t capacity)
{
    uint64_t  size;

    size = jupref_table_size(capacity, ROW_SIZE);
    world->block = aligned_alloc(64, size);
    assert_non_null(world->block);
    memset(world->block, 0, size);

    jupref_table_init(&world->table, 0, capacity, ROW_SIZE, KEY_AT, KEY_SIZE);
}


static void
key_of(uint8_t key[KEY_SIZE], uint32_t number)
{
    memset(key, 0, KEY_SIZE);
    memcpy(key + number % 28, &number, sizeof(number));
    key[31] = (uint8_t) (number % 28);
}


static uint32_t
random_below(uint64_t *seed, uint32_t limit)
{
    *seed = *seed * UINT64_C(6364136223846793005)
            + UINT64_C(1442695040888963407);

    return (uint32_t) (*seed >> 33) % limit;
}


static uint32_t
model_insert(model_t *model, uint32_t number)
{
    if (model->count == MODEL_CAPACITY) {
        return 0;
    }

    model->count++;
    model->index[number] = model->freed_count
                           ? model->freed[--model->freed_count]
                           : ++model->used;

    return model->index[number];
}


static void
model_remove(model_t *model, uint32_t number)
{
    model->freed[model->freed_count++] = model->index[number];
    model->index[number] = 0;
    model->count--;
}


static void
assert_is_model(const world_t *world, const model_t *model)
{
    uint8_t          key[KEY_SIZE];
    uint32_t         number, index, slots_taken;
    unsigned         used[MODEL_CAPACITY + 2];
    const uint32_t  *slots;

    memset(used, 0, sizeof(used));

    for (number = 0; number < MODEL_KEYS; number++) {
        key_of(key, number);
        index = jupref_table_find(&world->table, world->block, key);
        assert_int_equal(index, model->index[number]);

        if (index) {
            used[index] = 1;
            assert_int_equal(
                *((uint8_t *) jupref_table_row(&world->table, world->block,
                                               index)), number);
        }
    }

    for (index = 0; index < MODEL_CAPACITY + 2; index++) {
        assert_int_equal(jupref_table_in_use(&world->table, world->block,
                                             index), used[index]);
    }

    slots = (const uint32_t *) (world->block + world->table.slots_at);
    slots_taken = 0;

    for (index = 0; index < world->table.slot_count; index++) {
        slots_taken += slots[index] != 0;
    }

    assert_int_equal(slots_taken, model->count);
    assert_int_equal(world->table.count, model->count);
    assert_int_equal(world->table.used, model->used);
    assert_int_equal(world->table.free,
                     model->freed_count
                     ? model->freed[model->freed_count - 1] : 0);
}


/*
 * Random acts on table and model; after each, the table says of every key and
 * every row what the model says.
 */

static void
a_table_does_what_a_plain_model_does(void **state)
{
    world_t   world;
    model_t   model;
    uint8_t   key[KEY_SIZE];
    uint32_t  number, index, step, fill;
    uint64_t  seed, dice;

    for (seed = 1; seed <= 40; seed++) {
        dice = seed;
        world_init(&world, MODEL_CAPACITY);
        memset(&model, 0, sizeof(model));

        for (step = 0; step < 600; step++) {
            number = random_below(&dice, MODEL_KEYS);
            fill = step / 100 % 2 ? 30 : 75;
            key_of(key, number);

            if (model.index[number] == 0) {
                if (random_below(&dice, 100) < fill) {
                    index = jupref_table_insert(&world.table, world.block,
                                                key);
                    assert_int_equal(index, model_insert(&model, number));

                    if (index) {
                        *((uint8_t *) jupref_table_row(
                            &world.table, world.block, index)) =
                            (uint8_t) number;
                    }
                }

            } else if (random_below(&dice, 100) >= fill) {
                jupref_table_remove(&world.table, world.block,
                                    model.index[number]);
                model_remove(&model, number);
            }

            assert_is_model(&world, &model);
        }

        free(world.block);
    }
}


/* All orders of removing six keys that share a walk over the end. */
static void
a_removal_leaves_every_other_key_within_reach(void **state)
{
    world_t   world;
    uint8_t   keys[6][KEY_SIZE], key[KEY_SIZE];
    uint32_t  number, found, i, mask, order, left, chosen, gone, home;

    world_init(&world, 6);
    mask = world.table.slot_count - 1;
    found = 0;

    /* homes: the last three slots and the first, so walks mix and wrap */

    for (number = 0; found < 6; number++) {
        key_of(key, number);
        home = (uint32_t) jupref_hash(key, KEY_SIZE) & mask;

        if (home == ((mask - 2 + found % 4) & mask)) {
            memcpy(keys[found++], key, KEY_SIZE);
        }
    }

    free(world.block);

    for (order = 0; order < 720; order++) {
        world_init(&world, 6);

        for (i = 0; i < 6; i++) {
            assert_int_equal(
                jupref_table_insert(&world.table, world.block, keys[i]),
                i + 1);
        }

        gone = 0;
        number = order;

        for (left = 6; left > 0; left--) {
            chosen = number % left;
            number /= left;

            for (i = 0; gone >> i & 1 || chosen-- > 0; i++) { /* void */ }

            jupref_table_remove(&world.table, world.block, i + 1);
            gone |= UINT32_C(1) << i;

            for (i = 0; i < 6; i++) {
                assert_int_equal(
                    jupref_table_find(&world.table, world.block, keys[i]),
                    gone >> i & 1 ? 0 : i + 1);
            }
        }

        free(world.block);
    }
}


/* Fills a table, takes a third out and puts some back. */
static void
fill_with_gaps(world_t *world, uint32_t rows)
{
    uint8_t   key[KEY_SIZE];
    uint32_t  i;

    for (i = 0; i < rows; i++) {
        key_of(key, i);
        jupref_table_insert(&world->table, world->block, key);
    }

    for (i = 0; i < rows; i += 3) {
        jupref_table_remove(&world->table, world->block, i + 1);
    }

    for (i = 0; i < rows / 7; i++) {
        key_of(key, 10000 + i);
        jupref_table_insert(&world->table, world->block, key);
    }
}


static void
copy_rows(const world_t *from, world_t *to)
{
    memcpy(to->block + to->table.rows_at, from->block + from->table.rows_at,
           (uint64_t) (from->table.used + 1) * ROW_SIZE);
    to->table.used = from->table.used;
    to->table.free = from->table.free;
}


static void
rows_alone_make_the_table_anew_whatever_its_room(void **state)
{
    world_t   one, other;
    uint8_t   key[KEY_SIZE];
    uint32_t  i, capacity;

    world_init(&one, 300);
    fill_with_gaps(&one, 300);

    for (capacity = 300; capacity <= 4800; capacity *= 4) {
        world_init(&other, capacity);
        copy_rows(&one, &other);
        assert_int_equal(jupref_table_rebuild(&other.table, other.block), 1);
        assert_int_equal(other.table.count, one.table.count);

        for (i = 0; i < 300; i++) {
            key_of(key, i);
            assert_int_equal(
                jupref_table_find(&other.table, other.block, key),
                jupref_table_find(&one.table, one.block, key));
            assert_int_equal(
                jupref_table_in_use(&other.table, other.block, i + 1),
                jupref_table_in_use(&one.table, one.block, i + 1));
        }

        free(other.block);
    }

    /* what both do next is the same */

    world_init(&other, 300);
    copy_rows(&one, &other);
    assert_int_equal(jupref_table_rebuild(&other.table, other.block), 1);

    for (i = 0; i < 100; i++) {
        key_of(key, 20000 + i);
        assert_int_equal(
            jupref_table_insert(&other.table, other.block, key),
            jupref_table_insert(&one.table, one.block, key));
    }

    free(one.block);
    free(other.block);
}


static void
rows_that_no_table_has_are_refused(void **state)
{
    world_t   one, other;
    uint8_t  *rows, *row;
    uint32_t  index, link;

    world_init(&one, 300);
    fill_with_gaps(&one, 300);
    world_init(&other, 300);
    rows = other.block + other.table.rows_at;

    copy_rows(&one, &other);
    other.table.used = 301;
    assert_int_equal(jupref_table_rebuild(&other.table, other.block), 0);

    copy_rows(&one, &other);
    other.table.free = 301;
    assert_int_equal(jupref_table_rebuild(&other.table, other.block), 0);

    /* a removed row that holds something */

    copy_rows(&one, &other);
    rows[(uint64_t) other.table.free * ROW_SIZE + ROW_SIZE - 1] = 1;
    assert_int_equal(jupref_table_rebuild(&other.table, other.block), 0);

    /* a removed row that leads to itself, to a row in use, to nowhere */

    index = 2;
    assert_int_equal(jupref_table_in_use(&one.table, one.block, index), 1);

    copy_rows(&one, &other);
    row = rows + (uint64_t) other.table.free * ROW_SIZE;
    memcpy(row, &other.table.free, sizeof(uint32_t));
    assert_int_equal(jupref_table_rebuild(&other.table, other.block), 0);

    memcpy(row, &index, sizeof(uint32_t));
    assert_int_equal(jupref_table_rebuild(&other.table, other.block), 0);

    link = UINT32_MAX;
    memcpy(row, &link, sizeof(uint32_t));
    assert_int_equal(jupref_table_rebuild(&other.table, other.block), 0);

    /* a key twice */

    copy_rows(&one, &other);
    memcpy(rows + 2 * ROW_SIZE + KEY_AT, rows + 3 * ROW_SIZE + KEY_AT,
           KEY_SIZE);
    assert_int_equal(jupref_table_rebuild(&other.table, other.block), 0);

    copy_rows(&one, &other);
    assert_int_equal(jupref_table_rebuild(&other.table, other.block), 1);

    free(one.block);
    free(other.block);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(a_table_does_what_a_plain_model_does),
        cmocka_unit_test(a_removal_leaves_every_other_key_within_reach),
        cmocka_unit_test(rows_alone_make_the_table_anew_whatever_its_room),
        cmocka_unit_test(rows_that_no_table_has_are_refused)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
