/*
 * Base64 (RFC 4648, section 4): strict, with padding.
 *
 * Blanks, line ends, bytes behind the padding, missing padding and bits that
 * the padding cuts off are refused.
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

/* Characters that encoding `len` bytes gives. */
#define jupref_base64_encoded_size(len)  (((len) + 2) / 3 * 4)

/*
 * Encodes and ends with a zero: `text` has room for one byte more than
 * jupref_base64_encoded_size(bytes.len), which is the result.
 */
size_t jupref_base64_encode(uint8_t *text, jupref_bytes_t bytes);


#endif /* JUPREF_BASE64_H */
