/*
 * Base64 (RFC 4648, section 4): strict.
 *
 * OpenSSL does the decoding; what it would forgive (blanks, line ends, bytes
 * behind the padding, missing padding) is refused here first.
 */

#ifndef JUPREF_BASE64_H
#define JUPREF_BASE64_H


#include "base/jupref_bytes.h"


/* Room that decoding `len` characters needs, padding included. */
#define jupref_base64_decoded_size(len)  (((len) + 3) / 4 * 3)


/*
 * Decodes into `out` (room: jupref_base64_decoded_size(text.len)) and gives
 * the length in `out_len`.  Returns 1, or 0 when the text isn't base64.
 */
unsigned jupref_base64_decode(uint8_t *out, size_t *out_len,
    jupref_bytes_t text);


#endif /* JUPREF_BASE64_H */
