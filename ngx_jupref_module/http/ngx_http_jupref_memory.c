/*
 * The zone's memory: one memory file that every process of this nginx maps.
 *
 * nginx's own shared memory ends with the master that made it, and can't
 * change its size.  This can: a new binary (USR2) inherits the file and maps
 * the same ledger, and a larger ledger is laid out behind the old one, where
 * running workers reach it, because more addresses are reserved than are
 * used.  Nothing in it is a pointer.
 *
 * Its locks are robust: one whose owner died is given to the next who asks,
 * who is told.
 */

#include "http/ngx_http_jupref.h"

#include <sys/mman.h>


/* Addresses reserved for a zone, in its own sizes, and at the least. */
#define NGX_HTTP_JUPREF_RESERVE_TIMES  8
#define NGX_HTTP_JUPREF_RESERVE_MIN    (1024 * 1024 * 1024)

#define NGX_HTTP_JUPREF_MEMFD_NAME     "jupref"
#define NGX_HTTP_JUPREF_LINK_MAX       256


static ngx_int_t ngx_http_jupref_memory_map(
    ngx_http_jupref_memory_t *memory, ngx_log_t *log);
static ngx_int_t ngx_http_jupref_memory_is(int fd, ngx_str_t *name,
    uint64_t device, uint64_t inode, uint64_t *reserved);
static ngx_int_t ngx_http_jupref_robust(pthread_mutex_t *mutex);


ngx_int_t
ngx_http_jupref_memory_create(ngx_http_jupref_memory_t *memory,
    ngx_str_t *name, size_t size, ngx_log_t *log)
{
    int                        fd;
    ngx_http_jupref_shared_t  *shared;

    fd = memfd_create(NGX_HTTP_JUPREF_MEMFD_NAME, 0);

    if (fd == -1 || ftruncate(fd, (off_t) size) == -1) {
        ngx_log_error(NGX_LOG_EMERG, log, ngx_errno,
                      "memory of %uz bytes for zone \"%V\" of "
                      "\"jupref_zone\" can't be made", size, name);

        if (fd != -1) {
            (void) close(fd);
        }

        return NGX_ERROR;
    }

    memory->fd = fd;
    memory->reserved = ngx_max((uint64_t) size * NGX_HTTP_JUPREF_RESERVE_TIMES,
                               NGX_HTTP_JUPREF_RESERVE_MIN);

    if (ngx_http_jupref_memory_map(memory, log) != NGX_OK) {
        (void) close(fd);
        return NGX_ERROR;
    }

    shared = memory->base;
    shared->reserved = memory->reserved;
    shared->file_size = size;
    ngx_memcpy(shared->name, name->data,
               ngx_min(name->len, sizeof(shared->name)));

    if (ngx_http_jupref_robust(&shared->lock) != NGX_OK
        || ngx_http_jupref_robust(&shared->flush) != NGX_OK
        || ngx_http_jupref_robust(&shared->keep) != NGX_OK)
    {
        ngx_log_error(NGX_LOG_EMERG, log, 0,
                      "locks of zone \"%V\" of \"jupref_zone\" can't be made",
                      name);
        ngx_http_jupref_memory_free(memory);
        return NGX_ERROR;
    }

    return NGX_OK;
}


/* Nobody else of this process uses it. */

void
ngx_http_jupref_memory_free(ngx_http_jupref_memory_t *memory)
{
    (void) munmap(memory->base, memory->reserved);
    (void) close(memory->fd);

    memory->base = NULL;
    memory->fd = -1;
}


/*
 * The memory of a running nginx that has started this binary: NGX_DECLINED
 * when none of the inherited files is it.
 */

ngx_int_t
ngx_http_jupref_memory_inherit(ngx_http_jupref_memory_t *memory,
    ngx_str_t *name, uint64_t device, uint64_t inode, ngx_log_t *log)
{
    DIR            *directory;
    int             fd;
    ssize_t         len;
    uint64_t        reserved;
    char            path[64], link[NGX_HTTP_JUPREF_LINK_MAX];
    struct dirent  *entry;

    directory = opendir("/proc/self/fd");
    if (directory == NULL) {
        return NGX_DECLINED;
    }

    while ((entry = readdir(directory)) != NULL) {

        fd = (int) ngx_atoi((u_char *) entry->d_name,
                            ngx_strlen(entry->d_name));
        if (fd < 0) {
            continue;
        }

        ngx_snprintf((u_char *) path, sizeof(path), "/proc/self/fd/%d%Z", fd);
        len = readlink(path, link, sizeof(link) - 1);

        if (len <= 0) {
            continue;
        }

        link[len] = '\0';

        if (ngx_strncmp(link, "/memfd:" NGX_HTTP_JUPREF_MEMFD_NAME " ",
                        sizeof("/memfd:" NGX_HTTP_JUPREF_MEMFD_NAME))
            == 0
            && ngx_http_jupref_memory_is(fd, name, device, inode, &reserved)
               == NGX_OK)
        {
            (void) closedir(directory);

            memory->fd = fd;
            memory->reserved = reserved;

            return ngx_http_jupref_memory_map(memory, log);
        }
    }

    (void) closedir(directory);

    return NGX_DECLINED;
}


