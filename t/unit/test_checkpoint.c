/*
 * The log's identity and what it signs: the note's text is another
 * implementation's to the byte, the identity is whole or refused by name.
 */

#include "log/jupref_tiles.h"

#include <errno.h>
#include <stdarg.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <openssl/evp.h>

#include "base/jupref_base64.h"


#define FILE_MAX   512
#define IDENTITY   "identity"


/* A disk of two files, whose every call counts and one of them may fail. */
typedef struct {
    struct {
        unsigned  there;
        size_t    len;
        uint8_t   bytes[FILE_MAX];
    } files[2];
    unsigned      calls;
    unsigned      fails_at;             /* 0: never */
} small_disk_t;


static const jupref_key_t  keyring[] = {
    { "k2", "fedcba9876543210fedcba987654321" },
    { "k1", "0123456789abcdef0123456789abcde" }
};

static small_disk_t    small;
static jupref_disk_t   disk;
static jupref_store_t  store;


static int
small_place(const char *name)
{
    if (strcmp(name, IDENTITY) == 0) {
        return 0;
    }

    assert_string_equal(name, "identity.new");

    return 1;
}


static unsigned
small_fails(void)
{
    return ++small.calls == small.fails_at;
}


static int
small_open(jupref_disk_t *unused, const char *name, unsigned write,
    unsigned create)
{
    int  place;

    place = small_place(name);

    if (small_fails()) {
        return -EIO;
    }

    if (create) {
        if (small.files[place].there) {
            return -EEXIST;
        }

        memset(&small.files[place], 0, sizeof(small.files[place]));
        small.files[place].there = 1;
    }

    return small.files[place].there ? place : -ENOENT;
}


static void
small_close(jupref_disk_t *unused, int file)
{
}


static int64_t
small_read(jupref_disk_t *unused, int file, void *bytes, size_t len,
    uint64_t at)
{
    assert_int_equal(at, 0);

    if (small_fails()) {
        return -EIO;
    }

    if (len > small.files[file].len) {
        len = small.files[file].len;
    }

    memcpy(bytes, small.files[file].bytes, len);

    return (int64_t) len;
}


static int
small_write(jupref_disk_t *unused, int file, const void *bytes, size_t len,
    uint64_t at)
{
    assert_int_equal(at, 0);
    assert_true(len <= FILE_MAX);

    if (small_fails()) {
        small.files[file].len = len / 2;
        return -ENOSPC;
    }

    memcpy(small.files[file].bytes, bytes, len);
    small.files[file].len = len;

    return 0;
}


static int
small_sync(jupref_disk_t *unused, int file)
{
    return small_fails() ? -EIO : 0;
}


static int64_t
small_size(jupref_disk_t *unused, int file)
{
    return small_fails() ? -EIO : (int64_t) small.files[file].len;
}


static int
small_rename(jupref_disk_t *unused, const char *from, const char *to)
{
    assert_string_equal(to, IDENTITY);
    assert_int_equal(small_place(from), 1);

    if (small_fails()) {
        return -EIO;
    }

    small.files[0] = small.files[1];
    small.files[1].there = 0;

    return 0;
}


static int
small_remove(jupref_disk_t *unused, const char *name)
{
    int  place;

    place = small_place(name);

    if (small_fails()) {
        return -EIO;
    }

    if (!small.files[place].there) {
        return -ENOENT;
    }

    small.files[place].there = 0;

    return 0;
}


static int
small_sync_directory(jupref_disk_t *unused, const char *directory)
{
    assert_string_equal(directory, "");

    return small_fails() ? -EIO : 0;
}


static int
empty_disk(void **state)
{
    memset(&small, 0, sizeof(small));
    memset(&disk, 0, sizeof(disk));
    memset(&store, 0, sizeof(store));

    disk.open = small_open;
    disk.close = small_close;
    disk.read = small_read;
    disk.write = small_write;
    disk.sync = small_sync;
    disk.size = small_size;
    disk.rename = small_rename;
    disk.remove = small_remove;
    disk.sync_directory = small_sync_directory;

    store.disk = &disk;
    store.keys.keys = keyring;
    store.keys.count = 2;
    memcpy(store.edge, "edge-1", 6);

    return 0;
}


static jupref_fault_e
load(const char *origin, jupref_identity_t *identity)
{
    jupref_fault_t  fault;
    jupref_fault_e  result;

    memset(&fault, 0, sizeof(fault));
    memset(identity, 0, sizeof(jupref_identity_t));

    result = jupref_identity_load(&store, (jupref_bytes_t) {
                                      (const uint8_t *) origin,
                                      strlen(origin) }, identity, &fault);

    assert_int_equal(fault.fault, result);
    assert_true(result == JUPREF_FAULT_NONE || strlen(fault.text) > 0);

    return result;
}


