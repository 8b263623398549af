/*
 * Tiles as files: their names and directories, and what of them can be
 * trusted after a crash.
 *
 * A tile is written under one other name and renamed, but not synced at once:
 * it can be written anew from the journal.  So after a crash any of the last
 * ones may be missing or have another size.  Before a tile of level 1 is
 * written everything below it is synced, and then it is as well: as many of
 * those as there are, so many leaves can't be lost any more.
 */

#include "log/jupref_tile.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/jupref_number.h"


#define JUPREF_TILE_NEW  "tiles/new"


static void jupref_tile_directory(char name[JUPREF_NAME_MAX],
    const jupref_tile_t *tile);
static int jupref_tile_open(jupref_store_t *store, const jupref_tile_t *tile);
static int jupref_make_parents(jupref_disk_t *disk, const char *name);
static int jupref_tile_width_listed(void *context, const char *name);


size_t
jupref_tile_size(const jupref_tile_t *tile)
{
    return tile->width * (size_t) (tile->level == JUPREF_TILE_ENTRIES
                                   ? JUPREF_ENTRY_SIZE : JUPREF_SHA256_SIZE);
}


void
jupref_tile_name(char name[JUPREF_NAME_MAX], const jupref_tile_t *tile)
{
    size_t    used;
    unsigned  group;
    uint64_t  scale;

    if (tile->level == JUPREF_TILE_ENTRIES) {
        used = (size_t) snprintf(name, JUPREF_NAME_MAX, "tiles/tile/entries");

    } else {
        used = (size_t) snprintf(name, JUPREF_NAME_MAX, "tiles/tile/%u",
                                 tile->level);
    }

    for (scale = 1; tile->index / scale >= 1000; scale *= 1000) {
        /* void */
    }

    for ( /* void */ ; scale > 0; scale /= 1000) {
        group = (unsigned) (tile->index / scale % 1000);
        used += (size_t) snprintf(name + used, JUPREF_NAME_MAX - used,
                                  "/%s%03u", scale > 1 ? "x" : "", group);
    }

    if (tile->width < JUPREF_TILE_WIDTH) {
        (void) snprintf(name + used, JUPREF_NAME_MAX - used, ".p/%u",
                        tile->width);
    }
}


jupref_fault_e
jupref_tile_fault(const jupref_tile_t *tile, uint64_t at, const char *why,
    jupref_fault_t *fault)
{
    char  name[JUPREF_NAME_MAX];

    jupref_tile_name(name, tile);

    return jupref_fault_set(fault, JUPREF_FAULT_TILE, name, at, "%s", why);
}


int
jupref_tile_there(jupref_store_t *store, const jupref_tile_t *tile)
{
    int  file;

    file = jupref_tile_open(store, tile);

    if (file >= 0) {
        store->disk->close(store->disk, file);
        return 1;
    }

    return file == -ENOENT ? 0 : file;
}


int
jupref_tile_read(jupref_store_t *store, const jupref_tile_t *tile,
    uint8_t *bytes)
{
    int      file;
    size_t   len;
    int64_t  got;

    file = jupref_tile_open(store, tile);

    if (file < 0) {
        return file == -ENOENT ? 0 : file;
    }

    len = jupref_tile_size(tile);
    got = store->disk->read(store->disk, file, bytes, len, 0);
    store->disk->close(store->disk, file);

    if (got < 0) {
        return (int) got;
    }

    return (size_t) got == len;
}


int
jupref_tile_write(jupref_store_t *store, const jupref_tile_t *tile,
    const uint8_t *bytes)
{
    char  name[JUPREF_NAME_MAX];

    jupref_tile_name(name, tile);

    return jupref_tiles_write_file(store, name, bytes,
                                   jupref_tile_size(tile));
}


int
jupref_tiles_write_file(jupref_store_t *store, const char *name,
    const uint8_t *bytes, size_t len)
{
    int             file, result;
    jupref_disk_t  *disk;

    disk = store->disk;
    file = disk->open(disk, JUPREF_TILE_NEW, 1, 1);

    if (file == -ENOENT) {
        result = jupref_make_parents(disk, name);
        file = result < 0 ? result : disk->open(disk, JUPREF_TILE_NEW, 1, 1);
    }

    if (file == -EEXIST) {

        /* what a crash has left */

        result = disk->remove(disk, JUPREF_TILE_NEW);
        file = result < 0 ? result : disk->open(disk, JUPREF_TILE_NEW, 1, 1);
    }

    if (file < 0) {
        return file;
    }

    result = disk->write(disk, file, bytes, len, 0);
    disk->close(disk, file);

    if (result >= 0) {
        result = disk->rename(disk, JUPREF_TILE_NEW, name);
    }

    if (result == -ENOENT) {
        result = jupref_make_parents(disk, name);

        if (result >= 0) {
            result = disk->rename(disk, JUPREF_TILE_NEW, name);
        }
    }

    if (result < 0) {
        (void) disk->remove(disk, JUPREF_TILE_NEW);
        return result;
    }

    return 0;
}


int
jupref_tile_sync(jupref_store_t *store, const jupref_tile_t *tile)
{
    int  file, result;

    file = jupref_tile_open(store, tile);

    if (file < 0) {
        return file;
    }

    result = store->disk->sync(store->disk, file);
    store->disk->close(store->disk, file);

    return result;
}


int
jupref_tile_sync_names(jupref_store_t *store, const jupref_tile_t *tile)
{
    int    result;
    char   name[JUPREF_NAME_MAX];
    char  *slash;

    jupref_tile_name(name, tile);
    result = 0;

    for (slash = strrchr(name, '/'); slash != NULL && result >= 0;
         slash = strrchr(name, '/'))
    {
        *slash = '\0';
        result = store->disk->sync_directory(store->disk, name);
    }

    if (result >= 0) {
        result = store->disk->sync_directory(store->disk, "");
    }

    return result;
}


