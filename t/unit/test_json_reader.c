/*
 * The JSON reader: which fields are told, with what text, and which texts
 * are refused, why and by which name.
 */

#include "json_log.h"

#include <stdarg.h>
#include <setjmp.h>
#include <string.h>
#include <cmocka.h>


typedef struct {
    const char            *text;
    jupref_json_result_e   result;
    const char            *told;
    const char            *culprit;
} reader_case_t;


static const char *const  order_fields[] = {
    "requestId", "feeBps", "platformFee", "platformFee.feeBps",
    "platformFee.feeMint", "a.b.c", "transaction"
};


static const jupref_json_schema_t  order = {
    order_fields, 7, 0, 4096, json_log_field
};

static const jupref_json_schema_t  strict_order = {
    order_fields, 7, 1, 4096, json_log_field
};


static void
check(const jupref_json_schema_t *schema, const reader_case_t *cases,
    size_t count)
{
    size_t                i;
    json_log_t            log;
    jupref_bytes_t        text;
    jupref_json_result_e  result;

    log.refused = NULL;

    for (i = 0; i < count; i++) {
        text.data = (const uint8_t *) cases[i].text;
        text.len = strlen(cases[i].text);

        result = json_log_read(&log, schema, text, 0);

        if (result != cases[i].result) {
            fail_msg("%s is \"%s\", not \"%s\"", cases[i].text,
                     jupref_json_result_text(result),
                     jupref_json_result_text(cases[i].result));
        }

        assert_string_equal(log.text, cases[i].told);
        assert_string_equal(log.culprit,
                            cases[i].culprit ? cases[i].culprit : "");
    }
}


#define CHECK(schema, cases)                                                  \
    check(schema, cases, sizeof(cases) / sizeof(cases[0]))


static void
wanted_fields_are_told_and_others_are_not(void **state)
{
    static const reader_case_t  cases[] = {
        { "{}", JUPREF_JSON_OK, "", NULL },
        { " \t\r\n{ \"feeBps\" : 100 } \n", JUPREF_JSON_OK,
          "feeBps number 100\n", NULL },
        { "{\"x\":{\"feeBps\":1},\"feeBps\":2,\"feebps\":3,\"feeBpsx\":4,"
          "\"feeBp\":5,\"\":6}", JUPREF_JSON_OK, "feeBps number 2\n", NULL },
        { "{\"platformFee\":{\"amount\":\"7\",\"feeMint\":\"So1\","
          "\"feeBps\":9},\"feeMint\":\"no\",\"requestId\":\"r\"}",
          JUPREF_JSON_OK,
          "platformFee object\nplatformFee.feeMint string So1\n"
          "platformFee.feeBps number 9\nrequestId string r\n", NULL },
        { "{\"platformFee\":null,\"a\":null}", JUPREF_JSON_OK,
          "platformFee null\n", NULL },
        { "{\"a\":{\"b\":{\"c\":1,\"d\":2},\"c\":3},\"c\":4}", JUPREF_JSON_OK,
          "a.b.c number 1\n", NULL },
        { "{\"a\":{\"b\":7}}", JUPREF_JSON_OK, "", NULL },
        { "{\"a\":{\"b\":{\"c\":{\"feeBps\":1}}}}", JUPREF_JSON_OK,
          "a.b.c object\n", NULL }
    };

    CHECK(&order, cases);
}


static void
values_keep_their_own_text(void **state)
{
    static const reader_case_t  cases[] = {
        { "{\"feeBps\":123456789012345678901234567890}", JUPREF_JSON_OK,
          "feeBps number 123456789012345678901234567890\n", NULL },
        { "{\"feeBps\":-0.10e+05}", JUPREF_JSON_OK,
          "feeBps number -0.10e+05\n", NULL },
        { "{\"feeBps\":1E400}", JUPREF_JSON_OK, "feeBps number 1E400\n",
          NULL },
        { "{\"feeBps\":\"100\"}", JUPREF_JSON_OK, "feeBps string 100\n",
          NULL },
        { "{\"feeBps\":true,\"requestId\":false,\"transaction\":null}",
          JUPREF_JSON_OK, "feeBps boolean true\nrequestId boolean false\n"
          "transaction null\n", NULL },
        { "{\"feeBps\":{},\"requestId\":[],\"transaction\":\"\"}",
          JUPREF_JSON_OK, "feeBps object\nrequestId array\n"
          "transaction string\n", NULL }
    };

    CHECK(&order, cases);
}


