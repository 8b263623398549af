/*
 * The state directory: whose it is, who uses it, what keys open it.
 *
 *     lock         locked by the nginx that runs on it, whose pid it holds
 *     identity     the log's name and signing key
 *     journal/ snapshots/ tiles/ synced      see log/
 *
 * It belongs to the user that workers run as and is closed to all others.
 * The lock is inherited by everything this nginx starts, a new binary
 * included, so it is free when the last of them is gone.
 */

#include "http/ngx_http_jupref.h"

#include <sys/file.h>
#include <sys/fsuid.h>


#define NGX_HTTP_JUPREF_STATE_MODE  0700
#define NGX_HTTP_JUPREF_FILE_MODE   0600
#define NGX_HTTP_JUPREF_PATH_MAX    4096
#define NGX_HTTP_JUPREF_MODE_TEXT   5       /* digits and a zero */


static ngx_int_t ngx_http_jupref_store_owned(ngx_http_jupref_zone_t *zone,
    struct stat *info, ngx_log_t *log);
static const char *ngx_http_jupref_mode(char *text, mode_t mode);
static ngx_int_t ngx_http_jupref_store_files(ngx_http_jupref_zone_t *zone,
    const char *folder, ngx_log_t *log);
static ngx_int_t ngx_http_jupref_store_file(ngx_http_jupref_zone_t *zone,
    int directory, const char *path, const char *name, ngx_log_t *log);
static ngx_int_t ngx_http_jupref_store_folder(ngx_http_jupref_zone_t *zone,
    const char *name, ngx_log_t *log);
static void ngx_http_jupref_store_sync_parent(ngx_http_jupref_zone_t *zone);
static ngx_int_t ngx_http_jupref_store_make(ngx_http_jupref_zone_t *zone,
    ngx_log_t *log);
static ngx_int_t ngx_http_jupref_store_lock(ngx_http_jupref_zone_t *zone,
    ngx_uint_t *running, ngx_log_t *log);
static ngx_fd_t ngx_http_jupref_store_inherited(struct stat *info);
static void ngx_http_jupref_store_owner(ngx_http_jupref_zone_t *zone,
    ngx_uid_t *user, ngx_gid_t *group);
static ngx_int_t ngx_http_jupref_store_path(ngx_http_jupref_zone_t *zone,
    const char *name, char *path, ngx_log_t *log);


/* What the configuration alone can tell. */

ngx_int_t
ngx_http_jupref_store_init(ngx_conf_t *cf, ngx_http_jupref_main_conf_t *jmcf)
{
    ngx_http_jupref_zone_t  *zone;

    zone = jmcf->zone;

    if (zone->state.len == 0) {
        return NGX_OK;
    }

    if (jmcf->keyring == NULL || jmcf->keyring->seal.nelts == 0) {
        ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                      "\"jupref_zone\" with \"state=%V\" keeps a sealed "
                      "journal and needs \"jupref_keyring\" with a key of "
                      "purpose \"seal\"", &zone->state);
        return NGX_ERROR;
    }

    zone->store.keys.keys = jmcf->keyring->seal.elts;
    zone->store.keys.count = (unsigned) jmcf->keyring->seal.nelts;
    zone->store.disk = &zone->disk;
    ngx_memcpy(zone->store.edge, zone->edge.data, zone->edge.len);

    jupref_disk_posix(&zone->disk, (char *) zone->state.data);

    return NGX_OK;
}


/* What can be known without touching anything: all that nginx -t does. */

ngx_int_t
ngx_http_jupref_store_check(ngx_http_jupref_zone_t *zone, ngx_log_t *log)
{
    struct stat  info;

    if (stat((char *) zone->state.data, &info) == -1) {

        if (ngx_errno == NGX_ENOENT) {
            return NGX_OK;
        }

        ngx_log_error(NGX_LOG_EMERG, log, ngx_errno,
                      "\"state=%V\" of \"jupref_zone\" can't be looked at",
                      &zone->state);
        return NGX_ERROR;
    }

    return ngx_http_jupref_store_owned(zone, &info, log);
}


/*
 * The master may be root: what it makes in the directory must be the workers'
 * own, and what they can't reach it shouldn't either.
 */

void
ngx_http_jupref_store_enter(ngx_http_jupref_zone_t *zone)
{
    ngx_uid_t  user;
    ngx_gid_t  group;

    if (geteuid() == 0) {
        ngx_http_jupref_store_owner(zone, &user, &group);

        (void) setfsgid(group);
        (void) setfsuid(user);
    }
}


void
ngx_http_jupref_store_leave(ngx_http_jupref_zone_t *zone)
{
    if (geteuid() == 0) {
        (void) setfsuid(geteuid());
        (void) setfsgid(getegid());
    }
}


