/*
 * The journal, hostile: whatever stands in its files, reading it ends with a
 * fault that is named or gives records that were sealed, and no byte outside
 * is touched.
 *
 *     input   u8 what is hostile | u8 from which seq to read | bytes
 *
 * The bytes are a whole segment, frames behind a good header, `synced`, or
 * changes (u16 place, u8 mask) to a good journal of two segments.  There a
 * change that lets the journal be read to its end has changed nothing.
 */

#include "log/jupref_journal.h"

#include <stdio.h>

#include "fuzzing.h"
#include "sim_disk.h"


#define RECORDS       6
#define RECORD_BYTES  134


static const jupref_key_t  keys[] = {
    { "k2", "0123456789abcdef0123456789abcde" },
    { "k1", "fedcba9876543210fedcba987654321" }
};

/* Made once: the same good journal for every input. */
static sim_disk_t  *good;
static uint8_t      leaf_hashes[RECORDS + 1][JUPREF_SHA256_SIZE];
static char         names[2][JUPREF_NAME_MAX];


static void
store_init(jupref_store_t *store, sim_disk_t *sim)
{
    memset(store, 0, sizeof(jupref_store_t));
    store->disk = &sim->disk;
    store->keys.keys = keys;
    store->keys.count = 2;
    memcpy(store->edge, "edge-a", 6);
}


/* As much of a record as the journal looks at, and fill. */
static void
make_record(uint8_t record[RECORD_BYTES], unsigned seq)
{
    memset(record, (int) seq, RECORD_BYTES);
    memset(record, 0, 12);
    record[0] = RECORD_BYTES - 4;
    record[4] = (uint8_t) seq;
    memcpy(record + 33, leaf_hashes[seq - 1], JUPREF_SHA256_SIZE);
    memset(leaf_hashes[seq], (int) (0x40 + seq), JUPREF_SHA256_SIZE);
    memcpy(record + 65, leaf_hashes[seq], JUPREF_SHA256_SIZE);
}


static void
make_segment(jupref_store_t *store, unsigned first, unsigned last)
{
    int                file;
    size_t             len;
    uint8_t            record[RECORD_BYTES], frame[JUPREF_FRAME_MAX];
    uint64_t           at;
    unsigned           seq;
    jupref_fault_t     fault;
    jupref_sealer_t   *sealer;
    jupref_segment_t   segment;

    memset(&segment, 0, sizeof(segment));
    segment.first = first;
    segment.created_ms = 1;
    memcpy(segment.previous, leaf_hashes[first - 1], JUPREF_SHA256_SIZE);
    expect(jupref_segment_create(store, &segment, &file, &fault)
           == JUPREF_FAULT_NONE);
    sealer = jupref_sealer_create(segment.data_key);
    expect(sealer != NULL);

    for (seq = first, at = JUPREF_SEGMENT_HEADER; seq <= last; seq++) {
        make_record(record, seq);
        len = jupref_frame_write(frame, sealer, seq,
                                 (jupref_bytes_t) { record, RECORD_BYTES });
        expect(len > 0);
        expect(store->disk->write(store->disk, file, frame, len, at) == 0);
        at += len;
    }

    store->disk->close(store->disk, file);
    jupref_sealer_free(sealer);
}


static void
make_good(void)
{
    jupref_fault_t   fault;
    jupref_store_t   store;
    jupref_synced_t  synced;

    good = sim_disk_create(1);
    store_init(&store, good);
    jupref_segment_name(names[0], 1);
    jupref_segment_name(names[1], 4);
    memset(&synced, 0, sizeof(synced));

    for (synced.count = 1; synced.count <= 2; synced.count++) {
        synced.seq = RECORDS;
        expect(jupref_synced_write(&store, &synced, &fault)
               == JUPREF_FAULT_NONE);
    }

    make_segment(&store, 1, 3);
    make_segment(&store, 4, RECORDS);
    sim_disk_settle(good);
}


