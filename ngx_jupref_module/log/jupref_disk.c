/*
 * The real disk: files below one directory, opened step by step.
 *
 * Every directory of a name is opened by its own without following a link, so
 * a name never leads out of the state directory.  Data and a changed size are
 * synced by fdatasync, which is enough to read them back.
 */

#include "log/jupref_disk.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>


#define JUPREF_FILE_MODE       0600
#define JUPREF_DIRECTORY_MODE  0700


static int jupref_posix_open(jupref_disk_t *disk, const char *name,
    unsigned write, unsigned create);
static void jupref_posix_close(jupref_disk_t *disk, int file);
static int64_t jupref_posix_read(jupref_disk_t *disk, int file, void *bytes,
    size_t len, uint64_t at);
static int jupref_posix_write(jupref_disk_t *disk, int file,
    const void *bytes, size_t len, uint64_t at);
static int jupref_posix_sync(jupref_disk_t *disk, int file);
static int64_t jupref_posix_size(jupref_disk_t *disk, int file);
static int jupref_posix_truncate(jupref_disk_t *disk, int file,
    uint64_t size);
static int jupref_posix_rename(jupref_disk_t *disk, const char *from,
    const char *to);
static int jupref_posix_remove(jupref_disk_t *disk, const char *name);
static int jupref_posix_make_directory(jupref_disk_t *disk,
    const char *name);
static int jupref_posix_list(jupref_disk_t *disk, const char *directory,
    jupref_list_pt list, void *context);
static int jupref_posix_sync_directory(jupref_disk_t *disk,
    const char *directory);
static int jupref_posix_directory(jupref_disk_t *disk, const char *name,
    const char **last);
static unsigned jupref_posix_name_valid(const char *name);
static unsigned jupref_posix_is_file(int directory,
    const struct dirent *entry);


void
jupref_disk_posix(jupref_disk_t *disk, const char *path)
{
    disk->state = (void *) (uintptr_t) path;
    disk->open = jupref_posix_open;
    disk->close = jupref_posix_close;
    disk->read = jupref_posix_read;
    disk->write = jupref_posix_write;
    disk->sync = jupref_posix_sync;
    disk->size = jupref_posix_size;
    disk->truncate = jupref_posix_truncate;
    disk->rename = jupref_posix_rename;
    disk->remove = jupref_posix_remove;
    disk->make_directory = jupref_posix_make_directory;
    disk->list = jupref_posix_list;
    disk->sync_directory = jupref_posix_sync_directory;
}


static int
jupref_posix_open(jupref_disk_t *disk, const char *name, unsigned write,
    unsigned create)
{
    int          directory, file, flags;
    const char  *last;

    directory = jupref_posix_directory(disk, name, &last);

    if (directory < 0) {
        return directory;
    }

    flags = O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK;
    flags |= write ? O_RDWR : O_RDONLY;
    flags |= create ? O_CREAT | O_EXCL : 0;

    do {
        file = openat(directory, last, flags, JUPREF_FILE_MODE);
    } while (file < 0 && errno == EINTR);

    if (file < 0) {
        file = -errno;
    }

    (void) close(directory);

    return file;
}


static void
jupref_posix_close(jupref_disk_t *disk, int file)
{
    (void) close(file);
}


static int64_t
jupref_posix_read(jupref_disk_t *disk, int file, void *bytes, size_t len,
    uint64_t at)
{
    size_t   done;
    ssize_t  n;

    if (at > INT64_MAX - len) {
        return -EINVAL;
    }

    done = 0;

    while (done < len) {
        n = pread(file, (uint8_t *) bytes + done, len - done,
                  (off_t) (at + done));

        if (n < 0 && errno == EINTR) {
            continue;
        }

        if (n < 0) {
            return -errno;
        }

        if (n == 0) {
            break;
        }

        done += (size_t) n;
    }

    return (int64_t) done;
}


/* After a short write the next one says why. */

static int
jupref_posix_write(jupref_disk_t *disk, int file, const void *bytes,
    size_t len, uint64_t at)
{
    size_t   done;
    ssize_t  n;

    if (at > INT64_MAX - len) {
        return -EFBIG;
    }

    done = 0;

    while (done < len) {
        n = pwrite(file, (const uint8_t *) bytes + done, len - done,
                   (off_t) (at + done));

        if (n < 0 && errno == EINTR) {
            continue;
        }

        if (n < 0) {
            return -errno;
        }

        if (n == 0) {
            return -ENOSPC;
        }

        done += (size_t) n;
    }

    return 0;
}


static int
jupref_posix_sync(jupref_disk_t *disk, int file)
{
    int  rc;

    do {
        rc = fdatasync(file);
    } while (rc < 0 && errno == EINTR);

    return rc < 0 ? -errno : 0;
}


static int64_t
jupref_posix_size(jupref_disk_t *disk, int file)
{
    struct stat  status;

    if (fstat(file, &status) < 0) {
        return -errno;
    }

    return status.st_size;
}


static int
jupref_posix_truncate(jupref_disk_t *disk, int file, uint64_t size)
{
    int  rc;

    if (size > INT64_MAX) {
        return -EFBIG;
    }

    do {
        rc = ftruncate(file, (off_t) size);
    } while (rc < 0 && errno == EINTR);

    return rc < 0 ? -errno : 0;
}


