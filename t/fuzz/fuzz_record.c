/*
 * Records: bytes that decode are what their event is written as, whatever
 * else they claim their hashes to be.
 */

#include "log/jupref_record.h"

#include "fuzzing.h"
#include "log/jupref_record_bodies.h"


/* Nothing that is written can fail to be read. */
static void
expect_written(jupref_bytes_t bytes, const jupref_event_t *event)
{
    jupref_event_t   read;
    jupref_record_t  record;

    expect(jupref_record_parse(bytes, &record) == JUPREF_RECORD_OK);
    expect(jupref_record_check(&record) == JUPREF_RECORD_OK);
    expect(jupref_record_event(&record, bytes, &read) == JUPREF_RECORD_OK);
    expect(memcmp(&read, event, sizeof(jupref_event_t)) == 0);
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t                   len;
    uint8_t                 *copy, written[JUPREF_RECORD_MAX];
    uint8_t                  leaf_hash[JUPREF_SHA256_SIZE];
    uint8_t                  leaf[JUPREF_LEAF_SIZE];
    unsigned                 as_said;
    jupref_bytes_t           bytes;
    jupref_event_t           event;
    jupref_record_t          record;
    jupref_record_result_e   result;

    copy = exact_copy(data, size);
    bytes = (jupref_bytes_t) { copy, size };

    result = jupref_record_parse(bytes, &record);
    expect(result < JUPREF_RECORD_RESULTS);

    if (result != JUPREF_RECORD_OK) {
        free(copy);
        return 0;
    }

    expect(jupref_record_leaf(&record, leaf));
    as_said = (jupref_record_check(&record) == JUPREF_RECORD_OK);

    if (jupref_record_event(&record, bytes, &event) != JUPREF_RECORD_OK) {
        free(copy);
        return 0;
    }

    len = jupref_record_write(written, &event, record.previous, record.salt,
                              leaf_hash);
    expect(len == size);
    expect_written((jupref_bytes_t) { written, len }, &event);

    /* with the hashes that it should have had, it is the same */

    memcpy(copy + (record.leaf_hash - copy), leaf_hash, JUPREF_SHA256_SIZE);

    if (jupref_body(record.type)->taker_at) {
        memcpy(copy + (record.public_body.data - copy),
               written + (record.public_body.data - copy),
               JUPREF_SHA256_SIZE);
    }

    expect(memcmp(copy, written, len) == 0);

    if (as_said) {
        expect(memcmp(data, written, len) == 0);
    }

    free(copy);

    return 0;
}
