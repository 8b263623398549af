/*
 * JSON texts made at random, with what must be found in them and where.
 */

#ifndef JSON_SAMPLE_H
#define JSON_SAMPLE_H


#include "base/jupref_json_reader.h"


#define JSON_SAMPLE_VALUES  4096
#define JSON_SAMPLE_TEXT    131072


typedef struct {
    uint64_t             chance;        /* set before the first text */
    size_t               len;
    uint32_t             count;
    char                 text[JSON_SAMPLE_TEXT];
    struct {
        jupref_json_kind_e  kind;
        size_t              at;
        size_t              len;
        uint32_t            parent;     /* UINT32_MAX: none */
        uint32_t            children;
    } values[JSON_SAMPLE_VALUES];
} json_sample_t;


/* The next text, with white space in front and behind. */
void json_sample_make(json_sample_t *sample);


#endif /* JSON_SAMPLE_H */
