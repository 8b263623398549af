/*
 * base58 by the book: a byte and a digit at a time.
 */

#ifndef BASE58_TEXT_H
#define BASE58_TEXT_H


#include <stddef.h>
#include <stdint.h>


/* Writes at most 5,600 characters and a NUL for at most 4,096 bytes. */
size_t base58_text(char *text, const uint8_t *bytes, size_t len);


#endif /* BASE58_TEXT_H */
