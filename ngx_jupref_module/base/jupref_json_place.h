/*
 * Where yajl's tokens stand in a text that lies in memory whole.
 *
 * yajl tells what it has read, and how far: the end of a token.  Its start is
 * behind the white space, commas and colons that follow the token before.
 */

#ifndef JUPREF_JSON_PLACE_H
#define JUPREF_JSON_PLACE_H


#include "base/jupref_bytes.h"


/* The first byte of a token at or behind `from`, or the text's end. */
size_t jupref_json_token_at(jupref_bytes_t text, size_t from);

/*
 * 0 when there is a vertical tab or a form feed, which yajl takes for white
 * space; JSON has no place for them, within strings neither.
 */
unsigned jupref_json_blanks_fit(jupref_bytes_t text);


#endif /* JUPREF_JSON_PLACE_H */
