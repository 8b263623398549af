/*
 * The simulated disk's life: made, copied, crashed, tampered with
 * (sim_disk_calls.c has what the log calls).
 */

#include "sim_disk_files.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim_disk_calls.h"


static void *sim_copy(const void *bytes, size_t len);
static void sim_file_crash(sim_disk_t *disk, sim_file_t *file);
static void sim_page_crash(sim_disk_t *disk, sim_file_t *file, uint64_t at);
static size_t sim_sectors(sim_disk_t *disk);
static void sim_entries_prune(sim_disk_files_t *files);
static sim_file_t *sim_file_named(const sim_disk_t *disk, const char *name);


sim_disk_t *
sim_disk_create(uint64_t seed)
{
    sim_disk_t  *disk;

    disk = sim_copy(NULL, sizeof(sim_disk_t));
    disk->files = sim_copy(NULL, sizeof(sim_disk_files_t));
    disk->space = UINT64_MAX;
    disk->random = seed;
    sim_disk_calls(disk);

    return disk;
}


void
sim_disk_free(sim_disk_t *disk)
{
    unsigned  i;

    for (i = 0; i < disk->files->count; i++) {
        free(disk->files->files[i].bytes);
        free(disk->files->files[i].disk_bytes);
        free(disk->files->files[i].pages);
    }

    free(disk->files);
    free(disk);
}


sim_disk_t *
sim_disk_copy(const sim_disk_t *disk, uint64_t seed)
{
    unsigned     i;
    sim_file_t  *file;
    sim_disk_t  *copy;

    copy = sim_disk_create(seed);
    copy->space = disk->space;
    *copy->files = *disk->files;
    memset(copy->files->open, 0, sizeof(copy->files->open));

    for (i = 0; i < copy->files->count; i++) {
        file = &copy->files->files[i];

        if (file->room > 0) {
            file->bytes = sim_copy(file->bytes, file->room);
            file->disk_bytes = sim_copy(file->disk_bytes, file->room);
            file->pages = sim_copy(file->pages, file->room / SIM_PAGE);
        }
    }

    return copy;
}


void
sim_disk_crash(sim_disk_t *disk)
{
    unsigned           i;
    sim_disk_files_t  *files;

    files = disk->files;

    for (i = 0; i < files->change_count; i++) {
        if (sim_disk_random(disk, 2)) {
            sim_entry_change(&files->on_disk, &files->changes[i]);
        }
    }

    files->change_count = 0;
    sim_entries_prune(files);
    files->now = files->on_disk;
    memset(files->open, 0, sizeof(files->open));

    for (i = 0; i < files->count; i++) {
        sim_file_crash(disk, &files->files[i]);
    }

    disk->off = 0;
    disk->power_off_in = 0;
    disk->fail_write_in = 0;
    disk->fail_sync_in = 0;
    disk->short_write_in = 0;
}


void
sim_disk_settle(sim_disk_t *disk)
{
    unsigned           i;
    sim_file_t        *file;
    sim_disk_files_t  *files;

    files = disk->files;
    files->on_disk = files->now;
    files->change_count = 0;

    for (i = 0; i < files->count; i++) {
        file = &files->files[i];
        file->disk_size = file->size;

        if (file->room > 0) {
            memcpy(file->disk_bytes, file->bytes, file->room);
            memset(file->pages, SIM_CLEAN, file->room / SIM_PAGE);
        }
    }
}


void
sim_disk_flip(sim_disk_t *disk, const char *name, uint64_t at, uint8_t mask)
{
    sim_file_t  *file;

    file = sim_file_named(disk, name);

    if (file == NULL || at >= file->size) {
        abort();
    }

    file->bytes[at] ^= mask;
    file->disk_bytes[at] ^= mask;
}


void
sim_disk_cut(sim_disk_t *disk, const char *name, uint64_t size)
{
    sim_file_t  *file;

    file = sim_file_named(disk, name);

    if (file == NULL || size > file->size) {
        abort();
    }

    if (file->room > 0) {
        memset(file->bytes + size, 0, file->room - size);
        memset(file->disk_bytes + size, 0, file->room - size);
    }

    file->size = size;

    if (file->disk_size > size) {
        file->disk_size = size;
    }
}


void
sim_disk_put(sim_disk_t *disk, const char *name, const void *bytes,
    size_t len)
{
    int             number;
    uint64_t        space;
    jupref_disk_t  *calls;

    calls = &disk->disk;
    space = disk->space;
    disk->space = UINT64_MAX;

    number = calls->open(calls, name, 1, 1);

    if (number < 0) {
        number = calls->open(calls, name, 1, 0);
    }

    if (number < 0
        || calls->truncate(calls, number, 0) < 0
        || calls->write(calls, number, bytes, len, 0) < 0)
    {
        abort();
    }

    calls->close(calls, number);
    disk->space = space;
}


