/*
 * Clicks on their way into the ledger: counted at once, booked in batches.
 *
 *     waiting  per code, clicks not yet booked
 *     queue    the codes that have some
 *
 * A click costs two additions; clicks.counted books what has gathered, so a
 * flood of clicks makes at most one event a second and code.  Orders wait in
 * a second such table; theirs may have no code.
 */

#ifndef JUPREF_CLICKS_H
#define JUPREF_CLICKS_H


#include <stddef.h>
#include <stdint.h>


typedef struct {
    uint32_t  capacity;                 /* codes */
    uint32_t  queued;
    uint64_t  total;                    /* all that wait */
    uint32_t  cells[];                  /* waiting, then queue */
} jupref_clicks_t;


#define jupref_clicks_size(codes)                                             \
    (sizeof(jupref_clicks_t) + 2 * ((uint64_t) (codes) + 2) * sizeof(uint32_t))

/* What stands for "no code": one past the last code. */
#define jupref_clicks_no_code(clicks)  ((clicks)->capacity + 1)


/* In zeroed bytes of jupref_clicks_size(codes). */
jupref_clicks_t *jupref_clicks_init(void *block, uint32_t codes);

/* One more of a code, or of jupref_clicks_no_code(). */
void jupref_clicks_count(jupref_clicks_t *clicks, uint32_t code);

/* Clicks of a code that wait to be booked. */
uint32_t jupref_clicks_waiting(const jupref_clicks_t *clicks, uint32_t code);

/* Clicks of all codes that wait. */
uint64_t jupref_clicks_total(const jupref_clicks_t *clicks);

/*
 * Takes one code's clicks out; returns the code, which may be
 * jupref_clicks_no_code(), or 0 when none wait.
 */
uint32_t jupref_clicks_take(jupref_clicks_t *clicks, uint32_t *count);

/* Takes all that wait over into another table, which has room for the same
 * codes; "no code" stays so, whatever number it has in either. */
void jupref_clicks_move(jupref_clicks_t *to, jupref_clicks_t *from);


#endif /* JUPREF_CLICKS_H */
