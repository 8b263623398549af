/*
 * Entries, pages and sizes of the simulated disk.
 */

#include "sim_disk_files.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>


static void sim_write_back(sim_disk_files_t *files);
static unsigned sim_file_used(const sim_disk_files_t *files, unsigned file);


sim_entry_t *
sim_entry_find(sim_entries_t *entries, const char *name)
{
    unsigned  i;

    for (i = 0; i < entries->count; i++) {
        if (strcmp(entries->entries[i].name, name) == 0) {
            return &entries->entries[i];
        }
    }

    return NULL;
}


void
sim_entry_change(sim_entries_t *entries, const sim_change_t *change)
{
    const char   *name;
    sim_entry_t  *entry;

    name = change->name;

    if (change->what != SIM_MADE) {
        entry = sim_entry_find(entries, name);

        if (entry != NULL && entry->file == change->file) {
            entries->count--;
            memmove(entry, entry + 1,
                    (size_t) (entries->entries + entries->count - entry)
                    * sizeof(sim_entry_t));
        }

        if (change->what == SIM_REMOVED) {
            return;
        }

        name = change->to;
    }

    entry = sim_entry_find(entries, name);

    if (entry == NULL) {
        if (entries->count == SIM_ENTRIES) {
            abort();
        }

        entry = &entries->entries[entries->count++];
        snprintf(entry->name, sizeof(entry->name), "%s", name);
    }

    entry->file = change->file;
}


void
sim_file_reserve(sim_file_t *file, uint64_t size)
{
    uint64_t  room;

    if (size <= file->room) {
        return;
    }

    room = file->room ? file->room : SIM_PAGE;

    while (room < size) {
        room *= 2;
    }

    file->bytes = realloc(file->bytes, room);
    file->disk_bytes = realloc(file->disk_bytes, room);
    file->pages = realloc(file->pages, room / SIM_PAGE);

    if (file->bytes == NULL || file->disk_bytes == NULL
        || file->pages == NULL)
    {
        abort();
    }

    memset(file->bytes + file->room, 0, room - file->room);
    memset(file->disk_bytes + file->room, 0, room - file->room);
    memset(file->pages + file->room / SIM_PAGE, SIM_CLEAN,
           (room - file->room) / SIM_PAGE);
    file->room = room;
}


unsigned
sim_name_in(const char *name, const char *directory)
{
    size_t  len;

    len = strlen(directory);

    if (len > 0) {
        if (strncmp(name, directory, len) != 0 || name[len] != '/') {
            return 0;
        }

        name += len + 1;
    }

    return strchr(name, '/') == NULL;
}


/* Files that nothing knows any more give their place. */

unsigned
sim_file_new(sim_disk_files_t *files, unsigned directory)
{
    unsigned     i;
    sim_file_t  *file;

    i = files->count;

    if (i == SIM_FILES) {
        for (i = 0; i < SIM_FILES && sim_file_used(files, i); i++) {
            /* void */
        }

        if (i == SIM_FILES) {
            abort();
        }

    } else {
        files->count++;
    }

    file = &files->files[i];
    free(file->bytes);
    free(file->disk_bytes);
    free(file->pages);

    memset(file, 0, sizeof(sim_file_t));
    file->directory = directory != 0;

    return i;
}


void
sim_store(sim_disk_t *sim, sim_file_t *file, const void *bytes, size_t len,
    uint64_t at)
{
    uint64_t  page;

    if (len == 0) {
        return;
    }

    sim_file_reserve(file, at + len);
    memcpy(file->bytes + at, bytes, len);

    for (page = at / SIM_PAGE; page <= (at + len - 1) / SIM_PAGE; page++) {
        file->pages[page] = SIM_DIRTY;
    }

    if (at + len > file->size) {
        if (sim->space != UINT64_MAX) {
            sim->space -= at + len - file->size;
        }

        file->size = at + len;
    }

    sim->bytes += len;
}


/* A failing sync writes some pages, forgets others, and keeps the rest. */

void
sim_file_sync(sim_disk_t *sim, sim_file_t *file, unsigned failing)
{
    uint64_t  at, size;
    unsigned  fate;

    for (at = 0; at < file->room; at += SIM_PAGE) {
        if (file->pages[at / SIM_PAGE] != SIM_DIRTY) {
            continue;
        }

        fate = failing ? (unsigned) sim_disk_random(sim, 3) : 0;

        if (fate == 0) {
            memcpy(file->disk_bytes + at, file->bytes + at, SIM_PAGE);
            file->pages[at / SIM_PAGE] = SIM_CLEAN;

        } else if (fate == 1) {
            file->pages[at / SIM_PAGE] = SIM_LOST;
        }
    }

    if (!failing || sim_disk_random(sim, 2)) {
        size = file->size;

        if (file->disk_size > size) {
            memset(file->disk_bytes + size, 0, file->disk_size - size);
        }

        file->disk_size = size;
    }
}


void
sim_change(sim_disk_t *sim, sim_change_e what, unsigned file,
    const char *name, const char *to)
{
    sim_change_t  *change;

    if (sim->files->change_count == SIM_CHANGES) {
        sim_write_back(sim->files);
    }

    change = &sim->files->changes[sim->files->change_count++];
    change->what = what;
    change->file = file;
    snprintf(change->name, sizeof(change->name), "%s", name);
    snprintf(change->to, sizeof(change->to), "%s", to);

    sim_entry_change(&sim->files->now, change);
}


/* What has waited longest gets to the disk unasked, sooner or later. */

static void
sim_write_back(sim_disk_files_t *files)
{
    unsigned  i, count;

    count = files->change_count / 2;

    for (i = 0; i < count; i++) {
        sim_entry_change(&files->on_disk, &files->changes[i]);
    }

    files->change_count -= count;
    memmove(&files->changes[0], &files->changes[count],
            files->change_count * sizeof(sim_change_t));
}


static unsigned
sim_file_used(const sim_disk_files_t *files, unsigned file)
{
    unsigned  i;

    for (i = 0; i < files->now.count; i++) {
        if (files->now.entries[i].file == file) {
            return 1;
        }
    }

    for (i = 0; i < files->on_disk.count; i++) {
        if (files->on_disk.entries[i].file == file) {
            return 1;
        }
    }

    for (i = 0; i < files->change_count; i++) {
        if (files->changes[i].file == file) {
            return 1;
        }
    }

    for (i = 0; i < SIM_OPEN; i++) {
        if (files->open[i] == (int) file + 1) {
            return 1;
        }
    }

    return 0;
}