const uint8_t *
sim_disk_bytes(const sim_disk_t *disk, const char *name, size_t *len)
{
    sim_file_t            *file;
    static const uint8_t   none[1];

    file = sim_file_named(disk, name);

    if (file == NULL) {
        return NULL;
    }

    *len = (size_t) file->size;

    return file->bytes != NULL ? file->bytes : none;
}


const char *
sim_disk_name(const sim_disk_t *disk, size_t n)
{
    unsigned            i;
    const sim_entry_t  *entry;

    for (i = 0; i < disk->files->now.count; i++) {
        entry = &disk->files->now.entries[i];

        if (!disk->files->files[entry->file].directory && n-- == 0) {
            return entry->name;
        }
    }

    return NULL;
}


/* splitmix64 */

uint64_t
sim_disk_random(sim_disk_t *disk, uint64_t limit)
{
    uint64_t  z;

    disk->random += UINT64_C(0x9e3779b97f4a7c15);
    z = disk->random;
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    z ^= z >> 31;

    return limit > 0 ? z % limit : 0;
}


static void *
sim_copy(const void *bytes, size_t len)
{
    void  *copy;

    copy = calloc(1, len);

    if (copy == NULL) {
        abort();
    }

    if (bytes != NULL) {
        memcpy(copy, bytes, len);
    }

    return copy;
}


/* A size that wasn't synced may be the old one, the new one, or any between
 * where the file has grown. */

static void
sim_file_crash(sim_disk_t *disk, sim_file_t *file)
{
    uint64_t  at, size;

    for (at = 0; at < file->room; at += SIM_PAGE) {
        sim_page_crash(disk, file, at);
    }

    size = file->disk_size;

    if (file->size != file->disk_size) {
        switch (sim_disk_random(disk, 3)) {

        case 0:
            size = file->size;
            break;

        case 1:
            if (file->size > file->disk_size) {
                size += sim_disk_random(disk, file->size - file->disk_size);
            }
            break;
        }
    }

    if (file->room > 0) {
        memset(file->disk_bytes + size, 0, file->room - size);
        memcpy(file->bytes, file->disk_bytes, file->room);
    }

    file->size = size;
    file->disk_size = size;
}


static void
sim_page_crash(sim_disk_t *disk, sim_file_t *file, uint64_t at)
{
    size_t  from, to;

    if (file->pages[at / SIM_PAGE] == SIM_DIRTY) {
        from = 0;
        to = 0;

        switch (sim_disk_random(disk, 4)) {

        case 0:
            break;

        case 1:
            to = sim_sectors(disk);
            break;

        case 2:
            from = sim_sectors(disk);
            to = SIM_PAGE;
            break;

        default:
            to = SIM_PAGE;
        }

        memcpy(file->disk_bytes + at + from, file->bytes + at + from,
               to - from);
    }

    file->pages[at / SIM_PAGE] = SIM_CLEAN;
}


/* Bytes up to a place between two sectors of a page. */

static size_t
sim_sectors(sim_disk_t *disk)
{
    return SIM_SECTOR
           * (size_t) sim_disk_random(disk, SIM_PAGE / SIM_SECTOR + 1);
}


/* What stands in a directory that isn't there is lost with it. */

static void
sim_entries_prune(sim_disk_files_t *files)
{
    char         *slash, directory[JUPREF_NAME_MAX];
    unsigned      i, kept, before;
    sim_entry_t  *entry;

    do {
        before = files->on_disk.count;
        kept = 0;

        for (i = 0; i < before; i++) {
            entry = &files->on_disk.entries[i];
            snprintf(directory, sizeof(directory), "%s", entry->name);
            slash = strrchr(directory, '/');

            if (slash != NULL) {
                *slash = '\0';

                if (sim_entry_find(&files->on_disk, directory) == NULL) {
                    continue;
                }
            }

            if (kept != i) {
                files->on_disk.entries[kept] = *entry;
            }

            kept++;
        }

        files->on_disk.count = kept;

    } while (kept != before);
}


static sim_file_t *
sim_file_named(const sim_disk_t *disk, const char *name)
{
    sim_entry_t  *entry;

    entry = sim_entry_find(&disk->files->now, name);

    return entry == NULL ? NULL : &disk->files->files[entry->file];
}
