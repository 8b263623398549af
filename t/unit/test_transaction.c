/*
 * Transactions: what real clients make is taken apart rightly, what is cut,
 * stretched or bent is refused by the right name, and nothing is read that
 * isn't there.
 */

#include "transaction_vectors.h"

#include <stdarg.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>


/* Bytes of exactly their size, so that the sanitizer sees one too many. */
typedef struct {
    uint8_t  *bytes;
    size_t    len;
} copy_t;


static copy_t
copy_of(const char *hex)
{
    copy_t  copy;

    copy.len = strlen(hex) / 2;
    copy.bytes = malloc(copy.len > 0 ? copy.len : 1);
    assert_non_null(copy.bytes);
    assert_true(jupref_hex_decode(copy.bytes, copy.len, (jupref_bytes_t) {
                                      (const uint8_t *) hex, strlen(hex) }));

    return copy;
}


static jupref_transaction_result_e
parse_copy(const uint8_t *bytes, size_t len)
{
    uint8_t                      *exact;
    jupref_transaction_t          transaction;
    jupref_transaction_result_e   result;

    exact = malloc(len > 0 ? len : 1);
    assert_non_null(exact);
    memcpy(exact, bytes, len);
    result = jupref_transaction_parse(&transaction,
                                      (jupref_bytes_t) { exact, len });

    /* what was found lies within what was given */

    if (result == JUPREF_TRANSACTION_OK) {
        assert_true(transaction.message.data >= exact);
        assert_true(transaction.message.data + transaction.message.len
                    <= exact + len);
        assert_true((const uint8_t *) transaction.signatures >= exact);
        assert_true((const uint8_t *) (transaction.signatures
                                       + transaction.signer_count)
                    <= exact + len);
        assert_true((const uint8_t *) (transaction.keys
                                       + transaction.key_count)
                    <= exact + len);
        assert_true(transaction.signer_count >= 1);
        assert_true(transaction.signer_count <= transaction.key_count);
    }

    free(exact);

    return result;
}


static jupref_pubkey_t
key_of(const char *text)
{
    jupref_pubkey_t  key;

    assert_true(jupref_pubkey_parse(&key, (jupref_bytes_t) {
                                    (const uint8_t *) text, strlen(text) }));

    return key;
}


static void
what_clients_make_is_taken_apart_rightly(void **state)
{
    size_t                       i;
    copy_t                       copy;
    uint8_t                      digest[JUPREF_SHA256_SIZE];
    uint8_t                      expected[JUPREF_SHA256_SIZE];
    jupref_pubkey_t              key;
    jupref_transaction_t         transaction;
    const transaction_vector_t  *vector;

    for (i = 0; i < TRANSACTION_VECTORS; i++) {
        vector = &transaction_vectors[i];
        copy = copy_of(vector->hex);

        assert_int_equal(jupref_transaction_parse(&transaction,
                             (jupref_bytes_t) { copy.bytes, copy.len }),
                         JUPREF_TRANSACTION_OK);

        assert_int_equal(transaction.version, vector->version);
        assert_int_equal(transaction.signer_count, vector->signer_count);
        assert_int_equal(transaction.key_count, vector->key_count);
        assert_int_equal(transaction.instruction_count,
                         vector->instruction_count);
        assert_ptr_equal(transaction.message.data,
                         copy.bytes + vector->message_at);
        assert_int_equal(transaction.message.len, vector->message_len);
        assert_ptr_equal(transaction.signatures,
                         copy.bytes + vector->signatures_at);

        assert_true(jupref_sha256(digest, transaction.message));
        assert_true(jupref_hex_decode(expected, sizeof(expected),
                        (jupref_bytes_t) {
                            (const uint8_t *) vector->message_sha256, 64 }));
        assert_memory_equal(digest, expected, sizeof(digest));

        key = key_of(VECTOR_FIRST_SIGNER);
        assert_true(jupref_pubkey_equal(&transaction.keys[0], &key));
        assert_true(jupref_transaction_is_signer(&transaction, &key));

        key = key_of(VECTOR_SECOND_SIGNER);
        assert_int_equal(jupref_transaction_is_signer(&transaction, &key),
                         vector->signer_count == 2);

        /* an account of the transaction is no signer for that */
        key = key_of(VECTOR_RECEIVER);
        assert_false(jupref_transaction_is_signer(&transaction, &key));

        free(copy.bytes);
    }
}


