/*
 * What every command begins with: the state directory, the keyring, and the
 * edge whose state it is.
 *
 * The edge stands in every file and is authenticated there; unless it is
 * given it is taken from the first file that proves what it says, so that a
 * changed byte in one of them doesn't make all others another edge's.
 */

#include "log/tool/jupref_tool.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/fsuid.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/crypto.h>

#include "log/jupref_keyring.h"
#include "log/jupref_snapshot_file.h"
#include "log/jupref_tiles.h"


#define JUPREF_IDENTITY_EDGE_AT  8
#define JUPREF_SEGMENT_EDGE_AT   (8 + 4 + 4 + 8 + 8)
#define JUPREF_SNAPSHOT_EDGE_AT  (8 + 4 * 4 + 4 * 8)
#define JUPREF_SEGMENT_ENDING    ".segment"
#define JUPREF_UNFINISHED        ".new"
#define JUPREF_SEQ_DIGITS        20


typedef struct {
    uint64_t            *firsts;
    size_t               count;
    size_t               room;
    jupref_stranger_pt   stranger;
    void                *context;
} jupref_listed_t;


static jupref_exit_e jupref_open_directory(jupref_tool_t *tool);
static jupref_exit_e jupref_open_keyring(jupref_tool_t *tool);
static jupref_exit_e jupref_read_keyring(jupref_tool_t *tool, int file,
    uint8_t *text, size_t *len);
static jupref_exit_e jupref_take_keys(jupref_tool_t *tool,
    const uint8_t *text, size_t len);
static jupref_exit_e jupref_open_edge(jupref_tool_t *tool);
static unsigned jupref_edge_of(jupref_tool_t *tool, const char *name,
    uint64_t at, uint8_t first[JUPREF_EDGE_MAX], unsigned *known);
static unsigned jupref_edge_of_segment(jupref_tool_t *tool, uint64_t seq);
static unsigned jupref_edge_of_snapshot(jupref_tool_t *tool, uint64_t seq);
static int jupref_segment_listed(void *context, const char *name);
static int jupref_first_compare(const void *one, const void *other);


jupref_exit_e
jupref_tool_open(jupref_tool_t *tool)
{
    jupref_exit_e  code;

    code = jupref_open_directory(tool);

    if (code == JUPREF_EXIT_GOOD) {
        code = jupref_open_keyring(tool);
    }

    if (code == JUPREF_EXIT_GOOD) {
        code = jupref_open_edge(tool);
    }

    return code;
}


void
jupref_tool_close(jupref_tool_t *tool)
{
    if (tool->lock >= 0) {
        (void) close(tool->lock);
    }

    if (tool->directory >= 0) {
        (void) close(tool->directory);
    }

    OPENSSL_cleanse(tool->keys, sizeof(tool->keys));
    jupref_seal_forget();
}


/*
 * What is made in the directory belongs to its owner, which is the user that
 * nginx's workers run as.
 */

jupref_exit_e
jupref_tool_claim(jupref_tool_t *tool, unsigned nginx)
{
    struct stat  info;

    if (flock(tool->directory, LOCK_EX|LOCK_NB) == -1) {
        return jupref_tool_say(tool, JUPREF_EXIT_FAILED, "another "
                               "jupref-journal is at work in \"%s\"",
                               tool->given.state);
    }

    if (geteuid() == 0 && fstat(tool->directory, &info) == 0) {
        (void) setfsgid(info.st_gid);
        (void) setfsuid(info.st_uid);
    }

    if (!nginx || tool->running) {
        return JUPREF_EXIT_GOOD;
    }

    tool->lock = openat(tool->directory, "lock",
                        O_RDWR|O_CREAT|O_NOFOLLOW|O_CLOEXEC, 0600);

    if (tool->lock == -1 || flock(tool->lock, LOCK_EX|LOCK_NB) == -1) {
        return jupref_tool_say(tool, JUPREF_EXIT_FAILED, "\"%s/lock\" can't "
                               "be locked: %s", tool->given.state,
                               strerror(errno));
    }

    return JUPREF_EXIT_GOOD;
}