/* Reads to the end, or to a fault; records are those that were sealed. */
static jupref_fault_e
read_all(sim_disk_t *sim, uint64_t from, uint64_t *next)
{
    uint8_t                   expected[RECORD_BYTES], record[JUPREF_RECORD_MAX];
    jupref_store_t            store;
    jupref_bytes_t            bytes;
    jupref_fault_e            result;
    jupref_fault_t            fault;
    jupref_record_cache_t    *cache;
    jupref_journal_reader_t  *reader;

    memset(&fault, 0, sizeof(fault));
    store_init(&store, sim);
    *next = from;
    cache = NULL;

    (void) jupref_journal_fetch(&store, &cache, from, record, &bytes, &fault);
    jupref_record_cache_free(cache);

    result = jupref_journal_open(&store, from, 0, &reader, &fault);

    if (result != JUPREF_FAULT_NONE) {
        expect(reader == NULL && fault.fault == result);
        return result;
    }

    for ( ;; ) {
        result = jupref_journal_next(reader, &bytes, &fault);

        if (result != JUPREF_FAULT_NONE || bytes.data == NULL) {
            break;
        }

        expect(*next <= RECORDS && bytes.len == RECORD_BYTES);
        make_record(expected, (unsigned) *next);
        expect(memcmp(bytes.data, expected, RECORD_BYTES) == 0);
        *next += 1;
    }

    expect(result == JUPREF_FAULT_NONE || fault.fault == result);
    expect(memchr(fault.text, 0, sizeof(fault.text)) != NULL);
    jupref_journal_close(reader);

    return result;
}


static void
change(sim_disk_t *sim, const uint8_t *data, size_t size, unsigned *changed)
{
    size_t          i, place, len, sum;
    unsigned        file;
    const uint8_t  *now, *before;

    for (i = 0; i + 3 <= size; i += 3) {
        place = data[i] | (size_t) data[i + 1] << 8;

        for (file = 0; file < 2; file++) {
            (void) sim_disk_bytes(sim, names[file], &len);

            if (place < len) {
                sim_disk_flip(sim, names[file], place, data[i + 2]);
                break;
            }

            place -= len;
        }
    }

    for (file = 0, sum = 0; file < 2; file++) {
        now = sim_disk_bytes(sim, names[file], &len);
        before = sim_disk_bytes(good, names[file], &len);
        sum += memcmp(now, before, len) != 0;
    }

    *changed = sum > 0;
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t           len;
    uint8_t         *segment;
    uint64_t         from, next;
    unsigned         what, changed;
    sim_disk_t      *sim;
    jupref_fault_e   result;

    if (good == NULL) {
        make_good();
    }

    if (size < 2) {
        return 0;
    }

    what = data[0] % 4;
    from = 1 + data[1] % (RECORDS + 2);
    data += 2;
    size -= 2;
    changed = 0;
    sim = sim_disk_copy(good, 1);

    switch (what) {

    case 0:
        sim_disk_put(sim, names[1], data, size);
        break;

    case 1:
        segment = malloc(JUPREF_SEGMENT_HEADER + size);
        expect(segment != NULL);
        memcpy(segment, sim_disk_bytes(sim, names[1], &len),
               JUPREF_SEGMENT_HEADER);
        memcpy(segment + JUPREF_SEGMENT_HEADER, data, size);
        sim_disk_put(sim, names[1], segment, JUPREF_SEGMENT_HEADER + size);
        free(segment);
        break;

    case 2:
        sim_disk_put(sim, "synced", data, size);
        break;

    default:
        change(sim, data, size, &changed);
        from = 1;
    }

    result = read_all(sim, from, &next);

    if (what == 3) {
        expect(changed == (result != JUPREF_FAULT_NONE));
        expect(result != JUPREF_FAULT_TORN);
        expect(changed || next == RECORDS + 1);
    }

    sim_disk_free(sim);

    return 0;
}