static ngx_int_t
ngx_http_jupref_store_owned(ngx_http_jupref_zone_t *zone, struct stat *info,
    ngx_log_t *log)
{
    char       mode[NGX_HTTP_JUPREF_MODE_TEXT];
    ngx_uid_t  user;
    ngx_gid_t  group;

    ngx_http_jupref_store_owner(zone, &user, &group);

    if (!S_ISDIR(info->st_mode)) {
        ngx_log_error(NGX_LOG_EMERG, log, 0,
                      "\"state=%V\" of \"jupref_zone\" is not a directory",
                      &zone->state);
        return NGX_ERROR;
    }

    if ((info->st_mode & 07777) != NGX_HTTP_JUPREF_STATE_MODE) {
        ngx_log_error(NGX_LOG_EMERG, log, 0,
                      "\"state=%V\" of \"jupref_zone\" has mode %s, it must "
                      "be 0700: chmod 700 %V", &zone->state,
                      ngx_http_jupref_mode(mode, info->st_mode),
                      &zone->state);
        return NGX_ERROR;
    }

    if (info->st_uid != user) {
        ngx_log_error(NGX_LOG_EMERG, log, 0,
                      "\"state=%V\" of \"jupref_zone\" belongs to uid %d, it "
                      "must belong to uid %d, which workers run as: chown %d "
                      "%V", &zone->state, (int) info->st_uid, (int) user,
                      (int) user, &zone->state);
        return NGX_ERROR;
    }

    return NGX_OK;
}


/* "0755", which ngx_sprintf has no conversion for. */

static const char *
ngx_http_jupref_mode(char *text, mode_t mode)
{
    ngx_uint_t  i;

    for (i = 0; i < NGX_HTTP_JUPREF_MODE_TEXT - 1; i++) {
        text[i] = (char) ('0' + (mode >> (9 - 3 * i) & 7));
    }

    text[i] = '\0';

    return text;
}


/*
 * Makes the directory where it is missing, and everything below it as the user
 * it belongs to: who may write there could lead root astray.
 */

static ngx_int_t
ngx_http_jupref_store_make(ngx_http_jupref_zone_t *zone, ngx_log_t *log)
{
    ngx_int_t    rc;
    ngx_uid_t    user;
    ngx_gid_t    group;
    ngx_uint_t   i;
    const char  *state;

    static const char *const  names[] = {
        "journal", "snapshots", "tiles", "tiles/tile"
    };

    state = (const char *) zone->state.data;

    if (mkdir(state, NGX_HTTP_JUPREF_STATE_MODE) == 0) {
        ngx_http_jupref_store_owner(zone, &user, &group);

        if (geteuid() == 0 && lchown(state, user, group) == -1) {
            ngx_log_error(NGX_LOG_EMERG, log, ngx_errno,
                          "\"%s\" for \"jupref_zone\" can't be given to uid "
                          "%d, which workers run as", state, (int) user);
            return NGX_ERROR;
        }

        ngx_http_jupref_store_sync_parent(zone);

    } else if (ngx_errno != NGX_EEXIST) {
        ngx_log_error(NGX_LOG_EMERG, log, ngx_errno,
                      "\"%s\" for \"jupref_zone\" can't be made", state);
        return NGX_ERROR;
    }

    if (ngx_http_jupref_store_check(zone, log) != NGX_OK) {
        return NGX_ERROR;
    }

    ngx_http_jupref_store_enter(zone);

    rc = NGX_OK;

    for (i = 0; rc == NGX_OK && i < sizeof(names) / sizeof(names[0]); i++) {
        rc = ngx_http_jupref_store_folder(zone, names[i], log);
    }

    ngx_http_jupref_store_leave(zone);

    return rc;
}


static ngx_int_t
ngx_http_jupref_store_folder(ngx_http_jupref_zone_t *zone, const char *name,
    ngx_log_t *log)
{
    char  path[NGX_HTTP_JUPREF_PATH_MAX];

    if (ngx_http_jupref_store_path(zone, name, path, log) != NGX_OK) {
        return NGX_ERROR;
    }

    if (mkdir(path, NGX_HTTP_JUPREF_STATE_MODE) == -1
        && ngx_errno != NGX_EEXIST)
    {
        ngx_log_error(NGX_LOG_EMERG, log, ngx_errno,
                      "\"%s\" for \"jupref_zone\" can't be made", path);
        return NGX_ERROR;
    }

    return NGX_OK;
}


/* A new directory's name is its parent's to keep. */

