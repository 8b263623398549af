/*
 * Records: the frame around the bodies, and the hashes (see the header).
 *
 * A record is written in one pass; commitment and leaf hash are put into
 * their places once the bodies are there.
 */

#include "log/jupref_record.h"

#include <string.h>

#include "log/jupref_record_bodies.h"
#include "log/jupref_record_fields.h"


#define JUPREF_LEAF_VERSION  1
#define JUPREF_SALT_HALF     (JUPREF_SALT_SIZE / 2)

/* Where the fields stand that have a fixed place. */
#define JUPREF_AT_EDGE_SEQ   20
#define JUPREF_AT_LEAF_HASH  65
#define JUPREF_AT_ACTOR      129


static unsigned jupref_taker_commitment(uint8_t hash[JUPREF_SHA256_SIZE],
    const uint8_t salt[JUPREF_SALT_SIZE], const uint8_t *taker);
static unsigned jupref_leaf_of(uint8_t *leaf, const jupref_record_t *record);
static unsigned jupref_leaf_hash(uint8_t hash[JUPREF_SHA256_SIZE],
    const jupref_record_t *record);
static uint8_t *jupref_body_begins(jupref_writer_t *out);
static jupref_bytes_t jupref_body_ends(const jupref_writer_t *out,
    uint8_t *length);
static jupref_record_result_e jupref_read_bodies(const jupref_body_t *body,
    const jupref_record_t *record, jupref_event_t *event);


size_t
jupref_record_write(uint8_t bytes[JUPREF_RECORD_MAX],
    const jupref_event_t *event, const uint8_t previous[JUPREF_SHA256_SIZE],
    const uint8_t salt[JUPREF_SALT_SIZE],
    uint8_t leaf_hash[JUPREF_SHA256_SIZE])
{
    uint8_t                *length, *commitment;
    size_t                  size;
    jupref_record_t         record;
    jupref_writer_t         out;
    const jupref_body_t    *body;
    const jupref_pubkey_t  *taker;

    body = jupref_body(event->type);

    if (body == NULL || !jupref_body_valid(body, event)) {
        return 0;
    }

    jupref_writer_init(&out, bytes, JUPREF_RECORD_MAX);

    jupref_write_u32_le(&out, 0);
    jupref_write_u64_le(&out, event->seq);
    jupref_write_u64_le(&out, event->time_ms);
    jupref_write_u64_le(&out, event->edge_seq);
    jupref_write_u32_le(&out, event->edge);
    jupref_write_u8(&out, (uint8_t) event->type);
    jupref_write_bytes(&out, previous, JUPREF_SHA256_SIZE);
    (void) jupref_write_room(&out, JUPREF_SHA256_SIZE);
    jupref_write_bytes(&out, salt, JUPREF_SALT_SIZE);
    jupref_write_padded(&out, event->actor, JUPREF_ACTOR_MAX);

    length = jupref_body_begins(&out);
    taker = jupref_body_taker(body, event);

    if (taker != NULL) {
        commitment = jupref_write_room(&out, JUPREF_SHA256_SIZE);

        if (commitment == NULL
            || !jupref_taker_commitment(commitment, salt, taker->bytes))
        {
            return 0;
        }
    }

    body->write(&out, event);
    record.public_body = jupref_body_ends(&out, length);

    length = jupref_body_begins(&out);
    jupref_body_write_private(body, &out, event);
    (void) jupref_body_ends(&out, length);

    if (out.failed) {
        return 0;
    }

    record.seq = event->seq;
    record.time_ms = event->time_ms;
    record.type = (uint8_t) event->type;
    record.previous = previous;
    record.salt = salt;

    if (!jupref_leaf_hash(leaf_hash, &record)) {
        return 0;
    }

    memcpy(bytes + JUPREF_AT_LEAF_HASH, leaf_hash, JUPREF_SHA256_SIZE);

    size = (size_t) (out.at - bytes);
    jupref_writer_init(&out, bytes, JUPREF_RECORD_MAX);
    jupref_write_u32_le(&out, (uint32_t) (size - sizeof(uint32_t)));

    return size;
}


