/*
 * What the log calls: the page cache changes at once, the disk by syncs.
 *
 * A call that changes something is counted; the one that the power fails in is
 * done half, and the log never learns which half.
 */

#include "sim_disk_calls.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "sim_disk_files.h"


static int sim_open(jupref_disk_t *disk, const char *name, unsigned write,
    unsigned create);
static void sim_close(jupref_disk_t *disk, int number);
static int64_t sim_read(jupref_disk_t *disk, int number, void *bytes,
    size_t len, uint64_t at);
static int sim_write(jupref_disk_t *disk, int number, const void *bytes,
    size_t len, uint64_t at);
static size_t sim_sectors_written(sim_disk_t *sim, size_t len, uint64_t at);
static int sim_sync(jupref_disk_t *disk, int number);
static int64_t sim_size(jupref_disk_t *disk, int number);
static int sim_truncate(jupref_disk_t *disk, int number, uint64_t size);
static int sim_rename(jupref_disk_t *disk, const char *from, const char *to);
static int sim_remove(jupref_disk_t *disk, const char *name);
static int sim_make_directory(jupref_disk_t *disk, const char *name);
static int sim_list(jupref_disk_t *disk, const char *directory,
    jupref_list_pt list, void *context);
static int sim_sync_directory(jupref_disk_t *disk, const char *directory);
static int sim_make(sim_disk_t *sim, const char *name, unsigned directory);
static unsigned sim_parent_there(sim_disk_t *sim, const char *name);
static unsigned sim_empty(sim_disk_t *sim, const char *directory);
static int sim_operation(sim_disk_t *sim, unsigned *half);
static unsigned sim_due(uint64_t *in);
static sim_file_t *sim_file(sim_disk_t *sim, int number);


void
sim_disk_calls(sim_disk_t *disk)
{
    disk->disk.state = disk;
    disk->disk.open = sim_open;
    disk->disk.close = sim_close;
    disk->disk.read = sim_read;
    disk->disk.write = sim_write;
    disk->disk.sync = sim_sync;
    disk->disk.size = sim_size;
    disk->disk.truncate = sim_truncate;
    disk->disk.rename = sim_rename;
    disk->disk.remove = sim_remove;
    disk->disk.make_directory = sim_make_directory;
    disk->disk.list = sim_list;
    disk->disk.sync_directory = sim_sync_directory;
}


static int
sim_open(jupref_disk_t *disk, const char *name, unsigned write,
    unsigned create)
{
    int           number, rc;
    sim_disk_t   *sim = disk->state;
    sim_entry_t  *entry;

    if (sim->off) {
        return -EIO;
    }

    entry = sim_entry_find(&sim->files->now, name);

    if (create) {
        if (entry != NULL) {
            return -EEXIST;
        }

        rc = sim_make(sim, name, 0);

        if (rc < 0) {
            return rc;
        }

        entry = sim_entry_find(&sim->files->now, name);
    }

    if (entry == NULL) {
        return -ENOENT;
    }

    for (number = 0; number < SIM_OPEN; number++) {
        if (sim->files->open[number] == 0) {
            sim->files->open[number] = (int) entry->file + 1;
            return number;
        }
    }

    return -EMFILE;
}


static void
sim_close(jupref_disk_t *disk, int number)
{
    sim_disk_t  *sim = disk->state;

    sim->files->open[number] = 0;
}


static int64_t
sim_read(jupref_disk_t *disk, int number, void *bytes, size_t len,
    uint64_t at)
{
    sim_disk_t  *sim = disk->state;
    sim_file_t  *file;

    file = sim_file(sim, number);

    if (sim->off || file == NULL) {
        return -EIO;
    }

    if (at >= file->size) {
        return 0;
    }

    if (len > file->size - at) {
        len = (size_t) (file->size - at);
    }

    memcpy(bytes, file->bytes + at, len);

    return (int64_t) len;
}


