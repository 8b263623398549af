/*
 * Bits that turn over in what is synced: found, and the file named, whatever
 * the file and the place; no recovery takes them for the truth.  Turned back,
 * all is well again.
 */

#include "sim.h"

#include <stdlib.h>
#include <string.h>

#include "log/jupref_snapshot_file.h"
#include "log/jupref_tiles_parts.h"


static const char *sim_flip_file(sim_t *sim);
static jupref_fault_e sim_verify(sim_t *sim, jupref_fault_t *fault);
static jupref_fault_e sim_verify_journal(sim_t *sim, jupref_fault_t *fault);
static jupref_fault_e sim_verify_snapshots(sim_t *sim,
    jupref_fault_t *fault);
static void sim_flipped_recovery(sim_t *sim, const char *name);


/* The disk has everything and nothing is under way. */

void
sim_flip(sim_t *sim)
{
    char             name[JUPREF_NAME_MAX];
    size_t           len;
    uint8_t          mask;
    uint64_t         at;
    const char      *found;
    jupref_fault_t   fault;

    if (!sim_mend_tiles(sim) || (found = sim_flip_file(sim)) == NULL) {
        return;
    }

    sim_published(sim);

    memset(name, 0, sizeof(name));
    memcpy(name, found, strlen(found));
    (void) sim_disk_bytes(sim->disk, name, &len);

    at = sim_random(sim, len);
    mask = (uint8_t) (1 << sim_random(sim, 8));

    sim_say(sim, "byte %llu of %s turns over", (unsigned long long) at, name);
    sim_count(sim, SIM_N_FLIPS);
    sim_disk_flip(sim->disk, name, at, mask);

    if (sim_verify(sim, &fault) == JUPREF_FAULT_NONE) {
        sim_fail(sim, "byte %llu of %s turned over and nothing is found",
                 (unsigned long long) at, name);
    }

    if (strstr(fault.text, name) == NULL && strcmp(fault.file, name) != 0) {
        sim_fail(sim, "byte %llu of %s turned over and this is named: %s",
                 (unsigned long long) at, name, fault.text);
    }

    sim_flipped_recovery(sim, name);
    sim_disk_flip(sim->disk, name, at, mask);

    if (sim_verify(sim, &fault) != JUPREF_FAULT_NONE) {
        sim_fail(sim, "turned back, and still: %s", fault.text);
    }
}


/* Any file that has bytes and isn't what a broken off write left behind. */

static const char *
sim_flip_file(sim_t *sim)
{
    size_t       n, count, len;
    const char  *name, *found;

    found = NULL;
    count = 0;

    for (n = 0; (name = sim_disk_name(sim->disk, n)) != NULL; n++) {
        (void) sim_disk_bytes(sim->disk, name, &len);

        if (len > 0 && strstr(name, ".new") == NULL
            && sim_random(sim, ++count) == 0)
        {
            found = name;
        }
    }

    return found;
}


/* As jupref-journal verify looks at a directory. */

static jupref_fault_e
sim_verify(sim_t *sim, jupref_fault_t *fault)
{
    unsigned           broken;
    jupref_synced_t    synced;
    jupref_identity_t  identity;

    memset(fault, 0, sizeof(jupref_fault_t));

    if (jupref_identity_load(&sim->store, jupref_bytes(""), &identity, fault)
            != JUPREF_FAULT_NONE
        || jupref_synced_read(&sim->store, &synced, &broken, fault)
               != JUPREF_FAULT_NONE)
    {
        return fault->fault;
    }

    if (broken > 0) {
        return jupref_fault_set(fault, JUPREF_FAULT_SYNCED, "synced", 0,
                                "is broken");
    }

    if (sim_verify_journal(sim, fault) != JUPREF_FAULT_NONE
        || sim_verify_snapshots(sim, fault) != JUPREF_FAULT_NONE)
    {
        return fault->fault;
    }

    return jupref_tiles_verify(&sim->store, fault);
}


static jupref_fault_e
sim_verify_journal(sim_t *sim, jupref_fault_t *fault)
{
    jupref_bytes_t            bytes;
    jupref_record_t           record;
    jupref_journal_reader_t  *reader;

    if (jupref_journal_open(&sim->store, 1, 0, &reader, fault)
        != JUPREF_FAULT_NONE)
    {
        return fault->fault;
    }

    while (jupref_journal_next(reader, &bytes, fault) == JUPREF_FAULT_NONE
           && bytes.data != NULL)
    {
        if (jupref_record_parse(bytes, &record) != JUPREF_RECORD_OK
            || jupref_record_check(&record) != JUPREF_RECORD_OK
            || memcmp(record.leaf_hash, sim->facts[record.seq].leaf_hash,
                      JUPREF_SHA256_SIZE) != 0)
        {
            sim_fail(sim, "record %llu is read otherwise than it was written",
                     (unsigned long long) record.seq);
        }
    }

    jupref_journal_close(reader);

    return fault->fault;
}


static jupref_fault_e
sim_verify_snapshots(sim_t *sim, jupref_fault_t *fault)
{
    size_t           i, count;
    uint64_t        *seqs;
    jupref_fault_e   result;

    result = jupref_snapshot_list(&sim->store, &seqs, &count, fault);

    for (i = 0; i < count && result == JUPREF_FAULT_NONE; i++) {
        result = jupref_snapshot_check(&sim->store, seqs[i], fault);
    }

    free(seqs);

    return result;
}


/*
 * A start refuses, or comes by another way to the same state: an older
 * snapshot, the other slot of `synced`, or without the part that is broken.
 */

static void
sim_flipped_recovery(sim_t *sim, const char *name)
{
    jupref_fault_t       fault;
    jupref_place_t       place;
    jupref_ledger_t     *ledger;
    jupref_recovery_t    how;
    jupref_recovered_t   recovered;

    memset(&how, 0, sizeof(how));
    ledger = sim_ledger_new(sim, sim->zone.size);

    if (jupref_recover(&sim->store, &how, ledger, &place, &recovered, &fault)
        == JUPREF_FAULT_NONE)
    {
        if (place.seq != sim->fact_count) {
            sim_fail(sim, "with %s broken, recovery goes to event %llu of "
                     "%llu", name, (unsigned long long) place.seq,
                     (unsigned long long) sim->fact_count);
        }

        sim_same_state(sim, ledger, "recovery of something broken");
    }

    sim_ledger_free(sim, ledger);
}