jupref_record_result_e
jupref_record_parse(jupref_bytes_t bytes, jupref_record_t *record)
{
    size_t           length;
    jupref_reader_t  in;

    jupref_reader_init(&in, bytes);

    length = jupref_read_u32_le(&in);

    if (jupref_reader_left(&in) < length) {
        return JUPREF_RECORD_SHORT;
    }

    if (bytes.len > JUPREF_RECORD_MAX || jupref_reader_left(&in) > length) {
        return JUPREF_RECORD_LONG;
    }

    record->seq = jupref_read_u64_le(&in);
    record->time_ms = jupref_read_u64_le(&in);
    (void) jupref_read_bytes(&in, 8 + 4);
    record->type = jupref_read_u8(&in);
    record->previous = jupref_read_bytes(&in, JUPREF_SHA256_SIZE).data;
    record->leaf_hash = jupref_read_bytes(&in, JUPREF_SHA256_SIZE).data;
    record->salt = jupref_read_bytes(&in, JUPREF_SALT_SIZE).data;
    (void) jupref_read_bytes(&in, jupref_read_u8(&in));
    record->public_body = jupref_read_bytes(&in, jupref_read_u16_le(&in));
    record->private_body = jupref_read_bytes(&in, jupref_read_u16_le(&in));

    if (in.failed) {
        return JUPREF_RECORD_SHORT;
    }

    if (jupref_reader_left(&in) > 0) {
        return JUPREF_RECORD_LONG;
    }

    if (jupref_body(record->type) == NULL) {
        return JUPREF_RECORD_TYPE;
    }

    return record->seq > 0 ? JUPREF_RECORD_OK : JUPREF_RECORD_FIELD;
}


jupref_record_result_e
jupref_record_event(const jupref_record_t *record, jupref_bytes_t bytes,
    jupref_event_t *event)
{
    jupref_reader_t         in;
    const jupref_body_t    *body;
    jupref_record_result_e  result;

    body = jupref_body(record->type);

    if (body == NULL) {
        return JUPREF_RECORD_TYPE;
    }

    memset(event, 0, sizeof(jupref_event_t));

    event->seq = record->seq;
    event->time_ms = record->time_ms;
    event->type = record->type;

    jupref_reader_init(&in, bytes);
    (void) jupref_read_bytes(&in, JUPREF_AT_EDGE_SEQ);
    event->edge_seq = jupref_read_u64_le(&in);
    event->edge = jupref_read_u32_le(&in);
    (void) jupref_read_bytes(&in, JUPREF_AT_ACTOR - JUPREF_AT_EDGE_SEQ - 12);

    if (!jupref_read_padded(&in, event->actor, JUPREF_ACTOR_MAX)) {
        return JUPREF_RECORD_FIELD;
    }

    if (in.failed) {
        return JUPREF_RECORD_SHORT;
    }

    result = jupref_read_bodies(body, record, event);

    if (result != JUPREF_RECORD_OK) {
        return result;
    }

    return jupref_body_valid(body, event) ? JUPREF_RECORD_OK
                                          : JUPREF_RECORD_FIELD;
}


jupref_record_result_e
jupref_record_check(const jupref_record_t *record)
{
    uint8_t               hash[JUPREF_SHA256_SIZE];
    const jupref_body_t  *body;

    body = jupref_body(record->type);

    if (body == NULL) {
        return JUPREF_RECORD_TYPE;
    }

    if (!jupref_leaf_hash(hash, record)
        || !jupref_digest_equal(hash, record->leaf_hash))
    {
        return JUPREF_RECORD_HASH;
    }

    if (body->taker_at == 0) {
        return JUPREF_RECORD_OK;
    }

    if (record->public_body.len < JUPREF_SHA256_SIZE
        || record->private_body.len < JUPREF_PUBKEY_SIZE)
    {
        return JUPREF_RECORD_SHORT;
    }

    if (!jupref_taker_commitment(hash, record->salt,
                                 record->private_body.data)
        || !jupref_digest_equal(hash, record->public_body.data))
    {
        return JUPREF_RECORD_HASH;
    }

    return JUPREF_RECORD_OK;
}


unsigned
jupref_record_leaf(const jupref_record_t *record,
    uint8_t leaf[JUPREF_LEAF_SIZE])
{
    return jupref_leaf_of(leaf, record);
}