static jupref_exit_e
jupref_open_directory(jupref_tool_t *tool)
{
    int  lock;

    tool->directory = open(tool->given.state,
                           O_RDONLY|O_DIRECTORY|O_CLOEXEC);

    if (tool->directory == -1) {
        return jupref_tool_say(tool, JUPREF_EXIT_FAILED, "state directory "
                               "\"%s\" can't be opened: %s",
                               tool->given.state, strerror(errno));
    }

    if (faccessat(tool->directory, "journal", F_OK, 0) == -1
        && faccessat(tool->directory, "identity", F_OK, 0) == -1)
    {
        return jupref_tool_say(tool, JUPREF_EXIT_FAILED, "\"%s\" is no state "
                               "directory: it has neither a journal nor an "
                               "identity", tool->given.state);
    }

    jupref_disk_posix(&tool->disk, tool->given.state);
    tool->store.disk = &tool->disk;

    lock = openat(tool->directory, "lock", O_RDONLY|O_NOFOLLOW|O_CLOEXEC);

    if (lock >= 0) {
        tool->running = flock(lock, LOCK_SH|LOCK_NB) == -1
                        && errno == EWOULDBLOCK;
        (void) close(lock);
    }

    return JUPREF_EXIT_GOOD;
}


static jupref_exit_e
jupref_open_keyring(jupref_tool_t *tool)
{
    int            file;
    size_t         len;
    uint8_t       *text;
    jupref_exit_e  code;

    file = open(tool->given.keyring, O_RDONLY|O_NONBLOCK|O_CLOEXEC);

    if (file == -1) {
        return jupref_tool_say(tool, JUPREF_EXIT_FAILED, "keyring \"%s\" "
                               "can't be opened: %s", tool->given.keyring,
                               strerror(errno));
    }

    text = malloc(JUPREF_KEYRING_MAX);

    if (text == NULL) {
        (void) close(file);
        return jupref_tool_say(tool, JUPREF_EXIT_FAILED, "out of memory");
    }

    len = 0;
    code = jupref_read_keyring(tool, file, text, &len);
    (void) close(file);

    if (code == JUPREF_EXIT_GOOD) {
        code = jupref_take_keys(tool, text, len);
    }

    OPENSSL_cleanse(text, JUPREF_KEYRING_MAX);
    free(text);

    return code;
}


static jupref_exit_e
jupref_read_keyring(jupref_tool_t *tool, int file, uint8_t *text, size_t *len)
{
    ssize_t      n;
    struct stat  info;

    if (fstat(file, &info) == -1 || !S_ISREG(info.st_mode)
        || info.st_size > JUPREF_KEYRING_MAX)
    {
        return jupref_tool_say(tool, JUPREF_EXIT_FAILED, "keyring \"%s\" "
                               "must be a plain file of at most 64k",
                               tool->given.keyring);
    }

    if (info.st_mode & 0007) {
        return jupref_tool_say(tool, JUPREF_EXIT_FAILED, "keyring \"%s\" "
                               "holds secrets but is open to others, its "
                               "mode must be 0600 or 0640",
                               tool->given.keyring);
    }

    do {
        n = read(file, text + *len, JUPREF_KEYRING_MAX - *len);

        if (n > 0) {
            *len += (size_t) n;
        }

    } while (n > 0 || (n == -1 && errno == EINTR));

    if (n == -1) {
        return jupref_tool_say(tool, JUPREF_EXIT_FAILED, "keyring \"%s\" "
                               "can't be read: %s", tool->given.keyring,
                               strerror(errno));
    }

    return JUPREF_EXIT_GOOD;
}