static void
a_signature_changes_neither_message_nor_hash(void **state)
{
    copy_t                signed_copy, unsigned_copy;
    uint8_t               one[JUPREF_SHA256_SIZE], other[JUPREF_SHA256_SIZE];
    jupref_transaction_t  signed_one, unsigned_one;

    unsigned_copy = copy_of(transaction_vectors[1].hex);
    signed_copy = copy_of(transaction_vectors[2].hex);

    assert_int_equal(jupref_transaction_parse(&unsigned_one,
                         (jupref_bytes_t) { unsigned_copy.bytes,
                                            unsigned_copy.len }),
                     JUPREF_TRANSACTION_OK);
    assert_int_equal(jupref_transaction_parse(&signed_one,
                         (jupref_bytes_t) { signed_copy.bytes,
                                            signed_copy.len }),
                     JUPREF_TRANSACTION_OK);

    assert_true(jupref_signature_is_zero(&unsigned_one.signatures[0]));
    assert_false(jupref_signature_is_zero(&signed_one.signatures[0]));

    assert_true(jupref_sha256(one, signed_one.message));
    assert_true(jupref_sha256(other, unsigned_one.message));
    assert_true(jupref_digest_equal(one, other));

    free(signed_copy.bytes);
    free(unsigned_copy.bytes);
}


static void
a_transaction_cut_anywhere_is_refused_as_cut(void **state)
{
    size_t  i, len;
    copy_t  copy;

    for (i = 0; i < TRANSACTION_VECTORS; i++) {
        copy = copy_of(transaction_vectors[i].hex);

        assert_int_equal(parse_copy(copy.bytes, 0), JUPREF_TRANSACTION_EMPTY);

        for (len = 1; len < copy.len; len++) {
            assert_int_equal(parse_copy(copy.bytes, len),
                             JUPREF_TRANSACTION_CUT);
        }

        free(copy.bytes);
    }
}


static void
bytes_behind_the_end_are_refused(void **state)
{
    size_t   i, more;
    copy_t   copy;
    uint8_t  longer[1300];

    for (i = 0; i < TRANSACTION_VECTORS; i++) {
        copy = copy_of(transaction_vectors[i].hex);
        memset(longer, 0, sizeof(longer));
        memcpy(longer, copy.bytes, copy.len);

        for (more = 1; more < 70; more++) {
            assert_int_equal(parse_copy(longer, copy.len + more),
                             JUPREF_TRANSACTION_TRAILING);
        }

        free(copy.bytes);
    }
}


/* Every byte, every bit, and the values that lengths and indexes fear. */
static void
no_single_byte_can_break_the_parser(void **state)
{
    size_t   i, at, j;
    copy_t   copy;
    uint8_t  kept;

    static const uint8_t  values[] = {
        0x00, 0x01, 0x02, 0x03, 0x04, 0x0c, 0x0d, 0x3f, 0x40, 0x41, 0x7f,
        0x80, 0x81, 0x82, 0xfe, 0xff
    };

    for (i = 0; i < TRANSACTION_VECTORS; i++) {
        copy = copy_of(transaction_vectors[i].hex);

        for (at = 0; at < copy.len; at++) {
            kept = copy.bytes[at];

            for (j = 0; j < 8; j++) {
                copy.bytes[at] = kept ^ (uint8_t) (1 << j);
                (void) parse_copy(copy.bytes, copy.len);
            }

            for (j = 0; j < sizeof(values); j++) {
                copy.bytes[at] = values[j];
                (void) parse_copy(copy.bytes, copy.len);
            }

            copy.bytes[at] = kept;
        }

        assert_int_equal(parse_copy(copy.bytes, copy.len),
                         JUPREF_TRANSACTION_OK);
        free(copy.bytes);
    }
}


/* One byte of a vector changed, and what that is called. */
typedef struct {
    unsigned                      vector;
    size_t                        at;
    uint8_t                       value;
    jupref_transaction_result_e   result;
} bend_t;


