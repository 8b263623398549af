/*
 * The tree of spans: every value's text is exactly what stands in the text,
 * whatever its kind, its neighbours and the white space around it.
 */

#include "base/jupref_json_tree.h"
#include "heap.h"
#include "json_sample.h"

#include <stdarg.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>


static jupref_json_result_e
parse(jupref_json_tree_t *tree, const char *text, heap_t *heap)
{
    jupref_memory_t  memory;

    memory = heap_memory(heap, HEAP_ENDLESS);

    return jupref_json_tree_parse(tree, (jupref_bytes_t) {
                                      (const uint8_t *) text, strlen(text) },
                                  1000, &memory);
}


static void
assert_text(jupref_bytes_t span, const char *expected)
{
    assert_int_equal(span.len, strlen(expected));
    assert_memory_equal(span.data, expected, span.len);
}


static void
every_kind_of_value_has_its_own_text(void **state)
{
    size_t                      i;
    heap_t                      heap;
    jupref_json_tree_t          tree;
    const jupref_json_value_t  *item;

    static const char  text[] =
        " [null ,true, false,0 ,-0,-12.5e+3,1E5, 18446744073709551615,\"\","
        "\"a b\" , \"q\\\"\\\\\\u00e9\\ud83d\\ude00,]\",{}, { } ,[],[ 1,[2] ],"
        "{\"a\" : 1 ,\"b\":{\"c\":[]}}\r\n]\n";

    static const struct {
        jupref_json_kind_e  kind;
        const char         *text;
    } expected[] = {
        { JUPREF_JSON_NULL, "null" },
        { JUPREF_JSON_BOOLEAN, "true" },
        { JUPREF_JSON_BOOLEAN, "false" },
        { JUPREF_JSON_NUMBER, "0" },
        { JUPREF_JSON_NUMBER, "-0" },
        { JUPREF_JSON_NUMBER, "-12.5e+3" },
        { JUPREF_JSON_NUMBER, "1E5" },
        { JUPREF_JSON_NUMBER, "18446744073709551615" },
        { JUPREF_JSON_STRING, "\"\"" },
        { JUPREF_JSON_STRING, "\"a b\"" },
        { JUPREF_JSON_STRING, "\"q\\\"\\\\\\u00e9\\ud83d\\ude00,]\"" },
        { JUPREF_JSON_OBJECT, "{}" },
        { JUPREF_JSON_OBJECT, "{ }" },
        { JUPREF_JSON_ARRAY, "[]" },
        { JUPREF_JSON_ARRAY, "[ 1,[2] ]" },
        { JUPREF_JSON_OBJECT, "{\"a\" : 1 ,\"b\":{\"c\":[]}}" }
    };

    assert_int_equal(parse(&tree, text, &heap), JUPREF_JSON_OK);
    assert_int_equal(tree.values[0].kind, JUPREF_JSON_ARRAY);
    assert_int_equal(tree.values[0].text.len, strlen(text) - 2);
    assert_int_equal(tree.values[0].count,
                     sizeof(expected) / sizeof(expected[0]));

    for (i = 0; i < sizeof(expected) / sizeof(expected[0]); i++) {
        item = jupref_json_tree_item(&tree, &tree.values[0], (uint32_t) i);

        assert_non_null(item);
        assert_int_equal(item->kind, expected[i].kind);
        assert_text(item->text, expected[i].text);
    }

    assert_null(jupref_json_tree_item(&tree, &tree.values[0], (uint32_t) i));

    jupref_json_tree_free(&tree);
    assert_int_equal(heap.pieces, 0);
}


static void
a_single_scalar_is_a_text_too(void **state)
{
    size_t              i;
    heap_t              heap;
    jupref_json_tree_t  tree;

    static const char *const  texts[] = {
        "12", "0", "-1e9", "\"x\"", "\"\\n\"", "null", "true", "false"
    };

    char  padded[32];

    for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        assert_int_equal(parse(&tree, texts[i], &heap), JUPREF_JSON_OK);
        assert_text(tree.values[0].text, texts[i]);
        assert_int_equal(tree.count, 1);
        jupref_json_tree_free(&tree);

        memset(padded, 0, sizeof(padded));
        strcat(strcat(strcpy(padded, "\r\n "), texts[i]), "\t ");

        assert_int_equal(parse(&tree, padded, &heap), JUPREF_JSON_OK);
        assert_text(tree.values[0].text, texts[i]);
        jupref_json_tree_free(&tree);
    }
}