int
jupref_tile_widths(jupref_store_t *store, const jupref_tile_t *tile,
    jupref_widths_t *widths)
{
    int   result;
    char  name[JUPREF_NAME_MAX];

    memset(widths, 0, sizeof(jupref_widths_t));
    jupref_tile_directory(name, tile);
    result = store->disk->list(store->disk, name, jupref_tile_width_listed,
                               widths);

    return result == -ENOENT ? 0 : result;
}


/* The directory stays where the disk can't remove one: it is empty then. */
int
jupref_tile_drop_widths(jupref_store_t *store, const jupref_tile_t *tile)
{
    int              result;
    char             name[JUPREF_NAME_MAX];
    unsigned         width, any;
    jupref_tile_t    partial;
    jupref_widths_t  widths;

    result = jupref_tile_widths(store, tile, &widths);
    partial = *tile;
    any = 0;

    for (width = 1; width < JUPREF_TILE_WIDTH && result >= 0; width++) {

        if (!(widths.bits[width / 64] >> (width % 64) & 1)) {
            continue;
        }

        partial.width = width;
        jupref_tile_name(name, &partial);
        result = store->disk->remove(store->disk, name);
        any = 1;

        if (result == -ENOENT) {
            result = 0;
        }
    }

    if (result >= 0 && any) {
        jupref_tile_directory(name, tile);
        (void) store->disk->remove(store->disk, name);
    }

    return result;
}


/* They are written in their order, so bisection finds the last. */
int
jupref_tile_count(jupref_store_t *store, unsigned level, uint64_t from,
    uint64_t *count)
{
    int            there;
    uint64_t       low, high, middle;
    jupref_tile_t  tile;

    tile.level = level;
    tile.width = JUPREF_TILE_WIDTH;
    low = 0;
    high = 1;

    for ( ;; ) {
        tile.index = from + high - 1;
        there = jupref_tile_there(store, &tile);

        if (there <= 0) {
            break;
        }

        low = high;
        high *= 2;
    }

    while (there >= 0 && high - low > 1) {
        middle = low + (high - low) / 2;
        tile.index = from + middle - 1;
        there = jupref_tile_there(store, &tile);

        if (there > 0) {
            low = middle;

        } else {
            high = middle;
        }
    }

    *count = low;

    return there < 0 ? there : 0;
}


unsigned
jupref_tile_root(const uint8_t *hashes, unsigned count,
    uint8_t root[JUPREF_SHA256_SIZE])
{
    uint8_t   level[JUPREF_TILE_HASHES];
    unsigned  i;

    memcpy(level, hashes, (size_t) count * JUPREF_SHA256_SIZE);

    for ( /* void */ ; count > 1; count /= 2) {

        for (i = 0; i < count; i += 2) {
            if (!jupref_merkle_node(level + i / 2 * JUPREF_SHA256_SIZE,
                                    level + i * JUPREF_SHA256_SIZE,
                                    level + (i + 1) * JUPREF_SHA256_SIZE))
            {
                return 0;
            }
        }
    }

    memcpy(root, level, JUPREF_SHA256_SIZE);

    return 1;
}


unsigned
jupref_tile_leaf_hash(const uint8_t leaf[JUPREF_LEAF_SIZE],
    uint8_t hash[JUPREF_SHA256_SIZE])
{
    uint8_t  bytes[1 + JUPREF_LEAF_SIZE];

    bytes[0] = 0x00;
    memcpy(bytes + 1, leaf, JUPREF_LEAF_SIZE);

    return jupref_sha256(hash, (jupref_bytes_t) { bytes, sizeof(bytes) });
}


static void
jupref_tile_directory(char name[JUPREF_NAME_MAX], const jupref_tile_t *tile)
{
    jupref_tile_t  partial;

    partial = *tile;
    partial.width = 1;
    jupref_tile_name(name, &partial);
    *strrchr(name, '/') = '\0';
}


/* A file of another size is as good as none. */
static int
jupref_tile_open(jupref_store_t *store, const jupref_tile_t *tile)
{
    int      file;
    char     name[JUPREF_NAME_MAX];
    int64_t  size;

    jupref_tile_name(name, tile);
    file = store->disk->open(store->disk, name, 0, 0);

    if (file < 0) {
        return file;
    }

    size = store->disk->size(store->disk, file);

    if (size == (int64_t) jupref_tile_size(tile)) {
        return file;
    }

    store->disk->close(store->disk, file);

    return size < 0 ? (int) size : -ENOENT;
}


static int
jupref_make_parents(jupref_disk_t *disk, const char *name)
{
    int          result;
    char         directory[JUPREF_NAME_MAX];
    const char  *slash;

    for (slash = strchr(name, '/'); slash != NULL;
         slash = strchr(slash + 1, '/'))
    {
        memcpy(directory, name, (size_t) (slash - name));
        directory[slash - name] = '\0';
        result = disk->make_directory(disk, directory);

        if (result < 0 && result != -EEXIST) {
            return result;
        }
    }

    return 0;
}


static int
jupref_tile_width_listed(void *context, const char *name)
{
    uint64_t          width;
    jupref_widths_t  *widths;

    widths = context;

    if (jupref_parse_u64((jupref_bytes_t) { (const uint8_t *) name,
                                            strlen(name) }, &width)
        && width > 0 && width < JUPREF_TILE_WIDTH && name[0] != '0')
    {
        widths->bits[width / 64] |= UINT64_C(1) << (width % 64);
    }

    return 0;
}
