/*
 * Proofs for answers: made from record and tiles, verified before they go.
 *
 * A tile that is broken on disk gives a proof that proves nothing, or a root
 * that nobody signed; both are found here, so that no answer carries them.
 */

#include "log/jupref_proof.h"

#include <string.h>

#include "log/jupref_tile.h"


static jupref_fault_e jupref_prove_record(jupref_event_proof_t *proof,
    jupref_bytes_t bytes, jupref_fault_t *fault);
static jupref_fault_e jupref_prove_failed(uint64_t size,
    jupref_fault_t *fault);


jupref_fault_e
jupref_prove_event(jupref_store_t *store, jupref_tiles_t *tiles,
    jupref_record_cache_t **cache, uint64_t seq, uint64_t size,
    const uint8_t *root, jupref_event_proof_t *proof, jupref_fault_t *fault)
{
    jupref_bytes_t  bytes;
    jupref_fault_e  result;

    if (seq == 0 || seq > size) {
        fault->seq = seq;
        return jupref_fault_set(fault, JUPREF_FAULT_TILE, NULL, 0, "event "
                                "%llu isn't in a tree of %llu",
                                (unsigned long long) seq,
                                (unsigned long long) size);
    }

    result = jupref_journal_fetch(store, cache, seq, proof->bytes, &bytes,
                                  fault);

    proof->seq = seq;
    proof->size = size;

    if (result == JUPREF_FAULT_NONE) {
        result = jupref_prove_record(proof, bytes, fault);
    }

    if (result != JUPREF_FAULT_NONE) {
        return result;
    }

    if (!jupref_merkle_root(size, jupref_tiles_subtree, tiles, proof->root)
        || !jupref_merkle_inclusion(seq - 1, size, jupref_tiles_subtree,
                                    tiles, &proof->inclusion)
        || !jupref_merkle_verify_inclusion(seq - 1, size, proof->leaf_hash,
                                           &proof->inclusion, proof->root)
        || (root != NULL
            && memcmp(root, proof->root, JUPREF_SHA256_SIZE) != 0))
    {
        return jupref_prove_failed(size, fault);
    }

    return JUPREF_FAULT_NONE;
}


jupref_fault_e
jupref_prove_growth(jupref_tiles_t *tiles, uint64_t from, uint64_t to,
    uint8_t from_root[JUPREF_SHA256_SIZE],
    uint8_t to_root[JUPREF_SHA256_SIZE], jupref_proof_t *proof,
    jupref_fault_t *fault)
{
    if (from == 0 || from > to
        || !jupref_merkle_root(from, jupref_tiles_subtree, tiles, from_root)
        || !jupref_merkle_root(to, jupref_tiles_subtree, tiles, to_root)
        || !jupref_merkle_consistency(from, to, jupref_tiles_subtree, tiles,
                                      proof)
        || !jupref_merkle_verify_consistency(from, to, from_root, to_root,
                                             proof))
    {
        return jupref_prove_failed(to, fault);
    }

    return JUPREF_FAULT_NONE;
}


static jupref_fault_e
jupref_prove_record(jupref_event_proof_t *proof, jupref_bytes_t bytes,
    jupref_fault_t *fault)
{
    jupref_record_result_e  result;

    result = jupref_record_parse(bytes, &proof->record);

    if (result == JUPREF_RECORD_OK) {
        result = jupref_record_check(&proof->record);
    }

    if (result == JUPREF_RECORD_OK && proof->record.seq != proof->seq) {
        result = JUPREF_RECORD_FIELD;
    }

    if (result != JUPREF_RECORD_OK) {
        fault->seq = proof->seq;
        return jupref_fault_set(fault, JUPREF_FAULT_RECORD, "journal", 0,
                                "record %llu: %s",
                                (unsigned long long) proof->seq,
                                jupref_record_result_text(result));
    }

    if (!jupref_record_leaf(&proof->record, proof->leaf)
        || !jupref_tile_leaf_hash(proof->leaf, proof->leaf_hash))
    {
        return jupref_fault_memory(fault, NULL);
    }

    return JUPREF_FAULT_NONE;
}


static jupref_fault_e
jupref_prove_failed(uint64_t size, jupref_fault_t *fault)
{
    return jupref_fault_set(fault, JUPREF_FAULT_TILE, "tiles", 0,
                            "they give no proof for the tree of %llu events",
                            (unsigned long long) size);
}
