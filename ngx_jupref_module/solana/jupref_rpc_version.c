/*
 * The version that a node wants (see the header).
 */

#include "solana/jupref_rpc_version.h"

#include "base/jupref_number.h"


unsigned
jupref_rpc_version_wanted(jupref_bytes_t message, unsigned *version)
{
    size_t          end, start;
    uint64_t        number;
    jupref_bytes_t  digits;

    for (end = message.len; end > 0; end--) {
        if (message.data[end - 1] >= '0' && message.data[end - 1] <= '9') {
            break;
        }
    }

    for (start = end; start > 0; start--) {
        if (message.data[start - 1] < '0' || message.data[start - 1] > '9') {
            break;
        }
    }

    if (end == start) {
        return 0;
    }

    digits.data = message.data + start;
    digits.len = end - start;

    if (!jupref_parse_u64(digits, &number) || number > JUPREF_RPC_VERSION_MAX)
    {
        return 0;
    }

    *version = (unsigned) number;

    return 1;
}