static jupref_exit_e
jupref_take_keys(jupref_tool_t *tool, const uint8_t *text, size_t len)
{
    unsigned                  line;
    jupref_key_t              key;
    jupref_bytes_t            part, word;
    const uint8_t            *end, *newline;
    jupref_purpose_e          purpose;
    jupref_keyring_result_e   result;

    tool->store.keys.keys = tool->keys;
    end = text + len;

    for (line = 1; text < end; line++) {
        newline = memchr(text, '\n', (size_t) (end - text));
        part.data = text;
        part.len = (size_t) ((newline ? newline : end) - text);
        text = newline ? newline + 1 : end;

        result = jupref_keyring_line(part, &purpose, &key, &word);

        if (result > JUPREF_KEYRING_EMPTY) {
            return jupref_tool_say(tool, JUPREF_EXIT_FAILED, "line %u of "
                                   "keyring \"%s\", at \"%.*s\", isn't "
                                   "\"<purpose> <key id> <64 hex digits>\"",
                                   line, tool->given.keyring, (int) word.len,
                                   (const char *) word.data);
        }

        if (result == JUPREF_KEYRING_KEY && purpose == JUPREF_PURPOSE_SEAL
            && tool->store.keys.count < JUPREF_TOOL_KEYS)
        {
            tool->keys[tool->store.keys.count++] = key;
        }

        OPENSSL_cleanse(&key, sizeof(key));
    }

    if (tool->store.keys.count == 0) {
        return jupref_tool_say(tool, JUPREF_EXIT_FAILED, "keyring \"%s\" has "
                               "no key of purpose \"seal\"",
                               tool->given.keyring);
    }

    return JUPREF_EXIT_GOOD;
}


static jupref_exit_e
jupref_open_edge(jupref_tool_t *tool)
{
    char               name[JUPREF_NAME_MAX];
    size_t             i, count, len;
    uint8_t            first[JUPREF_EDGE_MAX];
    uint64_t          *seqs;
    unsigned           known, proved;
    jupref_fault_t     fault;
    jupref_identity_t  identity;

    if (tool->given.edge != NULL) {
        len = strlen(tool->given.edge);

        if (len > JUPREF_EDGE_MAX) {
            return jupref_tool_say(tool, JUPREF_EXIT_USAGE, "the name in "
                                   "\"--edge=%s\" is too long",
                                   tool->given.edge);
        }

        memcpy(tool->store.edge, tool->given.edge, len);
        return JUPREF_EXIT_GOOD;
    }

    known = 0;
    memset(&fault, 0, sizeof(fault));

    proved = jupref_edge_of(tool, "identity", JUPREF_IDENTITY_EDGE_AT, first,
                            &known)
             && jupref_identity_load(&tool->store,
                                     (jupref_bytes_t) { NULL, 0 }, &identity,
                                     &fault)
                == JUPREF_FAULT_NONE;
    OPENSSL_cleanse(&identity, sizeof(identity));

    if (!proved && jupref_tool_segments(tool, &seqs, &count, NULL, NULL,
                                        &fault)
                   == JUPREF_FAULT_NONE)
    {
        for (i = 0; i < count && !proved; i++) {
            jupref_segment_name(name, seqs[i]);
            proved = jupref_edge_of(tool, name, JUPREF_SEGMENT_EDGE_AT, first,
                                    &known)
                     && jupref_edge_of_segment(tool, seqs[i]);
        }

        free(seqs);
    }

    if (!proved && jupref_snapshot_list(&tool->store, &seqs, &count, &fault)
                   == JUPREF_FAULT_NONE)
    {
        for (i = 0; i < count && !proved; i++) {
            jupref_snapshot_name(name, seqs[i]);
            proved = jupref_edge_of(tool, name, JUPREF_SNAPSHOT_EDGE_AT,
                                    first, &known)
                     && jupref_edge_of_snapshot(tool, seqs[i]);
        }

        free(seqs);
    }

    /* nothing proves it: what the first file says, so that it is named */

    if (!proved && known) {
        memcpy(tool->store.edge, first, JUPREF_EDGE_MAX);
    }

    return JUPREF_EXIT_GOOD;
}


/* Takes the edge that the file says; `first` is what the first one said. */

static unsigned
jupref_edge_of(jupref_tool_t *tool, const char *name, uint64_t at,
    uint8_t first[JUPREF_EDGE_MAX], unsigned *known)
{
    int      file;
    int64_t  n;

    file = tool->disk.open(&tool->disk, name, 0, 0);

    if (file < 0) {
        return 0;
    }

    n = tool->disk.read(&tool->disk, file, tool->store.edge, JUPREF_EDGE_MAX,
                        at);
    tool->disk.close(&tool->disk, file);

    if (n != JUPREF_EDGE_MAX) {
        return 0;
    }

    if (!*known) {
        memcpy(first, tool->store.edge, JUPREF_EDGE_MAX);
        *known = 1;
    }

    return 1;
}