static void
strings_and_keys_are_unescaped(void **state)
{
    static const reader_case_t  cases[] = {
        { "{\"requestId\":\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"}", JUPREF_JSON_OK,
          "requestId string \"\\/\b\f\n\r\t\n", NULL },
        { "{\"requestId\":\"\\u0041\\u00e9\\u20AC\\ud83d\\ude00\"}",
          JUPREF_JSON_OK, "requestId string A\xc3\xa9\xe2\x82\xac"
          "\xf0\x9f\x98\x80\n", NULL },
        { "{\"fee\\u0042ps\":1}", JUPREF_JSON_OK, "feeBps number 1\n", NULL },
        { "{\"fee\\u0042ps\":1,\"feeBps\":2}", JUPREF_JSON_DUPLICATE,
          "feeBps number 1\n", "feeBps" },
        { "{\"platform\\u0046ee\":{\"feeBps\":1}}", JUPREF_JSON_OK,
          "platformFee object\nplatformFee.feeBps number 1\n", NULL },
        { "{\"requestId\":\"\\x41\"}", JUPREF_JSON_MALFORMED, "", NULL },
        { "{\"requestId\":\"\\u12g4\"}", JUPREF_JSON_MALFORMED, "", NULL },
        { "{\"requestId\":\"a\nb\"}", JUPREF_JSON_MALFORMED, "", NULL }
    };

    CHECK(&order, cases);
}


static void
a_zero_byte_in_a_string_or_key_ends_nothing(void **state)
{
    json_log_t      log;
    jupref_bytes_t  text;

    log.refused = NULL;
    text = jupref_bytes("{\"feeBps\\u0000\":1,\"feeBps\":2,"
                        "\"platformFee\\u0000feeBps\":3}");

    assert_int_equal(json_log_read(&log, &order, text, 0), JUPREF_JSON_OK);
    assert_string_equal(log.text, "feeBps number 2\n");
    assert_int_equal(json_log_read(&log, &strict_order, text, 0),
                     JUPREF_JSON_UNKNOWN_FIELD);
}


static void
a_dot_in_a_key_is_no_path(void **state)
{
    static const reader_case_t  cases[] = {
        { "{\"platformFee.feeBps\":1}", JUPREF_JSON_OK, "", NULL },
        { "{\"platformFee.\":{\"feeBps\":1}}", JUPREF_JSON_OK, "", NULL },
        { "{\"a.b\":{\"c\":1}}", JUPREF_JSON_OK, "", NULL },
        { "{\"a\":{\"b.c\":1,\"b\":{\"c\":2}}}", JUPREF_JSON_OK,
          "a.b.c number 2\n", NULL },
        { "{\"platformFee\":{\"feeBps\":1},\"platformFee.feeBps\":2}",
          JUPREF_JSON_OK,
          "platformFee object\nplatformFee.feeBps number 1\n", NULL }
    };

    CHECK(&order, cases);
}


static void
members_inside_arrays_are_never_fields(void **state)
{
    static const reader_case_t  cases[] = {
        { "{\"x\":[{\"feeBps\":1},[{\"feeBps\":2}],3],\"feeBps\":4}",
          JUPREF_JSON_OK, "feeBps number 4\n", NULL },
        { "{\"platformFee\":[{\"feeBps\":1}],\"feeBps\":2}", JUPREF_JSON_OK,
          "platformFee array\nfeeBps number 2\n", NULL },
        { "{\"a\":[{\"b\":{\"c\":1}}],\"feeBps\":[1,2]}", JUPREF_JSON_OK,
          "feeBps array\n", NULL },
        { "{\"feeBps\":[[],{},[{}]],\"requestId\":\"r\"}", JUPREF_JSON_OK,
          "feeBps array\nrequestId string r\n", NULL }
    };

    CHECK(&order, cases);
    check(&strict_order, &cases[1], 1);
    check(&strict_order, &cases[3], 1);
}