static void
what_is_bent_is_refused_by_its_name(void **state)
{
    size_t  i;
    copy_t  copy;

    /* 0 is legacy with two signers and four keys, its message at 129; 1 is
     * v0 at 65; 3 and 4 are v1 with two signers and four keys */

    static const bend_t  bends[] = {
        { 0, 0, 0x80, JUPREF_TRANSACTION_UNKNOWN_VERSION },
        { 0, 0, 0x82, JUPREF_TRANSACTION_UNKNOWN_VERSION },
        { 0, 0, 0xff, JUPREF_TRANSACTION_UNKNOWN_VERSION },
        { 0, 0, 0x00, JUPREF_TRANSACTION_UNKNOWN_VERSION },
        { 0, 129, 0x81, JUPREF_TRANSACTION_UNKNOWN_VERSION },
        { 0, 129, 0x01, JUPREF_TRANSACTION_BAD_HEADER },    /* signers */
        { 0, 129, 0x03, JUPREF_TRANSACTION_BAD_HEADER },
        { 0, 130, 0x02, JUPREF_TRANSACTION_BAD_HEADER },    /* read-only */
        { 0, 131, 0x03, JUPREF_TRANSACTION_BAD_HEADER },
        { 0, 132, 0x7f, JUPREF_TRANSACTION_CUT },           /* keys */
        { 0, 132, 0xff, JUPREF_TRANSACTION_BAD_LENGTH },
        { 0, 294, 0x00, JUPREF_TRANSACTION_BAD_INDEX },     /* program */
        { 0, 294, 0x04, JUPREF_TRANSACTION_BAD_INDEX },
        { 0, 296, 0x04, JUPREF_TRANSACTION_BAD_INDEX },     /* account */
        { 1, 65, 0x82, JUPREF_TRANSACTION_UNKNOWN_VERSION },
        { 1, 65, 0xff, JUPREF_TRANSACTION_UNKNOWN_VERSION },
        { 3, 1, 0x00, JUPREF_TRANSACTION_BAD_HEADER },
        { 3, 1, 0x05, JUPREF_TRANSACTION_BAD_HEADER },
        { 3, 1, 0x0d, JUPREF_TRANSACTION_BAD_HEADER },
        { 3, 2, 0x02, JUPREF_TRANSACTION_BAD_HEADER },
        { 3, 3, 0x03, JUPREF_TRANSACTION_BAD_HEADER },
        { 3, 4, 0x01, JUPREF_TRANSACTION_BAD_CONFIG },      /* half a fee */
        { 3, 4, 0x02, JUPREF_TRANSACTION_BAD_CONFIG },
        { 3, 4, 0x20, JUPREF_TRANSACTION_BAD_CONFIG },      /* unknown bits */
        { 3, 7, 0x80, JUPREF_TRANSACTION_BAD_CONFIG },
        { 3, 40, 0x41, JUPREF_TRANSACTION_BAD_HEADER },     /* instructions */
        { 3, 41, 0x41, JUPREF_TRANSACTION_BAD_HEADER },     /* addresses */
        { 3, 170, 0x00, JUPREF_TRANSACTION_BAD_INDEX },     /* program */
        { 3, 170, 0x04, JUPREF_TRANSACTION_BAD_INDEX },
        { 3, 178, 0x04, JUPREF_TRANSACTION_BAD_INDEX },     /* account */
        { 4, 186, 0x01, JUPREF_TRANSACTION_BAD_CONFIG },    /* heap */
        { 4, 188, 0x05, JUPREF_TRANSACTION_BAD_CONFIG },
        { 4, 188, 0x00, JUPREF_TRANSACTION_BAD_CONFIG },
        { 4, 188, 0x04, JUPREF_TRANSACTION_OK }
    };

    for (i = 0; i < sizeof(bends) / sizeof(bends[0]); i++) {
        copy = copy_of(transaction_vectors[bends[i].vector].hex);
        copy.bytes[bends[i].at] = bends[i].value;

        if (parse_copy(copy.bytes, copy.len) != bends[i].result) {
            fail_msg("vector %u, byte %zu = %02x: %s", bends[i].vector,
                     bends[i].at, bends[i].value,
                     jupref_transaction_result_text(
                         parse_copy(copy.bytes, copy.len)));
        }

        free(copy.bytes);
    }
}