static void
members_are_found_by_their_unescaped_name(void **state)
{
    heap_t                      heap;
    jupref_json_tree_t          tree;
    const jupref_json_value_t  *root;

    assert_int_equal(parse(&tree,
        "{ \"id\" : 7, \"meth\\u006fd\" :\"getSlot\", \"a\\/b\\n\": [] ,"
        "\"twice\":1,\"tw\\u0069ce\":2,\"\":{\"id\":8}}", &heap),
        JUPREF_JSON_OK);

    root = &tree.values[0];

    assert_text(jupref_json_tree_member(&tree, root, "id")->text, "7");
    assert_text(jupref_json_tree_member(&tree, root, "method")->text,
                "\"getSlot\"");
    assert_text(jupref_json_tree_member(&tree, root, "a/b\n")->text, "[]");
    assert_null(jupref_json_tree_member(&tree, root, "twice"));
    assert_null(jupref_json_tree_member(&tree, root, "ID"));
    assert_text(jupref_json_tree_member(&tree,
                    jupref_json_tree_member(&tree, root, ""), "id")->text,
                "8");

    /* lookups chain */

    assert_null(jupref_json_tree_member(&tree,
                    jupref_json_tree_member(&tree, root, "none"), "id"));
    assert_null(jupref_json_tree_member(&tree,
                    jupref_json_tree_member(&tree, root, "id"), "id"));
    assert_null(jupref_json_tree_item(&tree, root, 0));
    assert_null(jupref_json_tree_first(&tree, NULL));
    assert_null(jupref_json_tree_next(&tree, NULL));

    jupref_json_tree_free(&tree);
    assert_int_equal(heap.pieces, 0);
}


static void
scalars_are_read_as_what_they_are_only(void **state)
{
    heap_t                      heap;
    int64_t                     signed_number;
    uint8_t                     room[16];
    uint64_t                    number;
    unsigned                    boolean;
    jupref_bytes_t              string;
    jupref_json_tree_t          tree;
    const jupref_json_value_t  *root;

    assert_int_equal(parse(&tree,
        "[18446744073709551615, 18446744073709551616, 1.0, -1, \"1\", true,"
        "false, \"plain\", \"\\u00e9\\n\\ud83d\\ude00\\\\\", \"\\ud800x\\udc00"
        "\\ud800\\ue000\", \"\\u0000\", \"0123456789abcde\\u0066g\", \"\"]",
        &heap), JUPREF_JSON_OK);

    root = &tree.values[0];

#define item(i)  jupref_json_tree_item(&tree, root, i)

    assert_true(jupref_json_tree_u64(item(0), &number));
    assert_true(number == UINT64_MAX);
    assert_false(jupref_json_tree_u64(item(1), &number));
    assert_false(jupref_json_tree_u64(item(2), &number));
    assert_false(jupref_json_tree_u64(item(3), &number));
    assert_false(jupref_json_tree_u64(item(4), &number));
    assert_false(jupref_json_tree_u64(item(99), &number));
    assert_true(jupref_json_tree_i64(item(3), &signed_number));
    assert_true(signed_number == -1);
    assert_false(jupref_json_tree_i64(item(0), &signed_number));

    assert_true(jupref_json_tree_boolean(item(5), &boolean));
    assert_int_equal(boolean, 1);
    assert_true(jupref_json_tree_boolean(item(6), &boolean));
    assert_int_equal(boolean, 0);
    assert_false(jupref_json_tree_boolean(item(4), &boolean));

    assert_true(jupref_json_tree_string(item(7), NULL, 0, &string));
    assert_text(string, "plain");
    assert_true(jupref_json_tree_string(item(8), room, 16, &string));
    assert_text(string, "\xc3\xa9\n\xf0\x9f\x98\x80\\");
    assert_true(jupref_json_tree_string(item(9), room, 16, &string));
    assert_text(string, "\xef\xbf\xbdx\xef\xbf\xbd\xef\xbf\xbd\xee\x80\x80");
    assert_true(jupref_json_tree_string(item(10), room, 1, &string));
    assert_int_equal(string.len, 1);
    assert_int_equal(string.data[0], 0);
    assert_false(jupref_json_tree_string(item(11), room, 16, &string));
    assert_true(jupref_json_tree_string(item(12), NULL, 0, &string));
    assert_int_equal(string.len, 0);
    assert_false(jupref_json_tree_string(item(0), room, 16, &string));

#undef item

    jupref_json_tree_free(&tree);
}


