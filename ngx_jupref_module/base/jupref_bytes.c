/*
 * Spans and the bounds-checked reader and writer (see the header for the
 * promise).
 *
 * A read or a write that fails doesn't move: what comes after it reads zeroes
 * or writes nothing because it is marked, not because it stands at the end.
 */

#include "base/jupref_bytes.h"

#include <string.h>


static const uint8_t *jupref_reader_take(jupref_reader_t *reader, size_t len);
static uint8_t jupref_lowercase(uint8_t character);


void
jupref_reader_init(jupref_reader_t *reader, jupref_bytes_t bytes)
{
    reader->at = bytes.data;
    reader->end = bytes.len > 0 ? bytes.data + bytes.len : bytes.data;
    reader->failed = 0;
}


size_t
jupref_reader_left(const jupref_reader_t *reader)
{
    if (reader->failed) {
        return 0;
    }

    return (size_t) (reader->end - reader->at);
}


uint8_t
jupref_read_u8(jupref_reader_t *reader)
{
    const uint8_t  *bytes;

    bytes = jupref_reader_take(reader, 1);

    return bytes == NULL ? 0 : bytes[0];
}


uint16_t
jupref_read_u16_le(jupref_reader_t *reader)
{
    const uint8_t  *bytes;

    bytes = jupref_reader_take(reader, 2);

    return bytes == NULL ? 0 : (uint16_t) (bytes[0] | bytes[1] << 8);
}


uint32_t
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


uint64_t
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


jupref_bytes_t
jupref_read_bytes(jupref_reader_t *reader, size_t len)
{
    jupref_bytes_t  bytes;

    bytes.data = jupref_reader_take(reader, len);
    bytes.len = bytes.data == NULL ? 0 : len;

    return bytes;
}


void
jupref_writer_init(jupref_writer_t *writer, uint8_t *room, size_t size)
{
    writer->at = room;
    writer->end = size > 0 ? room + size : room;
    writer->failed = 0;
}


void
jupref_write_u8(jupref_writer_t *writer, uint8_t value)
{
    uint8_t  *room;

    room = jupref_write_room(writer, 1);

    if (room != NULL) {
        room[0] = value;
    }
}


void
jupref_write_u16_le(jupref_writer_t *writer, uint16_t value)
{
    uint8_t  *room;

    room = jupref_write_room(writer, 2);

    if (room != NULL) {
        room[0] = (uint8_t) value;
        room[1] = (uint8_t) (value >> 8);
    }
}


void
jupref_write_u32_le(jupref_writer_t *writer, uint32_t value)
{
    uint8_t   *room;
    unsigned   i;

    room = jupref_write_room(writer, 4);

    for (i = 0; room != NULL && i < 4; i++) {
        room[i] = (uint8_t) (value >> (8 * i));
    }
}


void
jupref_write_u64_le(jupref_writer_t *writer, uint64_t value)
{
    uint8_t   *room;
    unsigned   i;

    room = jupref_write_room(writer, 8);

    for (i = 0; room != NULL && i < 8; i++) {
        room[i] = (uint8_t) (value >> (8 * i));
    }
}


void
jupref_write_bytes(jupref_writer_t *writer, const uint8_t *bytes, size_t len)
{
    uint8_t  *room;

    room = jupref_write_room(writer, len);

    if (room != NULL && len > 0) {
        memcpy(room, bytes, len);
    }
}


uint8_t *
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


unsigned
jupref_bytes_equal(jupref_bytes_t one, jupref_bytes_t other)
{
    if (one.len != other.len) {
        return 0;
    }

    return one.len == 0 || memcmp(one.data, other.data, one.len) == 0;
}


unsigned
jupref_bytes_equal_nocase(jupref_bytes_t one, jupref_bytes_t other)
{
    size_t  i;

    if (one.len != other.len) {
        return 0;
    }

    for (i = 0; i < one.len; i++) {
        if (jupref_lowercase(one.data[i]) != jupref_lowercase(other.data[i])) {
            return 0;
        }
    }

    return 1;
}


static const uint8_t *
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


static uint8_t
jupref_lowercase(uint8_t character)
{
    if (character >= 'A' && character <= 'Z') {
        return (uint8_t) (character | 0x20);
    }

    return character;
}
