/*
 * Files and entries of the simulated disk, and what isn't on the disk yet.
 */

#ifndef SIM_DISK_FILES_H
#define SIM_DISK_FILES_H


#include "sim_disk.h"


#define SIM_FILES    1024
#define SIM_ENTRIES  1024
#define SIM_CHANGES  1024
#define SIM_OPEN     64


typedef enum {
    SIM_CLEAN = 0,
    SIM_DIRTY,
    SIM_LOST                            /* a failed sync took it for written */
} sim_page_e;


typedef struct {
    uint8_t   *bytes;                   /* as read; zeroes behind size */
    uint8_t   *disk_bytes;
    uint8_t   *pages;                   /* sim_page_e of each */
    uint64_t   room;                    /* bytes, whole pages */
    uint64_t   size;
    uint64_t   disk_size;
    unsigned   directory:1;
} sim_file_t;


typedef struct {
    char       name[JUPREF_NAME_MAX];
    unsigned   file;                    /* index */
} sim_entry_t;


typedef struct {
    sim_entry_t  entries[SIM_ENTRIES];
    unsigned     count;
} sim_entries_t;


typedef enum {
    SIM_MADE,
    SIM_REMOVED,
    SIM_RENAMED
} sim_change_e;


typedef struct {
    sim_change_e  what;
    unsigned      file;
    char          name[JUPREF_NAME_MAX];
    char          to[JUPREF_NAME_MAX];
} sim_change_t;


struct sim_disk_files_s {
    sim_file_t     files[SIM_FILES];
    unsigned       count;
    sim_entries_t  now;
    sim_entries_t  on_disk;
    sim_change_t   changes[SIM_CHANGES];        /* not on the disk yet */
    unsigned       change_count;
    int            open[SIM_OPEN];              /* file + 1, 0: free */
};


sim_entry_t *sim_entry_find(sim_entries_t *entries, const char *name);
void sim_entry_change(sim_entries_t *entries, const sim_change_t *change);

/* Makes a change now; a sync of its directory brings it to the disk. */
void sim_change(sim_disk_t *sim, sim_change_e what, unsigned file,
    const char *name, const char *to);

/* The index of a new, empty file. */
unsigned sim_file_new(sim_disk_files_t *files, unsigned directory);
void sim_file_reserve(sim_file_t *file, uint64_t size);
void sim_store(sim_disk_t *sim, sim_file_t *file, const void *bytes,
    size_t len, uint64_t at);
void sim_file_sync(sim_disk_t *sim, sim_file_t *file, unsigned failing);

/* 1 when `name` stands right in `directory` ("" is the root). */
unsigned sim_name_in(const char *name, const char *directory);


#endif /* SIM_DISK_FILES_H */
