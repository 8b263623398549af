/*
 * The JSON writer: every byte goes through one bounds check.
 *
 * Text is copied in runs; only a quote, a backslash, a control character or
 * a broken byte of UTF-8 ends a run.  What isn't UTF-8 becomes U+FFFD, one
 * for each longest beginning of a character, as browsers do it.
 */

#include "base/jupref_json_writer.h"
#include "base/jupref_time.h"
#include "base/jupref_utf8.h"

#include <string.h>


#define JUPREF_JSON_REPLACEMENT  "\xef\xbf\xbd"


static void jupref_json_begin(jupref_json_writer_t *writer,
    const char *name);
static void jupref_json_put(jupref_json_writer_t *writer, const void *bytes,
    size_t len);
static void jupref_json_put_quoted(jupref_json_writer_t *writer,
    jupref_bytes_t text);
static void jupref_json_put_escape(jupref_json_writer_t *writer,
    uint8_t character);
static jupref_bytes_t jupref_json_span(const uint8_t *text, size_t len);


void
jupref_json_init(jupref_json_writer_t *writer, uint8_t *buffer, size_t size)
{
    writer->start = buffer;
    writer->at = buffer;
    writer->end = size > 0 ? buffer + size : buffer;
    writer->comma = 0;
    writer->overflowed = 0;
}


void
jupref_json_object(jupref_json_writer_t *writer, const char *name)
{
    jupref_json_begin(writer, name);
    jupref_json_put(writer, "{", 1);
    writer->comma = 0;
}


void
jupref_json_object_end(jupref_json_writer_t *writer)
{
    jupref_json_put(writer, "}", 1);
    writer->comma = 1;
}


void
jupref_json_array(jupref_json_writer_t *writer, const char *name)
{
    jupref_json_begin(writer, name);
    jupref_json_put(writer, "[", 1);
    writer->comma = 0;
}


void
jupref_json_array_end(jupref_json_writer_t *writer)
{
    jupref_json_put(writer, "]", 1);
    writer->comma = 1;
}


void
jupref_json_string(jupref_json_writer_t *writer, const char *name,
    jupref_bytes_t text)
{
    jupref_json_begin(writer, name);
    jupref_json_put_quoted(writer, text);
}


void
jupref_json_cstring(jupref_json_writer_t *writer, const char *name,
    const char *text)
{
    jupref_json_string(writer, name,
                       jupref_json_span((const uint8_t *) text,
                                        strlen(text)));
}


void
jupref_json_number(jupref_json_writer_t *writer, const char *name,
    uint64_t value)
{
    uint8_t  text[JUPREF_U64_TEXT];

    jupref_json_begin(writer, name);
    jupref_json_put(writer, text, jupref_format_u128(text, value));
}


void
jupref_json_amount(jupref_json_writer_t *writer, const char *name,
    jupref_u128_t value)
{
    uint8_t  text[JUPREF_U128_TEXT];

    jupref_json_string(writer, name,
                       jupref_json_span(text,
                                        jupref_format_u128(text, value)));
}


void
jupref_json_micro(jupref_json_writer_t *writer, const char *name,
    jupref_u128_t micro)
{
    uint8_t  text[JUPREF_MICRO_TEXT];

    jupref_json_string(writer, name,
                       jupref_json_span(text,
                                        jupref_format_micro(text, micro)));
}


void
jupref_json_time(jupref_json_writer_t *writer, const char *name,
    uint64_t time_ms)
{
    uint8_t  text[JUPREF_TIME_TEXT];

    jupref_json_string(writer, name,
                       jupref_json_span(text,
                                        jupref_format_time(text, time_ms)));
}


void
jupref_json_boolean(jupref_json_writer_t *writer, const char *name,
    unsigned value)
{
    jupref_json_begin(writer, name);

    if (value) {
        jupref_json_put(writer, "true", 4);

    } else {
        jupref_json_put(writer, "false", 5);
    }
}


void
jupref_json_null(jupref_json_writer_t *writer, const char *name)
{
    jupref_json_begin(writer, name);
    jupref_json_put(writer, "null", 4);
}


void
jupref_json_raw(jupref_json_writer_t *writer, const char *name,
    jupref_bytes_t json)
{
    jupref_json_begin(writer, name);
    jupref_json_put(writer, json.data, json.len);
}


jupref_bytes_t
jupref_json_text(const jupref_json_writer_t *writer)
{
    return jupref_json_span(writer->start,
                            (size_t) (writer->at - writer->start));
}


/* Comma and name: what stands before a value. */
static void
jupref_json_begin(jupref_json_writer_t *writer, const char *name)
{
    if (writer->comma) {
        jupref_json_put(writer, ",", 1);
    }

    writer->comma = 1;

    if (name != NULL) {
        jupref_json_put_quoted(writer,
                               jupref_json_span((const uint8_t *) name,
                                                strlen(name)));
        jupref_json_put(writer, ":", 1);
    }
}


static void
jupref_json_put(jupref_json_writer_t *writer, const void *bytes, size_t len)
{
    if (writer->overflowed || len > (size_t) (writer->end - writer->at)) {
        writer->overflowed = 1;
        return;
    }

    if (len > 0) {
        memcpy(writer->at, bytes, len);
        writer->at += len;
    }
}


static void
jupref_json_put_quoted(jupref_json_writer_t *writer, jupref_bytes_t text)
{
    unsigned        len, broken;
    const uint8_t  *at, *run, *end;

    jupref_json_put(writer, "\"", 1);

    at = text.data;
    run = at;
    end = text.len > 0 ? at + text.len : at;

    while (at < end && !writer->overflowed) {

        if (*at < 0x80) {
            if (*at >= 0x20 && *at != '"' && *at != '\\') {
                at++;
                continue;
            }

            jupref_json_put(writer, run, (size_t) (at - run));
            jupref_json_put_escape(writer, *at);
            at++;
            run = at;
            continue;
        }

        len = jupref_utf8_length(at, end, &broken);

        if (broken) {
            jupref_json_put(writer, run, (size_t) (at - run));
            jupref_json_put(writer, JUPREF_JSON_REPLACEMENT, 3);
            run = at + len;
        }

        at += len;
    }

    jupref_json_put(writer, run, (size_t) (at - run));
    jupref_json_put(writer, "\"", 1);
}


static void
jupref_json_put_escape(jupref_json_writer_t *writer, uint8_t character)
{
    size_t              len;
    uint8_t             escape[6];
    const char         *letter;
    static const char   characters[] = "\"\\\b\f\n\r\t";
    static const char   letters[] = "\"\\bfnrt";
    static const char   hex[] = "0123456789abcdef";

    escape[0] = '\\';
    letter = character == 0 ? NULL : strchr(characters, character);

    if (letter != NULL) {
        escape[1] = (uint8_t) letters[letter - characters];
        len = 2;

    } else {
        memcpy(escape + 1, "u00", 3);
        escape[4] = (uint8_t) hex[character >> 4];
        escape[5] = (uint8_t) hex[character & 0x0f];
        len = 6;
    }

    jupref_json_put(writer, escape, len);
}


static jupref_bytes_t
jupref_json_span(const uint8_t *text, size_t len)
{
    jupref_bytes_t  bytes;

    bytes.data = text;
    bytes.len = len;

    return bytes;
}