static void
what_is_not_one_json_value_is_refused(void **state)
{
    size_t              i;
    heap_t              heap;
    jupref_json_tree_t  tree;

    static const char *const  texts[] = {
        "", " ", "{", "[", "[1", "{\"a\"", "{\"a\":", "{\"a\":1", "[1,]",
        "{,}", "{\"a\":1,}", "[1 2]", "{} {}", "[]x", "01", "1.", "-", "+1",
        "tru", "nul", "\"a", "\"\\x\"", "\"\\u12g4\"", "\"\n\"", "'a'",
        "{a:1}", "[/**/]", "{} 1", "{} tr", "[]\"", "1 -", "\"a\"\"",
        "\xef\xbb\xbf{}", "[1]]", "NaN", "{\"a\" 1}",

        /* taken for white space by yajl, by nobody else */
        "\f{}", "{}\v", "[\f1]", "[1\f]", "[1,\v2]", "{\"a\"\f:1}",
        "{\"a\":\f1}", "[1]\f", "\v1"
    };

    for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        assert_int_equal(parse(&tree, texts[i], &heap),
                         JUPREF_JSON_MALFORMED);
        assert_int_equal(heap.pieces, 0);
        assert_null(tree.values);
    }

    assert_int_equal(jupref_json_tree_parse(&tree, (jupref_bytes_t) {
                                                NULL, 0 }, 9, &tree.memory),
                     JUPREF_JSON_MALFORMED);
}


static void
depth_and_values_are_bounded(void **state)
{
    char                text[2 * JUPREF_JSON_MAX_DEPTH + 3];
    heap_t              heap;
    size_t              depth;
    uint32_t            values;
    jupref_memory_t     memory;
    jupref_json_tree_t  tree;

    for (depth = JUPREF_JSON_MAX_DEPTH;
         depth <= JUPREF_JSON_MAX_DEPTH + 1;
         depth++)
    {
        memset(text, '[', depth);
        memset(text + depth, ']', depth);
        text[2 * depth] = '\0';

        assert_int_equal(parse(&tree, text, &heap),
                         depth > JUPREF_JSON_MAX_DEPTH ? JUPREF_JSON_TOO_DEEP
                                                       : JUPREF_JSON_OK);
        jupref_json_tree_free(&tree);
        assert_int_equal(heap.pieces, 0);
    }

    for (values = 0; values <= 7; values++) {
        memory = heap_memory(&heap, HEAP_ENDLESS);

        assert_int_equal(jupref_json_tree_parse(&tree,
                             jupref_bytes("{\"a\":[1,2,{}],\"b\":0}"), values,
                             &memory),
                         values < 6 ? JUPREF_JSON_TOO_LARGE : JUPREF_JSON_OK);
        jupref_json_tree_free(&tree);
        assert_int_equal(heap.pieces, 0);
    }
}