static ngx_int_t
ngx_http_jupref_memory_is(int fd, ngx_str_t *name, uint64_t device,
    uint64_t inode, uint64_t *reserved)
{
    ngx_int_t                  rc;
    struct stat                info;
    ngx_http_jupref_shared_t  *shared;

    if (fstat(fd, &info) == -1
        || (size_t) info.st_size < sizeof(ngx_http_jupref_shared_t))
    {
        return NGX_DECLINED;
    }

    shared = mmap(NULL, sizeof(ngx_http_jupref_shared_t), PROT_READ,
                  MAP_SHARED, fd, 0);
    if (shared == MAP_FAILED) {
        return NGX_DECLINED;
    }

    rc = (shared->magic == NGX_HTTP_JUPREF_MAGIC
          && shared->device == device
          && shared->inode == inode
          && ngx_strncmp(shared->name, name->data, name->len) == 0
          && shared->name[name->len] == '\0')
         ? NGX_OK : NGX_DECLINED;

    *reserved = shared->reserved;

    (void) munmap(shared, sizeof(ngx_http_jupref_shared_t));

    return rc;
}


static ngx_int_t
ngx_http_jupref_memory_map(ngx_http_jupref_memory_t *memory, ngx_log_t *log)
{
    memory->base = mmap(NULL, memory->reserved, PROT_READ|PROT_WRITE,
                        MAP_SHARED|MAP_NORESERVE, memory->fd, 0);

    if (memory->base == MAP_FAILED) {
        ngx_log_error(NGX_LOG_EMERG, log, ngx_errno,
                      "%uL bytes of addresses for a zone of \"jupref_zone\" "
                      "can't be had", memory->reserved);
        return NGX_ERROR;
    }

    return NGX_OK;
}


/* `size` zeroed bytes behind what is used: their offset, 0 when there are no
 * addresses or no memory left. */

uint64_t
ngx_http_jupref_memory_grow(ngx_http_jupref_memory_t *memory, uint64_t size)
{
    uint64_t                   at;
    ngx_http_jupref_shared_t  *shared;

    shared = memory->base;
    at = (shared->file_size + ngx_pagesize - 1) / ngx_pagesize * ngx_pagesize;

    if (size > memory->reserved || at > memory->reserved - size
        || ftruncate(memory->fd, (off_t) (at + size)) == -1)
    {
        return 0;
    }

    shared->file_size = at + size;

    return at;
}


/* Gives the memory of what isn't used any more back to the system; it is
 * zeroed then. */

void
ngx_http_jupref_memory_drop(ngx_http_jupref_memory_t *memory, uint64_t at,
    uint64_t size)
{
    u_char    *base;
    uint64_t   first, end;

    base = memory->base;
    end = (at + size) / ngx_pagesize * ngx_pagesize;
    first = (at + ngx_pagesize - 1) / ngx_pagesize * ngx_pagesize;

    if (end <= first
        || fallocate(memory->fd, FALLOC_FL_PUNCH_HOLE|FALLOC_FL_KEEP_SIZE,
                     (off_t) first, (off_t) (end - first))
           == -1)
    {
        ngx_memzero(base + at, size);
        return;
    }

    ngx_memzero(base + at, first - at);
    ngx_memzero(base + end, at + size - end);
}


static ngx_int_t
ngx_http_jupref_robust(pthread_mutex_t *mutex)
{
    ngx_int_t            rc;
    pthread_mutexattr_t  attributes;

    if (pthread_mutexattr_init(&attributes) != 0) {
        return NGX_ERROR;
    }

    rc = (pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED)
          == 0
          && pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST)
             == 0
          && pthread_mutex_init(mutex, &attributes) == 0)
         ? NGX_OK : NGX_ERROR;

    (void) pthread_mutexattr_destroy(&attributes);

    return rc;
}


/*
 * Returns 1 when the last owner died holding it: what it guards may be
 * half-done.
 */

ngx_uint_t
ngx_http_jupref_robust_lock(pthread_mutex_t *mutex)
{
    if (pthread_mutex_lock(mutex) == EOWNERDEAD) {
        (void) pthread_mutex_consistent(mutex);
        return 1;
    }

    return 0;
}