static void
a_field_that_comes_twice_makes_the_text_unusable(void **state)
{
    static const reader_case_t  cases[] = {
        { "{\"feeBps\":1,\"x\":0,\"feeBps\":1}", JUPREF_JSON_DUPLICATE,
          "feeBps number 1\n", "feeBps" },
        { "{\"platformFee\":{\"feeBps\":1,\"feeBps\":2}}",
          JUPREF_JSON_DUPLICATE,
          "platformFee object\nplatformFee.feeBps number 1\n",
          "platformFee.feeBps" },
        { "{\"a\":{\"b\":{}},\"a\":{\"b\":{\"c\":1}}}", JUPREF_JSON_DUPLICATE,
          "", "a" },
        { "{\"a\":{\"b\":1,\"b\":{\"c\":1}}}", JUPREF_JSON_DUPLICATE, "",
          "a.b" },
        { "{\"a\":null,\"a\":{\"b\":{\"c\":1}}}", JUPREF_JSON_DUPLICATE, "",
          "a" },
        { "{\"x\":1,\"x\":2,\"y\":{\"z\":1,\"z\":2}}", JUPREF_JSON_OK, "",
          NULL },
        { "{\"x\":[{\"feeBps\":1,\"feeBps\":2}]}", JUPREF_JSON_OK, "", NULL }
    };

    CHECK(&order, cases);
}


static void
strict_mode_refuses_an_unknown_member_by_its_path(void **state)
{
    static const reader_case_t  cases[] = {
        { "{\"feeBps\":1,\"a\":{\"b\":{\"c\":2}}}", JUPREF_JSON_OK,
          "feeBps number 1\na.b.c number 2\n", NULL },
        { "{\"feeBps\":1,\"fee\":2}", JUPREF_JSON_UNKNOWN_FIELD,
          "feeBps number 1\n", "fee" },
        { "{\"\":1}", JUPREF_JSON_UNKNOWN_FIELD, "", "" },
        { "{\"platformFee\":{\"amount\":1}}", JUPREF_JSON_UNKNOWN_FIELD,
          "platformFee object\n", "platformFee.amount" },
        { "{\"a\":{\"b\":{\"d\":1}}}", JUPREF_JSON_UNKNOWN_FIELD, "",
          "a.b.d" },
        { "{\"a\":{\"b\":{}},\"c\":1}", JUPREF_JSON_UNKNOWN_FIELD, "", "c" },
        { "{\"transaction\":{\"x\":1}}", JUPREF_JSON_UNKNOWN_FIELD,
          "transaction object\n", "transaction.x" },
        { "{\"transaction\":{}}", JUPREF_JSON_OK, "transaction object\n",
          NULL },
        { "{\"platformFee.feeBps\":1}", JUPREF_JSON_UNKNOWN_FIELD, "",
          "platformFee.feeBps" },
        { "{\"feeBps\":1,\"feeBps\":1}", JUPREF_JSON_DUPLICATE,
          "feeBps number 1\n", "feeBps" },
        { "{\"0123456789012345678901234567890123456789"
          "01234567890123456789012345\":1}", JUPREF_JSON_UNKNOWN_FIELD, "",
          "0123456789012345678901234567890123456789"
          "012345678901234567890123" },
        { "{\"platformFee\":{\"0123456789012345678901234567890123456789"
          "0123456789012345678901234567890123456789\":1}}",
          JUPREF_JSON_UNKNOWN_FIELD, "platformFee object\n",
          "platformFee.0123456789012345678901234567890123456789"
          "012345678901" }
    };

    CHECK(&strict_order, cases);
}


