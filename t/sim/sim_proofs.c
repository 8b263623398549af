/*
 * What must hold of what is published: files that are whole, and heads of one
 * log.
 */

#include "sim.h"

#include <stdlib.h>
#include <string.h>

#include "log/jupref_proof.h"
#include "log/jupref_snapshot_file.h"


static void sim_check_event(sim_t *sim, jupref_tiles_t *tiles);


void
sim_check_files(sim_t *sim)
{
    size_t           i, count;
    uint64_t        *seqs;
    jupref_fault_t   fault;

    memset(&fault, 0, sizeof(fault));

    if (jupref_snapshot_list(&sim->store, &seqs, &count, &fault)
        != JUPREF_FAULT_NONE)
    {
        sim_fail(sim, "snapshots can't be listed: %s", fault.text);
    }

    for (i = 0; i < count; i++) {
        if (jupref_snapshot_check(&sim->store, seqs[i], &fault)
            != JUPREF_FAULT_NONE)
        {
            sim_fail(sim, "a snapshot is broken: %s", fault.text);
        }
    }

    free(seqs);

    if (jupref_tiles_verify(&sim->store, &fault) != JUPREF_FAULT_NONE) {
        sim_fail(sim, "a tile isn't what the log says: %s", fault.text);
    }
}


/* Any two heads that anybody may have seen are of one log. */

void
sim_check_heads(sim_t *sim)
{
    uint8_t            from_root[JUPREF_SHA256_SIZE];
    uint8_t            to_root[JUPREF_SHA256_SIZE];
    jupref_fault_t     fault;
    jupref_proof_t     proof;
    jupref_tiles_t    *tiles;
    const sim_head_t  *from, *to, *head;

    if (sim->head_count == 0) {
        return;
    }

    memset(&fault, 0, sizeof(fault));

    if (jupref_tiles_open(&sim->store, &tiles, &fault) != JUPREF_FAULT_NONE) {
        sim_fail(sim, "tiles can't be opened: %s", fault.text);
    }

    from = &sim->heads[sim_random(sim, sim->head_count)];
    to = &sim->heads[sim_random(sim, sim->head_count)];

    if (from->size > to->size) {
        head = from;
        from = to;
        to = head;
    }

    if (to->size <= jupref_tiles_size(tiles)) {
        if (jupref_prove_growth(tiles, from->size, to->size, from_root,
                                to_root, &proof, &fault)
                != JUPREF_FAULT_NONE
            || memcmp(from_root, from->root, JUPREF_SHA256_SIZE) != 0
            || memcmp(to_root, to->root, JUPREF_SHA256_SIZE) != 0
            || !jupref_merkle_verify_consistency(from->size, to->size,
                                                 from->root, to->root,
                                                 &proof))
        {
            sim_fail(sim, "the heads of %llu and %llu events aren't of one "
                     "log: %s", (unsigned long long) from->size,
                     (unsigned long long) to->size, fault.text);
        }

        sim_count(sim, SIM_N_PROOFS);
    }

    sim_check_event(sim, tiles);
    jupref_tiles_close(tiles);
}


static void
sim_check_event(sim_t *sim, jupref_tiles_t *tiles)
{
    uint64_t                 seq, size;
    jupref_fault_t           fault;
    jupref_event_proof_t    *proof;
    jupref_record_cache_t   *cache;
    const sim_head_t        *head;

    size = jupref_tiles_size(tiles);
    head = &sim->heads[sim->head_count - 1];

    if (head->size > size) {
        return;
    }

    seq = 1 + sim_random(sim, head->size);
    cache = NULL;
    proof = sim_block(sizeof(jupref_event_proof_t));
    memset(&fault, 0, sizeof(fault));

    if (jupref_prove_event(&sim->store, tiles, &cache, seq, head->size,
                           head->root, proof, &fault)
            != JUPREF_FAULT_NONE
        || memcmp(proof->leaf_hash, sim->facts[seq].leaf_hash,
                  JUPREF_SHA256_SIZE) != 0
        || !jupref_merkle_verify_inclusion(seq - 1, head->size,
                                           proof->leaf_hash,
                                           &proof->inclusion, head->root))
    {
        sim_fail(sim, "event %llu can't be proved: %s",
                 (unsigned long long) seq, fault.text);
    }

    jupref_record_cache_free(cache);
    free(proof);
}
