/*
 * jupref-journal, the operator's command: what its parts share.
 *
 * Each command is a function of one file.  It writes what it found to the
 * standard output and what went wrong with itself to the standard error.
 */

#ifndef JUPREF_TOOL_H
#define JUPREF_TOOL_H


#include "base/jupref_json_writer.h"
#include "log/jupref_journal.h"


#define JUPREF_TOOL_KEYS  1024          /* more than a keyring has room for */


/* What the shell is told. */
typedef enum {
    JUPREF_EXIT_GOOD = 0,
    JUPREF_EXIT_FAULT = 1,              /* something is wrong with the state */
    JUPREF_EXIT_USAGE = 2,              /* something is with the arguments */
    JUPREF_EXIT_FAILED = 3              /* it could not be done */
} jupref_exit_e;


/* NULL: not given. */
typedef struct {
    const char  *state;
    const char  *keyring;
    const char  *edge;
    const char  *from;
    const char  *to;
    const char  *out;
    const char  *zone;
    unsigned     json:1;
    unsigned     yes:1;
} jupref_arguments_t;


typedef struct {
    const char          *command;
    jupref_arguments_t   given;
    jupref_disk_t        disk;
    jupref_store_t       store;
    int                  directory;     /* the state directory, open */
    int                  lock;          /* -1: nothing is locked */
    unsigned             running:1;     /* nginx had it in use at the start */
    jupref_key_t         keys[JUPREF_TOOL_KEYS];
} jupref_tool_t;


/* The commands. */
jupref_exit_e jupref_tool_verify(jupref_tool_t *tool);
jupref_exit_e jupref_tool_dump(jupref_tool_t *tool);
jupref_exit_e jupref_tool_stat(jupref_tool_t *tool);
jupref_exit_e jupref_tool_repair(jupref_tool_t *tool);
jupref_exit_e jupref_tool_rewrap(jupref_tool_t *tool);
jupref_exit_e jupref_tool_export(jupref_tool_t *tool);


/* jupref_tool_open.c: state directory, keyring, edge.  Close in any case. */
jupref_exit_e jupref_tool_open(jupref_tool_t *tool);
void jupref_tool_close(jupref_tool_t *tool);

/*
 * For commands that write: no other one may.  With `nginx` set nginx is kept
 * from starting as long as this runs, where it doesn't run (`running`).
 */
jupref_exit_e jupref_tool_claim(jupref_tool_t *tool, unsigned nginx);

/* The first seqs of all segments, as jupref_journal_list gives them, but
 * strangers are passed over and told; 0 when memory is out. */
typedef void (*jupref_stranger_pt)(void *context, const char *name);

jupref_fault_e jupref_tool_segments(jupref_tool_t *tool, uint64_t **firsts,
    size_t *count, jupref_stranger_pt stranger, void *context,
    jupref_fault_t *fault);


/*
 * jupref_tool_small.c: lock, identity and `synced`; what is wrong is told and
 * counted.
 */
unsigned jupref_tool_small_files(jupref_tool_t *tool,
    jupref_synced_t *synced);

/* A line about a fault; records `from` to `to` can't be had for it (0: none,
 * or nobody knows). */
void jupref_tool_finding(const jupref_tool_t *tool,
    const jupref_fault_t *fault, uint64_t from, uint64_t to);


/* jupref_tool_text.c */

/* "jupref-journal verify: …" to the standard error; returns `code`. */
jupref_exit_e jupref_tool_say(const jupref_tool_t *tool, jupref_exit_e code,
    const char *format, ...) __attribute__((format(printf, 3, 4)));

/* A fault of the state that ends a command. */
jupref_exit_e jupref_tool_fault(const jupref_tool_t *tool,
    const jupref_fault_t *fault);

/* Its text may have bytes of a broken file in it. */
void jupref_tool_printable(char shown[JUPREF_FAULT_TEXT],
    const char text[JUPREF_FAULT_TEXT]);

/* Decimal digits only; or with k, m, g behind them. */
unsigned jupref_tool_number(const char *text, uint64_t *value);
unsigned jupref_tool_size(const char *text, uint64_t *value);

/* "2026-11-22" to the days since 1970, and back. */
unsigned jupref_tool_date(const char *text, uint64_t *day);
void jupref_tool_date_text(char text[11], uint64_t day);

/* A line of JSON to the standard output. */
void jupref_tool_line(const jupref_json_writer_t *json);

/* Values as the API writes them; what is zero is null. */
void jupref_json_pubkey(jupref_json_writer_t *json, const char *name,
    const jupref_pubkey_t *key);
void jupref_json_signature(jupref_json_writer_t *json, const char *name,
    const jupref_signature_t *signature);
void jupref_json_hex(jupref_json_writer_t *json, const char *name,
    const uint8_t *bytes, size_t len);
void jupref_json_padded(jupref_json_writer_t *json, const char *name,
    const uint8_t *bytes, size_t size);


#endif /* JUPREF_TOOL_H */