static void
what_isnt_json_or_no_object_is_told_apart(void **state)
{
    static const reader_case_t  cases[] = {
        { "", JUPREF_JSON_MALFORMED, "", NULL },
        { "   ", JUPREF_JSON_MALFORMED, "", NULL },
        { "{", JUPREF_JSON_MALFORMED, "", NULL },
        { "{\"feeBps\":1", JUPREF_JSON_MALFORMED, "feeBps number 1\n", NULL },
        { "{\"feeBps\":1,}", JUPREF_JSON_MALFORMED, "feeBps number 1\n",
          NULL },
        { "{\"feeBps\" 1}", JUPREF_JSON_MALFORMED, "", NULL },
        { "{feeBps:1}", JUPREF_JSON_MALFORMED, "", NULL },
        { "{\"feeBps\":01}", JUPREF_JSON_MALFORMED, "feeBps number 0\n",
          NULL },
        { "{\"feeBps\":+1}", JUPREF_JSON_MALFORMED, "", NULL },
        { "{\"feeBps\":1.}", JUPREF_JSON_MALFORMED, "", NULL },
        { "{\"feeBps\":.5}", JUPREF_JSON_MALFORMED, "", NULL },
        { "{\"feeBps\":1e}", JUPREF_JSON_MALFORMED, "", NULL },
        { "{\"feeBps\":-}", JUPREF_JSON_MALFORMED, "", NULL },
        { "{\"feeBps\":NaN}", JUPREF_JSON_MALFORMED, "", NULL },
        { "{\"feeBps\":nul}", JUPREF_JSON_MALFORMED, "", NULL },
        { "{\"feeBps\":1}x", JUPREF_JSON_MALFORMED, "feeBps number 1\n",
          NULL },
        { "{}{}", JUPREF_JSON_MALFORMED, "", NULL },
        { "{} // bye", JUPREF_JSON_MALFORMED, "", NULL },
        { "{/* hi */}", JUPREF_JSON_MALFORMED, "", NULL },
        { "{'feeBps':1}", JUPREF_JSON_MALFORMED, "", NULL },
        { "\xef\xbb\xbf{}", JUPREF_JSON_MALFORMED, "", NULL },
        { "<html>", JUPREF_JSON_MALFORMED, "", NULL },
        { "[]", JUPREF_JSON_NOT_OBJECT, "", NULL },
        { "[{\"feeBps\":1}]", JUPREF_JSON_NOT_OBJECT, "", NULL },
        { "1", JUPREF_JSON_NOT_OBJECT, "", NULL },
        { "-12.5e3", JUPREF_JSON_NOT_OBJECT, "", NULL },
        { "\"feeBps\"", JUPREF_JSON_NOT_OBJECT, "", NULL },
        { "null", JUPREF_JSON_NOT_OBJECT, "", NULL },
        { " true ", JUPREF_JSON_NOT_OBJECT, "", NULL }
    };

    CHECK(&order, cases);
    CHECK(&strict_order, cases);
}


static void
utf8_is_checked_in_strict_mode_only(void **state)
{
    size_t          i;
    json_log_t      log;
    jupref_bytes_t  text;

    static const char *const  broken[] = {
        "{\"requestId\":\"\xff\"}", "{\"requestId\":\"\xc0\x80\"}",
        "{\"requestId\":\"\xe2\x82\"}", "{\"requestId\":\"\x80\"}",
        "{\"requestId\":\"a\xc3(\"}", "{\"requestId\":\"\xed\xa0\x80\"}",
        "{\"requestId\":\"\xf4\x90\x80\x80\"}"
    };

    log.refused = NULL;

    for (i = 0; i < sizeof(broken) / sizeof(broken[0]); i++) {
        text.data = (const uint8_t *) broken[i];
        text.len = strlen(broken[i]);

        assert_int_equal(json_log_read(&log, &strict_order, text, 0),
                         JUPREF_JSON_MALFORMED);
        assert_int_equal(json_log_read(&log, &order, text, 0),
                         JUPREF_JSON_OK);
        assert_memory_equal(log.text, "requestId string ", 17);
        assert_memory_equal(log.text + 17, broken[i] + 14, text.len - 16);
    }

    /* a surrogate by escape is no character either */

    text = jupref_bytes("{\"requestId\":\"\\udc00\"}");
    assert_int_equal(json_log_read(&log, &strict_order, text, 0),
                     JUPREF_JSON_MALFORMED);

    text = jupref_bytes("{\"requestId\":\"\xc3\xa9\xe2\x82\xac"
                        "\xf0\x9f\x98\x80\"}");
    assert_int_equal(json_log_read(&log, &strict_order, text, 0),
                     JUPREF_JSON_OK);
}


