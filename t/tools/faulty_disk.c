/*
 * A disk that is slow or fails, for tests: loaded before libc (LD_PRELOAD),
 * told what to do through four numbers in the file that FAULTY_DISK names.
 *
 *     sync_ms      how long a sync takes longer
 *     sync_errno   what a sync fails with
 *     write_errno  what a write of more than a mark fails with
 *     syncs        counted: those that succeeded
 *
 * Only what a journal uses is meant: fdatasync and pwrite.
 */

#define _GNU_SOURCE

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>


#define FAULTY_DISK_MARK  64            /* bytes */


typedef struct {
    volatile int32_t  sync_ms;
    volatile int32_t  sync_errno;
    volatile int32_t  write_errno;
    volatile int32_t  syncs;
} faulty_disk_t;


static faulty_disk_t  *faulty_disk;


__attribute__((constructor)) static void
faulty_disk_open(void)
{
    int          fd;
    void        *shared;
    const char  *name;

    name = getenv("FAULTY_DISK");
    fd = name ? open(name, O_RDWR | O_CLOEXEC) : -1;

    if (fd == -1) {
        return;
    }

    shared = mmap(NULL, sizeof(faulty_disk_t), PROT_READ | PROT_WRITE,
                  MAP_SHARED, fd, 0);
    (void) close(fd);

    if (shared != MAP_FAILED) {
        faulty_disk = shared;
    }
}


int
fdatasync(int fd)
{
    int  rc;
    int  (*next)(int);

    *(void **) &next = dlsym(RTLD_NEXT, "fdatasync");

    if (faulty_disk && faulty_disk->sync_ms) {
        (void) usleep((useconds_t) faulty_disk->sync_ms * 1000);
    }

    if (faulty_disk && faulty_disk->sync_errno) {
        errno = faulty_disk->sync_errno;
        return -1;
    }

    rc = next(fd);

    if (rc == 0 && faulty_disk) {
        (void) __atomic_fetch_add(&faulty_disk->syncs, 1, __ATOMIC_RELAXED);
    }

    return rc;
}


ssize_t
pwrite(int fd, const void *bytes, size_t len, off_t at)
{
    ssize_t  (*next)(int, const void *, size_t, off_t);

    *(void **) &next = dlsym(RTLD_NEXT, "pwrite");

    if (faulty_disk && faulty_disk->write_errno && len > FAULTY_DISK_MARK) {
        errno = faulty_disk->write_errno;
        return -1;
    }

    return next(fd, bytes, len, at);
}


ssize_t
pwrite64(int fd, const void *bytes, size_t len, off64_t at)
{
    return pwrite(fd, bytes, len, (off_t) at);
}
