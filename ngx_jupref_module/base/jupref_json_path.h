/*
 * Where a JSON reader stands, as far as wanted fields go.
 *
 * Paths are never put together.  For each open object it is known which
 * wanted fields lie below it, as one bit each, and how much of their paths
 * led there; a key is compared only with the next part of those:
 *
 *     wanted    0 "feeBps"   1 "platformFee.feeBps"   2 "platformFee.feeMint"
 *     {         live 0 1 2   path_len 0
 *       "platformFee":       the next part of 1 and 2
 *       {       live   1 2   path_len 12, with its dot
 */

#ifndef JUPREF_JSON_PATH_H
#define JUPREF_JSON_PATH_H


#include "base/jupref_json_reader.h"


#define JUPREF_JSON_NO_FIELD  JUPREF_JSON_MAX_FIELDS

/* Wanted fields by the low bits of their first letter: most keys are at the
 * top, and most of those begin no wanted path. */
#define JUPREF_JSON_STARTS    32


/* An open object whose members matter. */
typedef struct {
    uint64_t     live;                  /* wanted fields below it */
    uint64_t     seen;                  /* those whose part here has come */
    const char  *path;                  /* a path that leads through it */
    size_t       path_len;              /* up to here, dot included */
} jupref_json_level_t;


typedef struct {
    const char *const    *fields;
    unsigned              count;

    unsigned              field;        /* the last key's own, or NO_FIELD */
    uint64_t              below;        /* wanted below the last key */
    size_t                below_len;    /* its path, dot included */

    unsigned              level_count;
    jupref_json_level_t   levels[JUPREF_JSON_MAX_DEPTH];
    uint8_t               path_lens[JUPREF_JSON_MAX_FIELDS];
    uint64_t              starts[JUPREF_JSON_STARTS];

    size_t                culprit_len;
    uint8_t               culprit[JUPREF_JSON_MAX_PATH];
} jupref_json_path_t;


void jupref_json_path_init(jupref_json_path_t *path,
    const char *const *fields, unsigned count);

/* The object at the top opens. */
void jupref_json_path_top(jupref_json_path_t *path);

/*
 * A key of the innermost object: sets `field` and `below`.  The result is OK,
 * UNKNOWN_FIELD when nothing wanted is there or below, or DUPLICATE.
 */
jupref_json_result_e jupref_json_path_key(jupref_json_path_t *path,
    const unsigned char *key, size_t len);

/* The value of the last key, which was `field`, is an object to follow. */
void jupref_json_path_enter(jupref_json_path_t *path, unsigned field);

/* The innermost object closes. */
void jupref_json_path_leave(jupref_json_path_t *path);

/* Keeps the name of the innermost object's member `key` as the culprit. */
void jupref_json_path_accuse(jupref_json_path_t *path,
    const unsigned char *key, size_t len);


#endif /* JUPREF_JSON_PATH_H */