static int
sim_write(jupref_disk_t *disk, int number, const void *bytes, size_t len,
    uint64_t at)
{
    int          rc;
    size_t       part;
    unsigned     half;
    sim_disk_t  *sim = disk->state;
    sim_file_t  *file;

    file = sim_file(sim, number);
    rc = sim_operation(sim, &half);

    if (file == NULL || (rc < 0 && !half)) {
        return -EIO;
    }

    sim->writes++;
    part = len;

    if (half) {
        part = sim_sectors_written(sim, len, at);
    }

    if (sim_due(&sim->fail_write_in)) {
        part = (size_t) sim_disk_random(sim, len + 1);
        rc = -EIO;
    }

    if (sim_due(&sim->short_write_in)) {
        part = (size_t) sim_disk_random(sim, len + 1);
        rc = -ENOSPC;
    }

    if (at + part > file->size && at + part - file->size > sim->space) {
        rc = rc < 0 ? rc : -ENOSPC;
        part = file->size + sim->space > at
               ? (size_t) (file->size + sim->space - at) : 0;
    }

    sim_store(sim, file, bytes, part, at);

    return rc < 0 ? rc : 0;
}


/* The power fails between two sectors: one is written whole or not at all. */

static size_t
sim_sectors_written(sim_disk_t *sim, size_t len, uint64_t at)
{
    uint64_t  end;

    end = at + sim_disk_random(sim, len + SIM_SECTOR);
    end -= end % SIM_SECTOR;

    if (end <= at) {
        return 0;
    }

    return end - at < len ? (size_t) (end - at) : len;
}


static int
sim_sync(jupref_disk_t *disk, int number)
{
    int          rc;
    unsigned     half;
    sim_disk_t  *sim = disk->state;
    sim_file_t  *file;

    file = sim_file(sim, number);
    rc = sim_operation(sim, &half);

    if (rc < 0 || file == NULL) {
        return -EIO;
    }

    sim->syncs++;

    if (sim->slow_sync_every > 0 && sim->syncs % sim->slow_sync_every == 0) {
        sim->slow++;
    }

    if (sim_due(&sim->fail_sync_in)) {
        sim_file_sync(sim, file, 1);
        return -EIO;
    }

    sim_file_sync(sim, file, 0);

    return 0;
}


static int64_t
sim_size(jupref_disk_t *disk, int number)
{
    sim_disk_t  *sim = disk->state;
    sim_file_t  *file;

    file = sim_file(sim, number);

    return sim->off || file == NULL ? -EIO : (int64_t) file->size;
}


static int
sim_truncate(jupref_disk_t *disk, int number, uint64_t size)
{
    uint64_t     page;
    unsigned     half;
    sim_disk_t  *sim = disk->state;
    sim_file_t  *file;

    file = sim_file(sim, number);

    if (sim_operation(sim, &half) < 0 || file == NULL) {
        return -EIO;
    }

    sim_file_reserve(file, size);

    if (size < file->size) {
        memset(file->bytes + size, 0, file->size - size);

        for (page = size / SIM_PAGE; page <= (file->size - 1) / SIM_PAGE;
             page++)
        {
            file->pages[page] = SIM_DIRTY;
        }

        if (sim->space != UINT64_MAX) {
            sim->space += file->size - size;
        }
    }

    file->size = size;

    return 0;
}


static int
sim_rename(jupref_disk_t *disk, const char *from, const char *to)
{
    unsigned      half;
    sim_disk_t   *sim = disk->state;
    sim_entry_t  *entry;

    if (sim_operation(sim, &half) < 0) {
        return -EIO;
    }

    entry = sim_entry_find(&sim->files->now, from);

    if (entry == NULL || !sim_parent_there(sim, to)) {
        return -ENOENT;
    }

    sim_change(sim, SIM_RENAMED, entry->file, from, to);

    return 0;
}


static int
sim_remove(jupref_disk_t *disk, const char *name)
{
    unsigned      half;
    sim_disk_t   *sim = disk->state;
    sim_file_t   *file;
    sim_entry_t  *entry;

    if (sim_operation(sim, &half) < 0) {
        return -EIO;
    }

    entry = sim_entry_find(&sim->files->now, name);

    if (entry == NULL) {
        return -ENOENT;
    }

    file = &sim->files->files[entry->file];

    if (file->directory && !sim_empty(sim, name)) {
        return -ENOTEMPTY;
    }

    if (sim->space != UINT64_MAX) {
        sim->space += file->size;
    }

    sim_change(sim, SIM_REMOVED, entry->file, name, "");

    return 0;
}


