/*
 * The checkpoint: what was signed last, and what is signed next.
 *
 * A signature that was given is a promise: the next one is only given for a
 * tree that has the signed one as its beginning.  A checkpoint that isn't
 * what our key signs for its numbers (a crash came between) is no promise.
 */

#include "log/jupref_tiles_parts.h"

#include <errno.h>
#include <string.h>

#include "base/jupref_base64.h"
#include "base/jupref_number.h"


#define JUPREF_ROOT_TEXT  44            /* a root in base64 */


static unsigned jupref_checkpoint_parse(jupref_bytes_t text, uint64_t *size,
    uint8_t root[JUPREF_SHA256_SIZE]);
static jupref_bytes_t jupref_checkpoint_line(jupref_bytes_t *text);


int
jupref_checkpoint_read(jupref_store_t *store,
    const jupref_identity_t *identity, uint64_t *size,
    uint8_t root[JUPREF_SHA256_SIZE])
{
    int             file;
    char            text[JUPREF_CHECKPOINT_MAX];
    size_t          len;
    int64_t         got;
    uint8_t         read[JUPREF_CHECKPOINT_MAX + 1];
    jupref_disk_t  *disk;

    disk = store->disk;
    file = disk->open(disk, JUPREF_CHECKPOINT_NAME, 0, 0);

    if (file < 0) {
        return file == -ENOENT ? 0 : file;
    }

    got = disk->read(disk, file, read, sizeof(read), 0);
    disk->close(disk, file);

    if (got < 0) {
        return (int) got;
    }

    if (!jupref_checkpoint_parse((jupref_bytes_t) { read, (size_t) got },
                                 size, root))
    {
        return 0;
    }

    len = jupref_checkpoint_write(text, identity, *size, root);

    return len == (size_t) got && memcmp(text, read, len) == 0 ? (int) len : 0;
}


jupref_fault_e
jupref_tiles_find_published(jupref_tiles_t *tiles,
    const jupref_identity_t *identity, jupref_fault_t *fault)
{
    int  len;

    len = jupref_checkpoint_read(tiles->store, identity,
                                 &tiles->published_size,
                                 tiles->published_root);

    if (len < 0) {
        return jupref_fault_io(fault, JUPREF_CHECKPOINT_NAME, 0, len,
                               "reading");
    }

    tiles->published = len > 0;
    tiles->agreed = 0;

    return JUPREF_FAULT_NONE;
}


/* The tree as it was when it was last signed is a beginning of this one. */
jupref_fault_e
jupref_tiles_agree(jupref_tiles_t *tiles, jupref_fault_t *fault)
{
    uint8_t  root[JUPREF_SHA256_SIZE];

    if (!jupref_merkle_root(tiles->published_size, jupref_tiles_subtree,
                            tiles, root))
    {
        return jupref_fault_set(fault, JUPREF_FAULT_TILE, "tiles", 0,
                                "the tree of %llu events can't be read",
                                (unsigned long long) tiles->published_size);
    }

    if (memcmp(root, tiles->published_root, JUPREF_SHA256_SIZE) != 0) {
        fault->seq = tiles->published_size;

        return jupref_fault_set(fault, JUPREF_FAULT_TILE,
                                JUPREF_CHECKPOINT_NAME, 0, "it was signed for "
                                "other events than the journal's first %llu",
                                (unsigned long long) tiles->published_size);
    }

    tiles->agreed = 1;

    return JUPREF_FAULT_NONE;
}


jupref_fault_e
jupref_tiles_publish(jupref_tiles_t *tiles,
    const jupref_identity_t *identity, jupref_fault_t *fault)
{
    int       result;
    char      text[JUPREF_CHECKPOINT_MAX];
    size_t    len;
    uint8_t   root[JUPREF_SHA256_SIZE];
    uint64_t  size;

    size = tiles->builder.size;

    if (tiles->published && tiles->published_size == size) {
        return JUPREF_FAULT_NONE;
    }

    if (!jupref_merkle_root(size, jupref_tiles_subtree, tiles, root)) {
        return jupref_fault_set(fault, JUPREF_FAULT_TILE, "tiles", 0,
                                "the tree of %llu events can't be read",
                                (unsigned long long) size);
    }

    len = jupref_checkpoint_write(text, identity, size, root);

    if (len == 0) {
        return jupref_fault_memory(fault, JUPREF_CHECKPOINT_NAME);
    }

    result = jupref_tiles_write_file(tiles->store, JUPREF_CHECKPOINT_NAME,
                                     (const uint8_t *) text, len);

    if (result < 0) {
        return jupref_fault_io(fault, JUPREF_CHECKPOINT_NAME, 0, result,
                               "writing");
    }

    tiles->published = 1;
    tiles->agreed = 1;
    tiles->published_size = size;
    memcpy(tiles->published_root, root, JUPREF_SHA256_SIZE);

    return JUPREF_FAULT_NONE;
}


/* Origin, size and root, a line each; then what is signed ends. */
static unsigned
jupref_checkpoint_parse(jupref_bytes_t text, uint64_t *size,
    uint8_t root[JUPREF_SHA256_SIZE])
{
    size_t          len;
    uint8_t         decoded[jupref_base64_decoded_size(JUPREF_ROOT_TEXT)];
    jupref_bytes_t  line;

    (void) jupref_checkpoint_line(&text);
    line = jupref_checkpoint_line(&text);

    if (!jupref_parse_u64(line, size)) {
        return 0;
    }

    line = jupref_checkpoint_line(&text);

    if (line.len != JUPREF_ROOT_TEXT
        || !jupref_base64_decode(decoded, &len, line)
        || len != JUPREF_SHA256_SIZE)
    {
        return 0;
    }

    memcpy(root, decoded, JUPREF_SHA256_SIZE);

    return 1;
}


static jupref_bytes_t
jupref_checkpoint_line(jupref_bytes_t *text)
{
    size_t          len;
    jupref_bytes_t  line;

    for (len = 0; len < text->len && text->data[len] != '\n'; len++) {
        /* void */
    }

    line.data = text->data;
    line.len = len;

    if (len < text->len) {
        len++;
    }

    text->data += len;
    text->len -= len;

    return line;
}