static void
a_callback_that_refuses_stops_the_reader(void **state)
{
    json_log_t  log;

    log.refused = "feeBps";

    assert_int_equal(json_log_read(&log, &order, jupref_bytes(
                         "{\"requestId\":\"r\",\"feeBps\":1,"
                         "\"transaction\":\"t\"}"), 0),
                     JUPREF_JSON_REFUSED);
    assert_string_equal(log.text, "requestId string r\nfeeBps number 1\n");

    log.refused = "platformFee";

    assert_int_equal(json_log_read(&log, &order, jupref_bytes(
                         "{\"platformFee\":{\"feeBps\":1}}"), 0),
                     JUPREF_JSON_REFUSED);
    assert_string_equal(log.text, "platformFee object\n");

    assert_int_equal(json_log_read(&log, &order, jupref_bytes(
                         "{\"platformFee\":[]}"), 0),
                     JUPREF_JSON_REFUSED);
}


static void
the_largest_table_of_fields_works_to_its_last_row(void **state)
{
    char                  names[JUPREF_JSON_MAX_FIELDS][8];
    unsigned              i;
    json_log_t            log;
    const char           *fields[JUPREF_JSON_MAX_FIELDS];
    jupref_json_schema_t  schema;

    for (i = 0; i < JUPREF_JSON_MAX_FIELDS; i++) {
        memcpy(names[i], "f00.x", 6);
        names[i][1] = (char) ('0' + i / 10);
        names[i][2] = (char) ('0' + i % 10);
        fields[i] = names[i];
    }

    schema.fields = fields;
    schema.count = JUPREF_JSON_MAX_FIELDS;
    schema.strict = 1;
    schema.max_size = 4096;
    schema.on_field = json_log_field;
    log.refused = NULL;

    assert_int_equal(json_log_read(&log, &schema, jupref_bytes(
                         "{\"f63\":{\"x\":1},\"f00\":{\"x\":2}}"), 0),
                     JUPREF_JSON_OK);
    assert_string_equal(log.text, "f63.x number 1\nf00.x number 2\n");

    schema.count = 0;

    assert_int_equal(json_log_read(&log, &schema, jupref_bytes("{}"), 0),
                     JUPREF_JSON_OK);
    assert_int_equal(json_log_read(&log, &schema, jupref_bytes("{\"f\":1}"),
                                   0),
                     JUPREF_JSON_UNKNOWN_FIELD);
}


static void
every_verdict_has_its_line_of_text(void **state)
{
    unsigned  i, j;

    for (i = JUPREF_JSON_OK; i <= JUPREF_JSON_NO_MEMORY; i++) {
        assert_non_null(jupref_json_result_text(i));

        for (j = JUPREF_JSON_OK; j < i; j++) {
            assert_string_not_equal(jupref_json_result_text(i),
                                    jupref_json_result_text(j));
        }
    }
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(wanted_fields_are_told_and_others_are_not),
        cmocka_unit_test(values_keep_their_own_text),
        cmocka_unit_test(strings_and_keys_are_unescaped),
        cmocka_unit_test(a_zero_byte_in_a_string_or_key_ends_nothing),
        cmocka_unit_test(a_dot_in_a_key_is_no_path),
        cmocka_unit_test(members_inside_arrays_are_never_fields),
        cmocka_unit_test(a_field_that_comes_twice_makes_the_text_unusable),
        cmocka_unit_test(strict_mode_refuses_an_unknown_member_by_its_path),
        cmocka_unit_test(what_isnt_json_or_no_object_is_told_apart),
        cmocka_unit_test(utf8_is_checked_in_strict_mode_only),
        cmocka_unit_test(a_callback_that_refuses_stops_the_reader),
        cmocka_unit_test(the_largest_table_of_fields_works_to_its_last_row),
        cmocka_unit_test(every_verdict_has_its_line_of_text)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