static void
ngx_http_jupref_store_sync_parent(ngx_http_jupref_zone_t *zone)
{
    char      path[NGX_HTTP_JUPREF_PATH_MAX];
    char     *slash;
    ngx_fd_t  fd;

    (void) ngx_cpystrn((u_char *) path, zone->state.data, sizeof(path));
    slash = strrchr(path, '/');

    if (slash == NULL) {
        return;
    }

    slash[slash == path] = '\0';
    fd = open(path, O_RDONLY|O_DIRECTORY|O_CLOEXEC);

    if (fd != -1) {
        (void) fsync(fd);
        (void) close(fd);
    }
}


/* `running` tells that an nginx which started this binary uses it too. */

ngx_int_t
ngx_http_jupref_store_open(ngx_http_jupref_zone_t *zone, ngx_uint_t *running,
    ngx_log_t *log)
{
    *running = 0;

    if (ngx_http_jupref_store_make(zone, log) != NGX_OK
        || ngx_http_jupref_store_lock(zone, running, log) != NGX_OK)
    {
        return NGX_ERROR;
    }

    return (ngx_http_jupref_store_files(zone, "", log) == NGX_OK
            && ngx_http_jupref_store_files(zone, "journal", log) == NGX_OK
            && ngx_http_jupref_store_files(zone, "snapshots", log) == NGX_OK)
           ? NGX_OK : NGX_ERROR;
}


/* What is kept in one folder is the workers' own and closed to all others. */

static ngx_int_t
ngx_http_jupref_store_files(ngx_http_jupref_zone_t *zone, const char *folder,
    ngx_log_t *log)
{
    DIR            *directory;
    char            path[NGX_HTTP_JUPREF_PATH_MAX];
    ngx_int_t       rc;
    struct dirent  *entry;

    if (ngx_http_jupref_store_path(zone, folder, path, log) != NGX_OK) {
        return NGX_ERROR;
    }

    directory = opendir(path);
    if (directory == NULL) {
        ngx_log_error(NGX_LOG_EMERG, log, ngx_errno,
                      "\"%s\" for \"jupref_zone\" can't be read", path);
        return NGX_ERROR;
    }

    rc = NGX_OK;

    while (rc == NGX_OK && (entry = readdir(directory)) != NULL) {
        rc = ngx_http_jupref_store_file(zone, dirfd(directory), path,
                                        entry->d_name, log);
    }

    (void) closedir(directory);

    return rc;
}


static ngx_int_t
ngx_http_jupref_store_file(ngx_http_jupref_zone_t *zone, int directory,
    const char *path, const char *name, ngx_log_t *log)
{
    char         mode[NGX_HTTP_JUPREF_MODE_TEXT];
    ngx_uid_t    user;
    ngx_gid_t    group;
    struct stat  info;

    if (fstatat(directory, name, &info, AT_SYMLINK_NOFOLLOW) == -1
        || S_ISDIR(info.st_mode))
    {
        return NGX_OK;
    }

    ngx_http_jupref_store_owner(zone, &user, &group);

    if (S_ISREG(info.st_mode) && info.st_uid == user
        && (info.st_mode & 07777) == NGX_HTTP_JUPREF_FILE_MODE)
    {
        return NGX_OK;
    }

    ngx_log_error(NGX_LOG_EMERG, log, 0,
                  "\"%s/%s\" for \"jupref_zone\" must be a file with mode "
                  "0600 of uid %d, which workers run as, and has mode %s of "
                  "uid %d", path, name, (int) user,
                  ngx_http_jupref_mode(mode, info.st_mode),
                  (int) info.st_uid);

    return NGX_ERROR;
}


void
ngx_http_jupref_store_close(ngx_http_jupref_zone_t *zone)
{
    if (zone->lock != -1) {
        (void) close(zone->lock);
        zone->lock = -1;
    }
}


/*
 * The lock's file names who runs on the directory, for people: told by a
 * worker, because a master that becomes a daemon changes its pid.
 */

void
ngx_http_jupref_store_tell(ngx_http_jupref_zone_t *zone)
{
    char     pid[NGX_INT64_LEN + 2];
    u_char  *p;

    if (zone->state.len == 0 || zone->lock == -1) {
        return;
    }

    p = ngx_sprintf((u_char *) pid, "%P\n",
                    ngx_process == NGX_PROCESS_SINGLE ? ngx_pid : ngx_parent);

    if (pwrite(zone->lock, pid, (size_t) (p - (u_char *) pid), 0) != -1) {
        (void) !ftruncate(zone->lock, (off_t) (p - (u_char *) pid));
    }
}


