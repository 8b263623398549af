/*
 * The JSON reader as a stream: where the text is cut makes no difference,
 * and depth, size and memory end where they are said to.
 */

#include "json_feed.h"
#include "json_log.h"

#include <stdarg.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>


/* Memory that runs out after `left` pieces, and counts what it is owed. */
typedef struct {
    unsigned  left;
    unsigned  given;
    size_t    bytes;
} purse_t;


static const char *const  fields[] = {
    "requestId", "feeBps", "platformFee", "platformFee.feeBps",
    "platformFee.feeMint", "a.b.c", "transaction"
};


/* Each holds something that a cut could break. */
static const char *const  texts[] = {
    "{\"requestId\":\"01a0b360\",\"feeBps\":100,\"platformFee\":{\"feeBps\":"
    "100,\"feeMint\":\"So11\"},\"routePlan\":[{\"feeBps\":1}],"
    "\"transaction\":\"AQAB+/==\"}",
    "{ \"requestId\" : \"\\u0041\\ud83d\\ude00\\n\\\\\\\"\" , \"feeBps\" : "
    "-12.50e+10 , \"transaction\" : null }\r\n\t ",
    "{\"fee\\u0042ps\":true,\"a\":{\"b\":{\"c\":false}}}",
    "{\"requestId\":\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\"}",
    "{\"requestId\":\"\xff\xfe\"}",
    "{\"requestId\":\"\\ud800 alone, \\udc00 too\"}",
    "{\"feeBps\":1,\"feeBps\":2}",
    "{\"feeBps\":12345678901234567890123456789012345678901234567890}",
    "{\"feeBps\":01}",
    "{\"feeBps\":1}}",
    "{\"feeBps\":tru}",
    "{\"a\":{\"b\":{\"d\":[[[[]]]]}}}",
    "1234567890",
    "-",
    "nullx",
    "[1]",
    "\"text\"",
    "{\"requestId\":\"never ends",
    "{\"requestId\":\"\\u00",
    "{\"k\":1,",
    "",
    "   "
};


static void *
purse_take(void *context, size_t size)
{
    purse_t  *purse;

    purse = context;

    if (purse->left == 0) {
        return NULL;
    }

    purse->left--;
    purse->given++;
    purse->bytes += size;

    return malloc(size);
}


static void
purse_release(void *context, void *memory)
{
    purse_t  *purse;

    purse = context;
    purse->given--;

    free(memory);
}


static void
a_text_cut_anywhere_reads_like_the_whole(void **state)
{
    size_t                i, cut;
    unsigned              strict;
    json_log_t            whole, log;
    jupref_bytes_t        text;
    jupref_json_schema_t  schema;
    jupref_json_result_e  result;

    schema.fields = fields;
    schema.count = 7;
    schema.max_size = 4096;
    schema.on_field = json_log_field;
    whole.refused = NULL;
    log.refused = NULL;

    for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        for (strict = 0; strict < 2; strict++) {
            schema.strict = strict;
            text.data = (const uint8_t *) texts[i];
            text.len = strlen(texts[i]);

            result = json_log_read(&whole, &schema, text, 0);

            for (cut = 1; cut <= text.len; cut++) {
                assert_int_equal(json_log_read(&log, &schema, text, cut),
                                 result);
                assert_string_equal(log.text, whole.text);
                assert_string_equal(log.culprit, whole.culprit);
            }

            for (cut = 1; cut < 8; cut++) {
                log.len = 0;
                log.text[0] = '\0';
                assert_int_equal(json_feed(&schema, &log, text, cut), result);
                assert_string_equal(log.text, whole.text);
            }
        }
    }
}


static void
nesting_ends_at_the_limit_wherever_it_is(void **state)
{
    size_t                i, depth;
    char                  text[1024];
    json_log_t            log;
    jupref_json_schema_t  schema;
    jupref_json_result_e  expected;

    schema.fields = fields;
    schema.count = 7;
    schema.strict = 0;
    schema.max_size = 4096;
    schema.on_field = json_log_field;
    log.refused = NULL;

    for (depth = 30; depth < 36; depth++) {
        expected = depth <= JUPREF_JSON_MAX_DEPTH ? JUPREF_JSON_OK
                                                  : JUPREF_JSON_TOO_DEEP;

        strcpy(text, "{\"x\":");
        memset(text + 5, '[', depth - 1);
        memset(text + 5 + depth - 1, ']', depth - 1);
        strcpy(text + 5 + 2 * (depth - 1), "}");

        assert_int_equal(json_log_read(&log, &schema, (jupref_bytes_t) {
                             (uint8_t *) text, strlen(text) }, 0), expected);

        text[0] = '\0';

        for (i = 0; i < depth; i++) {
            strcat(text, i + 1 < depth ? "{\"a\":" : "{");
        }

        for (i = 0; i < depth; i++) {
            strcat(text, "}");
        }

        assert_int_equal(json_log_read(&log, &schema, (jupref_bytes_t) {
                             (uint8_t *) text, strlen(text) }, 0), expected);
    }
}