static void
a_length_in_more_bytes_than_it_needs_is_refused(void **state)
{
    copy_t   copy;
    uint8_t  longer[512];

    /* the count of keys, 04, as 84 00 */

    copy = copy_of(transaction_vectors[0].hex);
    memcpy(longer, copy.bytes, 132);
    longer[132] = 0x84;
    longer[133] = 0x00;
    memcpy(longer + 134, copy.bytes + 133, copy.len - 133);

    assert_int_equal(parse_copy(longer, copy.len + 1),
                     JUPREF_TRANSACTION_BAD_LENGTH);

    free(copy.bytes);
}


static void
each_form_has_its_own_size(void **state)
{
    size_t   len;
    uint8_t  bytes[JUPREF_TRANSACTION_MAX + 1];

    memset(bytes, 0, sizeof(bytes));
    bytes[0] = 1;

    for (len = 1; len <= sizeof(bytes); len++) {
        assert_int_equal(parse_copy(bytes, len) == JUPREF_TRANSACTION_TOO_LARGE,
                         len > JUPREF_TRANSACTION_V0_MAX);
    }

    bytes[0] = 0x81;
    assert_int_not_equal(parse_copy(bytes, JUPREF_TRANSACTION_MAX),
                         JUPREF_TRANSACTION_TOO_LARGE);
    assert_int_equal(parse_copy(bytes, JUPREF_TRANSACTION_MAX + 1),
                     JUPREF_TRANSACTION_TOO_LARGE);
}


/* v1 without configuration; each instruction calls the last key. */
static jupref_transaction_result_e
parse_v1_of(unsigned signers, unsigned instructions, unsigned keys)
{
    size_t    at;
    uint8_t   bytes[JUPREF_TRANSACTION_MAX];
    unsigned  i;

    memset(bytes, 0, sizeof(bytes));
    bytes[0] = 0x81;
    bytes[1] = (uint8_t) signers;
    bytes[40] = (uint8_t) instructions;
    bytes[41] = (uint8_t) keys;
    at = 42 + keys * JUPREF_PUBKEY_SIZE;

    for (i = 0; i < instructions; i++) {
        bytes[at] = (uint8_t) (keys - 1);
        at += 4;
    }

    return parse_copy(bytes, at + signers * JUPREF_SIGNATURE_SIZE);
}


static void
v1_has_limits_of_its_own(void **state)
{
    assert_int_equal(parse_v1_of(12, 1, 13), JUPREF_TRANSACTION_OK);
    assert_int_equal(parse_v1_of(13, 1, 14), JUPREF_TRANSACTION_BAD_HEADER);

    assert_int_equal(parse_v1_of(1, 64, 2), JUPREF_TRANSACTION_OK);
    assert_int_equal(parse_v1_of(1, 65, 2), JUPREF_TRANSACTION_BAD_HEADER);

    assert_int_equal(parse_v1_of(1, 1, 64), JUPREF_TRANSACTION_OK);
    assert_int_equal(parse_v1_of(1, 1, 65), JUPREF_TRANSACTION_BAD_HEADER);
}


static void
a_lookup_of_nothing_and_too_many_accounts_are_refused(void **state)
{
    size_t   at, i;
    uint8_t  bytes[1232];

    /* v0: one signer, two keys, no instruction, lookups of 127 + n each */

    memset(bytes, 0, sizeof(bytes));
    bytes[0] = 1;
    bytes[65] = 0x80;
    bytes[66] = 1;
    bytes[69] = 2;
    at = 70 + 3 * 32;
    bytes[at++] = 0;
    bytes[at++] = 2;

    for (i = 0; i < 2; i++) {
        at += 32;
        bytes[at++] = 127;
        at += 127;
        bytes[at++] = 0;
    }

    assert_int_equal(parse_copy(bytes, at), JUPREF_TRANSACTION_OK);

    /* 2 + 254 fit into one byte of index, one more doesn't */

    bytes[at - 1] = 1;
    assert_int_equal(parse_copy(bytes, at + 1), JUPREF_TRANSACTION_BAD_INDEX);

    bytes[at - 1] = 0;
    bytes[at - 129] = 0;
    assert_int_equal(parse_copy(bytes, at - 127),
                     JUPREF_TRANSACTION_BAD_INDEX);
}