static ngx_int_t
ngx_http_jupref_store_lock(ngx_http_jupref_zone_t *zone, ngx_uint_t *running,
    ngx_log_t *log)
{
    char         path[NGX_HTTP_JUPREF_PATH_MAX], pid[NGX_INT64_LEN + 2];
    ssize_t      len;
    ngx_fd_t     fd;
    struct stat  info;

    if (ngx_http_jupref_store_path(zone, "lock", path, log) != NGX_OK) {
        return NGX_ERROR;
    }

    ngx_http_jupref_store_enter(zone);
    fd = open(path, O_RDWR|O_CREAT|O_NOFOLLOW, 0600);
    ngx_http_jupref_store_leave(zone);

    if (fd == -1 || fstat(fd, &info) == -1) {
        ngx_log_error(NGX_LOG_EMERG, log, ngx_errno,
                      "\"%s\" for \"jupref_zone\" can't be opened", path);
        return NGX_ERROR;
    }

    if (flock(fd, LOCK_EX|LOCK_NB) == 0) {
        zone->lock = fd;
        return NGX_OK;
    }

    len = pread(fd, pid, sizeof(pid) - 1, 0);
    (void) close(fd);

    zone->lock = ngx_http_jupref_store_inherited(&info);

    if (zone->lock != -1) {
        *running = 1;
        return NGX_OK;
    }

    while (len > 0 && (pid[len - 1] < '0' || pid[len - 1] > '9')) {
        len--;
    }

    pid[ngx_max(len, 0)] = '\0';

    ngx_log_error(NGX_LOG_EMERG, log, 0,
                  "\"state=%V\" of \"jupref_zone\" is in use by another "
                  "nginx, pid %s: one nginx at a time may run on it",
                  &zone->state, len > 0 ? pid : "unknown");

    return NGX_ERROR;
}


/* The lock file among what the nginx that started this binary left open. */

static ngx_fd_t
ngx_http_jupref_store_inherited(struct stat *info)
{
    DIR            *directory;
    int             fd;
    ngx_fd_t        found;
    struct stat     other;
    struct dirent  *entry;

    directory = opendir("/proc/self/fd");
    if (directory == NULL) {
        return -1;
    }

    found = -1;

    while (found == -1 && (entry = readdir(directory)) != NULL) {

        fd = (int) ngx_atoi((u_char *) entry->d_name,
                            ngx_strlen(entry->d_name));

        if (fd >= 0 && fstat(fd, &other) == 0
            && other.st_dev == info->st_dev && other.st_ino == info->st_ino)
        {
            found = fd;
        }
    }

    (void) closedir(directory);

    return found;
}


/*
 * The log's name and key: made with the first journal, and never again, since
 * who lost them would sign another log under the same name.
 */

ngx_int_t
ngx_http_jupref_store_identity(ngx_http_jupref_zone_t *zone, ngx_log_t *log)
{
    size_t           segments, snapshots;
    uint64_t        *seqs;
    jupref_bytes_t   origin;
    jupref_fault_t   fault;

    seqs = NULL;
    origin = (jupref_bytes_t) { NULL, 0 };
    ngx_memzero(&fault, sizeof(jupref_fault_t));

    if (jupref_journal_list(&zone->store, &seqs, &segments, &fault)
        != JUPREF_FAULT_NONE)
    {
        goto failed;
    }

    free(seqs);
    seqs = NULL;

    if (jupref_snapshot_list(&zone->store, &seqs, &snapshots, &fault)
        != JUPREF_FAULT_NONE)
    {
        goto failed;
    }

    free(seqs);

    if (segments == 0 && snapshots == 0) {
        origin = ngx_http_jupref_bytes(&zone->edge);
    }

    if (jupref_identity_load(&zone->store, origin, zone->identity, &fault)
        == JUPREF_FAULT_NONE)
    {
        return NGX_OK;
    }

failed:

    ngx_log_error(NGX_LOG_EMERG, log, (ngx_err_t) fault.error,
                  "jupref: the state in \"%V\" can't be used, %s: %s",
                  &zone->state, jupref_fault_name(fault.fault), fault.text);

    return NGX_ERROR;
}


static void
ngx_http_jupref_store_owner(ngx_http_jupref_zone_t *zone, ngx_uid_t *user,
    ngx_gid_t *group)
{
    *user = geteuid();
    *group = getegid();

    if (*user == 0 && zone->core->master) {
        *user = zone->core->user;
        *group = zone->core->group;
    }
}


static ngx_int_t
ngx_http_jupref_store_path(ngx_http_jupref_zone_t *zone, const char *name,
    char *path, ngx_log_t *log)
{
    u_char  *p;

    p = ngx_snprintf((u_char *) path, NGX_HTTP_JUPREF_PATH_MAX, "%V%s%s%Z",
                     &zone->state, *name ? "/" : "", name);

    if (p == (u_char *) path + NGX_HTTP_JUPREF_PATH_MAX) {
        ngx_log_error(NGX_LOG_EMERG, log, 0,
                      "\"state=%V\" of \"jupref_zone\" is too long a path",
                      &zone->state);
        return NGX_ERROR;
    }

    return NGX_OK;
}
