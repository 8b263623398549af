/*
 * A disk in memory that loses what a disk may lose.
 *
 * Files are pages of 4096 bytes, once as they are read (the page cache) and
 * once as they are on the disk.  A sync brings a file's pages and size to the
 * disk, a sync of a directory its entries.  A crash keeps, drops or tears each
 * page that isn't there yet, between two of its sectors of 512 bytes, and
 * keeps or drops each size, creation, renaming and removal.  A sync that fails
 * leaves pages that seem written and aren't.  Everything is decided by the
 * seed.
 */

#ifndef SIM_DISK_H
#define SIM_DISK_H


#include "log/jupref_disk.h"


#define SIM_PAGE    4096
#define SIM_SECTOR  512


typedef struct sim_disk_files_s  sim_disk_files_t;


typedef struct {
    jupref_disk_t      disk;            /* what the log is given */

    /* counted */
    uint64_t           operations;      /* calls that change something */
    uint64_t           writes;
    uint64_t           syncs;           /* of files */
    uint64_t           bytes;           /* written */
    uint64_t           slow;            /* syncs that took long */

    /* faults; 0 is none, 1 the next call of its kind */
    uint64_t           power_off_in;    /* operations: that one is done half,
                                         * all after it fail until the crash */
    uint64_t           fail_write_in;   /* EIO, a part may be written */
    uint64_t           fail_sync_in;    /* EIO, pages may be lost */
    uint64_t           short_write_in;  /* ENOSPC behind a part */
    uint64_t           slow_sync_every;
    uint64_t           space;           /* bytes files may still grow */

    unsigned           off:1;           /* the power is off */
    uint64_t           random;          /* state of the generator */
    sim_disk_files_t  *files;
} sim_disk_t;


/* Without limits or faults; the same seed decides the same. */
sim_disk_t *sim_disk_create(uint64_t seed);
void sim_disk_free(sim_disk_t *disk);

/* The same files, pages, sizes and entries, with nothing open. */
sim_disk_t *sim_disk_copy(const sim_disk_t *disk, uint64_t seed);

/* Power off and on: what wasn't synced is decided, all files are closed, no
 * fault is left but a lack of space. */
void sim_disk_crash(sim_disk_t *disk);

/* Everything is on the disk, as after a clean shutdown. */
void sim_disk_settle(sim_disk_t *disk);

/* What somebody does to the files behind the log's back: page cache and disk
 * are changed.  `name` is there and has these bytes. */
void sim_disk_flip(sim_disk_t *disk, const char *name, uint64_t at,
    uint8_t mask);
void sim_disk_cut(sim_disk_t *disk, const char *name, uint64_t size);
void sim_disk_put(sim_disk_t *disk, const char *name, const void *bytes,
    size_t len);

/* As it is read; NULL when there is no such file. */
const uint8_t *sim_disk_bytes(const sim_disk_t *disk, const char *name,
    size_t *len);

/* The name of the n-th file of all, NULL behind the last. */
const char *sim_disk_name(const sim_disk_t *disk, size_t n);

/* A number below `limit`, from the disk's generator. */
uint64_t sim_disk_random(sim_disk_t *disk, uint64_t limit);


#endif /* SIM_DISK_H */