const char *
jupref_record_result_text(jupref_record_result_e result)
{
    static const char *const  texts[JUPREF_RECORD_RESULTS] = {
        "ok",
        "the record ends inside a field",
        "there are bytes behind the record's last field",
        "the record is of a type that this version doesn't know",
        "a field of the record is what no event can have",
        "the record isn't what its hashes say"
    };

    return texts[result];
}


static unsigned
jupref_taker_commitment(uint8_t hash[JUPREF_SHA256_SIZE],
    const uint8_t salt[JUPREF_SALT_SIZE], const uint8_t *taker)
{
    uint8_t  salted[JUPREF_SALT_HALF + JUPREF_PUBKEY_SIZE];

    memcpy(salted, salt + JUPREF_SALT_HALF, JUPREF_SALT_HALF);
    memcpy(salted + JUPREF_SALT_HALF, taker, JUPREF_PUBKEY_SIZE);

    return jupref_sha256(hash, (jupref_bytes_t) { salted, sizeof(salted) });
}


static unsigned
jupref_leaf_of(uint8_t *leaf, const jupref_record_t *record)
{
    uint8_t          *commitment;
    jupref_bytes_t    spans[2];
    jupref_writer_t   out;

    jupref_writer_init(&out, leaf, JUPREF_LEAF_SIZE);

    jupref_write_u8(&out, JUPREF_LEAF_VERSION);
    jupref_write_u8(&out, record->type);
    jupref_write_u64_le(&out, record->seq);
    jupref_write_u64_le(&out, record->time_ms);
    jupref_write_bytes(&out, record->previous, JUPREF_SHA256_SIZE);
    commitment = jupref_write_room(&out, JUPREF_SHA256_SIZE);

    spans[0] = (jupref_bytes_t) { record->salt, JUPREF_SALT_HALF };
    spans[1] = record->public_body;

    return commitment != NULL && jupref_sha256_spans(commitment, spans, 2);
}


/* RFC 9162: a zero before what a leaf holds, a one before two hashes. */

static unsigned
jupref_leaf_hash(uint8_t hash[JUPREF_SHA256_SIZE],
    const jupref_record_t *record)
{
    uint8_t  leaf[1 + JUPREF_LEAF_SIZE];

    leaf[0] = 0x00;

    return jupref_leaf_of(leaf + 1, record)
           && jupref_sha256(hash, (jupref_bytes_t) { leaf, sizeof(leaf) });
}


/* The place of a body's length, which is known when the body ends. */

static uint8_t *
jupref_body_begins(jupref_writer_t *out)
{
    return jupref_write_room(out, sizeof(uint16_t));
}


static jupref_bytes_t
jupref_body_ends(const jupref_writer_t *out, uint8_t *length)
{
    jupref_bytes_t   body;
    jupref_writer_t  place;

    if (out->failed) {
        return (jupref_bytes_t) { NULL, 0 };
    }

    body.data = length + sizeof(uint16_t);
    body.len = (size_t) (out->at - body.data);

    jupref_writer_init(&place, length, sizeof(uint16_t));
    jupref_write_u16_le(&place, (uint16_t) body.len);

    return body;
}


static jupref_record_result_e
jupref_read_bodies(const jupref_body_t *body, const jupref_record_t *record,
    jupref_event_t *event)
{
    unsigned         one_way;
    jupref_reader_t  fields, secret;

    jupref_reader_init(&fields, record->public_body);
    jupref_reader_init(&secret, record->private_body);

    if (body->taker_at) {
        (void) jupref_read_bytes(&fields, JUPREF_SHA256_SIZE);
    }

    one_way = body->read(&fields, event);
    one_way &= jupref_body_read_private(body, &secret, event);

    if (fields.failed || secret.failed) {
        return JUPREF_RECORD_SHORT;
    }

    if (!one_way) {
        return JUPREF_RECORD_FIELD;
    }

    if (jupref_reader_left(&fields) > 0 || jupref_reader_left(&secret) > 0) {
        return JUPREF_RECORD_LONG;
    }

    return JUPREF_RECORD_OK;
}
