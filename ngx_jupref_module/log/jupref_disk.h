/*
 * The disk as the log needs it: a directory of files, by name.
 *
 * One table of functions, so that the simulator can be the disk.  Names are
 * relative to the state directory and may have one directory in them, or
 * more below tiles/.  All return 0 or more on success and -errno on failure;
 * nothing is retried but EINTR.
 */

#ifndef JUPREF_DISK_H
#define JUPREF_DISK_H


#include "base/jupref_bytes.h"


#define JUPREF_NAME_MAX  96             /* bytes of a name, zero included */


typedef struct jupref_disk_s  jupref_disk_t;

/* Called for each file of a directory, in no order; not 0 ends the listing. */
typedef int (*jupref_list_pt)(void *context, const char *name);


struct jupref_disk_s {
    void  *state;                       /* the implementation's */

    /* a file number; `write` opens for both, `create` fails if it exists */
    int      (*open)(jupref_disk_t *disk, const char *name, unsigned write,
                     unsigned create);
    void     (*close)(jupref_disk_t *disk, int file);

    /* as many bytes as there are up to `len`; fewer only at the end */
    int64_t  (*read)(jupref_disk_t *disk, int file, void *bytes, size_t len,
                     uint64_t at);

    /* all bytes, or an error: a short write is ENOSPC or EIO */
    int      (*write)(jupref_disk_t *disk, int file, const void *bytes,
                      size_t len, uint64_t at);
    int      (*sync)(jupref_disk_t *disk, int file);    /* data and size */
    int64_t  (*size)(jupref_disk_t *disk, int file);
    int      (*truncate)(jupref_disk_t *disk, int file, uint64_t size);

    int      (*rename)(jupref_disk_t *disk, const char *from, const char *to);

    /* a file, or a directory with nothing in it */
    int      (*remove)(jupref_disk_t *disk, const char *name);
    int      (*make_directory)(jupref_disk_t *disk, const char *name);
    int      (*list)(jupref_disk_t *disk, const char *directory,
                     jupref_list_pt list, void *context);

    /* what a rename, creation or removal in it needs to be kept */
    int      (*sync_directory)(jupref_disk_t *disk, const char *directory);
};


/*
 * The real one, below `path` (which must outlive it); files are made with
 * mode 0600, directories with 0700.  Opens nothing.
 */
void jupref_disk_posix(jupref_disk_t *disk, const char *path);


#endif /* JUPREF_DISK_H */