static void
memory_that_runs_out_anywhere_is_told_and_given_back(void **state)
{
    int                   pieces;
    size_t                i;
    heap_t                heap;
    jupref_memory_t       memory;
    jupref_json_tree_t    tree;
    jupref_json_result_e  result;

    static char  text[40000];

    /* many values, escaped keys, a long escaped string */

    strcpy(text, "[{\"\\u0041\":1,\"\\u0042\":2},\"");

    for (i = 0; i < 3000; i++) {
        strcat(text, "\\n");
    }

    strcat(text, "\"");

    for (i = 0; i < 3000; i++) {
        strcat(text, ",1");
    }

    strcat(text, "]");

    for (pieces = 0; ; pieces++) {
        memory = heap_memory(&heap, pieces);

        result = jupref_json_tree_parse(&tree, (jupref_bytes_t) {
                                            (uint8_t *) text, strlen(text) },
                                        10000, &memory);

        if (result == JUPREF_JSON_OK) {
            break;
        }

        assert_int_equal(result, JUPREF_JSON_NO_MEMORY);
        assert_int_equal(heap.pieces, 0);
    }

    assert_in_range(pieces, 4, 20);
    assert_int_equal(tree.count, 3005);
    jupref_json_tree_free(&tree);
    assert_int_equal(heap.pieces, 0);
}


static void
a_call_as_clients_send_it_costs_one_allocation(void **state)
{
    heap_t              heap;
    jupref_json_tree_t  tree;

    assert_int_equal(parse(&tree,
        "{\"jsonrpc\":\"2.0\",\"id\":\"1f7\",\"method\":\"getAccountInfo\","
        "\"params\":[\"vines1vzrYbzLMRdu58ou5XTby4qAqVRLmqo36NKPTg\","
        "{\"encoding\":\"base58\",\"commitment\":\"confirmed\"}]}", &heap),
        JUPREF_JSON_OK);

    assert_int_equal(heap.taken, 1);
    jupref_json_tree_free(&tree);
}


/* The children's parents, in order, by walking the links. */
static void
assert_children(const jupref_json_tree_t *tree, const json_sample_t *sample,
    uint32_t index)
{
    uint32_t                    expected, met;
    const jupref_json_value_t  *child;

    met = 0;
    expected = index;
    child = jupref_json_tree_first(tree, &tree->values[index]);

    while (child != NULL) {
        do {
            expected++;
        } while (sample->values[expected].parent != index);

        assert_ptr_equal(child, &tree->values[expected]);
        met++;
        child = jupref_json_tree_next(tree, child);
    }

    assert_int_equal(met, sample->values[index].children);
    assert_int_equal(met, tree->values[index].count);
}


static void
whatever_is_written_is_found_where_it_stands(void **state)
{
    heap_t              heap;
    uint8_t            *text;
    uint32_t            i;
    unsigned            round;
    json_sample_t      *sample;
    jupref_memory_t     memory;
    jupref_json_tree_t  tree;

    sample = malloc(sizeof(json_sample_t));
    assert_non_null(sample);
    sample->chance = 20261122;

    for (round = 0; round < 3000; round++) {
        json_sample_make(sample);

        /* of exactly its size, so that a byte too far is seen */

        text = malloc(sample->len);
        assert_non_null(text);
        memcpy(text, sample->text, sample->len);

        memory = heap_memory(&heap, HEAP_ENDLESS);
        assert_int_equal(jupref_json_tree_parse(&tree, (jupref_bytes_t) {
                                                    text, sample->len },
                                                JSON_SAMPLE_VALUES, &memory),
                         JUPREF_JSON_OK);
        assert_int_equal(tree.count, sample->count);

        for (i = 0; i < tree.count; i++) {
            assert_int_equal(tree.values[i].kind, sample->values[i].kind);
            assert_ptr_equal(tree.values[i].text.data,
                             text + sample->values[i].at);
            assert_int_equal(tree.values[i].text.len, sample->values[i].len);
            assert_children(&tree, sample, i);
        }

        jupref_json_tree_free(&tree);
        assert_int_equal(heap.pieces, 0);
        free(text);
    }

    free(sample);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(every_kind_of_value_has_its_own_text),
        cmocka_unit_test(a_single_scalar_is_a_text_too),
        cmocka_unit_test(members_are_found_by_their_unescaped_name),
        cmocka_unit_test(scalars_are_read_as_what_they_are_only),
        cmocka_unit_test(what_is_not_one_json_value_is_refused),
        cmocka_unit_test(depth_and_values_are_bounded),
        cmocka_unit_test(memory_that_runs_out_anywhere_is_told_and_given_back),
        cmocka_unit_test(a_call_as_clients_send_it_costs_one_allocation),
        cmocka_unit_test(whatever_is_written_is_found_where_it_stands)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