static void
a_path_of_the_largest_depth_is_followed(void **state)
{
    char                  path[JUPREF_JSON_MAX_PATH], text[512];
    size_t                i;
    json_log_t            log;
    const char           *deep[1];
    jupref_json_schema_t  schema;

    for (i = 0; i < 31; i++) {
        path[2 * i] = 'p';
        path[2 * i + 1] = '.';
    }

    path[62] = 'p';
    path[63] = '\0';

    text[0] = '\0';

    for (i = 0; i < 32; i++) {
        strcat(text, "{\"p\":");
    }

    strcat(text, "7}");
    memset(text + strlen(text) + 1, '\0', 1);

    for (i = 0; i < 31; i++) {
        strcat(text, "}");
    }

    deep[0] = path;
    schema.fields = deep;
    schema.count = 1;
    schema.strict = 1;
    schema.max_size = 512;
    schema.on_field = json_log_field;
    log.refused = NULL;

    assert_int_equal(json_log_read(&log, &schema, (jupref_bytes_t) {
                         (uint8_t *) text, strlen(text) }, 0),
                     JUPREF_JSON_OK);
    assert_non_null(strstr(log.text, "p.p.p number 7\n"));
}


static void
size_ends_at_the_limit_and_what_was_wrong_before_stays_so(void **state)
{
    size_t                cut;
    json_log_t            log;
    jupref_json_schema_t  schema;

    schema.fields = fields;
    schema.count = 7;
    schema.strict = 0;
    schema.max_size = 16;
    schema.on_field = json_log_field;
    log.refused = NULL;

    for (cut = 0; cut <= 15; cut++) {
        assert_int_equal(json_log_read(&log, &schema,
                             jupref_bytes("{\"feeBps\":1   }"), cut),
                         JUPREF_JSON_OK);
        assert_int_equal(json_log_read(&log, &schema,
                             jupref_bytes("{\"feeBps\":1    }"), cut),
                         JUPREF_JSON_OK);
        assert_int_equal(json_log_read(&log, &schema,
                             jupref_bytes("{\"feeBps\":1     }"), cut),
                         JUPREF_JSON_TOO_LARGE);
        assert_int_equal(json_log_read(&log, &schema,
                             jupref_bytes("{\"feeBps\":1} and more"), cut),
                         JUPREF_JSON_MALFORMED);
        assert_int_equal(json_log_read(&log, &schema,
                             jupref_bytes("{\"feeBps\":1}         "), cut),
                         JUPREF_JSON_TOO_LARGE);

        /* what lies behind the limit isn't even looked at */

        assert_int_equal(json_log_read(&log, &schema,
                             jupref_bytes("{\"feeBps\":1     x"), cut),
                         JUPREF_JSON_TOO_LARGE);
    }
}


static jupref_json_result_e
read_with(purse_t *purse, const jupref_json_schema_t *schema,
    json_log_t *log, jupref_bytes_t text, size_t piece, unsigned *created)
{
    size_t                 at, len;
    jupref_memory_t        memory;
    jupref_json_result_e   result;
    jupref_json_reader_t  *reader;

    memory.take = purse_take;
    memory.release = purse_release;
    memory.context = purse;

    reader = jupref_json_reader_create(schema, &memory, log);
    *created = reader != NULL;

    if (reader == NULL) {
        return JUPREF_JSON_NO_MEMORY;
    }

    for (at = 0; at < text.len; at += len) {
        len = text.len - at < piece ? text.len - at : piece;
        (void) jupref_json_reader_feed(reader, (jupref_bytes_t) {
                                           text.data + at, len });
    }

    result = jupref_json_reader_finish(reader);

    /* asked again, it says the same, and feeding on changes nothing */
    (void) jupref_json_reader_feed(reader, text);
    assert_int_equal(jupref_json_reader_finish(reader), result);

    jupref_json_reader_free(reader);

    return result;
}


