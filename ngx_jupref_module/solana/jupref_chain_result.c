/*
 * What reading a node's result comes to, in words.
 */

#include "solana/jupref_chain_result.h"


const char *
jupref_chain_result_text(jupref_chain_result_e result)
{
    static const char *const  texts[] = {
        [JUPREF_CHAIN_OK] = "ok",
        [JUPREF_CHAIN_NULL] = "the node answers null",
        [JUPREF_CHAIN_NO_META] = "the node doesn't know what it did",
        [JUPREF_CHAIN_MALFORMED] = "not what the method answers",
        [JUPREF_CHAIN_TOO_LARGE] = "larger than any answer worth reading",
        [JUPREF_CHAIN_BAD_TRANSACTION] = "the bytes are no transaction",
        [JUPREF_CHAIN_INCONSISTENT] = "the parts don't fit to the transaction"
    };

    return texts[result];
}
