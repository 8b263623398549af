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


void jupref_reader_init(jupref_reader_t *reader, jupref_bytes_t bytes);

/* Bytes not read yet; 0 once the reader has failed. */
size_t jupref_reader_left(const jupref_reader_t *reader);

uint8_t jupref_read_u8(jupref_reader_t *reader);
uint16_t jupref_read_u16_le(jupref_reader_t *reader);
uint32_t jupref_read_u32_le(jupref_reader_t *reader);
uint64_t jupref_read_u64_le(jupref_reader_t *reader);

/* The next `len` bytes as a span of the input; NULL data when too short. */
jupref_bytes_t jupref_read_bytes(jupref_reader_t *reader, size_t len);


typedef struct {
    uint8_t        *at;
    const uint8_t  *end;
    unsigned        failed:1;
} jupref_writer_t;


void jupref_writer_init(jupref_writer_t *writer, uint8_t *room, size_t size);

void jupref_write_u8(jupref_writer_t *writer, uint8_t value);
void jupref_write_u16_le(jupref_writer_t *writer, uint16_t value);
void jupref_write_u32_le(jupref_writer_t *writer, uint32_t value);
void jupref_write_u64_le(jupref_writer_t *writer, uint64_t value);
void jupref_write_bytes(jupref_writer_t *writer, const uint8_t *bytes,
    size_t len);

/* The next `len` bytes, for who fills them in itself; NULL when they don't
 * fit. */
uint8_t *jupref_write_room(jupref_writer_t *writer, size_t len);


/* 1 when both spans hold the same bytes; not for secrets. */
unsigned jupref_bytes_equal(jupref_bytes_t one, jupref_bytes_t other);

/* The same without regard to ASCII case. */
unsigned jupref_bytes_equal_nocase(jupref_bytes_t one, jupref_bytes_t other);


#endif /* JUPREF_BYTES_H */