/* The key of RFC 8032's first test. */
static jupref_identity_t
known_identity(const char *origin)
{
    jupref_identity_t  identity;

    memset(&identity, 0, sizeof(identity));
    memcpy(identity.origin, origin, strlen(origin));

    assert_true(jupref_hex_decode(identity.seed, 32, jupref_bytes(
        "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60")));
    assert_true(jupref_hex_decode(identity.public_key, 32, jupref_bytes(
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a")));

    return identity;
}


/* Made by node's crypto from the pages of C2SP; Ed25519 has one signature. */

static void
a_checkpoint_is_that_of_the_specification(void **state)
{
    char               text[JUPREF_CHECKPOINT_MAX];
    size_t             len;
    uint8_t            root[JUPREF_SHA256_SIZE];
    jupref_identity_t  identity;
    static const char  expected[] =
        "swap.example.com/log\n"
        "8\n"
        "XcnaeacGWamtVZy3Ad7ZoqudgjqtL0lgz+Nw7/RgQyg=\n"
        "\n"
        "\xe2\x80\x94 swap.example.com/log 5mW+x9yF82IMFnHCGdq2NSnK5RJdg8J0b9"
        "JJDWUYrEEpA3Rpn/Iex6ZUwmLj2rMVbOs7tN7umQGso/qUpVskn4t93QI=\n";

    assert_true(jupref_hex_decode(root, 32, jupref_bytes(
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328")));

    identity = known_identity("swap.example.com/log");
    len = jupref_checkpoint_write(text, &identity, 8, root);

    assert_int_equal(len, sizeof(expected) - 1);
    assert_string_equal(text, expected);
}


/* The key that Go's checksum database is known by, all over the world. */

static void
a_verifier_key_is_that_of_signed_notes(void **state)
{
    char               text[JUPREF_CHECKPOINT_MAX];
    size_t             len, key_len;
    uint8_t            key[jupref_base64_decoded_size(44)];
    jupref_identity_t  identity;

    memset(&identity, 0, sizeof(identity));
    memcpy(identity.origin, "sum.golang.org", 14);
    assert_true(jupref_base64_decode(key, &key_len, jupref_bytes(
        "Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8")));
    assert_int_equal(key_len, 33);
    memcpy(identity.public_key, key + 1, 32);

    len = jupref_verifier_key(text, &identity);

    assert_string_equal(text, "sum.golang.org+033de0ae+"
                        "Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8");
    assert_int_equal(len, strlen(text));
}


/* What a stranger does with a checkpoint and a verifier key. */

static unsigned
verified(const char *note, size_t note_len, const char *verifier)
{
    size_t       len, signature_len;
    uint8_t      key[48], signature[96];
    unsigned     good;
    EVP_PKEY    *public_key;
    const char  *line, *at;
    EVP_MD_CTX  *context;

    line = strstr(note, "\n\n");
    assert_non_null(line);
    line++;

    /* name+id+key: the key's base64 may have a plus, the others can't */

    at = strchr(strchr(verifier, '+') + 1, '+') + 1;

    assert_true(jupref_base64_decode(key, &len, (jupref_bytes_t) {
                    (const uint8_t *) at, strlen(at) }));
    assert_int_equal(len, 33);

    at = strrchr(line, ' ') + 1;
    assert_true(jupref_base64_decode(signature, &signature_len,
                    (jupref_bytes_t) { (const uint8_t *) at,
                                       note_len - 1 - (size_t) (at - note) }));
    assert_int_equal(signature_len, 68);

    public_key = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, key + 1,
                                             32);
    context = EVP_MD_CTX_new();
    assert_non_null(public_key);
    assert_non_null(context);
    assert_int_equal(EVP_DigestVerifyInit(context, NULL, NULL, NULL,
                                          public_key), 1);
    good = EVP_DigestVerify(context, signature + 4, 64,
                            (const uint8_t *) note, (size_t) (line - note))
           == 1;

    EVP_MD_CTX_free(context);
    EVP_PKEY_free(public_key);

    return good;
}


static void
what_is_signed_verifies_and_no_other_text_does(void **state)
{
    char               note[JUPREF_CHECKPOINT_MAX];
    char               verifier[JUPREF_CHECKPOINT_MAX];
    char               longest[JUPREF_ORIGIN_MAX + 1];
    size_t             len, at;
    uint8_t            root[JUPREF_SHA256_SIZE];
    jupref_identity_t  identity;

    memset(root, 0xff, sizeof(root));
    memset(longest, 'o', sizeof(longest));
    longest[JUPREF_ORIGIN_MAX] = '\0';

    assert_int_equal(load(longest, &identity), JUPREF_FAULT_NONE);

    len = jupref_checkpoint_write(note, &identity, UINT64_MAX, root);
    assert_true(len > 0);
    assert_int_equal(len, strlen(note));
    assert_true(jupref_verifier_key(verifier, &identity) > 0);
    assert_true(verified(note, len, verifier));

    for (at = 0; at < JUPREF_ORIGIN_MAX + 20; at++) {
        note[at] ^= 1;
        assert_false(verified(note, len, verifier));
        note[at] ^= 1;
    }
}


static void
an_identity_is_made_once_and_stays(void **state)
{
    uint8_t            bytes[FILE_MAX];
    jupref_identity_t  made, again;

    /* a start that was cut off has left something */

    small.files[1].there = 1;
    small.files[1].len = 7;

    assert_int_equal(load("log-1", &made), JUPREF_FAULT_NONE);
    assert_string_equal((char *) made.origin, "log-1");
    assert_int_equal(small.files[0].len, 180);
    memcpy(bytes, small.files[0].bytes, 180);

    assert_int_equal(load("log-1", &again), JUPREF_FAULT_NONE);
    assert_memory_equal(&again, &made, sizeof(made));

    assert_int_equal(load("", &again), JUPREF_FAULT_NONE);
    assert_memory_equal(&again, &made, sizeof(made));
    assert_memory_equal(small.files[0].bytes, bytes, 180);

    /* nobody reads the key who doesn't have the keyring's */

    assert_memory_not_equal(bytes + 104, made.seed, 32);
    assert_memory_not_equal(bytes + 104 + 28, made.seed, 32);

    (void) empty_disk(NULL);
    assert_int_equal(load("log-1", &again), JUPREF_FAULT_NONE);
    assert_memory_not_equal(again.seed, made.seed, 32);
}


static void
who_it_is_of_is_checked(void **state)
{
    jupref_identity_t  identity;

    assert_int_equal(load("", &identity), JUPREF_FAULT_IO);

    assert_int_equal(load("log-1", &identity), JUPREF_FAULT_NONE);
    assert_int_equal(load("log-2", &identity), JUPREF_FAULT_IDENTITY);

    store.edge[5] = '2';
    assert_int_equal(load("log-1", &identity), JUPREF_FAULT_OTHER_EDGE);
    store.edge[5] = '1';

    store.keys.keys = keyring + 1;
    store.keys.count = 1;
    assert_int_equal(load("log-1", &identity), JUPREF_FAULT_KEY_UNKNOWN);
}


static void
a_name_that_no_note_may_have_is_refused(void **state)
{
    unsigned           i;
    jupref_identity_t  identity;
    static const char *const  names[] = {
        "two words", "one+one", "line\nfeed", "tab\t", "\x7f", "gr\xc3\xbcn",
        "a-name-that-is-longer-than-the-sixty-four-characters-it-could-have"
    };

    for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        assert_int_equal(load(names[i], &identity), JUPREF_FAULT_IDENTITY);
        assert_int_equal(small.files[0].there, 0);
    }
}


static void
a_changed_identity_is_refused(void **state)
{
    size_t             at;
    unsigned           bit;
    jupref_fault_e     expected;
    jupref_identity_t  identity;

    assert_int_equal(load("log-1", &identity), JUPREF_FAULT_NONE);

    for (at = 0; at < 180; at++) {
        expected = (at >= 104 && at < 120) ? JUPREF_FAULT_KEY_UNKNOWN
                                           : JUPREF_FAULT_IDENTITY;

        for (bit = 0; bit < 8; bit++) {
            small.files[0].bytes[at] ^= (uint8_t) (1u << bit);
            assert_int_equal(load("log-1", &identity), expected);
            small.files[0].bytes[at] ^= (uint8_t) (1u << bit);
        }
    }

    for (small.files[0].len = 0; small.files[0].len < 180;
         small.files[0].len++)
    {
        assert_int_equal(load("log-1", &identity), JUPREF_FAULT_IDENTITY);
    }

    small.files[0].len = 181;
    assert_int_equal(load("log-1", &identity), JUPREF_FAULT_IDENTITY);
}


static void
a_disk_that_fails_leaves_none_or_a_whole_one(void **state)
{
    unsigned           call, calls;
    jupref_fault_e     result;
    jupref_identity_t  identity, again;

    assert_int_equal(load("log-1", &identity), JUPREF_FAULT_NONE);
    calls = small.calls;
    assert_true(calls >= 6);

    for (call = 1; call <= calls; call++) {
        (void) empty_disk(NULL);
        small.fails_at = call;

        assert_int_equal(load("log-1", &identity), JUPREF_FAULT_IO);

        small.fails_at = 0;
        result = load("", &again);
        assert_true(result == JUPREF_FAULT_NONE || small.files[0].there == 0);
        assert_int_equal(load("log-1", &again), JUPREF_FAULT_NONE);
    }

    /* and reading says so too */

    small.calls = 0;
    assert_int_equal(load("log-1", &identity), JUPREF_FAULT_NONE);
    calls = small.calls;

    for (call = 1; call <= calls; call++) {
        small.calls = 0;
        small.fails_at = call;
        assert_int_equal(load("log-1", &identity), JUPREF_FAULT_IO);
    }
}


int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_checkpoint_is_that_of_the_specification),
        cmocka_unit_test(a_verifier_key_is_that_of_signed_notes),
        cmocka_unit_test_setup(what_is_signed_verifies_and_no_other_text_does,
                               empty_disk),
        cmocka_unit_test_setup(an_identity_is_made_once_and_stays,
                               empty_disk),
        cmocka_unit_test_setup(who_it_is_of_is_checked, empty_disk),
        cmocka_unit_test_setup(a_name_that_no_note_may_have_is_refused,
                               empty_disk),
        cmocka_unit_test_setup(a_changed_identity_is_refused, empty_disk),
        cmocka_unit_test_setup(a_disk_that_fails_leaves_none_or_a_whole_one,
                               empty_disk)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