static void
running_out_of_memory_at_any_time_is_survived(void **state)
{
    char                  *text;
    size_t                 len;
    purse_t                purse;
    unsigned               allowed, created, refusals;
    json_log_t             log;
    jupref_json_schema_t   schema;
    jupref_json_result_e   result;

    schema.fields = fields;
    schema.count = 7;
    schema.strict = 1;
    schema.max_size = 65536;
    schema.on_field = json_log_field;

    /* escapes and cuts make yajl buffer, and 40 KB make it buffer again */

    text = malloc(65536);
    assert_non_null(text);
    strcpy(text, "{\"feeBps\":1,\"a\":{\"b\":{\"c\":\"\\n");
    memset(text + strlen(text), 'x', 40000);
    len = strlen("{\"feeBps\":1,\"a\":{\"b\":{\"c\":\"\\n") + 40000;
    strcpy(text + len, "\"}}}");
    len += 4;

    refusals = 0;
    log.refused = "a.b.c";              /* its text is longer than the log */

    for (allowed = 0; ; allowed++) {
        memset(&purse, 0, sizeof(purse));
        purse.left = allowed;
        log.fields = fields;
        log.len = 0;
        schema.on_field = json_log_field;
        schema.count = 2;               /* feeBps known, a is not: skipped */
        schema.strict = 0;

        result = read_with(&purse, &schema, &log, (jupref_bytes_t) {
                               (uint8_t *) text, len }, 1500, &created);

        assert_int_equal(purse.given, 0);
        assert_int_equal(created, allowed > 0);

        if (result == JUPREF_JSON_OK) {
            break;
        }

        assert_int_equal(result, JUPREF_JSON_NO_MEMORY);
        refusals++;
    }

    assert_true(refusals >= 5);

    /* what it takes is bounded by the size of the text */
    assert_true(purse.bytes < 4 * 65536 + 8192);

    free(text);
}


static void
a_text_that_comes_whole_takes_memory_twice_at_most(void **state)
{
    purse_t               purse;
    unsigned              created;
    json_log_t            log;
    jupref_json_schema_t  schema;

    schema.fields = fields;
    schema.count = 7;
    schema.strict = 0;
    schema.max_size = 4096;
    schema.on_field = json_log_field;

    memset(&purse, 0, sizeof(purse));
    purse.left = 100;
    log.fields = fields;
    log.refused = NULL;
    log.len = 0;

    assert_int_equal(read_with(&purse, &schema, &log, (jupref_bytes_t) {
                                   (const uint8_t *) texts[0],
                                   strlen(texts[0]) }, 4096, &created),
                     JUPREF_JSON_OK);
    assert_true(purse.left >= 98);
    assert_true(purse.bytes < 6144);
}


static void
seven_fields(jupref_json_schema_t *schema, jupref_memory_t *memory,
    purse_t *purse, unsigned left)
{
    schema->fields = fields;
    schema->count = 7;
    schema->strict = 0;
    schema->max_size = 4096;
    schema->on_field = json_log_field;

    memset(purse, 0, sizeof(purse_t));
    purse->left = left;
    memory->take = purse_take;
    memory->release = purse_release;
    memory->context = purse;
}


static void
memory_that_cant_be_given_back_is_left_to_its_owner(void **state)
{
    purse_t                purse;
    jupref_memory_t        memory;
    json_log_t             log;
    jupref_json_schema_t   schema;
    jupref_json_reader_t  *reader;

    seven_fields(&schema, &memory, &purse, 1);
    memory.release = NULL;

    reader = jupref_json_reader_create(&schema, &memory, &log);
    assert_non_null(reader);

    jupref_json_reader_free(reader);
    assert_int_equal(purse.given, 1);

    free(reader);
}


/* With its outermost brace, and no byte before it. */

static void
a_text_is_whole_with_its_last_brace(void **state)
{
    size_t                 at;
    purse_t                purse;
    json_log_t             log;
    jupref_bytes_t         text;
    jupref_memory_t        memory;
    jupref_json_schema_t   schema;
    jupref_json_reader_t  *reader;

    text = jupref_bytes("{\"feeBps\":1,\"a\":{\"b\":[{}]}}");

    seven_fields(&schema, &memory, &purse, 1000);

    log.fields = fields;
    log.refused = NULL;
    log.len = 0;

    reader = jupref_json_reader_create(&schema, &memory, &log);
    assert_non_null(reader);

    for (at = 0; at < text.len; at++) {
        assert_false(jupref_json_reader_is_whole(reader));
        (void) jupref_json_reader_feed(reader, (jupref_bytes_t) {
                                           text.data + at, 1 });
    }

    assert_true(jupref_json_reader_is_whole(reader));

    (void) jupref_json_reader_feed(reader, jupref_bytes(" x"));
    assert_false(jupref_json_reader_is_whole(reader));

    jupref_json_reader_free(reader);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(a_text_cut_anywhere_reads_like_the_whole),
        cmocka_unit_test(nesting_ends_at_the_limit_wherever_it_is),
        cmocka_unit_test(a_path_of_the_largest_depth_is_followed),
        cmocka_unit_test(
            size_ends_at_the_limit_and_what_was_wrong_before_stays_so),
        cmocka_unit_test(running_out_of_memory_at_any_time_is_survived),
        cmocka_unit_test(a_text_that_comes_whole_takes_memory_twice_at_most),
        cmocka_unit_test(memory_that_cant_be_given_back_is_left_to_its_owner),
        cmocka_unit_test(a_text_is_whole_with_its_last_brace)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
