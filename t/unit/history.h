/*
 * A random history: what happens next, as the plain model and as the ledger
 * are told it.
 */

#ifndef HISTORY_H
#define HISTORY_H


#include "history_model.h"
#include "ledger/jupref_ledger.h"


typedef struct {
    uint64_t           seed;
    uint64_t           random;
    unsigned           at;                      /* event */
    model_t            model;
    model_sums_t       sums;
    jupref_ledger_t   *ledger;
    uint8_t           *before;
    history_op_t       ops[MODEL_EVENTS];
    jupref_event_t     events[MODEL_EVENTS];
    unsigned           taken[MODEL_EVENTS];
} history_t;


/* 0 to count - 1. */
unsigned history_pick(history_t *history, unsigned count);

history_op_t history_next(history_t *history);

jupref_event_t history_event(history_t *history, const history_op_t *op);

/* Pays out by hand what a referrer has available in a mint; 0 when that is
 * nothing. */
unsigned history_pay_out(jupref_ledger_t *ledger, const history_op_t *op);


#endif /* HISTORY_H */
