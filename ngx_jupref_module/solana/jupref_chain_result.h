/*
 * What reading a node's result comes to.
 */

#ifndef JUPREF_CHAIN_RESULT_H
#define JUPREF_CHAIN_RESULT_H


typedef enum {
    JUPREF_CHAIN_OK = 0,
    JUPREF_CHAIN_NULL,                  /* the node says null: no answer */
    JUPREF_CHAIN_NO_META,               /* a transaction is known, but not
                                         * what it did */
    JUPREF_CHAIN_MALFORMED,             /* not what the method answers */
    JUPREF_CHAIN_TOO_LARGE,             /* more than we take */
    JUPREF_CHAIN_BAD_TRANSACTION,       /* its bytes are none */
    JUPREF_CHAIN_INCONSISTENT           /* its parts don't fit together */
} jupref_chain_result_e;


/* One line for log and incident alike. */
const char *jupref_chain_result_text(jupref_chain_result_e result);


#endif /* JUPREF_CHAIN_RESULT_H */
