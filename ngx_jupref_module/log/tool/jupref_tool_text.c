/*
 * jupref-journal's words: complaints, numbers and dates as they are given,
 * values as they are shown.
 */

#include "log/tool/jupref_tool.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/jupref_time.h"


#define JUPREF_DAY_MS    UINT64_C(86400000)
#define JUPREF_LAST_DAY  UINT64_C(2932896)      /* 9999-12-31 */


jupref_exit_e
jupref_tool_say(const jupref_tool_t *tool, jupref_exit_e code,
    const char *format, ...)
{
    va_list  arguments;

    (void) fflush(stdout);

    fprintf(stderr, "jupref-journal %s: ", tool->command);
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fputc('\n', stderr);

    return code;
}


jupref_exit_e
jupref_tool_fault(const jupref_tool_t *tool, const jupref_fault_t *fault)
{
    char  text[JUPREF_FAULT_TEXT];

    jupref_tool_printable(text, fault->text);

    return jupref_tool_say(tool, fault->fault == JUPREF_FAULT_IO
                                 || fault->fault == JUPREF_FAULT_MEMORY
                                 ? JUPREF_EXIT_FAILED : JUPREF_EXIT_FAULT,
                           "%s: %s", jupref_fault_name(fault->fault), text);
}


void
jupref_tool_printable(char shown[JUPREF_FAULT_TEXT],
    const char text[JUPREF_FAULT_TEXT])
{
    size_t  i;

    for (i = 0; i + 1 < JUPREF_FAULT_TEXT && text[i] != '\0'; i++) {
        shown[i] = (text[i] >= 0x20 && text[i] < 0x7f) ? text[i] : '?';
    }

    shown[i] = '\0';
}


unsigned
jupref_tool_number(const char *text, uint64_t *value)
{
    return jupref_parse_u64((jupref_bytes_t) { (const uint8_t *) text,
                                               strlen(text) }, value);
}


unsigned
jupref_tool_size(const char *text, uint64_t *value)
{
    size_t          len;
    unsigned        shift;
    jupref_bytes_t  digits;

    len = strlen(text);
    shift = 0;

    if (len > 0) {
        switch (text[len - 1]) {
        case 'k': case 'K':
            shift = 10;
            break;
        case 'm': case 'M':
            shift = 20;
            break;
        case 'g': case 'G':
            shift = 30;
            break;
        }
    }

    digits.data = (const uint8_t *) text;
    digits.len = len - (shift > 0);

    if (!jupref_parse_u64(digits, value) || *value > UINT64_MAX >> shift) {
        return 0;
    }

    *value <<= shift;

    return 1;
}


/* The day whose text is this, if any is: found by halving. */

unsigned
jupref_tool_date(const char *text, uint64_t *day)
{
    int       order;
    char      middle_text[11];
    uint64_t  low, high, middle;

    low = 0;
    high = JUPREF_LAST_DAY;

    while (low <= high) {
        middle = low + (high - low) / 2;
        jupref_tool_date_text(middle_text, middle);
        order = strcmp(text, middle_text);

        if (order == 0) {
            *day = middle;
            return 1;
        }

        if (order > 0) {
            low = middle + 1;

        } else if (middle == 0) {
            break;

        } else {
            high = middle - 1;
        }
    }

    return 0;
}


void
jupref_tool_date_text(char text[11], uint64_t day)
{
    uint8_t  time[JUPREF_TIME_TEXT];

    (void) jupref_format_time(time, day * JUPREF_DAY_MS);
    memcpy(text, time, 10);
    text[10] = '\0';
}


void
jupref_tool_line(const jupref_json_writer_t *json)
{
    jupref_bytes_t  text;

    text = jupref_json_text(json);
    (void) fwrite(text.data, 1, text.len, stdout);
    (void) fputc('\n', stdout);
}


void
jupref_json_pubkey(jupref_json_writer_t *json, const char *name,
    const jupref_pubkey_t *key)
{
    uint8_t  text[JUPREF_PUBKEY_TEXT];

    if (jupref_pubkey_is_zero(key)) {
        jupref_json_null(json, name);
        return;
    }

    jupref_json_string(json, name, (jupref_bytes_t) {
                           text, jupref_pubkey_format(text, key) });
}


void
jupref_json_signature(jupref_json_writer_t *json, const char *name,
    const jupref_signature_t *signature)
{
    uint8_t  text[JUPREF_SIGNATURE_TEXT];

    if (jupref_signature_is_zero(signature)) {
        jupref_json_null(json, name);
        return;
    }

    jupref_json_string(json, name, (jupref_bytes_t) {
                           text, jupref_signature_format(text, signature) });
}


void
jupref_json_hex(jupref_json_writer_t *json, const char *name,
    const uint8_t *bytes, size_t len)
{
    size_t   i;
    uint8_t  text[128];

    static const char  digits[] = "0123456789abcdef";

    for (i = 0; i < len && 2 * i + 1 < sizeof(text); i++) {
        text[2 * i] = (uint8_t) digits[bytes[i] >> 4];
        text[2 * i + 1] = (uint8_t) digits[bytes[i] & 15];
    }

    jupref_json_string(json, name, (jupref_bytes_t) { text, 2 * i });
}


void
jupref_json_padded(jupref_json_writer_t *json, const char *name,
    const uint8_t *bytes, size_t size)
{
    jupref_bytes_t  text;

    text = jupref_padded(bytes, size);

    if (text.len == 0) {
        jupref_json_null(json, name);
        return;
    }

    jupref_json_string(json, name, text);
}
