/*
 * Spans of bytes and the one bounds-checked way to read and to write them.
 *
 * A span borrows: whoever made it says how long the bytes live.  A reader
 * never reads past its end; the first read that would marks it failed, every
 * read after that gives zeroes, so a parser may read a whole structure and
 * look at `failed` once.  A writer is the same the other way round: what
 * doesn't fit marks it failed, and nothing is written from then on.
 */

#ifndef JUPREF_BYTES_H
#define JUPREF_BYTES_H


#include <stddef.h>
#include <stdint.h>
#include <string.h>


typedef struct {
    const uint8_t  *data;
    size_t          len;
} jupref_bytes_t;


#define jupref_bytes(text)                                                    \
    ((jupref_bytes_t) { (const uint8_t *) text, sizeof(text) - 1 })


typedef struct {
    const uint8_t  *at;
    const uint8_t  *end;
    unsigned        failed:1;
} jupref_reader_t;


typedef struct {
    uint8_t        *at;
    const uint8_t  *end;
    unsigned        failed:1;
} jupref_writer_t;


/* 1 when both spans hold the same bytes; not for secrets. */
unsigned jupref_bytes_equal(jupref_bytes_t one, jupref_bytes_t other);

/* The same without regard to ASCII case. */
unsigned jupref_bytes_equal_nocase(jupref_bytes_t one, jupref_bytes_t other);


/*
 * In the header, because a record is a hundred reads of a few bytes.  A read
 * or a write that fails doesn't move: what comes after it reads zeroes or
 * writes nothing because it is marked, not because it stands at the end.
 */

static inline void
jupref_reader_init(jupref_reader_t *reader, jupref_bytes_t bytes)
{
    reader->at = bytes.data;
    reader->end = bytes.len > 0 ? bytes.data + bytes.len : bytes.data;
    reader->failed = 0;
}


/* Bytes not read yet; 0 once the reader has failed. */
static inline size_t
jupref_reader_left(const jupref_reader_t *reader)
{
    if (reader->failed) {
        return 0;
    }

    return (size_t) (reader->end - reader->at);
}


static inline const uint8_t *
jupref_reader_take(jupref_reader_t *reader, size_t len)
{
    const uint8_t  *bytes;

    if (reader->failed || len > (size_t) (reader->end - reader->at)) {
        reader->failed = 1;
        return NULL;
    }

    bytes = reader->at;

    if (len > 0) {
        reader->at += len;
    }

    return bytes;
}


static inline uint8_t
jupref_read_u8(jupref_reader_t *reader)
{
    const uint8_t  *bytes;

    bytes = jupref_reader_take(reader, 1);

    return bytes == NULL ? 0 : bytes[0];
}


static inline uint16_t
jupref_read_u16_le(jupref_reader_t *reader)
{
    const uint8_t  *bytes;

    bytes = jupref_reader_take(reader, 2);

    return bytes == NULL ? 0 : (uint16_t) (bytes[0] | bytes[1] << 8);
}


static inline uint32_t
jupref_read_u32_le(jupref_reader_t *reader)
{
    const uint8_t  *bytes;

    bytes = jupref_reader_take(reader, 4);

    if (bytes == NULL) {
        return 0;
    }

    return (uint32_t) bytes[0] | (uint32_t) bytes[1] << 8
           | (uint32_t) bytes[2] << 16 | (uint32_t) bytes[3] << 24;
}


static inline uint64_t
jupref_read_u64_le(jupref_reader_t *reader)
{
    const uint8_t  *bytes;

    bytes = jupref_reader_take(reader, 8);

    if (bytes == NULL) {
        return 0;
    }

    /* written out, because compilers know it for one load only so */

    return (uint64_t) bytes[0] | (uint64_t) bytes[1] << 8
           | (uint64_t) bytes[2] << 16 | (uint64_t) bytes[3] << 24
           | (uint64_t) bytes[4] << 32 | (uint64_t) bytes[5] << 40
           | (uint64_t) bytes[6] << 48 | (uint64_t) bytes[7] << 56;
}


/* The next `len` bytes as a span of the input; NULL data when too short. */
static inline jupref_bytes_t
jupref_read_bytes(jupref_reader_t *reader, size_t len)
{
    jupref_bytes_t  bytes;

    bytes.data = jupref_reader_take(reader, len);
    bytes.len = bytes.data == NULL ? 0 : len;

    return bytes;
}


/* The next `len` bytes, copied; nothing is when they are too few. */
static inline void
jupref_read_fixed(jupref_reader_t *reader, uint8_t *bytes, size_t len)
{
    const uint8_t  *read;

    read = jupref_reader_take(reader, len);

    if (read != NULL && len > 0) {
        memcpy(bytes, read, len);
    }
}


static inline void
jupref_writer_init(jupref_writer_t *writer, uint8_t *room, size_t size)
{
    writer->at = room;
    writer->end = size > 0 ? room + size : room;
    writer->failed = 0;
}


/* The next `len` bytes, for who fills them in itself; NULL when they don't
 * fit. */
static inline uint8_t *
jupref_write_room(jupref_writer_t *writer, size_t len)
{
    uint8_t  *room;

    if (writer->failed || len > (size_t) (writer->end - writer->at)) {
        writer->failed = 1;
        return NULL;
    }

    room = writer->at;

    if (len > 0) {
        writer->at += len;
    }

    return room;
}


static inline void
jupref_write_u8(jupref_writer_t *writer, uint8_t value)
{
    uint8_t  *room;

    room = jupref_write_room(writer, 1);

    if (room != NULL) {
        room[0] = value;
    }
}


static inline void
jupref_write_u16_le(jupref_writer_t *writer, uint16_t value)
{
    uint8_t  *room;

    room = jupref_write_room(writer, 2);

    if (room != NULL) {
        room[0] = (uint8_t) value;
        room[1] = (uint8_t) (value >> 8);
    }
}


static inline void
jupref_write_u32_le(jupref_writer_t *writer, uint32_t value)
{
    uint8_t  *room;

    room = jupref_write_room(writer, 4);

    if (room != NULL) {
        room[0] = (uint8_t) value;
        room[1] = (uint8_t) (value >> 8);
        room[2] = (uint8_t) (value >> 16);
        room[3] = (uint8_t) (value >> 24);
    }
}


static inline void
jupref_write_u64_le(jupref_writer_t *writer, uint64_t value)
{
    uint8_t  *room;

    room = jupref_write_room(writer, 8);

    if (room != NULL) {
        room[0] = (uint8_t) value;
        room[1] = (uint8_t) (value >> 8);
        room[2] = (uint8_t) (value >> 16);
        room[3] = (uint8_t) (value >> 24);
        room[4] = (uint8_t) (value >> 32);
        room[5] = (uint8_t) (value >> 40);
        room[6] = (uint8_t) (value >> 48);
        room[7] = (uint8_t) (value >> 56);
    }
}


static inline void
jupref_write_bytes(jupref_writer_t *writer, const uint8_t *bytes, size_t len)
{
    uint8_t  *room;

    room = jupref_write_room(writer, len);

    if (room != NULL && len > 0) {
        memcpy(room, bytes, len);
    }
}


#endif /* JUPREF_BYTES_H */
