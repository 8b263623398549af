/*
 * A line of the keyring: `<purpose> <key id> <64 hex digits>`.
 *
 * nginx and jupref-journal read the same file and take the same lines.
 */

#ifndef JUPREF_KEYRING_H
#define JUPREF_KEYRING_H


#include "ledger/jupref_cookie.h"


#define JUPREF_KEYRING_MAX  (64 * 1024)         /* bytes of the file */


typedef enum {
    JUPREF_PURPOSE_COOKIE = 0,
    JUPREF_PURPOSE_SESSION,
    JUPREF_PURPOSE_SEAL,
    JUPREF_PURPOSES
} jupref_purpose_e;


typedef enum {
    JUPREF_KEYRING_KEY = 0,
    JUPREF_KEYRING_EMPTY,               /* blank, or a comment */
    JUPREF_KEYRING_BAD_PURPOSE,
    JUPREF_KEYRING_BAD_ID,
    JUPREF_KEYRING_BAD_KEY              /* or more words than there may be */
} jupref_keyring_result_e;


/*
 * `word` is what a complaint may show: the purpose or the id, never the key,
 * which is a secret.  It borrows from the line.
 */
jupref_keyring_result_e jupref_keyring_line(jupref_bytes_t line,
    jupref_purpose_e *purpose, jupref_key_t *key, jupref_bytes_t *word);


#endif /* JUPREF_KEYRING_H */