static int
sim_make_directory(jupref_disk_t *disk, const char *name)
{
    sim_disk_t  *sim = disk->state;

    if (!sim->off && sim_entry_find(&sim->files->now, name) != NULL) {
        return -EEXIST;
    }

    return sim_make(sim, name, 1);
}


static int
sim_list(jupref_disk_t *disk, const char *directory, jupref_list_pt list,
    void *context)
{
    int                 rc;
    size_t              skip;
    unsigned            i;
    sim_disk_t         *sim = disk->state;
    const sim_entry_t  *entry;

    if (sim->off) {
        return -EIO;
    }

    if (directory[0] != '\0'
        && sim_entry_find(&sim->files->now, directory) == NULL)
    {
        return -ENOENT;
    }

    skip = directory[0] == '\0' ? 0 : strlen(directory) + 1;

    for (i = 0; i < sim->files->now.count; i++) {
        entry = &sim->files->now.entries[i];

        if (sim->files->files[entry->file].directory
            || !sim_name_in(entry->name, directory))
        {
            continue;
        }

        rc = list(context, entry->name + skip);

        if (rc != 0) {
            return rc;
        }
    }

    return 0;
}


static int
sim_sync_directory(jupref_disk_t *disk, const char *directory)
{
    unsigned            i, kept, half;
    const char         *name;
    sim_disk_t         *sim = disk->state;
    sim_change_t       *change;
    sim_disk_files_t   *files;

    if (sim_operation(sim, &half) < 0) {
        return -EIO;
    }

    files = sim->files;

    if (directory[0] != '\0'
        && sim_entry_find(&files->now, directory) == NULL)
    {
        return -ENOENT;
    }

    for (i = 0, kept = 0; i < files->change_count; i++) {
        change = &files->changes[i];
        name = change->what == SIM_RENAMED ? change->to : change->name;

        if (sim_name_in(name, directory)) {
            sim_entry_change(&files->on_disk, change);
            continue;
        }

        if (kept != i) {
            files->changes[kept] = *change;
        }

        kept++;
    }

    files->change_count = kept;

    return 0;
}


static int
sim_make(sim_disk_t *sim, const char *name, unsigned directory)
{
    unsigned  half;

    if (sim_operation(sim, &half) < 0) {
        return -EIO;
    }

    if (!sim_parent_there(sim, name)) {
        return -ENOENT;
    }

    sim_change(sim, SIM_MADE, sim_file_new(sim->files, directory), name, "");

    return 0;
}


static unsigned
sim_parent_there(sim_disk_t *sim, const char *name)
{
    char  *slash, parent[JUPREF_NAME_MAX];

    snprintf(parent, sizeof(parent), "%s", name);
    slash = strrchr(parent, '/');

    if (slash == NULL) {
        return 1;
    }

    *slash = '\0';

    return sim_entry_find(&sim->files->now, parent) != NULL;
}


static unsigned
sim_empty(sim_disk_t *sim, const char *directory)
{
    size_t       len;
    unsigned     i;
    const char  *name;

    len = strlen(directory);

    for (i = 0; i < sim->files->now.count; i++) {
        name = sim->files->now.entries[i].name;

        if (strncmp(name, directory, len) == 0 && name[len] == '/') {
            return 0;
        }
    }

    return 1;
}


/* Counts it; -EIO once the power is off, `half` in the very one. */

static int
sim_operation(sim_disk_t *sim, unsigned *half)
{
    *half = 0;

    if (sim->off) {
        return -EIO;
    }

    sim->operations++;

    if (sim_due(&sim->power_off_in)) {
        sim->off = 1;
        *half = 1;

        return -EIO;
    }

    return 0;
}


static unsigned
sim_due(uint64_t *in)
{
    if (*in == 0) {
        return 0;
    }

    *in -= 1;

    return *in == 0;
}


static sim_file_t *
sim_file(sim_disk_t *sim, int number)
{
    if (number < 0 || number >= SIM_OPEN || sim->files->open[number] == 0) {
        return NULL;
    }

    return &sim->files->files[sim->files->open[number] - 1];
}
