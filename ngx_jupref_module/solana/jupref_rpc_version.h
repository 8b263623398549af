/*
 * Which version of transactions a node wants to be allowed to show.
 *
 * Its error -32015 says so in words alone:
 *
 *     Transaction version (1) is not supported by the requesting client.
 *     Please try the request again with the following configuration
 *     parameter: "maxSupportedTransactionVersion": 1
 */

#ifndef JUPREF_RPC_VERSION_H
#define JUPREF_RPC_VERSION_H


#include "base/jupref_bytes.h"


/* Seven bits of a transaction's first byte. */
#define JUPREF_RPC_VERSION_MAX  127


/* 1 with the last number of the message, when that is a version. */
unsigned jupref_rpc_version_wanted(jupref_bytes_t message, unsigned *version);


#endif /* JUPREF_RPC_VERSION_H */
