/*
 * Fields that results of nodes share; only their readers include this.  Each
 * returns 1, or 0 when the value isn't there or isn't that.
 */

#ifndef JUPREF_RPC_FIELDS_H
#define JUPREF_RPC_FIELDS_H


#include "base/jupref_json_tree.h"
#include "solana/jupref_pubkey.h"


/* There, and not null. */
unsigned jupref_rpc_is(const jupref_json_value_t *value);

unsigned jupref_rpc_pubkey(const jupref_json_value_t *value,
    jupref_pubkey_t *key);
unsigned jupref_rpc_signature(const jupref_json_value_t *value,
    jupref_signature_t *signature);

/* A string of decimal digits. */
unsigned jupref_rpc_amount(const jupref_json_value_t *value,
    uint64_t *amount);

/* A number below `end`. */
unsigned jupref_rpc_place(const jupref_json_value_t *value, unsigned end,
    uint8_t *place);

/* A number, or 0 for null and for what isn't there. */
unsigned jupref_rpc_time(const jupref_json_value_t *value, int64_t *time);

/* ["…", "base64"] into `room`; `fits` is 0 when that was too small. */
unsigned jupref_rpc_base64(const jupref_json_tree_t *tree,
    const jupref_json_value_t *value, uint8_t *room, size_t size,
    jupref_bytes_t *bytes, unsigned *fits);

/* {"context": {"slot"}, "value"}: the value, and the slot (0: none). */
const jupref_json_value_t *jupref_rpc_enveloped(
    const jupref_json_tree_t *tree, const jupref_json_value_t *result,
    uint64_t *slot);


#endif /* JUPREF_RPC_FIELDS_H */
