/*
 * Which transaction version a node wants: told by words, of which only the
 * number counts.
 */

#include "solana/jupref_rpc_version.h"

#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <cmocka.h>


static void
the_last_number_is_the_version(void **state)
{
    unsigned  i, version;

    static const struct {
        jupref_bytes_t  message;
        unsigned        version;
    } cases[] = {
        { jupref_bytes("Transaction version (0) is not supported by the "
                       "requesting client. Please try the request again with "
                       "the following configuration parameter: "
                       "\\\"maxSupportedTransactionVersion\\\": 1"), 1 },
        { jupref_bytes("version (0) wants: 2"), 2 },
        { jupref_bytes("3"), 3 },
        { jupref_bytes("version 127."), 127 }
    };

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        version = 999;
        assert_int_equal(jupref_rpc_version_wanted(cases[i].message, &version),
                         1);
        assert_int_equal(version, cases[i].version);
    }
}


static void
what_is_no_version_is_none(void **state)
{
    unsigned  i, version;

    static const jupref_bytes_t  cases[] = {
        { (const uint8_t *) "", 0 },
        jupref_bytes("not supported"),
        jupref_bytes("version 128"),
        jupref_bytes("version 99999999999999999999999999")
    };

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        version = 999;
        assert_int_equal(jupref_rpc_version_wanted(cases[i], &version), 0);
        assert_int_equal(version, 999);
    }
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(the_last_number_is_the_version),
        cmocka_unit_test(what_is_no_version_is_none)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