static void
compact_u16_takes_every_number_in_one_form_only(void **state)
{
    uint8_t          bytes[3];
    uint32_t         value, forms;
    unsigned         i, len;
    jupref_reader_t  reader;

    forms = 0;

    for (i = 0; i < 0x1000000; i++) {
        bytes[0] = (uint8_t) i;
        bytes[1] = (uint8_t) (i >> 8);
        bytes[2] = (uint8_t) (i >> 16);

        jupref_reader_init(&reader, (jupref_bytes_t) { bytes, 3 });
        value = jupref_read_compact_u16(&reader);
        len = 3 - (unsigned) jupref_reader_left(&reader);

        if (reader.failed) {
            assert_int_equal(value, 0);
            continue;
        }

        /* bytes that weren't read make the same form again */

        if ((len < 3 && bytes[2] != 0) || (len < 2 && bytes[1] != 0)) {
            continue;
        }

        assert_int_equal(len, value < 0x80 ? 1 : value < 0x4000 ? 2 : 3);
        assert_int_equal(value, (bytes[0] & 0x7f)
                                | (len > 1 ? (bytes[1] & 0x7f) << 7 : 0)
                                | (len > 2 ? bytes[2] << 14 : 0));
        forms++;
    }

    assert_int_equal(forms, 65536);
}


static void
the_aliases_of_compact_u16_are_refused(void **state)
{
    size_t           i;
    jupref_reader_t  reader;

    static const jupref_bytes_t  aliases[] = {
        { (const uint8_t *) "\x80\x00", 2 },
        { (const uint8_t *) "\xff\x00", 2 },
        { (const uint8_t *) "\x80\x80\x00", 3 },
        { (const uint8_t *) "\xff\x80\x00", 3 },
        { (const uint8_t *) "\x80\x80\x04", 3 },
        { (const uint8_t *) "\x80\x80\x80\x00", 4 },
        { (const uint8_t *) "\xff\xff\x83\x00", 4 },
        { (const uint8_t *) "", 0 },
        { (const uint8_t *) "\x80", 1 },
        { (const uint8_t *) "\xff\xff", 2 }
    };

    for (i = 0; i < sizeof(aliases) / sizeof(aliases[0]); i++) {
        jupref_reader_init(&reader, aliases[i]);
        assert_int_equal(jupref_read_compact_u16(&reader), 0);
        assert_true(reader.failed);
    }

    jupref_reader_init(&reader, jupref_bytes("\xff\xff\x03"));
    assert_int_equal(jupref_read_compact_u16(&reader), 65535);
    assert_false(reader.failed);
}


static void
every_verdict_has_its_line_of_text(void **state)
{
    unsigned  i, j;

    for (i = 0; i <= JUPREF_TRANSACTION_NO_MEMORY; i++) {
        assert_non_null(jupref_transaction_result_text(i));

        for (j = 0; j < i; j++) {
            assert_string_not_equal(jupref_transaction_result_text(i),
                                    jupref_transaction_result_text(j));
        }
    }
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(what_clients_make_is_taken_apart_rightly),
        cmocka_unit_test(a_signature_changes_neither_message_nor_hash),
        cmocka_unit_test(a_transaction_cut_anywhere_is_refused_as_cut),
        cmocka_unit_test(bytes_behind_the_end_are_refused),
        cmocka_unit_test(no_single_byte_can_break_the_parser),
        cmocka_unit_test(what_is_bent_is_refused_by_its_name),
        cmocka_unit_test(a_length_in_more_bytes_than_it_needs_is_refused),
        cmocka_unit_test(each_form_has_its_own_size),
        cmocka_unit_test(v1_has_limits_of_its_own),
        cmocka_unit_test(
            a_lookup_of_nothing_and_too_many_accounts_are_refused),
        cmocka_unit_test(compact_u16_takes_every_number_in_one_form_only),
        cmocka_unit_test(the_aliases_of_compact_u16_are_refused),
        cmocka_unit_test(every_verdict_has_its_line_of_text)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