static int
jupref_posix_rename(jupref_disk_t *disk, const char *from, const char *to)
{
    int          from_directory, to_directory, error;
    const char  *from_last, *to_last;

    from_directory = jupref_posix_directory(disk, from, &from_last);

    if (from_directory < 0) {
        return from_directory;
    }

    to_directory = jupref_posix_directory(disk, to, &to_last);

    if (to_directory < 0) {
        (void) close(from_directory);
        return to_directory;
    }

    error = 0;

    if (renameat(from_directory, from_last, to_directory, to_last) < 0) {
        error = -errno;
    }

    (void) close(from_directory);
    (void) close(to_directory);

    return error;
}


static int
jupref_posix_remove(jupref_disk_t *disk, const char *name)
{
    int          directory, error;
    const char  *last;

    directory = jupref_posix_directory(disk, name, &last);

    if (directory < 0) {
        return directory;
    }

    error = unlinkat(directory, last, 0) < 0 ? -errno : 0;

    if (error == -EISDIR) {
        error = unlinkat(directory, last, AT_REMOVEDIR) < 0 ? -errno : 0;
    }

    (void) close(directory);

    return error;
}


static int
jupref_posix_make_directory(jupref_disk_t *disk, const char *name)
{
    int          directory, error;
    const char  *last;

    directory = jupref_posix_directory(disk, name, &last);

    if (directory < 0) {
        return directory;
    }

    error = 0;

    if (mkdirat(directory, last, JUPREF_DIRECTORY_MODE) < 0) {
        error = -errno;
    }

    (void) close(directory);

    return error;
}


static int
jupref_posix_list(jupref_disk_t *disk, const char *directory,
    jupref_list_pt list, void *context)
{
    int             number, rc;
    DIR            *entries;
    char            name[JUPREF_NAME_MAX];
    const char     *last;
    struct dirent  *entry;

    rc = snprintf(name, sizeof(name), "%s%s.", directory,
                  directory[0] == '\0' ? "" : "/");

    if (rc < 0 || (size_t) rc >= sizeof(name)) {
        return -ENAMETOOLONG;
    }

    number = jupref_posix_directory(disk, name, &last);

    if (number < 0) {
        return number;
    }

    entries = fdopendir(number);

    if (entries == NULL) {
        rc = -errno;
        (void) close(number);
        return rc;
    }

    for ( ;; ) {
        errno = 0;
        entry = readdir(entries);

        if (entry == NULL) {
            rc = -errno;
            break;
        }

        if (!jupref_posix_is_file(number, entry)) {
            continue;
        }

        rc = list(context, entry->d_name);

        if (rc != 0) {
            break;
        }
    }

    (void) closedir(entries);

    return rc;
}


static int
jupref_posix_sync_directory(jupref_disk_t *disk, const char *directory)
{
    int          number, rc;
    char         name[JUPREF_NAME_MAX];
    const char  *last;

    rc = snprintf(name, sizeof(name), "%s%s.", directory,
                  directory[0] == '\0' ? "" : "/");

    if (rc < 0 || (size_t) rc >= sizeof(name)) {
        return -ENAMETOOLONG;
    }

    number = jupref_posix_directory(disk, name, &last);

    if (number < 0) {
        return number;
    }

    do {
        rc = fsync(number);
    } while (rc < 0 && errno == EINTR);

    rc = rc < 0 ? -errno : 0;
    (void) close(number);

    return rc;
}


/* Opens the directory that `name` stands in; `last` is its last part. */

static int
jupref_posix_directory(jupref_disk_t *disk, const char *name,
    const char **last)
{
    int          directory, inner, error;
    char         part[JUPREF_NAME_MAX];
    size_t       len;
    const char  *slash;

    if (!jupref_posix_name_valid(name)) {
        return -EINVAL;
    }

    directory = open((const char *) disk->state,
                     O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (directory < 0) {
        return -errno;
    }

    for (slash = strchr(name, '/'); slash != NULL; slash = strchr(name, '/')) {
        len = (size_t) (slash - name);
        memcpy(part, name, len);
        part[len] = '\0';

        inner = openat(directory, part,
                       O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
        error = -errno;
        (void) close(directory);

        if (inner < 0) {
            return error;
        }

        directory = inner;
        name = slash + 1;
    }

    *last = name;

    return directory;
}


/* Parts between slashes, none of them empty or "..". */

static unsigned
jupref_posix_name_valid(const char *name)
{
    size_t  len, total;

    for (total = 0; /* void */ ; total += len + 1, name += len + 1) {
        len = strcspn(name, "/");

        if (len == 0 || (len == 2 && memcmp(name, "..", 2) == 0)) {
            return 0;
        }

        if (total + len >= JUPREF_NAME_MAX) {
            return 0;
        }

        if (name[len] == '\0') {
            return 1;
        }
    }
}


static unsigned
jupref_posix_is_file(int directory, const struct dirent *entry)
{
    struct stat  status;

    if (entry->d_type != DT_UNKNOWN) {
        return entry->d_type != DT_DIR;
    }

    if (fstatat(directory, entry->d_name, &status, AT_SYMLINK_NOFOLLOW) < 0) {
        return 1;
    }

    return !S_ISDIR(status.st_mode);
}
