/*
 * Feeding a JSON text to a schema in pieces of any size.
 */

#ifndef JSON_FEED_H
#define JSON_FEED_H


#include "base/jupref_json_reader.h"


/*
 * Feeds `text` in pieces of `piece` bytes (0: whole), each in a buffer of
 * exactly its size, and finishes.
 */
jupref_json_result_e json_feed(const jupref_json_schema_t *schema,
    void *context, jupref_bytes_t text, size_t piece);


#endif /* JSON_FEED_H */