static unsigned
jupref_edge_of_segment(jupref_tool_t *tool, uint64_t seq)
{
    int               file;
    char              name[JUPREF_NAME_MAX];
    unsigned          proved;
    jupref_fault_t    fault;
    jupref_segment_t  segment;

    jupref_segment_name(name, seq);
    file = tool->disk.open(&tool->disk, name, 0, 0);

    if (file < 0) {
        return 0;
    }

    memset(&fault, 0, sizeof(fault));
    proved = jupref_segment_read(&tool->store, file, seq, &segment, &fault)
             == JUPREF_FAULT_NONE;
    tool->disk.close(&tool->disk, file);
    OPENSSL_cleanse(segment.data_key, sizeof(segment.data_key));

    return proved;
}


static unsigned
jupref_edge_of_snapshot(jupref_tool_t *tool, uint64_t seq)
{
    jupref_fault_e          result;
    jupref_fault_t          fault;
    jupref_snapshot_file_t  snapshot;

    memset(&fault, 0, sizeof(fault));
    result = jupref_snapshot_open(&snapshot, &tool->store, seq, &fault);
    jupref_snapshot_close(&snapshot);

    return result == JUPREF_FAULT_NONE || result == JUPREF_FAULT_LAYOUT_OLDER;
}


jupref_fault_e
jupref_tool_segments(jupref_tool_t *tool, uint64_t **firsts, size_t *count,
    jupref_stranger_pt stranger, void *context, jupref_fault_t *fault)
{
    int              rc;
    jupref_listed_t  listed;

    memset(&listed, 0, sizeof(listed));
    listed.stranger = stranger;
    listed.context = context;
    *firsts = NULL;
    *count = 0;

    rc = tool->disk.list(&tool->disk, "journal", jupref_segment_listed,
                         &listed);

    if (rc != 0 && rc != -ENOENT) {
        free(listed.firsts);
        return jupref_fault_io(fault, "journal", 0, rc, "listing");
    }

    if (listed.count > 0) {
        qsort(listed.firsts, listed.count, sizeof(uint64_t),
              jupref_first_compare);
    }

    *firsts = listed.firsts;
    *count = listed.count;

    return JUPREF_FAULT_NONE;
}


static int
jupref_segment_listed(void *context, const char *name)
{
    char              expected[JUPREF_NAME_MAX];
    size_t            room;
    uint64_t          first, *firsts;
    jupref_listed_t  *listed = context;

    if (strlen(name) >= sizeof(JUPREF_UNFINISHED) - 1
        && strcmp(name + strlen(name) - (sizeof(JUPREF_UNFINISHED) - 1),
                  JUPREF_UNFINISHED) == 0)
    {
        return 0;
    }

    first = 0;
    memset(expected, 0, sizeof(expected));

    if (strlen(name) == JUPREF_SEQ_DIGITS + sizeof(JUPREF_SEGMENT_ENDING) - 1
        && jupref_parse_u64((jupref_bytes_t) { (const uint8_t *) name,
                                               JUPREF_SEQ_DIGITS }, &first))
    {
        jupref_segment_name(expected, first);
    }

    if (first == 0
        || strcmp(expected + sizeof("journal/") - 1, name) != 0)
    {
        if (listed->stranger != NULL) {
            listed->stranger(listed->context, name);
        }

        return 0;
    }

    if (listed->count == listed->room) {
        room = listed->room ? listed->room * 2 : 64;
        firsts = realloc(listed->firsts, room * sizeof(uint64_t));

        if (firsts == NULL) {
            return -ENOMEM;
        }

        listed->firsts = firsts;
        listed->room = room;
    }

    listed->firsts[listed->count++] = first;

    return 0;
}


static int
jupref_first_compare(const void *one, const void *other)
{
    uint64_t  a, b;

    a = *(const uint64_t *) one;
    b = *(const uint64_t *) other;

    return (a > b) - (a < b);
}
