/*
 * JSON that lies in memory whole, as a tree of spans.
 *
 * Where the stream reader tells named fields, this gives every value with the
 * place of its own text, so that it can be passed on byte for byte: numbers
 * aren't converted, strings keep their escapes.  yajl reads; places follow
 * from what it says it has consumed.  Size, depth and the number of values are
 * bounded.  Whether strings are UTF-8 isn't looked at; white space is RFC
 * 8259's, which has fewer kinds than yajl takes.
 *
 *     {"a": [1, "x"]}      values  0 object, 1 "a": array, 2 1, 3 "x"
 *                                  each knows its first child and its next
 *                                  sibling; 0 is none, as nothing leads to
 *                                  the root
 */

#ifndef JUPREF_JSON_TREE_H
#define JUPREF_JSON_TREE_H


#include "base/jupref_json_reader.h"


typedef struct {
    jupref_json_kind_e  kind;
    jupref_bytes_t      key;            /* a member's name, unescaped */
    jupref_bytes_t      text;           /* as it came: quotes, brackets too */
    uint32_t            first;          /* child, 0: none */
    uint32_t            next;           /* sibling, 0: none */
    uint32_t            count;          /* children */
} jupref_json_value_t;


/* Spans borrow from the text that was parsed; keys with escapes, from the
 * tree's memory. */
typedef struct {
    jupref_json_value_t  *values;       /* 0 is the root */
    uint32_t              count;
    jupref_memory_t       memory;
    void                 *keys;         /* unescaped ones, the tree's own */
} jupref_json_tree_t;


/*
 * OK with a tree to be freed, or why not (then there is nothing to free).
 * `text` must be one JSON value of at most `max_values` values (TOO_LARGE)
 * and JUPREF_JSON_MAX_DEPTH; its bytes must outlive the tree.
 */
jupref_json_result_e jupref_json_tree_parse(jupref_json_tree_t *tree,
    jupref_bytes_t text, uint32_t max_values, const jupref_memory_t *memory);

void jupref_json_tree_free(jupref_json_tree_t *tree);

/*
 * The member of that name, NULL when there is none, when it comes twice (two
 * readers could take different ones) or when `of` is no object (or NULL, so
 * that lookups can be chained).
 */
const jupref_json_value_t *jupref_json_tree_member(
    const jupref_json_tree_t *tree, const jupref_json_value_t *of,
    const char *name);

/*
 * Several members at once, in one pass: `found` has NULL for what isn't there.
 * Returns 0, with nothing to rely on, when one of them comes twice.
 */
unsigned jupref_json_tree_members(const jupref_json_tree_t *tree,
    const jupref_json_value_t *of, const char *const *names, unsigned count,
    const jupref_json_value_t **found);

/* The i-th child of an array, NULL when there is none. */
const jupref_json_value_t *jupref_json_tree_item(
    const jupref_json_tree_t *tree, const jupref_json_value_t *of,
    uint32_t index);

/* First child and next sibling, NULL at the end. */
const jupref_json_value_t *jupref_json_tree_first(
    const jupref_json_tree_t *tree, const jupref_json_value_t *of);
const jupref_json_value_t *jupref_json_tree_next(
    const jupref_json_tree_t *tree, const jupref_json_value_t *value);

/*
 * Scalars: 1 when the value is there, of that kind and in range.  A string
 * without escapes is a span of the text; one with escapes is unescaped into
 * `room` (of `size` bytes; 0 is returned when it doesn't fit).
 */
unsigned jupref_json_tree_u64(const jupref_json_value_t *value,
    uint64_t *number);
unsigned jupref_json_tree_i64(const jupref_json_value_t *value,
    int64_t *number);
unsigned jupref_json_tree_string(const jupref_json_value_t *value,
    uint8_t *room, size_t size, jupref_bytes_t *string);
unsigned jupref_json_tree_boolean(const jupref_json_value_t *value,
    unsigned *boolean);


#endif /* JUPREF_JSON_TREE_H */
