/*
 * What a JSON reader told, as one line of text for each field:
 *
 *     feeBps number 100
 *     platformFee object
 *     platformFee.feeMint string So11...
 */

#ifndef JSON_LOG_H
#define JSON_LOG_H


#include "base/jupref_json_reader.h"


#define JSON_LOG_SIZE  8192


typedef struct {
    const char *const  *fields;
    const char         *refused;        /* a field to answer 0 to, or NULL */
    char                culprit[JUPREF_JSON_MAX_PATH + 1];
    char                text[JSON_LOG_SIZE];
    size_t              len;
} json_log_t;


/* The schema's callback; its context is a json_log_t. */
unsigned json_log_field(void *context, unsigned field,
    jupref_json_kind_e kind, jupref_bytes_t text);

/*
 * Reads `text` cut in two at `cut` (0: whole), each part in memory of exactly
 * its size, and keeps what was told in `log`.
 */
jupref_json_result_e json_log_read(json_log_t *log,
    const jupref_json_schema_t *schema, jupref_bytes_t text, size_t cut);


#endif /* JSON_LOG_H */
