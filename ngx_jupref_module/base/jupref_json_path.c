/*
 * Keys against wanted paths (the picture is in the header).
 *
 * A wanted field is a bit, so "what may still come below this key" is one
 * word, and so is "what has come already": a part of a path that comes twice
 * in one object claims a bit that was claimed before.
 */

#include "base/jupref_json_path.h"
#include "base/jupref_assert.h"

#include <string.h>


static void jupref_json_path_match(jupref_json_path_t *path,
    const jupref_json_level_t *level, const unsigned char *key, size_t len);
static void jupref_json_path_push(jupref_json_path_t *path, uint64_t live,
    const char *text, size_t len);
static void jupref_json_culprit_add(jupref_json_path_t *path,
    const void *text, size_t len);


void
jupref_json_path_init(jupref_json_path_t *path, const char *const *fields,
    unsigned count)
{
    size_t    len;
    unsigned  i;

    jupref_assert(count <= JUPREF_JSON_MAX_FIELDS);

    path->fields = fields;
    path->count = count;
    path->field = JUPREF_JSON_NO_FIELD;
    path->below = 0;
    path->level_count = 0;
    path->culprit_len = 0;

    memset(path->starts, 0, sizeof(path->starts));

    for (i = 0; i < count; i++) {
        len = strlen(fields[i]);

        jupref_assert(len > 0 && len <= JUPREF_JSON_MAX_PATH);

        path->path_lens[i] = (uint8_t) len;
        path->starts[(uint8_t) fields[i][0] % JUPREF_JSON_STARTS]
            |= UINT64_C(1) << i;
    }
}


void
jupref_json_path_top(jupref_json_path_t *path)
{
    uint64_t  all;

    all = 0;

    if (path->count > 0) {
        all = UINT64_MAX >> (JUPREF_JSON_MAX_FIELDS - path->count);
    }

    jupref_json_path_push(path, all, "", 0);
}


jupref_json_result_e
jupref_json_path_key(jupref_json_path_t *path, const unsigned char *key,
    size_t len)
{
    uint64_t              claimed;
    jupref_json_level_t  *level;

    jupref_assert(path->level_count > 0);

    level = &path->levels[path->level_count - 1];

    jupref_json_path_match(path, level, key, len);

    claimed = path->below;

    if (path->field != JUPREF_JSON_NO_FIELD) {
        claimed |= UINT64_C(1) << path->field;
    }

    if (claimed == 0) {
        return JUPREF_JSON_UNKNOWN_FIELD;
    }

    if (level->seen & claimed) {
        return JUPREF_JSON_DUPLICATE;
    }

    level->seen |= claimed;

    return JUPREF_JSON_OK;
}


void
jupref_json_path_enter(jupref_json_path_t *path, unsigned field)
{
    if (path->below != 0) {
        field = (unsigned) __builtin_ctzll(path->below);
    }

    jupref_json_path_push(path, path->below, path->fields[field],
                          path->below_len);
}


void
jupref_json_path_leave(jupref_json_path_t *path)
{
    jupref_assert(path->level_count > 0);

    path->level_count--;
}


void
jupref_json_path_accuse(jupref_json_path_t *path, const unsigned char *key,
    size_t len)
{
    const jupref_json_level_t  *level;

    level = &path->levels[path->level_count - 1];

    if (level->path_len > 0) {
        jupref_json_culprit_add(path, level->path, level->path_len - 1);
        jupref_json_culprit_add(path, ".", 1);
    }

    jupref_json_culprit_add(path, key, len);
}


static void
jupref_json_path_match(jupref_json_path_t *path,
    const jupref_json_level_t *level, const unsigned char *key, size_t len)
{
    size_t       end;
    uint64_t     live;
    unsigned     field;
    const char  *wanted;

    path->field = JUPREF_JSON_NO_FIELD;
    path->below = 0;

    end = level->path_len + len;
    path->below_len = end + 1;

    if (len == 0) {
        return;
    }

    live = level->live;

    if (level->path_len == 0) {
        live &= path->starts[key[0] % JUPREF_JSON_STARTS];
    }

    for ( /* void */ ; live != 0; live &= live - 1) {
        field = (unsigned) __builtin_ctzll(live);
        wanted = path->fields[field];

        if (path->path_lens[field] < end
            || wanted[level->path_len] != (char) key[0]
            || memcmp(wanted + level->path_len, key, len) != 0)
        {
            continue;
        }

        if (wanted[end] == '\0') {
            path->field = field;

        } else if (wanted[end] == '.') {
            path->below |= UINT64_C(1) << field;
        }
    }

    /* a key with a dot of its own is no path */

    if ((path->field != JUPREF_JSON_NO_FIELD || path->below != 0)
        && memchr(key, '.', len) != NULL)
    {
        path->field = JUPREF_JSON_NO_FIELD;
        path->below = 0;
    }
}


static void
jupref_json_path_push(jupref_json_path_t *path, uint64_t live,
    const char *text, size_t len)
{
    jupref_json_level_t  *level;

    jupref_assert(path->level_count < JUPREF_JSON_MAX_DEPTH);

    level = &path->levels[path->level_count++];

    level->live = live;
    level->seen = 0;
    level->path = text;
    level->path_len = len;
}


static void
jupref_json_culprit_add(jupref_json_path_t *path, const void *text,
    size_t len)
{
    size_t  room;

    room = sizeof(path->culprit) - path->culprit_len;

    if (len > room) {
        len = room;
    }

    if (len > 0) {
        memcpy(path->culprit + path->culprit_len, text, len);
        path->culprit_len += len;
    }
}
