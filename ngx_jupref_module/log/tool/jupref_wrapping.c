/*
 * Wrapped keys in headers (see the header).
 *
 *     identity   | … | wrapped |
 *     segment    | … | wrapped |
 *     snapshot   | … | wrapped | SHA-256 of all before it |
 *
 * What stands before the wrapped key is authenticated with it, so a header
 * that was changed doesn't open.
 */

#include "log/tool/jupref_wrapping.h"

#include <string.h>

#include <openssl/crypto.h>

#include "log/jupref_snapshot_file.h"
#include "log/jupref_tiles.h"


static const struct {
    size_t          wrapped_at;
    unsigned        summed;
    jupref_fault_e  broken;
} jupref_wraps[] = {
    [JUPREF_WRAPS_IDENTITY] = { 8 + JUPREF_EDGE_MAX + JUPREF_ORIGIN_MAX, 0,
                                JUPREF_FAULT_IDENTITY },
    [JUPREF_WRAPS_SEGMENT] = { JUPREF_SEGMENT_HEADER - JUPREF_WRAPPED_SIZE, 0,
                               JUPREF_FAULT_HEADER },
    [JUPREF_WRAPS_SNAPSHOT] = { JUPREF_SNAPSHOT_HEADER - JUPREF_SHA256_SIZE
                                - JUPREF_WRAPPED_SIZE, 1,
                                JUPREF_FAULT_SNAPSHOT }
};


void
jupref_wrapping_of(jupref_wrapping_t *wrapping, jupref_wraps_e kind,
    uint64_t seq)
{
    memset(wrapping, 0, sizeof(jupref_wrapping_t));
    wrapping->kind = kind;
    wrapping->header_len = jupref_wraps[kind].wrapped_at + JUPREF_WRAPPED_SIZE
                           + (jupref_wraps[kind].summed ? JUPREF_SHA256_SIZE
                                                        : 0);

    switch (kind) {
    case JUPREF_WRAPS_IDENTITY:
        memcpy(wrapping->name, "identity", sizeof("identity"));
        break;
    case JUPREF_WRAPS_SEGMENT:
        jupref_segment_name(wrapping->name, seq);
        break;
    case JUPREF_WRAPS_SNAPSHOT:
        jupref_snapshot_name(wrapping->name, seq);
        break;
    }
}


jupref_fault_e
jupref_wrapping_read(jupref_tool_t *tool, jupref_wrapping_t *wrapping,
    jupref_fault_t *fault)
{
    int      file;
    int64_t  n, size;

    file = tool->disk.open(&tool->disk, wrapping->name, 0, 0);

    if (file < 0) {
        return jupref_fault_io(fault, wrapping->name, 0, file, "opening");
    }

    n = tool->disk.read(&tool->disk, file, wrapping->header,
                        wrapping->header_len, 0);
    size = tool->disk.size(&tool->disk, file);
    tool->disk.close(&tool->disk, file);

    if (n < 0 || size < 0) {
        return jupref_fault_io(fault, wrapping->name, 0,
                               (int) (n < 0 ? n : size), "reading");
    }

    wrapping->size = (uint64_t) size;

    if ((size_t) n < wrapping->header_len) {
        return jupref_fault_set(fault, jupref_wraps[wrapping->kind].broken,
                                wrapping->name, (uint64_t) n,
                                "ends inside its header");
    }

    return JUPREF_FAULT_NONE;
}


jupref_bytes_t
jupref_wrapping_key(const jupref_wrapping_t *wrapping)
{
    return jupref_wrapped_key_id(wrapping->header
                                 + jupref_wraps[wrapping->kind].wrapped_at);
}


jupref_fault_e
jupref_wrapping_renew(jupref_tool_t *tool, jupref_wrapping_t *wrapping,
    jupref_fault_t *fault)
{
    uint8_t                 data_key[JUPREF_DATA_KEY], *wrapped;
    unsigned                done;
    jupref_bytes_t          beside, id;
    jupref_unwrap_result_e  result;

    wrapped = wrapping->header + jupref_wraps[wrapping->kind].wrapped_at;
    beside.data = wrapping->header;
    beside.len = jupref_wraps[wrapping->kind].wrapped_at;

    result = jupref_unwrap(data_key, &tool->store.keys, wrapped, beside);

    if (result == JUPREF_UNWRAP_KEY_UNKNOWN) {
        id = jupref_wrapping_key(wrapping);

        return jupref_fault_set(fault, JUPREF_FAULT_KEY_UNKNOWN,
                                wrapping->name, beside.len, "is sealed by key "
                                "\"%.*s\", which the keyring doesn't have",
                                (int) id.len, (const char *) id.data);
    }

    if (result == JUPREF_UNWRAP_BROKEN) {
        return jupref_fault_set(fault, jupref_wraps[wrapping->kind].broken,
                                wrapping->name, 0,
                                "its header isn't what was written");
    }

    if (result != JUPREF_UNWRAP_OK) {
        return jupref_fault_memory(fault, wrapping->name);
    }

    done = jupref_wrap(wrapped, &tool->store.keys, data_key, beside);
    OPENSSL_cleanse(data_key, sizeof(data_key));

    if (done && jupref_wraps[wrapping->kind].summed) {
        beside.len += JUPREF_WRAPPED_SIZE;
        done = jupref_sha256(wrapping->header + beside.len, beside);
    }

    return done ? JUPREF_FAULT_NONE : jupref_fault_memory(fault,
                                                          wrapping->name);
}


unsigned
jupref_wrapping_opens(const jupref_tool_t *tool,
    const jupref_wrapping_t *wrapping)
{
    uint8_t         data_key[JUPREF_DATA_KEY];
    unsigned        opens;
    jupref_bytes_t  beside;

    beside.data = wrapping->header;
    beside.len = jupref_wraps[wrapping->kind].wrapped_at;

    opens = jupref_unwrap(data_key, &tool->store.keys,
                          wrapping->header + beside.len, beside)
            == JUPREF_UNWRAP_OK;
    OPENSSL_cleanse(data_key, sizeof(data_key));

    return opens;
}
